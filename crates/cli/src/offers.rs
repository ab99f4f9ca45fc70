//! All that a server offers, read at once.

use fmcp::{
    Client, ClientError, Kind,
    model::{Prompt, Resource, ResourceTemplate, Tool},
};

/// All that a server offers.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    pub(crate) tools: Vec<Tool>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) templates: Vec<ResourceTemplate>,
    pub(crate) prompts: Vec<Prompt>,
}

/// Which kinds are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds {
    pub(crate) tools: bool,
    pub(crate) resources: bool,
    pub(crate) prompts: bool,
}

impl Kinds {
    pub(crate) const ALL: Self = Self {
        tools: true,
        resources: true,
        prompts: true,
    };
}

impl Offers {
    /// Reads them. A server that says that it has none of a kind, or does not know the question, has none.
    pub(crate) async fn of(client: &Client, kinds: Kinds) -> Result<Self, ClientError> {
        let can = client.capabilities();
        let mut all = Self::default();
        if kinds.tools && can.tools.is_some() {
            all.tools = or_none(client.list_tools().await)?;
        }
        if kinds.resources && can.resources.is_some() {
            all.resources = or_none(client.list_resources().await)?;
            all.templates = or_none(client.list_templates().await)?;
        }
        if kinds.prompts && can.prompts.is_some() {
            all.prompts = or_none(client.list_prompts().await)?;
        }
        Ok(all)
    }
}

fn or_none<T>(listed: Result<Vec<T>, ClientError>) -> Result<Vec<T>, ClientError> {
    match listed {
        Err(error) if error.kind() == Kind::MethodNotFound => Ok(Vec::new()),
        other => other,
    }
}
