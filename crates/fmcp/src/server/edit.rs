//! Changing a server, while it is built and while it runs.

use std::{
    cmp::Reverse,
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
};

use fmcp_core::{
    Component, ComponentKind, Endpoint, Error, Extensions, Key, Layer, Middleware, Notice,
    Provider, Result, Select, SessionStore, Transform,
};
use indexmap::IndexMap;

use super::{
    Server,
    build::Inner,
    config::{Config, OnDuplicate, unusual_name},
    listen::Change,
    mount::Mount,
    offered,
    sessions::{SessionHooks, lists},
    snapshot::Snapshot,
};
use crate::{Prompt, Resource, Tasks, Tool, extended::Extended, store::Memory, tasks::Ledger};

/// A server as it is being changed.
pub(super) struct Draft {
    pub(super) config: Config,
    pub(super) components: IndexMap<Key, Arc<Component>>,
    /// Components that were disabled and are gone for now: whoever is spoken for may have them again.
    pub(super) away: IndexMap<Key, Arc<Component>>,
    pub(super) mounts: Vec<Arc<Mount>>,
    pub(super) providers: Vec<Arc<dyn Provider>>,
    pub(super) transforms: Vec<Arc<dyn Transform>>,
    pub(super) layers: Vec<(i32, Layer)>,
    pub(super) state: Extensions,
    pub(super) extended: Extended,
    pub(super) session_hooks: SessionHooks,
    /// Who answers for what nobody knows.
    pub(super) fallback: Option<Arc<dyn Endpoint>>,
    pub(super) ledger: Arc<Ledger>,
    /// Whether the server has been told about tasks.
    pub(super) has_tasks: bool,
    pub(super) faults: Vec<String>,
}

impl Draft {
    pub(super) fn new(config: Config) -> Self {
        let mut state = Extensions::new();
        state.insert(SessionStore(Arc::new(Memory::new())));
        offered::install(&mut state);
        Self {
            config,
            components: IndexMap::new(),
            away: IndexMap::new(),
            mounts: Vec::new(),
            providers: Vec::new(),
            transforms: Vec::new(),
            layers: Vec::new(),
            state,
            extended: Extended::default(),
            session_hooks: SessionHooks::default(),
            fallback: None,
            ledger: Arc::new(Ledger::new(Tasks::new())),
            has_tasks: false,
            faults: Vec::new(),
        }
    }

    pub(super) fn add_layer(&mut self, priority: i32, middleware: impl Middleware) {
        self.layers.push((priority, Layer::new(middleware)));
        self.layers.sort_by_key(|(priority, _)| Reverse(*priority));
    }

    /// Adds a component by the policy for duplicates; whether it is in.
    pub(super) fn add(&mut self, component: Component) -> Result<bool> {
        if let Some(why) = unusual_name(component.kind(), component.name()) {
            tracing::warn!(component = %component.key, "{why}");
        }
        if self.components.contains_key(&component.key) {
            match self.config.on_duplicate {
                OnDuplicate::Error => {
                    return Err(Error::internal(format!(
                        "there is already a {}",
                        component.key
                    )));
                }
                OnDuplicate::Warn => {
                    tracing::warn!(component = %component.key, "replaced by another of the same name");
                }
                OnDuplicate::Replace => {}
                OnDuplicate::Keep => return Ok(false),
            }
        }
        self.components
            .insert(component.key.clone(), Arc::new(component));
        Ok(true)
    }
}

impl Server {
    /// Adds a tool to a running server.
    ///
    /// # Errors
    /// When it cannot be used, or its name is taken.
    pub fn add_tool(&self, tool: Tool) -> Result<()> {
        self.add(vec![tool.into_component()?])
    }

    /// Adds a resource to a running server.
    ///
    /// # Errors
    /// When it cannot be used, or one of its URIs is taken.
    pub fn add_resource(&self, resource: Resource) -> Result<()> {
        self.add(resource.into_components()?)
    }

