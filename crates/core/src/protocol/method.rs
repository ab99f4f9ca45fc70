//! The names of requests and notifications.

use crate::json::word;

word! {
    /// What a request asks for.
    pub enum Method {
        /// What the server is and can do. A legacy `initialize` becomes one, too.
        Discover = "server/discover",
        /// Are you there? (legacy)
        Ping = "ping",
        /// Which tools are there?
        ListTools = "tools/list",
        /// Run a tool.
        CallTool = "tools/call",
        /// Which resources are there?
        ListResources = "resources/list",
        /// Which templates of resources are there?
        ListTemplates = "resources/templates/list",
        /// Read a resource.
        ReadResource = "resources/read",
        /// Tell me when this resource changes. (legacy)
        Subscribe = "resources/subscribe",
        /// Do not tell me any more. (legacy)
        Unsubscribe = "resources/unsubscribe",
        /// Which prompts are there?
        ListPrompts = "prompts/list",
        /// Fill in a prompt.
        GetPrompt = "prompts/get",
        /// Complete an argument.
        Complete = "completion/complete",
        /// From which level on does this session want log messages? (legacy)
        SetLogLevel = "logging/setLevel",
        /// Open a stream of notifications.
        Listen = "subscriptions/listen",
        /// How far is this task?
        GetTask = "tasks/get",
        /// Here is what this task has asked.
        UpdateTask = "tasks/update",
        /// This task is not wanted any more.
        CancelTask = "tasks/cancel",
        /// What has come of this task? (2025-11-25)
        TaskResult = "tasks/result",
        /// Which tasks are there? (2025-11-25)
        ListTasks = "tasks/list",
        /// Let a model say something. (to the client)
        CreateMessage = "sampling/createMessage",
        /// Ask the user. (to the client)
        Elicit = "elicitation/create",
        /// Which folders may the server work in? (to the client)
        ListRoots = "roots/list",
    }

    /// What a notification tells.
    pub enum Topic {
        /// The handshake is over. (legacy)
        Initialized = "notifications/initialized",
        /// A request is no longer wanted.
        Cancelled = "notifications/cancelled",
        /// A request is getting on.
        Progress = "notifications/progress",
        /// A log message.
        Message = "notifications/message",
        /// The list of tools is not what it was.
        ToolsChanged = "notifications/tools/list_changed",
        /// The list of resources is not what it was.
        ResourcesChanged = "notifications/resources/list_changed",
        /// The list of prompts is not what it was.
        PromptsChanged = "notifications/prompts/list_changed",
        /// A resource is not what it was.
        ResourceUpdated = "notifications/resources/updated",
        /// The user is done at an address. (2025-11-25 only)
        ElicitationComplete = "notifications/elicitation/complete",
        /// The list of roots is not what it was. (legacy)
        RootsChanged = "notifications/roots/list_changed",
        /// A task is not where it was.
        TaskChanged = "notifications/tasks",
        /// The same. (2025-11-25)
        TaskStatus = "notifications/tasks/status",
        /// What a stream of notifications will carry.
        Acknowledged = "notifications/subscriptions/acknowledged",
    }
}

impl Method {
    /// Whether asking twice is as good as asking once, whatever is asked about. A tool may be so, too, but that
    /// is not said by the method.
    #[must_use]
    pub const fn is_repeatable(&self) -> bool {
        matches!(
            self,
            Self::Discover
                | Self::Ping
                | Self::ListTools
                | Self::ListResources
                | Self::ListTemplates
                | Self::ListPrompts
                | Self::ReadResource
                | Self::GetPrompt
                | Self::Complete
        )
    }
}
