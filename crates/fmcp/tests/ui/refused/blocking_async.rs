use fmcp::tool;

#[tool(blocking)]
async fn hash(path: String) -> String {
    path
}

fn main() {}