    /// Adds a prompt to a running server.
    ///
    /// # Errors
    /// When it cannot be used, or its name is taken.
    pub fn add_prompt(&self, prompt: Prompt) -> Result<()> {
        self.add(vec![prompt.into_component()?])
    }

    /// Adds components to a running server; those before a refused one are in.
    ///
    /// # Errors
    /// When the key of one is taken.
    pub fn add(&self, components: Vec<Component>) -> Result<()> {
        let mut changed = Vec::new();
        let outcome = self.edit(|draft| {
            components.into_iter().try_for_each(|component| {
                let kind = component.kind();
                if draft.add(component)? {
                    changed.push(kind);
                }
                Ok(())
            })
        });
        self.tell(changed);
        outcome
    }

    /// Removes a component from a running server; whether there was one. Calls that it is answering go
    /// on.
    pub fn remove(&self, key: &Key) -> bool {
        let removed = self
            .edit(|draft| draft.components.shift_remove(key))
            .is_some();
        if removed {
            self.tell(vec![key.kind()]);
        }
        removed
    }

    /// Lets clients see and call the selected components; how many that changed.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `server.disable(tags([…]))`"
    )]
    pub fn enable(&self, select: impl Select) -> usize {
        self.set_enabled(&select, true)
    }

    /// Hides the selected components from clients; how many that changed.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `server.disable(tags([…]))`"
    )]
    pub fn disable(&self, select: impl Select) -> usize {
        self.set_enabled(&select, false)
    }

    fn set_enabled(&self, select: &impl Select, enabled: bool) -> usize {
        // Whoever selects may ask the server, so no lock is held meanwhile.
        let all: Vec<_> = {
            let draft = self.0.lock();
            let all = draft.components.values().chain(draft.away.values());
            all.cloned().collect()
        };
        let selected = all
            .iter()
            .filter(|component| component.enabled != enabled && select.selects(component));
        let keys: Vec<_> = selected.map(|component| &component.key).collect();
        let mut changed = Vec::new();
        self.edit(|draft| {
            for key in keys {
                // Only what is disabled is there, and now it no longer is.
                draft.away.swap_remove(key);
                if let Some(component) = draft.components.get_mut(key)
                    && component.enabled != enabled
                {
                    Arc::make_mut(component).enabled = enabled;
                    changed.push(key.kind());
                }
            }
        });
        let count = changed.len();
        self.tell(changed);
        count
    }

    /// Tells whoever follows it that the resource of this URI is not what it was: sessions that have
    /// subscribed to it, and streams of changes that name it. The URI is compared as a text, and need not be
    /// that of a resource that the server lists.
    ///
    /// ```
    /// let server = fmcp::Server::new("settings");
    /// server.notify_updated("data://settings");
    /// ```
    pub fn notify_updated(&self, uri: impl Into<Box<str>>) {
        self.0.announce(Notice::ResourceUpdated(uri.into()));
    }

    /// Tells whoever listens that these lists are not what they were, each once.
    pub(crate) fn tell(&self, kinds: Vec<ComponentKind>) {
        for kind in lists(kinds) {
            self.0.announce(Notice::ListChanged(kind));
        }
    }
}

impl Inner {
    /// Tells whoever listens, here and at the other replicas.
    pub(super) fn tell(&self, notice: Notice) {
        self.relay.tell(&notice);
        self.changes.tell(Change::Notice(notice));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What calls see now. No lock, unless something has just changed.
    pub(super) fn now(&self) -> arc_swap::Guard<Arc<Snapshot>> {
        if self.wanted.load(Ordering::Acquire) != self.built.load(Ordering::Acquire) {
            let draft = self.lock();
            // Read before the snapshot is made: what changes meanwhile, the next call sees.
            let wanted = self.wanted.load(Ordering::Acquire);
            if wanted != self.built.load(Ordering::Acquire) {
                self.snapshot
                    .store(Arc::new(Snapshot::of(&draft, &self.me)));
                self.built.store(wanted, Ordering::Release);
            }
        }
        self.snapshot.load()
    }
}
