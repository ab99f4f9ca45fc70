//! A server as calls see it: nothing in it changes.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, OnceLock, Weak},
};

use fmcp_core::{
    Component, ComponentKind, Error, Home, Key, Layer, Provider, Reply, Result, Transform,
    protocol::Identity,
};

use super::{
    build::Inner,
    config::Config,
    edit::Draft,
    extension::Extended,
    itself::Itself,
    registry::{Found, Registry, matched},
};
use crate::{component::Policy, rounds::Keeper};

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
    pub(super) registry: Registry,
    pub(super) extended: Extended,
    pub(super) providers: Vec<Arc<dyn Provider>>,
    transforms: Vec<Arc<dyn Transform>>,
    /// The whole list of each kind, where nobody else has a say in it.
    pub(super) lists: [OnceLock<Reply>; ComponentKind::ALL.len()],
}

impl Snapshot {
    pub(super) fn of(draft: &Draft, server: &Weak<Inner>) -> Self {
        let mut state = draft.state.clone();
        state.insert(Policy {
            strict_input: draft.config.strict_input,
        });
        state.insert(Itself(Weak::clone(server)));
        let config = &draft.config;
        state.insert(Keeper::new(config.rounds.clone(), &config.about.name));
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
            registry: Registry::new(draft.components.values()),
            extended: draft.extended.clone(),
            providers: draft.providers.clone(),
            transforms: draft.transforms.clone(),
            lists: Default::default(),
        }
    }

    /// Whether the registry is all there is, just as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.providers.is_empty() && self.transforms.is_empty()
    }

    /// All components of a kind, as they are shown.
    pub(super) async fn list(&self, kind: ComponentKind) -> Result<Vec<Arc<Component>>> {
        let mut all = self.registry.listed(kind).to_vec();
        let mut names: HashSet<Box<str>> = HashSet::new();
        for provider in &self.providers {
            // The first of two components of one name answers, so only it is listed.
            for component in provider.list(kind).await? {
                if component.enabled
                    && self.registry.named(kind, component.name()).is_none()
                    && names.insert(component.name().into())
                {
                    all.push(component);
                }
            }
        }
        Ok(all
            .into_iter()
            .filter_map(|component| self.outward(component))
            .collect())
    }

    /// The component of this name where one look is all it takes: no provider, no transform, no template.
    pub(super) fn at_hand(&self, kind: ComponentKind, name: &str) -> Option<&Arc<Component>> {
        if self.is_plain() {
            self.registry.named(kind, name)
        } else {
            None
        }
    }

    /// The component that is called `name` outside.
    pub(super) async fn find(&self, kind: ComponentKind, name: &str) -> Result<Option<Found>> {
        if self.is_plain() {
            return Ok(match kind {
                ComponentKind::Resource => self.registry.resource(name),
                _ => self.registry.named(kind, name).map(|c| Found {
                    component: Arc::clone(c),
                    variables: None,
                }),
            });
        }
        let Some(key) = self.inward(Key::new(kind, name)) else {
            return Ok(None);
        };
        let own = match kind {
            ComponentKind::Resource => self.registry.resource(key.name()),
            _ => self.registry.get(&key).map(|c| Found {
                component: Arc::clone(c),
                variables: None,
            }),
        };
        let found = match own {
            Some(found) => Some(found),
            None => self.ask_providers(&key).await?,
        };
        // What is not shown, or shown under another name, cannot be called so.
        Ok(found.filter(|found| {
            let shown = self.outward(Arc::clone(&found.component));
            shown.is_some_and(|shown| found.variables.is_some() || shown.name() == name)
        }))
    }

    async fn ask_providers(&self, key: &Key) -> Result<Option<Found>> {
        for provider in &self.providers {
            if let Some(component) = provider
                .get(key)
                .await?
                .filter(|component| component.enabled)
            {
                if component.kind() == ComponentKind::Template
                    && key.kind() == ComponentKind::Resource
                {
                    return Ok(matched(&component, key.name()).or(Some(Found {
                        component,
                        variables: None,
                    })));
                }
                return Ok(Some(Found {
                    component,
                    variables: None,
                }));
            }
        }
        Ok(None)
    }

    fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        self.transforms
            .iter()
            .try_fold(component, |component, transform| {
                transform.outward(component)
            })
    }

    fn inward(&self, key: Key) -> Option<Key> {
        self.transforms
            .iter()
            .rev()
            .try_fold(key, |key, transform| {
                transform.inward(&key).map(Cow::into_owned)
            })
    }
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
