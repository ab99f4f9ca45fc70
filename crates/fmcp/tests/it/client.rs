//! A client in memory: typed answers, errors, lists, callbacks, revisions, time and cancellation.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, CallOptions, CallToolResult, Client, ClientError, ComponentKind, Content,
    Context, Endpoint, Input, Json, Kind, LogLevel, Method, Prompt, Raw, Reply, Resource, Revision,
    Server, Tool, ToolError,
    model::{self, PromptReference, ResourceReference},
    schemars::JsonSchema,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Point {
    #[serde(default)]
    x: i64,
    #[serde(default)]
    y: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Number {
    n: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Path {
    name: String,
}

fn server() -> Server {
    Server::new("shapes")
        .version("1.2.3")
        .instructions("Ask for a point.")
        .tool(Tool::new(
            "double",
            |Input(Number { n })| async move { n * 2 },
        ))
        .tool(Tool::new("flag", || async { true }))
        .tool(Tool::new("ratio", || async { 0.5 }))
        .tool(Tool::new("words", || async { "42" }))
        .tool(Tool::new("nothing", || async {}))
        .tool(Tool::new("point", || async { Json(Point { x: 1, y: 2 }) }))
        .tool(Tool::new("points", || async {
            Json(vec![Point { x: 1, y: 2 }])
        }))
        .tool(Tool::new("none", || async { None::<i64> }))
        .tool(Tool::new("maybe", || async { Some(7) }))
        .tool(Tool::new("maybe_point", || async {
            Some(Json(Point { x: 3, y: 4 }))
        }))
        .tool(Tool::new("blocks", || async {
            vec![Content::text("a"), Content::image("AA==", "image/png")]
        }))
        .tool(Tool::new("json_text", || async { r#"{"x":5,"y":6}"# }))
        .tool(Tool::new("refuse", || async {
            Err::<String, _>(ToolError::new("not today").structured(json!({"code": 7})))
        }))
        .tool(Tool::new("who", |ctx: Context| async move {
            let client = ctx.client().map(|client| client.name).unwrap_or_default();
            json!({
                "client": client,
                "revision": ctx.revision().as_str(),
                "session": ctx.session().map(|session| session.revision().as_str()),
                "sampling": ctx.client_capabilities().sampling.is_some(),
                "meta": ctx.call().meta().get("trace").map(Raw::to_value),
                "id": ctx.request_id(),
            })
        }))
        .resource(Resource::new("text://a", || async { "plain" }).mime("text/plain"))
        .resource(Resource::new("json://a", || async {
            json!({"x": 1, "y": 2})
        }))
        .resource(
            Resource::new("file://{name}", |Input(Path { name })| async move {
                name.into_bytes()
            })
            .complete("name", ["alpha", "beta"]),
        )
        .prompt(Prompt::new("greet", |Input(Path { name })| async move {
            format!("Greet {name}")
        }))
}

async fn connect() -> Client {
    Client::connect(server()).await.unwrap()
}

/// Calls `tool` and reads its result.
async fn check<T>(tool: &str, arguments: Value, expect: T)
where
    T: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let client = connect().await;
    let result = client.call(tool, arguments).await.unwrap();
    assert_eq!(result.parse::<T>().unwrap(), expect, "{tool}");
}

#[tokio::test]
async fn results_are_read_as_what_is_asked_for() {
    check("double", json!({"n": 21}), 42_i64).await;
    check("flag", json!({}), true).await;
    check("ratio", json!({}), 0.5).await;
    check("words", json!({}), "42".to_owned()).await;
    check("words", json!({}), 42_u8).await;
    check("nothing", json!({}), ()).await;
    check("point", json!({}), Point { x: 1, y: 2 }).await;
    check("point", json!({}), json!({"x": 1, "y": 2})).await;
    check(
        "point",
        json!({}),
        HashMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]),
    )
    .await;
    check("points", json!({}), vec![Point { x: 1, y: 2 }]).await;
    check("none", json!({}), None::<i64>).await;
    check("maybe", json!({}), Some(7)).await;
    check("json_text", json!({}), Point { x: 5, y: 6 }).await;
}

#[tokio::test]
async fn a_client_that_knows_the_schema_takes_wrapped_values_out() {
    let client = connect().await;
    let blind = client.call("double", json!({"n": 1})).await.unwrap();
    assert_eq!(blind.parse::<Value>().unwrap(), json!({"result": 2}));
    let blind = client.call("maybe_point", ()).await.unwrap();
    assert_eq!(
        blind.parse::<Option<Point>>().unwrap(),
        Some(Point::default()),
        "all fields may be missing"
    );

    client.list_tools().await.unwrap();
    let known = client.call("double", json!({"n": 1})).await.unwrap();
    assert_eq!(known.parse::<Value>().unwrap(), json!(2));
    let known = client.call("maybe_point", ()).await.unwrap();
    assert_eq!(
        known.parse::<Option<Point>>().unwrap(),
        Some(Point { x: 3, y: 4 })
    );
}

#[tokio::test]
async fn results_that_do_not_fit_say_so() {
    let client = connect().await;
    let words = |result: Result<i64, ClientError>| result.unwrap_err().to_string();
    let result = client.call("words", ()).await.unwrap();
    let error = result.parse::<bool>().unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (Kind::Internal, false)
    );
    assert!(
        error
            .to_string()
            .starts_with("tools/call words: the result is no `bool`"),
        "{error}"
    );
    let result = client.call("blocks", ()).await.unwrap();
    assert!(words(result.parse()).contains("2 blocks"));
    assert_eq!(result.text(), "a");
    assert_eq!(result.content().len(), 2);
    assert!(result.structured().is_none());
}

#[tokio::test]
async fn a_tool_that_fails_is_an_error_unless_asked_otherwise() {
    let client = connect().await;
    let error = client.call("refuse", ()).await.unwrap_err();
    assert_eq!(error.to_string(), "tool \"refuse\" failed: not today");
    let structured = error.tool_result().unwrap().structured().unwrap();
    assert_eq!(structured.to_value(), json!({"code": 7}));
    assert!(matches!(error, ClientError::Tool { .. }));

    let raw = client
        .call_raw("refuse", (), CallOptions::new())
        .await
        .unwrap();
    assert!(raw.is_error());
    assert_eq!(raw.text(), "not today");
}

#[tokio::test]
async fn what_cannot_be_asked_says_why() {
    let client = connect().await;
    let error = client.call("dobule", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(
        error.to_string().starts_with("tools/call dobule: "),
        "{error}"
    );
    let error = client
        .call("double", json!({"n": "many"}))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Tool { .. }), "{error}");
    let error = client.call("double", 5).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call double: cannot be sent: arguments must be an object"
    );
    let error = client
        .request(Method::from("no/such"), &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::MethodNotFound);
    let error = client.read("text://b").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let error: fmcp::Error = client.prompt("nobody", ()).await.unwrap_err().into();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_server_that_cannot_start_is_not_connected_to() {
    let broken = server().tool(Tool::new("flag", || async { false }));
    let error = Client::connect(&broken).await.unwrap_err();
    assert!(error.to_string().starts_with("connecting: "), "{error}");
    assert!(error.to_string().contains("flag"), "{error}");
}

