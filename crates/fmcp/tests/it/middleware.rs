//! Hooks, layers, their order and what they may do.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use fmcp::{
    Call, Context, Endpoint, Error, Exchange, Input, Kind, Method, Middleware, Next, Notice,
    Prompt, Reply, Resource, Result, Server, Tool, ToolError, hooks,
    middleware::{Hooks, PromptGet, ResourceRead, ToolCall},
};
use serde_json::{Value, json};

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Add {
    a: i64,
    #[serde(default)]
    b: i64,
}

async fn add(Input(Add { a, b }): Input<Add>) -> Result<String, ToolError> {
    if a < 0 {
        return Err(Error::new(Kind::Forbidden, "no negative numbers today").into());
    }
    Ok((a + b).to_string())
}

fn server() -> Server {
    Server::new("layers")
        .tool(Tool::new("add", add))
        .resource(Resource::new("data://x", async || "x"))
        .prompt(Prompt::new("greet", async || "hello"))
}

async fn ask(server: &Server, method: Method, params: Value) -> Result<Reply> {
    server.call(Call::of(method, &params)?).await
}

async fn text(server: &Server, tool: &str, arguments: Value) -> String {
    let params = json!({"name": tool, "arguments": arguments});
    match ask(server, Method::CallTool, params).await {
        Ok(reply) => {
            let content = reply.into_tool().unwrap().content;
            let texts = content.iter().filter_map(fmcp::Content::as_text);
            texts.collect::<Vec<_>>().join("|")
        }
        Err(error) => format!("error: {}", error.message()),
    }
}

/// A plain middleware that says when it is entered and left.
struct Named(&'static str, Log);

impl Middleware for Named {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        self.1.add(format!("+{}", self.0));
        let reply = next.run(call).await;
        self.1.add(format!("-{}", self.0));
        reply
    }
}

/// Every hook, each saying its name.
struct Every(Log);

macro_rules! every {
    ($($hook:ident($call:ty)),* $(,)?) => {
        impl Hooks for Every {
            $(async fn $hook(&self, call: $call, next: Next<'_>) -> Result<Reply> {
                self.0.add(stringify!($hook));
                next.run(call).await
            })*

            async fn on_notification(&self, notice: &Notice) {
                self.0.add(notice.topic().as_str());
            }
        }
    };
}

every!(
    on_message(Call),
    on_request(Call),
    on_call_tool(ToolCall),
    on_read_resource(ResourceRead),
    on_get_prompt(PromptGet),
    on_complete(Call),
    on_list_tools(Call),
    on_list_resources(Call),
    on_list_templates(Call),
    on_list_prompts(Call),
    on_initialize(Call),
    on_discover(Call),
    on_listen(Call),
);

#[tokio::test]
async fn hooks_lie_inside_each_other_by_kind() {
    let log = Log::default();
    let server = server()
        .layer(hooks(Every(log.clone())))
        .layer(Named("next", log.clone()));
    for (method, params, hook) in [
        (
            Method::CallTool,
            json!({"name": "add", "arguments": {"a": 1}}),
            "on_call_tool",
        ),
        (
            Method::ReadResource,
            json!({"uri": "data://x"}),
            "on_read_resource",
        ),
        (Method::GetPrompt, json!({"name": "greet"}), "on_get_prompt"),
        (Method::Complete, json!({}), "on_complete"),
        (Method::ListTools, json!({}), "on_list_tools"),
        (Method::ListResources, json!({}), "on_list_resources"),
        (Method::ListTemplates, json!({}), "on_list_templates"),
        (Method::ListPrompts, json!({}), "on_list_prompts"),
        (Method::Discover, json!({}), "on_discover"),
    ] {
        let _ = ask(&server, method.clone(), params).await;
        let expect = ["on_message", "on_request", hook, "+next", "-next"];
        assert_eq!(log.take(), expect, "{method}");
    }
    for method in [Method::Ping, Method::from("x/unknown")] {
        let _ = ask(&server, method.clone(), json!({})).await;
        let expect = ["on_message", "on_request", "+next", "-next"];
        assert_eq!(log.take(), expect, "{method}");
    }
}

#[tokio::test]
async fn a_handshake_is_not_a_discovery() {
    let log = Log::default();
    let exchange = Exchange::new(server().layer(hooks(Every(log.clone()))));
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }});
    exchange.answer(initialize.to_string().into()).await;
    assert_eq!(log.take(), ["on_message", "on_request", "on_initialize"]);
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    exchange.answer(initialized.to_string().into()).await;
    assert_eq!(log.take(), ["notifications/initialized"]);
}

