//! Frames, their limits, and who is hung up on.

use std::time::{Duration, Instant};

use fmcp_core::protocol::Limits;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::peer::{host, modern, soon, text, until};

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_message_may_be_so_large_and_no_larger() {
    const MOST: usize = 64 * 1024;
    let host = host(|settings| {
        settings.each.limits = Limits::default().message_bytes(MOST);
    })
    .await;
    for (size, is_taken) in [(MOST, true), (MOST + 1, false), (100 * MOST, false)] {
        let mut peer = host.connect().await;
        let rest = modern(1, "echo", json!({"text": ""})).to_string().len();
        let message = modern(1, "echo", json!({"text": "x".repeat(size - rest)}));
        assert_eq!(message.to_string().len(), size);
        if is_taken {
            assert_eq!(text(&peer.ask(&message).await).len(), size - rest);
        } else {
            // It may be hung up on while it speaks.
            let _ = peer.0.send(Message::text(message.to_string())).await;
            assert_eq!(peer.closed().await, Some(CloseCode::Size), "{size}");
        }
    }
}

#[tokio::test]
async fn a_message_in_fragments_is_one() {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    let message = modern(1, "echo", json!({"text": "whole"})).to_string();
    let (first, second) = message.split_at(20);
    let frames = [(first, Data::Text, false), (second, Data::Continue, true)];
    for (part, code, is_last) in frames {
        let frame = Frame::message(part.to_owned(), OpCode::Data(code), is_last);
        soon(peer.0.send(Message::Frame(frame))).await.unwrap();
    }
    assert_eq!(text(&peer.hear().await), "whole");
}

#[tokio::test]
async fn messages_are_text() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    let message = modern(1, "echo", json!({"text": "a"})).to_string();
    soon(peer.0.send(Message::binary(message.into_bytes())))
        .await
        .unwrap();
    assert_eq!(peer.closed().await, Some(CloseCode::Unsupported));
}

/// What a client is told that breaks the rules of frames.
#[tokio::test]
async fn frames_that_are_none_are_refused() {
    let host = host(|_| {}).await;
    for (name, frame, code) in [
        ("no mask", &b"\x81\x01a"[..], 1002_u16),
        ("an opcode that is none", b"\x83\x81\0\0\0\0a", 1002),
        ("a bit that is reserved", b"\xc1\x81\0\0\0\0a", 1002),
        ("a rest without a beginning", b"\x80\x81\0\0\0\0a", 1002),
        ("text that is no UTF-8", b"\x81\x81\0\0\0\0\xff", 1007),
    ] {
        let peer = host.connect().await;
        let mut raw = peer.0.into_inner();
        raw.write_all(frame).await.unwrap();
        let mut heard = [0; 4];
        soon(raw.read_exact(&mut heard)).await.unwrap();
        assert_eq!(heard[0], 0x88, "{name}: {heard:?}");
        assert_eq!(heard[2..], code.to_be_bytes(), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_answered_and_forgiven() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    soon(peer.0.send(Message::text("{"))).await.unwrap();
    assert_eq!(peer.hear().await["error"]["code"], -32700);
    let answer = peer.ask(&modern(1, "echo", json!({"text": "a"}))).await;
    assert_eq!(text(&answer), "a");
}

#[tokio::test]
async fn a_ping_has_its_pong() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    soon(peer.0.send(Message::Ping("are you there".into())))
        .await
        .unwrap();
    let pong = soon(peer.0.next()).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("are you there".into()));
}

#[tokio::test]
async fn who_answers_pings_stays_and_who_does_not_goes() {
    let host = host(|settings| settings.ping_every = SHORT).await;
    let (mut alive, dead) = (host.connect().await, host.connect().await);
    let begun = Instant::now();
    let mut dead = dead.0.into_inner();
    let dying = tokio::spawn(async move {
        let mut heard = Vec::new();
        // A ping, and the end.
        soon(dead.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, [0x89, 0x00]);
    });
    while begun.elapsed() < 4 * SHORT {
        let frame = soon(alive.0.next()).await.unwrap().unwrap();
        assert!(matches!(frame, Message::Ping(_)), "{frame:?}");
    }
    soon(dying).await.unwrap();
    let answer = alive.ask(&modern(1, "echo", json!({"text": "a"}))).await;
    assert_eq!(text(&answer), "a");
}

#[tokio::test]
async fn a_slow_reader_is_disconnected() {
    let host = host(|settings| settings.each.write_timeout = SHORT).await;
    let mut peer = host.connect().await;
    peer.say(&modern(1, "wait", json!({}))).await;
    until(|| host.tools.waiting() == 1).await;
    let begun = Instant::now();
    for id in 2..10 {
        peer.say(&modern(id, "large", json!({}))).await;
    }
    // What waits is cancelled with the connection.
    until(|| host.tools.waiting() == 0).await;
    assert!(begun.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_steady_reader_is_not() {
    let host = host(|settings| settings.each.write_timeout = SHORT).await;
    let mut peer = host.connect().await;
    peer.say(&modern(1, "wait", json!({}))).await;
    for id in 2..4 {
        peer.say(&modern(id, "large", json!({}))).await;
    }
    let begun = Instant::now();
    let (mut raw, mut some) = (peer.0.into_inner(), vec![0; 128 * 1024]);
    let mut read = 0;
    while read < 8 * 1024 * 1024 {
        let n = soon(raw.read(&mut some)).await.unwrap();
        assert!(n > 0, "hung up after {read}");
        read += n;
        tokio::time::sleep(SHORT / 20).await;
    }
    assert!(begun.elapsed() > 2 * SHORT);
    assert_eq!(host.tools.waiting(), 1);
}
