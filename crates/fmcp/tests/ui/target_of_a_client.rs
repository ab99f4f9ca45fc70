use fmcp::Client;

fn main() {
    let _ = Client::connect(42);
}
