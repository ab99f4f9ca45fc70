//~ `u64` cannot be given back by this handler
//~ tools give back text, numbers, booleans, `Json<T>` (what is a struct or a list of yours goes in there: `Json<Vec<T>>`), content, `()`, `CallToolResult`, or an `Option` or `Result` of one, and streams as `#[tool]` or `fmcp::streamed` runs them; resources text, bytes, `Json<T>` or `ReadResourceResult`; prompts text, messages or `GetPromptResult`
use fmcp::resource;

#[resource("data://answer")]
async fn answer() -> u64 {
    42
}

fn main() {}
