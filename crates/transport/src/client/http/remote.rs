//! The server as requests see it: where it is, who is calling, what every request carries.

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{Credentials, Error, Result, protocol::Limits};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
};
use hyper::body::Incoming;
use std::sync::Arc;
use tokio::time::timeout;

use super::{
    Settings, redirect,
    unanswered::{Failure, failure},
};
use crate::client::web::{Web, server};

/// How often one request is signed anew, whatever is said about it.
const ROUNDS: u32 = 3;

const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a call may not say in headers of its own: what frames the request, and who is calling. A call that
/// is handed on must not carry the credentials of somebody else.
const OURS: [HeaderName; 16] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::CONTENT_ENCODING,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
    header::ORIGIN,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("last-event-id"),
];

/// Room for the headers that are added to those of every request.
const ROOM: usize = 12;

/// What `Host` says, where nobody agrees upon HTTP/2, which has no such header.
fn host(url: &Uri) -> Option<HeaderValue> {
    if url.scheme_str() != Some("http") {
        return None;
    }
    let host = url.host()?;
    match url.port_u16() {
        None | Some(80) => HeaderValue::from_str(host).ok(),
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")).ok(),
    }
}

/// The server as requests see it.
pub(in crate::client) struct Remote {
    pub(in crate::client) url: Uri,
    pub(in crate::client) limits: Limits,
    web: Web,
    credentials: Option<Arc<dyn Credentials>>,
    headers: HeaderMap,
    /// What `Host` says at the address itself, so that it is not written anew for each request.
    host: Option<HeaderValue>,
}

impl Remote {
    pub(in crate::client) fn new(settings: &Settings) -> Self {
        Self {
            url: settings.url.clone(),
            limits: settings.limits.clone(),
            web: settings.web.clone(),
            credentials: settings.credentials.clone(),
            headers: settings.headers.clone(),
            host: host(&settings.url),
        }
    }

