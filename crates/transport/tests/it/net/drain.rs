//! The end: who may finish, who goes at once, who is cut off.

use std::time::{Duration, Instant};

use super::host::{HELLO, host, soon, until};

#[tokio::test]
async fn what_runs_may_finish_and_who_is_idle_goes_at_once() {
    let host = host(|_| {}).await;
    let (mut fresh, mut idle) = (host.connect().await, host.connect().await);
    assert!(idle.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    let mut slow = host.connect().await;
    slow.say(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 1).await;
    let before = Instant::now();
    host.drain.begin();
    assert_eq!(fresh.hear_out().await, "");
    assert_eq!(idle.hear_out().await, "");
    assert!(before.elapsed() < Duration::from_secs(3));
    // Nobody else is let in.
    until_refused(&host).await;
    host.service.release();
    let answer = slow.hear_out().await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    let summary = soon(host.task).await.unwrap();
    assert_eq!((summary.finished, summary.aborted), (3, 0));
}

async fn until_refused(host: &super::host::Host) {
    soon(async {
        while tokio::net::TcpStream::connect(host.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_does_not_finish_is_cut_off() {
    let limit = Duration::from_millis(300);
    let host = host(|settings| settings.drain_timeout = limit).await;
    let (mut stuck, mut stream) = (host.connect().await, host.connect().await);
    stuck
        .say(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    stream
        .say(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 2).await;
    let (service, before) = (host.service.clone(), Instant::now());
    let summary = host.end().await;
    assert!(before.elapsed() >= limit);
    assert_eq!((summary.finished, summary.aborted), (0, 2));
    assert_eq!(service.running(), 0);
    assert_eq!(stuck.hear_out().await, "");
}

#[tokio::test]
async fn who_never_came_need_not_finish() {
    let summary = host(|_| {}).await.end().await;
    assert_eq!((summary.finished, summary.aborted), (0, 0));
}

#[tokio::test]
async fn connections_end_with_the_server() {
    let host = host(|_| {}).await;
    let mut stream = host.connect().await;
    stream
        .say(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 1).await;
    host.task.abort();
    until(|| host.service.running() == 0).await;
    stream.hear_out().await;
}

#[tokio::test]
async fn a_request_that_has_begun_when_the_end_begins_is_answered() {
    let (head, body) = (
        "POST / HTTP/1.1\r\nhost: localhost\r\n",
        "content-length: 5\r\n\r\nwords",
    );
    let long = format!("content-length: 20000\r\n\r\n{}", "words".repeat(4_000));
    for (before, pause, after) in [
        ("P", 0, format!("{}{body}", &head[1..])),
        (head, 0, body.to_owned()),
        (head, 0, format!("connection: close\r\n{body}")),
        (
            head,
            0,
            "transfer-encoding: chunked\r\n\r\n5\r\nwords\r\n0\r\n\r\n".to_owned(),
        ),
        (head, 0, long),
        (
            &format!("{head}{}", &body[..body.len() - 1]),
            1_000,
            "s".to_owned(),
        ),
    ] {
        let host = host(|_| {}).await;
        let mut raw = host.connect().await;
        raw.say(before.as_bytes()).await;
        // Until it has been read, also on a busy machine.
        tokio::time::sleep(Duration::from_millis(400)).await;
        host.drain.begin();
        tokio::time::sleep(Duration::from_millis(100 + pause)).await;
        raw.shout(after.as_bytes()).await;
        let answer = raw.hear_out().await;
        assert!(
            answer.starts_with("HTTP/1.1 200"),
            "{before:?}, {after:?}: {answer}"
        );
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(answer.ends_with("words"), "{answer}");
        assert_eq!(soon(host.task).await.unwrap().aborted, 0);
    }
}

#[tokio::test]
async fn an_empty_line_is_no_request_that_has_begun() {
    let host = host(|_| {}).await;
    let mut raw = host.connect().await;
    assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    raw.say(b"\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = Instant::now();
    host.end().await;
    assert!(before.elapsed() < Duration::from_secs(3));
    assert_eq!(raw.hear_out().await, "");
}
