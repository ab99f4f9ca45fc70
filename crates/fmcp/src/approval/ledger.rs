//! What is approved, in a store: for each upstream what it had at first, and an entry for every word after that.

use std::sync::Arc;

use fmcp_core::{Error, Result, Store};
use serde::{Deserialize, Serialize};

use super::{decide::Digests, digest::hex};

/// How many tools of one upstream are remembered from the first time, and how many after that.
pub(super) const FIRST: usize = 10_000;
pub(super) const LATER: usize = 2_000;

/// What is approved of one upstream.
#[derive(Clone, Debug, Default)]
pub(super) struct Approved {
    pub(super) digests: Digests,
    /// How many entries have been made after the first.
    pub(super) later: usize,
}

/// An entry after the first.
#[derive(Serialize, Deserialize)]
struct Entry {
    upstream: Box<str>,
    tool: Box<str>,
    digest: Box<str>,
}

/// The entries of one upstream. Each is written whole, so that several processes may share them.
pub(super) struct Ledger<'a> {
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) upstream: &'a str,
}

impl Ledger<'_> {
    /// What is approved; nothing, if the upstream has not been seen.
    pub(super) async fn read(&self) -> Result<Option<Approved>> {
        let Some(first) = self.store.get(&self.key("first")).await? else {
            return Ok(None);
        };
        let mut approved = Approved {
            digests: serde_json::from_slice(&first).map_err(unreadable)?,
            later: 0,
        };
        let keys = self.store.list(&self.key("later/"), LATER).await?;
        for key in keys {
            if let Some(entry) = self.store.get(&key).await? {
                let entry: Entry = serde_json::from_slice(&entry).map_err(unreadable)?;
                approved.digests.insert(entry.tool, entry.digest);
                approved.later += 1;
            }
        }
        Ok(Some(approved))
    }

    /// Writes down what there was at first; whether nobody else has.
    pub(super) async fn begin(&self, digests: &Digests) -> Result<bool> {
        let text = serde_json::to_vec(digests).map_err(unreadable)?;
        self.store
            .put_new(&self.key("first"), text.into(), None)
            .await
    }

    /// Writes down what one tool was when it was first seen; whether nobody else has.
    pub(super) async fn add(&self, tool: &str, digest: &str) -> Result<bool> {
        let entry = self.entry(tool, digest)?;
        self.store
            .put_new(&self.of_tool(tool), entry.into(), None)
            .await
    }

    /// Writes down what is approved from now on.
    pub(super) async fn approve(&self, tool: &str, digest: &str) -> Result<()> {
        let entry = self.entry(tool, digest)?;
        self.store
            .put(&self.of_tool(tool), entry.into(), None)
            .await
    }

    fn entry(&self, tool: &str, digest: &str) -> Result<Vec<u8>> {
        let entry = Entry {
            upstream: self.upstream.into(),
            tool: tool.into(),
            digest: digest.into(),
        };
        serde_json::to_vec(&entry).map_err(unreadable)
    }

    /// Names are the upstream's, and may be anything: keys are short.
    fn of_tool(&self, tool: &str) -> String {
        self.key(&hex("later/", tool.as_bytes()))
    }

    fn key(&self, end: &str) -> String {
        format!("{}/{end}", hex("approvals/", self.upstream.as_bytes()))
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::internal("what is approved can be neither read nor written").caused_by(error)
}
