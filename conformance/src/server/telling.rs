//! Tools that tell something before they give back a result, and one that lets its caller hang up.

use std::time::Duration;

use fmcp::{Context, Server, tool};
use tokio::time::sleep;

/// As long as one step of the work takes.
const STEP: Duration = Duration::from_millis(50);

pub(super) fn add(server: Server) -> Server {
    server
        .tool(test_tool_with_progress::tool())
        .tool(test_tool_with_logging::tool())
        .tool(test_logging_tool::tool())
        .tool(test_reconnection::tool())
}

/// Report progress, in three steps.
#[tool(read_only)]
async fn test_tool_with_progress(ctx: Context) -> &'static str {
    ctx.progress(0, 100, "Started").await;
    sleep(STEP).await;
    ctx.progress(50, 100, "Half way").await;
    sleep(STEP).await;
    ctx.progress(100, 100, "Done").await;
    "Three steps were reported."
}

/// Log three messages.
#[tool(read_only)]
async fn test_tool_with_logging(ctx: Context) -> &'static str {
    ctx.info("Tool execution started").await;
    sleep(STEP).await;
    ctx.info("Tool processing data").await;
    sleep(STEP).await;
    ctx.info("Tool execution completed").await;
    "Three messages were logged."
}

/// Log one message, for callers that want to hear of it.
#[tool(read_only)]
async fn test_logging_tool(ctx: Context) -> &'static str {
    ctx.info("Tool execution started").await;
    "One message was logged, if you wanted it."
}

/// Take a while; the caller may hang up and come back for the result.
#[tool(read_only)]
async fn test_reconnection(ctx: Context) -> &'static str {
    ctx.hang_up(Duration::from_millis(500)).await;
    sleep(STEP).await;
    "Reconnection test completed successfully. If you received this, the client properly reconnected after stream closure."
}
