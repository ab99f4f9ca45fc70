#[tool(task)]
async fn report() -> String {
    String::new()
}

#[tool(task = "required", asks_first, timeout = "1h")]
async fn build(ctx: Context) -> Result<String, ToolError> {
    ctx.begin_task()?;
    Ok(String::new())
}
