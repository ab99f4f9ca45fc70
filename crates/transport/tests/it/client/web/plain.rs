//! Requests without TLS, and servers that mean no good.

use std::{net::Ipv4Addr, time::Duration};

use fmcp_core::Kind;
use fmcp_transport::client::web::Reach;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{LONG, failure, fetch, get, host::host, web};

#[tokio::test]
async fn requests_share_a_connection() {
    let (host, web) = (host().await, web(|_| {}));
    let at = format!("http://{}/a?b=c", host.address);
    let first = fetch(&web, &at).await.unwrap().into_body();
    assert!(
        first.starts_with(b"GET /a?b=c host=127.0.0.1:"),
        "{first:?}"
    );
    assert_eq!(fetch(&web.clone(), &at).await.unwrap().into_body(), first);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (host, web) = (host().await, web(|_| {}));
    let answer = fetch(&web, &format!("http://{}/moved", host.address))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.headers()["location"], "/");
}

#[tokio::test]
async fn name_and_password_of_an_address_go_into_a_header_and_nowhere_else() {
    let (host, web) = (host().await, web(|_| {}));
    let port = host.address.port();
    let at = format!("http://us%20er:se%3Acret@127.0.0.1:{port}/");
    let shown = fetch(&web, &at).await.unwrap().into_body();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(
        shown.starts_with(&format!("GET / host=127.0.0.1:{port} auth=Basic ")),
        "{shown}"
    );
    // "us er:se:cret"
    assert!(shown.contains("dXMgZXI6c2U6Y3JldA=="), "{shown}");
}

#[tokio::test]
async fn an_answer_is_bounded_in_size_and_in_time() {
    let (host, web) = (host().await, web(|_| {}));
    let (_, words) = failure(&web, &format!("http://{}/endless?secret", host.address)).await;
    assert!(words.contains("larger than 1024 bytes"), "{words}");
    let silent = get(&format!("http://{}/silent?secret", host.address));
    let short = Duration::from_millis(20);
    let error = web.fetch(silent, 1024, short).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.message().contains("did not answer within"), "{error}");
}

#[tokio::test]
async fn where_nobody_listens_the_error_says_so() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (error, words) = failure(&web(|_| {}), &format!("http://u:secret@{address}/secret")).await;
    assert_eq!(error.kind(), Kind::Unavailable);
    let expect = format!("cannot connect to http://{address}: nobody listens there");
    assert!(words.starts_with(&expect), "{words}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let web = web(|_| {});
    for (bad, expect) in [
        ("ftp://a.example/", "it takes http:// or https://"),
        ("/mcp", "a request needs an address"),
    ] {
        let (_, words) = failure(&web, bad).await;
        assert!(words.contains(expect), "{words}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_an_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let rude = tokio::spawn(async move {
        for answer in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
            b"what?\r\n\r\n",
        ] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(answer).await.unwrap();
        }
    });
    let web = web(|_| {});
    for expect in [
        "broke before an answer came",
        "broke off",
        "broke before an answer came",
    ] {
        let (error, words) = failure(&web, &format!("http://{address}/?secret")).await;
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(words.contains(expect), "{words}");
    }
    rude.await.unwrap();
}

#[tokio::test]
async fn what_is_not_public_is_out_of_reach_by_any_name() {
    let host = host().await;
    let port = host.address.port();
    let web = web(|settings| settings.reach = Reach::Public);
    for name in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "127.1",
        "0x7f000001",
    ] {
        let (error, words) = failure(&web, &format!("http://{name}:{port}/secret")).await;
        assert_eq!(error.kind(), Kind::Forbidden, "{name}: {words}");
        assert!(
            words.contains("not an address of the public internet"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn dropping_a_body_ends_the_exchange() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buf = [0; 1024];
        let _ = stream.read(&mut buf).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .await
            .unwrap();
        stream.read(&mut buf).await
    });
    let web = web(|_| {});
    let response = web.send(get(&format!("http://{address}/"))).await.unwrap();
    drop(response);
    let end = tokio::time::timeout(LONG, server).await.unwrap().unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