/// Only some hooks, to see that the others hand on.
struct Outer(Log);

impl Hooks for Outer {
    async fn on_message(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        self.0.add("message");
        next.run(call).await
    }

    async fn on_call_tool(&self, call: ToolCall, next: Next<'_>) -> Result<Reply> {
        self.0.add("tool");
        next.run(call).await
    }
}

struct Inner(Log);

impl Hooks for Inner {
    async fn on_request(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        self.0.add("request");
        next.run(call).await
    }

    async fn on_list_tools(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        self.0.add("list");
        next.run(call).await
    }
}

struct Nothing;
impl Hooks for Nothing {}

#[tokio::test]
async fn a_hook_that_is_not_written_hands_on() {
    let log = Log::default();
    let server = server()
        .layer(hooks(Nothing))
        .layer(hooks(Outer(log.clone())))
        .layer(hooks(Nothing))
        .layer(hooks(Inner(log.clone())))
        .layer(Named("next", log.clone()));
    assert_eq!(text(&server, "add", json!({"a": 1})).await, "1");
    assert_eq!(log.take(), ["message", "tool", "request", "+next", "-next"]);
    ask(&server, Method::ListTools, json!({})).await.unwrap();
    assert_eq!(log.take(), ["message", "request", "list", "+next", "-next"]);
}

#[tokio::test]
async fn higher_priorities_are_further_outside() {
    let log = Log::default();
    let server = server()
        .layer(Named("b", log.clone()))
        .layer_at(-1, Named("d", log.clone()))
        .layer_at(10, Named("a", log.clone()))
        .layer(Named("c", log.clone()));
    text(&server, "add", json!({"a": 1})).await;
    assert_eq!(log.take(), ["+a", "+b", "+c", "+d", "-d", "-c", "-b", "-a"]);
}

struct Changes;

impl Hooks for Changes {
    async fn on_request(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        if call.method() == &Method::Ping {
            return Err(Error::new(Kind::Forbidden, "no pings"));
        }
        next.run(call).await
    }

    async fn on_call_tool(&self, mut call: ToolCall, next: Next<'_>) -> Result<Reply> {
        if call.tool() == "answer" {
            return Ok(fmcp::CallToolResult::text("42").into());
        }
        let Add { a, b } = call.arguments()?;
        call.set_arguments(json!({"a": a * 10, "b": b}))?;
        let mut result = next.run(call).await?.into_tool()?;
        result.content.push("changed".into());
        Ok(result.into())
    }

    async fn on_read_resource(&self, call: ResourceRead, next: Next<'_>) -> Result<Reply> {
        let uri = call.uri().into_owned();
        let mut result = next.run(call).await?.into_resource()?;
        result
            .contents
            .push(fmcp::ResourceContents::text(uri, "and more"));
        Ok(result.into())
    }
}

