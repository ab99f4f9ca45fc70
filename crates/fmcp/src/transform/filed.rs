//! Tools that belong somewhere because a configuration says so.

use std::sync::Arc;

use fmcp_core::{Component, Definition, Transform};

use crate::{approval::Withheld, component::Filing};

/// Files every tool under a domain and a group, whatever it says itself.
pub(crate) struct Filed {
    pub(crate) domain: Option<Box<str>>,
    pub(crate) group: Option<Box<str>>,
}

impl Filed {
    pub(super) fn file(&self, definition: &mut Definition) {
        let mut filing = Filing::of(definition.meta_mut().as_ref());
        for (field, value) in [("domain", &self.domain), ("group", &self.group)] {
            if let Some(value) = value {
                filing.set(field, &**value);
            }
        }
        filing.write(definition.meta_mut());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.domain.is_none() && self.group.is_none()
    }
}

impl Transform for Filed {
    fn outward(&self, mut component: Arc<Component>) -> Option<Arc<Component>> {
        let is_tool = matches!(component.definition, Definition::Tool(_));
        if is_tool && !self.is_empty() && !component.extensions.contains::<Withheld>() {
            self.file(&mut Arc::make_mut(&mut component).definition);
        }
        Some(component)
    }
}
