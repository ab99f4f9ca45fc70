//! The one way in which everything is asked.

use std::{borrow::Cow, future::pending, sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Error, Raw, Reply,
    protocol::{Era, Method, Params, model::ProgressToken},
};
use http::HeaderMap;
use serde::Serialize;
use tokio::{sync::Notify, time::Instant};

use super::{
    error::ClientError,
    handle::{Client, Subject},
    options::CallOptions,
    outgoing::Outgoing,
    retry::Failure,
    rounds,
    timeout::{Clock, End, Timeout, Waited},
    trace::TraceContext,
};

/// What has been answered.
pub(super) struct Answer {
    pub(super) reply: Reply,
    /// The reply's text, where it has come as one.
    pub(super) text: Option<Raw>,
    /// Whether the same question would have the same answer: nobody was asked anything on the way.
    pub(super) is_direct: bool,
    /// Whether it was kept from before.
    pub(super) was_kept: bool,
}

impl Answer {
    fn new(reply: Reply, text: Option<Raw>) -> Self {
        Self {
            reply,
            text,
            is_direct: true,
            was_kept: false,
        }
    }

    fn kept(reply: Reply) -> Self {
        Self {
            was_kept: true,
            ..Self::new(reply.unshared(), None)
        }
    }

    /// How long the reply's text was.
    pub(super) fn bytes(&self) -> Option<usize> {
        self.text.as_ref().map(|text| text.as_str().len())
    }
}

impl Client {
    /// Asks anything, in the words of the protocol.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// use fmcp::{Client, Method, Server};
    ///
    /// let client = Client::connect(Server::new("s")).await?;
    /// let reply = client.request(Method::ListTools, &serde_json::json!({})).await?;
    /// assert!(reply.into_tools()?.tools.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the call cannot be made, or is answered with an error.
    pub async fn request<P: Serialize + ?Sized>(
        &self,
        method: Method,
        params: &P,
    ) -> Result<Reply, ClientError> {
        self.request_with(method, params, CallOptions::new()).await
    }

