//! The floor of a proxy: hyper's server in front of hyper's client, whose connections are kept. It hands on what it
//! is given, byte for byte but for `Host`, and knows nothing of MCP.
//!
//! `fmcp-bench-proxy-floor 127.0.0.1:9000 127.0.0.1:8000` stands at the second address in front of the first.

use std::env;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    header::HOST,
    http::uri::{Authority, Scheme},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::TcpListener;

type Pool = Client<HttpConnector, Full<Bytes>>;

async fn forward(
    pool: Pool,
    upstream: Authority,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>> {
    let (mut head, body) = request.into_parts();
    let mut place = head.uri.into_parts();
    place.scheme = Some(Scheme::HTTP);
    place.authority = Some(upstream);
    head.uri = Uri::from_parts(place)?;
    head.headers.remove(HOST);
    let body = Full::new(body.collect().await?.to_bytes());
    let answer = pool.request(Request::from_parts(head, body)).await?;
    let (head, body) = answer.into_parts();
    let body = Full::new(body.collect().await?.to_bytes());
    Ok(Response::from_parts(head, body))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let upstream: Authority = args.next().context("no upstream")?.parse()?;
    let listener = TcpListener::bind(args.next().context("no address")?).await?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let pool: Pool = Client::builder(TokioExecutor::new()).build(connector);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (pool, upstream) = (pool.clone(), upstream.clone());
        let service = service_fn(move |request| forward(pool.clone(), upstream.clone(), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
