//~ `u64` cannot be given back by this handler
//~ tools give back text, numbers, booleans, `Json<T>`, content, `()`, `CallToolResult`, or an `Option` or `Result` of one, and streams as `#[tool]` or `fmcp::streamed` runs them; resources text, bytes, `Json<T>` or `ReadResourceResult`; prompts text, messages or `GetPromptResult`
use fmcp::resource;

#[resource("data://answer")]
async fn answer() -> u64 {
    42
}

fn main() {}
