//! Servers on WebSockets.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp_core::{
    Authenticator, BoxFuture, Call, Credentials, Endpoint, Error, Kind, Principal, Reply, Result,
    protocol::{
        Method, Revision,
        model::{CallToolResult, DiscoverResult, EmptyResult, Implementation, ServerCapabilities},
    },
};
use fmcp_transport::{
    client::{
        Greeting, Link,
        web::{Proxy, Settings as WebSettings, Web},
        ws::{self, Settings},
    },
    drain::Drain,
    http::{McpService, Settings as HttpSettings},
    net::{
        self, Listener, Summary,
        tls::{Files, Tls},
    },
    ws::{Settings as HostSettings, WebSockets},
};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, request, response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

const LONG: Duration = Duration::from_secs(20);

/// A server whose tools answer with their names, or with a header of the upgrade.
struct Tools;

impl Endpoint for Tools {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let name = call.name().unwrap_or_default().into_owned();
            Ok(match call.method() {
                Method::Discover => {
                    let names = Revision::ALL.map(|revision| revision.as_str().to_owned());
                    DiscoverResult::new(names, ServerCapabilities::new()).into()
                }
                Method::CallTool if name == "large" => {
                    CallToolResult::text("x".repeat(100_000)).into()
                }
                Method::CallTool if name == "hang" => std::future::pending().await,
                Method::CallTool => {
                    let header = call.headers().and_then(|headers| headers.get(&name));
                    let header = header.map(|value| value.to_str().unwrap().to_owned());
                    CallToolResult::text(header.unwrap_or(name)).into()
                }
                _ => EmptyResult::new().into(),
            })
        })
    }
}

/// Lets in whoever has the password of the day.
struct Doorkeeper;

impl Authenticator for Doorkeeper {
    fn authenticate<'a>(
        &'a self,
        request: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>>> {
        Box::pin(async move {
            match request
                .headers
                .get("authorization")
                .map(HeaderValue::as_bytes)
            {
                Some(b"Bearer 3") => Ok(Some(Principal::new("us"))),
                _ => Err(Error::new(Kind::Unauthenticated, "who are you?")),
            }
        })
    }
}

/// Another password each time.
#[derive(Default)]
struct Passwords {
    signed: AtomicUsize,
    answered: AtomicUsize,
    /// Goes on however often it is refused.
    is_stubborn: bool,
}

impl Credentials for Passwords {
    fn sign<'a>(&'a self, request: &'a mut request::Parts) -> BoxFuture<'a, Result<()>> {
        assert!(
            request.uri.scheme_str().unwrap().starts_with("http"),
            "{request:?}"
        );
        let n = self.signed.fetch_add(1, SeqCst) + 1;
        let n = if self.is_stubborn { 0 } else { n };
        let value = HeaderValue::try_from(format!("Bearer {n}")).unwrap();
        request.headers.insert("authorization", value);
        Box::pin(async { Ok(()) })
    }

    fn refused<'a>(
        &'a self,
        _: &'a request::Parts,
        response: &'a response::Parts,
    ) -> BoxFuture<'a, Result<bool>> {
        assert_eq!(response.status, 401);
        Box::pin(async { Ok(true) })
    }

    fn answered(&self, _: &request::Parts, response: &response::Parts) {
        assert_eq!(response.status, 101);
        self.answered.fetch_add(1, SeqCst);
    }
}

