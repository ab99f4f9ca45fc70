//! What handlers say to `tracing`: who reads it, and who does not.

use std::{sync::OnceLock, time::Duration};

use fmcp::{
    Context, Notice, Server, Tool, ToolError, blocking,
    testing::{self, Wire, legacy, modern},
    trace::ClientLayer,
};
use serde_json::json;
use tracing::Instrument as _;
use tracing_subscriber::prelude::*;

use super::*;

/// What a crate that is told of says; everything else is said under another target.
const OURS: &str = "ours";

/// The layer, for all threads, once for all of these tests. It tells of nothing that other tests log.
fn install() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let layer = ClientLayer::new([OURS]).layer();
        let all = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(all).unwrap();
    });
}

fn server() -> Server {
    install();
    Server::new("s")
        .tool(Tool::new("event", || async {
            tracing::info!(target: OURS, user = 3, ok = true, ratio = 0.5, name = "ada", "looked up");
            tracing::warn!(target: "ours::deeper", error = %"disk", "odd");
            tracing::error!(target: "hyper", "not ours");
            tracing::error!(target: "fmcp::server", "never");
            tracing::debug!(target: OURS, list = ?[1, 2], "detail");
            tracing::trace!(target: OURS, "too much");
        }))
        .tool(Tool::new("span", || {
            async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                async { tracing::info!(target: OURS, "within") }
                    .instrument(tracing::debug_span!(target: OURS, "inner", step = 2))
                    .await;
                tracing::Span::current().record("rows", 7);
            }
            .instrument(tracing::info_span!(target: OURS, "outer", table = "users", rows = tracing::field::Empty))
        }))
        .tool(Tool::new("far", |ctx: Context| async move {
            blocking(|| tracing::info!(target: OURS, "blocking")).await;
            ctx.spawn(async { tracing::info!(target: OURS, "spawned") })?.await?;
            let span = tracing::info_span!(target: OURS, "own");
            let own = async { tracing::info!(target: OURS, "own task") };
            tokio::spawn(own.instrument(span)).await?;
            tokio::spawn(async { tracing::error!(target: OURS, "of nobody") }).await?;
            ctx.call_tool("inner", json!({})).await?;
            Ok::<_, ToolError>(())
        }))
        .tool(Tool::new("inner", || async { tracing::info!(target: OURS, "inner call") }))
        .tool(Tool::new("waits", || async {
            tracing::info!(target: OURS, "begun");
            tokio::time::sleep(Duration::from_secs(60)).await;
        }))
        .tool(Tool::new("secret", || async {
            "no number".parse::<u8>()?;
            Ok::<_, ToolError>(())
        }))
        .tool(Tool::new("named", |ctx: Context| async move {
            let name = ctx.meta().get("name").map(fmcp::Raw::to_value);
            for _ in 0..10 {
                tracing::info!(target: OURS, name = ?name);
                tokio::task::yield_now().await;
            }
        }))
}

fn asking(tool: &str, level: &str) -> Value {
    let meta = json!({"io.modelcontextprotocol/logLevel": level});
    modern("tools/call", json!({"name": tool, "_meta": meta}))
}

/// Level, logger and data of what was told.
fn said(wire: &Wire) -> Vec<(String, String, Value)> {
    let one = |notice: &Notice| match notice {
        Notice::Log(m) => {
            let logger = m.logger.clone().unwrap_or_default();
            (m.level.to_string(), logger, m.data.to_value())
        }
        other => panic!("{other:?}"),
    };
    wire.notices().iter().map(one).collect()
}

async fn told(tool: &str, level: &str) -> Vec<(String, String, Value)> {
    let wire = Wire::new(server());
    wire.send(asking(tool, level)).await;
    said(&wire)
}

