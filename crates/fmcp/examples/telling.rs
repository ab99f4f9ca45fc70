//! What a handler tells while it runs: messages by category, some gathered; timers; progress of parts; and
//! work that outlives the call.
//!
//! ```sh
//! cargo run -p fmcp --example telling
//! ```
#![allow(missing_docs)]

use std::{
    error::Error,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use fmcp::{Buffer, Client, Context, LogLevels, Server, State, ToolError, model::LogLevel, tool};
use serde_json::json;

/// Import some names.
#[tool]
async fn import(names: Vec<String>, ctx: Context) -> Result<usize, ToolError> {
    let total = ctx.timer("import");
    let [check, store] = ctx.stages([("check", 1.0), ("store", 3.0)]);

    let checking = total.timer("check");
    let log = ctx.logger("validation").buffered(Buffer::new());
    for (row, name) in names.iter().enumerate() {
        if name.is_empty() {
            log.with("row", row).warning("no name").await;
        }
    }
    check.done().await;
    checking.stop();

    store.done().await;
    ctx.logger("db").debug("committed").await;

    // Goes on when this call is answered; the server owns it.
    let ctx_later = ctx.clone();
    let index = ctx.spawn(async move { ctx_later.request_id().len() })?;
    let _ = index.await?;
    Ok(names.len())
}

/// Say more, or less, about something.
#[tool]
async fn set_log_level(
    category: String,
    level: String,
    #[ctx] levels: State<LogLevels>,
) -> Result<(), ToolError> {
    let level: LogLevel = level.parse().map_err(|e| ToolError::new(format!("{e}")))?;
    Ok(levels.set(&category, level)?)
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("importer")
        .log_level("db", LogLevel::Warning)
        .show_timings(true)
        .tool(import::tool())
        .tool(set_log_level::tool());

    let lines = Arc::new(Mutex::new(Vec::new()));
    let (logs, reports) = (Arc::clone(&lines), Arc::clone(&lines));
    let add = |lines: &Mutex<Vec<String>>, line| {
        lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    };
    let client = Client::builder(&server)
        .log_level(LogLevel::Debug)
        .on_log(move |entry| {
            let category = entry.logger.unwrap_or_default();
            // How long it takes, nobody knows beforehand.
            if category != "timer" {
                add(
                    &logs,
                    format!("{} {category}: {}", entry.level, entry.data.as_str()),
                );
            }
        })
        .on_progress(move |report| {
            let words = report.message.unwrap_or_default();
            add(&reports, format!("{}% {words}", report.progress.as_json()));
        })
        .connect()
        .await?;

    for level in ["error", "debug"] {
        client
            .call("set_log_level", json!({"category": "db", "level": level}))
            .await?;
        let result = client.call("import", json!({"names": ["Ada", ""]})).await?;
        for line in lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            writeln!(out, "{line}")?;
        }
        let timings = result
            .meta()
            .and_then(|meta| meta.get("fmcp/timings").cloned());
        let timings = timings
            .map(|timings| timings.to_value())
            .unwrap_or_default();
        let names: Vec<_> = timings
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        writeln!(out, "{} names, timed: {}", result.text(), names.join(", "))?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
