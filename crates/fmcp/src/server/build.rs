//! Building a server.

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use arc_swap::ArcSwap;
use fmcp_core::{
    Component, Error, Middleware, Provider, Result, SessionStore, Store, Transform,
    protocol::model::{CacheScope, Icon},
};

use super::{
    config::{CacheHint, Config, OnDuplicate},
    demand::Demand,
    edit::Draft,
    lifespan::Lifespan,
    listen::Changes,
    mount::Above,
    relay::Relay,
    sessions::Sessions,
    snapshot::Snapshot,
    workers::Workers,
};
use crate::{Prompt, Resource, StateKey, Tool, Whole, bus::Shared, tasks::Crew};

/// An MCP server: tools, resources and prompts under one name.
///
/// Build it with the methods that take and give back the server; hand it to a client, a transport or a
/// test; change it while it runs with those that only borrow it. A clone is the same server.
///
/// ```
/// use fmcp::{Client, Input, Server, Tool};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Add { a: i64, b: i64 }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let server = Server::new("calculator")
///     .version("1.0.0")
///     .tool(Tool::new("add", |Input(Add { a, b })| async move { a + b }));
///
/// let client = Client::connect(&server).await?;
/// let sum: i64 = client.call("add", serde_json::json!({"a": 1, "b": 2})).await?.parse()?;
/// assert_eq!(sum, 3);
/// # Ok(()) }
/// ```
///
/// Faults in what it is given (two tools of one name, a schema that cannot be used) are collected and
/// reported together when the server is first used, or by [`Server::check`].
#[derive(Clone)]
pub struct Server(pub(super) Arc<Inner>);

pub(super) struct Inner {
    /// The server itself, for handlers that call their own server.
    pub(super) me: std::sync::Weak<Self>,
    /// What is changed.
    pub(super) draft: Mutex<Draft>,
    /// How often something has changed that calls should see, here or in a mounted server.
    pub(super) wanted: AtomicU64,
    /// How often it had when the snapshot was made.
    pub(super) built: AtomicU64,
    /// What calls see.
    pub(super) snapshot: ArcSwap<Snapshot>,
    pub(super) lifespan: Lifespan,
    pub(super) changes: Changes,
    pub(super) relay: Relay,
    /// Resources that somebody follows.
    pub(super) demand: Demand,
    /// Where it is mounted.
    pub(super) above: Mutex<Vec<Above>>,
    pub(super) sessions: Sessions,
    /// What handlers have left running.
    pub(super) workers: Arc<Workers>,
    pub(super) crew: Arc<Crew>,
}

