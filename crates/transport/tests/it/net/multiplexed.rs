//! HTTP/2 on one connection.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use super::host::{Host, host, soon, until};

pub(super) type Client = http2::SendRequest<Full<Bytes>>;

async fn client(host: &Host) -> (Client, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(host.address).await.unwrap();
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    (client, tokio::spawn(connection))
}

fn get(path: &str) -> Request<Full<Bytes>> {
    let uri = format!("http://localhost{path}");
    Request::get(uri).body(Full::default()).unwrap()
}

#[tokio::test]
async fn who_knows_may_begin_with_http_2() {
    let host = host(|_| {}).await;
    let (mut client, _) = client(&host).await;
    let request = Request::post("http://localhost/").body(Full::from("said"));
    let answer = soon(client.send_request(request.unwrap())).await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "said");
}

#[tokio::test]
async fn so_many_calls_run_at_once_and_no_more() {
    let host = host(|settings| settings.h2_streams = 2).await;
    let (mut client, _) = client(&host).await;
    // By its answer, the client knows what it may do.
    soon(client.send_request(get("/"))).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..3 {
        let mut client = client.clone();
        answers.push(tokio::spawn(async move {
            client.send_request(get("/slow")).await.unwrap()
        }));
    }
    until(|| host.service.running() == 2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(host.service.asked(), 3);
    for _ in 0..3 {
        host.service.release();
    }
    for answer in answers {
        assert_eq!(soon(answer).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_head_may_be_so_large_on_http_2() {
    let host = host(|settings| settings.header_bytes = 4096).await;
    for (bytes, status) in [(3_000, 200), (5_000, 431)] {
        let (mut client, _) = client(&host).await;
        let mut request = get("/");
        let value = "a".repeat(bytes).parse().unwrap();
        request.headers_mut().insert("x-large", value);
        let outcome = soon(client.send_request(request)).await;
        match outcome {
            Ok(answer) => assert_eq!(answer.status(), status, "{bytes}"),
            // The client keeps to what it was told.
            Err(error) => assert_eq!(status, 431, "{bytes}: {error}"),
        }
    }
    assert!(host.serves().await);
}

#[tokio::test]
async fn a_connection_of_http_2_ends_when_it_is_idle_only() {
    let short = Duration::from_millis(300);
    let host = host(|settings| settings.idle_timeout = short).await;
    let (mut client, connection) = client(&host).await;
    let stream = soon(client.send_request(get("/endless"))).await.unwrap();
    let before = Instant::now();
    while before.elapsed() < 3 * short {
        let answer = soon(client.send_request(get("/"))).await.unwrap();
        assert_eq!(answer.status(), 200);
        tokio::time::sleep(short / 4).await;
    }
    let before = Instant::now();
    drop(stream);
    soon(connection).await.unwrap().unwrap();
    assert!(before.elapsed() >= short);
}

#[tokio::test]
async fn who_goes_away_cancels_what_runs() {
    let host = host(|_| {}).await;
    let (mut client, connection) = client(&host).await;
    let answer = tokio::spawn(async move { client.send_request(get("/slow")).await });
    until(|| host.service.running() == 1).await;
    connection.abort();
    answer.abort();
    until(|| host.service.running() == 0).await;
}

#[tokio::test]
async fn what_runs_on_http_2_may_finish() {
    let host = host(|_| {}).await;
    let (mut client, connection) = client(&host).await;
    let answer = tokio::spawn(async move { client.send_request(get("/slow")).await });
    until(|| host.service.running() == 1).await;
    host.drain.begin();
    host.service.release();
    assert_eq!(soon(answer).await.unwrap().unwrap().status(), 200);
    soon(connection).await.unwrap().unwrap();
    let summary = soon(host.task).await.unwrap();
    assert_eq!((summary.finished, summary.aborted), (1, 0));
}

/// One frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn who_asks_and_takes_it_back_without_end_is_sent_away() {
    const GOAWAY: u8 = 7;
    const CALM_DOWN: u8 = 11;
    let host = host(|_| {}).await;
    let mut raw = host.connect().await;
    raw.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    raw.say(&frame(4, 0, 0, &[])).await;
    // GET / on http://localhost, and at once: never mind.
    let head = [&b"\x82\x84\x86\x41\x09"[..], b"localhost"].concat();
    let mut flood = Vec::new();
    for stream in (1..20_000).step_by(2) {
        flood.extend(frame(1, 5, stream, &head));
        flood.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    let (mut read, mut write) = raw.0.split();
    let shouting = async { drop(write.write_all(&flood).await) };
    let hearing = async {
        let mut heard = Vec::new();
        let _ = read.read_to_end(&mut heard).await;
        heard
    };
    let ((), heard) = soon(async { tokio::join!(shouting, hearing) }).await;
    let (mut rest, mut was_sent_away) = (&heard[..], false);
    while rest.len() >= 9 {
        let length = usize::from(rest[1]) << 8 | usize::from(rest[2]);
        was_sent_away |= rest[3] == GOAWAY && rest[16] == CALM_DOWN;
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    assert!(was_sent_away, "{heard:?}");
    until(|| host.service.running() == 0).await;
    assert!(host.serves().await);
}
