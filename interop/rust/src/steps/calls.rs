//! Calls, and what they tell while they run.

use anyhow::{Result, bail, ensure};
use rmcp::{
    ServiceError,
    model::{
        CompleteRequestParams, GetPromptRequestParams, LoggingLevel, ReadResourceRequestParams,
        Reference, RequestMetaObject, ResourceContents, SetLevelRequestParams,
    },
};
use serde_json::{Value, json};

use super::all::{
    DAILY,
    Outcome::{self, Taken},
};
use crate::run::{Run, heard, request, same, text};

pub(super) async fn call(run: &mut Run) -> Result<Outcome> {
    let sum = run.call("add", json!({"a": 41})).await?;
    same(
        serde_json::from_str::<Value>(text(&sum))?,
        json!({"sum": 42}),
    )?;
    let twice = run.call("double", json!({"n": 21})).await?;
    same(text(&twice), "42")?;
    if run.since("2025-06-18") {
        same(sum.structured_content, Some(json!({"sum": 42})))?;
        same(twice.structured_content, Some(json!({"result": 42})))?;
    }

    let contents = run.call("contents", Value::Null).await?;
    let audio = if run.since("2025-03-26") {
        "audio"
    } else {
        "text"
    };
    let link = if run.since("2025-06-18") {
        "resource_link"
    } else {
        "text"
    };
    let blocks = serde_json::to_value(&contents.content)?;
    let kinds: Vec<_> = blocks
        .as_array()
        .into_iter()
        .flatten()
        .map(|block| &block["type"])
        .collect();
    same(
        json!(kinds),
        json!(["text", "image", audio, "resource", link]),
    )?;
    Ok(Taken)
}

pub(super) async fn refusals(run: &mut Run) -> Result<Outcome> {
    let failed = run.call("fail", Value::Null).await?;
    same(failed.is_error, Some(true))?;
    ensure!(
        text(&failed).contains("as it was asked to"),
        "{}",
        text(&failed)
    );
    let wrong = run.call("add", json!({"a": "many"})).await?;
    same(wrong.is_error, Some(true))?;
    let unknown = run
        .service()?
        .call_tool(request("no_such_tool", Value::Null))
        .await;
    same(code(unknown)?, -32602)?;
    let missing = ReadResourceRequestParams::new("notes://by/nobody");
    let missing = run.service()?.read_resource(missing).await;
    same(
        code(missing)?,
        if run.is_modern() { -32602 } else { -32002 },
    )?;
    Ok(Taken)
}

/// The code of the error with which something was refused.
fn code<T>(outcome: Result<T, ServiceError>) -> Result<i32> {
    match outcome {
        Err(ServiceError::McpError(error)) => Ok(error.code.0),
        Err(other) => Err(other.into()),
        Ok(_) => bail!("it should have been refused"),
    }
}

pub(super) async fn read(run: &mut Run) -> Result<Outcome> {
    let daily = contents(run, DAILY).await?;
    same(
        daily,
        ("bread, salt".to_owned(), Some("text/plain".to_owned())),
    )?;
    let (picture, _) = contents(run, "notes://picture").await?;
    ensure!(
        picture.starts_with("iVBORw0KGgo"),
        "{picture} is no PNG file in Base64"
    );
    let (note, _) = contents(run, "notes://by/ada").await?;
    same(&*note, "a note of ada")?;
    Ok(Taken)
}

/// The text or the Base64 of a resource, and its type.
async fn contents(run: &Run, uri: &str) -> Result<(String, Option<String>)> {
    let read = run
        .service()?
        .read_resource(ReadResourceRequestParams::new(uri))
        .await?;
    match read.contents.into_iter().next() {
        Some(ResourceContents::TextResourceContents {
            text, mime_type, ..
        }) => Ok((text, mime_type)),
        Some(ResourceContents::BlobResourceContents {
            blob, mime_type, ..
        }) => Ok((blob, mime_type)),
        other => bail!("{other:?}"),
    }
}

pub(super) async fn prompt(run: &mut Run) -> Result<Outcome> {
    let arguments = json!({"name": "Ada", "tone": "formal"});
    let params = GetPromptRequestParams::new("greet");
    let params = params.with_arguments(arguments.as_object().cloned().unwrap_or_default());
    let prompt = run.service()?.get_prompt(params).await?;
    let messages = serde_json::to_value(&prompt.messages)?;
    let said: Vec<_> = messages
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| json!([m["role"], m["content"]["text"]]))
        .collect();
    same(
        json!(said),
        json!([["user", "Greet Ada, formal."], ["assistant", "Hello Ada!"]]),
    )?;
    Ok(Taken)
}

pub(super) async fn complete(run: &mut Run) -> Result<Outcome> {
    let tones = completed(run, Reference::for_prompt("greet"), "tone", "f").await?;
    same(tones, vec!["friendly".to_owned(), "formal".to_owned()])?;
    let note = Reference::for_resource("notes://by/{author}");
    let authors = completed(run, note, "author", "a").await?;
    same(
        authors.get(..2),
        Some(&["ada".to_owned(), "alan".to_owned()][..]),
    )?;
    Ok(Taken)
}

async fn completed(run: &Run, of: Reference, name: &str, value: &str) -> Result<Vec<String>> {
    let params = serde_json::from_value::<CompleteRequestParams>(json!({
        "ref": of, "argument": {"name": name, "value": value},
    }))?;
    Ok(run.service()?.complete(params).await?.completion.values)
}

pub(super) async fn progress(run: &mut Run) -> Result<Outcome> {
    // The SDK asks for the progress of every call.
    run.service()?.service().heard().progress.clear();
    run.call("count", json!({"to": 3})).await?;
    run.until("three reports", |heard| heard.progress.len() >= 3)
        .await?;
    let message = run.since("2025-03-26").then(|| "counting".to_owned());
    let heard = run.service()?.service().heard();
    let reports: Vec<_> = heard
        .progress
        .iter()
        .map(|r| (r.progress, r.total, r.message.clone()))
        .collect();
    same(
        reports,
        [1.0, 2.0, 3.0]
            .map(|n| (n, Some(3.0), message.clone()))
            .to_vec(),
    )?;
    Ok(Taken)
}

pub(super) async fn log(run: &mut Run) -> Result<Outcome> {
    let all = [
        "debug chat a detail",
        "info chat an event",
        "warning chat a doubt",
    ];
    logs(run, Some(LoggingLevel::Warning), &all[2..]).await?;
    logs(run, Some(LoggingLevel::Debug), &all).await?;
    if run.is_modern() {
        logs(run, None, &[]).await?;
    }
    Ok(Taken)
}

/// What a tool logs for a client that wants this level; without one, it wants nothing.
async fn logs(run: &Run, level: Option<LoggingLevel>, expected: &[&str]) -> Result<()> {
    run.service()?.service().heard().logs.clear();
    let mut meta = RequestMetaObject::default();
    match level {
        Some(level) if run.is_modern() => meta.set_log_level(level),
        Some(level) => {
            let params = SetLevelRequestParams::new(level);
            run.service()?.set_level(params).await?;
        }
        None => {}
    }
    run.call_with("chat", meta).await?;
    heard(run.service()?, expected).await
}
