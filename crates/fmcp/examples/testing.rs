//! How to test a server: a client that remembers, assertions in plain words, and JSON on a wire.
//!
//! ```sh
//! cargo run -p fmcp --example testing
//! ```
//!
//! In your own crate each of these functions would carry `#[tokio::test]`.
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{
    Context, Revision, Server, ToolError,
    testing::{self, Wire, expect_result, expect_rpc_error, expect_text, expect_tool_error},
    tool,
};
use serde_json::json;

/// Bake bread.
#[tool]
async fn bake(#[arg(range(1..=10))] loaves: u32, ctx: Context) -> Result<String, ToolError> {
    if loaves == 7 {
        return Err(ToolError::new("never seven"));
    }
    for loaf in 1..=loaves {
        ctx.progress(loaf, loaves, "baking").await;
    }
    ctx.info("the oven is off").await;
    Ok(format!("{loaves} loaves"))
}

fn kitchen() -> Server {
    Server::new("kitchen").tool(bake::tool())
}

async fn it_says_what_it_does() {
    let client = testing::connect(kitchen()).await;
    let result = client.call("bake", json!({"loaves": 3})).await;
    assert_eq!(expect_text(&result), "3 loaves");
    assert_eq!(client.progress().len(), 3);
    assert_eq!(client.logs()[0].data.to_value(), "the oven is off");
}

async fn it_refuses_in_words() {
    let result = testing::call(kitchen(), "bake", json!({"loaves": 7})).await;
    assert_eq!(expect_tool_error(&result), "never seven");
    let result = testing::call(kitchen(), "bake", json!({"loaves": 11})).await;
    assert!(expect_tool_error(&result).contains("loaves"));
}

async fn it_works_in_every_revision() {
    for revision in Revision::ALL {
        let client = testing::connect_at(kitchen(), revision).await;
        let result = client.call("bake", json!({"loaves": 1})).await;
        assert_eq!(expect_text(&result), "1 loaves", "{revision}");
    }
}

async fn it_says_this_on_the_wire() {
    let wire = Wire::new(kitchen());
    let call = json!({"name": "bake", "arguments": {"loaves": 2}});
    let answer = wire.send(testing::modern("tools/call", call)).await;
    assert_eq!(expect_result(&answer)["content"][0]["text"], "2 loaves");
    let answer = wire
        .send(testing::modern("tools/call", json!({"name": "fry"})))
        .await;
    expect_rpc_error(&answer, -32602);
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    it_says_what_it_does().await;
    writeln!(out, "it says what it does ... ok")?;
    it_refuses_in_words().await;
    writeln!(out, "it refuses in words ... ok")?;
    it_works_in_every_revision().await;
    writeln!(out, "it works in every revision ... ok")?;
    it_says_this_on_the_wire().await;
    writeln!(out, "it says this on the wire ... ok")?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
