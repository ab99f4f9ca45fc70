//! What callers read when handlers fail or panic, and what they never read.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use fmcp::{
    CallOptions, Client, ClientError, Content, Context, Error, Input, Kind, Prompt, PromptError,
    Resource, ResourceError, Server, Tool, ToolError,
    model::PromptReference,
    testing::{self, Wire, modern},
};
use serde_json::json;
use tokio::sync::{Notify, oneshot};

use super::*;

const SECRET: &str = "password=hunter2";

fn library() -> std::io::Error {
    std::io::Error::other(SECRET)
}

fn server() -> Server {
    Server::new("s")
        .tool(Tool::new("said", || async {
            Err::<(), _>(
                ToolError::new("not today")
                    .content([Content::text("try tomorrow")])
                    .structured(json!({"code": 7})),
            )
        }))
        .tool(Tool::new("library", || async { Err::<(), _>(library()) }))
        .tool(Tool::new("question_mark", || async {
            Err::<(), _>(library())?;
            Ok::<_, ToolError>(())
        }))
        .tool(Tool::new("string", || async { Err::<(), _>(SECRET) }))
        .tool(Tool::new("panic", || async {
            assert_eq!(1, 2, "{SECRET}");
        }))
        .tool(Tool::new("protocol", || async {
            Err::<(), _>(Error::new(Kind::Unavailable, "the database is away").caused_by(SECRET))
        }))
        .tool(Tool::new("forbidden", || async {
            Err::<(), _>(Error::new(Kind::Forbidden, "not you"))
        }))
        .resource(Resource::new("said://a", || async {
            Err::<String, _>(ResourceError::new("gone fishing"))
        }))
        .resource(Resource::new("library://a", || async {
            Err::<String, _>(library())
        }))
        .resource(Resource::new("panic://a", || async {
            panic!("{SECRET}");
            #[allow(unreachable_code)]
            ""
        }))
        .prompt(Prompt::new("said", || async {
            Err::<String, _>(PromptError::new("no words"))
        }))
        .prompt(Prompt::new("library", || async {
            Err::<String, _>(library())
        }))
}

#[tokio::test]
async fn what_the_author_says_is_shown() {
    let result = run(&server(), "said", json!({})).await;
    assert_eq!(result.content()[0].as_text(), Some("not today"));
    assert_eq!(result.content()[1].as_text(), Some("try tomorrow"));
    assert_eq!(result.structured().unwrap().to_value(), json!({"code": 7}));
    let client = testing::connect(server()).await;
    let error = client.read("said://a").await.unwrap_err();
    assert!(error.to_string().ends_with("gone fishing"), "{error}");
    let error = client.prompt("said", ()).await.unwrap_err();
    assert!(error.to_string().ends_with("no words"), "{error}");
}

