//! The server that the tests of this folder start: its tools do what they are called.

#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr)]

use std::time::Duration;

use fmcp::{Context, HandlerError, Method, Server, Stdio, Tool, tool};
use serde_json::json;

/// Prints, with and without an end of the line.
#[tool]
async fn print() -> &'static str {
    println!("printed");
    print!("and no end of the line");
    "done"
}

#[tool]
async fn echo(text: String) -> String {
    text
}

#[tool]
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

#[tool]
async fn hang(ctx: Context) {
    ctx.info("hanging").await;
    std::future::pending::<()>().await;
}

#[tool]
async fn tell(ctx: Context) -> &'static str {
    ctx.info("here").await;
    ctx.progress(1, 1, None).await;
    "done"
}

/// Says how far it is, and gives what it was given.
#[tool]
async fn repeat(n: i64, ctx: Context) -> i64 {
    ctx.progress(n, None, None).await;
    tokio::task::yield_now().await;
    n
}

#[tool]
async fn flood(ctx: Context) {
    let words = "x".repeat(10_000);
    loop {
        ctx.info(words.as_str()).await;
    }
}

#[tool]
async fn roots(ctx: Context) -> Result<String, HandlerError> {
    let roots = ctx.ask_client(Method::ListRoots, &json!({})).await?;
    Ok(roots.as_str().to_owned())
}

/// Hides `echo` from the session that calls.
#[tool]
async fn hush(ctx: Context) -> Result<&'static str, HandlerError> {
    ctx.disable_components(fmcp::named("echo"))?;
    Ok("done")
}

/// What is left of standard input for everybody else.
#[tool(blocking)]
fn steal() -> String {
    std::io::read_to_string(std::io::stdin()).unwrap_or_else(|error| error.to_string())
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    let server = Server::new("under-test");
    let grow = {
        let server = server.clone();
        Tool::new("grow", move || {
            let server = server.clone();
            async move {
                let added = server.add_tool(Tool::new("grown", || async { "" }));
                added.map_err(|error| fmcp::ToolError::new(error.to_string()))
            }
        })
    };
    server
        .tool(print::tool())
        .tool(echo::tool())
        .tool(slow::tool())
        .tool(hang::tool())
        .tool(tell::tool())
        .tool(repeat::tool())
        .tool(flood::tool())
        .tool(roots::tool())
        .tool(hush::tool())
        .tool(steal::tool())
        .tool(grow)
        .on_stop(|_| async { eprintln!("stopped") })
        .run_stdio_with(
            Stdio::new()
                .calls(1_000)
                .grace(Duration::from_secs(2))
                .write_timeout(Duration::from_secs(1))
                .rates(fmcp::Rates::UNLIMITED),
        )
        .await
}
