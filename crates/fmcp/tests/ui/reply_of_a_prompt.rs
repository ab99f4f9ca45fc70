use fmcp::prompt;

#[prompt]
async fn ask() -> bool {
    true
}

fn main() {}
