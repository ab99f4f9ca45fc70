//! Requests, and the connections that they share.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use fmcp_core::{Error, Kind, Result};
use http::{HeaderValue, Request, Response, Uri, header, uri};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use super::{
    Settings,
    connect::Connector,
    dial::Purpose,
    fault::{server, unanswered},
};
use crate::{
    client::http::Eras,
    http::{
        Body,
        gather::{Ungathered, gather},
    },
    net::Stream,
};

/// Sends requests to HTTP servers: HTTP/1.1, and HTTP/2 where a server on TLS speaks it.
///
/// A clone shares the connections. They belong to the runtime in which they were opened, and end with the
/// last clone. No redirect is followed, and no cookie kept.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    client: Client<Connector, Body>,
    connector: Connector,
    eras: Eras,
}

impl Web {
    /// A client without connections.
    ///
    /// # Errors
    /// When a proxy or a certificate that the settings name cannot be used.
    pub fn new(settings: Settings) -> Result<Self> {
        // The tasks that hyper starts are its connections: they end with what they carry and the pool.
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(settings.idle_timeout)
            .pool_max_idle_per_host(settings.idle_connections)
            .http2_keep_alive_interval(Duration::from_secs(30));
        let connector = Connector::new(settings)?;
        let client = builder.build(connector.clone());
        Ok(Self(Arc::new(Inner {
            client,
            connector,
            eras: Eras::default(),
        })))
    }

    /// Sends a request, whose URI is absolute; gives the response when its head is there. The body is read by
    /// the caller, who sets the time limit for both; dropping it ends the exchange. Name and password in
    /// the URI become a header.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] when the server cannot be reached or breaks off, [`Kind::Timeout`] when no
    /// connection comes about in time, [`Kind::Forbidden`] when it is out of [reach](super::Reach).
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Incoming>> {
        let (mut head, body) = request.into_parts();
        take_userinfo(&mut head)?;
        if let Some(value) = self.0.connector.dialer().proxies.authorization(&head.uri) {
            head.headers.insert(header::PROXY_AUTHORIZATION, value);
        }
        let at = head.uri.clone();
        let request = Request::from_parts(head, Body::from(body));
        let response = self.0.client.request(request).await;
        response.map_err(|error| unanswered(&at, error))
    }

    /// Sends a request and reads the response, of at most `most` bytes, as a whole, within the time.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the response is too large or takes too long.
    pub async fn fetch(
        &self,
        request: Request<Bytes>,
        most: usize,
        within: Duration,
    ) -> Result<Response<Bytes>> {
        let at = request.uri().clone();
        let whole = async {
            let (head, body) = self.send(request).await?.into_parts();
            Ok(Response::from_parts(head, whole(body, most, &at).await?))
        };
        timeout(within, whole).await.unwrap_or_else(|_| {
            let words = format!("{} did not answer within {within:?}", server(&at));
            Err(Error::new(Kind::Timeout, words))
        })
    }

    /// What servers have turned out to be.
    pub(in crate::client) fn eras(&self) -> &Eras {
        &self.0.eras
    }

    /// A connection to the server of `target` for what begins as a request of HTTP/1.1 and goes on as
    /// something else: with TLS and through proxies, as requests go.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn connect(&self, target: &Uri) -> Result<Stream> {
        let wire = self.0.connector.open(target, Purpose::Raw).await?;
        Ok(wire.stream.into_inner())
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").finish_non_exhaustive()
    }
}

/// The body of what `at` has answered.
///
/// # Errors
/// When it is larger than `most` bytes, or breaks off.
pub(in crate::client) async fn whole<B: http_body::Body>(
    body: B,
    most: usize,
    at: &Uri,
) -> Result<Bytes> {
    gather(body, most, |_| Ok(())).await.map_err(|why| {
        let words = match why {
            Ungathered::TooLarge => {
                let words = format!("what {} answers is larger than {most} bytes", server(at));
                return Error::new(Kind::InvalidRequest, words);
            }
            Ungathered::Broken => format!("the answer of {} broke off", server(at)),
        };
        Error::new(Kind::Unavailable, words)
    })
}

/// Name and password in the URI, as a header. Nobody else should see them.
pub(in crate::client) fn take_userinfo(head: &mut http::request::Parts) -> Result<()> {
    let Some(authority) = head.uri.authority() else {
        let words = "a request needs an address with http:// or https:// and a host";
        return Err(Error::invalid_params(words));
    };
    let Some((userinfo, server)) = authority.as_str().rsplit_once('@') else {
        return Ok(());
    };
    let unusable = |_| Error::invalid_params("name and password of an address cannot be used");
    if !head.headers.contains_key(header::AUTHORIZATION) {
        let (name, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let mut words: Vec<u8> = percent_decode_str(name).collect();
        words.push(b':');
        words.extend(percent_decode_str(password));
        let value = format!("Basic {}", BASE64_STANDARD.encode(words));
        let mut value = HeaderValue::try_from(value).map_err(|_| unusable(()))?;
        value.set_sensitive(true);
        head.headers.insert(header::AUTHORIZATION, value);
    }
    let mut parts = head.uri.clone().into_parts();
    let server = uri::Authority::try_from(server).map_err(|_| unusable(()))?;
    parts.authority = Some(server);
    head.uri = Uri::from_parts(parts).map_err(|_| unusable(()))?;
    Ok(())
}
