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

#[tokio::test]
async fn a_configuration_says_where_tools_belong_and_what_their_definitions_are() {
    let program = program("stdio");
    let all = servers(&json!({
        "good": {"command": program, "domain": "sums", "group": "small", "tools": {
            "shout": {"domain": "noise", "tags": ["loud"]},
        }},
    }));
    let pinned = format!("sha256:{}", "0".repeat(64));
    let approvals = fmcp::Approvals::new().pin("good", "count", pinned).unwrap();
    let app = Server::new("app");
    app.mount_servers(&all.approvals(&approvals)).await.unwrap();
    app.start().await.unwrap();
    let client = testing::connect(&app).await;
    while !tools(&app).await.contains(&"good_shout".to_owned()) {
        client.next_notice().await;
    }
    let front = fmcp::Discovery::new().in_front_of(&app).unwrap();
    let client = testing::connect(&front).await;
    let overview = client.call("discover_tools", json!({})).await;
    let overview = testing::expect_text(&overview);
    assert!(
        overview.contains("- noise: 1 tool; groups: small\n"),
        "{overview}"
    );
    assert!(overview.starts_with("1 tool in 1 domain."), "{overview}");
    let asked = json!({"tag": "loud", "format": "names"});
    let found = client.call("discover_tools", asked).await;
    assert_eq!(testing::expect_text(&found), "good_shout\n");
    let held = approvals.held();
    assert_eq!(held.len(), 1);
    assert_eq!(&*held[0].tool, "count");
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
