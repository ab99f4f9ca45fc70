//! The server's own components, as calls look them up.

use std::{collections::HashMap, sync::Arc};

use fmcp_core::{Component, ComponentKind, Key, Raw};

use crate::component::Templated;

/// Components by name, the newest version of each in front. It never changes: a change makes a new one.
#[derive(Default)]
pub(super) struct Registry {
    kinds: [Kind; ComponentKind::ALL.len()],
    versions: HashMap<Key, Arc<Component>>,
}

#[derive(Default)]
struct Kind {
    /// Where in the list each stands. Names are the author's, so nobody can choose them to collide: a
    /// quick hash will do.
    by_name: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    /// In the order in which they were added.
    listed: Vec<Arc<Component>>,
}

/// A component, and for a template the values that stand in the URI.
pub(super) struct Found {
    pub(super) component: Arc<Component>,
    pub(super) variables: Option<Raw>,
}

impl Registry {
    /// Those of the components that are enabled.
    pub(super) fn new<'a>(components: impl Iterator<Item = &'a Arc<Component>>) -> Self {
        let mut registry = Self::default();
        for component in components.filter(|component| component.enabled) {
            if component.key.version_str().is_some() {
                registry
                    .versions
                    .insert(component.key.clone(), Arc::clone(component));
            }
            let kind = &mut registry.kinds[component.kind() as usize];
            match kind.by_name.get(component.name()) {
                None => {
                    kind.by_name
                        .insert(component.name().into(), kind.listed.len());
                    kind.listed.push(Arc::clone(component));
                }
                Some(place) if kind.listed[*place].key < component.key => {
                    kind.listed[*place] = Arc::clone(component);
                }
                Some(_) => {}
            }
        }
        registry
    }

    pub(super) fn listed(&self, kind: ComponentKind) -> &[Arc<Component>] {
        &self.kinds[kind as usize].listed
    }

    pub(super) fn is_empty(&self, kind: ComponentKind) -> bool {
        self.listed(kind).is_empty()
    }

    pub(super) fn named(&self, kind: ComponentKind, name: &str) -> Option<&Arc<Component>> {
        let kind = &self.kinds[kind as usize];
        kind.by_name.get(name).map(|place| &kind.listed[*place])
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Component>> {
        match key.version_str() {
            Some(_) => self.versions.get(key),
            None => self.named(key.kind(), key.name()),
        }
    }

    /// The resource of this URI: one that has it for its own, or else the first template that it fits.
    pub(super) fn resource(&self, uri: &str) -> Option<Found> {
        if let Some(component) = self.named(ComponentKind::Resource, uri) {
            return Some(Found {
                component: Arc::clone(component),
                variables: None,
            });
        }
        self.listed(ComponentKind::Template)
            .iter()
            .find_map(|component| matched(component, uri))
    }
}

/// The template with the values that stand in `uri`, if it fits and the values are safe.
pub(super) fn matched(component: &Arc<Component>, uri: &str) -> Option<Found> {
    let templated = component.extensions.get::<Templated>()?;
    let found = templated.template.matches_safely(uri, &templated.safety)?;
    let variables = Raw::from_serialize(&found).ok()?;
    Some(Found {
        component: Arc::clone(component),
        variables: Some(variables),
    })
}
