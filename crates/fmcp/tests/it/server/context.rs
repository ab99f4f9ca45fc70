//! What a handler may ask of its call.

use std::sync::{Arc, Mutex};

use fmcp::{
    BoxFuture, Call, Context, Endpoint, Error, Headers, Input, Kind, Method, Middleware, Next,
    Notice, Principal, Prompt, Reply, Resource, Revision, Server, Tool, ToolError, blocking,
    model::LogLevel,
    testing::{self, Wire, legacy, modern},
};
use serde_json::json;
use tokio::sync::oneshot;

use super::*;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Text {
    text: String,
}

const META: &str = "io.modelcontextprotocol/logLevel";

fn logs(wire: &Wire) -> Vec<(String, Option<String>, Value)> {
    let told = wire.notices();
    let told = told.iter().filter_map(|notice| match notice {
        Notice::Log(m) => Some((m.level.to_string(), m.logger.clone(), m.data.to_value())),
        _ => None,
    });
    told.collect()
}

fn logging() -> Server {
    Server::new("s").tool(Tool::new("log", |ctx: Context| async move {
        for level in LogLevel::ALL {
            ctx.log(level, level.to_string()).await;
        }
        ctx.logger("db")
            .log(LogLevel::Alert, json!({"msg": "slow", "ms": 5}))
            .await;
    }))
}

#[tokio::test]
async fn logs_are_sent_from_the_level_that_is_asked_for() {
    let call = |meta: Value| modern("tools/call", json!({"name": "log", "_meta": meta}));
    for (meta, count) in [
        (json!({}), 0),
        (json!({META: "debug"}), 9),
        (json!({META: "warning"}), 6),
        (json!({META: "emergency"}), 1),
        (json!({META: "loud"}), 0),
    ] {
        let wire = Wire::new(logging());
        wire.send(call(meta.clone())).await;
        assert_eq!(logs(&wire).len(), count, "{meta}");
    }
    let wire = Wire::new(logging());
    wire.send(call(json!({META: "alert"}))).await;
    assert_eq!(
        logs(&wire),
        [
            ("alert".to_owned(), None, json!("alert")),
            ("emergency".to_owned(), None, json!("emergency")),
            (
                "alert".to_owned(),
                Some("db".to_owned()),
                json!({"msg": "slow", "ms": 5})
            ),
        ]
    );
}

#[tokio::test]
async fn a_session_sets_its_level_once() {
    let wire = Wire::new(logging());
    wire.initialize(Revision::V2025_06_18).await;
    let call = || legacy("tools/call", json!({"name": "log"}));
    wire.send(call()).await;
    assert_eq!(logs(&wire).len(), 8, "from info on");
    let answer = wire
        .send(legacy("logging/setLevel", json!({"level": "critical"})))
        .await;
    testing::expect_result(&answer);
    wire.send(call()).await;
    assert_eq!(logs(&wire).len(), 8 + 4);
    let answer = wire
        .send(legacy("logging/setLevel", json!({"level": "loud"})))
        .await;
    testing::expect_rpc_error(&answer, -32602);
}

#[tokio::test(start_paused = true)]
async fn progress_in_a_tight_loop_does_not_flood() {
    let server = Server::new("s").tool(Tool::new("loop", |ctx: Context| async move {
        for done in 0..=100_000 {
            ctx.progress(done, 100_000, "working").await;
        }
        ctx.progress(0.5, None, None).await;
    }));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let client = fmcp::Client::builder(&server)
        .on_progress(move |report| hears.lock().unwrap().push(report))
        .connect()
        .await
        .unwrap();
    client.call("loop", ()).await.unwrap();
    let heard = heard.lock().unwrap();
    assert!(!heard.is_empty() && heard.len() < 100, "{}", heard.len());
}

#[tokio::test]
async fn progress_is_told_under_the_token_or_not_at_all() {
    let server = Server::new("s").tool(Tool::new("p", |ctx: Context| async move {
        ctx.progress(1, 3, "one").await;
    }));
    let wire = Wire::new(&server);
    wire.send(modern("tools/call", json!({"name": "p"}))).await;
    assert!(wire.notices().is_empty());
    let meta = json!({"progressToken": "abc"});
    wire.send(modern("tools/call", json!({"name": "p", "_meta": meta})))
        .await;
    let notices = wire.notices();
    let [Notice::Progress(report)] = &notices[..] else {
        panic!("{notices:?}")
    };
    assert_eq!(
        serde_json::to_value(report).unwrap(),
        json!({"progressToken": "abc", "progress": 1, "total": 3, "message": "one"})
    );
}

