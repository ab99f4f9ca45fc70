//! Questions that nobody answers: they end with their call, in its time.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use fmcp::{Context, Server, Tool, ToolError};
use serde_json::json;
use tokio::sync::Notify;

use super::*;

/// A client that says nothing, and knows how many of its questions wait.
#[derive(Default)]
struct Silent {
    waiting: AtomicUsize,
    asked: Notify,
}

struct Waiting(Arc<Silent>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Way(Arc<Silent>);

impl Endpoint for Way {
    fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let silent = Arc::clone(&self.0);
        silent.waiting.fetch_add(1, Ordering::SeqCst);
        silent.asked.notify_one();
        Box::pin(async move {
            let _waiting = Waiting(silent);
            std::future::pending().await
        })
    }
}

fn server() -> Server {
    let sure = |ctx: Context| async move { Ok::<_, ToolError>(ctx.confirm("Sure?").await?) };
    let both = |ctx: Context| async move {
        let both = ctx
            .ask_all((ctx.confirm("One?"), ctx.confirm("Two?")))
            .await?;
        Ok::<_, ToolError>(both.0)
    };
    Server::new("s")
        .tool(Tool::new("sure", sure))
        .tool(Tool::new("both", both))
        .tool(Tool::new("soon", sure).timeout(Duration::from_secs(5)))
}

async fn session(silent: &Arc<Silent>) -> Exchange {
    let exchange = Exchange::new(server()).peer(Arc::new(Way(Arc::clone(silent))));
    let open = json!({"protocolVersion": "2025-11-25", "capabilities": everything(),
        "clientInfo": {"name": "silent", "version": "1"}});
    answer(&exchange, legacy("initialize", open)).await;
    exchange
}

#[tokio::test]
async fn a_call_that_is_cancelled_waits_for_no_answer() {
    for (tool, questions) in [("sure", 1), ("both", 2)] {
        let silent = Arc::new(Silent::default());
        let exchange = session(&silent).await;
        let running = tokio::spawn(async move {
            answer(&exchange, legacy("tools/call", json!({"name": tool}))).await
        });
        while silent.waiting.load(Ordering::SeqCst) < questions {
            silent.asked.notified().await;
        }
        running.abort();
        running.await.unwrap_err();
        assert_eq!(silent.waiting.load(Ordering::SeqCst), 0, "{tool}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_waits_for_an_answer_no_longer_than_it_may_take() {
    let silent = Arc::new(Silent::default());
    let exchange = session(&silent).await;
    let answered = answer(&exchange, legacy("tools/call", json!({"name": "soon"}))).await;
    assert_eq!(
        said(&answered),
        "failed: Tool \"soon\" did not finish within 5s"
    );
    assert_eq!(silent.waiting.load(Ordering::SeqCst), 0);
}
