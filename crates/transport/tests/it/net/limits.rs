//! Every limit, at its edge.

use std::time::{Duration, Instant};

use super::host::{HELLO, host, until};

const SHORT: Duration = Duration::from_millis(300);

/// Two sweeps, and a slow machine.
const GRANTED: Duration = Duration::from_secs(3);

fn head_of(bytes: usize) -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ".to_vec();
    head.resize(bytes - 4, b'a');
    head.extend_from_slice(b"\r\n\r\n");
    head
}

fn head_with(fields: usize) -> Vec<u8> {
    let fields: String = (1..fields).map(|n| format!("x-{n}: y\r\n")).collect();
    format!("GET / HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n").into()
}

#[tokio::test]
async fn who_waits_longest_without_asking_makes_room() {
    let host = host(|settings| settings.connections = 3).await;
    let mut asked = host.connect().await;
    assert!(asked.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    let mut first = host.connect().await;
    first.say(b"GET / HT").await;
    let mut second = host.connect().await;
    let mut newest = host.connect().await;
    assert!(newest.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    assert_eq!(first.hear_out().await, "");
    assert!(asked.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    assert!(second.ask(HELLO).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn where_all_have_asked_a_newcomer_is_turned_away() {
    let host = host(|settings| settings.connections = 2).await;
    let (mut one, mut two) = (host.connect().await, host.connect().await);
    for raw in [&mut one, &mut two] {
        assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    }
    let mut three = host.connect().await;
    three.shout(HELLO).await;
    assert_eq!(three.hear_out().await, "");
    // Whoever goes leaves room.
    drop(one);
    let before = Instant::now();
    while !host.serves().await {
        assert!(before.elapsed() < GRANTED);
    }
    assert!(two.ask(HELLO).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_head_has_to_arrive_in_time() {
    let host = host(|settings| settings.header_timeout = SHORT).await;
    for (name, first) in [("nothing", &b""[..]), ("half a line", b"GET / HT")] {
        let (mut raw, before) = (host.connect().await, Instant::now());
        raw.say(first).await;
        assert_eq!(raw.hear_out().await, "", "{name}");
        let took = before.elapsed();
        assert!(took >= SHORT && took < SHORT + GRANTED, "{name}: {took:?}");
    }
}

#[tokio::test]
async fn a_head_that_trickles_in_is_late_too() {
    let host = host(|settings| settings.header_timeout = SHORT).await;
    let (mut raw, before) = (host.connect().await, Instant::now());
    // Again after a request that was in time.
    assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    raw.shout(b"GET / HTTP/1.1\r\n").await;
    while raw.stays(Duration::from_millis(20)).await {
        raw.shout(b"a: b\r\n").await;
        assert!(before.elapsed() < SHORT + GRANTED);
    }
    assert!(before.elapsed() >= SHORT);
}

#[tokio::test]
async fn an_idle_connection_ends_but_a_stream_does_not() {
    let host = host(|settings| settings.idle_timeout = SHORT).await;
    let (mut idle, mut stream) = (host.connect().await, host.connect().await);
    let head = stream.ask(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(head.await.starts_with("HTTP/1.1 200"));
    let before = Instant::now();
    assert!(idle.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    assert_eq!(idle.hear_out().await, "");
    let took = before.elapsed();
    assert!(took >= SHORT && took < SHORT + GRANTED, "{took:?}");
    assert!(stream.stays(2 * SHORT).await || host.service.running() == 1);
    assert_eq!(host.service.running(), 1);
}

#[tokio::test]
async fn a_request_that_takes_long_is_not_idle() {
    let host = host(|settings| {
        settings.idle_timeout = SHORT;
        settings.header_timeout = SHORT;
    })
    .await;
    let mut raw = host.connect().await;
    raw.say(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert!(raw.stays(3 * SHORT).await);
    host.service.release();
    assert!(raw.hear().await.ends_with("slowly"));
}

#[tokio::test]
async fn a_head_may_be_so_large_and_no_larger() {
    let host = host(|settings| settings.header_bytes = 4096).await;
    for (bytes, status) in [(4095, 200), (4096, 200), (4097, 431), (60_000, 431)] {
        let mut raw = host.connect().await;
        let answer = raw.ask(&head_of(bytes)).await;
        let expect = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&expect), "{bytes}: {answer}");
        if status == 431 {
            raw.hear_out().await;
        }
    }
    assert!(host.serves().await);
}

#[tokio::test]
async fn a_head_may_have_so_many_fields_and_no_more() {
    for most in [100, 10] {
        let host = host(|settings| settings.headers = most).await;
        for (fields, status) in [(most, 200), (most + 1, 431)] {
            let mut raw = host.connect().await;
            let answer = raw.ask(&head_with(fields)).await;
            let expect = format!("HTTP/1.1 {status}");
            assert!(answer.starts_with(&expect), "{fields}: {answer}");
        }
        assert!(host.serves().await);
    }
}

#[tokio::test]
async fn a_slow_reader_is_disconnected() {
    let host = host(|settings| settings.write_timeout = SHORT).await;
    let (mut raw, before) = (host.connect().await, Instant::now());
    raw.say(b"GET /flood HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 1).await;
    until(|| host.service.running() == 0).await;
    let took = before.elapsed();
    assert!(took >= SHORT && took < SHORT + GRANTED, "{took:?}");
}

#[tokio::test]
async fn a_steady_reader_is_not() {
    let host = host(|settings| settings.write_timeout = SHORT).await;
    let (mut raw, before) = (host.connect().await, Instant::now());
    raw.say(b"GET /flood HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let mut some = vec![0; 256 * 1024];
    while before.elapsed() < 4 * SHORT {
        let n = tokio::io::AsyncReadExt::read(&mut raw.0, &mut some).await;
        assert!(n.unwrap() > 0);
        tokio::time::sleep(SHORT / 30).await;
    }
    assert_eq!(host.service.running(), 1);
}

/// A request whose body is still to come.
const BODY_TO_COME: &[u8] = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n";

#[tokio::test]
async fn a_body_is_not_bounded_by_the_time_for_heads() {
    let host = host(|settings| settings.header_timeout = SHORT).await;
    let mut raw = host.connect().await;
    for _ in 0..2 {
        raw.say(BODY_TO_COME).await;
        tokio::time::sleep(3 * SHORT).await;
        assert!(raw.ask(b"words").await.ends_with("\r\n\r\nwords"));
    }
}

#[tokio::test]
async fn who_has_asked_does_not_make_room_while_the_body_is_to_come() {
    let host = host(|settings| settings.connections = 2).await;
    let mut raw = host.connect().await;
    raw.say(BODY_TO_COME).await;
    tokio::time::sleep(SHORT).await;
    let _fresh = host.connect().await;
    assert!(host.serves().await);
    assert!(raw.ask(b"words").await.ends_with("\r\n\r\nwords"));
}
