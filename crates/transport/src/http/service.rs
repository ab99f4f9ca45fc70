//! The endpoint as a service.

use std::{
    convert::Infallible,
    future::ready,
    sync::Arc,
    task::{Context, Poll},
};

use fmcp_core::{BoxFuture, Endpoint, Error, Kind, Principal};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use tokio::time::timeout;

use super::{
    accept::Accepts,
    answer::{Refusal, bare, refusal, refuse},
    bodies::Bodies,
    body::Body,
    fields::HttpFields,
    gate::Gate,
    guard::Known,
    legacy::{self, Sessions},
    post::post,
    settings::Settings,
};
use crate::drain::{Drain, Ending};

/// The endpoint as a service: POST for calls of every revision, GET and DELETE for the sessions of legacy
/// ones. It does not care under which path it is mounted. A clone is the same.
#[derive(Clone)]
pub struct McpService(Arc<Shared>);

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) endpoint: Arc<dyn Endpoint>,
    pub(crate) settings: Settings,
    pub(crate) drain: Drain,
    pub(crate) calls: Arc<Gate>,
    pub(crate) streams: Arc<Gate>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) sessions: Sessions,
    /// By which name the server is called.
    known: Known,
}

/// Whom a request comes from, and what it came with.
pub(crate) struct Sender {
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) extensions: http::Extensions,
    pub(crate) principal: Option<Arc<Principal>>,
    /// The principal's name, where things are counted.
    pub(crate) key: Option<Arc<str>>,
    pub(crate) accepts: Accepts,
}

impl McpService {
    /// The endpoint as a service, until `drain` begins.
    #[must_use]
    pub fn new(endpoint: Arc<dyn Endpoint>, settings: Settings, drain: Drain) -> Self {
        Self(Arc::new(Shared {
            endpoint: Arc::new(Ending::new(endpoint, drain.clone())),
            calls: Gate::new(settings.calls, usize::MAX),
            streams: Gate::new(settings.streams, settings.principal_streams),
            bodies: Bodies::new(settings.body_bytes),
            sessions: Sessions::new(&settings),
            known: Known::default(),
            settings,
            drain,
        }))
    }

    /// How many legacy sessions are remembered.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.0.sessions.len()
    }

    /// Begins the end, for whoever carries it in an HTTP server of their own: streams of notifications end
    /// in order, calls that run go on.
    pub fn drain(&self) {
        self.0.drain.begin();
    }

    /// The settings that it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl<B> tower_service::Service<Request<B>> for McpService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Arc::clone(&self.0).answer(request)
    }
}

/// A response that is on its way. What can be decided at once is decided before there is a future: every
/// future is moved to where it runs, and one that carries less is moved quicker.
pub(crate) type Served = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// A response that is there.
pub(crate) fn at_once(response: Result<Response<Body>, Infallible>) -> Served {
    Box::pin(ready(response))
}

impl Shared {
    /// Answers a request, whatever it is.
    #[inline]
    pub(crate) fn answer<B>(self: Arc<Self>, request: Request<B>) -> Served
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
    {
        if self.settings.cors.is_none() {
            return self.route(request);
        }
        let (shared, asked) = (Arc::clone(&self), request.headers().clone());
        let is_preflight = *request.method() == Method::OPTIONS;
        let answering = self.route(request);
        Box::pin(async move {
            let mut response = answering.await?;
            if let Some(cors) = &shared.settings.cors {
                cors.decorate(&asked, response.headers_mut(), is_preflight);
            }
            Ok(response)
        })
    }

