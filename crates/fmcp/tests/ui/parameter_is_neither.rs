use fmcp::tool;

struct Db;

#[tool]
async fn find(db: Db, id: u64) -> String {
    id.to_string()
}

fn main() {}
