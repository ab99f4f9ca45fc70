//~ is no `fmcp::Tool`
//~ a server takes a `fmcp::Tool` here
//~ a function with `#[tool]`, `#[resource]` or `#[prompt]` stays a function; what is made of it lies in a module of its name: `name::tool()`, `name::resource()`, `name::prompt()`
use fmcp::{Server, tool};

#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {
    let _ = Server::new("calculator").tool(add);
}
