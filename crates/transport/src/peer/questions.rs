//! Questions to a peer that wait for their answer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fmcp_core::{
    Call, Error, Kind, Raw, Reply, Result,
    protocol::{Revision, jsonrpc::Response, model::ErrorObject},
};
use serde_json::json;
use tokio::sync::oneshot;

/// How many questions one peer may be asked at once.
const MAX_WAITING: usize = 64;

/// Questions to one peer that wait for their answer.
#[derive(Debug, Default)]
pub struct Questions {
    last: AtomicU64,
    waiting: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    waiting: HashMap<u64, oneshot::Sender<Response>>,
    closed: bool,
}

impl Questions {
    /// Asks `call`, which `send` sends, and waits for its answer for as long as `patience`. When nobody
    /// waits any more, because that was too long or because the asker is gone, `cancel` is given what tells
    /// the peer so: once, and only if the question has gone out and has not been answered.
    ///
    /// # Errors
    /// When the question cannot be sent, nobody answers in time, or the answer is an error.
    pub async fn ask<S, C>(
        self: &Arc<Self>,
        revision: Revision,
        call: &Call,
        patience: Duration,
        send: S,
        cancel: C,
    ) -> Result<Reply>
    where
        S: AsyncFnOnce(Vec<u8>) -> Result<()>,
        C: Fn(Vec<u8>) + Sync,
    {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = self.expect(id)?;
        let mut waiting = Waiting {
            questions: self,
            id,
            cancel: None,
            why: "nobody waits for the answer any more",
        };
        send(write(id, call)).await?;
        waiting.cancel = Some(&cancel);
        let response = match tokio::time::timeout(patience, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => return Err(Error::new(Kind::Unavailable, "the client has gone")),
            Err(_) => {
                waiting.why = "it took too long";
                drop(waiting);
                return Err(Error::new(
                    Kind::Timeout,
                    "the client did not answer in time",
                ));
            }
        };
        drop(waiting);
        match response.outcome {
            Ok(result) => Ok(Reply::Raw(revision, read(&result)?)),
            Err(error) => Err(read(&error)?
                .parse::<ErrorObject>()
                .map(Error::from)
                .map_err(unreadable)?),
        }
    }

    /// Hears an answer. Whether anybody waits for it.
    pub fn answer(&self, response: Response) -> bool {
        let id = response
            .id
            .as_deref()
            .and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
        let waiting = id.and_then(|id| self.lock().waiting.remove(&id));
        waiting.is_some_and(|waiting| waiting.send(response).is_ok())
    }

    /// Nobody will answer any more: who waits need not, and nobody else is asked.
    pub fn close(&self) {
        let mut asked = self.lock();
        asked.closed = true;
        asked.waiting.clear();
    }

    fn expect(&self, id: u64) -> Result<oneshot::Receiver<Response>> {
        let mut asked = self.lock();
        if asked.closed {
            return Err(Error::new(Kind::Unavailable, "the client has gone"));
        }
        if asked.waiting.len() >= MAX_WAITING {
            return Err(Error::new(
                Kind::Overloaded,
                "too many questions wait for this client's answer",
            ));
        }
        let (sender, answer) = oneshot::channel();
        asked.waiting.insert(id, sender);
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits, as long as this is there.
struct Waiting<'a> {
    questions: &'a Questions,
    id: u64,
    /// Tells the peer that nobody does any more, once it has been asked.
    cancel: Option<&'a (dyn Fn(Vec<u8>) + Sync)>,
    why: &'static str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Who has answered, or has gone, is not waited for.
        let is_open = self.questions.lock().waiting.remove(&self.id).is_some();
        if let (true, Some(cancel)) = (is_open, self.cancel) {
            let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": self.id, "reason": self.why}});
            cancel(cancelled.to_string().into_bytes());
        }
    }
}

fn write(id: u64, call: &Call) -> Vec<u8> {
    let method = serde_json::Value::from(call.method().as_str());
    let mut out =
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method},"params":"#).into_bytes();
    out.extend_from_slice(call.params().raw().unwrap_or(b"{}"));
    out.push(b'}');
    out
}

fn read(text: &[u8]) -> Result<Raw> {
    serde_json::from_slice(text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::internal("the client's answer cannot be read").caused_by(error)
}
