//! Middleware by kind of call.

use std::future::Future;

use fmcp_core::{
    BoxFuture, Call, Middleware, Next, Notice, Reply, Result, Steps, protocol::Method,
};

use futures_util::future::Either;

use super::{PromptGet, ResourceRead, ToolCall};

/// Middleware that cares for some calls only: each hook stands around the calls of one kind.
///
/// For one call the hooks lie inside each other: `on_message` around `on_request` around the hook of the
/// method, around whatever comes next. Each hands on with [`Next::run`], as often as it likes, or answers
/// by itself; one that is not written hands on, and costs nothing. Notifications go to
/// `on_notification`, which hears them and cannot stop them.
///
/// Where every call matters alike, [`Middleware`] is the shorter way.
///
/// ```
/// use fmcp::{Error, Kind, Next, Reply, Result, Server, hooks, middleware::{Hooks, ToolCall}};
///
/// /// Nobody may call tools that delete.
/// struct Careful;
///
/// impl Hooks for Careful {
///     async fn on_call_tool(&self, call: ToolCall, next: Next<'_>) -> Result<Reply> {
///         if call.tool().starts_with("delete_") {
///             return Err(Error::new(Kind::Forbidden, "nothing is deleted here"));
///         }
///         next.run(call).await
///     }
/// }
///
/// let server = Server::new("archive").layer(hooks(Careful));
/// ```
// What a hook gets as `next` leads to the hook inside it (see `Steps`). An unwritten hook calls that hook
// itself, without the detour through a boxed future, and therefore takes its step off `next`.
pub trait Hooks: Send + Sync + 'static {
    /// Around every call.
    fn on_message(&self, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply>> + Send {
        self.on_request(call, next.past())
    }

    /// Around every call that expects an answer, inside [`Hooks::on_message`].
    fn on_request(&self, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply>> + Send {
        by_method(self, call, next.past())
    }

    /// Around the running of a tool.
    fn on_call_tool(
        &self,
        call: ToolCall,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the reading of a resource.
    fn on_read_resource(
        &self,
        call: ResourceRead,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the filling in of a prompt.
    fn on_get_prompt(
        &self,
        call: PromptGet,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the completion of an argument.
    fn on_complete(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the list of tools.
    fn on_list_tools(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the list of resources.
    fn on_list_resources(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the list of templates.
    fn on_list_templates(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the list of prompts.
    fn on_list_prompts(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the handshake of a legacy session.
    fn on_initialize(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around the server's self-description, where it is no handshake.
    fn on_discover(
        &self,
        call: Call,
        next: Next<'_>,
    ) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Around a stream of notifications, from its opening to its end.
    fn on_listen(&self, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply>> + Send {
        next.run(call)
    }

    /// Hears a notification of the peer.
    fn on_notification(&self, notice: &Notice) -> impl Future<Output = ()> + Send {
        let _ = notice;
        std::future::ready(())
    }
}

/// The middleware that runs `hooks`.
///
/// It does nothing of its own, and expects no place among the others.
pub fn hooks(hooks: impl Hooks) -> impl Middleware {
    Hooked(hooks)
}

struct Hooked<H>(H);

impl<H: Hooks> Middleware for Hooked<H> {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        self.0
            .on_message(call, next.through(self, ON_REQUEST))
            .await
    }

    fn hear(&self, notice: &Notice) -> impl Future<Output = ()> + Send {
        self.0.on_notification(notice)
    }
}

const ON_REQUEST: u8 = 0;
const BY_METHOD: u8 = 1;

/// The hooks inside `on_message`.
impl<H: Hooks> Steps for Hooked<H> {
    fn len(&self) -> u8 {
        2
    }

    fn step<'a>(&'a self, step: u8, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>> {
        if step == ON_REQUEST {
            Box::pin(self.0.on_request(call, next.through(self, BY_METHOD)))
        } else {
            Box::pin(by_method(&self.0, call, next))
        }
    }
}

/// Which hook is for a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hook {
    CallTool,
    ReadResource,
    GetPrompt,
    Complete,
    ListTools,
    ListResources,
    ListTemplates,
    ListPrompts,
    Initialize,
    Discover,
    Listen,
    None,
}

impl Hook {
    /// `in_session`: only the handshake of a session asks for a self-description within one.
    fn of(method: &Method, in_session: bool) -> Self {
        match method {
            Method::CallTool => Self::CallTool,
            Method::ReadResource => Self::ReadResource,
            Method::GetPrompt => Self::GetPrompt,
            Method::Complete => Self::Complete,
            Method::ListTools => Self::ListTools,
            Method::ListResources => Self::ListResources,
            Method::ListTemplates => Self::ListTemplates,
            Method::ListPrompts => Self::ListPrompts,
            Method::Discover if in_session => Self::Initialize,
            Method::Discover => Self::Discover,
            Method::Listen => Self::Listen,
            _ => Self::None,
        }
    }
}

/// One of several futures, without a box and without what an `async` block would keep beside it.
macro_rules! one_of {
    ($hook:ident: else $last:expr) => { $last };
    ($hook:ident: $kind:ident $future:expr, $($rest:tt)*) => {
        if $hook == Hook::$kind {
            Either::Left($future)
        } else {
            Either::Right(one_of!($hook: $($rest)*))
        }
    };
}

fn by_method<H: Hooks + ?Sized>(
    hooks: &H,
    call: Call,
    next: Next<'_>,
) -> impl Future<Output = Result<Reply>> + Send {
    let hook = Hook::of(call.method(), call.session().is_some());
    one_of!(hook:
        CallTool hooks.on_call_tool(ToolCall::new(call), next),
        ReadResource hooks.on_read_resource(ResourceRead::new(call), next),
        GetPrompt hooks.on_get_prompt(PromptGet::new(call), next),
        Complete hooks.on_complete(call, next),
        ListTools hooks.on_list_tools(call, next),
        ListResources hooks.on_list_resources(call, next),
        ListTemplates hooks.on_list_templates(call, next),
        ListPrompts hooks.on_list_prompts(call, next),
        Initialize hooks.on_initialize(call, next),
        Discover hooks.on_discover(call, next),
        Listen hooks.on_listen(call, next),
        else next.run(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_has_its_hook() {
        for (method, in_session, hook) in [
            (Method::CallTool, false, Hook::CallTool),
            (Method::CallTool, true, Hook::CallTool),
            (Method::ReadResource, false, Hook::ReadResource),
            (Method::GetPrompt, false, Hook::GetPrompt),
            (Method::Complete, false, Hook::Complete),
            (Method::ListTools, false, Hook::ListTools),
            (Method::ListResources, false, Hook::ListResources),
            (Method::ListTemplates, false, Hook::ListTemplates),
            (Method::ListPrompts, false, Hook::ListPrompts),
            (Method::Discover, false, Hook::Discover),
            (Method::Discover, true, Hook::Initialize),
            (Method::Listen, false, Hook::Listen),
            (Method::Ping, true, Hook::None),
            (Method::SetLogLevel, true, Hook::None),
        ] {
            assert_eq!(Hook::of(&method, in_session), hook, "{method}");
        }
    }
}
