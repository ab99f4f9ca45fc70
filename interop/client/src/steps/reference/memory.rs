//! `@modelcontextprotocol/server-memory`.

use anyhow::{Result, bail, ensure};
use fmcp::Change;
use serde_json::{Value, json};

use super::super::{Outcome, wire};
use crate::run::{Run, same};

pub(crate) const STEPS: [&str; 4] = ["open", "call", "read", "close"];

pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => open(run).await?,
        "call" => call(run).await?,
        "read" => read(run).await?,
        "close" => return wire::close(run).await,
        _ => bail!("there is no such step"),
    }
    Ok(Outcome::Taken)
}

async fn open(run: &mut Run) -> Result<()> {
    let memory = format!("fmcp-interop-{}-{}.jsonl", run.revision, std::process::id());
    let memory = std::env::temp_dir().join(memory);
    let target = run
        .target()
        .env("MEMORY_FILE_PATH", memory.to_string_lossy());
    run.client = Some(run.connect(target, &run.ear.clone()).await?);
    Ok(())
}

async fn call(run: &Run) -> Result<()> {
    let ada = json!({"name": "Ada", "entityType": "person", "observations": ["writes programs"]});
    run.call("create_entities", json!({"entities": [ada]}))
        .await?;
    let found: Value = run
        .call("search_nodes", json!({"query": "programs"}))
        .await?
        .parse()?;
    same(&found["entities"][0]["name"], &json!("Ada"))?;
    let graph: Value = run.call("read_graph", json!({})).await?.parse()?;
    same(graph["entities"].as_array().map(Vec::len), Some(1))
}

/// What tools have changed is told, and can be read.
async fn read(run: &Run) -> Result<()> {
    let uri = "memory://knowledge-graph";
    let mut changes = run.client()?.subscribe(uri).await?;
    let rust = json!({"name": "Rust", "entityType": "language", "observations": []});
    run.call("create_entities", json!({"entities": [rust]}))
        .await?;
    same(changes.next().await, Some(Change::Resource(uri.to_owned())))?;
    let graph = run.client()?.read(uri).await?;
    ensure!(
        graph.text().is_some_and(|graph| graph.contains("Rust")),
        "{graph:?}"
    );
    Ok(())
}
