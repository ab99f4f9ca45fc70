//! WebSockets as a service.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use fmcp_core::{BoxFuture, Carrier};
use http::{HeaderValue, Request, Response, StatusCode, request::Parts};
use hyper::{rt::Executor, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{
    Settings,
    carry::{End, accepted, carry},
    endpoint::Upgraded,
    handshake::{Refused, read},
};
use crate::{
    duplex::Connection,
    http::{
        Body, McpService, Upgrade,
        accept::Accepts,
        answer::{bare, refuse},
        fields::HttpFields,
        gate::{Gate, Permit},
        guard,
        service::Sender,
    },
    net::Tasks,
};

/// The endpoint on WebSockets: a tower service that turns requests into them, under whatever path it is
/// mounted. It checks who may come as [`McpService`] does, and ends with it. A clone is the same.
///
/// It owns the WebSockets: they are closed when the last clone goes.
#[derive(Clone)]
pub struct WebSockets(Arc<Inner>);

struct Inner {
    mcp: McpService,
    settings: Settings,
    gate: Arc<Gate>,
    tasks: Tasks,
}

impl WebSockets {
    /// WebSockets for the endpoint that `mcp` serves.
    #[must_use]
    pub fn new(mcp: McpService, settings: Settings) -> Self {
        Self(Arc::new(Inner {
            gate: Gate::new(settings.sockets, settings.principal_sockets),
            mcp,
            settings,
            tasks: Tasks::default(),
        }))
    }
}

impl<B> tower_service::Service<Request<B>> for WebSockets
where
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        let (parts, _) = request.into_parts();
        Box::pin(async move {
            let settings = &inner.mcp.shared().settings;
            if let Err(refused) =
                guard::check(settings, &parts.uri, &HttpFields::of(&parts.headers))
            {
                return Ok(refuse(refused.status, refused.words));
            }
            Ok(inner.upgrade(parts).await)
        })
    }
}

impl Upgrade for WebSockets {
    fn upgrade(&self, parts: Parts) -> BoxFuture<'static, Response<Body>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { inner.upgrade(parts).await })
    }
}

impl Inner {
    async fn upgrade(&self, mut parts: Parts) -> Response<Body> {
        let agreed = match read(&parts.method, &parts.headers) {
            Ok(agreed) => agreed,
            Err(refused) => return refused.into_response(),
        };
        let shared = self.mcp.shared();
        if shared.drain.has_begun() {
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "the server stops");
        }
        let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            let words = "a WebSocket needs a connection of HTTP/1.1 to itself";
            return refuse(StatusCode::UPGRADE_REQUIRED, words);
        };
        let sender = match shared.sender(parts, Accepts::ANYTHING).await {
            Ok(sender) => sender,
            Err(refused) => return *refused,
        };
        let Some(permit) = self.gate.enter(sender.key.as_ref()) else {
            let words = "there are as many WebSockets as there may be";
            return refuse(StatusCode::SERVICE_UNAVAILABLE, words);
        };
        self.open(upgrade, sender, permit);
        let mut response = bare(StatusCode::SWITCHING_PROTOCOLS);
        *response.headers_mut() = agreed.headers();
        response
    }

    /// Serves the peer as soon as the connection is its own.
    fn open(&self, upgrade: OnUpgrade, sender: Sender, permit: Permit) {
        let shared = self.mcp.shared();
        let drain = shared.drain.clone();
        let mut settings = self.settings.clone();
        settings.each.principal = sender.principal;
        settings.each.carrier = Carrier::WebSocket;
        let endpoint = Arc::new(Upgraded {
            endpoint: Arc::clone(&shared.endpoint),
            headers: sender.headers,
            extensions: sender.extensions,
        });
        self.tasks.execute(async move {
            let io = match upgrade.await {
                Ok(io) => TokioIo::new(io),
                Err(error) => return tracing::debug!(%error, "a peer has gone"),
            };
            let limit = settings.each.limits.max_message_bytes();
            let socket = accepted(io, limit).await;
            let connection = Connection::new(endpoint, settings.each.clone());
            let end = carry(
                socket,
                connection,
                settings.ping_every,
                (CloseCode::Away, "the server stops"),
                drain.begun(),
            );
            match end.await {
                End::Closed | End::Stopped => {}
                End::Stalled => tracing::warn!("a peer that does not read was hung up on"),
                End::Silent => tracing::debug!("a peer that does not answer was hung up on"),
                End::Refused(code, reason) => tracing::debug!(%code, reason, "a peer was refused"),
                End::Broken(error) => tracing::debug!(%error, "a peer has gone"),
            }
            drop(permit);
        });
    }
}

impl Refused {
    fn into_response(self) -> Response<Body> {
        let mut response = refuse(self.status, self.words);
        if let Some((name, value)) = self.hint {
            let headers = response.headers_mut();
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
