//! What runs tasks: our worker, or a bare consumer of a stream that does the same work.
//!
//! `fmcp-bench-wire-tasks ours|bare URL PREFIX`, with a line on standard output when it begins.
#![allow(clippy::print_stdout, reason = "who measures reads it")]

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use fmcp::{Server, TaskMode, Tasks, TasksInRedis, store::Redis, tool};
use futures_util::future::try_join_all;
use redis::{aio::MultiplexedConnection, cmd, pipe, streams::StreamReadReply};
use serde_json::{Value, json};

/// How much either does at once.
const AT_ONCE: usize = 16;

#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [who, url, prefix] = args.as_slice() else {
        bail!("usage: fmcp-bench-wire-tasks ours|bare URL PREFIX");
    };
    println!("begins");
    match who.as_str() {
        "ours" => ours(url, prefix).await,
        "bare" => bare(url, prefix).await,
        other => bail!("nobody is {other:?}"),
    }
}

async fn ours(url: &str, prefix: &str) -> Result<()> {
    let queue = TasksInRedis::new(Redis::new(url)?.prefix(prefix));
    let tasks = Tasks::new().queue(queue).running(AT_ONCE);
    let server = Server::new("bench")
        .tool(add::tool().task(TaskMode::Required))
        .tasks(tasks.lease(Duration::from_secs(1)));
    Ok(server.run_worker().await?)
}

/// Takes what there is, and writes down what comes of each: no leases, no retries, no states.
async fn bare(url: &str, prefix: &str) -> Result<()> {
    let client = redis::Client::open(url)?;
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    let work = format!("{prefix}:work");
    loop {
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP").arg("workers").arg("worker");
        read.arg("COUNT").arg(AT_ONCE).arg("BLOCK").arg(1000);
        read.arg("STREAMS").arg(&work).arg(">");
        let found: Option<StreamReadReply> = read.query_async(&mut connection).await?;
        let entries = found
            .into_iter()
            .flat_map(|found| found.keys)
            .flat_map(|key| key.ids);
        try_join_all(entries.map(|entry| {
            let (connection, prefix) = (connection.clone(), prefix.to_owned());
            async move {
                let order: Vec<u8> = entry.get("order").context("no order")?;
                one(connection, &prefix, &entry.id, &order).await
            }
        }))
        .await?;
    }
}

async fn one(
    mut connection: MultiplexedConnection,
    prefix: &str,
    entry: &str,
    order: &[u8],
) -> Result<()> {
    let order: Value = serde_json::from_slice(order)?;
    let number = |name: &str| {
        order["params"]["arguments"][name]
            .as_i64()
            .context("no number")
    };
    let result =
        json!({"content": [{"type": "text", "text": (number("a")? + number("b")?).to_string()}]});
    let (one, work) = (format!("{prefix}:one:{entry}"), format!("{prefix}:work"));
    pipe()
        .hset(one, "result", result.to_string())
        .xack(&work, "workers", &[entry])
        .xdel(&work, &[entry])
        .query_async::<()>(&mut connection)
        .await?;
    Ok(())
}
