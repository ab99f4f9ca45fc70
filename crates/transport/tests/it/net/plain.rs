//! Requests that are plain are answered as all others are, whoever reads them.

use std::time::{Duration, Instant, SystemTime};

use tokio::io::AsyncReadExt as _;

use super::host::{Host, Raw, host, soon, until};

/// Takes a connection out of the hands of whoever answers plain requests.
const NOT_PLAIN: &[u8] = b"HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Ends a connection.
const LAST: &str = "GET /last HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// A connection on which nothing is plain any more.
async fn not_plain(host: &Host) -> Raw<tokio::net::TcpStream> {
    let mut raw = host.connect().await;
    raw.say(NOT_PLAIN).await;
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        let byte = soon(raw.0.read_u8()).await.unwrap();
        heard.push(byte);
    }
    assert!(heard.starts_with(b"HTTP/1.1 200"));
    raw
}

/// What was heard, with the fields of each head in order, and without the time of the day, which is looked at.
fn sorted(heard: &str) -> String {
    let mut answers = heard.split("HTTP/1.1 ");
    assert_eq!(answers.next(), Some(""), "{heard}");
    let answers = answers.map(|answer| {
        let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
        let mut fields: Vec<_> = head.lines().collect();
        fields[1..].sort_unstable();
        let dates = |line: &&str| line.starts_with("date: ") && !line.contains("1994");
        for date in fields.extract_if(.., |line| dates(line)) {
            let date = httpdate::parse_http_date(&date["date: ".len()..]).expect(date);
            let age = SystemTime::now().duration_since(date).unwrap_or_default();
            assert!(age < Duration::from_secs(30), "{answer}");
        }
        assert_eq!(head.matches("date: ").count(), 1, "{answer}");
        format!("{}\n\n{body}", fields.join("\n"))
    });
    answers.collect::<Vec<_>>().join("\n---\n")
}

/// What is answered to some requests that are said at once.
async fn answers(mut raw: Raw<tokio::net::TcpStream>, requests: &str) -> String {
    raw.shout(requests.as_bytes()).await;
    sorted(&raw.hear_out().await)
}

#[tokio::test]
async fn plain_requests_are_answered_as_others_are() {
    let host = host(|_| {}).await;
    let long = "long ".repeat(4_000);
    let requests = [
        get("/"),
        get("/pieces"),
        get("/large"),
        get("/large-pieces"),
        get("/204"),
        get("/304"),
        get("/418"),
        get("/dated"),
        get("/told"),
        get("/nowhere?a=b&c=%20"),
        post("/", ""),
        post("/", "some words"),
        post("/pieces", "words that are not read"),
        "OPTIONS /418 HTTP/1.1\r\n\r\n".to_owned(),
        "BREW /418 HTTP/1.1\r\nhost: localhost\r\nconnection: Keep-Alive\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\nhost: localhost\n\n".to_owned(),
        "GET / HTTP/1.1\r\nx: \u{fc}\r\ncontent-length: 00\r\n\r\n".to_owned(),
        // From here on, nothing is plain.
        post("/", &long),
        "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
    ];
    let mut all = String::new();
    for request in &requests {
        let alone = format!("{request}{LAST}");
        let plain = answers(host.connect().await, &alone).await;
        let other = answers(not_plain(&host).await, &alone).await;
        assert_eq!(plain, other, "{request}");
        assert_eq!(plain.matches("\n---\n").count(), 1, "{request}: {plain}");
        all += request;
    }
    all += LAST;
    let plain = answers(host.connect().await, &all).await;
    let other = answers(not_plain(&host).await, &all).await;
    assert_eq!(plain, other);
    assert_eq!(plain.matches("\n---\n").count(), requests.len());
}

#[tokio::test]
async fn whoever_answers_may_end_the_connection() {
    let host = host(|_| {}).await;
    let requests = format!("{}{LAST}", get("/closing"));
    let plain = answers(host.connect().await, &requests).await;
    assert_eq!(plain, answers(not_plain(&host).await, &requests).await);
    assert!(plain.contains("connection: x, close"), "{plain}");
    assert!(!plain.contains("---"), "{plain}");
}

#[tokio::test]
async fn an_answer_that_is_none_or_not_whole_ends_the_connection() {
    let host = host(|_| {}).await;
    for path in ["/short", "/103"] {
        let requests = format!("{}{LAST}", get(path));
        let plain = answers(host.connect().await, &requests).await;
        // Hyper closes without saying so.
        let plain = plain.replace("connection: close\n", "");
        assert_eq!(plain, answers(not_plain(&host).await, &requests).await);
        assert!(!plain.contains("---"), "{plain}");
    }
}

#[tokio::test]
async fn requests_may_come_in_any_pieces() {
    let host = host(|_| {}).await;
    let requests = format!("{}{}", post("/", "words"), get("/418"));
    let expect = answers(host.connect().await, &format!("{requests}{LAST}")).await;
    for at in 1..requests.len() {
        let mut raw = host.connect().await;
        raw.0.set_nodelay(true).unwrap();
        raw.say(&requests.as_bytes()[..at]).await;
        // Long enough for most pieces to be read by themselves.
        tokio::time::sleep(Duration::from_millis(1)).await;
        raw.say(&requests.as_bytes()[at..]).await;
        assert_eq!(answers(raw, LAST).await, expect, "{at}");
    }
}

#[tokio::test]
async fn the_rest_of_a_request_is_waited_for() {
    let host = host(|_| {}).await;
    let mut raw = host.connect().await;
    let request = post("/", "slowly");
    let (begin, end) = request.split_at(request.len() - 3);
    for (pause, asked) in [(50, 1), (1_000, 2), (1_000, 3)] {
        raw.say(begin.as_bytes()).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let answer = raw.ask(end.as_bytes()).await;
        assert!(answer.ends_with("\r\n\r\nslowly"), "{answer}");
        assert_eq!(host.service.asked(), asked);
    }
    // One that never comes is the service's to give up on.
    let mut raw = host.connect().await;
    raw.say(begin.as_bytes()).await;
    until(|| host.service.running() == 1).await;
}

#[tokio::test]
async fn a_body_that_comes_drop_by_drop_is_not_waited_for_here() {
    let host = host(|settings| settings.header_timeout = Duration::from_secs(60)).await;
    let mut raw = host.connect().await;
    let (begin, before) = (post("/", &"x".repeat(1_000)), Instant::now());
    raw.say(&begin.as_bytes()[..begin.len() - 1_000]).await;
    while host.service.asked() == 0 {
        raw.say(b"x").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(before.elapsed() < Duration::from_secs(10));
    }
    assert!(before.elapsed() >= Duration::from_millis(500));
}
