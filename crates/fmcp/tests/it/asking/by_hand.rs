//! Handlers that end with questions by hand, and read the answers by hand.

use fmcp::{
    Context, Revision, Server, Tool, ToolError,
    model::{ElicitFormParams, ElicitResult, InputRequiredResult, RequestedSchema, StringSchema},
};
use serde_json::json;

use super::*;

fn question(name: &'static str) -> InputRequiredResult {
    let form = RequestedSchema::new().required_field("word", StringSchema::new());
    InputRequiredResult::new().ask(name, ElicitFormParams::new("A word?", form))
}

/// Asks for two words, and remembers the first in its state.
async fn words(ctx: Context) -> Result<String, ToolError> {
    let given = |name: &str| {
        let answer: ElicitResult = ctx.input_responses().get(name)?.parse().ok()?;
        answer.content?.get("word")?.parse::<String>().ok()
    };
    let state = ctx.request_state();
    assert_eq!(
        state.as_deref(),
        ctx.call().params().request_state().as_deref()
    );
    match (state, given("first"), given("second")) {
        (Some(first), _, Some(second)) => Ok(format!("{first} {second}")),
        (None, Some(first), _) => Err(ToolError::ask(question("second").request_state(first))),
        _ => Err(ToolError::ask(question("first"))),
    }
}

fn server() -> Server {
    Server::new("s")
        .tool(Tool::new("words", words))
        .tool(Tool::new("reply", |ctx: Context| async move {
            let asked = ctx.input_responses().get("first").is_some();
            if asked {
                fmcp::Reply::from(fmcp::CallToolResult::text("done"))
            } else {
                question("first").into()
            }
        }))
}

#[tokio::test]
async fn the_low_way_is_there_and_its_state_is_sealed() {
    let peer = Peer::new(&server(), Revision::NEWEST, |n, _, _| {
        accept(json!({"word": format!("w{n}")}))
    });
    assert_eq!(peer.call("words").await, "w0 w1");
    assert_eq!(peer.call("reply").await, "done");
    let answers = json!({"first": accept(json!({"word": "plain"}))});
    let answer = peer
        .once(
            "tools/call",
            json!({"name": "words", "inputResponses": answers}),
        )
        .await;
    let state = answer["result"]["requestState"].as_str().unwrap();
    assert!(!state.contains("plain"), "{state}");
    let forged = json!({"name": "words", "inputResponses": {"second": answers["first"]}, "requestState": "x"});
    assert_eq!(
        peer.once("tools/call", forged).await["error"]["code"],
        -32602
    );
}

#[tokio::test]
async fn nobody_is_asked_by_hand_who_cannot_be() {
    let peer = Peer::new(&server(), Revision::NEWEST, |_, _, _| json!({})).capabilities(json!({}));
    for tool in ["words", "reply"] {
        assert!(peer.call(tool).await.starts_with("-32021: "));
    }
}
