//! The server that the command is used on: something of every kind.
#![allow(missing_docs, clippy::print_stdout)]

use std::time::Duration;

use fmcp::{
    Component, Context, Elicited, File, Json, Resource, ResourceError, Server, ToolError,
    model::RequestedSchema, prompt, resource, schemars::JsonSchema, tool,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: i64,
}

/// Add two numbers.
#[tool(read_only, idempotent)]
async fn add(
    /// First addend
    a: i64,
    #[arg(default = 1)] b: i64,
) -> Json<Sum> {
    Json(Sum { sum: a + b })
}

/// Say something back.
///
/// This second paragraph is shown with --long only.
#[tool]
async fn echo(text: String, #[arg(default = vec![])] tags: Vec<String>) -> String {
    format!(
        "{text}{}",
        tags.iter()
            .map(|tag| format!(" #{tag}"))
            .collect::<String>()
    )
}

/// Fail, as tools do.
#[tool]
async fn fail(why: String) -> Result<String, ToolError> {
    Err(ToolError::new(why))
}

/// Write what steers a terminal.
#[tool]
async fn steer() -> String {
    "\u{1b}[31mred\u{1b}]0;title\u{7}".to_owned()
}

/// Work in steps, and tell of each.
#[tool]
async fn work(steps: u64, #[arg(default = 20)] pause_ms: u64, ctx: Context) -> String {
    for step in 1..=steps {
        ctx.progress(step, steps, format!("step {step}")).await;
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
    ctx.info("all steps are done").await;
    format!("{steps} steps")
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Guest {
    name: String,
    #[schemars(range(min = 18, max = 99))]
    age: u8,
    #[schemars(default)]
    newsletter: bool,
}

/// Ask who the user is.
#[tool]
async fn meet(ctx: Context) -> Result<String, ToolError> {
    let answered = ctx.elicit::<Guest>("Who are you?").await?;
    Ok(match answered {
        Elicited::Accepted(guest) => {
            format!(
                "{} is {}, newsletter {}",
                guest.name, guest.age, guest.newsletter
            )
        }
        other => format!("nobody: {other:?}"),
    })
}

/// Ask with a form that nobody can fill in: it demands a field that it does not have.
#[tool]
async fn riddle(ctx: Context) -> Result<String, ToolError> {
    let form = RequestedSchema::new().required(vec!["answer".to_owned()]);
    let answered = ctx.elicit_form("What is it?", form).await?;
    Ok(format!("accepted: {}", answered.is_accepted()))
}

/// Ask the user to pay, at an address.
#[tool]
async fn pay(ctx: Context) -> Result<String, ToolError> {
    let url = "http://example.com/pay?order=1&of=2";
    let answered = ctx.elicit_url("Pay here.", url).await?;
    Ok(format!("{answered:?}"))
}

/// A note.
#[resource("notes://{title}", mime = "text/plain")]
async fn note(#[complete(["shopping", "ideas"])] title: String) -> Result<String, ResourceError> {
    match title.as_str() {
        "shopping" => Ok("bread, salt\n".to_owned()),
        "steering" => Err(ResourceError::new(
            "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
        )),
        other => Err(ResourceError::new(format!("there is no note {other:?}"))),
    }
}

/// Rework a text.
#[prompt]
async fn rework(text: String, #[complete(["short", "friendly", "formal"])] tone: String) -> String {
    format!("Rewrite this so that it is {tone}:\n{text}")
}

fn server() -> Server {
    Server::new("under-test")
        .version("1.0.0")
        .instructions("Something of every kind.")
        .tool(add::tool())
        .tool(echo::tool())
        .tool(fail::tool())
        .tool(steer::tool())
        .tool(work::tool())
        .tool(meet::tool())
        .tool(riddle::tool())
        .tool(pay::tool())
        .resource(note::resource())
        .resource(Resource::new("bytes://four", || async {
            File::from_bytes(vec![0_u8, 1, 2, 255], "four.bin")
        }))
        .prompt(rework::prompt())
}

/// Serves on HTTP, says where, and changes its tools again and again.
async fn ticking() -> fmcp::Result<()> {
    let server = server();
    let serving = server.clone().bind_http("127.0.0.1:0").await?;
    println!("{}", serving.url());
    let ticks = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.disable(|component: &Component| component.name() == "echo");
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.enable(|component: &Component| component.name() == "echo");
        }
    };
    tokio::select! {
        served = serving.run() => served,
        () = ticks => Ok(()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> fmcp::Result<()> {
    match std::env::args().any(|word| word == "--ticking") {
        true => ticking().await,
        false => server().run().await,
    }
}
