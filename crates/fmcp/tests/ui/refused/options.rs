use fmcp::tool;

#[tool(readonly, timeout = "5 parsecs", name = "two words")]
async fn find(#[arg(rang(1..=5), length(1..=5))] id: u64) -> String {
    id.to_string()
}

fn main() {}
