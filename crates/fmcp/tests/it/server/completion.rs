//! Values that complete what somebody types.

use fmcp::{
    Completions, Context, Input, Kind, Prompt, PromptError, Resource, Server, Tool,
    model::{CompleteParams, CompletionContext, PromptReference, ResourceReference},
    testing::{self, Wire, modern},
};
use serde_json::json;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    /// With more words
    Large,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[allow(dead_code)]
struct Args {
    language: String,
    size: Size,
    #[serde(default)]
    maybe: Option<Size>,
    fast: bool,
    city: String,
    many: String,
    broken: String,
    bad: String,
}

fn server() -> Server {
    let prompt = Prompt::new("p", |Input(_): Input<Args>| async { "" })
        .complete("language", ["Rust", "Python", "TypeScript"])
        .complete("city", |text: String, ctx: Context| async move {
            assert!(Context::current().is_some(), "completers have a context");
            let params: CompleteParams = ctx.call().params().parse().unwrap();
            let land = params
                .context
                .and_then(|context| context.arguments)
                .and_then(|given| given.get("land").map(ToString::to_string))
                .unwrap_or_default();
            vec![format!("{text} in {land}")]
        })
        .complete("many", |_: String| async {
            Completions::new((0..150).map(|n| n.to_string())).total(1_000)
        })
        .complete("broken", |_: String| async {
            Err::<Vec<String>, _>(PromptError::new("no list today"))
        })
        .complete("bad", |text: String| {
            assert!(text != "early", "password=hunter2");
            async move {
                assert!(text != "late", "password=hunter2");
                vec![text]
            }
        });
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[allow(dead_code)]
    struct Sized {
        size: Size,
    }
    Server::new("s")
        .prompt(prompt)
        .resource(Resource::new(
            "r://{size}",
            |Input(_): Input<Sized>| async { "" },
        ))
        .tool(Tool::new("t", || async {}))
}

async fn check(argument: &str, typed: &str, expect: &[&str]) {
    let client = testing::connect(server()).await;
    let found = client
        .complete(PromptReference::new("p"), argument, typed)
        .await
        .unwrap();
    assert_eq!(found.values, expect, "{argument} {typed:?}");
}

#[tokio::test]
async fn words_that_begin_so_come_before_those_that_hold_it() {
    check("language", "", &["Rust", "Python", "TypeScript"]).await;
    check("language", "p", &["Python", "TypeScript"]).await;
    check("language", "T", &["TypeScript", "Rust", "Python"]).await;
    check("language", "x", &[]).await;
}

#[tokio::test]
async fn enumerations_complete_by_themselves() {
    check("size", "", &["small", "large"]).await;
    check("maybe", "l", &["large", "small"]).await;
    check("fast", "t", &["true"]).await;
    let client = testing::connect(server()).await;
    let found = client
        .complete(ResourceReference::new("r://{size}"), "size", "s")
        .await
        .unwrap();
    assert_eq!(found.values, ["small"]);
}

#[tokio::test]
async fn other_arguments_help() {
    let client = testing::connect(server()).await;
    let mut context = CompletionContext::new();
    context.arguments = Some([("land".to_owned(), "x".to_owned())].into_iter().collect());
    let found = client
        .complete_in(PromptReference::new("p"), "city", "Ulm", context)
        .await
        .unwrap();
    assert!(found.values[0].contains("Ulm in"), "{:?}", found.values);
    assert!(found.values[0].contains('x'), "{:?}", found.values);
}

#[tokio::test]
async fn no_more_than_a_hundred_are_sent() {
    let client = testing::connect(server()).await;
    let found = client
        .complete(PromptReference::new("p"), "many", "")
        .await
        .unwrap();
    assert_eq!(
        (found.values.len(), found.total, found.has_more),
        (100, Some(1_000), Some(true))
    );
}

#[tokio::test]
async fn completers_may_fail_and_panic() {
    let wire = Wire::new(server());
    let ask = async |argument: &str, typed: &str| {
        let params = json!({"ref": {"type": "ref/prompt", "name": "p"},
                            "argument": {"name": argument, "value": typed}});
        wire.send(modern("completion/complete", params)).await
    };
    let answer = ask("broken", "").await;
    assert_eq!(
        testing::expect_rpc_error(&answer, -32603)["message"],
        "no list today"
    );
    for typed in ["early", "late"] {
        let answer = ask("bad", typed).await;
        let said = testing::expect_rpc_error(&answer, -32603).to_string();
        assert!(
            said.contains("the argument could not be completed"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(ask("bad", "fine").await.unwrap()["result"].is_object());
}

#[tokio::test]
async fn what_cannot_be_completed_is_said() {
    let client = testing::connect(server()).await;
    let found = client
        .complete(PromptReference::new("p"), "no_such", "")
        .await
        .unwrap();
    assert!(found.values.is_empty());
    for error in [
        client
            .complete(PromptReference::new("x"), "a", "")
            .await
            .unwrap_err(),
        client
            .complete(ResourceReference::new("x://{a}"), "a", "")
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::NotFound, "{error}");
    }
    assert!(client.capabilities().completions.is_some());
    let none = testing::connect(Server::new("s").tool(Tool::new("t", || async {}))).await;
    assert!(none.capabilities().completions.is_none());
}
