//~ a client cannot be connected to a `{integer}`
//~ it can be connected to a `Server`, a `&Server`, or an `Arc<dyn Endpoint>`
use fmcp::Client;

fn main() {
    let _ = Client::connect(42);
}
