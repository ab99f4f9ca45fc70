//! Those who mean harm: what they get, that others do not notice, and that nothing is left of it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use fmcp::http::{Body, McpService};
use fmcp_transport::notice::Rates;
use futures_util::FutureExt as _;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, runtime::Handle};
use tower_service::Service as _;

use super::*;

/// The kilobytes of memory that this process has.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4
}

/// Waits until as few tasks are alive as before.
async fn tasks_return(before: usize) {
    let waiting = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let returned = tokio::time::timeout(SOON, waiting).await;
    returned.expect("there are tasks that nobody ends");
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// The service without sockets.
fn service(change: impl FnOnce(Http) -> Http) -> McpService {
    server(&Signals::new()).into_http_service_with(change(Http::new("")))
}

async fn send(service: &McpService, id: Option<&str>, message: &Value) -> ::http::Response<Body> {
    let mut request = ::http::Request::post("/")
        .header("content-type", "application/json")
        .header("host", "localhost");
    if let Some(id) = id {
        request = request.header("mcp-session-id", id);
    }
    let request = request.body(Body::from(message.to_string())).unwrap();
    service.clone().call(request).await.unwrap()
}

#[tokio::test]
async fn bodies_that_are_meant_to_hurt_are_refused() {
    let site = plain().await;
    let session = site.session("2025-03-26").await;
    let before = tasks();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{deep}}}}}"#
    );
    let objects = "{\"a\":".repeat(100_000);
    let batch = format!("[{}1]", "1,".repeat(1_000_000));
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{}}"#;
    let broken = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}".to_vec();
    for (what, body) in [
        ("deep arrays", deep.into_bytes()),
        ("deep arguments", nested.into_bytes()),
        ("deep objects", objects.into_bytes()),
        ("a batch", batch.into_bytes()),
        ("no UTF-8", broken),
        ("a key twice", twice.to_owned().into_bytes()),
    ] {
        let answer = session.dress(Request::post(site.address, body)).await;
        assert_eq!(
            answer.status,
            400,
            "{what}: {}",
            &answer.text()[..200.min(answer.body.len())]
        );
        let answer = answer.json();
        assert!(answer["error"]["code"].is_number(), "{what}: {answer}");
        assert!(answer.to_string().len() < 1_000, "{what}");
        site.is_well().await;
        session.is_open().await;
    }
    tasks_return(before).await;
}

#[tokio::test]
async fn an_id_comes_back_however_long_it_is() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    for id in [format!("\"{}\"", "x".repeat(1 << 20)), "9".repeat(1_000)] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = session
            .dress(Request::post(site.address, body))
            .await
            .status(200);
        assert!(answer.text().contains(&id));
    }
    session.is_open().await;
}

#[tokio::test]
async fn requests_that_two_servers_would_read_differently_are_refused() {
    let site = plain().await;
    let head = site.modern("tools/call", sum(1, 2)).head();
    let body = "0\r\n\r\nPOST /mcp HTTP/1.1\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "Content-Length: 5, 6\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: +5\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "X: y\r\n folded: z\r\n\r\n",
        "Bad Name: y\r\n\r\n",
    ] {
        let request = format!("{head}{framing}{body}");
        let answer = Request::raw(site.address, request.as_bytes()).await;
        assert_eq!(answer.status, 400, "{framing:?}");
        site.is_well().await;
    }
}

#[tokio::test]
async fn an_id_of_a_hundred_kilobytes_gets_no_further_than_the_door() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let long = "A".repeat(100_000);
    let request = session
        .post("ping", json!({}))
        .with("Mcp-Session-Id", long.as_str());
    assert_eq!(request.open().await.status, 431);
    let service = service(|http| http);
    let answer = send(&service, Some(&long), &testing::legacy("ping", json!({}))).await;
    assert_eq!(answer.status(), 404);
    session.is_open().await;
}

#[tokio::test]
async fn who_never_reads_makes_the_handler_wait_and_is_cut_off() {
    for legacy in [false, true] {
        let site = serve(|http| {
            http.settings(|settings| settings.rates = Rates::UNLIMITED)
                .net(|net| net.write_timeout = Duration::from_secs(2))
        })
        .await;
        let params =
            json!({"name": "flood", "_meta": {"io.modelcontextprotocol/logLevel": "debug"}});
        let session = site.session("2025-11-25").await;
        let before = tasks();
        let message = testing::legacy("tools/call", params.clone());
        let request = if legacy {
            session.send(&message)
        } else {
            site.modern("tools/call", params)
        };
        let stream = request.open().await.streams();
        let mut told = 0;
        // As much as the buffers on the way hold, and then no more.
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = *site.signals.told.borrow();
            if now == told {
                break;
            }
            told = now;
        }
        assert!(told < 3_000, "{told} messages of ten kilobytes");
        site.is_well().await;
        if legacy {
            // The call outlives its reader: it does not wait for one that has gone.
            site.signals.tells(told + 500).await;
            let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                                "params": {"requestId": message["id"]}});
            session.send(&cancel).await.status(202);
        }
        site.signals.drops(1).await;
        tasks_return(before).await;
        drop(stream);
    }
}

