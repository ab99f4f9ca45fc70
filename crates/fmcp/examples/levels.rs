//! Values at three levels (of a call, of its user, of the server), and how they go along into work that
//! outlives the call.
//!
//! ```sh
//! cargo run -p fmcp --example levels
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{
    Call, Client, Context, Level, Middleware, Next, OnStop, Reply, Result, Revision, Server,
    ToolError, tool,
};
use serde_json::json;

/// What is found by its type.
struct Theme(String);

/// Leaves something with each call.
struct Numbered;

impl Middleware for Numbered {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        call.set_value("request", "r-1");
        next.run(call).await
    }
}

/// Choose how things look to you.
#[tool]
async fn choose(language: String, theme: String, ctx: Context) -> Result<(), ToolError> {
    let user = ctx
        .level(Level::User)
        .ok_or_else(|| ToolError::new("who are you?"))?;
    user.set("language", language).await?;
    user.insert(Theme(theme));
    Ok(())
}

/// Say what is found, in the call and in what it leaves running.
#[tool]
async fn look(ctx: Context) -> Result<String, ToolError> {
    let found = |ctx: &Context| {
        let words =
            ["request", "language"].map(|name| ctx.value(name).unwrap_or_default().to_string());
        let theme = ctx
            .lookup::<Theme>()
            .map_or_else(String::new, |theme| theme.0.clone());
        format!("{} {theme}", words.join(" "))
    };
    let here = found(&ctx);
    let there = ctx.spawn_with(OnStop::Finish, async move {
        Context::current()
            .map(|ctx| found(&ctx))
            .unwrap_or_default()
    })?;
    let same = there.await? == here;
    Ok(format!("{here} (in the background the same: {same})"))
}

pub(crate) async fn run(out: &mut dyn Write) -> std::result::Result<(), Box<dyn Error>> {
    let server = Server::new("door")
        .value("language", "en")
        .state(Theme("light".to_owned()))
        .layer(Numbered)
        .tool(choose::tool())
        .tool(look::tool());

    // A session is a user, where nobody signs in.
    let connect = || {
        Client::builder(&server)
            .revision(Revision::V2025_11_25)
            .connect()
    };
    let (ada, bob) = (connect().await?, connect().await?);
    ada.call("choose", json!({"language": "fr", "theme": "dark"}))
        .await?;
    writeln!(out, "ada: {}", ada.call("look", ()).await?.text())?;
    writeln!(out, "bob: {}", bob.call("look", ()).await?.text())?;

    server.set_value("language", "de")?;
    writeln!(out, "bob: {}", bob.call("look", ()).await?.text())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