    /// The headers of a message.
    pub(in crate::client) fn posting(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + ROOM);
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::ACCEPT, BOTH);
        headers
    }

    /// The headers of a message with those of a call, which stand behind all that is said here.
    pub(super) fn posting_with(&self, own: Option<&HeaderMap>) -> HeaderMap {
        let mut headers = self.posting();
        for (name, value) in own.into_iter().flatten() {
            if !OURS.contains(name) && !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers
    }

    /// The headers of a request for a stream.
    pub(in crate::client) fn listening(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        headers.insert(header::ACCEPT, EVENTS);
        headers
    }

    /// The headers of a request without a body.
    pub(super) fn plain(&self) -> HeaderMap {
        self.headers.clone()
    }

    /// Sends a request, signed, to the endpoint.
    ///
    /// # Errors
    /// When it cannot be signed or sent, or the server is somewhere else.
    pub(in crate::client) async fn send(
        &self,
        method: Method,
        body: Bytes,
        headers: impl Fn() -> HeaderMap,
    ) -> Result<Response<Incoming>, Failure> {
        let headers = || {
            let mut headers = headers();
            if let Some(host) = &self.host {
                headers.entry(header::HOST).or_insert_with(|| host.clone());
            }
            headers
        };
        self.send_to(self.url.clone(), method, body, headers).await
    }

    /// Sends a request, signed, to another address of the server. Where it sends to yet another one, that is of the
    /// same origin.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(in crate::client) async fn send_to(
        &self,
        mut at: Uri,
        method: Method,
        body: Bytes,
        headers: impl Fn() -> HeaderMap,
    ) -> Result<Response<Incoming>, Failure> {
        let (mut rounds, mut hops) = (0, 0);
        loop {
            let mut request = Request::new(body.clone());
            *request.method_mut() = method.clone();
            *request.uri_mut() = at.clone();
            *request.headers_mut() = headers();
            let response = match &self.credentials {
                None => self.web.send(request).await?,
                Some(credentials) => {
                    let signed = self
                        .send_signed(&**credentials, request, rounds < ROUNDS)
                        .await?;
                    match signed {
                        Some(response) => response,
                        None => {
                            rounds += 1;
                            continue;
                        }
                    }
                }
            };
            let Some(to) = redirect::target(&at, &response)? else {
                return Ok(response);
            };
            hops += 1;
            if hops > redirect::HOPS {
                let words = format!("{} redirects again and again", server(&at));
                return Err(Error::new(fmcp_core::Kind::InvalidRequest, words).into());
            }
            at = to;
        }
    }

    /// The response to a signed request; `None` when it is worth signing anew.
    async fn send_signed(
        &self,
        credentials: &dyn Credentials,
        request: Request<Bytes>,
        may_repeat: bool,
    ) -> Result<Option<Response<Incoming>>, Failure> {
        let (mut head, body) = request.into_parts();
        credentials
            .sign(&mut head)
            .await
            .map_err(Failure::of_credentials)?;
        let sent = Request::from_parts(head.clone(), body);
        let response = self.web.send(sent).await?;
        let (answer, body) = response.into_parts();
        let is_refused = matches!(
            answer.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        if !is_refused {
            credentials.answered(&head, &answer);
        } else if may_repeat {
            let is_anew = credentials.refused(&head, &answer).await;
            if is_anew.map_err(Failure::of_credentials)? {
                return Ok(None);
            }
        }
        Ok(Some(Response::from_parts(answer, body)))
    }

    /// Sends something that needs no answer but "yes", within the time.
    ///
    /// # Errors
    /// When it cannot be sent, takes too long, or the server says something else.
    pub(super) async fn tell(
        &self,
        body: Bytes,
        headers: impl Fn() -> HeaderMap,
        within: Duration,
    ) -> Result<(), Failure> {
        let telling = async {
            let response = self.send(Method::POST, body, headers).await?;
            self.agreed(response).await
        };
        self.within(within, telling).await
    }

    /// Sends a message to another address of the server, which needs no answer but "yes".
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub(in crate::client) async fn tell_at(
        &self,
        at: Uri,
        body: Bytes,
        headers: impl Fn() -> HeaderMap,
    ) -> Result<(), Failure> {
        let response = self.send_to(at, Method::POST, body, headers).await?;
        self.agreed(response).await
    }

    async fn agreed(&self, response: Response<Incoming>) -> Result<(), Failure> {
        if response.status().is_success() {
            return Ok(());
        }
        Err(failure(&self.url, response).await)
    }

    /// Lets `work` take no longer than `limit`, but for the time in which a user is asked.
    ///
    /// # Errors
    /// What it fails with; [`Kind::Timeout`](fmcp_core::Kind::Timeout) when it takes longer.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut work = std::pin::pin!(work);
        loop {
            match timeout(limit, &mut work).await {
                Ok(done) => return done,
                // A user takes the time that a user takes.
                Err(_) if self.is_asking() => {}
                Err(_) => {
                    let words = format!("{} did not answer within {limit:?}", server(&self.url));
                    return Err(Error::new(fmcp_core::Kind::Timeout, words).into());
                }
            }
        }
    }

    fn is_asking(&self) -> bool {
        let credentials = self.credentials.as_ref();
        credentials.is_some_and(|credentials| credentials.is_asking())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_what_it_would_be_without_us() {
        for (url, expect) in [
            ("http://a.example/mcp", Some("a.example")),
            ("http://a.example:80/mcp", Some("a.example")),
            ("http://u:p@a.example:8000/mcp", Some("a.example:8000")),
            ("http://[::1]:8000/mcp", Some("[::1]:8000")),
            ("https://a.example/mcp", None),
        ] {
            let said = host(&Uri::from_static(url));
            assert_eq!(said.as_ref().map(|host| host.to_str().unwrap()), expect);
        }
    }
}
