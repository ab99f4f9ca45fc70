//! What a silent session costs.

use fmcp::http::Body;
use tower_service::Service as _;

use super::*;

const SESSIONS: usize = 20_000;

/// The bytes of memory that this process has.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

async fn send(service: &mut fmcp::http::McpService, id: Option<&str>, message: &Value) -> String {
    let mut request = ::http::Request::post("/").header("content-type", "application/json");
    if let Some(id) = id {
        request = request.header("mcp-session-id", id);
    }
    let request = request.body(Body::from(message.to_string())).unwrap();
    let answer = service.call(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let id = answer.headers().get("mcp-session-id");
    id.map_or_else(String::new, |id| id.to_str().unwrap().to_owned())
}

/// In a process of its own, as the test runner has it; in one with others, these blur the figure.
#[tokio::test]
async fn a_silent_session_costs_two_kilobytes() {
    let server = server(&Signals::new());
    let mut service = server.into_http_service_with(Http::new(""));
    let (hello, call) = (
        hello("2025-11-25"),
        testing::legacy("tools/call", sum(1, 2)),
    );
    // What the first ones cost is the server's own.
    for _ in 0..1_000 {
        let id = send(&mut service, None, &hello).await;
        send(&mut service, Some(&id), &call).await;
    }
    let before = resident();
    for _ in 0..SESSIONS {
        let id = send(&mut service, None, &hello).await;
        send(&mut service, Some(&id), &call).await;
    }
    let each = resident().saturating_sub(before) / SESSIONS;
    assert_eq!(service.sessions(), SESSIONS + 1_000);
    assert!(each <= 2048, "{each} bytes for each session");
}
