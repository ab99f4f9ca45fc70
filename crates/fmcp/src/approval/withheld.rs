//! A tool whose definition is held: whoever calls it reads that it is, and nobody reads what it says.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Call, Component, Definition, Endpoint, Reply, Result,
    protocol::model::{CallToolResult, Tool},
};
use serde_json::json;

/// Marks a component that is held: it stands in no list.
pub(crate) struct Withheld;

/// What stands in the place of a tool that is held, with nothing in it of what the tool says now.
pub(crate) fn withheld(tool: &Component, upstream: &str, is_changed: bool) -> Component {
    let why = match is_changed {
        true => "has changed what it says about it",
        false => "has it since a short while only",
    };
    let name = tool.name();
    let words = format!(
        "the tool {name:?} is held: the upstream {upstream:?} {why}, and nobody has approved that yet"
    );
    let definition = Tool::new(name, json!({"type": "object"}));
    let says = Arc::new(Says(words));
    let mut component = Component::new(Definition::Tool(Box::new(definition)), says);
    component.tags.clone_from(&tool.tags);
    component.extensions.insert(Withheld);
    component
}

struct Says(String);

impl Endpoint for Says {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
        let mut result = CallToolResult::new(vec![self.0.clone().into()]);
        result.is_error = Some(true);
        Box::pin(std::future::ready(Ok(result.into())))
    }
}