#[tokio::test]
async fn the_server_says_who_it_is() {
    let client = connect().await;
    assert_eq!(client.server_info().unwrap().version, "1.2.3");
    assert_eq!(client.instructions(), Some("Ask for a point."));
    assert!(client.capabilities().tools.is_some());
    client.ping().await.unwrap();
    let about = client.discover().await.unwrap();
    assert!(about.supported_versions.contains(&"2026-07-28".to_owned()));
}

#[tokio::test]
async fn resources_are_text_bytes_or_json() {
    let client = connect().await;
    let text = client.read("text://a").await.unwrap();
    assert_eq!(
        (text.text(), text.mime_type()),
        (Some("plain"), Some("text/plain"))
    );
    assert_eq!(text.bytes().unwrap().as_ref(), b"plain");
    let point = client.read("json://a").await.unwrap();
    assert_eq!(point.parse::<Point>().unwrap(), Point { x: 1, y: 2 });
    let bytes = client.read("file://abc").await.unwrap();
    assert_eq!(bytes.text(), None);
    assert_eq!(bytes.bytes().unwrap().as_ref(), b"abc");
    assert!(bytes.parse::<Point>().is_err());
    assert_eq!(client.list_resources().await.unwrap().len(), 2);
    assert_eq!(
        client.list_templates().await.unwrap()[0].uri_template,
        "file://{name}"
    );
}