struct Host {
    address: SocketAddr,
    drain: Drain,
    task: JoinHandle<Summary>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn on(listener: Listener, change: impl FnOnce(&mut HttpSettings)) -> Host {
    let (address, drain) = (listener.local_addr().unwrap(), Drain::new());
    let mut http = HttpSettings::default();
    change(&mut http);
    let settings = HostSettings::of(&http);
    let sockets = WebSockets::new(
        McpService::new(Arc::new(Tools), http, drain.clone()),
        settings,
    );
    let net = net::Settings::default();
    let task = tokio::spawn(net::serve(listener, sockets, net, drain.clone()));
    Host {
        address,
        drain,
        task,
    }
}

async fn host() -> Host {
    on(Listener::bind("127.0.0.1:0").await.unwrap(), |_| {})
}

/// A client that knows no proxy.
fn web(change: impl FnOnce(WebSettings) -> WebSettings) -> Web {
    let mut settings = WebSettings::default();
    settings.proxy = Proxy::None;
    Web::new(change(settings)).unwrap()
}

fn at(url: &str) -> Settings {
    Settings::new(url.parse().unwrap(), web(|settings| settings))
}

fn to(address: SocketAddr) -> Settings {
    at(&format!("ws://{address}/ws"))
}

fn greeting() -> Greeting {
    Greeting::new(Implementation::new("test", "1"))
}

async fn try_open(settings: Settings, pinned: Option<Revision>) -> Result<Arc<dyn Link>> {
    let mut greeting = greeting();
    greeting.revision = pinned;
    let opened = timeout(LONG, ws::open(settings, &greeting, Arc::new(Tools)));
    opened.await.expect("it is never open")
}

async fn open(settings: Settings) -> Arc<dyn Link> {
    try_open(settings, None).await.unwrap()
}

async fn fails(settings: Settings, kind: Kind, words: &str) {
    let error = try_open(settings, None).await.err().unwrap();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

async fn call(link: &Arc<dyn Link>, tool: &str) -> Result<String> {
    let meta = greeting().meta(link.revision())?;
    let call = Call::of(Method::CallTool, &json!({"name": tool, "_meta": meta}))?;
    let reply = timeout(LONG, link.call(call)).await.expect("no answer")?;
    let result = reply.into_tool()?;
    Ok(result.content[0].as_text().unwrap().to_owned())
}

#[tokio::test]
async fn a_server_is_called_in_each_revision() {
    let host = host().await;
    for revision in Revision::ALL {
        let link = try_open(to(host.address), Some(revision)).await.unwrap();
        assert_eq!(link.revision(), revision);
        assert_eq!(call(&link, "one").await.unwrap(), "one");
        link.close().await;
        assert_eq!(
            call(&link, "one").await.unwrap_err().kind(),
            Kind::Unavailable
        );
    }
    assert_eq!(open(to(host.address)).await.revision(), Revision::NEWEST);
}

#[tokio::test]
async fn the_request_says_what_it_is_told_to() {
    let host = host().await;
    let mut settings = to(host.address);
    settings
        .headers
        .insert("x-own", HeaderValue::from_static("mine"));
    let link = open(settings).await;
    for (header, expect) in [
        ("x-own", "mine"),
        ("sec-websocket-protocol", "mcp"),
        ("host", &host.address.to_string()),
    ] {
        assert_eq!(call(&link, header).await.unwrap(), expect);
    }
    let named = at(&format!("ws://user:secret@{}/ws", host.address));
    assert!(!format!("{named:?}").contains("secret"));
    let authorization = call(&open(named).await, "authorization").await.unwrap();
    assert_eq!(authorization, "Basic dXNlcjpzZWNyZXQ=");
}

#[tokio::test]
async fn credentials_sign_the_upgrade_until_they_are_let_in_or_have_tried_enough() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let host = on(listener, |http| {
        http.authenticator = Some(Arc::new(Doorkeeper));
    });
    let passwords = Arc::new(Passwords::default());
    let mut settings = to(host.address);
    settings.credentials = Some(Arc::clone(&passwords) as _);
    assert_eq!(call(&open(settings).await, "one").await.unwrap(), "one");
    assert_eq!(passwords.signed.load(SeqCst), 3);
    assert_eq!(passwords.answered.load(SeqCst), 1);

    let stubborn = Arc::new(Passwords {
        is_stubborn: true,
        ..Passwords::default()
    });
    let mut settings = to(host.address);
    settings.credentials = Some(Arc::clone(&stubborn) as _);
    fails(
        settings,
        Kind::Unauthenticated,
        "wants to know who is calling",
    )
    .await;
    assert_eq!(stubborn.signed.load(SeqCst), 4);
    fails(to(host.address), Kind::Unauthenticated, "401").await;
}

#[tokio::test]
async fn tls_is_for_servers_that_are_trusted() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (crt, key_at) = (folder.path().join("crt"), folder.path().join("key"));
    fs::write(&crt, certificate.pem()).unwrap();
    fs::write(&key_at, key.serialize_pem()).unwrap();
    let tls = Tls::open(Files::new(crt, key_at).reload_every(None)).unwrap();
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let host = on(listener.secured_by(Arc::new(tls)), |_| {});
    let url = format!("wss://localhost:{}/ws", host.address.port());
    let mut settings = at(&url);
    settings.web = web(|settings| settings.trust(authority.pem().as_bytes()).unwrap());
    assert_eq!(call(&open(settings).await, "one").await.unwrap(), "one");
    fails(at(&url), Kind::Unavailable, "certificate").await;
}

