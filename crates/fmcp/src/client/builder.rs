//! Building a client.

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use fmcp_core::{
    ComponentKind, Error, Extensions, Layer, Notice, Raw, Result, Scheme,
    protocol::{
        Revision,
        model::{
            ClientCapabilities, Implementation, LogLevel, LogMessageParams, ProgressParams, Root,
            Task,
        },
    },
};
use fmcp_transport::{client::Greeting, notice::Rates};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    answers::{
        Answer, Answering, Consent, Elicitation, Handler, Handlers, Roots, Sampler, UrlElicitation,
    },
    cache::Cache,
    callback::{Callback, Heard},
    catalog::Catalog,
    error::ClientError,
    extension::layered,
    handle::{Client, Parts},
    identity::Identity,
    inbox::{Hooks, Inbox},
    listen,
    outgoing::Said,
    retry::Retry,
    rounds,
    target::{Approach, IntoTarget, Opened, Target},
    timeout::Timeout,
    trace::{TraceContext, Tracer},
};
use crate::extended::Extended;

/// A client that is not connected yet.
///
/// Callbacks are functions or async functions. The call that they hear of waits for them, so they
/// should be quick, or hand on what they hear.
///
/// Handlers answer what the server asks. What the client says that it can do follows from those that are
/// set. A handler that fails, panics or takes too long is an error of the call that the question belongs
/// to, and of nothing else.
///
/// ```
/// use std::time::Duration;
/// use fmcp::{Client, LogLevel, Server};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let server = Server::new("s");
/// let client = Client::builder(&server)
///     .client_info("my-app", "1.0.0")
///     .timeout(Duration::from_secs(5))
///     .log_level(LogLevel::Debug)
///     .on_log(|message| println!("{}: {:?}", message.level, message.data))
///     .on_progress(async |report| println!("{} done", report.progress))
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
pub struct ClientBuilder {
    target: Target,
    greeting: Greeting,
    hooks: Hooks,
    handlers: Handlers,
    /// What the client can do, where that is not what its handlers can.
    capabilities: Option<ClientCapabilities>,
    rounds: usize,
    takes_tasks: bool,
    trace: Option<Box<Tracer>>,
    rates: Rates,
    timeout: Timeout,
    connect_timeout: Option<Option<Duration>>,
    retry: Retry,
    checks_output: bool,
    caches: bool,
    headers: HeaderMap,
    scheme: Option<Arc<dyn Scheme>>,
    /// What only carriers understand.
    carried: Extensions,
    /// Extensions of the protocol, and what is wrong with them.
    pub(super) extended: Extended,
    pub(super) faults: Vec<String>,
    /// What stands around every call.
    pub(super) layers: Vec<Layer>,
}

impl ClientBuilder {
    pub(super) fn new(target: impl IntoTarget) -> Self {
        Self {
            target: target.into_target(),
            greeting: Greeting::new(Implementation::new("fmcp", env!("CARGO_PKG_VERSION"))),
            hooks: Hooks::default(),
            handlers: Handlers::default(),
            capabilities: None,
            rounds: rounds::ROUNDS,
            takes_tasks: true,
            trace: None,
            rates: Rates::default(),
            timeout: Timeout::default(),
            connect_timeout: None,
            retry: Retry::default(),
            checks_output: true,
            caches: true,
            headers: HeaderMap::new(),
            scheme: None,
            carried: Extensions::new(),
            extended: Extended::default(),
            faults: Vec::new(),
            layers: Vec::new(),
        }
    }

