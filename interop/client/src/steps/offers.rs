//! What there is.

use anyhow::{Context as _, Result, ensure};
use fmcp::Revision;

use super::Outcome;
use crate::{
    heard::Ear,
    peer::Peer,
    run::{Run, same},
};

const TOOLS: [&str; 15] = [
    "add",
    "ask_model",
    "ask_roots",
    "ask_user",
    "cancelled",
    "change",
    "chat",
    "contents",
    "count",
    "die",
    "double",
    "fail",
    "interrupted",
    "touch",
    "wait",
];

pub(crate) async fn open(run: &mut Run) -> Result<Outcome> {
    let client = run.connect(run.target(), &run.ear.clone()).await?;
    same(client.revision(), run.revision)?;
    let info = client.server_info().context("who the server is")?;
    // A proxy is a server of its own.
    let expected = match run.is_upstream() {
        true => (run.peer.name(), "0.0.0"),
        false => ("interop", "1.2.3"),
    };
    same((info.name.as_str(), info.version.as_str()), expected)?;
    let instructions = client.instructions().unwrap_or_default();
    ensure!(instructions.starts_with("Everything"), "{instructions:?}");
    run.client = Some(client);
    Ok(Outcome::Taken)
}

pub(crate) async fn negotiate(run: &mut Run) -> Result<Outcome> {
    if run.revision != run.peer.newest() {
        return Ok(Outcome::Absent(
            "only with the newest revision of the server",
        ));
    }
    let client = run
        .client_of(run.target(), &Ear::default())
        .connect()
        .await?;
    same(client.revision(), run.revision)?;
    let twice: i64 = client
        .call("double", serde_json::json!({"n": 1}))
        .await?
        .parse()?;
    same(twice, 2)?;
    client.close().await;
    Ok(Outcome::Taken)
}

pub(crate) async fn tools(run: &mut Run) -> Result<Outcome> {
    let tools = run.client()?.list_tools().await?;
    let only_ours = ["hang_up", "wire"];
    let names = tools.iter().map(|tool| tool.name.as_str());
    let mut names: Vec<_> = names.filter(|name| !only_ours.contains(name)).collect();
    names.sort_unstable();
    let expected = TOOLS.into_iter();
    same(
        names,
        expected
            .filter(|name| *name != "touch" || run.peer.has_subscriptions())
            .collect(),
    )?;
    let add = tools
        .iter()
        .find(|tool| tool.name == "add")
        .context("add")?;
    same(add.description.as_deref(), Some("Add two numbers."))?;
    let schema = serde_json::to_value(&add.input_schema)?;
    let arguments = schema["properties"].as_object().context("arguments")?;
    same(
        arguments.keys().map(String::as_str).collect(),
        vec!["a", "b"],
    )?;
    let annotations = add.annotations.as_ref();
    let read_only = annotations.and_then(|annotations| annotations.read_only_hint);
    // Ours does not say what a revision has no words for; the others do.
    let knows = run.peer != Peer::Fmcp || run.revision >= Revision::V2025_03_26;
    same(read_only, knows.then_some(true))?;
    Ok(Outcome::Taken)
}

pub(crate) async fn resources(run: &mut Run) -> Result<Outcome> {
    let resources = run.client()?.list_resources().await?;
    let mut uris: Vec<_> = resources
        .iter()
        .map(|resource| resource.uri.as_str())
        .collect();
    uris.sort_unstable();
    same(uris, vec!["notes://daily", "notes://picture"])?;
    Ok(Outcome::Taken)
}

pub(crate) async fn templates(run: &mut Run) -> Result<Outcome> {
    let templates = run.client()?.list_templates().await?;
    let templates: Vec<_> = templates
        .iter()
        .map(|template| template.uri_template.as_str())
        .collect();
    same(templates, vec!["notes://by/{author}"])?;
    Ok(Outcome::Taken)
}

pub(crate) async fn prompts(run: &mut Run) -> Result<Outcome> {
    let prompts = run.client()?.list_prompts().await?;
    let mut names: Vec<_> = prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    names.sort_unstable();
    same(names, vec!["greet", "rules"])?;
    let greet = prompts
        .iter()
        .find(|prompt| prompt.name == "greet")
        .context("greet")?;
    let arguments = greet.arguments.iter().flatten();
    let required: Vec<_> = arguments
        .map(|argument| argument.required.unwrap_or(false))
        .collect();
    same(required, vec![true, false])?;
    Ok(Outcome::Taken)
}
