//! Answers that come on another stream than that of their call.
//!
//! No server may do so, but some do: one that gives an answer to whichever stream is opened next, for one. What is
//! meant is plain, as no id of a session is used twice.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{Error, Kind, Raw, Result, protocol::jsonrpc::Response};
use tokio::sync::oneshot;

use crate::client::http::{envelope, stream::number};

/// The calls that have not been answered.
#[derive(Default)]
pub(super) struct Strays {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Result<Raw>>>>,
}

impl Strays {
    /// Expects the answer to the call `id`, wherever it comes, for as long as this is held.
    pub(super) fn expect(&self, id: u64) -> Stray<'_> {
        let (sender, answer) = oneshot::channel();
        self.lock().insert(id, sender);
        Stray {
            strays: self,
            id,
            answer,
        }
    }

    /// Gives an answer to whoever waits for it.
    pub(super) fn bring(&self, response: Response) {
        let id = response.id.as_deref().and_then(number);
        let waiting = id.and_then(|id| self.lock().remove(&id));
        match waiting {
            // An error says that nobody waits any more.
            Some(waiting) => drop(waiting.send(envelope::outcome(response))),
            None => tracing::debug!("the server answers something that nobody waits for"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Result<Raw>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that may come astray.
pub(super) struct Stray<'a> {
    strays: &'a Strays,
    id: u64,
    answer: oneshot::Receiver<Result<Raw>>,
}

impl Stray<'_> {
    /// The answer, once it has come.
    pub(super) async fn come(&mut self) -> Result<Raw> {
        let gone = |_| Error::new(Kind::Internal, "the answer has been lost");
        (&mut self.answer).await.map_err(gone)?
    }
}

impl Drop for Stray<'_> {
    fn drop(&mut self) {
        self.strays.lock().remove(&self.id);
    }
}