#[tokio::test]
async fn what_others_say_stays_in_the_log() {
    let wire = Wire::new(server());
    for name in ["library", "question_mark", "string", "panic"] {
        let message = modern("tools/call", json!({"name": name}));
        let id = message["id"].clone();
        let answer = wire.send(message).await;
        let result = testing::expect_result(&answer);
        assert_eq!(
            (&result["isError"], &result["content"][0]["text"]),
            (
                &json!(true),
                &json!(format!(
                    "the tool failed; the server's log says why (request {id})"
                ))
            ),
            "{name}"
        );
    }
    for (method, params, words) in [
        (
            "resources/read",
            json!({"uri": "library://a"}),
            "the resource could not be read",
        ),
        (
            "resources/read",
            json!({"uri": "panic://a"}),
            "the resource could not be read",
        ),
        (
            "prompts/get",
            json!({"name": "library"}),
            "the prompt could not be filled in",
        ),
    ] {
        let answer = wire.send(modern(method, params)).await;
        let error = testing::expect_rpc_error(&answer, -32603);
        let said = error["message"].as_str().unwrap();
        assert!(
            said.starts_with(&format!("{words}; the server's log says why (request ")),
            "{said}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let answer = wire
        .send(modern("tools/call", json!({"name": "protocol"})))
        .await
        .unwrap();
    assert_eq!(
        answer["result"]["content"][0]["text"],
        "the database is away"
    );
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
}

#[tokio::test]
async fn a_server_may_show_details() {
    let server = server().show_error_details(true);
    for name in ["library", "string"] {
        let said = words(&run(&server, name, json!({})).await);
        assert_eq!(said, format!("the tool failed: {SECRET}"));
    }
    let said = words(&run(&server, "panic", json!({})).await);
    assert!(said.contains(SECRET), "{said}");
    let client = testing::connect(&server).await;
    let error = client.read("library://a").await.unwrap_err();
    assert!(error.to_string().contains(SECRET), "{error}");
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_call() {
    let client = testing::connect(server()).await;
    let error = client.call("forbidden", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
}

#[tokio::test]
async fn unknown_names_are_invalid_parameters() {
    let wire = Wire::new(server());
    for (method, params, words) in [
        ("tools/call", json!({"name": "x"}), "Unknown tool: x"),
        ("prompts/get", json!({"name": "x"}), "Unknown prompt: x"),
        (
            "resources/read",
            json!({"uri": "x://a"}),
            "Resource not found: x://a",
        ),
    ] {
        let answer = wire.send(modern(method, params)).await;
        assert_eq!(testing::expect_rpc_error(&answer, -32602)["message"], words);
    }
}

/// Says when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            let _ = tell.send(());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_has_a_time_limit_of_its_own() {
    let limit = Duration::from_secs(5);
    let server = Server::new("s")
        .tool(Tool::new("slow", pending::<()>).timeout(limit))
        .resource(Resource::new("slow://a", pending::<String>).timeout(limit))
        .prompt(
            Prompt::new("slow", pending::<String>)
                .timeout(limit)
                .complete("x", |_: String| pending::<Vec<String>>()),
        );
    let client = Client::connect(&server).await.unwrap();
    let result = client.call_raw("slow", (), CallOptions::new()).await;
    assert_eq!(
        words(&result.unwrap()),
        "Tool \"slow\" did not finish within 5s"
    );
    let error = client.read("slow://a").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    let error = client.prompt("slow", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    let error = client
        .complete(PromptReference::new("slow"), "x", "")
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Call { .. }), "{error}");
    assert_eq!(error.kind(), Kind::Timeout);
}

#[tokio::test]
async fn a_cancelled_call_drops_its_handler() {
    let (tell, dropped) = oneshot::channel();
    let tell = Arc::new(std::sync::Mutex::new(Some(tell)));
    let begun = Arc::new(Notify::new());
    let says = Arc::clone(&begun);
    let server = Server::new("s").tool(Tool::new("wait", move |_: Context| {
        let (tell, says) = (tell.lock().unwrap().take(), Arc::clone(&says));
        async move {
            let _dropped = Dropped(tell);
            says.notify_one();
            pending::<()>().await;
        }
    }));
    let client = Client::connect(&server).await.unwrap();
    let call = tokio::spawn(async move { client.call("wait", ()).await.map(drop) });
    begun.notified().await;
    call.abort();
    dropped.await.unwrap();
}

#[tokio::test]
async fn structured_words_of_a_failure_are_an_object_or_nothing() {
    let server = Server::new("s").tool(Tool::new("t", || async {
        Err::<(), _>(ToolError::new("no").structured(json!(5)))
    }));
    let result = run(&server, "t", json!({})).await;
    assert_eq!(words(&result), "no");
    assert!(result.structured().is_none(), "{result:?}");
}

#[tokio::test]
async fn a_resource_may_say_itself_that_it_is_not_there() {
    let server = Server::new("s").resource(fmcp::Resource::new("r://a", || async {
        Err::<String, _>(fmcp::ResourceError::not_found("nobody has written r://a"))
    }));
    let client = Client::connect(&server).await.unwrap();
    let error = client.read("r://a").await.unwrap_err();
    assert_eq!(error.kind(), fmcp::Kind::NotFound);
    assert!(error.to_string().contains("nobody has written r://a"));
}

#[tokio::test]
async fn a_handler_that_has_run_is_not_run_again_whatever_it_says() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let tool = Tool::new("t", move |_: Input<Nothing>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Err::<(), _>(fmcp::Error::new(fmcp::Kind::BadArguments, "none of these")) }
    });
    let result = run(&Server::new("s").tool(tool), "t", json!({})).await;
    assert!(result.is_error());
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_panic_of_a_components_own_layer_is_the_tools_error() {
    struct Falls;
    impl fmcp::Middleware for Falls {
        async fn handle(&self, _: fmcp::Call, _: fmcp::Next<'_>) -> fmcp::Result<fmcp::Reply> {
            panic!("the layer fell")
        }
    }
    let server = Server::new("s").tool(Tool::new("t", || async {}).layer(Falls));
    let result = run(&server, "t", json!({})).await;
    assert!(
        result.is_error() && !words(&result).contains("fell"),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_component_of_somebody_elses_may_panic_before_it_is_waited_for() {
    struct Sudden;
    impl fmcp::Endpoint for Sudden {
        fn call(&self, _: fmcp::Call) -> fmcp::BoxFuture<'_, fmcp::Result<fmcp::Reply>> {
            panic!("{SECRET}")
        }
    }
    struct One(Arc<fmcp::Component>);
    impl fmcp::Provider for One {
        fn list(
            &self,
            _: fmcp::ComponentKind,
        ) -> fmcp::BoxFuture<'_, fmcp::Result<Vec<Arc<fmcp::Component>>>> {
            Box::pin(async { Ok(vec![Arc::clone(&self.0)]) })
        }

        fn get<'a>(
            &'a self,
            _: &'a fmcp::Key,
        ) -> fmcp::BoxFuture<'a, fmcp::Result<Option<Arc<fmcp::Component>>>> {
            Box::pin(async { Ok(Some(Arc::clone(&self.0))) })
        }
    }
    let schema = fmcp::Raw::from(json!({"type": "object"}));
    let tool = fmcp::Definition::Tool(Box::new(fmcp::model::Tool::new("t", schema)));
    let one = One(Arc::new(fmcp::Component::new(tool, Arc::new(Sudden))));
    let server = Server::new("s").provider(one);
    let result = run(&server, "t", json!({})).await;
    assert!(
        result.is_error() && !words(&result).contains(SECRET),
        "{result:?}"
    );
}
