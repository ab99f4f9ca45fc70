//! Opening the connection, and what the server offers.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::all::{
    DAILY,
    Outcome::{self, Absent, Taken},
};
use crate::run::{Run, same};

const TOOLS: [&str; 17] = [
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
    "hang_up",
    "interrupted",
    "touch",
    "wait",
    "wire",
];

pub(super) async fn open(run: &mut Run) -> Result<Outcome> {
    let service = run.connect(&run.target).await?;
    let info = service
        .peer_info()
        .context("the server did not introduce itself")?;
    same(info.protocol_version.as_str(), run.revision.as_str())?;
    let server = info
        .server_info
        .as_ref()
        .context("the server has no name")?;
    same((&*server.name, &*server.version), ("interop", "1.2.3"))?;
    let instructions = info.instructions.as_deref().unwrap_or_default();
    ensure!(instructions.starts_with("Everything"), "{instructions}");
    run.service = Some(service);
    Ok(Taken)
}

pub(super) async fn negotiate(run: &mut Run) -> Result<Outcome> {
    if !run.is_modern() {
        return Ok(Absent("only with the newest revision of the SDK"));
    }
    let mut service = run.negotiate().await?;
    let info = service
        .peer_info()
        .context("the server did not introduce itself")?;
    same(info.protocol_version.as_str(), run.revision.as_str())?;
    service.close().await?;
    Ok(Taken)
}

pub(super) async fn tools(run: &mut Run) -> Result<Outcome> {
    let tools = run.service()?.list_all_tools().await?;
    let mut names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    names.sort_unstable();
    same(names, TOOLS.to_vec())?;
    let add = tools
        .iter()
        .find(|tool| tool.name == "add")
        .context("there is no add")?;
    same(add.description.as_deref(), Some("Add two numbers."))?;
    let properties = add
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    same(properties.map(|properties| properties.len()), Some(2))?;
    let read_only = add
        .annotations
        .as_ref()
        .and_then(|hints| hints.read_only_hint);
    same(read_only, run.since("2025-03-26").then_some(true))?;
    Ok(Taken)
}

pub(super) async fn resources(run: &mut Run) -> Result<Outcome> {
    let resources = run.service()?.list_all_resources().await?;
    let mut uris: Vec<_> = resources.iter().map(|resource| &*resource.uri).collect();
    uris.sort_unstable();
    same(uris, vec![DAILY, "notes://picture"])?;
    Ok(Taken)
}

pub(super) async fn templates(run: &mut Run) -> Result<Outcome> {
    let templates = run.service()?.list_all_resource_templates().await?;
    let uris: Vec<_> = templates
        .iter()
        .map(|template| &*template.uri_template)
        .collect();
    same(uris, vec!["notes://by/{author}"])?;
    Ok(Taken)
}

pub(super) async fn prompts(run: &mut Run) -> Result<Outcome> {
    let prompts = run.service()?.list_all_prompts().await?;
    let mut names: Vec<_> = prompts.iter().map(|prompt| &*prompt.name).collect();
    names.sort_unstable();
    same(names, vec!["greet", "rules"])?;
    let greet = prompts.iter().find(|prompt| prompt.name == "greet");
    let arguments = greet
        .and_then(|prompt| prompt.arguments.as_deref())
        .unwrap_or_default();
    let required: Vec<_> = arguments
        .iter()
        .map(|argument| argument.required.unwrap_or(false))
        .collect();
    same(required, vec![true, false])?;
    Ok(Taken)
}
