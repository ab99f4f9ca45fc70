//! State: what the application has, what start hooks make, what is computed once per call, and what
//! is closed at the end.
//!
//! ```sh
//! cargo run -p fmcp --example state
//! ```
#![allow(missing_docs)]

use std::{
    error::Error,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use fmcp::{Client, Context, Depends, Provide, Server, State, ToolError, tool};

/// Given to the server when it is built.
struct Settings {
    greeting: &'static str,
}

/// Made by a start hook, from what was there before.
struct Greeter {
    greeting: String,
    greeted: AtomicU32,
}

/// Computed for a call when a handler, or another dependency, asks for it: once.
struct Visitor(String);

impl Provide for Visitor {
    async fn provide(ctx: &Context) -> Result<Self, ToolError> {
        let client = ctx.client().ok_or_else(|| ToolError::new("who are you?"))?;
        Ok(Self(client.name))
    }
}

/// Depends on another.
struct Badge(String);

impl Provide for Badge {
    async fn provide(ctx: &Context) -> Result<Self, ToolError> {
        let visitor = Depends::<Visitor>::of(ctx).await?;
        Ok(Self(format!("[{}]", visitor.0.0)))
    }
}

/// Say hello.
#[tool]
async fn greet(
    #[ctx] greeter: State<Greeter>,
    #[ctx] visitor: Depends<Visitor>,
    #[ctx] badge: Depends<Badge>,
) -> String {
    let number = greeter.greeted.fetch_add(1, Ordering::Relaxed) + 1;
    let Visitor(name) = &*visitor;
    format!(
        "{} {name}, here is badge {} number {number}",
        greeter.greeting, badge.0.0
    )
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let closed = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&closed);
    let server = Server::new("door")
        .state(Settings { greeting: "Hello" })
        .on_start(|state| async move {
            let settings = state.get::<Settings>().ok_or("no settings")?;
            Ok::<_, &str>(Greeter {
                greeting: settings.greeting.to_uppercase(),
                greeted: AtomicU32::new(0),
            })
        })
        .on_stop(move |state| async move {
            if let Some(greeter) = state.get::<Greeter>() {
                count.store(greeter.greeted.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        })
        .tool(greet::tool());

    // Connecting starts the server, once.
    let client = Client::builder(&server)
        .client_info("ada", "1.0.0")
        .connect()
        .await?;
    for _ in 0..2 {
        writeln!(out, "{}", client.call("greet", ()).await?.text())?;
    }
    // What is injected is no argument.
    let tools = client.list_tools().await?;
    writeln!(out, "schema: {}", tools[0].input_schema.as_str())?;

    server.stop().await;
    let greeted = closed.load(Ordering::Relaxed);
    writeln!(out, "closed after {greeted} greetings")?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
