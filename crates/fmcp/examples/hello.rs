//! A server with one tool, and a client that calls it, in one process.
//!
//! ```sh
//! cargo run -p fmcp --example hello
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{Client, Server, tool};
use serde_json::json;

/// Add two numbers.
#[tool]
async fn add(
    /// First addend
    a: i64,
    /// Second addend
    #[arg(default = 1, range(-1_000_000..=1_000_000))]
    b: i64,
) -> i64 {
    a + b
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("calculator").version("1.0.0").tool(add::tool());

    let client = Client::connect(&server).await?;
    for tool in client.list_tools().await? {
        writeln!(
            out,
            "{}: {}",
            tool.name,
            tool.description.unwrap_or_default()
        )?;
    }
    let sum: i64 = client
        .call("add", json!({"a": 40, "b": 2}))
        .await?
        .parse()?;
    writeln!(out, "40 + 2 = {sum}")?;

    // A wrong argument is a result that a model can read and act upon.
    let refused = client.call("add", json!({"a": "forty", "c": 2})).await;
    writeln!(out, "{}", refused.expect_err("the arguments are wrong"))?;

    // The function is still a function.
    assert_eq!(add(1, 2).await, 3);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
