//! Requests that become WebSockets, and those that do not.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::peer::{Host, host, host_in, modern, soon, text};
use serde_json::json;

/// A request as RFC 6455 has it, with what comes before its headers and behind them.
async fn ask(host: &Host, line: &str, fields: &str) -> String {
    let mut raw = host.tcp().await;
    let request = format!("{line}\r\nconnection: close, upgrade\r\n{fields}\r\n");
    raw.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let n = soon(raw.read(&mut answer)).await.unwrap();
    answer.truncate(n);
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn what_asks_for_no_websocket_becomes_none() {
    let host = host(|_| {}).await;
    let usual = "upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let local = "GET /ws HTTP/1.1\r\nhost: localhost";
    for (name, line, fields, status, hint) in [
        (
            "all is well",
            local,
            usual,
            101,
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        ),
        (
            "a POST",
            "POST /ws HTTP/1.1\r\nhost: localhost",
            usual,
            405,
            "allow: GET",
        ),
        ("no upgrade", local, "", 426, "upgrade: websocket"),
        (
            "an old version",
            local,
            "upgrade: websocket\r\nsec-websocket-version: 8\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            426,
            "sec-websocket-version: 13",
        ),
        (
            "a short key",
            local,
            "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhl\r\n",
            400,
            "",
        ),
        (
            "a name of somebody else",
            "GET /ws HTTP/1.1\r\nhost: evil.example.com",
            usual,
            421,
            "",
        ),
        (
            "a page of somebody else",
            "GET /ws HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example.com",
            usual,
            403,
            "",
        ),
    ] {
        let answer = ask(&host, line, fields).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{name}: {answer}"
        );
        assert!(answer.contains(hint), "{name}: {answer}");
    }
}

#[tokio::test]
async fn the_subprotocol_is_agreed_upon_where_it_is_offered() {
    let host = host(|_| {}).await;
    for (offered, agreed) in [
        (Some("mcp"), Some("mcp")),
        (Some("v1, mcp"), Some("mcp")),
        (None, None),
    ] {
        let headers: Vec<_> = offered
            .map(|offered| ("sec-websocket-protocol", offered))
            .into_iter()
            .collect();
        let (mut peer, response) = host.open(&headers).await;
        let protocol = response.headers().get("sec-websocket-protocol");
        assert_eq!(protocol.map(|name| name.to_str().unwrap()), agreed);
        let answer = peer.ask(&modern(1, "host", json!({}))).await;
        assert_eq!(text(&answer), host.address.to_string());
    }
}

#[tokio::test]
async fn they_are_a_service_of_their_own() {
    let host = host_in(false, |_| {}).await;
    let mut peer = host.connect().await;
    let answer = peer.ask(&modern(1, "echo", json!({"text": "a"}))).await;
    assert_eq!(text(&answer), "a");
    let foreign = "GET /anywhere HTTP/1.1\r\nhost: evil.example.com";
    assert!(ask(&host, foreign, "").await.starts_with("HTTP/1.1 421"));
}

#[tokio::test]
async fn there_are_so_many_websockets_and_no_more() {
    let host = host(|settings| settings.sockets = 1).await;
    let mut first = host.connect().await;
    let usual = "upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let line = "GET /ws HTTP/1.1\r\nhost: localhost";
    assert!(ask(&host, line, usual).await.starts_with("HTTP/1.1 503"));
    let answer = first.ask(&modern(1, "echo", json!({"text": "a"}))).await;
    assert_eq!(text(&answer), "a");
    // Whoever goes leaves room.
    soon(first.0.close(None)).await.unwrap();
    soon(async {
        while !ask(&host, line, usual).await.starts_with("HTTP/1.1 101") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
}
