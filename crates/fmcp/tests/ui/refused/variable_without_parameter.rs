use fmcp::resource;

#[resource("data://{category}/{id}")]
async fn record(category: String, ident: u64) -> String {
    category
}

fn main() {}
