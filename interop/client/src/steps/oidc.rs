//! A server that wants tokens of a real authorization server: the official SDK's, behind `oidc-provider`.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{Client, ClientError, store::Memory};
use fmcp_auth::OAuth;
use serde_json::json;

use super::{Outcome, wire};
use crate::{
    browser::User,
    heard::Ear,
    run::{Run, same},
};

pub(crate) const STEPS: [&str; 7] = [
    "open", "call", "renew", "again", "step_up", "denied", "close",
];

/// Tokens are good for two seconds.
const STALE: Duration = Duration::from_millis(2500);

pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => open(run).await?,
        "call" => call(run).await?,
        "renew" => renew(run).await?,
        "again" => again(run).await?,
        "step_up" if !run.is_modern() => {
            return Ok(Outcome::Absent("only headers say which tool is called"));
        }
        "step_up" => step_up(run).await?,
        "denied" => denied(run).await?,
        "close" => return wire::close(run).await,
        _ => bail!("there is no such step"),
    }
    Ok(Outcome::Taken)
}

async fn connect(run: &Run, user: &User, store: &Arc<Memory>) -> Result<Client, ClientError> {
    let oauth = OAuth::new(user.browser())
        .client_name("interop")
        .store(Arc::clone(store));
    let client = run
        .client_of(run.target(), &Ear::default())
        .revision(run.revision);
    client.auth(oauth).connect().await
}

/// Finds out who gives tokens, registers, and asks the user once.
async fn open(run: &mut Run) -> Result<()> {
    let client = connect(run, &run.user, &run.tokens).await?;
    same(client.revision(), run.revision)?;
    same(run.user.count(), 1)?;
    run.client = Some(client);
    Ok(())
}

async fn call(run: &Run) -> Result<()> {
    let twice: i64 = run.call("double", json!({"n": 21})).await?.parse()?;
    same(twice, 42)
}

/// A token that is good no more is renewed, however many need it, without the user.
async fn renew(run: &Run) -> Result<()> {
    for _ in 0..2 {
        tokio::time::sleep(STALE).await;
        let (one, other) = tokio::join!(call(run), call(run));
        one.and(other)?;
    }
    same(run.user.count(), 1)
}

/// Whoever comes back with what was kept does not ask the user.
async fn again(run: &Run) -> Result<()> {
    let client = connect(run, &run.user, &run.tokens).await?;
    client.call("double", json!({"n": 1})).await?;
    client.close().await;
    same(run.user.count(), 1)
}

/// A tool that needs more than was asked for: the user is asked for that, too, and once.
async fn step_up(run: &Run) -> Result<()> {
    run.say("change").await?;
    run.say("change").await?;
    call(run).await?;
    same(run.user.count(), 2)
}

async fn denied(run: &Run) -> Result<()> {
    let user = User {
        refuses: true,
        ..User::default()
    };
    let refused = connect(run, &user, &Arc::default()).await.err();
    let words = refused.context("the user said no")?.to_string();
    ensure!(words.contains("no") || words.contains("denied"), "{words}");
    same(user.count(), 1)
}
