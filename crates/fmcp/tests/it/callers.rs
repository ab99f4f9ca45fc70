//! Who is calling, found out by a function: over HTTP, HTTP+SSE and WebSockets, in sessions and without.

use std::sync::Arc;

use fmcp::{
    Client, Error, Http, Kind, Principal, Revision, Server,
    http::Body,
    net::{PeerAddress, tls::PeerCertificates},
    testing::modern,
    tool,
};
use http::{HeaderName, HeaderValue};
use serde_json::json;
use tower_service::Service as _;

use crate::{
    carried::{Carried, Over},
    raw_http::{Running, post},
};

/// Typed, and more than a credential says.
struct Plan(&'static str);

/// Who calls, and on which plan?
#[tool]
async fn whoami(#[ctx] caller: Arc<Principal>) -> String {
    let plan = caller.get::<Plan>().map_or("none", |plan| plan.0);
    format!("{} {plan}", caller.subject)
}

fn server() -> Server {
    Server::new("s").tool(whoami::tool())
}

/// Lets in whoever has a key, from this machine.
fn keys(http: Http) -> Http {
    http.authenticate(|request| async move {
        let address = request.extensions.get::<PeerAddress>();
        assert!(address.is_some_and(|address| address.0.ip().is_loopback()));
        match request.headers.get("x-key").map(HeaderValue::as_bytes) {
            Some(b"ada") => Ok(Some(Principal::new("ada").with(Plan("free")))),
            Some(b"eve") => Err(Error::new(Kind::Forbidden, "not you")),
            Some(_) => Err(Error::new(Kind::Unauthenticated, "nobody has this key")),
            None => Ok(None),
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_is_the_same_on_every_transport_and_in_every_revision() {
    for (over, revision) in [
        (Over::Http, Revision::V2026_07_28),
        (Over::Http, Revision::V2025_11_25),
        (Over::Sse, Revision::V2024_11_05),
        (Over::WebSocket, Revision::V2026_07_28),
        (Over::WebSocket, Revision::V2025_06_18),
    ] {
        let server = server();
        let carried = Carried::with(&server, over, keys).await;
        let key = HeaderName::from_static("x-key");
        let client = Client::builder(carried.target.clone())
            .revision(revision)
            .header(key, HeaderValue::from_static("ada"))
            .connect()
            .await
            .unwrap();
        let said = client.call("whoami", ()).await.unwrap();
        assert_eq!(said.text(), "ada free", "{over} {revision}");
        for session in server.sessions() {
            assert_eq!(&*session.principal().unwrap().subject, "ada", "{over}");
        }
        client.close().await;
        carried.end().await;
    }
}

#[tokio::test]
async fn whoever_is_refused_learns_what_is_demanded() {
    let running = Running::new(server(), keys).await;
    let body = modern("tools/list", json!({})).to_string();
    for (key, status, demanded) in [
        (None, 401, Some("Bearer")),
        (Some("bob"), 401, Some("Bearer error=\"invalid_token\"")),
        (Some("eve"), 403, None),
    ] {
        let mut headers = vec![
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/list"),
        ];
        headers.extend(key.map(|key| ("x-key", key)));
        let answer = post(running.address, "/mcp", &headers, &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), demanded, "{answer:?}");
    }
    running.ended().await;
}

#[tokio::test]
async fn a_certificate_says_who_calls_as_well() {
    let http = Http::new("").authenticate(|request| async move {
        let shown = request.extensions.get::<PeerCertificates>();
        let first = shown.and_then(|shown| shown.0.first().map(|first| first.to_vec()));
        Ok(first.map(|first| Principal::new(format!("{first:?}")).with(Plan("certified"))))
    });
    let mut service = server().into_http_service_with(http);
    let body = modern("tools/call", json!({"name": "whoami", "arguments": {}})).to_string();
    for (shown, status, says) in [(true, 200, "[1, 2, 3] certified"), (false, 401, "")] {
        let mut request = http::Request::post("/")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "whoami")
            .body(Body::from(body.clone()))
            .unwrap();
        if shown {
            let certificate = PeerCertificates(vec![vec![1, 2, 3].into()].into());
            request.extensions_mut().insert(certificate);
        }
        let answer = service.call(request).await.unwrap();
        assert_eq!(answer.status(), status);
        let body = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), 10_000);
        let body = String::from_utf8(body.await.unwrap().to_vec()).unwrap();
        assert!(body.contains(says), "{body}");
    }
}
