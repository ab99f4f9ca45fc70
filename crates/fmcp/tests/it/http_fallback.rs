//! An application of somebody else's behind our HTTP server, and our endpoint inside one.

use axum::{
    Router, extract,
    response::IntoResponse,
    routing::{get, post as posted},
};
use fmcp::{Context, Http, Server, http::Health, testing::modern, tool};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::raw_http::{Answer, Events, Running, post, send};

#[derive(Clone)]
struct Tenant(&'static str);

/// What a layer of the application has found out.
#[tool]
async fn tenant(ctx: Context) -> Option<&'static str> {
    let request = ctx.extension::<::http::Extensions>()?;
    Some(request.get::<Tenant>()?.0)
}

fn server() -> Server {
    Server::new("inside")
        .tool(tenant::tool())
        .route("/own", |_| async { "our route" })
}

fn pages() -> Router {
    let echo = async |body: String| body.to_uppercase();
    let fail = async || (axum::http::StatusCode::IM_A_TEAPOT, "no coffee").into_response();
    Router::new()
        .route("/", get(async || "their page"))
        .route("/own", get(async || "their route"))
        .route("/echo", posted(echo))
        .route("/coffee", get(fail))
}

async fn ask(address: std::net::SocketAddr, method: &str, params: Value) -> Answer {
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", name.as_str()),
    ];
    post(
        address,
        "/mcp",
        &headers,
        &modern(method, params).to_string(),
    )
    .await
}

#[tokio::test]
async fn what_nobody_else_answers_is_left_to_the_fallback() {
    let running = Running::new(server(), |http| http.fallback(pages())).await;
    for (line, body, status, words) in [
        ("GET /", "", 200, "their page"),
        ("POST /echo", "hello", 200, "HELLO"),
        ("GET /coffee", "", 418, "no coffee"),
        ("GET /nowhere", "", 404, ""),
        // Ours come first.
        ("GET /own", "", 200, "our route"),
        ("GET /health", "", 200, "ok"),
    ] {
        let answer = send(running.address, line, &[], body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, words),
            "{line}"
        );
    }
    let answer = ask(running.address, "tools/list", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn the_fallback_is_asked_only_by_who_may() {
    let running = Running::new(server(), |http| {
        let limits = fmcp::Limits::new().message_bytes(100);
        http.fallback(pages()).limits(limits)
    })
    .await;
    let large = "x".repeat(101);
    for (line, headers, body, status) in [
        ("GET /", &[("host", "evil.example.com")], "", 421),
        ("GET /", &[("origin", "https://evil.example.com")], "", 403),
        (
            "POST /echo",
            &[("x-nothing", "special")],
            large.as_str(),
            413,
        ),
    ] {
        let answer = send(running.address, line, headers, body).await;
        assert_eq!(answer.status, status, "{line} {headers:?}");
    }
}

/// Fails at everything.
#[derive(Clone)]
struct Broken;

impl tower_service::Service<::http::Request<fmcp::http::Body>> for Broken {
    type Response = ::http::Response<fmcp::http::Body>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: ::http::Request<fmcp::http::Body>) -> Self::Future {
        std::future::ready(Err(std::io::Error::other("the secret lies under the mat")))
    }
}

#[tokio::test]
async fn a_fallback_that_fails_does_not_say_why() {
    let running = Running::new(server(), |http| http.fallback(Broken)).await;
    let answer = send(running.address, "GET /", &[], "").await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("mat"), "{answer:?}");
}

#[tokio::test]
async fn the_endpoint_serves_inside_an_application_until_it_is_drained() {
    let server = server();
    let mcp = server
        .clone()
        .into_http_service_with(Http::new("").allow_host("app.example.com"));
    let app = pages()
        .nest_service("/mcp", mcp.clone())
        .layer(extract::Extension(Tenant("acme")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (enough, told) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let told = async { drop(told.await) };
        axum::serve(listener, app)
            .with_graceful_shutdown(told)
            .await
    });

    let answer = send(address, "GET /", &[("host", "anything.example.com")], "").await;
    assert_eq!(answer.body, "their page");
    let answer = ask(address, "tools/call", json!({"name": "tenant"})).await;
    assert!(answer.body.contains("acme"), "{answer:?}");
    for (host, status) in [("app.example.com", 400), ("evil.example.com", 421)] {
        let answer = post(address, "/mcp", &[("host", host)], "{").await;
        assert_eq!(answer.status, status, "{host}");
    }

    let listen = modern(
        "subscriptions/listen",
        json!({"notifications": {"toolsListChanged": true}}),
    );
    let headers = [
        ("content-type", "application/json"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "subscriptions/listen"),
    ];
    let mut stream = Events::open(address, "POST /mcp", &headers, &listen.to_string()).await;
    let first = stream.raw().await.unwrap();
    assert!(first.contains("acknowledged"), "{first}");
    drop(enough);
    mcp.drain();
    let last = stream.raw().await.unwrap();
    assert!(last.contains(r#""resultType":"complete""#), "{last}");
    assert_eq!(stream.raw().await, None);
    served.await.unwrap().unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_path_needs_no_slash_and_health_may_be_elsewhere() {
    let running = Running::new(server(), |http| {
        let health = Health::new().path("/livez").ready_path("/readyz");
        http.path("v1/mcp").health(health)
    })
    .await;
    for (line, status) in [
        ("GET /livez", 200),
        ("GET /readyz", 200),
        ("GET /health", 404),
        ("GET /v1/mcp", 405),
        ("GET /mcp", 404),
    ] {
        assert_eq!(
            send(running.address, line, &[], "").await.status,
            status,
            "{line}"
        );
    }
    let lost = send(running.address, "GET /mcp", &[], "").await;
    assert!(lost.body.contains("/v1/mcp"), "{lost:?}");
}
