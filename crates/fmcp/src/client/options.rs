//! What is different about one call.

use std::{fmt, time::Duration};

use fmcp_core::{
    Extra, Raw,
    protocol::model::{InputResponses, Meta, ProgressParams},
};
use tokio_util::sync::CancellationToken;

use super::{
    callback::{Callback, Heard},
    retry::Retry,
    timeout::{End, Timeout},
    trace::TraceContext,
};

/// What is different about one call.
///
/// ```
/// use std::time::Duration;
/// use fmcp::CallOptions;
///
/// let options = CallOptions::new()
///     .timeout(Duration::from_secs(5))
///     .on_progress(|report| println!("{} done", report.progress));
/// ```
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(super) timeout: Option<Timeout>,
    pub(super) retry: Option<Retry>,
    pub(super) cancel: Option<CancellationToken>,
    pub(super) progress: Option<Callback<ProgressParams>>,
    pub(super) meta: Meta,
    /// Whether it may be another version than the one that is listed.
    pub(super) names_version: bool,
    pub(super) trace: Option<TraceContext>,
    /// What goes into the request beside what it is about.
    pub(super) more: Extra,
    pub(super) fresh: bool,
    pub(super) task_ttl: Option<Duration>,
    pub(super) tool_errors_are_results: bool,
    pub(super) checks_output: Option<bool>,
    /// When everything is to be over, where it is a part of something larger.
    pub(super) end: Option<End>,
}

impl CallOptions {
    /// Nothing is different.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long to wait for the answer: a duration, a [`Timeout`], or `None` for as long as it takes.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Timeout>) -> Self {
        self.timeout = Some(timeout.into());
        self
    }

    /// Sets whether the call is made again where it fails and that is safe.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets what ends the call before its answer: the server is told, and the call fails with
    /// [`ClientError::Cancelled`](crate::ClientError::Cancelled). Dropping the call's future does the
    /// same.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// use fmcp::{CallOptions, CancellationToken, Client, ClientError, Server, Tool};
    ///
    /// let server = Server::new("s").tool(Tool::new("sleep", std::future::pending::<()>));
    /// let client = Client::connect(&server).await?;
    ///
    /// let stop = CancellationToken::new();
    /// let call = client.call_with("sleep", (), CallOptions::new().cancel(stop.clone()));
    /// let (outcome, ()) = tokio::join!(call, async { stop.cancel() });
    /// assert!(matches!(outcome, Err(ClientError::Cancelled { .. })));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn cancel(mut self, token: CancellationToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Sets who hears of this call's progress, instead of the client's own callback.
    #[must_use]
    pub fn on_progress<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(ProgressParams) -> R + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Callback::new(callback));
        self
    }

    /// Sets the trace that the call belongs to, instead of the one that
    /// [`ClientBuilder::trace`](crate::ClientBuilder::trace) finds.
    #[must_use]
    pub fn trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Adds to the request's metadata.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Raw>) -> Self {
        self.meta.insert(key.into(), value);
        self
    }

    /// Asks for this version of the tool, resource or prompt, where the server has several. Without it, the newest
    /// answers. What a tool gives is not held against its output schema, which is that of the newest.
    ///
    /// It goes as `{"fastmcp": {"version": "…"}}` in the request's `_meta`, as FastMCP has it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// use fmcp::{CallOptions, Client, Server, Tool};
    ///
    /// let server = Server::new("s")
    ///     .tool(Tool::new("add", || async { "one" }).version("1.4"))
    ///     .tool(Tool::new("add", || async { "two" }).version("2.0"));
    /// let client = Client::connect(&server).await?;
    /// let older = client.call_with("add", (), CallOptions::new().version("1.4")).await?;
    /// assert_eq!(older.text(), "one");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        let said = self.meta.get("fastmcp").map(Raw::to_value);
        let mut said = said
            .filter(serde_json::Value::is_object)
            .unwrap_or_else(|| serde_json::json!({}));
        said["version"] = version.into().into();
        self.names_version = true;
        self.meta("fastmcp", said)
    }

    /// Asks the server, whatever the client has kept from before. What it answers is kept.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Gives the result of a tool that says that it failed as a result
    /// ([`CallResult::is_error`](crate::CallResult::is_error)), not as an error.
    #[must_use]
    pub fn tool_errors_as_results(mut self) -> Self {
        self.tool_errors_are_results = true;
        self
    }

    /// Sets whether the result is held against the tool's output schema
    /// ([`ClientBuilder::check_output`](crate::ClientBuilder::check_output)).
    #[must_use]
    pub fn check_output(mut self, check: bool) -> Self {
        self.checks_output = Some(check);
        self
    }

    /// Answers the questions that the same call ended with before
    /// ([`ClientError::into_questions`](crate::ClientError::into_questions)), by hand.
    ///
    /// ```
    /// # async fn go(client: fmcp::Client) -> fmcp::Result<()> {
    /// use fmcp::{CallOptions, model::InputResponses};
    ///
    /// let Err(error) = client.call("book", ()).await else { return Ok(()) };
    /// let questions = error.into_questions()?;
    /// let mut answers = InputResponses::new();
    /// for (name, _question) in questions.input_requests.unwrap_or_default() {
    ///     answers.insert(name, serde_json::json!({"action": "decline"}));
    /// }
    /// let mut options = CallOptions::new().input_responses(&answers);
    /// if let Some(state) = questions.request_state {
    ///     options = options.request_state(state);
    /// }
    /// client.call_with("book", (), options).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn input_responses(mut self, answers: &InputResponses) -> Self {
        // A map of JSON texts can always be written.
        if let Ok(answers) = Raw::from_serialize(answers) {
            self.more.insert("inputResponses", answers);
        }
        self
    }

    /// Gives back the state that the same call ended with before, as it came.
    #[must_use]
    pub fn request_state(mut self, state: impl Into<String>) -> Self {
        let state = serde_json::Value::from(state.into());
        self.more.insert("requestState", state);
        self
    }

    /// Sets for how long a task is to be kept that comes of the call, in revision 2025-11-25, where a client may wish so.
    #[must_use]
    pub fn task_ttl(mut self, ttl: Duration) -> Self {
        self.task_ttl = Some(ttl);
        self
    }

    /// The same for all that is a part of something larger, which has an end.
    pub(super) fn ending(&self, end: End) -> Self {
        Self {
            end: Some(end),
            ..self.clone()
        }
    }

    /// Options for finding out what is so now, on behalf of a call with these.
    pub(super) fn anew(&self) -> Self {
        Self {
            timeout: self.timeout,
            retry: self.retry,
            cancel: self.cancel.clone(),
            trace: self.trace.clone(),
            fresh: true,
            end: self.end,
            ..Self::default()
        }
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("on_progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}
