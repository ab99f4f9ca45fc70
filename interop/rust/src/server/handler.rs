//! The server, as the SDK sees it.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        CompletionInfo, GetPromptRequestParams, GetPromptResponse, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, Reference,
        ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use serde_json::Value;

use crate::{
    calls,
    house::{Change, House},
    offers,
};

type Context = RequestContext<RoleServer>;
type Page = Option<PaginatedRequestParams>;

#[derive(Clone, Default)]
pub(crate) struct Handler(Arc<House>);

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("interop", "1.2.3"))
            .with_instructions("Everything that a client can ask for, once")
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.0.state().sessions.push(context.peer);
    }

    async fn list_tools(&self, page: Page, _: Context) -> Result<ListToolsResult, ErrorData> {
        let (tools, next) = offers::page(offers::tools(self.0.state().shown)?, page);
        let mut result = ListToolsResult::with_all_items(tools);
        result.next_cursor = next;
        Ok(result)
    }

    async fn list_resources(
        &self,
        page: Page,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let (resources, next) = offers::page(offers::resources(self.0.state().shown)?, page);
        let mut result = ListResourcesResult::with_all_items(resources);
        result.next_cursor = next;
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        _: Page,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(
            offers::templates()?,
        ))
    }

    async fn list_prompts(&self, _: Page, _: Context) -> Result<ListPromptsResult, ErrorData> {
        let shown = self.0.state().shown;
        Ok(ListPromptsResult::with_all_items(offers::prompts(shown)?))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(offers::resource(&request.uri)?.into())
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let argument = |name: &str| match arguments.get(name) {
            Some(Value::String(text)) => text.clone(),
            _ => "plain".to_owned(),
        };
        Ok(offers::prompt(&request.name, argument)?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        let known = match request.r#ref {
            Reference::Prompt(_) => ["friendly", "formal", "short"],
            _ => ["ada", "alan", "grace"],
        };
        let fitting = known
            .iter()
            .filter(|word| word.starts_with(&request.argument.value));
        let values = fitting.map(ToString::to_string).collect();
        let values = CompletionInfo::with_all_values(values);
        Ok(CompleteResult::new(
            values.map_err(|why| ErrorData::internal_error(why, None))?,
        ))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        calls::call(&self.0, request, context).await
    }

    async fn set_level(&self, request: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        self.0.state().level = Some(request.level);
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        self.0.state().is_followed = true;
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        self.0.state().is_followed = false;
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&self.get_info().capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.0.changes.subscribe();
        let sink = context.sink();
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = context.cancelled() => return Ok(()),
            };
            // An error says that the client did not ask for this one.
            match change {
                Ok(Change::Lists) => {
                    let _ = sink.notify_tool_list_changed().await;
                    let _ = sink.notify_resource_list_changed().await;
                    let _ = sink.notify_prompt_list_changed().await;
                }
                Ok(Change::Daily) => {
                    let _ = sink.notify_resource_updated("notes://daily").await;
                }
                Err(_) => return Ok(()),
            }
        }
    }
}