#[tokio::test]
async fn a_layer_answers_itself_and_changes_what_passes() {
    let server = server().layer(hooks(Changes));
    assert_eq!(text(&server, "answer", json!({})).await, "42");
    assert_eq!(
        text(&server, "add", json!({"a": 1, "b": 2})).await,
        "12|changed"
    );
    let error = ask(&server, Method::Ping, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
    let read = ask(&server, Method::ReadResource, json!({"uri": "data://x"})).await;
    assert_eq!(read.unwrap().into_resource().unwrap().contents.len(), 2);
    // Arguments that the hook cannot read.
    let error = text(&server, "add", json!({"a": []})).await;
    assert!(error.starts_with("error: invalid type"), "{error}");
}

/// Tries again once, with a number that works.
struct Again(Log);

impl Hooks for Again {
    async fn on_call_tool(&self, mut call: ToolCall, next: Next<'_>) -> Result<Reply> {
        let first = next.run(call.clone()).await;
        let Err(error) = first else { return first };
        self.0.add(format!("{:?}", error.kind()));
        call.set_arguments(json!({"a": 7}))?;
        next.run(call).await
    }
}

#[tokio::test]
async fn a_layer_runs_the_rest_again() {
    let log = Log::default();
    let server = server()
        .layer(hooks(Again(log.clone())))
        .layer(hooks(Outer(log.clone())));
    assert_eq!(text(&server, "add", json!({"a": -1})).await, "7");
    let expect = ["message", "tool", "Forbidden", "message", "tool"];
    assert_eq!(log.take(), expect);
}

#[tokio::test]
async fn errors_pass_through_as_they_are() {
    let log = Log::default();
    let server = server()
        .layer(hooks(Every(log.clone())))
        .layer(Named("x", log));
    let params = json!({"name": "add", "arguments": {"a": -1}});
    let error = ask(&server, Method::CallTool, params).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
    assert_eq!(error.message(), "no negative numbers today");
    let error = ask(&server, Method::CallTool, json!({"name": "none"})).await;
    assert_eq!(error.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_components_own_layer_runs_inside_the_servers() {
    let log = Log::default();
    let server = Server::new("own")
        .tool(Tool::new("plain", async || "plain"))
        .tool(
            Tool::new("wrapped", async || "wrapped")
                .layer(Named("own 1", log.clone()))
                .layer(hooks(Outer(log.clone()))),
        )
        .layer(Named("server", log.clone()));
    text(&server, "plain", json!({})).await;
    assert_eq!(log.take(), ["+server", "-server"]);
    text(&server, "wrapped", json!({})).await;
    let expect = ["+server", "+own 1", "message", "tool", "-own 1", "-server"];
    assert_eq!(log.take(), expect);
}

#[tokio::test]
async fn calls_within_calls_go_through_the_layers_again() {
    async fn twice(ctx: Context) -> Result<String, ToolError> {
        let first = ctx.call_tool("add", json!({"a": 1, "b": 1})).await?;
        let tools = ctx.list_tools().await?.len();
        let first = first.content[0].as_text().unwrap_or_default().to_owned();
        Ok(format!("{first} of {tools}"))
    }
    let log = Log::default();
    let server = server()
        .tool(Tool::new("twice", twice))
        .layer(hooks(Every(log.clone())));
    assert_eq!(text(&server, "twice", json!({})).await, "2 of 2");
    let expect = ["on_call_tool", "on_call_tool", "on_list_tools"];
    let hooks = log.take();
    let inner = hooks
        .iter()
        .filter(|h| !["on_message", "on_request"].contains(&h.as_str()));
    assert_eq!(inner.collect::<Vec<_>>(), expect);
    assert_eq!(hooks.len(), 9);
}

/// Hides every tool from those who say so.
struct Hide;

impl Hooks for Hide {
    async fn on_list_tools(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let hide = call.extensions().contains::<Hidden>();
        let reply = next.run(call).await?;
        if !hide {
            return Ok(reply);
        }
        let mut list = reply.into_tools()?;
        list.tools.clear();
        Ok(list.into())
    }
}

struct Hidden;

#[tokio::test]
async fn a_list_changed_for_one_is_not_changed_for_others() {
    let server = server().layer(hooks(Hide));
    let count = async |hide: bool| {
        let mut call = Call::of(Method::ListTools, &json!({})).unwrap();
        if hide {
            call.extensions_mut().insert(Hidden);
        }
        let reply = server.call(call).await.unwrap();
        (
            matches!(reply, Reply::Shared(_)),
            reply.into_tools().unwrap().tools.len(),
        )
    };
    for (hide, expect) in [(false, (true, 1)), (true, (false, 0)), (false, (true, 1))] {
        assert_eq!(count(hide).await, expect, "{hide}");
    }
}

/// Leaves a typed value and a named one.
struct Leave;

struct Tenant(&'static str);

impl Middleware for Leave {
    async fn handle(&self, mut call: Call, next: Next<'_>) -> Result<Reply> {
        call.extensions_mut().insert(Tenant("acme"));
        call.set_value("trace", "t1");
        let seen = call.clone();
        let mut reply = next.run(call).await?.into_tool()?;
        let left = seen.value("left").unwrap_or_default().to_string();
        reply.content.push(left.into());
        Ok(reply.into())
    }
}

#[tokio::test]
async fn handlers_see_what_layers_leave_and_the_other_way_round() {
    async fn who(ctx: Context) -> String {
        ctx.set_value("left", 1);
        let tenant = ctx
            .extension::<Tenant>()
            .map_or("nobody", |tenant| tenant.0);
        format!("{tenant} {}", ctx.value("trace").unwrap_or_default())
    }
    let server = server().tool(Tool::new("who", who));
    assert_eq!(text(&server, "who", json!({})).await, "nobody null");
    let server = server.layer(Leave);
    assert_eq!(text(&server, "who", json!({})).await, r#"acme "t1"|1"#);
}
