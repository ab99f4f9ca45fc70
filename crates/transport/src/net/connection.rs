//! One connection, from its first byte to its last.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::BoxFuture;
use http::{Extensions, Request, Response};
use http_body::Body;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout, timeout_at},
};
use tower_service::Service;

use super::{
    Accepted, PeerAddress, Secure, Settings,
    counted::Counted,
    incoming::Incoming,
    plain::{self, Outcome},
    pulse::{Open, Pulse},
    tail::{Failure, pour},
    tasks::Tasks,
    wire::Wire,
};

/// How long a peer has to take notice of the end before what it still says is refused by the system.
const LINGER: Duration = Duration::from_secs(1);

/// How much of what a peer still says is thrown away.
const LINGER_BYTES: usize = 256 * 1024;

/// How much of it at once.
const LINGER_CHUNK: usize = 8 * 1024;

/// How connections are treated: made once, shared by all.
pub(super) struct Manner {
    http1: http1::Builder,
    settings: Settings,
    secure: Option<Arc<dyn Secure>>,
}

impl Manner {
    pub(super) fn new(settings: Settings, secure: Option<Arc<dyn Secure>>) -> Self {
        let mut http1 = http1::Builder::new();
        // Time limits are kept by sweeping: a timer for each request costs more than all else here.
        http1
            .header_read_timeout(None)
            // Whether the peer is still there is looked after by the wire, only where an answer has to be waited
            // for: hyper would take another buffer for each request to find out.
            .half_close(true)
            .max_buf_size(settings.buffer_bytes.max(16 * 1024))
            .max_header_size(settings.header_bytes);
        if settings.headers != Settings::HEADERS {
            http1.max_headers(settings.headers);
        }
        Self {
            http1,
            settings,
            secure,
        }
    }

    fn http2(&self) -> http2::Builder<Tasks> {
        let mut http2 = http2::Builder::new(Tasks::default());
        let header_bytes = u32::try_from(self.settings.header_bytes).unwrap_or(u32::MAX);
        // What bounds floods of resets is the default of hyper.
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.settings.h2_streams)
            .max_header_list_size(header_bytes)
            .max_send_buf_size(self.settings.buffer_bytes)
            .keep_alive_interval(self.settings.h2_ping_every)
            .keep_alive_timeout(Duration::from_secs(20));
        http2
    }

    fn extensions(&self, address: Option<SocketAddr>) -> Extensions {
        let mut extensions = Extensions::new();
        if let Some(address) = address.filter(|_| self.settings.peer_address) {
            extensions.insert(PeerAddress(address));
        }
        extensions
    }
}

/// One connection: who serves it, and how.
pub(super) struct Connection<S> {
    pub(super) manner: Arc<Manner>,
    pub(super) service: S,
    pub(super) pulse: Arc<Pulse>,
}

impl<S, B> Connection<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    S: Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Failure>,
{
    /// Serves the peer until one of the two has enough.
    pub(super) async fn run(self, accepted: Accepted, open: Open) {
        let address = accepted.address;
        if let Err(error) = self.serve(accepted, open).await {
            // A peer's fault, or its going: nothing that somebody has to look after.
            tracing::debug!(peer = ?address, %error, "a connection broke");
        }
    }

    async fn serve(self, accepted: Accepted, open: Open) -> Result<(), Failure> {
        let mut extensions = self.manner.extensions(accepted.address);
        let Some(secure) = &self.manner.secure else {
            self.pulse.is_ready();
            let mut wire = Wire::new(accepted.stream, Arc::clone(&self.pulse), open);
            return match wire.speaks_h2().await? {
                Some(true) => self.http2(wire, extensions).await,
                Some(false) => self.http1(wire, extensions).await,
                None => Ok(()),
            };
        };
        let limit = self.manner.settings.handshake_timeout;
        let secured = timeout(limit, secure.secure(accepted.stream))
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "TLS took too long"))??;
        extensions.extend(secured.extensions);
        self.pulse.is_ready();
        let wire = Wire::new(secured.stream, Arc::clone(&self.pulse), open);
        if secured.is_h2 {
            self.http2(wire, extensions).await
        } else {
            self.http1(wire, extensions).await
        }
    }

    async fn http1(self, mut wire: Wire, extensions: Extensions) -> Result<(), Failure> {
        let manner = self.manner;
        let mut counted = Counted {
            service: self.service,
            pulse: self.pulse,
            extensions,
        };
        // Boxed, so that all of it goes when a stream is all that is left.
        match Box::pin(plain::serve(&mut wire, &mut counted, &manner.settings)).await? {
            Outcome::Over => {
                let _ = wire.shutdown().await;
            }
            Outcome::Stream(stream) => {
                drop(counted);
                if !pour(stream, &mut wire).await? {
                    return Ok(());
                }
            }
            Outcome::Other => return Box::pin(talk(&manner, counted, wire)).await,
        }
        linger(wire).await;
        Ok(())
    }

    fn http2(self, wire: Wire, extensions: Extensions) -> BoxFuture<'static, Result<(), Failure>> {
        // Boxed, for it is large, and connections of HTTP/1 should not be.
        Box::pin(async move {
            self.pulse.is_multiplexed();
            let service = Counted {
                service: self.service,
                pulse: Arc::clone(&self.pulse),
                extensions,
            };
            let http2 = self.manner.http2();
            let mut connection = http2.serve_connection(TokioIo::new(wire), service);
            let mut ends = false;
            poll_fn(|cx| {
                if !ends && self.pulse.poll_end(cx) {
                    ends = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                Pin::new(&mut connection).poll(cx)
            })
            .await?;
            Ok(())
        })
    }
}

/// Speaks all of HTTP/1 until one of the two has enough.
async fn talk<S, B>(manner: &Manner, counted: Counted<S>, mut wire: Wire) -> Result<(), Failure>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    S: Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Failure>,
{
    wire.watch(true);
    let pulse = Arc::clone(&counted.pulse);
    let io = TokioIo::new(wire);
    let mut connection = manner.http1.serve_connection(io, counted).with_upgrades();
    let (mut ends, mut heard_by) = (false, None::<Waker>);
    let outcome = poll_fn(|cx| {
        // Hyper first reads what came already: asked to end before, it would throw that away.
        let outcome = Pin::new(&mut connection).poll(cx);
        if outcome.is_ready() || ends || !pulse.must_end(cx, &mut heard_by) {
            return outcome;
        }
        ends = true;
        Pin::new(&mut connection).graceful_shutdown();
        Pin::new(&mut connection).poll(cx)
    })
    .await;
    // What became of a WebSocket has no parts here any more.
    if let Some(parts) = connection.into_parts() {
        let mut wire = parts.io.into_inner();
        wire.watch(false);
        linger(wire).await;
    }
    Ok(outcome?)
}

/// Takes notice of what a peer goes on saying after it was answered, for a while. To close at once would
/// make the system take the answer back.
async fn linger(mut wire: Wire) {
    if !wire.is_unread() {
        return;
    }
    let deadline = Instant::now() + LINGER;
    let (mut scrap, mut left) = (vec![0; LINGER_CHUNK], LINGER_BYTES);
    while let Ok(Ok(n)) = timeout_at(deadline, wire.read(&mut scrap)).await {
        left = left.saturating_sub(n);
        if n == 0 || left == 0 {
            return;
        }
    }
}