#[tokio::test]
async fn prompts_take_strings_and_arguments_complete() {
    let client = connect().await;
    let greeting = client
        .prompt("greet", json!({"name": [1, 2], "more": null}))
        .await
        .unwrap();
    assert_eq!(greeting.messages[0].content, Content::text("Greet [1,2]"));
    assert_eq!(client.list_prompts().await.unwrap()[0].name, "greet");
    let template = || ResourceReference::new("file://{name}");
    let values = client
        .complete(template(), "name", "b")
        .await
        .unwrap()
        .values;
    assert_eq!(values, ["beta"]);
    let error = client
        .complete(PromptReference::new("nobody"), "name", "")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn the_client_says_who_it_is_and_what_it_can() {
    let capabilities = model::ClientCapabilities::new().sampling(model::SamplingCapability::new());
    let client = Client::builder(server())
        .client_info("robot", "9")
        .capabilities(capabilities)
        .connect()
        .await
        .unwrap();
    let options = CallOptions::new().meta("trace", json!("t-1"));
    let who: Value = client
        .call_with("who", (), options)
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(who["client"], "robot");
    assert_eq!(who["revision"], "2026-07-28");
    assert_eq!(who["session"], Value::Null);
    assert_eq!(who["sampling"], true);
    assert_eq!(who["meta"], "t-1");
    assert_eq!(who["id"], "1");
}

/// A server whose tool tells much while it runs.
fn teller() -> Server {
    Server::new("teller").tool(Tool::new("tell", |ctx: Context| async move {
        ctx.debug("looking").await;
        ctx.logger("db").warning("slow").await;
        for done in 1..=10 {
            ctx.progress(done, 10, "working").await;
        }
        ctx.call().wants_progress()
    }))
}

type Seen<T> = Arc<Mutex<Vec<T>>>;

fn push<T: Send + 'static>(seen: &Seen<T>) -> impl Fn(T) + Send + Sync + 'static {
    let seen = Arc::clone(seen);
    move |item| seen.lock().unwrap().push(item)
}

#[tokio::test(start_paused = true)]
async fn progress_is_heard_thinned_out_and_before_the_answer() {
    let seen = Seen::default();
    let client = Client::builder(teller())
        .on_progress(push(&seen))
        .connect()
        .await
        .unwrap();
    let wanted: bool = client.call("tell", ()).await.unwrap().parse().unwrap();
    assert!(wanted);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let done: Vec<_> = seen
        .iter()
        .map(|report| report.progress.as_i64().unwrap())
        .collect();
    assert_eq!(done, [1, 10]);
    assert_eq!(seen[0].message.as_deref(), Some("working"));
}

#[tokio::test]
async fn progress_of_one_call_goes_to_its_own_callback() {
    let (all, one) = (Seen::default(), Seen::default());
    let client = Client::builder(teller())
        .on_progress(push(&all))
        .connect()
        .await
        .unwrap();
    let options = CallOptions::new().on_progress(push(&one));
    client.call_with("tell", (), options).await.unwrap();
    assert!(all.lock().unwrap().is_empty());
    assert!(!one.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_callback_nobody_asks_for_progress() {
    let client = Client::connect(teller()).await.unwrap();
    let wanted: bool = client.call("tell", ()).await.unwrap().parse().unwrap();
    assert!(!wanted);
}

#[tokio::test(start_paused = true)]
async fn progress_after_the_answer_is_noise() {
    let (seen, tasks) = (Seen::default(), Seen::default());
    let keep = push(&tasks);
    let keep = Arc::new(keep);
    let server = Server::new("late").tool(Tool::new("late", move |ctx: Context| {
        let keep = Arc::clone(&keep);
        async move {
            keep(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                ctx.progress(1, 1, None).await;
            }));
        }
    }));
    let client = Client::builder(server)
        .on_progress(push(&seen))
        .connect()
        .await
        .unwrap();
    client.call("late", ()).await.unwrap();
    let task = tasks.lock().unwrap().pop().unwrap();
    task.await.unwrap();
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn logs_are_sent_from_the_level_that_the_client_wants() {
    for revision in Revision::ALL {
        for (level, expect) in [
            (None, &["\"slow\""][..]),
            (Some(LogLevel::Debug), &["\"looking\"", "\"slow\""]),
            (Some(LogLevel::Error), &[]),
        ] {
            let seen = Seen::default();
            let mut builder = Client::builder(teller())
                .revision(revision)
                .on_log(push(&seen));
            if let Some(level) = level {
                builder = builder.log_level(level);
            }
            let client = builder.connect().await.unwrap();
            client.call("tell", ()).await.unwrap();
            let seen = seen.lock().unwrap();
            let said: Vec<_> = seen.iter().map(|message| message.data.as_str()).collect();
            assert_eq!(said, expect, "{revision} {level:?}");
        }
    }
}

#[tokio::test]
async fn callbacks_may_be_async_and_may_ask_the_server() {
    let (seen, late) = (
        Seen::default(),
        Arc::new(std::sync::OnceLock::<Client>::new()),
    );
    let (hears, asks) = (Arc::new(push(&seen)), Arc::clone(&late));
    let client = Client::builder(teller())
        .on_log(move |message| {
            let (hears, asks) = (Arc::clone(&hears), Arc::clone(&asks));
            async move {
                let tools = asks.get().unwrap().list_tools().await.unwrap();
                hears((tools.len(), message.logger));
            }
        })
        .connect()
        .await
        .unwrap();
    late.set(client.clone()).unwrap();
    client.call("tell", ()).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, Some("db".to_owned()))]);
}

