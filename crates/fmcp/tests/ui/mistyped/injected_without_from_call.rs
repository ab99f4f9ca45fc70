//~ `Db` cannot be a parameter of a handler
//~ a handler takes `Context`, `Input<T>` for its arguments, `State<T>` for the application's state, `Depends<T>` for what is computed per call, `Headers`, `Arc<Principal>` (in an `Option` where nobody need have signed in), or any type of yours that implements `FromCall`
use fmcp::tool;

struct Db;

#[tool]
async fn find(#[ctx] db: Db) -> String {
    String::new()
}

fn main() {}
