//! Calls, and what comes of them.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{
    CallOptions, CancellationToken, ClientError, Kind, Revision,
    model::{Content, PromptReference, ResourceReference},
    protocol::Era,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Outcome;
use crate::{
    peer::{Peer, Refusal},
    run::{Run, same},
};

pub(crate) async fn call(run: &mut Run) -> Result<Outcome> {
    let total = run.call("add", json!({"a": 41})).await?;
    same(
        serde_json::from_str::<Value>(&total.text())?,
        json!({"sum": 42}),
    )?;
    let twice = run.call("double", json!({"n": 21})).await?;
    same(&*twice.text(), "42")?;
    // Ours does not say what a revision has no words for; the others do.
    if run.peer != Peer::Fmcp || run.revision >= Revision::V2025_06_18 {
        let structured = total.structured().context("a structured result")?;
        same(structured.to_value(), json!({"sum": 42}))?;
    }
    same(twice.parse::<i64>()?, 42)?;

    let contents = run.call("contents", json!({})).await?;
    let kinds: Vec<_> = contents.content().iter().map(kind).collect();
    let knows = |revision| run.peer != Peer::Fmcp || run.revision >= revision;
    let audio = if knows(Revision::V2025_03_26) {
        "audio"
    } else {
        "text"
    };
    let link = if knows(Revision::V2025_06_18) {
        "resource_link"
    } else {
        "text"
    };
    same(kinds, vec!["text", "image", audio, "resource", link])?;
    Ok(Outcome::Taken)
}

fn kind(block: &Content) -> &'static str {
    match block {
        Content::Text(_) => "text",
        Content::Image(_) => "image",
        Content::Audio(_) => "audio",
        Content::Resource(_) => "resource",
        Content::ResourceLink(_) => "resource_link",
        _ => "something else",
    }
}

pub(crate) async fn refusals(run: &mut Run) -> Result<Outcome> {
    match run.client()?.call("fail", ()).await {
        Err(ClientError::Tool { message, .. }) => {
            ensure!(message.contains("as it was asked to"), "{message}");
        }
        other => bail!("a tool that fails gave {other:?}"),
    }
    let wrong = run.client()?.call("add", json!({"a": "many"})).await;
    same(refusal(wrong)?, run.peer.wrong_arguments())?;
    let unknown = run.client()?.call("no_such_tool", ()).await;
    // A proxy knows which tools there are, and is in this process, where nothing stands on a wire without sessions.
    let (refused, spoken) = match (run.is_upstream(), run.is_modern()) {
        (false, _) => (run.peer.unknown_tool(), run.revision),
        (true, false) => (Refusal::Error(Kind::InvalidParams), run.peer.newest()),
        (true, true) => (Refusal::Error(Kind::NotFound), run.peer.newest()),
    };
    same(refusal(unknown)?, refused)?;
    match run.client()?.read("notes://by/nobody").await {
        Err(error) => same(error.kind(), run.peer.missing_note(spoken))?,
        Ok(contents) => bail!("what is not there has {contents:?}"),
    }
    Ok(Outcome::Taken)
}

fn refusal(outcome: Result<fmcp::CallResult, ClientError>) -> Result<Refusal> {
    match outcome {
        Err(ClientError::Tool { .. }) => Ok(Refusal::Result),
        Err(error @ ClientError::Call { .. }) => Ok(Refusal::Error(error.kind())),
        other => bail!("it should have been refused: {other:?}"),
    }
}

pub(crate) async fn read(run: &mut Run) -> Result<Outcome> {
    let client = run.client()?;
    let daily = client.read("notes://daily").await?;
    same(
        (daily.text(), daily.mime_type()),
        (Some("bread, salt"), Some("text/plain")),
    )?;
    let picture = client.read("notes://picture").await?;
    same(picture.bytes()?.get(1..4), Some(&b"PNG"[..]))?;
    let note = client.read("notes://by/ada").await?;
    same(note.text(), Some("a note of ada"))?;
    Ok(Outcome::Taken)
}

