//! Feature flags: asked by a handler, changed by a tool, shown by a resource, with a tool behind one.
//!
//! ```sh
//! cargo run -p fmcp --example flags
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{
    Client, Context, Server,
    flags::{self, Flag, Flags},
    tool,
};
use serde_json::json;

/// Look for something.
#[tool]
async fn search(words: String, ctx: Context) -> String {
    if ctx.flag("new-search") {
        format!("the new search for {words:?}")
    } else {
        format!("the old search for {words:?}")
    }
}

/// Look for something like it.
#[tool]
async fn similar(words: String) -> String {
    format!("like {words}")
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let flags = Flags::new()
        .flag("new-search", Flag::on().allow(["ada"]))
        .flag("similar", Flag::off());
    let server = Server::new("library")
        .flags(flags)
        .tool(search::tool())
        .tool(similar::tool().flag("similar"))
        .resource(flags::resource())
        // Everybody here; elsewhere, ask for a permission.
        .tool(flags::tool(|_| true));
    let client = Client::connect(&server).await?;

    let search = async || client.call("search", json!({"words": "moby"})).await;
    writeln!(out, "at first: {}", search().await?.text())?;
    if let Err(refused) = client.call("similar", json!({"words": "moby"})).await {
        writeln!(out, "similar: {refused}")?;
    }

    for name in ["new-search", "similar"] {
        let change = json!({"name": name, "flag": {"enabled": true, "rollout_percentage": 100}});
        client.call("set_feature_flag", change).await?;
    }
    writeln!(out, "then: {}", search().await?.text())?;
    writeln!(
        out,
        "similar: {}",
        client
            .call("similar", json!({"words": "moby"}))
            .await?
            .text()
    )?;
    writeln!(
        out,
        "shown: {}",
        client.read(flags::URI).await?.text().unwrap_or_default()
    )?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
