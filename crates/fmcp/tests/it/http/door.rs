//! Who may call: names, origins, credentials; which methods, types and sizes.

use fmcp::{Limits, http::Cors};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::*;

#[tokio::test]
async fn a_server_answers_to_its_own_names() {
    let site = serve(|http| http.allow_host("mcp.example.com")).await;
    let call = || site.modern("tools/call", sum(1, 2));
    for (host, expect) in [
        ("localhost", 200),
        ("localhost:1234", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("mcp.example.com", 200),
        ("MCP.example.com:443", 200),
        ("evil.example.com", 421),
        ("mcp.example.com.evil.com", 421),
    ] {
        let answer = call().with("Host", host).await;
        assert_eq!(answer.status, expect, "{host}: {}", answer.text());
    }
    call().header("Host", "evil.example.com").await.status(400);
    let any = serve(Http::allow_any_host).await;
    let call = any.modern("tools/call", sum(1, 2));
    call.with("Host", "evil.example.com").await.status(200);
}

#[tokio::test]
async fn pages_of_others_are_turned_away_whatever_they_ask() {
    let site = serve(|http| http.allow_origin("https://app.example.com")).await;
    let session = site.session("2025-11-25").await;
    for request in [
        site.modern("tools/call", sum(1, 2)),
        site.hello("2025-11-25"),
        session.get(),
        session.delete(),
        Request::new(site.address, "OPTIONS"),
    ] {
        let request = request.header("Origin", "https://evil.example.com");
        let answer = request.await.status(403).error(-31003);
        assert!(answer["id"].is_null());
    }
    session.is_open().await;
    for origin in ["https://app.example.com", "http://localhost:5173"] {
        let call = site.modern("tools/call", sum(1, 2));
        let answer = call.header("Origin", origin).await.status(200);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn browsers_learn_what_pages_may_do() {
    let page = "https://app.example.com";
    let site = serve(|http| http.cors(Cors::new([page]))).await;
    let asked = Request::new(site.address, "OPTIONS")
        .header("Origin", page)
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "content-type,mcp-protocol-version,mcp-param-region,cookie",
        );
    let answer = asked.await.status(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(page));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    let allowed = allowed.to_ascii_lowercase();
    for name in [
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "mcp-session-id",
        "last-event-id",
        "authorization",
        "mcp-param-region",
    ] {
        assert!(allowed.contains(name), "{name}: {allowed}");
    }
    assert!(!allowed.contains("cookie"), "{allowed}");
    let methods = answer.header("access-control-allow-methods").unwrap();
    assert!(methods.contains("DELETE"), "{methods}");

    let answer = site.hello("2025-11-25").header("Origin", page).await;
    let answer = answer.status(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(page));
    assert_eq!(answer.header("vary"), Some("Origin"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("Mcp-Session-Id"), "{exposed}");
    // A refusal can be read, too.
    let call = site.modern("no/such", json!({})).header("Origin", page);
    let answer = call.await.status(404);
    assert_eq!(answer.header("access-control-allow-origin"), Some(page));
    let evil = site
        .hello("2025-11-25")
        .header("Origin", "https://evil.example.com");
    let answer = evil.await.status(403);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn only_plain_json_is_read() {
    let site = plain().await;
    let call = || site.modern("tools/call", sum(1, 2));
    for (request, expect) in [
        (
            call().with("Content-Type", "application/json; charset=utf-8"),
            200,
        ),
        (call().with("Content-Type", "Application/JSON"), 200),
        (call().with("Content-Type", "text/plain"), 415),
        (
            call().with("Content-Type", "application/x-www-form-urlencoded"),
            415,
        ),
        (call().without("Content-Type"), 415),
        (call().header("Content-Type", "text/plain"), 415),
        (call().header("Content-Encoding", "identity"), 200),
        (call().header("Content-Encoding", "gzip"), 415),
        (
            call()
                .header("Content-Encoding", "identity")
                .header("Content-Encoding", "br"),
            415,
        ),
    ] {
        let answer = request.await;
        assert_eq!(answer.status, expect, "{}", answer.text());
    }
}

/// A call of exactly so many bytes.
fn call_of(bytes: usize) -> Value {
    let mut params = sum(1, 2);
    params["_meta"] = json!({"fill": ""});
    let mut message = testing::modern("tools/call", params);
    let fill = "x".repeat(bytes - message.to_string().len());
    message["params"]["_meta"]["fill"] = json!(fill);
    assert_eq!(message.to_string().len(), bytes);
    message
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
    let site = serve(|http| http.limits(Limits::new().message_bytes(5_000))).await;
    for (bytes, expect) in [(5_000, 200), (5_001, 413)] {
        let message = call_of(bytes);
        let answer = site.modern_with(message.clone()).await;
        assert_eq!(answer.status, expect, "{bytes}: {}", answer.text());

        // In chunks nobody says beforehand how much it is.
        let text = message.to_string();
        let mut whole = site.modern_with(message).head();
        whole += "Transfer-Encoding: chunked\r\n\r\n";
        for chunk in text.as_bytes().chunks(999) {
            let chunk = std::str::from_utf8(chunk).unwrap();
            whole += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
        }
        whole += "0\r\n\r\n";
        let answer = Request::raw(site.address, whole.as_bytes()).await;
        assert_eq!(answer.status, expect, "{bytes} in chunks");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_awaited_for_ever() {
    let short = Duration::from_millis(100);
    let site = serve(|http| http.settings(|settings| settings.body_timeout = short)).await;
    let head = site.modern("tools/call", sum(1, 2)).head();
    let mut socket = TcpStream::connect(site.address).await.unwrap();
    let head = format!("{head}Content-Length: 100\r\n\r\n{{");
    socket.write_all(head.as_bytes()).await.unwrap();
    let answer = Answering::read(socket).await;
    assert_eq!(answer.status, 408);
    site.is_well().await;
}

#[tokio::test]
async fn who_has_to_say_who_it_is() {
    let site = serve(|http| http.authenticator(Names)).await;
    let call = || site.modern("tools/call", sum(1, 2));
    for request in [
        call(),
        call().header("Authorization", "nobody"),
        Request::new(site.address, "GET").header("Accept", "text/event-stream"),
        site.hello("2025-11-25"),
    ] {
        let answer = request.await.status(401);
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
        answer.error(-31001);
    }
    call()
        .header("Authorization", "mallory")
        .await
        .status(403)
        .error(-31003);
    call().header("Authorization", "ada").await.status(200);

    let open = serve(|http| {
        http.authenticator(Names)
            .settings(|settings| settings.authentication_required = false)
    })
    .await;
    open.is_well().await;
    let bad = open
        .modern("tools/call", sum(1, 2))
        .header("Authorization", "nobody");
    bad.await.status(401);
}

#[tokio::test]
async fn who_cannot_be_found_out_in_time_is_refused() {
    let site = serve(|http| {
        http.authenticator(Names)
            .settings(|settings| settings.body_timeout = Duration::from_millis(50))
    })
    .await;
    let call = site.modern("tools/call", sum(1, 2));
    let refused = call.header("Authorization", "sleepy").await.status(503);
    refused.error(-31008);
    assert_eq!(refused.header("retry-after"), Some("1"));
}
