//! What is kept between two starts of a program: tokens, and clients that have been registered.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use fmcp_core::{Error, Kind, Result, Store};
use ring::digest::{Context, SHA256};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, interval, sleep, timeout};

use crate::random;

/// How long what nobody uses is kept.
const KEPT: Duration = Duration::from_secs(365 * 24 * 3600);
/// How long a turn lasts that nobody renews, how often it is renewed, and how often others look.
const TURN: Duration = Duration::from_secs(30);
const RENEW: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(200);
/// How long the store is given to show who came first.
const SETTLE: Duration = Duration::from_millis(30);
/// How long to wait for a turn before going on without: the others cannot all be alive and at work.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long one word with the store may take.
const STORE: Duration = Duration::from_secs(10);
/// How much is kept where there is no store.
const NEAR: usize = 16;

/// A store for what this crate keeps; without one it is kept as long as the vault lives.
pub(crate) struct Vault {
    store: Option<Arc<dyn Store>>,
    near: Mutex<Vec<(String, Bytes)>>,
}

/// The name of an entry. It shows nothing of what it is made of, and has always the same length.
pub(crate) fn name(kind: &str, parts: &[&str]) -> String {
    let mut digest = Context::new(&SHA256);
    for part in parts {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    format!("oauth:{kind}:{}", BASE64.encode(digest.finish()))
}

impl Vault {
    pub(crate) fn new(store: Option<Arc<dyn Store>>) -> Self {
        Self {
            store,
            near: Mutex::default(),
        }
    }

    /// What is kept under a name. What cannot be read any more is as good as not there.
    pub(crate) async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let found = match &self.store {
            Some(store) => soon(store.get(name)).await?,
            None => {
                let near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
                let found = near.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.clone())
            }
        };
        Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub(crate) async fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let bytes = serde_json::to_vec(value)
            .map_err(|_| Error::internal("what is to be kept cannot be written"))?;
        let Some(store) = &self.store else {
            self.put_near(name, bytes.into());
            return Ok(());
        };
        soon(store.put(name, bytes.into(), Some(KEPT))).await
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        if let Some(store) = &self.store {
            return soon(store.delete(name)).await.map(drop);
        }
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        near.retain(|(key, _)| key != name);
        Ok(())
    }

    fn put_near(&self, name: &str, value: Bytes) {
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        near.retain(|(key, _)| key != name);
        if near.len() >= NEAR {
            near.remove(0);
        }
        near.push((name.to_owned(), value));
    }

    /// Does the work while nobody else who shares the store does any under the same name.
    ///
    /// A store cannot decide between two who come at the same moment, only show it soon afterwards. So two may
    /// go in on a bad day, and the work has to bear it: it looks first at what others have done.
    pub(crate) async fn alone<T>(&self, name: &str, work: impl Future<Output = T>) -> Result<T> {
        let Some(store) = &self.store else {
            return Ok(work.await);
        };
        let me = Bytes::from(random::text()?);
        if let Err(error) = self.wait_for_turn(store, name, &me).await {
            // Better at the same time as another program than not at all.
            tracing::warn!(%error, "the store of tokens does not tell whose turn it is");
        }
        let mut renew = interval(RENEW);
        renew.tick().await;
        let mut work = std::pin::pin!(work);
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                _ = renew.tick() => {
                    // Without it the turn ends early, and somebody else begins: no reason to fail.
                    let _ = soon(store.put(name, me.clone(), Some(TURN))).await;
                }
            }
        };
        if soon(store.get(name)).await.ok().flatten() == Some(me) {
            let _ = soon(store.delete(name)).await;
        }
        Ok(outcome)
    }

    async fn wait_for_turn(&self, store: &Arc<dyn Store>, name: &str, me: &Bytes) -> Result<()> {
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            if soon(store.get(name)).await?.is_some() {
                sleep(LOOK).await;
                continue;
            }
            soon(store.put(name, me.clone(), Some(TURN))).await?;
            sleep(SETTLE).await;
            if soon(store.get(name)).await?.as_ref() == Some(me) {
                return Ok(());
            }
        }
        tracing::warn!("another program has been at work on the same tokens for too long");
        Ok(())
    }
}

async fn soon<T>(word: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::new(Kind::Timeout, "the store of tokens does not answer");
    timeout(STORE, word).await.map_err(late)?
}
