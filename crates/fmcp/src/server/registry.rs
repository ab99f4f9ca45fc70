//! Components as calls look them up: the server's own, and those of servers that are mounted in it.

use std::{collections::HashMap, sync::Arc};

use fmcp_core::{Component, ComponentKind, Key, Raw};

use crate::{
    approval::Withheld,
    component::{Templated, say_versions},
};

/// Components by name, the newest version of each in front. Once it is built it never changes: a change makes a
/// new one.
#[derive(Default)]
pub(super) struct Registry {
    kinds: [Kind; ComponentKind::ALL.len()],
    /// How many sources there have been.
    sources: usize,
}

#[derive(Default)]
struct Kind {
    /// Where among all each stands. Names are the author's, so nobody can choose them to collide: a
    /// quick hash will do.
    by_name: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    /// In the order in which they were added.
    all: Vec<Slot>,
    /// Those that are listed.
    listed: Vec<Arc<Component>>,
}

struct Slot {
    /// The newest version.
    component: Arc<Component>,
    older: Vec<Arc<Component>>,
    /// Which of the sources it is from.
    source: usize,
    is_listed: bool,
}

/// A component, and for a template the values that stand in the URI.
pub(super) struct Found {
    pub(super) component: Arc<Component>,
    pub(super) variables: Option<Raw>,
}

impl From<Arc<Component>> for Found {
    fn from(component: Arc<Component>) -> Self {
        Self {
            component,
            variables: None,
        }
    }
}

