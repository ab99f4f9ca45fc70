use fmcp::tool;

#[tool]
async fn names() -> Vec<String> {
    Vec::new()
}

fn main() {}
