use fmcp::tool;

struct Db;

#[tool]
async fn find(#[ctx] db: Db) -> String {
    String::new()
}

fn main() {}
