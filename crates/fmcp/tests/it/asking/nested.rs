//! Calls within calls that ask, and values that are computed once.

use std::sync::atomic::{AtomicUsize, Ordering};

use fmcp::{
    Context, Input, Revision, Server, Tool, ToolError, schemars::JsonSchema, serde::Deserialize,
};
use serde_json::json;

use super::*;

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "fmcp::serde")]
#[schemars(crate = "fmcp::schemars")]
struct Item {
    item: String,
}

static PRICED: AtomicUsize = AtomicUsize::new(0);

async fn buy(Input(Item { item }): Input<Item>, ctx: Context) -> Result<String, ToolError> {
    let price = ctx
        .once("price", async || PRICED.fetch_add(1, Ordering::SeqCst))
        .await?;
    let _ = price;
    let sure = ctx.confirm(format!("Buy {item}?")).await?;
    Ok(format!("{item}: {sure}"))
}

/// Buys several things, each with a question of its own, between two questions of its own.
async fn shop(ctx: Context) -> Result<String, ToolError> {
    let start = ctx.confirm("Start?").await?;
    let mut bought = vec![start.to_string()];
    for item in ["tea", "tea", "milk"] {
        let result = ctx.call_tool("buy", json!({"item": item})).await?;
        bought.push(result.content[0].as_text().unwrap().to_owned());
    }
    bought.push(ctx.confirm("Done?").await?.to_string());
    Ok(bought.join(", "))
}

#[tokio::test]
async fn a_tool_asks_through_the_tool_that_calls_it() {
    let server = Server::new("s")
        .tool(Tool::new("buy", buy))
        .tool(Tool::new("shop", shop));
    for revision in WITH_FORMS {
        PRICED.store(0, Ordering::SeqCst);
        let agree = |n, _: &str, _: &Value| {
            if n == 2 {
                json!({"action": "decline"})
            } else {
                accept(json!({}))
            }
        };
        let peer = Peer::new(&server, revision, agree);
        assert_eq!(
            peer.call("shop").await,
            "true, tea: true, tea: false, milk: true, true",
            "{revision}"
        );
        assert_eq!(peer.asked().len(), 5, "{revision}: nothing is asked twice");
        assert_eq!(
            PRICED.load(Ordering::SeqCst),
            3,
            "{revision}: one price for each call"
        );
    }
}

#[tokio::test]
async fn a_question_of_another_tool_may_be_left_alone() {
    let server = Server::new("s").tool(Tool::new("buy", buy)).tool(Tool::new(
        "try",
        |ctx: Context| async move {
            // Whoever does not hand the question on answers without it.
            match ctx.call_tool("buy", json!({"item": "tea"})).await {
                Ok(_) => "bought",
                Err(_) => "not bought",
            }
        },
    ));
    let peer = Peer::new(&server, Revision::NEWEST, |_, _, _| accept(json!({})));
    assert_eq!(peer.call("try").await, "not bought");
}

#[tokio::test]
async fn a_failure_is_not_kept_and_a_skipped_question_shifts_none() {
    static TRIES: AtomicUsize = AtomicUsize::new(0);
    let server = Server::new("s").tool(Tool::new("t", |ctx: Context| async move {
        let order: usize = ctx
            .try_once("order", async || {
                // It is asked only in the runs before the value is there.
                ctx.confirm("Order?").await?;
                Ok::<_, ToolError>(TRIES.fetch_add(1, Ordering::SeqCst))
            })
            .await?;
        let first = ctx.confirm("First?").await?;
        let second = ctx.confirm("Second?").await?;
        Ok::<_, ToolError>(format!("{order} {first} {second}"))
    }));
    for (revision, order) in [(Revision::NEWEST, 0), (Revision::NEWEST_LEGACY, 1)] {
        let peer = Peer::new(&server, revision, |_, _, _| accept(json!({})));
        assert_eq!(peer.call("t").await, format!("{order} true true"));
        assert_eq!(peer.asked().len(), 3, "{revision}");
    }
}