#[tokio::test]
async fn changes_are_heard_in_every_revision() {
    for revision in Revision::ALL {
        let (tell, mut heard) = tokio::sync::mpsc::channel(10);
        let server = server();
        let client = Client::builder(&server)
            .revision(revision)
            .on_list_changed(move |kind| tell.try_send(kind).unwrap())
            .connect()
            .await
            .unwrap();
        client.list_tools().await.unwrap();
        server.add_tool(Tool::new("later", || async {})).unwrap();
        assert_eq!(heard.recv().await, Some(ComponentKind::Tool), "{revision}");
        assert!(
            client
                .list_tools()
                .await
                .unwrap()
                .iter()
                .any(|tool| tool.name == "later")
        );
        drop(client);
        assert_eq!(
            heard.recv().await,
            None,
            "{revision}: who dropped the client hears no more"
        );
    }
}

#[tokio::test]
async fn legacy_revisions_have_a_session_and_are_told_what_they_can_understand() {
    for revision in Revision::ALL
        .into_iter()
        .filter(|revision| *revision < Revision::NEWEST)
    {
        let client = Client::builder(server())
            .revision(revision)
            .connect()
            .await
            .unwrap();
        assert_eq!(client.revision(), revision);
        assert_eq!(client.server_info().unwrap().name, "shapes");
        assert_eq!(client.instructions(), Some("Ask for a point."));
        assert_eq!(
            client.discover().await.unwrap().supported_versions,
            [revision.as_str()]
        );
        client.ping().await.unwrap();

        let result = client.call("who", ()).await.unwrap();
        let who: Value = result.parse().unwrap();
        assert_eq!(who["session"], revision.as_str());
        assert_eq!(who["client"], "fmcp");
        assert!(result.raw().result_type.is_none(), "{revision}");
        let structured = revision >= Revision::V2025_06_18;
        assert_eq!(result.structured().is_some(), structured, "{revision}");
        let tools = client.list_tools().await.unwrap();
        let point = tools.iter().find(|tool| tool.name == "point").unwrap();
        assert_eq!(point.output_schema.is_some(), structured, "{revision}");
        assert_eq!(
            client
                .call("points", ())
                .await
                .unwrap()
                .parse::<Vec<Point>>()
                .unwrap()
                .len(),
            1
        );
        let error = client.read("text://b").await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{revision}");
        let seen = Seen::default();
        let options = CallOptions::new().on_progress(push(&seen));
        let told = Client::builder(teller())
            .revision(revision)
            .connect()
            .await
            .unwrap();
        told.call_with("tell", (), options).await.unwrap();
        let worded = seen.lock().unwrap()[0].message.is_some();
        assert_eq!(worded, revision > Revision::V2024_11_05, "{revision}");
    }
}

