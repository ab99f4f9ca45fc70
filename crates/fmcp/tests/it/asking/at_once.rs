//! Several questions at once.

use fmcp::{Context, Elicited, Error, Revision, Server, Tool, ToolError};
use serde_json::{Value, json};

use super::*;

fn server() -> Server {
    Server::new("s")
        .tool(Tool::new("tuple", |ctx: Context| async move {
            let (sure, roots, answer) = ctx
                .ask_all((ctx.confirm("Sure?"), ctx.list_roots(), ctx.sample("Hm?")))
                .await?;
            Ok::<_, ToolError>(format!("{sure} {} {}", roots.len(), answer.text()))
        }))
        .tool(Tool::new("list", |ctx: Context| async move {
            let questions = (0..5)
                .map(|n| ctx.elicit::<u32>(format!("Number {n}?")))
                .collect::<Vec<_>>();
            let numbers = ctx.ask_all(questions).await?;
            Ok::<_, ToolError>(format!(
                "{:?}",
                numbers
                    .into_iter()
                    .map(Elicited::accepted)
                    .collect::<Vec<_>>()
            ))
        }))
        .tool(Tool::new("join", |ctx: Context| async move {
            let (a, b) = tokio::join!(
                ctx.confirm("a").into_future(),
                ctx.confirm("b").into_future()
            );
            Ok::<_, ToolError>(format!("{} {}", a?, b?))
        }))
}

fn script(n: usize, method: &str, _: &Value) -> Value {
    match method {
        "roots/list" => json!({"roots": [{"uri": "file:///a"}]}),
        "sampling/createMessage" => {
            json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "aha"}})
        }
        _ => accept(json!({"value": n})),
    }
}

#[tokio::test]
async fn independent_questions_go_out_together() {
    for revision in WITH_FORMS {
        let peer = Peer::new(&server(), revision, script);
        assert_eq!(peer.call("tuple").await, "true 1 aha", "{revision}");
        let peer = Peer::new(&server(), revision, script);
        let numbers = "[Some(0), Some(1), Some(2), Some(3), Some(4)]";
        assert_eq!(peer.call("list").await, numbers, "{revision}");
        assert_eq!(peer.asked().len(), 5);
    }
}

#[tokio::test]
async fn one_round_is_enough_for_all_of_them() {
    let peer = Peer::new(&server(), Revision::NEWEST, script);
    for (tool, expect) in [("tuple", 3), ("list", 5), ("join", 2)] {
        let answer = peer.once("tools/call", json!({"name": tool})).await;
        assert_eq!(
            answer["result"]["inputRequests"].as_object().unwrap().len(),
            expect,
            "{answer}"
        );
    }
}

#[tokio::test]
async fn of_several_only_the_missing_are_asked_again() {
    let peer = Peer::new(&server(), Revision::NEWEST, script);
    let first = peer.once("tools/call", json!({"name": "list"})).await;
    let names: Vec<_> = first["result"]["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let mut answers = json!({});
    for name in &names[..3] {
        answers[name] = accept(json!({"value": 1}));
    }
    answers[&names[1]] = accept(json!({"value": "no number"}));
    let params = json!({"name": "list", "inputResponses": answers,
        "requestState": first["result"]["requestState"]});
    let second = peer.once("tools/call", params).await;
    let again: Vec<_> = second["result"]["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        again,
        [names[1].clone(), names[3].clone(), names[4].clone()],
        "{second}"
    );
}

#[tokio::test]
async fn a_capability_that_is_missing_ends_all_of_them() {
    let peer =
        Peer::new(&server(), Revision::NEWEST, script).capabilities(json!({"elicitation": {}}));
    assert!(peer.call("tuple").await.starts_with("-32021: "));
}

#[tokio::test]
async fn names_of_ones_own_and_names_that_are_taken() {
    let server = Server::new("s")
        .tool(Tool::new("named", |ctx: Context| async move {
            let name = ctx.elicit::<String>("Your name?").named("name").await?;
            Ok::<_, ToolError>(format!("{:?}", name.accepted()))
        }))
        .tool(Tool::new("twice", |ctx: Context| async move {
            let error: Error = ctx
                .ask_all((ctx.confirm("a").named("x"), ctx.confirm("b").named("x")))
                .await
                .unwrap_err();
            Err::<(), ToolError>(error.into())
        }));
    let peer = Peer::new(&server, Revision::NEWEST, script);
    // A named question may be answered before it is asked.
    let answers = json!({"name": accept(json!({"value": "Ada"}))});
    let answer = peer
        .once(
            "tools/call",
            json!({"name": "named", "inputResponses": answers}),
        )
        .await;
    assert_eq!(said(&answer), "Some(\"Ada\")");
    assert!(
        peer.call("twice")
            .await
            .contains("two questions of one call have the name \"x\"")
    );
}
