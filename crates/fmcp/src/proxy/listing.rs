//! What an upstream has, as components.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use fmcp_core::{
    Call, Component, ComponentKind, Definition, Result,
    protocol::uri_template::{Safety, UriTemplate},
};
use serde_json::json;

use super::{
    gate::{Gate, Passed},
    tasks,
};
use crate::{
    TaskMode,
    approval::withheld,
    client::list_all,
    component::{Filing, Templated, page},
    mirrored::{KEYWORD, Mirrored},
    tasks::Support,
};

/// Everything that the upstream has.
///
/// # Errors
/// When one of its lists cannot be read.
pub(super) async fn read(gate: &Arc<Gate>) -> Result<Vec<Component>> {
    let (mut components, mut keys) = (Vec::new(), HashSet::new());
    for kind in ComponentKind::ALL {
        let method = page::method(kind);
        let call = Call::of(method.clone(), &json!({}))?;
        let definitions = list_all(gate.upstream(), &method, &call).await?;
        let held = match kind {
            ComponentKind::Tool => held(gate, &definitions).await?,
            _ => BTreeMap::new(),
        };
        for definition in definitions {
            let Some(mut component) = component(gate, definition) else {
                continue;
            };
            if let Some(is_changed) = held.get(component.name()) {
                component = withheld(&component, gate.upstream().name(), *is_changed);
            }
            if keys.insert(component.key.clone()) {
                components.push(component);
            } else {
                tracing::warn!(upstream = gate.upstream().name(), component = %component.key, "listed twice");
            }
        }
    }
    Ok(components)
}

/// The tools whose definition waits to be approved, and whether each was another before.
async fn held(gate: &Gate, definitions: &[Definition]) -> Result<BTreeMap<Box<str>, bool>> {
    let (upstream, Some(approvals)) = (gate.upstream(), &gate.options.approvals) else {
        return Ok(BTreeMap::new());
    };
    let mut names = HashSet::new();
    let tools = definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Tool(tool) => Some(&**tool),
            _ => None,
        });
    // Of two of one name, the first is the tool.
    let tools = tools.filter(|tool| upstream.admits(&tool.name) && names.insert(&*tool.name));
    let tools: Vec<_> = tools.collect();
    approvals.sift(upstream.name(), &tools).await
}

fn component(gate: &Arc<Gate>, mut definition: Definition) -> Option<Component> {
    let upstream = gate.upstream();
    let (mut mirrored, mut support) = (None, Support::default());
    if let Definition::Tool(tool) = &mut definition {
        if !upstream.admits(&tool.name) {
            return None;
        }
        support = tasks::support(upstream, tool);
        let schema = tool.input_schema.as_str();
        if gate.mirrors() && (schema.contains(KEYWORD) || schema.contains("\\u")) {
            match Mirrored::of(&tool.input_schema.to_value()) {
                Ok(found) => mirrored = (!found.is_empty()).then_some(found),
                Err(why) => {
                    tracing::warn!(upstream = upstream.name(), tool = %tool.name, why, "left out: its schema is not valid over HTTP");
                    return None;
                }
            }
        }
    }
    let filing = Filing::of(definition.meta_mut().as_ref());
    let passed = Passed {
        gate: Arc::clone(gate),
        name: definition.name().into(),
        mirrored,
        runs_as_task: support.mode != TaskMode::Forbidden,
    };
    let mut component = Component::new(definition, Arc::new(passed)).tags(filing.tags());
    component.contained = true;
    if support.mode != TaskMode::Forbidden {
        component.extensions.insert(support);
    }
    if component.kind() == ComponentKind::Template {
        match UriTemplate::parse(component.name()) {
            // What a value may be is for the upstream to say.
            Ok(template) => component.extensions.insert(Templated {
                template,
                safety: Safety::off(),
            }),
            Err(error) => {
                tracing::debug!(upstream = upstream.name(), %error, "a template that cannot be read");
            }
        }
    }
    Some(component)
}
