//! What can be switched on and off while a server runs, by the names that clients know: the server's own components, and
//! those of servers that are mounted in it.

use std::{collections::HashMap, sync::Arc};

use fmcp_core::{Component, Key};

use super::{Server, snapshot::Snapshot};
use crate::component::Behind;

/// A component of a server or of one that is mounted in it.
pub(crate) struct Switchable {
    /// As clients of the server see it, or would see it if nothing hid it.
    pub(crate) shown: Arc<Component>,
    /// The mounted servers that it comes through, the outermost first.
    pub(crate) mounts: Vec<Box<str>>,
    pub(crate) is_enabled: bool,
    /// Why clients do not see it though it is enabled.
    pub(crate) hidden_by: Option<&'static str>,
    /// The feature flag that it is behind.
    pub(crate) flag: Option<Box<str>>,
    /// Whose it is, and what it is called there.
    owner: Server,
    key: Key,
}

impl Switchable {
    /// Switches it where it stands; whether that changed anything.
    pub(crate) fn switch(&self, on: bool) -> bool {
        let is_it = |component: &Component| component.key == self.key;
        let changed = if on {
            self.owner.enable(is_it)
        } else {
            self.owner.disable(is_it)
        };
        changed > 0
    }
}

impl Server {
    /// All that can be switched: its own first, then what is mounted, in the order of mounting. What providers and
    /// middleware add is not among it.
    pub(crate) fn switchables(&self) -> Vec<Switchable> {
        let mut all = self.all_switchables();
        let mut first: HashMap<Key, usize> = HashMap::new();
        for place in 0..all.len() {
            let one = &all[place];
            if !one.is_enabled || one.hidden_by.is_some() {
                continue;
            }
            let name = Key::new(one.shown.kind(), one.shown.name());
            let before = *first.entry(name).or_insert(place);
            if all[before].mounts != all[place].mounts {
                all[place].hidden_by = Some("another of this name comes first");
            }
        }
        all
    }

    fn all_switchables(&self) -> Vec<Switchable> {
        let now = Arc::clone(&self.0.now());
        let (own, mounts) = {
            let draft = self.0.lock();
            let own: Vec<_> = draft.components.values().cloned().collect();
            (own, draft.mounts.clone())
        };
        let own = own.into_iter().map(|component| Switchable {
            mounts: Vec::new(),
            is_enabled: component.enabled,
            hidden_by: None,
            flag: (component.extensions.get::<Behind>()).map(|flag| flag.0.clone()),
            owner: self.clone(),
            key: component.key.clone(),
            shown: component,
        });
        let mut all: Vec<_> = own.collect();
        for mount in &mounts {
            let below = mount.door().child.all_switchables();
            all.extend(below.into_iter().map(|mut one| {
                one.shown = mount.outside(&one.shown);
                one.mounts.insert(0, mount.name().into());
                one
            }));
        }
        for one in &mut all {
            now.show(one);
        }
        all
    }
}

impl Snapshot {
    /// Lets the transforms say what it is called outside, whether or not it is enabled.
    fn show(&self, one: &mut Switchable) {
        if self.transforms.is_empty() {
            return;
        }
        let mut component = Arc::clone(&one.shown);
        Arc::make_mut(&mut component).enabled = true;
        if let Some(shown) = self.outward(Arc::clone(&component)) {
            one.shown = shown;
            return;
        }
        one.hidden_by = Some("a transform hides it");
        if let Some(shown) = self.revealed(component) {
            one.shown = shown;
        }
    }
}
