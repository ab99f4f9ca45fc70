//~ `Db` cannot be an argument of a tool, resource or prompt
//~ if it does not come from the client (`State<T>`, `Depends<T>`, `Headers`, a type of yours that implements `FromCall`), mark the parameter `#[ctx]`; if it does, derive `serde::Deserialize` and `schemars::JsonSchema` for it
use fmcp::tool;

struct Db;

#[tool]
async fn find(db: Db, id: u64) -> String {
    id.to_string()
}

fn main() {}
