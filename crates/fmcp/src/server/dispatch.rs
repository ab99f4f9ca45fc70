//! The one place that knows the methods: behind the middleware, in front of the components.

use std::{panic::AssertUnwindSafe, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Endpoint, Error, Key, Kind, Notice, Raw, Reply,
    Result,
    protocol::{
        Method, Revision,
        model::{
            CompleteParams, DiscoverResult, EmptyResult, PromptsCapability, Reference,
            ResourcesCapability, ServerCapabilities, SetLevelParams, Task, ToolsCapability,
        },
    },
};

use futures_util::FutureExt as _;
use serde_json::json;

use super::{
    failure,
    registry::Found,
    snapshot::{Snapshot, not_found},
    versions::wanted_version,
};
use crate::handler::panic_words;

impl Snapshot {
    /// Answers a call that has come through the middleware.
    pub(super) async fn answer(&self, call: Call) -> Result<Reply> {
        match call.method() {
            Method::CallTool => self.component(ComponentKind::Tool, call).await,
            Method::ReadResource => self
                .component(ComponentKind::Resource, call)
                .await
                .map(|reply| self.hint(reply)),
            Method::GetPrompt => self.component(ComponentKind::Prompt, call).await,
            Method::ListTools => Box::pin(self.list_page(ComponentKind::Tool, &call)).await,
            Method::ListResources => Box::pin(self.list_page(ComponentKind::Resource, &call)).await,
            Method::ListTemplates => Box::pin(self.list_page(ComponentKind::Template, &call)).await,
            Method::ListPrompts => Box::pin(self.list_page(ComponentKind::Prompt, &call)).await,
            // What is rare is boxed, so that the common way does not carry the room that it needs.
            Method::Complete => Box::pin(self.complete(call)).await,
            Method::Discover => Ok(self.discover(&call)),
            Method::Ping => Ok(EmptyResult::new().into()),
            Method::SetLogLevel => set_log_level(&call),
            Method::Subscribe => Box::pin(self.follow(&call, true)).await,
            Method::Unsubscribe => Box::pin(self.follow(&call, false)).await,
            Method::GetTask
            | Method::UpdateTask
            | Method::CancelTask
            | Method::TaskResult
            | Method::ListTasks => Box::pin(self.tasks(call)).await,
            Method::Listen => Box::pin(self.listen(call)).await,
            _ => Box::pin(self.extended(call)).await,
        }
    }

    /// Finds the component that the call names and lets it answer.
    async fn component(&self, kind: ComponentKind, call: Call) -> Result<Reply> {
        let Some(name) = call.name() else {
            let what = if kind == ComponentKind::Resource {
                "uri"
            } else {
                "name"
            };
            return Err(Error::invalid_params(format!(
                "`{what}` is missing, or not a string"
            )));
        };
        if self.sight(&call).is_none()
            && let Some(component) = self.at_hand(kind, &name)
        {
            let version = component.key.version_str();
            let component = match version.and_then(|_| wanted_version(&call, &name)) {
                None => component,
                Some(version) => {
                    let key = Key::new(kind, &*name).version(&*version);
                    let found = self.shown().get(&key);
                    found.ok_or_else(|| self.no_version(component, &version, &call))?
                }
            };
            drop(name);
            return self.let_answer(component, None, call).await;
        }
        match self.find_wanted(&Key::new(kind, &*name), &call).await? {
            Some(Found {
                component,
                variables,
            }) => {
                drop(name);
                self.let_answer(&component, variables, call).await
            }
            None => Err(not_found(kind, &name)),
        }
    }

    async fn let_answer(
        &self,
        component: &Arc<Component>,
        variables: Option<Raw>,
        mut call: Call,
    ) -> Result<Reply> {
        call = call.with_component(Arc::clone(component), Arc::clone(&self.home));
        if let Some(variables) = variables {
            call = call.with_variables(variables);
        }
        if !self.sees(component, &call) {
            return Err(not_found(component.kind(), component.name()));
        }
        let mut offered = None;
        if let Some(offer) = self.task_offer(component, &call)? {
            call = call.with_task_offer(offer);
            offered = Some(call.clone());
        }
        let outcome = if component.contained {
            component.endpoint.call(call).await
        } else {
            Box::pin(let_others_answer(component, call)).await
        };
        match outcome {
            Err(error) if error.kind() == Kind::Handler => {
                failure::hide(&error, component, self.config.show_error_details)
            }
            Err(error) if error.kind() == Kind::TaskBegins && offered.is_some() => {
                let Some(call) = offered else {
                    return Err(error);
                };
                Box::pin(async move { self.begin_task(&call, &error).await }).await
            }
            Ok(Reply::ReadResource(mut result)) => {
                result.ttl_ms = result.ttl_ms.or(component.ttl_ms);
                result.cache_scope = result.cache_scope.or_else(|| component.cache_scope.clone());
                Ok(Reply::ReadResource(result))
            }
            Err(error) => {
                if let Some(source) = std::error::Error::source(&error) {
                    tracing::error!(component = %component.key, error = %source, "{}", error.message());
                }
                Err(error)
            }
            outcome => outcome,
        }
    }

