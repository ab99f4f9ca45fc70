//! What one session sees otherwise than others: what is hidden from them, and not what is hidden from it.

use std::{collections::HashSet, sync::Arc};

use fmcp_core::{Call, Component, ComponentKind, Key};

use super::{
    mount::{Door, Mount},
    registry::{Found, Registry, matched},
    sessions::{Rules, lists, rules},
    snapshot::{Snapshot, guarded},
};

impl Snapshot {
    /// What the session of a call sees otherwise than others, if it does.
    pub(super) fn sight(&self, call: &Call) -> Option<Arc<Rules>> {
        rules(call.session()?)
    }

    /// Whether a caller who sees so sees a component.
    pub(super) fn sees_so(
        &self,
        component: &Component,
        call: &Call,
        sight: Option<&Rules>,
    ) -> bool {
        let said = sight.and_then(|rules| rules.say(&self.server, component));
        said.unwrap_or(component.enabled) && self.is_for(component, call)
    }

    /// How a component is shown to whoever sees so: one that is hidden from others is not enabled.
    pub(super) fn outward_to(
        &self,
        component: Arc<Component>,
        sight: Option<&Rules>,
    ) -> Option<Arc<Component>> {
        match self.outward(Arc::clone(&component)) {
            None if sight.is_some() => self.revealed(component),
            shown => shown,
        }
    }

    /// How a component that is hidden is shown to those who see it all the same.
    pub(super) fn revealed(&self, mut component: Arc<Component>) -> Option<Arc<Component>> {
        Arc::make_mut(&mut component).enabled = true;
        let mut shown = guarded(&self.transforms, component, |transform, component| {
            transform.reveal(component)
        })?;
        Arc::make_mut(&mut shown).enabled = false;
        Some(shown)
    }

    /// The components that are known and hidden.
    fn hidden(&self) -> &Registry {
        self.hidden.get_or_init(|| {
            let of_others = self.known().every_listed().filter(|(component, _)| {
                !self.transforms.is_empty() && self.outward(Arc::clone(component)).is_none()
            });
            let disabled = self.aside.iter().map(|component| (component, true));
            let all = disabled.chain(of_others);
            Registry::hidden(all.filter_map(|(component, is_listed)| {
                Some((self.revealed(Arc::clone(component))?, is_listed))
            }))
        })
    }

    /// The mounted servers that have to be asked on behalf of whoever sees so.
    pub(super) fn asked<'a>(
        &'a self,
        sight: Option<&Rules>,
        usual: &'a [Arc<Mount>],
    ) -> &'a [Arc<Mount>] {
        match sight {
            Some(rules) if !rules.are_of(&self.server) => &self.mounts,
            _ => usual,
        }
    }

    /// What is known of a kind and listed for whoever sees so, but for what mounted servers are asked for.
    pub(super) fn listed_to(
        &self,
        kind: ComponentKind,
        call: &Call,
        sight: &Rules,
    ) -> Vec<Arc<Component>> {
        let asked = self.asked(Some(sight), &self.varying);
        let is_asked_for = |component: &Component| {
            let door = component.extensions.get_arc::<Door>();
            door.is_some_and(|door| asked.iter().any(|mount| Arc::ptr_eq(&door, mount.door())))
        };
        let mut names = HashSet::new();
        let listed = self.shown().names(kind).chain(self.hidden().names(kind));
        listed
            .filter(|name| names.insert(*name))
            .filter_map(|name| self.newest(&Key::new(kind, name), call, sight))
            .filter(|component| !is_asked_for(component))
            .cloned()
            .collect()
    }

    /// The component of this key that is known and seen by whoever sees so.
    pub(super) fn known_to(&self, key: &Key, call: &Call, sight: &Rules) -> Option<Found> {
        if let Some(component) = self.newest(key, call, sight) {
            return Some(Arc::clone(component).into());
        }
        if key.kind() != ComponentKind::Resource || self.withholds(key.name()) {
            return None;
        }
        let kind = ComponentKind::Template;
        let all = self.shown().every_name(kind);
        all.chain(self.hidden().every_name(kind)).find_map(|name| {
            let mut template = Key::new(kind, name);
            if let Some(version) = key.version_str() {
                template = template.version(version);
            }
            matched(self.newest(&template, call, sight)?, key.name())
        })
    }

    /// The newest version that is seen; if the key names one, that.
    fn newest(&self, key: &Key, call: &Call, sight: &Rules) -> Option<&Arc<Component>> {
        let all = self
            .shown()
            .versions(key)
            .chain(self.hidden().versions(key));
        let seen = all.filter(|component| self.sees_so(component, call, Some(sight)));
        seen.reduce(|newest, other| {
            if newest.key < other.key {
                other
            } else {
                newest
            }
        })
    }

    /// The lists that are others with the rules `after` than with those `before`.
    pub(super) fn changed_for(&self, before: &Rules, after: &Rules) -> Vec<ComponentKind> {
        if !self.has_fixed_lists() {
            // Nobody knows what there is.
            return lists(ComponentKind::ALL.to_vec());
        }
        let is_changed = |component: &&Arc<Component>| {
            let seen = |rules: &Rules| rules.say(&self.server, component);
            seen(before).unwrap_or(component.enabled) != seen(after).unwrap_or(component.enabled)
        };
        let all = self.shown().every().chain(self.hidden().every());
        lists(
            all.filter(is_changed)
                .map(|component| component.kind())
                .collect(),
        )
    }
}