    /// Sets who hears how far calls have got. Reports that come faster than anybody can read are thinned
    /// out.
    #[must_use]
    pub fn on_progress<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(ProgressParams) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks.progress = Some(Callback::new(callback));
        self
    }

    /// Sets who hears the server's log messages: those from [`ClientBuilder::log_level`] on, without
    /// one from `info` on.
    #[must_use]
    pub fn on_log<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(LogMessageParams) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks.log = Some(Callback::new(callback));
        self
    }

    /// Sets who hears when a list is not what it was. The client then listens as long as it lives.
    #[must_use]
    pub fn on_list_changed<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(ComponentKind) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks.list_changed = Some(Callback::new(callback));
        self
    }

    /// Sets who hears when a resource that somebody has subscribed to is not what it was.
    #[must_use]
    pub fn on_resource_updated<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(String) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks.resource_updated = Some(Callback::new(callback));
        self
    }

    /// Sets who hears that the user is done at an address, by the id of the question that sent them there
    /// ([`UrlElicitation::params`](crate::UrlElicitation::params)). Servers of revision 2025-11-25 may say so.
    /// (Whoever waits for one of them has [`UrlElicitation::completed`](crate::UrlElicitation::completed), and
    /// [`Client::elicitations_complete`] is a stream of all.)
    #[must_use]
    pub fn on_elicitation_complete<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(String) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks.elicitation_complete = Some(Callback::new(callback));
        self
    }

    /// Sets who hears everything that the server tells, before the callback for that kind of message.
    #[must_use]
    pub fn on_notice<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(Notice) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks.notice = Some(Callback::new(callback));
        self
    }

    /// Sets who answers questions to the user with a form, on sessions and in rounds alike.
    #[must_use]
    pub fn on_elicit<F>(
        mut self,
        handler: impl Fn(Elicitation) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output: Answering<Answer>> + Send + 'static,
    {
        self.handlers.form = Some(Handler::new(handler));
        self
    }

    /// Sets who asks the user whether they agree to go to an address. See [`UrlElicitation`] for what is to
    /// be shown.
    #[must_use]
    pub fn on_elicit_url<F>(
        mut self,
        handler: impl Fn(UrlElicitation) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output: Answering<Consent>> + Send + 'static,
    {
        self.handlers.url = Some(Handler::new(handler));
        self
    }

    /// Sets who asks a language model for the server. See [`with_tools`](crate::with_tools) for a model
    /// that can be given tools.
    #[must_use]
    pub fn on_sample(mut self, sampler: impl Sampler) -> Self {
        self.handlers.sampler = Some(Arc::new(sampler));
        self
    }

    /// Sets the places that the user works in: addresses of files and folders.
    /// [`Client::set_roots`] changes them.
    #[must_use]
    pub fn roots<R: Into<Root>>(mut self, roots: impl IntoIterator<Item = R>) -> Self {
        let roots = roots.into_iter().map(Into::into).collect();
        self.handlers.roots = Some(Roots::listed(roots));
        self
    }

    /// Sets who finds the places that the user works in, each time that the server asks.
    #[must_use]
    pub fn roots_with<F>(mut self, find: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output: Answering<Vec<Root>>> + Send + 'static,
    {
        self.handlers.roots = Some(Roots::Found(Handler::new(move |()| find())));
        self
    }

    /// Sets how long the answer to one question of the server may take; without it, five minutes. Where
    /// the question is part of a call, [`ClientBuilder::timeout`] holds as well: the user's time counts.
    #[must_use]
    pub fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.handlers.patience = timeout;
        self
    }

    /// Sets how often one call is made again with answers when the server asks back; without it, ten
    /// times. `0` leaves every question to the caller
    /// ([`ClientError::into_questions`]).
    #[must_use]
    pub fn rounds(mut self, most: usize) -> Self {
        self.rounds = most;
        self
    }

    /// Sets whether the server may answer calls of tools with tasks, for whose results the client then waits by itself
    /// ([`Client::call`]) or when it is told to ([`Client::start`]). Without it, it may.
    #[must_use]
    pub fn tasks(mut self, takes: bool) -> Self {
        self.takes_tasks = takes;
        self
    }

    /// Sets who knows which trace a call belongs to; asked for each, in the task that makes it.
    #[must_use]
    pub fn trace(
        mut self,
        find: impl Fn() -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        self.trace = Some(Box::new(find));
        self
    }

    /// Sets the name and version that the server reads.
    #[must_use]
    pub fn client_info(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.greeting.info = Implementation::new(name, version);
        self
    }

    /// Sets what the server may ask of the client, where that is not what its handlers can answer.
    #[must_use]
    pub fn capabilities(mut self, capabilities: ClientCapabilities) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Sets how long to wait for an answer: a duration, a [`Timeout`], or `None` for as long as it takes.
    /// Without it, a minute. The connection is waited for as long, unless
    /// [`ClientBuilder::connect_timeout`] says otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Timeout>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Sets how long to wait for the connection; `None`: as long as it takes.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = Some(timeout.into());
        self
    }

    /// Sets whether calls that fail are made again where that is safe. Without it, they are not.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sets whether results of tools are held against the output schemas of those that the client has
    /// listed. Without it, they are: one that breaks its promise is [`ClientError::Output`].
    #[must_use]
    pub fn check_output(mut self, check: bool) -> Self {
        self.checks_output = check;
        self
    }

    /// Sets whether lists and resources are kept for as long as the server says (`ttlMs`). Without it, they
    /// are; [`CallOptions::fresh`](crate::CallOptions::fresh) asks all the same.
    #[must_use]
    pub fn cache(mut self, keep: bool) -> Self {
        self.caches = keep;
        self
    }

    /// Sets from which level on the server is to send log messages.
    #[must_use]
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.greeting.log_level = Some(level);
        self
    }

    /// Speaks this revision. One that has sessions opens one.
    #[must_use]
    pub fn revision(mut self, revision: Revision) -> Self {
        self.greeting.revision = Some(revision);
        self
    }

    /// Begins with this revision instead of the newest, and settles on what the server offers: for servers
    /// that do not take it well to be asked in a newer one.
    #[must_use]
    pub fn prefer(mut self, revision: Revision) -> Self {
        self.greeting.preferred = Some(revision);
        self
    }

    /// Adds a header to every HTTP request, and to the one that opens a WebSocket. It shows in no log.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.append(name, value);
        self
    }

    /// Sets how servers at an address are proved who is calling.
    #[must_use]
    pub fn auth(mut self, scheme: impl Scheme) -> Self {
        self.scheme = Some(Arc::new(scheme));
        self
    }

    /// Tells carriers what only they understand.
    #[allow(
        dead_code,
        reason = "without the feature `web`, there is none that asks"
    )]
    pub(super) fn carry<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.carried.insert(value);
        self
    }

    pub(crate) fn rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// When the server cannot be started or reached, does not speak the revision, or does not answer in time; the time
    /// that a user takes to sign in does not count.
    pub async fn connect(mut self) -> Result<Client, ClientError> {
        if !self.faults.is_empty() {
            return Err(refused(Error::invalid_params(self.faults.join("; "))));
        }
        self.target = self.target.understood().map_err(refused)?;
        // Many servers each have their own time, so that one of them does not use up that of all.
        let limit = self.patience().filter(|_| !self.target.is_many());
        let identity = Identity::new(self.scheme.take());
        let Some(after) = limit else {
            return self.open(identity).await.map_err(refused);
        };
        match identity
            .within(after, self.open(Arc::clone(&identity)))
            .await
        {
            Some(outcome) => outcome.map_err(refused),
            None => Err(ClientError::Timeout {
                what: CONNECT.into(),
                after,
                is_silence: false,
            }),
        }
    }

    /// How long connecting may take.
    fn patience(&self) -> Option<Duration> {
        self.connect_timeout.unwrap_or(self.timeout.first())
    }

    async fn open(mut self, identity: Arc<Identity>) -> Result<Client> {
        if self.hooks.log.is_some() {
            self.greeting.log_level.get_or_insert(LogLevel::Info);
        }
        if let Some(roots) = &self.handlers.roots {
            roots.check()?;
        }
        let patience = self.patience().unwrap_or(Duration::MAX);
        let handlers = self.handlers;
        let takes_tasks = self.takes_tasks;
        let mut can = (self.capabilities).unwrap_or_else(|| {
            let mut all = handlers.capabilities();
            if takes_tasks {
                let extensions = all.extensions.get_or_insert_default();
                extensions.insert(Task::EXTENSION, Raw::empty_object());
            }
            all
        });
        for (identifier, settings) in self.extended.settings().iter() {
            let all = can.extensions.get_or_insert_default();
            all.insert(identifier.to_owned(), settings.clone());
        }
        self.greeting.capabilities = can;
        let catalog = Arc::new(Catalog::default());
        let cache = self.caches.then(|| Arc::new(Cache::default()));
        let changed = {
            let (catalog, cache) = (Arc::clone(&catalog), cache.clone());
            move |notice: Option<&Notice>| {
                if matches!(
                    notice,
                    None | Some(Notice::ListChanged(ComponentKind::Tool))
                ) {
                    catalog.age();
                }
                match (&cache, notice) {
                    (Some(cache), Some(notice)) => cache.hear(notice),
                    (Some(cache), None) => cache.clear(),
                    (None, _) => {}
                }
            }
        };
        let listens = self.hooks.list_changed.is_some();
        let inbox = Arc::new(Inbox::new(
            self.hooks,
            handlers,
            self.extended,
            self.rates,
            changed,
        ));
        let approach = Approach {
            greeting: self.greeting.clone(),
            peer: Arc::clone(&inbox) as _,
            patience,
            headers: self.headers,
            identity,
            extensions: self.carried,
        };
        let Opened { link, many } = self.target.open(approach).await?;
        let link = layered(link, self.layers);
        let revision = link.revision();
        inbox.speak(revision, &link.about());
        let meta = self.greeting.meta(revision)?;
        let listening = if listens {
            Some(listen::lists(Arc::clone(&link), Arc::clone(&inbox), &meta).await?)
        } else {
            None
        };
        Ok(Client::new(Parts {
            link,
            many,
            inbox,
            meta: ArcSwap::from_pointee(Said::new(meta)),
            rounds: self.rounds,
            timeout: self.timeout,
            retry: self.retry,
            checks_output: self.checks_output,
            catalog,
            cache,
            trace: self.trace,
            listening,
        }))
    }
}

const CONNECT: &str = "connecting";

fn refused(error: fmcp_core::Error) -> ClientError {
    ClientError::call(CONNECT, error)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("target", &self.target)
            .field("greeting", &self.greeting)
            .finish_non_exhaustive()
    }
}