    /// Asks anything, in a way that is different from the client's other calls.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub async fn request_with<P: Serialize + ?Sized>(
        &self,
        method: Method,
        params: &P,
        options: CallOptions,
    ) -> Result<Reply, ClientError> {
        let subject = Subject::from(method);
        Ok(self.ask(&subject, params, &options).await?.reply)
    }

    /// Asks anything, and gives the result as JSON. It is not looked into: what the server says stays
    /// to the letter, in the words of its own revision.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// use fmcp::{CallOptions, Client, Method, Server};
    ///
    /// let client = Client::connect(Server::new("s")).await?;
    /// let nothing = serde_json::json!({});
    /// let raw = client.request_raw(Method::ListTools, &nothing, CallOptions::new()).await?;
    /// assert_eq!(raw.to_value()["tools"], serde_json::json!([]));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Client::request`].
    pub async fn request_raw<P: Serialize + ?Sized>(
        &self,
        method: Method,
        params: &P,
        options: CallOptions,
    ) -> Result<Raw, ClientError> {
        let subject = Subject::from(method);
        let written = self.write(&subject, params)?;
        let answer = self
            .ask_again(&subject, &written, None, &options, true)
            .await?;
        if let Some(text) = answer.text {
            return Ok(text);
        }
        let mut text = Vec::new();
        self.revision()
            .write(&subject.method, answer.reply, None, &mut text)
            .map_err(|e| ClientError::call(&subject.to_string(), e))?;
        serde_json::from_slice(&text)
            .map_err(|e| ClientError::unreadable(&subject.to_string(), e.to_string()))
    }

    /// Asks, and reads the answer.
    pub(super) async fn ask<P: Serialize + ?Sized>(
        &self,
        subject: &Subject<'_>,
        params: &P,
        options: &CallOptions,
    ) -> Result<Answer, ClientError> {
        let written = self.write(subject, params)?;
        self.ask_written(subject, &written, None, options).await
    }

    /// Asks, unless there is an answer from before that is still good. `about` is what the answer depends on
    /// besides the method.
    pub(super) async fn ask_or_recall<P: Serialize + ?Sized>(
        &self,
        subject: &Subject<'_>,
        about: &str,
        params: &P,
        options: &CallOptions,
    ) -> Result<Answer, ClientError> {
        let cache = self.parts().cache.as_ref();
        // What a call says of its own may change the answer, in ways that only its server knows.
        let is_plain = options.meta.is_empty() && options.more.is_empty();
        let usable = is_plain && self.revision().era() == Era::Modern;
        let Some(cache) = cache.filter(|_| usable && !self.is_closed()) else {
            return self.ask(subject, params, options).await;
        };
        if !options.fresh
            && let Some(reply) = cache.get(&subject.method, about, Instant::now())
        {
            return Ok(Answer::kept(reply));
        }
        let asked = cache.asked(&subject.method, about);
        let mut answer = self.ask(subject, params, options).await?;
        if let Some(asked) = asked.filter(|_| answer.is_direct) {
            let bytes = answer.bytes();
            let kept = cache.keep(asked, answer.reply, bytes, Instant::now());
            answer.reply = kept.unshared();
        }
        Ok(answer)
    }

    /// Parameters as text, to be sent once or several times.
    pub(super) fn write<P: Serialize + ?Sized>(
        &self,
        subject: &Subject<'_>,
        params: &P,
    ) -> Result<Outgoing, ClientError> {
        Outgoing::new(params).map_err(|e| ClientError::unwritable(&subject.to_string(), e))
    }

    /// Asks what has been written, with headers of its own, and reads the answer.
    pub(super) async fn ask_written(
        &self,
        subject: &Subject<'_>,
        params: &Outgoing,
        headers: Option<&Arc<HeaderMap>>,
        options: &CallOptions,
    ) -> Result<Answer, ClientError> {
        self.ask_again(subject, params, headers, options, false)
            .await
    }

    /// Asks as often as it may be asked, until there is an answer.
    async fn ask_again(
        &self,
        subject: &Subject<'_>,
        params: &Outgoing,
        headers: Option<&Arc<HeaderMap>>,
        options: &CallOptions,
        is_raw: bool,
    ) -> Result<Answer, ClientError> {
        let retry = options.retry.unwrap_or(self.parts().retry);
        // The clock is looked at once for a call that is answered the first time.
        let mut began = Instant::now();
        let try_ = Try {
            client: self,
            subject,
            params,
            headers,
            options,
            is_raw,
            timeout: self.timeout(options),
            end: self.end_of(options, began),
        };
        if !retry.is_on() {
            return try_.run(began).await;
        }
        self.budget().earn();
        let mut pauses = retry.pauses();
        loop {
            let error = match try_.run(began).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let failure = Failure::of(&error);
            let failed = pauses.tries() + 1;
            if !retry.may_repeat(failed, failure, self.is_repeatable(subject)) {
                return Err(error);
            }
            let pause = pauses.next(failure.wants());
            if !try_.end.leaves(pause, Instant::now()) || !self.budget().spend() {
                return Err(error);
            }
            tracing::debug!(%error, ?pause, "{} is asked again", subject.method);
            try_.rest(pause).await?;
            began = Instant::now();
        }
    }

    /// Whether asking twice is as good as asking once.
    fn is_repeatable(&self, subject: &Subject<'_>) -> bool {
        match &subject.method {
            Method::CallTool => subject
                .name
                .and_then(|tool| self.parts().catalog.get(tool))
                .is_some_and(|known| known.is_repeatable),
            method => method.is_repeatable(),
        }
    }

    /// The trace that a call belongs to.
    fn trace(&self, options: &CallOptions) -> Option<TraceContext> {
        let usual = self.parts().trace.as_ref();
        options.trace.clone().or_else(|| usual?())
    }

    fn timeout(&self, options: &CallOptions) -> Timeout {
        options.timeout.unwrap_or(self.parts().timeout)
    }

    /// When everything that is asked with these options is to be over.
    pub(super) fn end(&self, options: &CallOptions) -> End {
        self.end_of(options, Instant::now())
    }

    fn end_of(&self, options: &CallOptions, began: Instant) -> End {
        options
            .end
            .unwrap_or_else(|| self.timeout(options).end(began))
    }
}

/// A call as it is tried, once or several times.
struct Try<'a> {
    client: &'a Client,
    subject: &'a Subject<'a>,
    params: &'a Outgoing,
    headers: Option<&'a Arc<HeaderMap>>,
    options: &'a CallOptions,
    /// Whether an answer that does not fit the method is an answer all the same.
    is_raw: bool,
    timeout: Timeout,
    end: End,
}

