//! From an address to a stream of bytes: directly, or through a proxy.

use std::{
    future::{Ready, ready},
    net::IpAddr,
    task::{Context, Poll},
};

use fmcp_core::{Error, Kind, Result};
use http::{Uri, uri};
use hyper_util::{
    client::{
        legacy::connect::{
            HttpConnector,
            proxy::{SocksV5, Tunnel},
        },
        proxy::matcher::Intercept,
    },
    rt::TokioIo,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use tower_service::Service;

use super::{
    Reach, Settings,
    fault::{insecure, server, unconnected},
    proxy::{Proxies, Route},
    reach::{Resolver, out_of_reach},
    tls::Trust,
    wire::Wire,
};
use crate::net::Stream;

/// How often the other end of a connection on which nothing happens is asked whether it is still there.
const PROBE_EVERY: std::time::Duration = std::time::Duration::from_secs(30);

/// Connects to servers.
pub(super) struct Dialer {
    /// To servers themselves.
    direct: HttpConnector<Resolver>,
    /// To proxies, which may be anywhere: who runs this program has named them.
    to_proxies: HttpConnector<Resolver>,
    reach: Reach,
    pub(super) proxies: Proxies,
    trust: Trust,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Requests, one after the other or side by side.
    Requests,
    /// What begins as a request of HTTP/1.1, and goes on as something else.
    Raw,
}

impl Dialer {
    pub(super) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            direct: tcp(&settings, settings.reach),
            to_proxies: tcp(&settings, Reach::Anywhere),
            reach: settings.reach,
            proxies: Proxies::new(&settings.proxy)?,
            trust: Trust::new(settings.roots, settings.tls)?,
        })
    }

    /// A connection to the server of `target`. The caller sets a time limit.
    pub(super) async fn dial(&self, target: &Uri, purpose: Purpose) -> Result<Wire> {
        let target = with_port(target)?;
        self.look_at(&target)?;
        let route = self.proxies.route(&target, purpose == Purpose::Raw)?;
        let stream = match &route {
            Route::Direct => self.connect(&target).await?,
            Route::Forward(proxy) => self.connect_to(proxy).await?,
            Route::Tunnel(proxy) => self.tunnel(proxy, &target).await?,
            Route::Socks(proxy) => self.socks(proxy, &target).await?,
        };
        let (stream, is_h2) = match target.scheme_str() {
            Some("https") => self.secure(stream, &target, purpose).await?,
            _ => (stream, false),
        };
        Ok(Wire {
            stream: TokioIo::new(stream),
            is_h2,
            is_forwarded: matches!(route, Route::Forward(_)),
        })
    }

    /// Looks at what is an address already: nobody looks that up.
    fn look_at(&self, target: &Uri) -> Result<()> {
        match bare_host(target).parse::<IpAddr>() {
            Ok(address) if !self.reach.allows(address) => {
                Err(out_of_reach(&server(target), address))
            }
            _ => Ok(()),
        }
    }

    async fn connect(&self, target: &Uri) -> Result<Stream> {
        let connecting = self.direct.clone().call(target.clone());
        let stream = connecting.await;
        let stream = stream.map_err(|error| unconnected(&server(target), error))?;
        Ok(Stream::Tcp(stream.into_inner()))
    }

    async fn connect_to(&self, proxy: &Intercept) -> Result<Stream> {
        let who = proxy_at(proxy);
        let at = match proxy.uri().scheme_str() {
            Some("socks5" | "socks5h") => on_port(proxy.uri(), "http", 1080)?,
            _ => with_port(proxy.uri())?,
        };
        let stream = self.to_proxies.clone().call(at.clone()).await;
        let stream = Stream::Tcp(stream.map_err(|e| unconnected(&who, e))?.into_inner());
        match at.scheme_str() {
            Some("https") => Ok(self.secure(stream, &at, Purpose::Raw).await?.0),
            _ => Ok(stream),
        }
    }

    async fn tunnel(&self, proxy: &Intercept, target: &Uri) -> Result<Stream> {
        let open = Open(Some(TokioIo::new(self.connect_to(proxy).await?)));
        let mut tunnel = Tunnel::new(proxy.uri().clone(), open);
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let stream = tunnel.call(target.clone()).await;
        stream
            .map(TokioIo::into_inner)
            .map_err(|error| not_let_through(proxy, target, error))
    }

    async fn socks(&self, proxy: &Intercept, target: &Uri) -> Result<Stream> {
        let open = Open(Some(TokioIo::new(self.connect_to(proxy).await?)));
        let mut socks = SocksV5::new(proxy.uri().clone(), open);
        if let Some((name, password)) = proxy.raw_auth() {
            socks = socks.with_auth(name.to_owned(), password.to_owned());
        }
        let stream = socks.call(target.clone()).await;
        stream
            .map(TokioIo::into_inner)
            .map_err(|error| not_let_through(proxy, target, error))
    }

    /// The stream in TLS, and whether HTTP/2 was agreed upon.
    async fn secure(
        &self,
        stream: Stream,
        target: &Uri,
        purpose: Purpose,
    ) -> Result<(Stream, bool)> {
        let configs = self.trust.configs().await?;
        let config = match purpose {
            Purpose::Requests => &configs.requests,
            Purpose::Raw => &configs.raw,
        };
        let name = ServerName::try_from(bare_host(target).to_owned()).map_err(|e| {
            let words = format!(
                "{} has no name that a certificate could hold",
                server(target)
            );
            Error::invalid_params(words).caused_by(e)
        })?;
        let connecting = TlsConnector::from(config.clone()).connect(name, stream);
        let stream = connecting.await;
        let stream = stream.map_err(|error| insecure(&server(target), error))?;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Stream::Over(Box::new(stream)), is_h2))
    }
}

