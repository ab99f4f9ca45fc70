//! A session that is open.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use fmcp_core::{
    Call, Carrier, Context, Error, FromCall, HandlerError, Kind, Line, Notice, Principal, Result,
    Session, SessionState, SessionStore,
    protocol::{
        Method, Revision,
        model::{ClientCapabilities, Implementation, ListRootsResult, LogLevel, Root},
    },
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    super::{build::Inner, itself::Itself},
    sight::Rules,
};

/// How many faults wait to be heard of. Then the oldest are lost.
const MAX_FAULTS: usize = 16;

/// A session that is open: who the client is, and the way to it outside of its calls.
///
/// [`Server::sessions`](crate::Server::sessions) lists them, the session hooks are given theirs, and a handler
/// takes the one of its call as a parameter. Revision 2026-07-28 has no sessions; there, handlers that want one are refused. A
/// clone is the same; one that is held does not keep the session open.
///
/// ```
/// use fmcp::{LiveSession, tool};
///
/// /// Who am I?
/// #[tool]
/// async fn whoami(#[ctx] session: LiveSession) -> String {
///     let client = session.client().map_or("nobody", |client| &client.name);
///     format!("{client}, for {:?}, on {}", session.age(), session.transport())
/// }
/// ```
#[derive(Clone)]
pub struct LiveSession(pub(super) Arc<Entry>, pub(super) Weak<Inner>);

/// What a server knows of a session.
pub(super) struct Entry {
    pub(super) line: Arc<dyn Line>,
    pub(super) server: Weak<Inner>,
    store: SessionStore,
    is_ready: AtomicBool,
    pub(super) have_roots_changed: AtomicBool,
    is_over: AtomicBool,
    roots: Mutex<Option<Arc<[Root]>>>,
    /// Shared by all who tell the session of a task.
    tasks: Arc<()>,
    faults: Mutex<VecDeque<Arc<Error>>>,
    /// What it sees otherwise than other sessions.
    rules: Mutex<Option<Arc<Rules>>>,
    /// Something has happened.
    pub(super) news: Notify,
    /// The session is over.
    end: Notify,
}

/// That a session hears of a task.
pub(in crate::server) struct Place(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl Entry {
    pub(super) fn new(line: Arc<dyn Line>, server: Weak<Inner>, store: SessionStore) -> Self {
        Self {
            is_ready: AtomicBool::new(line.is_ready()),
            line,
            server,
            store,
            have_roots_changed: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            roots: Mutex::default(),
            tasks: Arc::default(),
            faults: Mutex::default(),
            rules: Mutex::default(),
            news: Notify::new(),
            end: Notify::new(),
        }
    }

    /// The handshake is over.
    pub(super) fn open(&self) {
        self.is_ready.store(true, Ordering::Release);
        self.news.notify_one();
    }

    /// The session is over.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
        lock(&self.rules).take();
        self.end.notify_waiters();
    }

    /// Waits for the end of the session.
    pub(super) async fn over(&self) {
        let end = self.end.notified();
        tokio::pin!(end);
        // Heard from here on, so that the end is not missed between looking and waiting.
        end.as_mut().enable();
        if !self.is_over.load(Ordering::Acquire) {
            end.await;
        }
    }

    /// Something is wrong with it.
    pub(super) fn fault(&self, error: Error) {
        let mut faults = lock(&self.faults);
        if faults.len() >= MAX_FAULTS {
            faults.pop_front();
        }
        faults.push_back(Arc::new(error));
        drop(faults);
        self.news.notify_one();
    }

    pub(super) fn take_fault(&self) -> Option<Arc<Error>> {
        lock(&self.faults).pop_front()
    }

    /// Changes what it sees; the rules before and after.
    pub(super) fn change_rules(
        &self,
        change: impl FnOnce(&Rules) -> Result<Rules>,
    ) -> Result<(Arc<Rules>, Arc<Rules>)> {
        let mut rules = lock(&self.rules);
        if self.is_over.load(Ordering::Acquire) {
            return Err(over());
        }
        let before = rules.clone().unwrap_or_default();
        let after = Arc::new(change(&before)?);
        *rules = (!after.is_empty()).then(|| Arc::clone(&after));
        self.line.session().see_otherwise(rules.is_some());
        Ok((before, after))
    }
}

/// What a session sees otherwise than others, if it does.
pub(in crate::server) fn rules(session: &Session) -> Option<Arc<Rules>> {
    if !session.sees_otherwise() {
        return None;
    }
    let entry = session.held::<Entry>()?;
    lock(&entry.rules).clone()
}

impl LiveSession {
    /// The session, as the server that it is with has it.
    pub(super) fn of(entry: Arc<Entry>) -> Self {
        let server = entry.server.clone();
        Self(entry, server)
    }

    /// The one of a call.
    pub(in crate::server) fn of_call(call: &Call) -> Option<Self> {
        call.session()?.held().map(Self::of)
    }

    /// Waits for its end.
    pub(in crate::server) async fn over(&self) {
        self.0.over().await;
    }

    /// Lets it hear of one more task, as long as the result is there, unless it hears of `most` already.
    pub(in crate::server) fn hears_one_more(&self, most: usize) -> Option<Place> {
        // The entry itself counts as one.
        (Arc::strong_count(&self.0.tasks) <= most).then(|| Place(Arc::clone(&self.0.tasks)))
    }

