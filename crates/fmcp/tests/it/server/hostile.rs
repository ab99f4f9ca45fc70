//! Callers and handlers that do what they should not.

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll},
    time::{Duration, Instant},
};

use fmcp::{
    BoxFuture, Call, Component, Input, Key, Middleware, Next, Prompt, Provider, Reply, Resource,
    Revision, Server, Tool, blocking,
    core::ComponentKind,
    testing::{self, Wire, legacy, modern},
};
use serde_json::json;
use std::sync::Arc;

use super::*;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Text {
    text: String,
}

fn server() -> Server {
    Server::new("s")
        .tool(Tool::new("echo", |Input(t): Input<Text>| async { t.text }))
        .tool(Tool::dynamic(
            "tree",
            json!({"type": "object"}),
            |args: Value, _| async move { args.to_string() },
        ))
        .resource(Resource::new("r://{text}", |Input(t): Input<Text>| async {
            t.text
        }))
        .prompt(Prompt::new("p", |Input(t): Input<Text>| async { t.text }).complete("text", ["a"]))
}

const METHODS: [&str; 9] = [
    "tools/call",
    "resources/read",
    "prompts/get",
    "completion/complete",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "prompts/list",
    "subscriptions/listen",
];

#[tokio::test]
async fn bad_parameters_are_invalid_in_every_method() {
    let wire = Wire::new(server());
    for (method, params) in [
        ("tools/call", json!({})),
        ("tools/call", json!({"name": 5})),
        ("tools/call", json!({"name": null})),
        ("resources/read", json!({})),
        ("resources/read", json!({"uri": {}})),
        ("resources/read", json!({"uri": ""})),
        ("resources/read", json!({"uri": "\u{0}"})),
        ("prompts/get", json!({})),
        ("prompts/get", json!({"name": []})),
        ("prompts/get", json!({"name": "p", "arguments": 5})),
        ("prompts/get", json!({"name": "p", "arguments": []})),
        ("prompts/get", json!({"name": "p"})),
        ("completion/complete", json!({})),
        ("completion/complete", json!({"ref": 5, "argument": 5})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/x"}, "argument": {"name": "a", "value": ""}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "text"}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "text", "value": 1}}),
        ),
        ("subscriptions/listen", json!({})),
        ("subscriptions/listen", json!({"notifications": 5})),
        (
            "subscriptions/listen",
            json!({"notifications": {"resourceSubscriptions": [5]}}),
        ),
        (
            "subscriptions/listen",
            json!({"notifications": {"resourceSubscriptions": vec!["r://a"; 1001]}}),
        ),
    ] {
        let answer = wire.send(modern(method, params.clone())).await;
        assert_eq!(
            answer.as_ref().unwrap()["error"]["code"],
            -32602,
            "{method} {params}: {answer:?}"
        );
    }
    for method in METHODS {
        for params in [json!(5), json!([]), json!("x")] {
            let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            let answer = wire.send(message).await.unwrap();
            let code = answer["error"]["code"].as_i64().unwrap_or_default();
            assert!(
                [-32600, -32602].contains(&code),
                "{method} {params}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn arguments_of_a_tool_that_are_no_object_are_the_tools_error() {
    let wire = Wire::new(server());
    for name in ["echo", "tree"] {
        for arguments in [json!(5), json!([]), json!("x")] {
            let params = json!({"name": name, "arguments": arguments});
            let answer = wire.send(modern("tools/call", params)).await.unwrap();
            let refused = answer["error"]["code"] == -32602 || answer["result"]["isError"] == true;
            assert!(refused, "{name} {arguments}: {answer}");
        }
    }
}

#[tokio::test]
async fn unknown_methods_are_not_found() {
    let wire = Wire::new(server());
    for method in [
        "",
        "no/such",
        "tools",
        "tools/call/x",
        "initialize2",
        "Tools/List",
    ] {
        let answer = wire.send(modern(method, json!({}))).await;
        testing::expect_rpc_error(&answer, -32601);
    }
    let session = Wire::new(server());
    session.initialize(Revision::V2025_06_18).await;
    for method in ["server/discover", "subscriptions/listen", "x"] {
        let answer = session.send(legacy(method, json!({}))).await;
        testing::expect_rpc_error(&answer, -32601);
    }
    let answer = session.send(legacy("logging/setLevel", json!({}))).await;
    testing::expect_rpc_error(&answer, -32602);
}

#[tokio::test]
async fn deep_and_huge_arguments_are_answered() {
    let wire = Wire::new(server());
    for depth in [10, 60, 100, 126, 127, 128, 200, 5_000] {
        let arguments = format!(
            "{}{}",
            r#"{"a":"#.repeat(depth),
            "1".to_owned() + &"}".repeat(depth)
        );
        let mut message =
            modern("tools/call", json!({"name": "tree", "arguments": "@"})).to_string();
        message = message.replace("\"@\"", &arguments);
        let answer = wire.send_text(message).await.unwrap();
        assert!(
            answer.get("result").is_some() || answer.get("error").is_some(),
            "{depth}: {answer}"
        );
    }
    let text = "x".repeat(1_000_000);
    let params = json!({"name": "echo", "arguments": {"text": text}});
    let answer = wire.send(modern("tools/call", params)).await;
    let came = testing::expect_result(&answer)["content"][0]["text"].clone();
    assert_eq!(came.as_str().map(str::len), Some(1_000_000));
    let many: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("a{n}"), json!(n))).collect();
    let params = json!({"name": "echo", "arguments": many});
    let answer = wire.send(modern("tools/call", params)).await;
    assert!(testing::expect_result(&answer).to_string().len() < 200_000);
    let name = "n".repeat(100_000);
    for (method, field) in [
        ("tools/call", "name"),
        ("resources/read", "uri"),
        ("prompts/get", "name"),
    ] {
        let answer = wire.send(modern(method, json!({field: name}))).await;
        let error = testing::expect_rpc_error(&answer, -32602).to_string();
        assert!(error.len() < 2_000, "{}", error.len());
    }
}

#[tokio::test]
async fn ten_thousand_tools_are_found_and_listed() {
    let begun = Instant::now();
    let server = (0..10_000).fold(Server::new("s"), |server, n| {
        let tool = || Tool::new(format!("t{n}"), move || async move { n });
        server.tool(tool().version("1")).tool(tool().version("2"))
    });
    let client = testing::connect(&server).await;
    assert_eq!(client.list_tools().await.unwrap().len(), 10_000);
    let last = client.call("t9999", ()).await.unwrap();
    assert_eq!(last.parse::<i32>().unwrap(), 9_999);
    server.remove(&Key::new(ComponentKind::Tool, "t5000").version("2"));
    client.call("t5000", ()).await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

/// Offers ten thousand tools.
struct Many(Vec<Arc<Component>>);

impl Provider for Many {
    fn list(&self, kind: ComponentKind) -> BoxFuture<'_, fmcp::Result<Vec<Arc<Component>>>> {
        let all = self.0.iter().filter(move |c| c.kind() == kind);
        Box::pin(std::future::ready(Ok(all.cloned().collect())))
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, fmcp::Result<Option<Arc<Component>>>> {
        assert!(key.name() != "panic", "a provider panics");
        let found = self.0.iter().find(|c| c.key == *key).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}

#[tokio::test]
async fn a_provider_may_have_as_many() {
    let all = (0..10_000).map(|n| {
        let tool = Tool::new(format!("t{n}"), || async { "provided" });
        Arc::new(tool.into_component().unwrap())
    });
    let own = Tool::new("t1", || async { "own" });
    let server = Server::new("s").tool(own).provider(Many(all.collect()));
    let client = testing::connect(&server).await;
    let begun = Instant::now();
    assert_eq!(client.list_tools().await.unwrap().len(), 10_000);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    for (name, says) in [("t1", "own"), ("t2", "provided")] {
        assert_eq!(testing::expect_text(&client.call(name, ()).await), says);
    }
}

/// Panics at a word.
struct Panics;

impl Middleware for Panics {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        assert!(call.name().as_deref() != Some("layer"), "a layer panics");
        next.run(call).await
    }
}

#[tokio::test]
async fn panics_of_layers_and_providers_are_errors_of_the_call() {
    let server = server().layer(Panics).provider(Many(Vec::new()));
    let wire = Wire::new(&server);
    for name in ["layer", "panic"] {
        let answer = wire.send(modern("tools/call", json!({"name": name}))).await;
        let error = testing::expect_rpc_error(&answer, -32603).to_string();
        assert!(!error.contains("panics"), "{error}");
    }
    let params = json!({"name": "echo", "arguments": {"text": "on"}});
    let answer = wire.send(modern("tools/call", params)).await;
    assert_eq!(testing::expect_result(&answer)["content"][0]["text"], "on");
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a destructor panics");
    }
}

/// Is never done, and panics when it is dropped.
struct Endless(#[allow(dead_code)] Bomb);

impl Future for Endless {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn panics_of_destructors_are_panics_of_the_handler() {
    let server = Server::new("s")
        .tool(Tool::new("local", || async {
            let _bomb = Bomb;
        }))
        .tool(Tool::new("late", || Endless(Bomb)).timeout(Duration::from_secs(1)))
        .tool(Tool::new("fine", || async { "ok" }));
    assert!(run(&server, "local", json!({})).await.is_error());
    let client = testing::connect(&server).await;
    let late = client.call("late", ()).await.unwrap_err();
    assert!(!late.to_string().contains("destructor"), "{late}");
    assert_eq!(run(&server, "fine", json!({})).await.text(), "ok");
}

#[tokio::test]
async fn a_function_that_blocks_does_not_hold_up_others() {
    let (go, wait) = std::sync::mpsc::sync_channel::<()>(1);
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let server = server().tool(Tool::new("block", move || {
        let wait = Arc::clone(&wait);
        async move { blocking(move || wait.lock().unwrap().recv().is_ok()).await }
    }));
    let client = testing::connect(&server).await;
    let others = async {
        let result = client.call("echo", json!({"text": "meanwhile"})).await;
        go.send(()).unwrap();
        testing::expect_text(&result)
    };
    let (blocked, other) = tokio::join!(client.call("block", ()), others);
    assert_eq!(other, "meanwhile");
    assert!(blocked.unwrap().parse::<bool>().unwrap());
}

#[tokio::test]
async fn a_panic_in_a_blocking_function_is_one_of_the_handler() {
    let server = Server::new("s").tool(Tool::new("block", || async {
        blocking(|| assert_eq!(1, 2, "no")).await;
    }));
    let said = words(&run(&server, "block", json!({})).await);
    assert!(said.starts_with("the tool failed"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_late_panic_of_a_destructor_is_the_tools_error() {
    let late = Tool::new("late", || Endless(Bomb)).timeout(Duration::from_secs(1));
    let result = run(&Server::new("s").tool(late), "late", json!({})).await;
    assert!(result.is_error());
}
