//! Connections and servers that go, and come back or not.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{CallOptions, Revision};
use serde_json::json;
use tokio::time::timeout;

use super::Outcome;
use crate::{
    heard::Ear,
    peer::Peer,
    run::{Run, same},
};

/// A server that prints what nobody asked for, and starts late: what package runners make of it.
const NOISY: [&str; 3] = [
    "sh",
    "-c",
    "echo 'added 1 package in 1s'; echo '{\"half\":'; sleep 3; exec \"$0\" \"$@\"",
];

/// Longer than it takes to learn that a server is gone.
const NEWS: Duration = Duration::from_secs(20);

/// Longer than it takes to end a server, by whatever means.
const ORDERLY: Duration = Duration::from_secs(5);

pub(crate) async fn start(run: &mut Run) -> Result<Outcome> {
    if run.is_http() {
        return Ok(Outcome::Absent("only what is started can be slow at it"));
    }
    if run.revision != run.peer.newest() {
        return Ok(Outcome::Absent(
            "only with the newest revision of the server",
        ));
    }
    let client = run
        .client_of(run.started_by(&NOISY), &Ear::default())
        .connect()
        .await?;
    // Whoever is silent for long is taken for one of the time of sessions, which the newer ones speak, too.
    let revisions = [Revision::NEWEST_LEGACY, run.revision];
    ensure!(
        revisions.contains(&client.revision()),
        "{}",
        client.revision()
    );
    same(
        &*client.call("double", json!({"n": 21})).await?.text(),
        "42",
    )?;
    client.close().await;
    Ok(Outcome::Taken)
}

pub(crate) async fn hang_up(run: &mut Run) -> Result<Outcome> {
    if !run.peer.can_hang_up() {
        return Ok(Outcome::Absent("the server cannot send anybody away"));
    }
    if !run.is_http() || run.is_modern() {
        same(run.say("hang_up").await?, "you came back".to_owned())?;
        return Ok(Outcome::Taken);
    }
    let (target, wire) = run.behind_the_proxy().await?;
    let client = run.connect(target, &Ear::default()).await?;
    same(
        &*client.call("hang_up", json!({})).await?.text(),
        "you came back",
    )?;
    // In older revisions both stay on the line.
    let resumptions = u32::from(run.revision >= Revision::V2025_11_25);
    same(count(&wire.resumptions), resumptions)?;
    client.close().await;
    Ok(Outcome::Taken)
}

pub(crate) async fn resume(run: &mut Run) -> Result<Outcome> {
    if !run.is_http() {
        return Ok(Outcome::Absent("only HTTP can be resumed"));
    }
    if run.is_modern() {
        return Ok(Outcome::Absent("the revision has no resumption"));
    }
    let (target, wire) = run.behind_the_proxy().await?;
    let ear = Ear::default();
    let client = run.connect(target, &ear).await?;
    let told = ear.clone();
    // One of the servers can tell nothing else that goes with a call.
    let options = CallOptions::new().on_progress(move |report| {
        told.now()
            .logs
            .extend(report.message.map(|message| format!("warning {message}")));
    });
    let result = client.call_with("interrupted", json!({}), options).await?;
    same(&*result.text(), "resumed")?;
    let logs = [
        "warning cut the wire",
        "warning told while nobody was there",
    ];
    same(
        ear.now().logs.clone(),
        logs.iter().map(ToString::to_string).collect(),
    )?;
    same(count(&wire.cuts), 1)?;
    ensure!(count(&wire.resumptions) >= 1, "nothing was resumed");
    client.close().await;
    Ok(Outcome::Taken)
}

fn count(what: &std::sync::atomic::AtomicU32) -> u32 {
    what.load(Ordering::Relaxed)
}

/// The server is killed while it works for us. Whoever waits hears so, and the next call finds a new one.
pub(crate) async fn crash(run: &mut Run) -> Result<Outcome> {
    let client = run.client()?.clone();
    let died = timeout(NEWS, client.call("die", json!({})));
    let died = if let Some(server) = &mut run.server {
        let (died, restarted) = tokio::join!(died, server.restart());
        restarted?;
        died
    } else {
        died.await
    };
    match died {
        Ok(Ok(result)) => bail!("a server that was killed has answered {:?}", result.text()),
        Ok(Err(error)) => ensure!(error.is_retryable(), "a server that is gone: {error}"),
        Err(_) => bail!("nobody said that the server is gone"),
    }
    let total: serde_json::Value = run.call("add", json!({"a": 41})).await?.parse()?;
    same(total, json!({"sum": 42}))?;
    same(run.client()?.revision(), run.revision)?;
    tokio::time::sleep(run.peer.settling()).await;
    // What has been arranged before holds with the new one.
    same(run.say("ask_model").await?, "a model says Paris".to_owned())?;
    Ok(Outcome::Taken)
}

pub(crate) async fn close(run: &mut Run) -> Result<Outcome> {
    let client = run.client.take().context("there is no connection")?;
    let begun = Instant::now();
    client.close().await;
    let took = begun.elapsed();
    ensure!(took < ORDERLY, "it took {took:?}");
    ensure!(
        client.call("double", json!({"n": 1})).await.is_err(),
        "it answers after its end"
    );
    let is_upstream = run.is_upstream();
    if let Some(proxy) = run.proxy.take() {
        proxy.server().stop().await;
    }
    if !run.is_http() {
        let left = children()?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        return Ok(Outcome::Taken);
    }
    // Where the session is the proxy's, or the connection, or only whoever has a token can open one.
    if is_upstream || run.is_sse() || run.peer == Peer::Oidc {
        return Ok(Outcome::Taken);
    }
    let (target, wire) = run.behind_the_proxy().await?;
    run.connect(target, &Ear::default()).await?.close().await;
    same(count(&wire.ended), u32::from(!run.is_modern()))?;
    Ok(Outcome::Taken)
}

/// The processes that this one has started and that are still there, where the system says so.
fn children() -> Result<Vec<String>> {
    let mut children = Vec::new();
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Ok(children);
    };
    for thread in threads {
        let list = std::fs::read_to_string(thread?.path().join("children"))?;
        children.extend(list.split_whitespace().map(str::to_owned));
    }
    Ok(children)
}
