//! The servers of a configuration, mounted.

use std::time::Instant;

use fmcp::{ServerState, config::Servers};
use serde_json::json;

use super::*;
use crate::stdio::program;

fn servers(entries: &serde_json::Value) -> Servers {
    Servers::parse(&json!({"mcpServers": entries}).to_string()).unwrap()
}

#[tokio::test]
async fn each_is_mounted_under_its_name_and_one_that_is_down_takes_nobody_along() {
    let program = program("stdio");
    let app = Server::new("app").tool(tool("own", "mine"));
    let all = servers(&json!({
        "good": {"command": program, "tools": {
            "count": {"name": "reckon", "arguments": {"every": {"default": 1, "hide": true}}},
            "shout": {"enabled": false},
        }},
        "bad": {"command": "/there/is/no/such/program"},
        "off": {"command": "/nor/this", "disabled": true},
    }));
    app.mount_servers(&all).await.unwrap();
    let began = Instant::now();
    app.start().await.unwrap();
    assert!(began.elapsed().as_secs() < 10);
    let client = testing::connect(&app).await;
    while !tools(&app).await.contains(&"good_reckon".to_owned()) {
        client.next_notice().await;
    }
    assert_eq!(tools(&app).await, ["own", "good_reckon"]);
    let counted = client.call("good_reckon", json!({"to": 2})).await;
    assert_eq!(testing::expect_text(&counted), "counted to 2");
    let states = app.upstreams();
    assert_eq!(states.len(), 2);
    assert!(
        matches!(&states[1].1.state, ServerState::Down { .. }),
        "{states:?}"
    );
    app.stop().await;
}

#[test]
fn what_is_wrong_with_a_shape_is_said_with_its_path() {
    let text = json!({"mcpServers": {"a": {"command": "x", "tools": {
        "t": {"nam": "y", "arguments": {"q": {"hide": "yes"}}},
    }, "passHeaders": ["a b"]}}});
    let error = Servers::parse(&text.to_string()).unwrap_err().to_string();
    for path in [
        "mcpServers.a.tools.t.nam",
        "mcpServers.a.tools.t.arguments.q.hide",
        "mcpServers.a.passHeaders",
    ] {
        assert!(error.contains(path), "{path}: {error}");
    }
}
