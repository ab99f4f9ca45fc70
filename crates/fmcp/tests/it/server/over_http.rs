//! What becomes of mirrored headers and of streamed parts on HTTP.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{Revision, Server, Stream, testing::modern, tool};
use futures_util::stream;
use serde_json::json;
use tokio::sync::oneshot;

use super::*;

/// Where something is.
#[tool]
async fn locate(#[arg(header = "Region")] region: String) -> String {
    region
}

#[tool]
fn count() -> impl Stream<Item = &'static str> {
    stream::iter(["one", "two"])
}

/// What the server sends back to one request, head and body, as text.
fn post(address: SocketAddr, tool: &str, params: Value, header: &str) -> String {
    let body = modern("tools/call", params).to_string();
    let mut socket = TcpStream::connect(address).unwrap();
    let patience = Some(Duration::from_secs(10));
    socket.set_read_timeout(patience).unwrap();
    let version = Revision::NEWEST;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\naccept: application/json, text/event-stream\r\n\
         mcp-protocol-version: {version}\r\nmcp-method: tools/call\r\nmcp-name: {tool}\r\n\
         {header}content-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// Serves while `ask` runs on a thread of its own.
async fn serving(ask: impl FnOnce(SocketAddr) + Send + 'static) {
    let server = Server::new("s").tool(locate::tool()).tool(count::tool());
    let server = server.bind_http("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let (done, enough) = oneshot::channel::<()>();
    let asking = tokio::task::spawn_blocking(move || {
        ask(address);
        drop(done);
    });
    let enough = async { drop(enough.await) };
    server.run_until(enough).await.unwrap();
    asking.await.unwrap();
}

#[tokio::test]
async fn a_header_that_contradicts_its_argument_is_a_bad_request() {
    serving(|address| {
        let locate = |header| {
            let params = json!({"name": "locate", "arguments": {"region": "世界"}});
            post(address, "locate", params, header)
        };
        let answer = locate("mcp-param-region: =?base64?5LiW55WM?=\r\n");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        for header in ["", "Mcp-Param-Region: elsewhere\r\n"] {
            let answer = locate(header);
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
            assert!(answer.contains("-32020"), "{answer}");
            assert!(answer.contains("Header mismatch: Mcp-Param-Region"));
        }
    })
    .await;
}

#[tokio::test]
async fn parts_are_events_before_the_result() {
    serving(|address| {
        let meta = json!({"fmcp/streamContent": true, "progressToken": 1});
        let answer = post(
            address,
            "count",
            json!({"name": "count", "_meta": meta}),
            "",
        );
        assert!(
            answer.contains("content-type: text/event-stream"),
            "{answer}"
        );
        let at = |words: &str| {
            answer
                .find(words)
                .unwrap_or_else(|| panic!("{words}: {answer}"))
        };
        let topic = at("notifications/tool/streamContent");
        assert!(topic < at("notifications/progress"));
        assert!(at(r#""text":"one""#) < at(r#""text":"two""#));
        assert!(at(r#""text":"two""#) < at(r#""resultType""#));
        assert_eq!(
            answer.matches("notifications/tool/streamContent").count(),
            2
        );

        let answer = post(address, "count", json!({"name": "count"}), "");
        assert!(
            answer.contains("content-type: application/json"),
            "{answer}"
        );
        assert!(!answer.contains("streamContent"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_address_is_taken_can_be_bound_to_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let starts = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&starts);
    let server = Server::new("s").on_start(move |_| {
        counting.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, String>(()) }
    });
    let Err(refused) = server.clone().bind_http(address.as_str()).await else {
        panic!("it is bound to an address that is taken");
    };
    let shown = format!("{refused:?}");
    assert!(shown.starts_with("cannot listen at 127.0.0.1:"), "{shown}");
    assert_eq!(starts.load(Ordering::SeqCst), 0);
    let bound = server.bind_http("127.0.0.1:0").await.unwrap();
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    bound.run_until(async {}).await.unwrap();
}