impl Try<'_> {
    /// Makes the call once, from `began` on.
    async fn run(&self, began: Instant) -> Result<Answer, ClientError> {
        self.is_wanted()?;
        let (client, parts, options) = (self.client, self.client.parts(), self.options);
        let id = client.next_id();
        let progress = self.timeout.resets().then(|| Arc::new(Notify::new()));
        let hears =
            progress.is_some() || options.progress.is_some() || parts.inbox.hears_progress();
        let token = hears.then_some(id);
        let trace = client.trace(options);
        let more = match &trace {
            None => Cow::Borrowed(&options.meta),
            Some(trace) => Cow::Owned(trace.beside(&options.meta)),
        };
        let params = self
            .params
            .dress(&options.more, &parts.meta.load(), &more, token)
            .map_err(|e| ClientError::unwritable(&self.subject.to_string(), e))?;
        let _expected = token.map(|token| {
            let own = options.progress.clone();
            let token = ProgressToken::from(token);
            parts.inbox.expect(token, own, progress.clone())
        });
        let clock = self.timeout.clock(self.end, began);
        tokio::select! {
            biased;
            outcome = self.answer(params, id, clock.last(), trace.as_ref()) => {
                outcome.map_err(|e| ClientError::call(&self.subject.to_string(), e))
            }
            error = self.given_up(&clock, progress.as_deref()) => Err(error),
        }
    }

    /// What comes of asking, also when the server asks back before it answers.
    async fn answer(
        &self,
        params: Params,
        id: u64,
        deadline: Option<Instant>,
        trace: Option<&TraceContext>,
    ) -> Result<Answer, Error> {
        let headers = match trace {
            None => self.headers.cloned(),
            Some(trace) => Some(Arc::new(trace.with_headers(self.headers))),
        };
        let headers = headers.as_ref();
        if !rounds::may_ask(&self.subject.method) {
            return self.exchange(params, headers, id, deadline).await;
        }
        let first = self.exchange(params.clone(), headers, id, deadline).await;
        if !rounds::asks(first.as_ref().map(|answer| &answer.reply)) {
            return first;
        }
        let parts = self.client.parts();
        let first = first.map(|answer| answer.reply);
        // Boxed, so that the common way does not carry the room that this one needs.
        let rounds = rounds::go(parts.inbox.desk(), parts.rounds, params, first, |params| {
            let answer = self.exchange(params, headers, self.client.next_id(), deadline);
            async move { answer.await.map(|answer| answer.reply) }
        });
        let rounds: BoxFuture<'_, _> = Box::pin(rounds);
        rounds.await.map(|reply| Answer {
            is_direct: false,
            ..Answer::new(reply, None)
        })
    }

    /// Asks once, and reads what comes back.
    async fn exchange(
        &self,
        params: Params,
        headers: Option<&Arc<HeaderMap>>,
        id: u64,
        deadline: Option<Instant>,
    ) -> Result<Answer, Error> {
        let parts = self.client.parts();
        let mut call = Call::new(self.subject.method.clone(), params)
            .with_id(id.to_string().into())
            .with_peer(Arc::clone(&parts.inbox) as _);
        if let Some(headers) = headers {
            call = call.with_headers(Arc::clone(headers));
        }
        if let Some(deadline) = deadline {
            call = call.with_deadline(deadline.into_std());
        }
        self.settle(parts.link.call(call).await?)
    }

    /// The reply as it would have come over the wire.
    fn settle(&self, reply: Reply) -> Result<Answer, Error> {
        let (mut reply, text) = match reply.unshared() {
            Reply::Raw(revision, text) => match revision.raise(&self.subject.method, &text) {
                Ok(reply) => (reply, Some(text)),
                Err(_) if self.is_raw => (Reply::Raw(revision, text.clone()), Some(text)),
                Err(error) => return Err(error),
            },
            reply => (reply, None),
        };
        let revision = self.client.revision();
        if revision.era() == Era::Modern {
            revision.lower(&mut reply);
        }
        Ok(Answer::new(reply, text))
    }

    /// Whether somebody still waits.
    fn is_wanted(&self) -> Result<(), ClientError> {
        if self.client.is_closed() {
            return Err(self.closed());
        }
        match &self.options.cancel {
            Some(token) if token.is_cancelled() => Err(self.cancelled()),
            _ => Ok(()),
        }
    }

    /// Waits until nobody waits for the answer any more.
    async fn given_up(&self, clock: &Clock, progress: Option<&Notify>) -> ClientError {
        tokio::select! {
            biased;
            error = self.unwanted() => error,
            waited = clock.run_out(progress) => {
                let what = self.subject.to_string().into();
                let (after, is_silence) = match waited {
                    Waited::Answer(after) => (after, false),
                    Waited::Sign(after) => (after, true),
                };
                ClientError::Timeout { what, after, is_silence }
            }
        }
    }

    /// Waits until the call is not wanted.
    async fn unwanted(&self) -> ClientError {
        let cancelled = async {
            match &self.options.cancel {
                Some(token) => token.cancelled().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.client.closed().cancelled() => self.closed(),
            () = cancelled => self.cancelled(),
        }
    }

    /// Pauses between two tries.
    async fn rest(&self, pause: Duration) -> Result<(), ClientError> {
        tokio::select! {
            biased;
            error = self.unwanted() => Err(error),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    fn closed(&self) -> ClientError {
        ClientError::Closed {
            what: self.subject.to_string().into(),
        }
    }

    fn cancelled(&self) -> ClientError {
        ClientError::Cancelled {
            what: self.subject.to_string().into(),
        }
    }
}