impl Registry {
    /// Adds those of the components that are enabled, behind those of earlier sources; gives those back whose
    /// name an earlier source has taken. What is not listed can be called all the same.
    pub(super) fn add<'a>(
        &mut self,
        components: impl IntoIterator<Item = &'a Arc<Component>>,
        is_listed: bool,
    ) -> Vec<&'a Arc<Component>> {
        let source = self.sources;
        self.sources += 1;
        let mut taken = Vec::new();
        for component in components.into_iter().filter(|component| component.enabled) {
            if !self.put(component, source, is_listed) {
                taken.push(component);
            }
        }
        self.list();
        taken
    }

    /// Components that are hidden from most, each with whether it is listed.
    pub(super) fn hidden(components: impl IntoIterator<Item = (Arc<Component>, bool)>) -> Self {
        let mut hidden = Self::default();
        for (component, is_listed) in components {
            hidden.put(&component, 0, is_listed);
        }
        hidden.list();
        hidden
    }

    /// Takes a component; whether its name was not another source's.
    fn put(&mut self, component: &Arc<Component>, source: usize, is_listed: bool) -> bool {
        let kind = &mut self.kinds[component.kind() as usize];
        let Some(place) = kind.by_name.get(component.name()) else {
            kind.by_name.insert(component.name().into(), kind.all.len());
            kind.all.push(Slot {
                component: Arc::clone(component),
                older: Vec::new(),
                source,
                is_listed,
            });
            return true;
        };
        let slot = &mut kind.all[*place];
        if slot.source != source {
            return false;
        }
        let mut version = Arc::clone(component);
        if slot.component.key < version.key {
            std::mem::swap(&mut slot.component, &mut version);
        }
        slot.older.push(version);
        true
    }

    fn list(&mut self) {
        for kind in &mut self.kinds {
            let listed = kind.all.iter().filter(|slot| slot.stands_in_lists());
            kind.listed = listed.map(Slot::advertised).collect();
        }
    }

    /// The same components as `show` shows them; those that it does not show are left out.
    pub(super) fn shown(&self, show: impl Fn(Arc<Component>) -> Option<Arc<Component>>) -> Self {
        let mut shown = Self::default();
        let slots = || self.kinds.iter().flat_map(|kind| &kind.all);
        for source in 0..self.sources {
            let mut of_source: [Vec<Arc<Component>>; 2] = Default::default();
            for slot in slots().filter(|slot| slot.source == source) {
                of_source[usize::from(slot.is_listed)]
                    .extend(slot.versions().filter_map(|c| show(Arc::clone(c))));
            }
            for (is_listed, components) in [false, true].into_iter().zip(&of_source) {
                shown.add(components, is_listed);
            }
        }
        shown
    }

    /// Every component, in every version.
    pub(super) fn every(&self) -> impl Iterator<Item = &Arc<Component>> {
        let all = self.kinds.iter().flat_map(|kind| &kind.all);
        all.flat_map(Slot::versions)
    }

    /// The same, each with whether it is listed.
    pub(super) fn every_listed(&self) -> impl Iterator<Item = (&Arc<Component>, bool)> {
        let all = self.kinds.iter().flat_map(|kind| &kind.all);
        all.flat_map(|slot| slot.versions().map(|component| (component, slot.is_listed)))
    }

    /// What is listed of a kind, by name.
    pub(super) fn names(&self, kind: ComponentKind) -> impl Iterator<Item = &str> {
        let listed = self.kinds[kind as usize].all.iter();
        listed
            .filter(|slot| slot.stands_in_lists())
            .map(|slot| slot.component.name())
    }

    /// What there is of a kind, by name.
    pub(super) fn every_name(&self, kind: ComponentKind) -> impl Iterator<Item = &str> {
        let all = self.kinds[kind as usize].all.iter();
        all.map(|slot| slot.component.name())
    }

    /// Every version of the component of this key; if that names one, only this.
    pub(super) fn versions<'a>(&'a self, key: &Key) -> impl Iterator<Item = &'a Arc<Component>> {
        let kind = &self.kinds[key.kind() as usize];
        let place = kind.by_name.get(key.name());
        let slot = place.map(|place| &kind.all[*place]);
        let versions = slot.into_iter().flat_map(Slot::versions);
        let wanted = key.version_str();
        versions.filter(move |c| wanted.is_none() || c.key.version_str() == wanted)
    }

    pub(super) fn listed(&self, kind: ComponentKind) -> &[Arc<Component>] {
        &self.kinds[kind as usize].listed
    }

    pub(super) fn is_empty(&self, kind: ComponentKind) -> bool {
        self.kinds[kind as usize].all.is_empty()
    }

    pub(super) fn named(&self, kind: ComponentKind, name: &str) -> Option<&Arc<Component>> {
        let kind = &self.kinds[kind as usize];
        kind.by_name
            .get(name)
            .map(|place| &kind.all[*place].component)
    }

    /// The component of this key; without a version, the newest.
    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Component>> {
        let kind = &self.kinds[key.kind() as usize];
        let slot = &kind.all[*kind.by_name.get(key.name())?];
        slot.of_version(key.version_str())
    }

    /// The resource of this URI: one that has it for its own, or else the first template that it fits.
    pub(super) fn resource(&self, key: &Key) -> Option<Found> {
        if let Some(component) = self.get(key) {
            return Some(Arc::clone(component).into());
        }
        let templates = &self.kinds[ComponentKind::Template as usize].all;
        templates
            .iter()
            .find_map(|slot| matched(slot.of_version(key.version_str())?, key.name()))
    }
}

impl Slot {
    /// The newest version, which says in its metadata which others there are.
    fn advertised(&self) -> Arc<Component> {
        if self.older.is_empty() {
            return Arc::clone(&self.component);
        }
        let mut keys: Vec<&Key> = self.versions().map(|component| &component.key).collect();
        keys.sort_unstable_by(|a, b| b.cmp(a));
        let versions: Vec<&str> = keys.into_iter().filter_map(Key::version_str).collect();
        let mut component = (*self.component).clone();
        say_versions(&mut component.definition, &versions);
        Arc::new(component)
    }

    /// What is held can be called, to read that it is, and is listed nowhere.
    fn stands_in_lists(&self) -> bool {
        self.is_listed && !self.component.extensions.contains::<Withheld>()
    }

    /// Every version.
    fn versions(&self) -> impl Iterator<Item = &Arc<Component>> {
        std::iter::once(&self.component).chain(&self.older)
    }

    /// This version; the newest, where none is named.
    fn of_version(&self, version: Option<&str>) -> Option<&Arc<Component>> {
        match version {
            None => Some(&self.component),
            Some(_) => self.versions().find(|c| c.key.version_str() == version),
        }
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