fn household() -> Server {
    Server::new("s")
        .page_size(2)
        .tool(Tool::new("shout", |Input(t): Input<Text>| async move {
            t.text.to_uppercase()
        }))
        .tool(Tool::new("fails", || async {
            Err::<(), _>(ToolError::new("no"))
        }))
        .tool(Tool::new("all", |ctx: Context| async move {
            let shouted = ctx.call_tool("shout", json!({"text": "a"})).await?;
            let failed = ctx.call_tool("fails", json!({})).await?;
            let read = ctx.read_resource("r://a").await?;
            let prompt = ctx.get_prompt("p", json!({"text": "b"})).await?;
            let missing = ctx.call_tool("missing", json!({})).await.unwrap_err();
            Ok::<_, ToolError>(json!([
                shouted.content[0].as_text(),
                failed.is_error,
                serde_json::to_value(&read.contents[0])?["text"],
                prompt.messages[0].content.as_text(),
                missing.message(),
                ctx.list_tools().await?.len(),
                ctx.list_resources().await?.len(),
                ctx.list_templates().await?.len(),
                ctx.list_prompts().await?.len(),
            ]))
        }))
        .tool(Tool::new("forever", |ctx: Context| {
            let calling: BoxFuture<'static, Result<String, ToolError>> = Box::pin(async move {
                let inner = ctx.call_tool("forever", json!({})).await?;
                Ok(inner.content[0].as_text().unwrap_or_default().to_owned())
            });
            calling
        }))
        .resource(Resource::new("r://a", || async { "ra" }))
        .resource(Resource::new("t://{text}", |Input(t): Input<Text>| async {
            t.text
        }))
        .prompt(Prompt::new("p", |Input(t): Input<Text>| async { t.text }))
}

/// Writes down what goes through.
struct Seen(Arc<Mutex<Vec<String>>>);

impl Middleware for Seen {
    async fn handle(&self, mut call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        let line = format!("{} {}", call.method(), call.name().unwrap_or_default());
        self.0.lock().unwrap().push(line);
        call.set_value("who", "middleware");
        call.extensions_mut().insert(7_u8);
        next.run(call).await
    }
}

#[tokio::test]
async fn the_servers_own_components_are_asked_on_the_same_path() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let server = household().layer(Seen(Arc::clone(&seen)));
    let result = run(&server, "all", json!({})).await;
    let expect = json!(["A", true, "ra", "b", "Unknown tool: missing", 4, 1, 1, 1]);
    assert_eq!(result.parse::<Value>().unwrap(), expect);
    let seen = seen.lock().unwrap();
    for line in [
        "tools/call shout",
        "resources/read r://a",
        "prompts/get p",
        "tools/list ",
    ] {
        assert!(seen.iter().any(|one| one == line), "{line} in {seen:?}");
    }
    let pages = seen.iter().filter(|one| *one == "tools/list ").count();
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn calls_within_calls_have_an_end() {
    let said = words_of_nested(&run(&household(), "forever", json!({})).await);
    assert!(said.contains("nest deeper than 32 levels"), "{said}");
}

/// The error becomes a text at the innermost call, and goes out as one.
fn words_of_nested(result: &CallResult) -> String {
    result.text().into_owned()
}

#[tokio::test]
async fn middleware_leaves_values_for_handlers() {
    let server = Server::new("s")
        .layer(Seen(Arc::default()))
        .tool(Tool::new("outer", |ctx: Context| async move {
            ctx.set_value("more", 1);
            let inner = ctx.call_tool("inner", json!({})).await?;
            let text = inner.content[0].as_text().unwrap_or_default().to_owned();
            Ok::<_, ToolError>(format!("{text} {}", ctx.value("back").unwrap_or_default()))
        }))
        .tool(Tool::new("inner", |ctx: Context| async move {
            ctx.set_value("back", 2);
            format!(
                "{} {} {:?}",
                ctx.value("who").unwrap_or_default(),
                ctx.value("more").unwrap_or_default(),
                ctx.extension::<u8>()
            )
        }));
    let result = run(&server, "outer", json!({})).await;
    assert_eq!(result.text(), "\"middleware\" 1 Some(7) 2");
}

