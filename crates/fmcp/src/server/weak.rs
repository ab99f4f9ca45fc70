//! What stands behind a server that speaks for somebody else, and what that may do with it.

use std::sync::{Arc, Weak};

use fmcp_core::{Component, ComponentKind, Endpoint, Key, protocol::model::DiscoverResult};
use indexmap::IndexMap;

use super::{Server, build::Inner, edit::Draft};
use crate::approval::Withheld;

/// How many components that were disabled and are gone are remembered.
const AWAY: usize = 10_000;

/// What stands behind a server. It does not keep the server alive.
#[derive(Clone)]
pub(crate) struct WeakServer(Weak<Inner>);

impl WeakServer {
    /// The server, while there is one.
    pub(crate) fn server(&self) -> Option<Server> {
        self.0.upgrade().map(Server)
    }
}

impl Server {
    /// For what stands behind it.
    pub(crate) fn downgrade(&self) -> WeakServer {
        WeakServer(Arc::downgrade(&self.0))
    }

    /// Lets `endpoint` answer for resources and methods that nobody knows.
    pub(crate) fn fallback(self, endpoint: Arc<dyn Endpoint>) -> Self {
        self.edit(|draft| draft.fallback = Some(endpoint));
        self
    }

    /// Puts these components in the place of all that there are, and tells which lists are not what they were.
    /// What was disabled stays so, also when it comes back later.
    pub(crate) fn replace(&self, components: Vec<Component>) {
        let is_the_same = {
            let draft = self.0.lock();
            draft.components.len() == components.len()
                && (draft.components.values().zip(&components)).all(|(old, new)| is_as(old, new))
        };
        if is_the_same {
            return;
        }
        let mut changed: Vec<ComponentKind> = Vec::new();
        self.edit(|draft| {
            let mut before = std::mem::take(&mut draft.components);
            let mut after = IndexMap::with_capacity(components.len());
            for mut component in components {
                let away = draft.away.swap_remove(&component.key);
                component.enabled = away.is_none();
                match before.shift_remove(&component.key) {
                    Some(old) => {
                        component.enabled = old.enabled;
                        if !is_as(&old, &component) {
                            changed.push(component.kind());
                        }
                    }
                    None => changed.push(component.kind()),
                }
                after.insert(component.key.clone(), Arc::new(component));
            }
            changed.extend(before.values().map(|component| component.kind()));
            draft.components = after;
            remember(draft, before);
        });
        self.tell(changed);
    }

    /// Whether a tool is held: it stands in no list, and its calls are answered with the reason.
    pub(crate) fn withholds(&self, tool: &str) -> bool {
        let now = self.0.now();
        now.at_hand(ComponentKind::Tool, tool)
            .is_some_and(|tool| is_withheld(tool))
    }

    /// Says about itself what the one that it speaks for has said.
    pub(crate) fn speak_for(&self, about: &DiscoverResult) {
        let (instructions, extensions) = (&about.instructions, &about.capabilities.extensions);
        let extensions = extensions.clone().unwrap_or_default();
        let is_the_same = {
            let draft = self.0.lock();
            draft.config.instructions == *instructions && *draft.extended.settings() == extensions
        };
        if !is_the_same {
            self.edit(|draft| {
                draft.config.instructions.clone_from(instructions);
                draft.extended.say(extensions);
            });
        }
    }
}

/// Whether a component is one that is held.
fn is_withheld(component: &Component) -> bool {
    component.extensions.contains::<Withheld>()
}

/// Remembers which of those that are gone were disabled.
fn remember(draft: &mut Draft, gone: IndexMap<Key, Arc<Component>>) {
    let disabled = gone.into_iter().filter(|(_, component)| !component.enabled);
    draft.away.extend(disabled);
    let excess = draft.away.len().saturating_sub(AWAY);
    if excess > 0 {
        tracing::warn!(
            excess,
            "too many disabled components are gone: some will not be disabled when they come back"
        );
        draft.away.drain(..excess);
    }
}

/// Whether a component is what another was.
fn is_as(old: &Component, new: &Component) -> bool {
    old.key == new.key
        && old.definition == new.definition
        && old.tags == new.tags
        && is_withheld(old) == is_withheld(new)
}
