//! A server as calls see it: nothing in it changes.

use std::{
    borrow::Cow,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock, Weak},
};

use fmcp_core::{
    Bell, Call, Component, ComponentKind, Definition, Endpoint, Error, Home, Key, Layer, Notice,
    Provider, Raw, Reply, Result, Sights, Transform,
    protocol::{
        Identity,
        model::{Prompt, Resource, ResourceTemplate, Tool},
    },
};

use super::{
    build::Inner,
    config::Config,
    edit::Draft,
    itself::Itself,
    mount::{Door, Mount, View, retemplate},
    registry::{Found, Registry, matched},
    sessions::SessionHooks,
    tasks::runs_as_task,
};
use crate::{
    component::{Behind, Policy},
    extended::Extended,
    handler::panic_words,
    rounds::Keeper,
    tasks::Ledger,
};

/// A server as calls see it.
pub(super) struct Snapshot {
    /// Whether the server was given something that it cannot use.
    pub(super) faulty: bool,
    pub(super) config: Config,
    pub(super) identity: Arc<Identity>,
    pub(super) layers: Vec<Layer>,
    /// The server that this is a view of, with its state.
    pub(super) home: Arc<Home>,
    pub(super) server: Weak<Inner>,
    /// The server's own components and those of mounted servers, before any transform.
    registry: Registry,
    /// The same as they are shown, where there are transforms.
    transformed: Option<Registry>,
    /// Those of its own that are disabled, where somebody answers for what nobody knows.
    disabled: Registry,
    /// Components of its own that are disabled.
    pub(super) aside: Vec<Arc<Component>>,
    /// What is hidden from most, once somebody asks.
    pub(super) hidden: OnceLock<Registry>,
    pub(super) extended: Extended,
    pub(super) mounts: Vec<Arc<Mount>>,
    /// Mounted servers whose lists are not always the same.
    pub(super) varying: Vec<Arc<Mount>>,
    /// Mounted servers that may answer for more than they show.
    open: Vec<Arc<Mount>>,
    /// Whether a component of its own is there for some callers only.
    pub(super) flagged: bool,
    providers: Vec<Arc<dyn Provider>>,
    pub(super) session_hooks: SessionHooks,
    pub(super) ledger: Arc<Ledger>,
    /// Whether a tool of its runs as a task, or it has been told about tasks.
    pub(super) has_tasks: bool,
    pub(super) transforms: Vec<Arc<dyn Transform>>,
    /// Who answers for what nobody knows.
    pub(super) fallback: Option<Arc<dyn Endpoint>>,
    /// What cannot be reached under the name that one would expect.
    pub(super) clashes: Vec<String>,
    /// The whole list of each kind, where nobody else has a say in it.
    pub(super) lists: [OnceLock<Reply>; ComponentKind::ALL.len()],
}

impl Snapshot {
    pub(super) fn of(draft: &Draft, server: &Weak<Inner>) -> Self {
        let mut state = draft.state.clone();
        state.insert(Policy {
            strict_input: draft.config.strict_input,
            show_timings: draft.config.show_timings,
        });
        state.insert(Itself(Weak::clone(server)));
        let told = Weak::clone(server);
        state.insert(Bell(Arc::new(move |notice| {
            if let (Some(server), Notice::ResourceUpdated(uri)) = (told.upgrade(), notice) {
                server.announce(Notice::ResourceUpdated(uri));
            }
        })));
        let config = &draft.config;
        let shown = Weak::clone(server);
        state.insert(Sights(Arc::new(move |session, sight| {
            let gone = || Error::internal("the server is gone");
            shown.upgrade().ok_or_else(gone)?.show_to(session, sight)
        })));
        state.insert(Keeper::new(config.rounds.clone(), &config.about.name));
        let Merged {
            registry,
            varying,
            open,
            clashes,
        } = merged(draft);
        let has_tasks =
            draft.has_tasks || registry.every().any(|component| runs_as_task(component));
        let transforms = draft.transforms.clone();
        let transformed =
            (!transforms.is_empty()).then(|| registry.shown(|c| outward(&transforms, c)));
        Self {
            faulty: !draft.faults.is_empty(),
            config: draft.config.clone(),
            identity: Arc::new(Identity::new(draft.config.about.clone())),
            layers: draft
                .layers
                .iter()
                .map(|(_, layer)| layer.clone())
                .collect(),
            home: Arc::new(Home::new(Weak::clone(server) as _, Arc::new(state))),
            server: Weak::clone(server),
            registry,
            transformed,
            disabled: disabled(draft),
            aside: (draft.components.values())
                .filter(|component| !component.enabled)
                .cloned()
                .collect(),
            hidden: OnceLock::new(),
            extended: draft.extended.clone(),
            mounts: draft.mounts.clone(),
            varying,
            open,
            session_hooks: draft.session_hooks.clone(),
            flagged: (draft.components.values()).any(|c| c.extensions.contains::<Behind>()),
            ledger: Arc::clone(&draft.ledger),
            has_tasks,
            providers: draft.providers.clone(),
            transforms,
            fallback: draft.fallback.clone(),
            clashes,
            lists: Default::default(),
        }
    }

