//! A server that shows what it was asked.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fmcp_transport::{
    drain::Drain,
    http::Body,
    net::{Incoming, Listener, PeerAddress, Settings, serve},
};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use tokio::task::JoinHandle;

/// A server that runs. `/` shows the request; `/moved` is elsewhere; `/endless` says much and never ends;
/// `/silent` says nothing.
pub(super) struct Host {
    pub(super) address: SocketAddr,
    task: JoinHandle<fmcp_transport::net::Summary>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) async fn host() -> Host {
    on(Listener::bind("127.0.0.1:0").await.unwrap())
}

pub(super) fn on(listener: Listener) -> Host {
    let mut settings = Settings::default();
    settings.peer_address = true;
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(serve(listener, Mirror, settings, Drain::new()));
    Host { address, task }
}

#[derive(Clone)]
struct Mirror;

impl tower_service::Service<Request<Incoming>> for Mirror {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        Box::pin(async move { Ok(answer(&request).await) })
    }
}

async fn answer(request: &Request<Incoming>) -> Response<Body> {
    match request.uri().path() {
        "/moved" => Response::builder()
            .status(StatusCode::FOUND)
            .header("location", "/")
            .body(Body::empty())
            .unwrap(),
        "/endless" => Response::new(Body::stream(Endless)),
        "/silent" => std::future::pending().await,
        _ => Response::new(Body::from(show(request))),
    }
}

/// What was asked, and from which port.
fn show(request: &Request<Incoming>) -> String {
    let peer = request.extensions().get::<PeerAddress>().unwrap().0.port();
    let header = |name| {
        let value = request.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (host, authorization) = (header("host"), header("authorization"));
    let uri = request.uri();
    format!(
        "{} {uri} host={host} auth={authorization} from={peer}",
        request.method()
    )
}

struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 512])))))
    }
}
