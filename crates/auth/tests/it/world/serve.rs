//! HTTP.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};

use super::{Inner, Role, Seen, issuer, site};

pub(crate) async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

pub(crate) fn origin(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

pub(crate) async fn run(listener: TcpListener, role: Role, inner: Arc<Inner>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let inner = Arc::clone(&inner);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, role, Arc::clone(&inner)));
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that goes away is none of our business.
            let _ = served.await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    role: Role,
    inner: Arc<Inner>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let query = head.uri.query().unwrap_or_default();
    let seen = Seen {
        role,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    inner.log.lock().unwrap().push(seen.clone());
    let response = match role {
        Role::Mcp => site::answer(&inner, &seen).await,
        Role::As => issuer::answer(&inner, &seen).await,
    };
    Ok(response)
}

pub(crate) fn reply(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<String>,
) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::from(body.into())).unwrap()
}

pub(crate) fn json(status: u16, body: &serde_json::Value) -> Response<Full<Bytes>> {
    reply(
        status,
        &[("content-type", "application/json")],
        body.to_string(),
    )
}

/// A document, and what is different in it.
pub(crate) fn patched(
    mut document: serde_json::Value,
    more: &serde_json::Value,
) -> serde_json::Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        if value.is_null() {
            document.as_object_mut().unwrap().remove(name);
        } else {
            document[name] = value.clone();
        }
    }
    document
}
