//! One page of a list, over all kinds of components alike.

use fmcp_core::{
    ComponentKind, Definition, Error, Reply, Result,
    protocol::{
        Method,
        model::{
            ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        },
    },
};

/// The reply that lists these components, of which those of another kind are left out.
pub(crate) fn write(
    kind: ComponentKind,
    definitions: impl Iterator<Item = Definition>,
    next: Option<String>,
) -> Reply {
    macro_rules! list {
        ($variant:ident, $result:ident) => {{
            let defined = definitions.filter_map(|definition| match definition {
                Definition::$variant(definition) => Some(*definition),
                _ => None,
            });
            let mut result = $result::new(defined.collect::<Vec<_>>());
            result.next_cursor = next;
            result.into()
        }};
    }
    match kind {
        ComponentKind::Tool => list!(Tool, ListToolsResult),
        ComponentKind::Resource => list!(Resource, ListResourcesResult),
        ComponentKind::Template => list!(Template, ListResourceTemplatesResult),
        ComponentKind::Prompt => list!(Prompt, ListPromptsResult),
    }
}

/// What a reply lists, and the cursor of the next page.
///
/// # Errors
/// When it is no list.
pub(crate) fn read(reply: Reply) -> Result<(Vec<Definition>, Option<String>)> {
    macro_rules! items {
        ($result:expr, $items:ident, $variant:ident) => {{
            let result = $result;
            let items = result.$items.into_iter();
            let items = items.map(|item| Definition::$variant(Box::new(item)));
            Ok((items.collect(), result.next_cursor))
        }};
    }
    match reply.unshared() {
        Reply::ListTools(list) => items!(*list, tools, Tool),
        Reply::ListResources(list) => items!(*list, resources, Resource),
        Reply::ListTemplates(list) => items!(*list, resource_templates, Template),
        Reply::ListPrompts(list) => items!(*list, prompts, Prompt),
        _ => Err(Error::internal("the reply is no list")),
    }
}

/// The method that lists components of this kind.
pub(crate) fn method(kind: ComponentKind) -> Method {
    match kind {
        ComponentKind::Tool => Method::ListTools,
        ComponentKind::Resource => Method::ListResources,
        ComponentKind::Template => Method::ListTemplates,
        ComponentKind::Prompt => Method::ListPrompts,
    }
}

/// The kind that a method lists.
pub(crate) fn kind(method: &Method) -> Option<ComponentKind> {
    ComponentKind::ALL
        .into_iter()
        .find(|kind| self::method(*kind) == *method)
}
