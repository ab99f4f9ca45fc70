//! What the client hears unasked, and what it answers to the server's questions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult,
        ElicitRequestParams, ElicitResult, ElicitationAction, Implementation, ListRootsResult,
        LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion,
        ResourceUpdatedNotificationParam, Root, SamplingMessage,
    },
    service::{NotificationContext, RequestContext},
};
use serde_json::json;

/// What was heard, kept until a step looks.
#[derive(Default)]
pub(crate) struct Heard {
    /// Level, logger and message.
    pub(crate) logs: Vec<String>,
    pub(crate) progress: Vec<ProgressNotificationParam>,
    pub(crate) updated: Vec<String>,
    pub(crate) changed: Vec<&'static str>,
}

#[derive(Clone)]
pub(crate) struct Handler {
    heard: Arc<Mutex<Heard>>,
    revision: ProtocolVersion,
}

impl Handler {
    pub(crate) fn new(revision: ProtocolVersion) -> Self {
        Self {
            heard: Arc::default(),
            revision,
        }
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.sampling = Some(Default::default());
        capabilities.elicitation = Some(Default::default());
        capabilities.roots = Some(Default::default());
        ClientConfig::new(capabilities, Implementation::new("rust", "1.0.0"))
            .with_protocol_version(self.revision.clone())
    }

    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let message = SamplingMessage::assistant_text("Paris");
        let result = CreateMessageResult::new(message, "a model".into());
        Ok(result.with_stop_reason(CreateMessageResult::STOP_REASON_END_TURN))
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"name": "Ada"})))
    }

    async fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::new(vec![
            Root::new("file:///tmp/one"),
            Root::new("file:///tmp/two"),
        ]))
    }

    async fn on_logging_message(
        &self,
        log: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let logger = log.logger.unwrap_or_default();
        let level = serde_json::to_value(log.level).unwrap_or_default();
        let words = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let line = format!("{} {logger} {}", words(&level), words(&log.data));
        self.heard().logs.push(line);
    }

    async fn on_progress(
        &self,
        report: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard().progress.push(report);
    }

    async fn on_resource_updated(
        &self,
        updated: ResourceUpdatedNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard().updated.push(updated.uri);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard().changed.push("tools");
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard().changed.push("resources");
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard().changed.push("prompts");
    }
}
