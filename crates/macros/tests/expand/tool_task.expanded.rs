async fn report() -> String {
    String::new()
}
#[allow(non_camel_case_types)]
/// The tool `report`: register it with `server.tool(report::tool())`.
struct report {}
impl report {
    /// The tool that calls the function `report`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::assert::tool_reply::<String>();
        ::fmcp::Tool::new("report", || async move { report().await })
            .task(::fmcp::TaskMode::Optional)
    }
}
async fn build(ctx: Context) -> Result<String, ToolError> {
    ctx.begin_task()?;
    Ok(String::new())
}
#[allow(non_camel_case_types)]
/// The tool `build`: register it with `server.tool(build::tool())`.
struct build {}
impl build {
    /// The tool that calls the function `build`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::assert::from_call::<Context>();
        ::fmcp::assert::tool_reply::<Result<String, ToolError>>();
        ::fmcp::Tool::new("build", |ctx: Context| async move { build(ctx).await })
            .asks_first(true)
            .task(::fmcp::TaskMode::Required)
            .timeout(::std::time::Duration::from_secs(3600))
    }
}
