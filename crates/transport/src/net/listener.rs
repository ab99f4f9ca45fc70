//! Where peers come from.

use std::{
    fmt, io,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::net::{TcpListener, ToSocketAddrs};

use super::{Secure, Stream};

/// Where peers come from: TCP addresses, Unix sockets, several of them; with TLS where it is asked for.
///
/// It accepts peers; it does not serve them. It is bound from the moment it exists, so that its addresses
/// are known before anybody is served.
///
/// ```
/// # use fmcp_transport::net::Listener;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = Listener::bind("127.0.0.1:0").await?;
/// assert_ne!(listener.local_addr().unwrap().port(), 0);
/// # Ok(())
/// # }
/// ```
pub struct Listener {
    places: Vec<Place>,
    /// Which place is asked first, so that none is starved.
    turn: usize,
    secure: Option<Arc<dyn Secure>>,
}

enum Place {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(crate::socket::Unix),
    #[cfg(unix)]
    OthersUnix(tokio::net::UnixListener),
}

/// A peer that has just come.
#[non_exhaustive]
pub struct Accepted {
    /// The connection, before anything was said.
    pub stream: Stream,
    /// Where it comes from, if it comes over TCP.
    pub address: Option<SocketAddr>,
}

#[cfg(unix)]
impl Accepted {
    fn unix(stream: tokio::net::UnixStream) -> Self {
        Self {
            stream: Stream::Unix(stream),
            address: None,
        }
    }
}

impl Listener {
    fn of(place: Place) -> Self {
        Self {
            places: vec![place],
            turn: 0,
            secure: None,
        }
    }

    /// Listens at a TCP address. Port 0 asks the system for one that is free.
    ///
    /// # Errors
    /// When the address cannot be resolved or bound.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(TcpListener::bind(address).await?.into())
    }

    /// Listens on a Unix socket, which only the same user may connect to. The file goes when the listener
    /// does; one that a dead server has left behind is replaced.
    ///
    /// # Errors
    /// When somebody listens there already, when there is something else, or when it cannot be bound.
    #[cfg(unix)]
    pub async fn unix(path: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(crate::socket::Unix::bind(path, 0o600).await?.into())
    }

    /// Listens there, too. It is secure if either was.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.places.extend(other.places);
        self.secure = self.secure.or(other.secure);
        self
    }

    /// Every peer has to come to terms first: TLS.
    #[must_use]
    pub fn secured_by(mut self, secure: Arc<dyn Secure>) -> Self {
        self.secure = Some(secure);
        self
    }

    /// What makes its connections secure, if anything does.
    #[must_use]
    pub fn security(&self) -> Option<&Arc<dyn Secure>> {
        self.secure.as_ref()
    }

    /// The TCP addresses that it listens at.
    pub fn local_addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.places.iter().filter_map(|place| match place {
            Place::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            _ => None,
        })
    }

    /// The first TCP address that it listens at.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local_addrs().next()
    }

    /// Waits for a peer.
    ///
    /// # Errors
    /// Of the system's. Some are about one peer, that has gone already; others about all who may come.
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let count = self.places.len();
        for offset in 0..count {
            let at = (self.turn + offset) % count;
            if let Poll::Ready(outcome) = self.places[at].poll_accept(cx) {
                self.turn = (at + 1) % count;
                return Poll::Ready(outcome);
            }
        }
        Poll::Pending
    }
}

impl Place {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        match self {
            Self::Tcp(listener) => listener.poll_accept(cx).map_ok(|(stream, address)| {
                // Answers are written whole. Where it cannot be switched, they are late, not wrong.
                let _ = stream.set_nodelay(true);
                Accepted {
                    stream: Stream::Tcp(stream),
                    address: Some(address),
                }
            }),
            #[cfg(unix)]
            Self::Unix(socket) => socket.poll_accept(cx).map_ok(Accepted::unix),
            #[cfg(unix)]
            Self::OthersUnix(listener) => {
                let outcome = listener.poll_accept(cx);
                outcome.map_ok(|(stream, _)| Accepted::unix(stream))
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::of(Place::Tcp(listener))
    }
}

impl TryFrom<std::net::TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(TcpListener::from_std(listener)?.into())
    }
}

#[cfg(unix)]
impl From<crate::socket::Unix> for Listener {
    fn from(socket: crate::socket::Unix) -> Self {
        Self::of(Place::Unix(socket))
    }
}

#[cfg(unix)]
impl From<tokio::net::UnixListener> for Listener {
    fn from(listener: tokio::net::UnixListener) -> Self {
        Self::of(Place::OthersUnix(listener))
    }
}

#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixListener> for Listener {
    type Error = io::Error;

    fn try_from(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(tokio::net::UnixListener::from_std(listener)?.into())
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for place in &self.places {
            match place {
                Place::Tcp(listener) => list.entry(&listener.local_addr().ok()),
                #[cfg(unix)]
                Place::Unix(place) => list.entry(&place.path()),
                #[cfg(unix)]
                Place::OthersUnix(listener) => list.entry(&listener.local_addr().ok()),
            };
        }
        list.finish()
    }
}
