//~ is not a handler
//~ a handler is an async function (or a closure that returns a future) of up to eight parameters
use fmcp::{Server, Tool};

struct Db;

fn main() {
    let _ = Server::new("s")
        .tool(Tool::new("by_parameter", |db: Db| async move { "found" }))
        .tool(Tool::new("by_reply", || async { Db }))
        .tool(Tool::new("not_async", || "now"));
}