    async fn complete(&self, call: Call) -> Result<Reply> {
        let params: CompleteParams = call.params().parse()?;
        let (kind, name) = match &params.reference {
            Reference::Prompt(prompt) => (ComponentKind::Prompt, &prompt.name),
            Reference::Resource(resource) => (ComponentKind::Template, &resource.uri),
            _ => {
                return Err(Error::invalid_params(
                    "`ref` must be of type \"ref/prompt\" or \"ref/resource\"",
                ));
            }
        };
        match self
            .find_wanted(&Key::new(kind, name.as_str()), &call)
            .await?
        {
            Some(Found {
                component,
                variables,
            }) => self.let_answer(&component, variables, call).await,
            None => Err(not_found(kind, name)),
        }
    }

    fn discover(&self, call: &Call) -> Reply {
        let snapshot = self;
        let offers = |kind| !snapshot.shown().is_empty(kind) || !snapshot.has_fixed_lists();
        // What there is none of yet may come, and a session asks only once.
        let mut capabilities = ServerCapabilities::new()
            .tools(ToolsCapability::new().list_changed(true))
            .resources(
                ResourcesCapability::new()
                    .list_changed(true)
                    .subscribe(true),
            )
            .prompts(PromptsCapability::new().list_changed(true));
        if offers(ComponentKind::Prompt) || offers(ComponentKind::Template) {
            capabilities.completions = Some(Raw::empty_object());
        }
        capabilities.logging = Some(Raw::empty_object());
        capabilities.extensions = snapshot.declared();
        if snapshot.has_tasks {
            let all = capabilities.extensions.get_or_insert_default();
            all.insert(Task::EXTENSION, Raw::empty_object());
            let mut older = json!({"cancel": {}, "requests": {"tools": {"call": {}}}});
            if call.principal().is_some() {
                // Who is not known cannot be told which tasks are theirs.
                older["list"] = json!({});
            }
            capabilities.tasks = Some(older.into());
        }
        let versions = Revision::ALL
            .iter()
            .rev()
            .map(|revision| revision.as_str().to_owned())
            .collect::<Vec<_>>();
        let mut result = DiscoverResult::new(versions, capabilities);
        result
            .instructions
            .clone_from(&snapshot.config.instructions);
        self.hint(Reply::from(result))
    }
}

/// The answer to a method that nobody has here.
pub(super) fn unknown_method(method: &Method) -> Error {
    Error::new(Kind::MethodNotFound, format!("Method not found: {method}"))
}

/// Lets a component answer that has layers around it, or is somebody else's: a panic stays in.
async fn let_others_answer(component: &Component, call: Call) -> Result<Reply> {
    // Whether it panics before it is waited for or after.
    let answering = AssertUnwindSafe(async { component.endpoint.call(call).await }).catch_unwind();
    answering.await.unwrap_or_else(|panic| {
        let words = format!("panicked: {}", panic_words(&*panic));
        Err(Error::new(Kind::Handler, "the component failed").caused_by(words))
    })
}

/// Sets a legacy session's log level.
fn set_log_level(call: &Call) -> Result<Reply> {
    let params: SetLevelParams = call.params().parse()?;
    let session = call
        .session()
        .ok_or_else(|| Error::invalid_params("a log level belongs to a session"))?;
    session.set_log_level(Some(params.level));
    Ok(EmptyResult::new().into())
}

impl Endpoint for Snapshot {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.answer(call))
    }

    /// Extensions hear what is theirs, and mounted servers what their parent hears.
    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.extended.hear(&notice).await;
            for mount in &self.mounts {
                mount.child().notify(notice.clone()).await;
            }
        })
    }
}