    /// Its name. It is no secret, and opens nothing.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.line.session().id()
    }

    /// The revision that both sides speak.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.line.session().revision()
    }

    /// Who the client says it is. Nobody has checked it.
    #[must_use]
    pub fn client(&self) -> Option<&Implementation> {
        self.0.line.session().client()
    }

    /// What the client can do.
    #[must_use]
    pub fn capabilities(&self) -> &ClientCapabilities {
        self.0.line.session().capabilities()
    }

    /// From which level on the client wants log messages; `None`: not at all.
    #[must_use]
    pub fn log_level(&self) -> Option<LogLevel> {
        self.0.line.session().log_level()
    }

    /// What carries it.
    #[must_use]
    pub fn transport(&self) -> Carrier {
        self.0.line.transport()
    }

    /// Who has opened it, where the server asks for credentials.
    #[must_use]
    pub fn principal(&self) -> Option<Arc<Principal>> {
        self.0.line.principal()
    }

    /// How long it has been open, in this process.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.line.age()
    }

    /// How long nothing has been heard of the client.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.0.line.idle()
    }

    /// Whether the client has said that the handshake is over. Before, it should not be told or asked anything.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.is_ready.load(Ordering::Acquire)
    }

    /// Whether it is still open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.0.is_over.load(Ordering::Acquire)
    }

    /// The client's roots, as it last said them: `None` while nobody has asked. A server that wants to hear of changes
    /// ([`Server::on_roots_changed`](crate::Server::on_roots_changed)) asks when the session is opened and after each
    /// change.
    #[must_use]
    pub fn roots(&self) -> Option<Arc<[Root]>> {
        lock(&self.0.roots).clone()
    }

    /// What the session keeps from one call to the next.
    #[must_use]
    pub fn state(&self) -> SessionState {
        SessionState::of(&self.0.store, self.0.line.session())
    }

    /// Tells the client something. Over Streamable HTTP that waits, as far as there is room, until the client
    /// listens outside of its calls.
    ///
    /// # Errors
    /// When the session is over.
    pub async fn notify(&self, notice: Notice) -> Result<()> {
        if !self.is_open() {
            return Err(over());
        }
        self.0.line.notify(notice).await;
        Ok(())
    }

    /// Sends a log message to the client, if it wants messages of this level.
    ///
    /// # Errors
    /// When the session is over.
    pub async fn log(&self, level: LogLevel, data: impl Into<Value>) -> Result<()> {
        if !self.is_open() {
            return Err(over());
        }
        self.context().log(level, data).await;
        Ok(())
    }

    /// Asks the client whether it is there; how long its answer took.
    ///
    /// # Errors
    /// When it does not answer in time, or the session is over.
    pub async fn ping(&self) -> Result<Duration> {
        let (began, ping) = (Instant::now(), Call::new(Method::Ping, Default::default()));
        match self.ask(ping).await {
            // Whoever can say that it does not know the question is there.
            Ok(_) => Ok(began.elapsed()),
            Err(error) if is_answer(&error) => Ok(began.elapsed()),
            Err(error) => Err(error),
        }
    }

    /// Asks the client for its roots, and remembers them.
    ///
    /// # Errors
    /// When the client has none, does not answer in time, or the session is over.
    pub async fn list_roots(&self) -> Result<Vec<Root>> {
        if self.capabilities().roots.is_none() {
            return Err(Error::new(
                Kind::MissingCapability,
                "the client cannot say where its user works",
            ));
        }
        let (context, nothing) = (self.context(), json!({}));
        let text = context.ask_client(Method::ListRoots, &nothing);
        let said = self.unless_over(text).await?.parse::<ListRootsResult>();
        let roots = said
            .map_err(|e| Error::internal("the client's roots cannot be read").caused_by(e))?
            .roots;
        *lock(&self.0.roots) = Some(roots.clone().into());
        Ok(roots)
    }

    /// What a handler of this session has, without a call: for questions to the user and to the client's model,
    /// outside of any call. Clients need not like that: the protocol wants questions within a call.
    #[must_use]
    pub fn context(&self) -> Context {
        let mut call = Call::outside(Arc::clone(&self.0.line));
        if let Some(server) = self.0.server.upgrade() {
            call = call.with_home(Arc::clone(&server.now().home));
        }
        Context::new(call)
    }

    /// Ends it, for good. What runs in it may finish, as at the end of the server.
    pub fn close(&self) {
        self.0.line.close();
    }

    /// Asks the client, unless the session ends before it answers.
    async fn ask(&self, call: Call) -> Result<fmcp_core::Reply> {
        self.unless_over(self.0.line.call(call)).await
    }

    async fn unless_over<T>(&self, asking: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.0.over() => Err(over()),
            answer = asking => answer,
        }
    }
}

/// Whether it was the client that said so.
fn is_answer(error: &Error) -> bool {
    !matches!(
        error.kind(),
        Kind::Timeout | Kind::Unavailable | Kind::Overloaded
    )
}

fn over() -> Error {
    Error::new(Kind::Unavailable, "the session is over")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session that the call belongs to; a call of a revision without sessions is refused.
impl FromCall for LiveSession {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        let entry = context
            .session()
            .and_then(|session| session.held::<Entry>());
        let itself = context.state::<Itself>();
        let session = entry.map(|entry| match &itself {
            Some(itself) => Self(entry, itself.0.clone()),
            None => Self::of(entry),
        });
        let refusal = || {
            let words = "this needs a session, which this revision does not have";
            Error::new(Kind::InvalidRequest, words)
        };
        Ok(session.ok_or_else(refusal)?)
    }
}

impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSession")
            .field("id", &self.id())
            .field("transport", &self.transport())
            .field("revision", &self.revision())
            .field("client", &self.client().map(|client| &client.name))
            .finish_non_exhaustive()
    }
}
