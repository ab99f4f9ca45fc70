//! Progress and log messages. Time is paused, so that no test waits.

use fmcp::{
    Notice, Revision,
    testing::{self, Wire, expect_result, expect_text},
};
use fmcp_conformance::server::everything;
use serde_json::{Value, json};

use crate::door::REVISIONS;

#[tokio::test(start_paused = true)]
async fn progress_is_reported_in_three_steps() {
    for revision in REVISIONS {
        let client = testing::connect_at(everything(), revision).await;
        client.call("test_tool_with_progress", ()).await.unwrap();
        let steps: Vec<_> = client
            .progress()
            .iter()
            .map(|report| {
                (
                    report.progress.as_f64(),
                    report.total.as_ref().unwrap().as_f64(),
                )
            })
            .collect();
        assert_eq!(
            steps,
            [(0.0, 100.0), (50.0, 100.0), (100.0, 100.0)],
            "{revision}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn three_messages_are_logged() {
    for revision in REVISIONS {
        let client = testing::connect_at(everything(), revision).await;
        client.call("test_tool_with_logging", ()).await.unwrap();
        let words: Vec<_> = client
            .logs()
            .iter()
            .map(|message| (message.level.as_str(), message.data.to_value()))
            .collect();
        let expect = [
            "Tool execution started",
            "Tool processing data",
            "Tool execution completed",
        ]
        .map(|words| ("info", Value::from(words)));
        assert_eq!(words, expect, "{revision}");
    }
}

#[tokio::test]
async fn who_does_not_ask_for_log_messages_gets_none() {
    let wire = Wire::new(everything());
    let call = || json!({"name": "test_logging_tool"});
    expect_result(&wire.send(testing::modern("tools/call", call())).await);
    assert!(wire.notices().is_empty());

    let mut asking = call();
    asking["_meta"] = json!({"io.modelcontextprotocol/logLevel": "info"});
    expect_result(&wire.send(testing::modern("tools/call", asking)).await);
    assert!(matches!(wire.notices().as_slice(), [Notice::Log(_)]));
}

#[tokio::test(start_paused = true)]
async fn the_caller_may_hang_up_and_loses_nothing() {
    let client = testing::connect_at(everything(), Revision::V2025_11_25).await;
    let result = client.call("test_reconnection", ()).await;
    assert!(expect_text(&result).starts_with("Reconnection test completed"));
    assert!(matches!(client.notices().as_slice(), [Notice::HangUp(_)]));
}
