//! What a mounted server shows in its parent.

use std::sync::{Arc, Mutex, PoisonError};

use fmcp_core::{Call, Component, Key, Reply, Result, protocol::uri_template::UriTemplate};

use super::{
    super::{
        build::Inner,
        snapshot::{Snapshot, nameless},
    },
    door::{Door, Forward},
};
use crate::component::Templated;

/// A server that is mounted in another.
pub(in crate::server) struct Mount {
    pub(super) door: Arc<Door>,
    /// What it showed last, for as long as the child does not change.
    shown: Mutex<Option<(Arc<Snapshot>, View)>>,
}

/// What a mounted server shows, in the names of its parent.
#[derive(Clone)]
pub(in crate::server) struct View {
    pub(in crate::server) components: Arc<[Arc<Component>]>,
    /// Whether its lists are not always these, so that it has to be asked.
    pub(in crate::server) varies: bool,
    /// Whether it may answer for more than it shows.
    pub(in crate::server) is_open: bool,
    /// Names that were too long, and what has become of them.
    pub(in crate::server) cut: Arc<[String]>,
}

impl Mount {
    pub(super) fn new(door: Door) -> Self {
        Self {
            door: Arc::new(door),
            shown: Mutex::default(),
        }
    }

    pub(in crate::server) fn name(&self) -> &str {
        &self.door.name
    }

    pub(in crate::server) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    /// The server that is mounted.
    pub(in crate::server) fn child(&self) -> &Inner {
        &self.door.child.0
    }

    /// Starts the child, which stops with its parent.
    pub(in crate::server) async fn start(&self) -> Result<()> {
        self.door.child.start_for(&self.door.parent).await
    }

    /// Lets the child answer a call that is about none of its components.
    pub(in crate::server) async fn pass(&self, call: Call) -> Result<Reply> {
        self.door.pass(call.forwarded(None)).await
    }

    /// What the child shows now.
    pub(in crate::server) fn view(&self) -> View {
        let now = Arc::clone(&self.door.child.0.now());
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, view)) = &*shown
            && Arc::ptr_eq(of, &now)
        {
            return view.clone();
        }
        let components: Arc<[_]> = now.shown().every().map(|c| self.outside(c)).collect();
        let view = View {
            cut: (now.shown().every().zip(&*components))
                .filter_map(|(inner, outer)| self.door.cut(inner, outer))
                .collect(),
            components,
            varies: now.varies(),
            is_open: now.is_open(),
        };
        *shown = Some((now, view.clone()));
        view
    }

    /// A component of the child, as it is called and called upon outside.
    pub(in crate::server) fn outside(&self, component: &Arc<Component>) -> Arc<Component> {
        let outer = self.door.outer(component.kind(), component.name());
        let mut outside = (**component).clone().renamed(&outer);
        retemplate(&mut outside);
        // The child catches what panics in it.
        outside.contained = true;
        // It is shown by the child; whether the parent does, too, is another question.
        outside.enabled = true;
        outside.endpoint = Arc::new(Forward {
            door: Arc::clone(&self.door),
            key: component.key.clone(),
        });
        outside.extensions.insert_arc(Arc::clone(&self.door));
        Arc::new(outside)
    }

    /// The component that is called so outside and that the child finds only when it is asked.
    pub(in crate::server) async fn find(
        &self,
        key: &Key,
        call: &Call,
    ) -> Result<Option<Arc<Component>>> {
        let Some(inner) = self.door.inward(key) else {
            return Ok(None);
        };
        let child = Arc::clone(&self.door.child.0.now());
        let found = Box::pin(child.find(&inner, call)).await?;
        Ok(found.map(|found| self.outside(&found.component)))
    }

    /// A component of which nothing is known, where the child may answer for it all the same.
    pub(in crate::server) fn claim(&self, key: &Key) -> Option<Arc<Component>> {
        let inner = self.door.inward(key)?;
        let child = self.door.child.0.now();
        child
            .claims(&inner)
            .then(|| self.outside(&Arc::new(nameless(&inner, Arc::clone(&*child) as _))))
    }
}

/// Puts the template that a component is found by in line with what it is called.
pub(in crate::server) fn retemplate(component: &mut Component) {
    let Some(templated) = component.extensions.get::<Templated>() else {
        return;
    };
    if templated.template.as_str() == component.name() {
        return;
    }
    match UriTemplate::parse(component.name()) {
        Ok(template) => {
            let safety = templated.safety.clone();
            component.extensions.insert(Templated { template, safety });
        }
        Err(error) => {
            tracing::warn!(component = %component.key, %error, "no URI fits it");
            component.extensions.remove::<Templated>();
        }
    }
}