#[tokio::test]
async fn lists_come_whole_or_by_the_page() {
    let client = Client::connect(server().page_size(4)).await.unwrap();
    let all: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(all.len(), 14);
    let first = client.list_tools_page(None).await.unwrap();
    assert_eq!(first.tools.len(), 4);
    let second = client
        .list_tools_page(first.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!(second.tools[0].name, all[4]);
    let error = client
        .list_prompts_page(Some("nonsense"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParams);
}

/// A server that does what it should not.
struct Hostile(fn(&Call) -> fmcp::Result<Reply>);

impl Endpoint for Hostile {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let reply = match call.method() {
            Method::Discover => Ok(model::DiscoverResult::new(
                ["2026-07-28".to_owned()],
                model::ServerCapabilities::new(),
            )
            .into()),
            _ => (self.0)(&call),
        };
        Box::pin(std::future::ready(reply))
    }
}

async fn hostile(answer: fn(&Call) -> fmcp::Result<Reply>) -> Client {
    Client::connect(Arc::new(Hostile(answer)) as Arc<dyn Endpoint>)
        .await
        .unwrap()
}

#[tokio::test]
async fn lists_without_an_end_are_ended() {
    let circle = hostile(|call| {
        let next = if call.params().cursor().as_deref() == Some("a") {
            "b"
        } else {
            "a"
        };
        Ok(model::ListToolsResult::new([]).next_cursor(next).into())
    });
    let error = circle.await.list_tools().await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    let endless = hostile(|call| {
        let next = call
            .params()
            .cursor()
            .map_or(0, |cursor| cursor.parse::<u64>().unwrap())
            + 1;
        Ok(model::ListPromptsResult::new([])
            .next_cursor(next.to_string())
            .into())
    });
    let error = endless.await.list_prompts().await.unwrap_err();
    assert!(
        error.to_string().contains("more than 1000 pages"),
        "{error}"
    );
}

#[tokio::test]
async fn answers_of_the_wrong_kind_are_the_servers_fault() {
    let client = hostile(|_| Ok(model::ListToolsResult::new([]).into())).await;
    let error = client.call("x", ()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreadable { .. }), "{error:?}");
    let client = hostile(|_| Ok(Reply::Raw(Revision::NEWEST, json!({"content": 5}).into()))).await;
    assert!(client.call("x", ()).await.is_err());
    let client = hostile(|_| {
        let raw = json!({"content": [{"type": "text", "text": "hi"}]});
        Ok(Reply::Raw(Revision::V2025_06_18, raw.into()))
    });
    assert_eq!(client.await.call("x", ()).await.unwrap().text(), "hi");
}

#[tokio::test]
async fn questions_to_the_user_are_not_a_failure() {
    let client = hostile(|_| Err(fmcp::Error::ask(model::InputRequiredResult::new()))).await;
    let error = client.call("x", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::InputRequired);
    assert!(error.into_questions().is_ok());
    let client = hostile(|_| Ok(model::InputRequiredResult::new().into())).await;
    let error = client.call("x", ()).await.unwrap_err();
    assert!(error.into_questions().is_ok());
}

