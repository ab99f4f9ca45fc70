//! A tool that runs as a task: reports how far it is, asks something on its way, and is found again by somebody who
//! only has its id. On both revisions that have tasks.
//!
//! ```sh
//! cargo run -p fmcp --example tasks
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write, time::Duration};

use fmcp::{
    Answer, Client, ClientBuilder, Context, Revision, Server, Tasks, ToolError, model::TaskStatus,
    tool,
};
use futures_util::StreamExt as _;
use serde_json::json;

/// Bake something.
#[tool(task = "required")]
async fn bake(what: String, ctx: Context) -> Result<String, ToolError> {
    ctx.progress(1, 3, "kneading").await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    let sugar = ctx.confirm("With sugar?").await?; // it waits here, and does not run again
    ctx.progress(2, 3, "baking").await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    Ok(format!(
        "{what} with{} sugar",
        if sugar { "" } else { "out" }
    ))
}

/// Wait for ever.
#[tool(task)]
async fn wait() {
    std::future::pending::<()>().await;
}

fn server() -> Server {
    let often = Duration::from_millis(10);
    Server::new("bakery")
        .tasks(Tasks::new().poll_interval(often).report_every(often))
        .tool(bake::tool())
        .tool(wait::tool())
}

fn client(server: &Server, revision: Revision) -> ClientBuilder {
    Client::builder(server)
        .revision(revision)
        .on_elicit(async |_| Answer::accept(json!({})))
}

pub(crate) async fn run(out: &mut (dyn Write + Send)) -> Result<(), Box<dyn Error>> {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let server = server();
        let client = client(&server, revision).connect().await?;

        // Who waits need not know that it is a task.
        let bread = client.call("bake", json!({"what": "bread"})).await?;
        writeln!(out, "{revision}: {}", bread.text())?;

        // Who does not wait gets a handle.
        let task = client.start("bake", json!({"what": "a cake"})).await?;
        let mut updates = task.updates();
        while let Some(update) = updates.next().await {
            let update = update?;
            writeln!(
                out,
                "{revision}: {} {:?}",
                update.status, update.status_message
            )?;
        }

        // Somebody else, with nothing but the id.
        let id = task.id().unwrap_or_default().to_owned();
        let cake = self::client(&server, revision)
            .connect()
            .await?
            .task(id)
            .result()
            .await?;
        writeln!(out, "{revision}: {}", cake.text())?;

        let task = client.start("wait", ()).await?;
        task.cancel().await?;
        assert_eq!(task.wait().await?, TaskStatus::Cancelled);
        writeln!(out, "{revision}: cancelled")?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