pub(crate) async fn prompt(run: &mut Run) -> Result<Outcome> {
    let prompt = run
        .client()?
        .prompt("greet", json!({"name": "Ada", "tone": "formal"}))
        .await?;
    let messages = prompt.messages.iter();
    let said: Vec<_> = messages
        .map(|message| {
            let text = message.content.as_text().unwrap_or_default();
            format!("{}: {text}", message.role)
        })
        .collect();
    same(
        said,
        vec![
            "user: Greet Ada, formal.".to_owned(),
            "assistant: Hello Ada!".to_owned(),
        ],
    )?;
    Ok(Outcome::Taken)
}

pub(crate) async fn complete(run: &mut Run) -> Result<Outcome> {
    let client = run.client()?;
    let tones = client
        .complete(PromptReference::new("greet"), "tone", "f")
        .await?;
    same(
        tones.values,
        vec!["friendly".to_owned(), "formal".to_owned()],
    )?;
    let authors = client
        .complete(ResourceReference::new("notes://by/{author}"), "author", "a")
        .await?;
    same(
        authors.values.get(..2),
        Some(&["ada".to_owned(), "alan".to_owned()][..]),
    )?;
    Ok(Outcome::Taken)
}

/// Many calls at once, each with an answer of its own.
pub(crate) async fn many(run: &mut Run) -> Result<Outcome> {
    let mut calls = JoinSet::new();
    for n in 0..100_i64 {
        let client = run.client()?.clone();
        calls.spawn(async move {
            let twice: i64 = client.call("double", json!({"n": n})).await?.parse()?;
            same(twice, 2 * n)
        });
    }
    while let Some(outcome) = calls.join_next().await {
        outcome??;
    }
    Ok(Outcome::Taken)
}

/// What a call told of how far it is: how far, of how much, in which words.
type Reports = Mutex<Vec<(f64, Option<f64>, Option<String>)>>;

fn reports_are_mute(reports: &Reports) -> bool {
    let reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
    reports.iter().all(|(.., message)| message.is_none())
}

pub(crate) async fn progress(run: &mut Run) -> Result<Outcome> {
    let reports: Arc<Reports> = Arc::default();
    let heard = Arc::clone(&reports);
    let options = CallOptions::new().on_progress(move |report| {
        let total = report.total.map(|total| total.as_f64());
        let line = (report.progress.as_f64(), total, report.message);
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(line);
    });
    let client = run.client()?;
    client.call_with("count", json!({"to": 3}), options).await?;
    // The oldest revision has no words with progress. Some servers say them all the same; then they are heard.
    let may_be_mute = run.revision < Revision::V2025_03_26;
    let mute = may_be_mute && reports_are_mute(&reports);
    let message = (!mute).then(|| "counting".to_owned());
    let report = |n: f64| (n, Some(3.0), message.clone());
    let reports = reports
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    // One that comes right behind another may be left out, but for the last.
    let allowed = [
        vec![report(1.0), report(2.0), report(3.0)],
        vec![report(1.0), report(3.0)],
    ];
    ensure!(allowed.contains(&reports), "{reports:?}");
    Ok(Outcome::Taken)
}

pub(crate) async fn cancel(run: &mut Run) -> Result<Outcome> {
    let (token, reports) = (CancellationToken::new(), Arc::new(AtomicU32::new(0)));
    let (ends, heard) = (token.clone(), Arc::clone(&reports));
    let options = CallOptions::new().cancel(token).on_progress(move |_| {
        heard.fetch_add(1, Ordering::Relaxed);
        ends.cancel();
    });
    match run.say_with("wait", options).await {
        Err(error) if matches!(error.downcast_ref(), Some(ClientError::Cancelled { .. })) => {}
        other => bail!("a cancelled call gave {other:?}"),
    }
    same(reports.load(Ordering::Relaxed), 1)?;
    same(run.say("cancelled").await?, "1".to_owned())?;
    Ok(Outcome::Taken)
}

pub(crate) async fn ping(run: &mut Run) -> Result<Outcome> {
    if run.revision.era() == Era::Modern {
        return Ok(Outcome::Absent("the revision has no ping"));
    }
    run.client()?.ping().await?;
    Ok(Outcome::Taken)
}