/// Says when it is dropped.
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A server with a tool that never answers, and whether its handler has been dropped.
fn sleeper() -> (Server, Arc<AtomicBool>, Arc<tokio::sync::Notify>) {
    let (dropped, running) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(tokio::sync::Notify::new()),
    );
    let (flag, begun) = (Arc::clone(&dropped), Arc::clone(&running));
    let sleep = Tool::new("sleep", move || {
        let (guard, begun) = (Guard(Arc::clone(&flag)), Arc::clone(&begun));
        async move {
            let _guard = guard;
            begun.notify_one();
            std::future::pending::<()>().await;
        }
    });
    (Server::new("sleeper").tool(sleep), dropped, running)
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_cancels() {
    for revision in Revision::ALL {
        let (server, dropped, _) = sleeper();
        let client = Client::builder(server)
            .revision(revision)
            .timeout(Duration::from_secs(5))
            .connect()
            .await
            .unwrap();
        let start = tokio::time::Instant::now();
        let error = client.call("sleep", ()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "tools/call sleep: no answer within 5s; the call was cancelled"
        );
        assert!(error.is_retryable());
        assert!(dropped.load(Ordering::SeqCst), "{revision}");
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        let options = CallOptions::new().timeout(Duration::from_secs(90));
        client.call_with("sleep", (), options).await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::from_secs(95));
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_know_until_when_the_caller_waits() {
    let server = Server::new("s").tool(Tool::new("deadline", |ctx: Context| async move {
        ctx.deadline().is_some()
    }));
    let client = Client::connect(&server).await.unwrap();
    assert!(
        client
            .call("deadline", ())
            .await
            .unwrap()
            .parse::<bool>()
            .unwrap()
    );
    let options = CallOptions::new().timeout(None);
    assert!(
        !client
            .call_with("deadline", (), options)
            .await
            .unwrap()
            .parse::<bool>()
            .unwrap()
    );
}

#[tokio::test]
async fn who_drops_the_future_cancels() {
    for revision in Revision::ALL {
        let (server, dropped, running) = sleeper();
        let client = Client::builder(server)
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let call = tokio::spawn(async move { client.call("sleep", ()).await });
        running.notified().await;
        assert!(!dropped.load(Ordering::SeqCst));
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert!(dropped.load(Ordering::SeqCst), "{revision}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_calls_at_once_are_not_mixed_up() {
    for revision in [Revision::NEWEST, Revision::V2025_11_25] {
        let server = Server::new("s").tool(Tool::new(
            "echo",
            |Input(Number { n }), ctx: Context| async move {
                ctx.progress(n, None, None).await;
                tokio::task::yield_now().await;
                n
            },
        ));
        let heard = Arc::new(AtomicUsize::new(0));
        let client = Client::builder(&server)
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let calls = (0..1_000_i64).map(|n| {
            let (client, heard) = (client.clone(), Arc::clone(&heard));
            tokio::spawn(async move {
                let options = CallOptions::new().on_progress(move |report| {
                    assert_eq!(report.progress.as_i64(), Some(n));
                    heard.fetch_add(1, Ordering::Relaxed);
                });
                let result = client
                    .call_with("echo", json!({"n": n}), options)
                    .await
                    .unwrap();
                assert_eq!(result.parse::<i64>().unwrap(), n);
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        assert_eq!(heard.load(Ordering::Relaxed), 1_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_logs_is_cut_and_counted() {
    let server = Server::new("s").tool(Tool::new("flood", |ctx: Context| async move {
        for _ in 0..2_000 {
            ctx.info("drop").await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        ctx.info("last").await;
    }));
    let seen = Seen::<model::LogMessageParams>::default();
    let client = Client::builder(server)
        .on_log(push(&seen))
        .connect()
        .await
        .unwrap();
    client.call("flood", ()).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 502);
    assert!(
        seen[500].data.as_str().contains("1500 log messages"),
        "{:?}",
        seen[500].data
    );
    assert_eq!(seen[501].data.as_str(), "\"last\"");
}

#[tokio::test]
async fn a_server_that_does_not_tell_of_changes_can_be_used() {
    let refuse = Hostile(|_| Err(fmcp::Error::new(Kind::MethodNotFound, "no streams here")));
    let client = Client::builder(Arc::new(refuse) as Arc<dyn Endpoint>)
        .on_list_changed(|_| ())
        .connect()
        .await
        .unwrap();
    client.ping().await.unwrap();
}

/// Answers nothing, ever.
struct Mute;

impl Endpoint for Mute {
    fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn connecting_has_an_end() {
    for revision in Revision::ALL {
        let mute = Arc::new(Mute) as Arc<dyn Endpoint>;
        let builder = Client::builder(mute)
            .revision(revision)
            .timeout(Duration::from_secs(3));
        let error = builder.connect().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "connecting: no answer within 3s; the call was cancelled"
        );
    }
}

// A fault outside of the client: `Reply::into_tool` and its siblings do not look whether forwarded text is
// a question, so that `ctx.call_tool` through a proxy takes a question for an empty success.
#[test]
#[ignore = "core: Reply::into_tool reads a forwarded question as an empty result"]
fn forwarded_questions_are_questions() {
    let question = json!({"resultType": "input_required", "inputRequests": {}});
    let reply = Reply::Raw(Revision::NEWEST, question.into());
    assert_eq!(reply.into_tool().unwrap_err().kind(), Kind::InputRequired);
}

// A fault outside of the client: a value of any type promises nothing, so it should have no output schema
// (FastMCP gives none for `Any`), and an object in it should not be wrapped.
#[tokio::test]
#[ignore = "server: Json<Value> gets the schema `true`, and objects are wrapped as {\"result\": ...}"]
async fn a_tree_of_json_is_not_wrapped() {
    let server = Server::new("s").tool(Tool::new("tree", || async { Json(json!({"a": 1})) }));
    let client = Client::connect(server).await.unwrap();
    let result = client.call("tree", ()).await.unwrap();
    assert_eq!(result.structured().unwrap().to_value(), json!({"a": 1}));
}

#[tokio::test]
async fn results_carry_what_the_wire_would_carry() {
    let client = connect().await;
    let result = client.call("flag", ()).await.unwrap();
    assert_eq!(result.raw().result_type, Some(model::ResultType::Complete));
    let raw: CallToolResult = result.into_raw();
    assert_eq!(
        raw.structured_content.unwrap().to_value(),
        json!({"result": true})
    );
}
