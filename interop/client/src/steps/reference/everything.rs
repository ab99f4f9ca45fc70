//! `@modelcontextprotocol/server-everything`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{
    CallOptions, Change, Revision,
    core::Named,
    model::{CompletionContext, Content, PromptReference},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::super::{Outcome, wire};
use crate::run::{Run, same};

pub(crate) const STEPS: [&str; 12] = [
    "open",
    "tools",
    "call",
    "read",
    "prompt",
    "complete",
    "progress",
    "subscribe",
    "sampling",
    "elicitation",
    "roots",
    "close",
];

/// The server tells a change every five seconds.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => open(run).await?,
        "tools" => tools(run).await?,
        "call" => call(run).await?,
        "read" => read(run).await?,
        "prompt" => prompt(run).await?,
        "complete" => complete(run).await?,
        "progress" => progress(run).await?,
        "subscribe" => subscribe(run).await?,
        "sampling" => sampling(run).await?,
        "elicitation" if run.revision < Revision::V2025_06_18 => {
            return Ok(Outcome::Absent("the revision has no elicitation"));
        }
        "elicitation" => elicitation(run).await?,
        "roots" => roots(run).await?,
        "close" => return wire::close(run).await,
        _ => bail!("there is no such step"),
    }
    Ok(Outcome::Taken)
}

async fn open(run: &mut Run) -> Result<()> {
    let client = run.connect(run.target(), &run.ear.clone()).await?;
    same(client.revision(), run.revision)?;
    let info = client.server_info().context("who the server is")?;
    same(info.name.as_str(), "mcp-servers/everything")?;
    run.client = Some(client);
    Ok(())
}

/// Those that the server has only for clients that can be asked are there.
async fn tools(run: &Run) -> Result<()> {
    let tools = run.client()?.list_tools().await?;
    for name in [
        "echo",
        "get-sum",
        "trigger-sampling-request",
        "get-roots-list",
    ] {
        let is_there = tools.iter().any(|tool| tool.name == name);
        ensure!(is_there, "there is no {name}");
    }
    Ok(())
}

async fn call(run: &Run) -> Result<()> {
    let sum = run.call("get-sum", json!({"a": 40, "b": 2})).await?;
    ensure!(sum.text().contains("42"), "{}", sum.text());
    let weather: Value = run
        .call("get-structured-content", json!({"location": "Chicago"}))
        .await?
        .parse()?;
    same(&weather["temperature"], &json!(36))?;
    let picture = run.call("get-tiny-image", json!({})).await?;
    let pictures = picture.content().iter();
    same(
        pictures
            .filter(|block| matches!(block, Content::Image(_)))
            .count(),
        1,
    )?;
    let links = run.call("get-resource-links", json!({"count": 3})).await?;
    let links = links.content().iter();
    same(
        links
            .filter(|block| matches!(block, Content::ResourceLink(_)))
            .count(),
        3,
    )
}

async fn read(run: &Run) -> Result<()> {
    let client = run.client()?;
    let text = client.read("demo://resource/dynamic/text/1").await?;
    ensure!(
        text.text().is_some_and(|text| text.contains("Resource 1")),
        "{text:?}"
    );
    let bytes = client.read("demo://resource/dynamic/blob/2").await?;
    ensure!(!bytes.bytes()?.is_empty(), "there is nothing in {bytes:?}");
    ensure!(
        client.read("demo://resource/nowhere").await.is_err(),
        "it is nowhere"
    );
    Ok(())
}

async fn prompt(run: &Run) -> Result<()> {
    let prompt = run
        .client()?
        .prompt("args-prompt", json!({"city": "Bergen"}))
        .await?;
    let said = prompt
        .messages
        .first()
        .and_then(|message| message.content.as_text());
    let said = said.context("a message")?;
    ensure!(said.contains("Bergen"), "{said}");
    Ok(())
}

/// What can be said for one argument depends on another.
async fn complete(run: &Run) -> Result<()> {
    let prompt = || PromptReference::new("completable-prompt");
    let client = run.client()?;
    let departments = client.complete(prompt(), "department", "S").await?;
    same(
        departments.values,
        vec!["Sales".to_owned(), "Support".to_owned()],
    )?;
    let sales = CompletionContext::new().arguments(
        [("department", "Sales".to_owned())]
            .into_iter()
            .collect::<Named<String>>(),
    );
    let names = client.complete_in(prompt(), "name", "D", sales).await?;
    same(names.values, vec!["David".to_owned()])
}

async fn progress(run: &Run) -> Result<()> {
    let reports = Arc::new(AtomicU32::new(0));
    let heard = Arc::clone(&reports);
    let options = CallOptions::new().on_progress(move |_| {
        heard.fetch_add(1, Ordering::Relaxed);
    });
    let long = json!({"duration": 0.4, "steps": 4});
    let client = run.client()?;
    client
        .call_with("trigger-long-running-operation", long, options)
        .await?;
    same(reports.load(Ordering::Relaxed), 4)
}

async fn subscribe(run: &Run) -> Result<()> {
    let uri = "demo://resource/dynamic/text/1";
    let mut changes = run.client()?.subscribe(uri).await?;
    run.call("toggle-subscriber-updates", json!({})).await?;
    let change = timeout(PATIENCE, changes.next()).await;
    let change = change.context("a change of the resource was not told")?;
    same(change, Some(Change::Resource(uri.to_owned())))?;
    run.call("toggle-subscriber-updates", json!({})).await?;
    Ok(())
}

async fn sampling(run: &Run) -> Result<()> {
    let said = run
        .call("trigger-sampling-request", json!({"prompt": "hello"}))
        .await?;
    ensure!(said.text().contains("Paris"), "{}", said.text());
    Ok(())
}

/// A form with every kind of field there is; what we leave out comes as its default.
async fn elicitation(run: &Run) -> Result<()> {
    let said = run.say("trigger-elicitation-request").await?;
    for words in ["Ada", "42", "Guitar"] {
        ensure!(said.contains(words), "no {words} in {said}");
    }
    Ok(())
}

async fn roots(run: &Run) -> Result<()> {
    let said = run.say("get-roots-list").await?;
    ensure!(
        said.contains("file:///tmp/one") && said.contains("file:///tmp/two"),
        "{said}"
    );
    run.client()?.set_roots(["file:///tmp/three"]).await?;
    for _ in 0..100 {
        if run
            .say("get-roots-list")
            .await?
            .contains("file:///tmp/three")
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the server did not learn of other roots")
}
