//! `/health`: is the process alive. `/ready`: may it be given work.

use std::{future::Future, sync::Arc};

use fmcp_core::BoxFuture;
use http::{HeaderValue, Response, StatusCode, header};

use super::{answer, body::Body};
use crate::drain::Drain;

/// What `/health` and `/ready` answer.
#[derive(Clone)]
pub struct Health {
    path: String,
    message: String,
    status: StatusCode,
    ready_path: String,
    checks: Vec<Check>,
}

/// Something that has to be in order before the server is given work.
#[derive(Clone)]
pub struct Check {
    name: String,
    check: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            path: "/health".to_owned(),
            message: "ok".to_owned(),
            status: StatusCode::OK,
            ready_path: "/ready".to_owned(),
            checks: Vec::new(),
        }
    }
}

impl Health {
    /// `/health` answers 200 and "ok", `/ready` whether the server has started and is not stopping.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets where liveness is asked for.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets what the answer says.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Sets the answer's status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets where readiness is asked for.
    #[must_use]
    pub fn ready_path(mut self, path: impl Into<String>) -> Self {
        self.ready_path = path.into();
        self
    }

    /// Adds something that has to be in order before the server is given work. An error's words are shown
    /// to whoever asks, so they should not hold secrets.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push(Check {
            name: name.into(),
            check: Arc::new(move || Box::pin(check())),
        });
        self
    }

    /// The answer, if this is about health.
    pub(crate) async fn answer(
        &self,
        path: &str,
        is_started: bool,
        drain: &Drain,
    ) -> Option<Response<Body>> {
        if path == self.path {
            return Some(text(self.status, self.message.clone()));
        }
        if path == self.ready_path {
            return Some(self.readiness(is_started, drain).await);
        }
        None
    }

    async fn readiness(&self, is_started: bool, drain: &Drain) -> Response<Body> {
        if drain.has_begun() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "stopping".to_owned());
        }
        if !is_started {
            return text(StatusCode::SERVICE_UNAVAILABLE, "starting".to_owned());
        }
        for Check { name, check } in &self.checks {
            let outcome = tokio::time::timeout(CHECK_TIMEOUT, check()).await;
            let words = match outcome {
                Ok(Ok(())) => continue,
                Ok(Err(words)) => words,
                Err(_) => "took too long".to_owned(),
            };
            return text(StatusCode::SERVICE_UNAVAILABLE, format!("{name}: {words}"));
        }
        text(StatusCode::OK, "ready".to_owned())
    }
}

/// How long one check may take.
const CHECK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = answer::bare(status);
    *response.body_mut() = Body::from(text);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    response
}