    /// The components that are known, before any transform.
    pub(super) fn known(&self) -> &Registry {
        &self.registry
    }

    /// The components that are known, as they are shown.
    pub(super) fn shown(&self) -> &Registry {
        self.transformed.as_ref().unwrap_or(&self.registry)
    }

    /// Whether lists are not always the same, so that somebody has to be asked for them.
    pub(super) fn varies(&self) -> bool {
        !(self.layers.is_empty() && self.has_fixed_lists())
    }

    /// Whether lists hold nothing but what is known, before middleware.
    pub(super) fn has_fixed_lists(&self) -> bool {
        self.providers.is_empty() && self.varying.is_empty() && !self.flagged
    }

    /// Whether it may answer for more than it shows.
    pub(super) fn is_open(&self) -> bool {
        !(self.layers.is_empty() && self.knows_all())
    }

    /// Whether nobody is to be asked for what is not known.
    fn knows_all(&self) -> bool {
        self.providers.is_empty() && self.open.is_empty() && self.fallback.is_none()
    }

    /// Whether it answers for this though nobody knows of it: its middleware may.
    pub(super) fn claims(&self, key: &Key) -> bool {
        !self.layers.is_empty()
            || (self.fallback.is_some() && key.kind() == ComponentKind::Resource)
            || self.open.iter().any(|mount| mount.claim(key).is_some())
    }

    /// Whether there is nothing on the way of a call but what this crate has written, and handlers.
    pub(super) fn is_plain(&self) -> bool {
        self.layers.is_empty() && self.providers.is_empty()
    }

    /// All components of a kind, as they are shown to this caller.
    pub(super) async fn list(
        &self,
        kind: ComponentKind,
        call: &Call,
    ) -> Result<Vec<Arc<Component>>> {
        let sight = self.sight(call);
        let sight = sight.as_deref();
        let mut all = match sight {
            Some(sight) => self.listed_to(kind, call, sight),
            None => self.shown().listed(kind).to_vec(),
        };
        all.retain(|component| self.sees_so(component, call, sight));
        let mut names: HashSet<Box<str>> = HashSet::new();
        for mount in self.asked(sight, &self.varying) {
            let components = match mount.list(kind, call).await {
                Ok(components) => components,
                Err(error) => {
                    tracing::warn!(mount = mount.name(), %error, "a list lacks what a mounted server has");
                    continue;
                }
            };
            for component in components {
                let known = self.registry.named(kind, component.name());
                let is_its_own = |known: &Arc<Component>| {
                    let door = known.extensions.get_arc::<Door>();
                    door.is_some_and(|door| Arc::ptr_eq(&door, mount.door()))
                };
                if known.is_none_or(is_its_own) && names.insert(component.name().into()) {
                    let shown = self.outward_to(component, sight);
                    all.extend(shown.filter(|shown| self.sees_so(shown, call, sight)));
                }
            }
        }
        for provider in &self.providers {
            // The first of two components of one name answers, so only it is listed.
            for component in provider.list(kind).await? {
                if (component.enabled || sight.is_some())
                    && self.is_for(&component, call)
                    && self.registry.named(kind, component.name()).is_none()
                    && names.insert(component.name().into())
                {
                    let shown = self.outward_to(component, sight);
                    all.extend(shown.filter(|shown| self.sees_so(shown, call, sight)));
                }
            }
        }
        Ok(all)
    }

