//! What the server asks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{
    Endpoint, Error, Kind, Session,
    protocol::{
        Method, Revision, answer_call,
        jsonrpc::{Answer, Request},
        model::{ClientCapabilities, RequestId},
        revision::lift,
    },
};
use tokio::{task::AbortHandle, time::timeout};

use super::shared::Shared;

/// Questions of the server that are being answered.
pub(super) struct Questions {
    most: usize,
    /// What stands for the session where questions are read.
    session: Arc<Session>,
    running: Mutex<HashMap<RequestId, Option<AbortHandle>>>,
}

impl Questions {
    pub(super) fn new(most: usize, revision: Revision) -> Self {
        let nobody = ClientCapabilities::default();
        Self {
            most,
            session: Arc::new(Session::new("", revision, None, nobody)),
            running: Mutex::default(),
        }
    }

    /// The server does not want the answer any more.
    pub(super) fn cancel(&self, id: &RequestId) {
        let running = self.lock().remove(id);
        if let Some(task) = running.flatten() {
            task.abort();
        }
    }

    /// All of them are over: their session is.
    pub(super) fn forget(&self) {
        let running = std::mem::take(&mut *self.lock());
        running
            .into_values()
            .flatten()
            .for_each(|task| task.abort());
    }

    /// Makes room for one more; `false` when it is there already, for a stream that is taken up again may say
    /// something twice.
    fn enter(&self, id: &RequestId) -> Result<bool, Error> {
        let mut running = self.lock();
        if running.contains_key(id) {
            return Ok(false);
        }
        if running.len() >= self.most {
            let words = format!(
                "this client answers at most {} questions at once",
                self.most
            );
            return Err(Error::new(Kind::Overloaded, words));
        }
        running.insert(id.clone(), None);
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Option<AbortHandle>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers what the server asks, in a task of its own: an answer may take as long as a person does.
///
/// Where too many are asked at once, the refusal is sent before anything else is read, so that whoever asks
/// without end waits for it.
///
/// `near` is who has made the call on whose stream it is asked, where it is on one: the question is for that one.
pub(super) async fn asked(
    shared: &Arc<Shared>,
    request: Request,
    near: Option<&Arc<dyn Endpoint>>,
) {
    let Ok(id) = serde_json::from_slice::<RequestId>(&request.id) else {
        tracing::warn!("the server asks with an id that is neither a text nor a whole number");
        return;
    };
    match shared.questions.enter(&id) {
        Ok(false) => {}
        Ok(true) => {
            let leaving = Leaving {
                shared: Arc::clone(shared),
                peer: Arc::clone(near.unwrap_or(&shared.peer)),
                id: id.clone(),
            };
            let task = shared.errand(async move { leaving.answer(request).await });
            // It may be over by now.
            if let Some(place) = shared.questions.lock().get_mut(&id) {
                *place = task;
            }
        }
        Err(refusal) => {
            let answer = Answer::to(Some(&request.id));
            let error = shared.revision.lower_error(&refusal, &request.method);
            send(shared, answer.error(&error)).await;
        }
    }
}

/// A question that is being answered, as long as this is there.
struct Leaving {
    shared: Arc<Shared>,
    peer: Arc<dyn Endpoint>,
    id: RequestId,
}

impl Leaving {
    async fn answer(&self, request: Request) {
        let shared = &self.shared;
        let (id, method) = (request.id.clone(), request.method.clone());
        if method == Method::Ping {
            send(shared, pong(&id)).await;
            return;
        }
        let refuse = |error: &Error| {
            Answer::to(Some(&id)).error(&shared.revision.lower_error(error, &method))
        };
        let body = match lift(request, Some(Arc::clone(&shared.questions.session))) {
            Err(error) => refuse(&error),
            Ok(call) => {
                let patience = shared.settings.question_timeout;
                match timeout(patience, answer_call(&*self.peer, call)).await {
                    Ok(answered) => answered.body,
                    Err(_) => {
                        let words = format!("nobody answered within {patience:?}");
                        refuse(&Error::new(Kind::Timeout, words))
                    }
                }
            }
        };
        send(shared, body).await;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.questions.lock().remove(&self.id);
    }
}

fn pong(id: &[u8]) -> Vec<u8> {
    [b"{\"jsonrpc\":\"2.0\",\"id\":", id, b",\"result\":{}}"].concat()
}

async fn send(shared: &Shared, body: Vec<u8>) {
    if let Err(failure) = shared.tell(body.into()).await {
        tracing::warn!(error = %failure.error, "an answer did not reach the server");
    }
}
