//! A WebSocket beside the endpoint, as the options of a server have it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use fmcp::{Http, Server, testing::modern, tool};
use serde_json::json;
use tokio::sync::oneshot;

use super::*;

#[tool]
async fn shout(words: String) -> String {
    words.to_uppercase()
}

/// A text frame of a client. The mask is nothing but zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let head = [0x81, 0x80 | 126, length[0], length[1], 0, 0, 0, 0];
    [&head[..], text.as_bytes()].concat()
}

fn converse(mut socket: &TcpStream) -> Value {
    let request = "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let params = json!({"name": "shout", "arguments": {"words": "hello"}});
    let message = modern("tools/call", params).to_string();
    socket.write_all(&frame(&message)).unwrap();
    let mut head = [0; 4];
    socket.read_exact(&mut head).unwrap();
    assert_eq!((head[0], head[1]), (0x81, 126));
    let mut answer = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
    socket.read_exact(&mut answer).unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn calls_are_answered_on_a_websocket() {
    let server = Server::new("s").tool(shout::tool());
    let http = Http::new("127.0.0.1:0").websocket("/ws");
    let server = server.bind_http(http).await.unwrap();
    let address = server.local_addr().unwrap();
    let (done, enough) = oneshot::channel::<()>();
    let asking = tokio::task::spawn_blocking(move || {
        let socket = TcpStream::connect(address).unwrap();
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).unwrap();
        let answer = converse(&socket);
        drop(done);
        // It is closed when the server stops: 1001.
        let mut close = [0; 4];
        (&socket).read_exact(&mut close).unwrap();
        assert_eq!((close[0], &close[2..]), (0x88, &1001_u16.to_be_bytes()[..]));
        answer
    });
    server
        .run_until(async { drop(enough.await) })
        .await
        .unwrap();
    let answer = asking.await.unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "HELLO", "{answer}");
}