#[tokio::test]
async fn events_go_to_the_client_with_their_fields() {
    let one = |level: &str, logger: &str, data| (level.to_owned(), logger.to_owned(), data);
    let fields =
        json!({"message": "looked up", "user": 3, "ok": true, "ratio": 0.5, "name": "ada"});
    let all = [
        one("info", "ours", fields),
        one(
            "warning",
            "ours::deeper",
            json!({"message": "odd", "error": "disk"}),
        ),
        one(
            "debug",
            "ours",
            json!({"message": "detail", "list": "[1, 2]"}),
        ),
    ];
    assert_eq!(told("event", "debug").await, all);
    assert_eq!(told("event", "info").await, all[..2]);
    assert_eq!(told("event", "error").await, []);
}

#[tokio::test]
async fn who_asks_for_nothing_is_sent_nothing() {
    let wire = Wire::new(server());
    let answer = wire
        .send(modern("tools/call", json!({"name": "event"})))
        .await;
    testing::expect_result(&answer);
    assert!(wire.notices().is_empty());
}

#[tokio::test]
async fn a_session_reads_from_its_level_on() {
    let wire = Wire::new(server());
    wire.initialize(fmcp::Revision::V2025_11_25).await;
    wire.send(legacy("logging/setLevel", json!({"level": "warning"})))
        .await;
    wire.send(legacy("tools/call", json!({"name": "event"})))
        .await;
    assert_eq!(said(&wire).len(), 1);
}

#[tokio::test]
async fn categories_have_levels_here_too() {
    let server = server();
    server
        .log_levels()
        .set("ours::deeper", fmcp::model::LogLevel::Error)
        .unwrap();
    let wire = Wire::new(&server);
    wire.send(asking("event", "debug")).await;
    let loggers: Vec<_> = said(&wire)
        .into_iter()
        .map(|(_, logger, _)| logger)
        .collect();
    assert_eq!(loggers, ["ours", "ours"]);
}

#[tokio::test(start_paused = true)]
async fn spans_are_told_of_when_they_end_and_stand_beside_events() {
    let told = told("span", "debug").await;
    let data: Vec<_> = told.into_iter().map(|(_, _, data)| data).collect();
    let outer = json!([{"name": "outer", "table": "users"}]);
    let expect = [
        json!({"message": "within", "spans": [{"name": "outer", "table": "users"}, {"name": "inner", "step": 2}]}),
        json!({"span": "inner", "ms": 0.0, "step": 2, "spans": outer}),
        json!({"span": "outer", "ms": 20.0, "table": "users", "rows": 7}),
    ];
    assert_eq!(data, expect);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_the_calls_wherever_its_work_is() {
    let wire = Wire::new(server());
    let answer = wire.send(asking("far", "info")).await;
    assert_eq!(
        testing::expect_result(&answer)["isError"],
        Value::Null,
        "{answer:?}"
    );
    let words: Vec<_> = said(&wire)
        .into_iter()
        .filter_map(|(_, _, data)| data["message"].as_str().map(str::to_owned))
        .collect();
    for expect in ["blocking", "spawned", "own task", "inner call"] {
        assert!(
            words.iter().any(|one| one == expect),
            "{expect} in {words:?}"
        );
    }
    assert!(!words.iter().any(|one| one == "of nobody"), "{words:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_told_while_the_handler_waits() {
    let wire = std::sync::Arc::new(Wire::new(server()));
    let calling = tokio::spawn({
        let wire = std::sync::Arc::clone(&wire);
        async move { wire.send(asking("waits", "info")).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(said(&wire).len(), 1);
    calling.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_read_their_own() {
    let server = server();
    let calls = (0..20).map(|n| {
        let wire = Wire::new(&server);
        async move {
            let meta = json!({"io.modelcontextprotocol/logLevel": "info", "name": n});
            wire.send(modern(
                "tools/call",
                json!({"name": "named", "_meta": meta}),
            ))
            .await;
            let said = said(&wire);
            assert_eq!(said.len(), 10);
            for (_, _, data) in said {
                assert!(
                    data["name"]
                        .as_str()
                        .unwrap()
                        .contains(&format!("Number({n})")),
                    "{n}: {data}"
                );
            }
        }
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn what_clients_must_not_read_they_do_not_read_here() {
    assert_eq!(told("secret", "debug").await, []);
}