fn tcp(settings: &Settings, reach: Reach) -> HttpConnector<Resolver> {
    let mut tcp = HttpConnector::new_with_resolver(Resolver::new(reach));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(settings.connect_timeout));
    tcp.set_keepalive(Some(PROBE_EVERY));
    tcp.set_keepalive_interval(Some(PROBE_EVERY));
    tcp
}

/// The host without the brackets that stand around addresses of the newer internet.
fn bare_host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}

/// `uri` reduced to scheme, host and port, all of them said.
fn with_port(uri: &Uri) -> Result<Uri> {
    match uri.scheme_str() {
        Some("http" | "ws") => on_port(uri, "http", 80),
        Some("https" | "wss") => on_port(uri, "https", 443),
        _ => Err(not_an_address(uri)),
    }
}

fn on_port(uri: &Uri, scheme: &str, port: u16) -> Result<Uri> {
    let host = uri.host().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| not_an_address(uri))?;
    let port = uri.port_u16().unwrap_or(port);
    uri::Builder::new()
        .scheme(scheme)
        .authority(format!("{host}:{port}"))
        .path_and_query("/")
        .build()
        .map_err(|e| not_an_address(uri).caused_by(e))
}

fn not_an_address(uri: &Uri) -> Error {
    let words = format!(
        "{} is not the address of a server: it takes http:// or https://, and a host",
        server(uri)
    );
    Error::invalid_params(words)
}

fn proxy_at(proxy: &Intercept) -> String {
    format!("the proxy at {}", server(proxy.uri()))
}

fn not_let_through(
    proxy: &Intercept,
    target: &Uri,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let words = format!(
        "{} does not let through to {}: {error}",
        proxy_at(proxy),
        server(target)
    );
    Error::new(Kind::Unavailable, words).caused_by(error)
}

/// A connection that is there already, as the words to a proxy want it.
struct Open(Option<TokioIo<Stream>>);

impl Service<Uri> for Open {
    type Response = TokioIo<Stream>;
    type Error = Error;
    type Future = Ready<Result<TokioIo<Stream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(
            self.0
                .take()
                .ok_or_else(|| Error::internal("the connection is in use")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_to_connect() {
        for (uri, expect) in [
            ("http://a.example/x?y", "http://a.example:80/"),
            ("https://u:p@a.example", "https://a.example:443/"),
            ("wss://[::1]:9/x", "https://[::1]:9/"),
            ("ws://a.example", "http://a.example:80/"),
        ] {
            assert_eq!(with_port(&Uri::from_static(uri)).unwrap(), expect);
        }
        for bad in ["/mcp", "ftp://a.example", "a.example:80"] {
            let error = with_port(&Uri::from_static(bad)).unwrap_err();
            assert!(error.message().contains("it takes http://"), "{error}");
        }
    }
}