fn current() -> Option<String> {
    Context::current().map(|ctx| ctx.request_id())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_current_context_is_that_of_the_call() {
    let server = Server::new("s")
        .tool(Tool::new("t", |ctx: Context| async move {
            let id = Some(ctx.request_id());
            let mut same = current() == id;
            for _ in 0..20 {
                tokio::task::yield_now().await;
                same &= current() == id;
            }
            same &= blocking(current).await == id;
            same &= current() == id;
            let spawned = tokio::spawn(async { current() }).await.unwrap();
            same && spawned.is_none()
        }))
        .tool(Tool::new("nested", |ctx: Context| async move {
            let before = current();
            let inner = ctx.call_tool("id", json!({})).await?;
            let inner = inner.content[0].as_text().unwrap_or_default().to_owned();
            Ok::<_, ToolError>(before == current() && before.as_deref() != Some(&*inner))
        }))
        .tool(Tool::new("id", || async { current().unwrap_or_default() }));
    let client = testing::connect(&server).await;
    let calls = (0..50).map(|_| client.call("t", ()));
    for result in futures_util::future::join_all(calls).await {
        assert!(result.unwrap().parse::<bool>().unwrap());
    }
    let nested = client.call("nested", ()).await.unwrap();
    assert!(nested.parse::<bool>().unwrap());
    assert!(Context::current().is_none());
}

#[tokio::test]
async fn a_context_in_the_background_outlives_the_reply() {
    let (tell, told) = oneshot::channel();
    let (go, wait) = oneshot::channel::<()>();
    let once = Mutex::new(Some((tell, wait)));
    let once = Arc::new(once);
    let server = household().tool(Tool::new("start", move |ctx: Context| {
        let (tell, wait) = once.lock().unwrap().take().unwrap();
        async move {
            tokio::spawn(async move {
                wait.await.unwrap();
                ctx.info("still here").await;
                let shouted = ctx.call_tool("shout", json!({"text": "late"})).await;
                tell.send(shouted.map(|result| result.content[0].as_text().map(str::to_owned)))
                    .unwrap();
            });
            "started"
        }
    }));
    let client = testing::connect(&server).await;
    let answer = client.call("start", ()).await;
    assert_eq!(testing::expect_text(&answer), "started");
    go.send(()).unwrap();
    assert_eq!(told.await.unwrap().unwrap().as_deref(), Some("LATE"));
    assert_eq!(client.logs().len(), 1);
}

#[tokio::test]
async fn who_calls_and_with_which_headers() {
    let server = Server::new("s")
        .tool(Tool::new(
            "who",
            |who: Option<Arc<Principal>>, headers: Headers| async move {
                format!(
                    "{:?} {:?}",
                    who.map(|w| w.subject.clone()),
                    headers.get("x-a")
                )
            },
        ))
        .tool(Tool::new("signed_in", |who: Arc<Principal>| async move {
            who.subject.to_string()
        }));
    let call = |name: &str| Call::of(Method::CallTool, &json!({"name": name})).unwrap();
    let text = async |call: Call| -> Result<String, Error> {
        let result = server.call(call).await?.into_tool()?;
        Ok(result.content[0].as_text().unwrap_or_default().to_owned())
    };
    assert_eq!(text(call("who")).await.unwrap(), "None None");
    let error = text(call("signed_in")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthenticated);
    let mut headers = http::HeaderMap::new();
    headers.insert("x-a", "1".parse().unwrap());
    let known = call("who")
        .with_principal(Arc::new(Principal::new("ann")))
        .with_headers(Arc::new(headers));
    assert_eq!(text(known).await.unwrap(), "Some(\"ann\") Some(\"1\")");
    let known = call("signed_in").with_principal(Arc::new(Principal::new("ann")));
    assert_eq!(text(known).await.unwrap(), "ann");
}

#[tokio::test]
async fn a_call_within_a_call_knows_the_client_and_its_wishes() {
    let inner = Tool::new("inner", |ctx: Context| async move {
        ctx.info("from within").await;
        ctx.client().map_or_else(String::new, |client| client.name)
    });
    let outer = Tool::new("outer", |ctx: Context| async move {
        ctx.call_tool("inner", serde_json::json!({})).await
    });
    let server = Server::new("s").tool(inner).tool(outer);
    let client = testing::connect(&server).await;
    let name = client.call("outer", ()).await.unwrap();
    assert_eq!(name.text(), "fmcp-testing");
    assert_eq!(client.logs().len(), 1);
}

#[tokio::test]
async fn a_value_is_seen_by_clones_that_were_made_before() {
    let before = fmcp::Call::of(fmcp::Method::CallTool, &serde_json::json!({"name": "t"})).unwrap();
    let after = before.clone().with_id("7".into());
    after.set_value("k", 1);
    assert_eq!(before.value("k"), Some(1.into()));
}
