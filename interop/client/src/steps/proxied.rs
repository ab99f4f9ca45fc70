//! A server behind our proxy that goes while callers wait for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{CallOptions, Client, ClientError, IntoTarget as _, Server, ServerState};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::timeout};

use super::Outcome;
use crate::{
    heard::Ear,
    process::Process,
    run::{Run, same},
};

/// How many callers wait for the server when it goes.
const WAITING: usize = 8;

/// Longer than it takes to learn that a server is gone, and for a new one to be there.
const NEWS: Duration = Duration::from_secs(30);

/// Between two looks.
const SOON: Duration = Duration::from_millis(50);

type Outcomes = JoinSet<Result<fmcp::CallResult, ClientError>>;

/// The server is killed while many wait for it. They hear who has failed; whoever calls another server of the
/// same kind notices nothing; and it is there again without anybody's doing.
pub(crate) async fn revive(run: &mut Run) -> Result<Outcome> {
    let other = match run.is_http() {
        true => Some(Process::start(run.command()).await?),
        false => None,
    };
    let target = match &other {
        Some(other) => other.url.as_str().into_target(),
        None => run.started_by(&[]),
    };
    let beside = run.proxy_of(target).await?;
    let app = Server::new("app");
    app.mount("up", run.proxy.as_ref().context("a proxy")?)?;
    app.mount("beside", &beside)?;
    let client = run.connect((&app).into_target(), &Ear::default()).await?;

    let mut waiting = wait(&client).await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let neighbour = tokio::spawn(call_on(client.clone(), Arc::clone(&is_over)));
    let died = client.call("up_die", json!({}));
    if let Some(server) = &mut run.server {
        let (died, restarted) = tokio::join!(timeout(NEWS, died), server.restart());
        restarted?;
        failed(run, died.context("nobody said that the server is gone")?)?;
    } else {
        let died = timeout(NEWS, died).await;
        failed(run, died.context("nobody said that the server is gone")?)?;
    }
    while let Some(outcome) = timeout(NEWS, waiting.join_next())
        .await
        .context("a caller was not told that the server is gone")?
    {
        failed(run, outcome?)?;
    }
    timeout(NEWS, back(run))
        .await
        .context("the server did not come back by itself")?;
    let total: Value = client.call("up_add", json!({"a": 41})).await?.parse()?;
    same(total, json!({"sum": 42}))?;

    is_over.store(true, Ordering::Relaxed);
    let calls = neighbour.await??;
    ensure!(calls > 0, "the server beside was not called");
    client.close().await;
    beside.server().stop().await;
    Ok(Outcome::Taken)
}

/// Callers that the server works for, all of them.
async fn wait(client: &Client) -> Result<Outcomes> {
    let (mut waiting, mut begun) = (JoinSet::new(), JoinSet::new());
    for _ in 0..WAITING {
        let (tell, mut hear) = tokio::sync::mpsc::channel(1);
        let options = CallOptions::new().on_progress(move |_| {
            // Once is enough.
            let _ = tell.try_send(());
        });
        let client = client.clone();
        waiting.spawn(async move { client.call_with("up_wait", json!({}), options).await });
        begun.spawn(async move { hear.recv().await });
    }
    while let Some(began) = timeout(NEWS, begun.join_next()).await.context("begin")? {
        began?.context("a caller was not heard of")?;
    }
    Ok(waiting)
}

/// Calls the other server for as long as this one is away; how often.
async fn call_on(client: Client, is_over: Arc<AtomicBool>) -> Result<usize> {
    let mut calls = 0;
    while !is_over.load(Ordering::Relaxed) {
        let twice: i64 = client
            .call("beside_double", json!({"n": 21}))
            .await
            .context("the server beside")?
            .parse()?;
        same(twice, 42)?;
        calls += 1;
        tokio::time::sleep(SOON).await;
    }
    Ok(calls)
}

/// What a caller reads of a server that is gone: that it is, and which.
fn failed(run: &Run, outcome: Result<fmcp::CallResult, ClientError>) -> Result<()> {
    let error = match outcome {
        Ok(result) => bail!("a server that was killed has answered {:?}", result.text()),
        Err(error) => error,
    };
    let words = error.to_string();
    let upstream = format!("the upstream {:?} cannot be reached", run.peer.name());
    ensure!(
        words.contains(&upstream),
        "not said who has failed: {words}"
    );
    ensure!(
        error.is_retryable(),
        "not said that it may come back: {words}"
    );
    Ok(())
}

async fn back(run: &Run) {
    while let Some(proxy) = &run.proxy {
        if proxy.status().state == ServerState::Connected {
            return;
        }
        tokio::time::sleep(SOON).await;
    }
}
