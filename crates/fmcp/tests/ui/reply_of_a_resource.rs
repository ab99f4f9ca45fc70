use fmcp::resource;

#[resource("data://answer")]
async fn answer() -> u64 {
    42
}

fn main() {}
