//~ `Broken` cannot be the error of a handler
//~ use `ToolError` (or `ResourceError`, `PromptError`), or any error that implements `Display`
use fmcp::tool;

struct Broken;

#[tool]
async fn find(id: u64) -> Result<String, Broken> {
    Err(Broken)
}

fn main() {}
