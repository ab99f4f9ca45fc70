//~ a client cannot be connected to a `{integer}`
//~ it can be connected to a URL, a path, a command or a configuration (as text)
use fmcp::Client;

fn main() {
    let _ = Client::connect(42);
}
