//! What is different about one call.

use std::{fmt, time::Duration};

use fmcp_core::{
    Extra, Raw,
    protocol::model::{InputResponses, Meta, ProgressParams},
};

use super::callback::{Callback, Heard};

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
    pub(super) timeout: Option<Option<Duration>>,
    pub(super) progress: Option<Callback<ProgressParams>>,
    pub(super) meta: Meta,
    /// What goes into the request beside what it is about.
    pub(super) more: Extra,
}

impl CallOptions {
    /// Nothing is different.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long to wait for the answer; `None`: as long as it takes.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = Some(timeout.into());
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

    /// Adds to the request's metadata.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Raw>) -> Self {
        self.meta.insert(key.into(), value);
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
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("on_progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}
