//~ `Customer` cannot be a part of a streamed result
//~ the items of a tool's stream are text, `Content`, `Json<T>`, `Image`, `Audio` or `File`, or a `Result` of one
use fmcp::{Stream, tool};

struct Customer;

#[tool]
async fn find(id: u64) -> impl Stream<Item = Customer> + Send {
    futures(id)
}

fn futures(_: u64) -> Box<dyn Stream<Item = Customer> + Send + Unpin> {
    todo!()
}

fn main() {}