#[tokio::test]
async fn a_server_that_is_replaced_is_connected_to_again() {
    for pinned in [Revision::NEWEST, Revision::NEWEST_LEGACY] {
        let first = host().await;
        let address = first.address;
        let link = try_open(to(address), Some(pinned)).await.unwrap();
        let hanging = tokio::spawn({
            let link = Arc::clone(&link);
            async move { call(&link, "hang").await }
        });
        assert_eq!(call(&link, "one").await.unwrap(), "one");
        first.drain.begin();
        let error = hanging.await.unwrap().unwrap_err();
        assert!(
            matches!(
                error.kind(),
                Kind::Unavailable | Kind::Cancelled | Kind::Timeout
            ),
            "{error:?}"
        );
        drop(first);
        let second = timeout(LONG, async {
            loop {
                if let Ok(listener) = Listener::bind(address.to_string().as_str()).await {
                    return on(listener, |_| {});
                }
                tokio::task::yield_now().await;
            }
        });
        let _second = second.await.unwrap();
        let again = timeout(LONG, async {
            while call(&link, "two").await.is_err() {
                tokio::task::yield_now().await;
            }
        });
        again.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_ends_the_connection_and_not_the_link() {
    let host = host().await;
    let mut settings = to(host.address);
    settings.each.limits = settings.each.limits.message_bytes(50_000);
    let link = open(settings).await;
    let error = call(&link, "large").await.unwrap_err();
    assert!(
        error.to_string().contains("larger than it may be"),
        "{error}"
    );
    assert_eq!(call(&link, "one").await.unwrap(), "one");
}

/// A server that answers the request with this text.
async fn says(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4_096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn what_becomes_no_websocket_is_said() {
    for (answer, kind, words) in [
        (
            "HTTP/1.1 404 Not Found\r\n\r\n",
            Kind::Unavailable,
            "is the path right? (404",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            Kind::Forbidden,
            "does not let this caller in",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://x/\r\n\r\n",
            Kind::Unavailable,
            "another address",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\nhello",
            Kind::Unavailable,
            "opens no WebSocket",
        ),
        (
            "HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
            Kind::Unavailable,
            "does not speak WebSocket",
        ),
        (
            "220 mail.example\r\n\r\n",
            Kind::Unavailable,
            "does not speak WebSocket",
        ),
        ("", Kind::Unavailable, "does not speak WebSocket"),
    ] {
        fails(to(says(answer).await), kind, words).await;
    }
    fails(
        at("ftp://user:secret@example.com/"),
        Kind::InvalidParams,
        "wss://",
    )
    .await;
    fails(at("/ws"), Kind::InvalidParams, "wss://").await;
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    fails(
        at(&format!("ws://user:secret@{nobody}")),
        Kind::Unavailable,
        "nobody listens",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_never_answers_the_request_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = to(listener.local_addr().unwrap());
    settings.each.open_timeout = Duration::from_millis(100);
    fails(settings, Kind::Timeout, "within 100ms").await;
}

/// A server that the test plays, which does not know the subprotocol.
async fn played(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    loop {
        let (stream, _) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
        if let Ok(mut socket) = timeout(LONG, accept_async(stream)).await.unwrap() {
            // Whoever has offered one goes when it is not taken, and comes again without.
            if let Some(Ok(Message::Text(question))) = socket.next().await {
                let id: serde_json::Value = serde_json::from_str(&question).unwrap();
                let result = json!({"resultType": "complete", "supportedVersions": ["2026-07-28"],
                    "capabilities": {}, "ttlMs": 0, "cacheScope": "public"});
                let answer = json!({"jsonrpc": "2.0", "id": id["id"], "result": result});
                socket
                    .send(Message::text(answer.to_string()))
                    .await
                    .unwrap();
                return socket;
            }
        }
    }
}

#[tokio::test]
async fn a_server_need_not_know_the_subprotocol_and_must_show_that_it_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = to(listener.local_addr().unwrap());
    settings.ping_every = Duration::from_millis(50);
    let opening = tokio::spawn(open(settings));
    let mut socket = played(&listener).await;
    let link = opening.await.unwrap();
    let (asking, link) = (
        tokio::spawn({
            let link = Arc::clone(&link);
            async move { call(&link, "one").await }
        }),
        link,
    );
    // As long as it answers, it is there.
    let mut pings = 0;
    while pings < 3 {
        match timeout(LONG, socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
        {
            Message::Ping(_) => pings += 1,
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(!asking.is_finished());
    // From here on nobody reads, and nobody answers.
    let error = asking.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("whether it is there"), "{error}");
    drop(link);
}