    /// The component of this name where one look is all it takes.
    pub(super) fn at_hand(&self, kind: ComponentKind, name: &str) -> Option<&Arc<Component>> {
        self.shown().named(kind, name)
    }

    /// The component that goes by this key outside, for this caller.
    pub(super) async fn find(&self, key: &Key, call: &Call) -> Result<Option<Found>> {
        let sight = self.sight(call);
        let sight = sight.as_deref();
        let known = match (sight, key.kind()) {
            (Some(sight), _) => self.known_to(key, call, sight),
            // What is hidden is not read by way of a template that it fits either.
            (None, ComponentKind::Resource) => (self.shown().resource(key))
                .filter(|found| found.variables.is_none() || !self.withholds(key.name())),
            (None, _) => self.shown().get(key).cloned().map(Found::from),
        };
        let mounts = self.asked(sight, &self.open);
        if known.is_some() || (mounts.is_empty() && self.knows_all()) {
            return Ok(known);
        }
        let Some(inner) = self.inward(key) else {
            return Ok(None);
        };
        let found = match ask_mounts(mounts, &inner, call).await? {
            None => self.ask_providers(&inner, sight.is_some()).await?,
            found => found,
        };
        let found = found.or_else(|| {
            let fallback = self.fallback.as_ref();
            let fallback = fallback.filter(|_| self.falls_to_others(&inner));
            let own = fallback.map(|endpoint| nameless(&inner, Arc::clone(endpoint)));
            let claimed = || self.open.iter().find_map(|mount| mount.claim(&inner));
            own.map(Arc::new).or_else(claimed).map(Found::from)
        });
        // What is not shown, or shown under another name, cannot be called so.
        Ok(found.and_then(|found| {
            let shown = self.outward_to(Arc::clone(&found.component), sight)?;
            let is_it = found.variables.is_some()
                || shown.kind() == ComponentKind::Template
                || shown.name() == key.name();
            (is_it && self.sees_so(&shown, call, sight)).then_some(Found {
                component: shown,
                variables: found.variables,
            })
        }))
    }

    /// Whether a resource of this URI is known, though it is not shown under it.
    pub(super) fn withholds(&self, uri: &str) -> bool {
        let (kind, known) = (ComponentKind::Resource, [&self.registry, &self.disabled]);
        known.iter().any(|known| known.named(kind, uri).is_some())
    }

    /// Whether this is what nobody here knows. What is known and cannot be reached is hidden or disabled, and whoever
    /// answers for the rest would not know that.
    fn falls_to_others(&self, key: &Key) -> bool {
        let any = Key::new(key.kind(), key.name());
        key.kind() == ComponentKind::Resource
            && self.registry.resource(&any).is_none()
            && self.disabled.resource(&any).is_none()
    }

    /// `hidden_too`: also what is not enabled.
    async fn ask_providers(&self, key: &Key, hidden_too: bool) -> Result<Option<Found>> {
        for provider in &self.providers {
            if let Some(component) = provider
                .get(key)
                .await?
                .filter(|component| component.enabled || hidden_too)
            {
                if component.kind() == ComponentKind::Template
                    && key.kind() == ComponentKind::Resource
                {
                    return Ok(Some(
                        matched(&component, key.name()).unwrap_or(component.into()),
                    ));
                }
                return Ok(Some(component.into()));
            }
        }
        Ok(None)
    }

    pub(super) fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        outward(&self.transforms, component)
    }

    fn inward(&self, key: &Key) -> Option<Key> {
        let mut transforms = self.transforms.iter().rev();
        transforms.try_fold(key.clone(), |key, transform| {
            transform.inward(&key).map(Cow::into_owned)
        })
    }
}

async fn ask_mounts(mounts: &[Arc<Mount>], key: &Key, call: &Call) -> Result<Option<Found>> {
    for mount in mounts {
        if let Some(component) = mount.find(key, call).await? {
            return Ok(Some(component.into()));
        }
    }
    Ok(None)
}

