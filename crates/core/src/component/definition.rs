//! How a component describes itself to clients.

use crate::protocol::model::{Meta, Prompt, Resource, ResourceTemplate, Tool};

use super::ComponentKind;

/// How a component describes itself to clients.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    /// A tool.
    Tool(Box<Tool>),
    /// A resource with a URI of its own.
    Resource(Box<Resource>),
    /// A resource for every URI of a form.
    Template(Box<ResourceTemplate>),
    /// A prompt.
    Prompt(Box<Prompt>),
}

impl Definition {
    /// What it describes.
    #[must_use]
    pub fn kind(&self) -> ComponentKind {
        match self {
            Self::Tool(_) => ComponentKind::Tool,
            Self::Resource(_) => ComponentKind::Resource,
            Self::Template(_) => ComponentKind::Template,
            Self::Prompt(_) => ComponentKind::Prompt,
        }
    }

    /// What calls ask for it by: the name, for resources the URI.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(tool) => &tool.name,
            Self::Resource(resource) => &resource.uri,
            Self::Template(template) => &template.uri_template,
            Self::Prompt(prompt) => &prompt.name,
        }
    }

    /// Changes what calls ask for it by.
    pub fn rename(&mut self, name: impl Into<String>) {
        let name = name.into();
        match self {
            Self::Tool(tool) => tool.name = name,
            Self::Resource(resource) => resource.uri = name,
            Self::Template(template) => template.uri_template = name,
            Self::Prompt(prompt) => prompt.name = name,
        }
    }

    /// What people read.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Tool(tool) => tool.description.as_deref(),
            Self::Resource(resource) => resource.description.as_deref(),
            Self::Template(template) => template.description.as_deref(),
            Self::Prompt(prompt) => prompt.description.as_deref(),
        }
    }

    /// The metadata that clients see.
    pub fn meta_mut(&mut self) -> &mut Option<Meta> {
        match self {
            Self::Tool(tool) => &mut tool.meta,
            Self::Resource(resource) => &mut resource.meta,
            Self::Template(template) => &mut template.meta,
            Self::Prompt(prompt) => &mut prompt.meta,
        }
    }
}