impl Server {
    /// A server that offers nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        let mut draft = Draft::new(Config::new(name.into()));
        let workers = Workers::new();
        draft.state.insert(workers.spawner());
        Self(Arc::new_cyclic(|me| Inner {
            me: me.clone(),
            snapshot: ArcSwap::from_pointee(Snapshot::of(&draft, me)),
            draft: Mutex::new(draft),
            wanted: AtomicU64::new(0),
            built: AtomicU64::new(0),
            lifespan: Lifespan::default(),
            changes: Changes::new(),
            relay: Relay::default(),
            demand: Demand::default(),
            above: Mutex::default(),
            sessions: Sessions::default(),
            workers,
            crew: Arc::default(),
        }))
    }

    /// Introduces itself as another server does now.
    pub(crate) fn introduced_as(self, other: &Self) -> Self {
        let (about, instructions) = {
            let config = &other.0.lock().config;
            (config.about.clone(), config.instructions.clone())
        };
        self.configure(|config| (config.about, config.instructions) = (about, instructions))
    }

    /// Sets the server's version.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        self.configure(|config| config.about.version = version.into())
    }

    /// Sets what people see instead of the name.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        self.configure(|config| config.about.title = Some(title.into()))
    }

    /// Says what the server is, for people.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        self.configure(|config| config.about.description = Some(description.into()))
    }

    /// Sets where to read more.
    #[must_use]
    pub fn website(self, url: impl Into<String>) -> Self {
        self.configure(|config| config.about.website_url = Some(url.into()))
    }

    /// Adds a picture.
    #[must_use]
    pub fn icon(self, icon: impl Into<Icon>) -> Self {
        self.configure(|config| config.add_icon(icon.into()))
    }

    /// Says how to use the server, for models.
    #[must_use]
    pub fn instructions(self, instructions: impl Into<String>) -> Self {
        self.configure(|config| config.instructions = Some(instructions.into()))
    }

    /// Adds a tool.
    #[must_use]
    pub fn tool(self, tool: impl Whole<Tool>) -> Self {
        let tool = tool.whole();
        self.take(tool.into_component().map(|component| vec![component]));
        self
    }

    /// Adds a resource, under all its URIs.
    #[must_use]
    pub fn resource(self, resource: impl Whole<Resource>) -> Self {
        self.take(resource.whole().into_components());
        self
    }

    /// Adds a prompt.
    #[must_use]
    pub fn prompt(self, prompt: impl Whole<Prompt>) -> Self {
        let prompt = prompt.whole();
        self.take(prompt.into_component().map(|component| vec![component]));
        self
    }

    /// Adds a component that was made otherwise.
    #[must_use]
    pub fn component(self, component: Component) -> Self {
        self.take(Ok(vec![component]));
        self
    }

    /// Adds a place where more components come from. They are looked for after the server's own, in the
    /// order in which the providers were added.
    #[must_use]
    pub fn provider(self, provider: impl Provider) -> Self {
        self.edit(|draft| draft.providers.push(Arc::new(provider)));
        self
    }

    /// Changes how components look from outside. The last one added is the outermost.
    #[must_use]
    pub fn transform(self, transform: impl Transform) -> Self {
        self.edit(|draft| draft.transforms.push(Arc::new(transform)));
        self
    }

    /// Adds a middleware, inside those that are there.
    #[must_use]
    pub fn layer(self, middleware: impl Middleware) -> Self {
        self.layer_at(0, middleware)
    }

    /// Adds a middleware among others: those of a higher priority are further outside, those of the same
    /// in the order in which they were added. [`Server::layer`] is priority 0.
    #[must_use]
    pub fn layer_at(self, priority: i32, middleware: impl Middleware) -> Self {
        self.edit(|draft| draft.add_layer(priority, middleware));
        self
    }

    /// Adds state of the application, one of each type, for handlers to take as [`State`](crate::State).
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> Self {
        self.edit(|draft| draft.state.insert(state));
        self
    }

    /// Sets where sessions keep what handlers leave behind for later calls (see
    /// [`Context::session_state`](crate::Context::session_state)). Without it, in memory.
    #[must_use]
    pub fn session_store(self, store: impl Store) -> Self {
        self.state(SessionStore(Arc::new(store)))
    }

    /// Shares with the other replicas of this server, which are the servers of the same name at the same place: what
    /// sessions keep (as [`Server::session_store`] does), which [states](Server::state_single_use) have been used,
    /// and what is told of changes, to whichever replica somebody listens. Who misses something, because the place
    /// could not be reached, is told that everything may have changed.
    ///
    /// Sessions are served by every replica that has the same key (`Http::session_key`).
    ///
    /// ```
    /// # #[cfg(feature = "redis")] fn main_() -> fmcp::Result<()> {
    /// let redis = fmcp::store::Redis::new("redis://redis.example.com")?;
    /// let server = fmcp::Server::new("shop").shared(redis);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn shared(self, place: impl Into<Shared>) -> Self {
        let place = place.into();
        let server = self.state(SessionStore(Arc::clone(&place.store)));
        server.configure(|config| config.shared = Some(place))
    }

    /// Sets what the state of calls is sealed with while it is in a client's hands, between a question and
    /// its answer (revision 2026-07-28). Without it, what `FMCP_STATE_KEY` says, or a key that nobody else
    /// has: then only this process takes the states that it gives. A secret has 32 bytes or more.
    #[must_use]
    pub fn state_key(self, key: impl Into<StateKey>) -> Self {
        let key = key.into();
        self.edit(|draft| {
            if let Err(fault) = draft.config.rounds.key(key) {
                draft.faults.push(fault);
            }
        });
        self
    }

    /// Sets for how long the state of calls is good: how long a user may think about a question, and how
    /// long an answer may be sent again. Without it, 15 minutes.
    #[must_use]
    pub fn state_ttl(self, ttl: Duration) -> Self {
        self.configure(|config| config.rounds.ttl = ttl)
    }

    /// Takes each state only once, so that no answer counts twice: for what must not be done twice. Where
    /// states are that have not been used is kept in the [session store](Self::session_store), which
    /// replicas share.
    #[must_use]
    pub fn state_single_use(self, single_use: bool) -> Self {
        self.configure(|config| config.rounds.single_use = single_use)
    }

    /// Sets what happens when a component is added after this under a key that is taken.
    #[must_use]
    pub fn on_duplicate(self, policy: OnDuplicate) -> Self {
        self.configure(|config| config.on_duplicate = policy)
    }

    /// Gives lists out in pages of this many. Without it, whole.
    ///
    /// # Panics
    /// When the size is zero.
    #[must_use]
    pub fn page_size(self, size: usize) -> Self {
        assert!(size > 0, "a page must hold something");
        self.configure(|config| config.page_size = Some(size))
    }

    /// Shows clients what errors say that come from libraries and not from the author. Off, clients read
    /// a fixed message, and the log has the rest.
    #[must_use]
    pub fn show_error_details(self, show: bool) -> Self {
        self.configure(|config| config.show_error_details = show)
    }

    /// Takes arguments only in exactly the types that the schemas say.
    #[must_use]
    pub fn strict_input(self, strict: bool) -> Self {
        self.configure(|config| config.strict_input = strict)
    }

    /// Says how long clients may keep lists and contents, and who may share them. A component's own
    /// word comes first.
    #[must_use]
    pub fn cache(self, ttl: Duration, scope: CacheScope) -> Self {
        self.configure(|config| config.cache = Some(CacheHint { ttl, scope }))
    }

    /// Whether everything that the server was given can be used.
    ///
    /// # Errors
    /// With all faults, a line for each.
    pub fn check(&self) -> Result<()> {
        let faults = self.0.lock().faults.join("\n");
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Error::internal(faults))
        }
    }

    /// Cannot be used, for these reasons.
    pub(crate) fn faulty(self, faults: impl IntoIterator<Item = String>) -> Self {
        self.edit(|draft| draft.faults.extend(faults));
        self
    }

    fn configure(self, change: impl FnOnce(&mut Config)) -> Self {
        self.edit(|draft| change(&mut draft.config));
        self
    }

    /// Takes components while the server is being built: what is wrong with them is reported later.
    fn take(&self, components: Result<Vec<Component>>) {
        self.edit(|draft| match components {
            Ok(components) => {
                for component in components {
                    if let Err(fault) = draft.add(component) {
                        draft.faults.push(fault.message().to_owned());
                    }
                }
            }
            Err(fault) => draft.faults.push(fault.message().to_owned()),
        });
    }

    /// Changes the draft; calls see it from the next one on.
    pub(super) fn edit<R>(&self, change: impl FnOnce(&mut Draft) -> R) -> R {
        let mut draft = self.0.lock();
        // Said first, should the change panic halfway; who sees it waits for the lock.
        self.0.outdate();
        change(&mut draft)
    }
}
