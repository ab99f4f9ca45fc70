//! What changes while a client looks.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use fmcp::{Change, model::LogLevel};
use serde_json::json;
use tokio::time::timeout;

use super::Outcome;
use crate::{
    heard::Ear,
    peer::Peer,
    run::{Run, same},
};

const DAILY: &str = "notes://daily";

/// Longer than any change takes to be told.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a change takes that is told.
const SOON: Duration = Duration::from_secs(1);

const LOGS: [&str; 3] = ["debug a detail", "info an event", "warning a doubt"];

pub(crate) async fn log(run: &mut Run) -> Result<Outcome> {
    if run.is_upstream() && run.peer == Peer::TypeScript1 && run.is_http() {
        return Ok(Outcome::Absent(
            "what it logs belongs to no call, and may come behind the answer",
        ));
    }
    if run.is_modern() {
        // Whoever listens and says nothing else wants what is no detail.
        chat(run, &LOGS[1..]).await?;
    }
    run.client()?.set_log_level(LogLevel::Warning).await?;
    chat(
        run,
        if run.peer.heeds_levels() {
            &LOGS[2..]
        } else {
            &LOGS
        },
    )
    .await?;
    run.client()?.set_log_level(LogLevel::Debug).await?;
    chat(run, &LOGS).await?;
    Ok(Outcome::Taken)
}

/// Has the server log, and hears these entries and no others.
async fn chat(run: &Run, logs: &[&str]) -> Result<()> {
    run.ear.now().logs.clear();
    run.say("chat").await?;
    // What belongs to no call may come after its answer.
    run.ear
        .until("the logs", |heard| heard.logs.len() >= logs.len())
        .await?;
    run.call("double", json!({"n": 1})).await?;
    same(
        run.ear.now().logs.clone(),
        logs.iter().map(ToString::to_string).collect(),
    )
}

pub(crate) async fn subscribe(run: &mut Run) -> Result<Outcome> {
    if !run.peer.has_subscriptions() {
        return Ok(Outcome::Absent("the framework has no subscriptions"));
    }
    let mut changes = run.client()?.subscribe(DAILY).await?;
    let told = async {
        // One of the SDKs acknowledges a subscription before its server can have heard of it.
        loop {
            run.say("touch").await?;
            if let Ok(change) = timeout(SOON, changes.next()).await {
                return anyhow::Ok(change);
            }
        }
    };
    let change = timeout(PATIENCE, told).await;
    let change = change.context("a change of the resource was not told")??;
    same(change, Some(Change::Resource(DAILY.to_owned())))?;
    drop(changes);
    until_silent(run).await?;
    Ok(Outcome::Taken)
}

/// The end of a subscription may reach the server after calls that were made later.
async fn until_silent(run: &Run) -> Result<()> {
    for _ in 0..10 {
        run.ear.now().updated = 0;
        run.say("touch").await?;
        run.call("count", json!({"to": 2})).await?;
        if run.ear.now().updated == 0 {
            return Ok(());
        }
    }
    bail!("told after the subscription ended")
}

pub(crate) async fn changed(run: &mut Run) -> Result<Outcome> {
    if run.peer == Peer::FastmcpPython && run.is_modern() {
        return Ok(Outcome::Absent("the framework tells nobody who listens"));
    }
    let ear = Ear::default();
    let changed = ear.clone();
    let client = run.client_of(run.target(), &ear).revision(run.revision);
    let client = client.on_list_changed(move |kind| {
        changed.now().changed.insert(kind);
    });
    let client = client.connect().await?;
    tokio::time::sleep(run.peer.settling()).await;
    // A list that is kept is not read again until it is told to have changed.
    client.list_tools().await?;
    client.call("change", json!({})).await?;
    let lists = match run.is_upstream() {
        true => run.peer.changed_lists(),
        false => 3,
    };
    ear.until("list_changed of all lists", |heard| {
        heard.changed.len() >= lists
    })
    .await?;
    let tools = client.list_tools().await?;
    same(tools.iter().any(|tool| tool.name == "shy"), true)?;
    let prompts = client.list_prompts().await?;
    same(prompts.iter().any(|prompt| prompt.name == "shy"), true)?;
    client.call("change", json!({})).await?;
    client.close().await;
    Ok(Outcome::Taken)
}