    #[inline]
    fn route<B>(self: Arc<Self>, request: Request<B>) -> Served
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
    {
        let fields = HttpFields::of(request.headers());
        if let Err(refused) = self.known.check(&self.settings, request.uri(), &fields) {
            return at_once(Ok(refuse(refused.status, refused.words)));
        }
        let (accepts, is_json) = (fields.accepts(), fields.is_json());
        let (parts, body) = request.into_parts();
        match parts.method {
            Method::POST if is_json => post(self, parts, accepts, body),
            Method::POST => at_once(Ok(not_json())),
            Method::GET => Box::pin(legacy::get(self, parts, accepts).map(Ok)),
            Method::DELETE => Box::pin(legacy::delete(self, parts, accepts).map(Ok)),
            Method::OPTIONS if self.settings.cors.is_some() => {
                at_once(Ok(bare(StatusCode::NO_CONTENT)))
            }
            _ => at_once(Ok(self.not_allowed())),
        }
    }

    /// The refusal of a method that nothing is done by.
    pub(crate) fn not_allowed(&self) -> Response<Body> {
        let (allowed, words) = if self.settings.sessions {
            let words = "messages come here by POST; GET and DELETE are about a session, which the \
                Mcp-Session-Id header names";
            ("GET, POST, DELETE", words)
        } else {
            ("POST", "messages come here by POST")
        };
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, words);
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        response
    }

    /// Finds out whom a request comes from.
    pub(crate) async fn sender(&self, parts: Parts, accepts: Accepts) -> Result<Sender, Refusal> {
        let principal = match &self.settings.authenticator {
            None => None,
            Some(authenticator) => {
                let patience = self.settings.body_timeout;
                let found = timeout(patience, authenticator.authenticate(&parts)).await;
                let late = || Error::new(Kind::Timeout, "finding out who is calling took too long");
                match found.unwrap_or_else(|_| Err(late())) {
                    Ok(Some(principal)) => Some(Arc::new(principal)),
                    Ok(None) if self.settings.authentication_required => {
                        let words = "this server wants to know who is calling";
                        let refused = refuse(StatusCode::UNAUTHORIZED, words);
                        return Err(demanding(refused, authenticator.challenge(None)).into());
                    }
                    Ok(None) => None,
                    Err(error) => {
                        let status = match error.kind() {
                            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
                            Kind::Forbidden => StatusCode::FORBIDDEN,
                            _ => StatusCode::SERVICE_UNAVAILABLE,
                        };
                        let refused = refusal(status, None, &error);
                        let challenge = authenticator.challenge(Some(&error));
                        return Err(demanding(refused, challenge).into());
                    }
                }
            }
        };
        Ok(Sender::new(parts, accepts, principal))
    }
}

/// Headers in bytes of their own. As they came they share their connection's buffer, which a stream that
/// stays open would keep.
pub(crate) fn own_headers(headers: &HeaderMap) -> HeaderMap {
    let own = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
    let pairs = headers.iter();
    pairs
        .filter_map(|(name, value)| Some((name.clone(), own(value)?)))
        .collect()
}

impl Sender {
    /// Keeps nothing of its connection's buffer.
    pub(crate) fn on_its_own(mut self) -> Self {
        self.headers = Arc::new(own_headers(&self.headers));
        self
    }

    /// The same, for another call.
    pub(crate) fn again(&self) -> Self {
        Self {
            headers: Arc::clone(&self.headers),
            extensions: self.extensions.clone(),
            principal: self.principal.clone(),
            key: self.key.clone(),
            accepts: self.accepts,
        }
    }

    pub(crate) fn new(parts: Parts, accepts: Accepts, principal: Option<Arc<Principal>>) -> Self {
        let key = principal.as_ref().map(|principal| {
            let issuer = principal.issuer.as_deref().unwrap_or_default();
            format!("{issuer}\n{}", principal.subject).into()
        });
        Self {
            accepts,
            headers: Arc::new(parts.headers),
            extensions: parts.extensions,
            principal,
            key,
        }
    }
}

/// The refusal of a body that cannot be a message.
pub(crate) fn not_json() -> Response<Body> {
    let words = "a message is JSON: `Content-Type: application/json`, and not packed";
    refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, words)
}

/// A refusal that says what is demanded.
fn demanding(mut refused: Response<Body>, challenge: Option<HeaderValue>) -> Response<Body> {
    if let Some(challenge) = challenge {
        let headers = refused.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    refused
}
