//! What a peer is connected by.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use fmcp_core::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Bytes in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection with a peer.
#[non_exhaustive]
pub enum Stream {
    /// A TCP connection.
    Tcp(TcpStream),
    /// A connection on a Unix socket.
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    /// Something on top of a connection: TLS.
    Over(Box<dyn Duplex>),
}

/// Makes connections secure.
pub trait Secure: Send + Sync {
    /// Comes to terms with a new peer.
    ///
    /// The caller sets a time limit.
    fn secure(&self, stream: Stream) -> BoxFuture<'static, io::Result<Secured>>;

    /// Runs beside the listener, as long as it does: to look after certificates.
    fn tend(self: Arc<Self>) -> BoxFuture<'static, ()>;
}

/// What came of coming to terms.
#[non_exhaustive]
pub struct Secured {
    /// The connection from here on.
    pub stream: Stream,
    /// Whether HTTP/2 was agreed upon; `false` means HTTP/1.1.
    pub is_h2: bool,
    /// What each request of this peer carries with it: who it has proved to be.
    pub extensions: http::Extensions,
}

impl Secured {
    /// A connection that is secure now, for HTTP/1.1.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            is_h2: false,
            extensions: http::Extensions::new(),
        }
    }
}

macro_rules! each {
    ($self:ident, $stream:ident => $then:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $then,
            #[cfg(unix)]
            Stream::Unix($stream) => $then,
            Stream::Over($stream) => $then,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.is_write_vectored(),
            Self::Over(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
