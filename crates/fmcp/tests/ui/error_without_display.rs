use fmcp::tool;

struct Broken;

#[tool]
async fn find(id: u64) -> Result<String, Broken> {
    Err(Broken)
}

fn main() {}
