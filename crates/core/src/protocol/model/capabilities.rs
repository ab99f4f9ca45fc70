//! What clients and servers can do.

use crate::{
    Extra, Raw,
    json::{model, setters},
};

model! {
    /// What a client can do.
    #[derive(Default)]
    pub struct ClientCapabilities new() {
        /// Answer questions on behalf of the user.
        elicitation: Option<ElicitationCapability> = "elicitation",
        /// List the places that the user works in.
        roots: Option<RootsCapability> = "roots",
        /// Ask a language model.
        sampling: Option<SamplingCapability> = "sampling",
        /// Extensions of the protocol by identifier, each with its settings.
        extensions: Option<Extra> = "extensions",
        /// What is being tried out.
        experimental: Option<Extra> = "experimental",
        /// Run requests as tasks (2025-11-25 only; an extension since).
        tasks: Option<Raw> = "tasks",
    }

    /// In which ways a client asks the user.
    #[derive(Default)]
    pub struct ElicitationCapability new() {
        /// With a form. A client that names no way has this one.
        form: Option<Raw> = "form",
        /// By sending the user to an address.
        url: Option<Raw> = "url",
    }

    /// Lists of places.
    #[derive(Default)]
    pub struct RootsCapability new() {
        /// Whether the client says when the list changes (up to 2025-11-25).
        list_changed: Option<bool> = "listChanged",
    }

    /// What a client's language model can be given.
    #[derive(Default)]
    pub struct SamplingCapability new() {
        /// Context from servers.
        context: Option<Raw> = "context",
        /// Tools.
        tools: Option<Raw> = "tools",
    }

    /// What a server can do.
    #[derive(Default)]
    pub struct ServerCapabilities new() {
        /// Be asked for tools.
        tools: Option<ToolsCapability> = "tools",
        /// Be asked for resources.
        resources: Option<ResourcesCapability> = "resources",
        /// Be asked for prompts.
        prompts: Option<PromptsCapability> = "prompts",
        /// Propose values for arguments.
        completions: Option<Raw> = "completions",
        /// Send log messages.
        logging: Option<Raw> = "logging",
        /// Extensions of the protocol by identifier, each with its settings.
        extensions: Option<Extra> = "extensions",
        /// What is being tried out.
        experimental: Option<Extra> = "experimental",
        /// Run requests as tasks (2025-11-25 only; an extension since).
        tasks: Option<Raw> = "tasks",
    }

    /// A server's tools.
    #[derive(Default)]
    pub struct ToolsCapability new() {
        /// Whether the server says when the list changes.
        list_changed: Option<bool> = "listChanged",
    }

    /// A server's resources.
    #[derive(Default)]
    pub struct ResourcesCapability new() {
        /// Whether a client can ask to hear of changes to one resource.
        subscribe: Option<bool> = "subscribe",
        /// Whether the server says when the list changes.
        list_changed: Option<bool> = "listChanged",
    }

    /// A server's prompts.
    #[derive(Default)]
    pub struct PromptsCapability new() {
        /// Whether the server says when the list changes.
        list_changed: Option<bool> = "listChanged",
    }
}

setters!(ClientCapabilities {
    elicitation: ElicitationCapability,
    roots: RootsCapability,
    sampling: SamplingCapability,
    extensions: Extra,
    experimental: Extra,
    tasks: Raw,
});
setters!(ElicitationCapability {
    form: Raw,
    url: Raw
});
setters!(RootsCapability { list_changed: bool });
setters!(SamplingCapability {
    context: Raw,
    tools: Raw
});
setters!(ServerCapabilities {
    tools: ToolsCapability,
    resources: ResourcesCapability,
    prompts: PromptsCapability,
    completions: Raw,
    logging: Raw,
    extensions: Extra,
    experimental: Extra,
    tasks: Raw,
});
setters!(ToolsCapability { list_changed: bool });
setters!(ResourcesCapability {
    subscribe: bool,
    list_changed: bool
});
setters!(PromptsCapability { list_changed: bool });

impl ElicitationCapability {
    /// Whether the client can show a form: said so, or said nothing.
    #[must_use]
    pub fn has_form(&self) -> bool {
        self.form.is_some() || self.url.is_none()
    }

    /// Whether the client can send the user to an address.
    #[must_use]
    pub fn has_url(&self) -> bool {
        self.url.is_some()
    }
}
