//! Who is there still, while something is being answered.

use tokio::io::AsyncWriteExt as _;

use super::host::{HELLO, Host, host, until};

const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A request whose body comes back.
fn echo(body: &str) -> Vec<u8> {
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ";
    format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn runs_alone(host: &Host) {
    until(|| host.service.running() == 1).await;
    assert_eq!(host.service.asked(), 1);
}

#[tokio::test]
async fn who_goes_cancels_what_runs() {
    for path in ["/slow", "/endless", "/flood"] {
        for closes_one_side_only in [true, false] {
            let host = host(|_| {}).await;
            let mut raw = host.connect().await;
            raw.say(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
                .await;
            runs_alone(&host).await;
            let kept = if closes_one_side_only {
                raw.0.shutdown().await.unwrap();
                Some(raw)
            } else {
                drop(raw);
                None
            };
            until(|| host.service.running() == 0).await;
            assert!(host.serves().await, "{path}");
            drop(kept);
        }
    }
}

#[tokio::test]
async fn who_goes_at_once_cancels_what_was_about_to_run() {
    let host = host(|_| {}).await;
    let mut raw = host.connect().await;
    raw.say(SLOW).await;
    drop(raw);
    until(|| host.service.asked() == 1).await;
    until(|| host.service.running() == 0).await;
}

#[tokio::test]
async fn who_says_more_meanwhile_is_answered_in_order() {
    let host = host(|_| {}).await;
    let mut raw = host.connect().await;
    let long = "long ".repeat(10_000);
    raw.say(SLOW).await;
    runs_alone(&host).await;
    // In pieces, the first of them no whole line.
    for piece in echo("short").chunks(10) {
        raw.say(piece).await;
        tokio::task::yield_now().await;
    }
    raw.say(&echo(&long)).await;
    host.service.release();
    let mut heard = raw.hear().await;
    while !heard.ends_with(&long) {
        let more = raw.hear().await;
        assert!(!more.is_empty(), "{heard}");
        heard += &more;
    }
    let (slowly, short) = (heard.find("slowly"), heard.find("short"));
    assert!(slowly.is_some() && slowly < short, "{heard}");
    assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_comes_whole() {
    let host = host(|_| {}).await;
    let mut raw = host.connect().await;
    let text: String = (0..5_000).map(|n| format!("{n} ")).collect();
    for piece in echo(&text).chunks(777) {
        raw.say(piece).await;
        tokio::task::yield_now().await;
    }
    assert!(raw.hear().await.ends_with(&text));
}

#[tokio::test]
async fn who_has_said_all_is_given_all() {
    let host = host(|_| {}).await;
    // More than the system takes at once.
    let mut raw = host.connect().await;
    raw.say(b"GET /huge HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    raw.0.shutdown().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let heard = raw.hear_out().await;
    let body = heard.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), 24_000_000);
}
