//! Lists of mounted servers that are not always the same.

use std::{collections::HashMap, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Definition, Endpoint as _, Error, Result,
};
use serde_json::json;

use super::{super::snapshot::Snapshot, view::Mount};
use crate::{client::Pages, component::page};

impl Mount {
    /// All of a kind that the child lists for this caller.
    pub(in crate::server) fn list<'a>(
        &'a self,
        kind: ComponentKind,
        call: &'a Call,
    ) -> BoxFuture<'a, Result<Vec<Arc<Component>>>> {
        Box::pin(async move {
            let door = &self.door;
            if !door.child.0.lifespan.is_running() {
                door.child.start_for(&door.parent).await?;
            }
            let child = Arc::clone(&door.child.0.now());
            let mut components = child.list(kind, call).await?;
            if !child.layers.is_empty() {
                components = self.through_layers(kind, call, &child, components).await?;
            }
            Ok(components.iter().map(|c| self.outside(c)).collect())
        })
    }

    /// What the child's middleware makes of a list.
    async fn through_layers(
        &self,
        kind: ComponentKind,
        call: &Call,
        child: &Arc<Snapshot>,
        components: Vec<Arc<Component>>,
    ) -> Result<Vec<Arc<Component>>> {
        let mut known: HashMap<Box<str>, Arc<Component>> = components
            .into_iter()
            .map(|component| (component.name().into(), component))
            .collect();
        let shown = self.ask(kind, call).await?;
        let shown = shown.into_iter().map(|definition| {
            match known.remove(definition.name()) {
                Some(component) if component.definition == definition => component,
                Some(component) => {
                    let mut other = (*component).clone();
                    other.definition = definition;
                    Arc::new(other)
                }
                // The middleware's own, which it answers for.
                None => Arc::new(Component::new(definition, Arc::clone(child) as _)),
            }
        });
        Ok(shown.collect())
    }

    async fn ask(&self, kind: ComponentKind, call: &Call) -> Result<Vec<Definition>> {
        let method = page::method(kind);
        let (mut all, mut pages, mut cursor) = (Vec::new(), Pages::default(), None::<String>);
        loop {
            let params = cursor.map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
            let asked = call.derive(method.clone(), &params)?;
            let (definitions, next) = page::read(self.door.child.0.call(asked).await?)?;
            let next = pages.next(definitions.len(), None, next);
            all.extend(definitions);
            cursor = next.map_err(Error::internal)?;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}