/// How a component is shown.
fn outward(transforms: &[Arc<dyn Transform>], component: Arc<Component>) -> Option<Arc<Component>> {
    guarded(transforms, component, |transform, component| {
        transform.outward(component)
    })
}

/// How a component is shown by transforms that are asked so. One that panics shows nothing.
pub(super) fn guarded(
    transforms: &[Arc<dyn Transform>],
    component: Arc<Component>,
    ask: impl Fn(&dyn Transform, Arc<Component>) -> Option<Arc<Component>>,
) -> Option<Arc<Component>> {
    let mut shown = transforms
        .iter()
        .try_fold(component, |component, transform| {
            let key = component.key.clone();
            let showing = AssertUnwindSafe(|| ask(&**transform, component));
            catch_unwind(showing).unwrap_or_else(|panic| {
            tracing::error!(component = %key, panic = panic_words(&*panic), "a transform panicked");
            None
        })
        })?;
    if shown.kind() == ComponentKind::Template && !transforms.is_empty() {
        retemplate(Arc::make_mut(&mut shown));
    }
    Some(shown)
}

/// The resources and templates that are disabled, found as if they were not.
fn disabled(draft: &Draft) -> Registry {
    let mut disabled = Registry::default();
    if draft.fallback.is_some() {
        let is_one = |component: &&Arc<Component>| {
            let is_read = matches!(
                component.kind(),
                ComponentKind::Resource | ComponentKind::Template
            );
            is_read && !component.enabled
        };
        let all = draft.components.values().chain(draft.away.values());
        let all: Vec<Arc<Component>> = (all.filter(is_one))
            .map(|component| {
                let mut component = (**component).clone();
                component.enabled = true;
                Arc::new(component)
            })
            .collect();
        disabled.add(&all, false);
    }
    disabled
}

/// What is known of a server and of those that are mounted in it.
struct Merged {
    registry: Registry,
    varying: Vec<Arc<Mount>>,
    open: Vec<Arc<Mount>>,
    clashes: Vec<String>,
}

/// The server's own components first, then those of each mounted server, in the order of mounting.
fn merged(draft: &Draft) -> Merged {
    let mut merged = Merged {
        registry: Registry::default(),
        varying: Vec::new(),
        open: Vec::new(),
        clashes: Vec::new(),
    };
    merged.registry.add(draft.components.values(), true);
    for mount in &draft.mounts {
        let View {
            components,
            varies,
            is_open,
            cut,
        } = mount.view();
        let taken = merged.registry.add(&*components, !varies);
        let name = mount.name();
        merged.clashes.extend(taken.into_iter().map(|component| {
            format!(
                "the {} of the mounted server {name:?} cannot be reached: there was another of this name before",
                component.key
            )
        }));
        merged.clashes.extend(cut.iter().cloned());
        if varies {
            merged.varying.push(Arc::clone(mount));
        }
        if is_open {
            merged.open.push(Arc::clone(mount));
        }
    }
    merged
}

/// A component that is nothing but what it is called, and who answers for it.
pub(super) fn nameless(key: &Key, endpoint: Arc<dyn Endpoint>) -> Component {
    let name = key.name();
    let definition = match key.kind() {
        ComponentKind::Tool => Definition::Tool(Box::new(Tool::new(name, Raw::empty_object()))),
        ComponentKind::Prompt => Definition::Prompt(Box::new(Prompt::new(name))),
        ComponentKind::Resource => Definition::Resource(Box::new(Resource::new(name, name))),
        ComponentKind::Template => {
            Definition::Template(Box::new(ResourceTemplate::new(name, name)))
        }
    };
    Component::new(definition, endpoint)
}

/// The answer to a call of something that is not there.
pub(super) fn not_found(kind: ComponentKind, name: &str) -> Error {
    let shown: String = name.chars().take(200).collect();
    match kind {
        ComponentKind::Tool => Error::not_found(format!("Unknown tool: {shown}")),
        ComponentKind::Prompt => Error::not_found(format!("Unknown prompt: {shown}")),
        ComponentKind::Resource | ComponentKind::Template => {
            Error::not_found(format!("Resource not found: {shown}"))
                .data(serde_json::json!({"uri": shown}))
        }
    }
}