#[tokio::test]
async fn slow_bodies_by_the_hundred_do_not_keep_others_waiting() {
    let site = plain().await;
    let before = tasks();
    let head = site.modern("tools/call", sum(1, 2)).head();
    let head = format!("{head}Content-Length: 1000\r\n\r\n{{");
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut socket = TcpStream::connect(site.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        slow.push(socket);
    }
    for _ in 0..10 {
        let soon = tokio::time::timeout(Duration::from_secs(2), site.is_well());
        soon.await.expect("others wait");
    }
    drop(slow);
    tasks_return(before).await;
    site.is_well().await;
}

/// A body that has said so much, and does not end.
struct Unfinished(Option<Vec<u8>>);

impl http_body::Body for Unfinished {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        match self.get_mut().0.take() {
            Some(said) => Poll::Ready(Some(Ok(http_body::Frame::data(said.into())))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn bodies_that_arrive_share_the_room_that_there_is_for_all() {
    let service = service(|http| http.settings(|settings| settings.body_bytes = 1_000));
    let post = |said: usize| {
        let body = Unfinished(Some(vec![b' '; said]));
        let request = ::http::Request::post("/").header("content-type", "application/json");
        service.clone().call(request.body(body).unwrap())
    };
    let mut first = post(600);
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = post(400);
    assert!(second.as_mut().now_or_never().is_none(), "up to the edge");
    let refused = post(1).now_or_never().expect("one byte beyond").unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    // What is there at once takes no room.
    let answer = send(&service, None, &hello("2025-11-25")).await;
    assert_eq!(answer.status(), 200);
    drop(first);
    let mut third = post(600);
    assert!(
        third.as_mut().now_or_never().is_none(),
        "there is room again"
    );
}

#[tokio::test]
async fn a_flood_of_sessions_takes_only_the_room_that_there_is() {
    let service = service(|http| http.settings(|settings| settings.max_sessions = 500));
    let before = tasks();
    let mut refused = 0;
    for _ in 0..10_000 {
        let answer = send(&service, None, &hello("2025-11-25")).await;
        match answer.status().as_u16() {
            200 => {}
            503 => refused += 1,
            status => panic!("{status}"),
        }
    }
    assert!(service.sessions() <= 500);
    assert!(refused > 0);
    let call = testing::legacy("tools/list", json!({}));
    assert_eq!(send(&service, None, &call).await.status(), 400);
    // One looks for those that are silent, as long as there are any.
    tasks_return(before + 1).await;
    drop(service);
    tasks_return(before).await;
}

#[tokio::test]
async fn a_session_takes_no_more_room_however_much_its_client_says() {
    let service = service(|http| http);
    let mut hello = hello("2025-11-25");
    hello["params"]["capabilities"]["experimental"] = json!({"x": vec!["y"; 250_000]});
    hello["params"]["capabilities"]["sampling"] = json!({"tools": {"x": "y".repeat(100_000)}});
    hello["params"]["clientInfo"]["name"] = json!("n".repeat(100_000));
    let first = send(&service, None, &hello).await;
    assert_eq!(first.status(), 200);
    assert!(first.headers()["mcp-session-id"].len() <= 4096);
    let before = resident();
    for _ in 0..100 {
        let answer = send(&service, None, &hello).await;
        assert_eq!(answer.status(), 200);
    }
    let more = resident().saturating_sub(before);
    assert_eq!(service.sessions(), 101);
    assert!(more < 20_000, "{more} KiB for 100 sessions");
    let id = first.headers()["mcp-session-id"].to_str().unwrap();
    let ping = testing::legacy("ping", json!({}));
    assert_eq!(send(&service, Some(id), &ping).await.status(), 200);
}

#[tokio::test]
async fn clients_that_come_and_go_leave_nothing_behind() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    site.is_well().await;
    let before = tasks();
    for round in 0..100 {
        let log = json!({"name": "tell", "_meta": {"io.modelcontextprotocol/logLevel": "debug"}});
        let modern = site.modern("tools/call", log).open().await.streams();
        let changes = site.listen(json!({"toolsListChanged": true})).await;
        let stream = session.get().open().await.streams();
        let call = session.call("tell").open().await.streams();
        drop((modern, changes, stream, call));
        site.signals.drops(round + 1).await;
        site.signals.go.notify_waiters();
    }
    session.delete().await.status(204);
    tasks_return(before).await;
    site.is_well().await;
}
