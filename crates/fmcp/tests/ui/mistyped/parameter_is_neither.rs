//~ `Db` cannot be an argument of a tool, resource or prompt
//~ derive `serde::Deserialize` and `schemars::JsonSchema` for it; or, if it does not come from the client, mark the parameter `#[ctx]` and implement `FromCall`
use fmcp::tool;

struct Db;

#[tool]
async fn find(db: Db, id: u64) -> String {
    id.to_string()
}

fn main() {}
