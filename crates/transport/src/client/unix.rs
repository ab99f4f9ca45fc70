//! A server behind a socket in the file system.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use fmcp_core::{BoxFuture, Endpoint, Error, Kind, Origin, Result};
use tokio::net::UnixStream;

use super::{
    Greeting, Link,
    duplex::{self, Carrier, Connection, Dial},
};
use crate::duplex::End;

/// Where the socket is, and how much the server may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Where the socket is.
    pub path: PathBuf,
    /// How much the server may do, and how often it is connected to again.
    pub each: duplex::Settings,
}

impl Settings {
    /// The server behind the socket at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            each: duplex::Settings {
                // A server that is being replaced comes back, however long it takes.
                restart: duplex::Restart::always(),
                ..duplex::Settings::default()
            },
        }
    }
}

/// Opens a link to the server behind a socket. What does not belong to a call goes to `peer`.
///
/// # Errors
/// When nobody can be reached there, or the server speaks no revision that may be spoken.
pub async fn open(
    settings: Settings,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let Settings { path, each } = settings;
    let name = path.display().to_string();
    duplex::open(Socket { path, name }, each, greeting, peer).await
}

struct Socket {
    path: PathBuf,
    name: String,
}

impl Dial for Socket {
    fn name(&self) -> &str {
        &self.name
    }

    fn dial(&self, connection: Connection) -> BoxFuture<'_, Result<Carrier>> {
        Box::pin(async move {
            let stream = UnixStream::connect(&self.path).await;
            let stream = stream.map_err(|error| unreachable(&self.path, error))?;
            let name: Box<str> = self.name.as_str().into();
            let carrier: Carrier = Box::pin(async move {
                let (read, write) = stream.into_split();
                broken(duplex::lines(read, write, connection).await, name)
            });
            Ok(carrier)
        })
    }
}

fn unreachable(path: &Path, error: io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such socket: is the server running?",
        io::ErrorKind::ConnectionRefused => "nobody listens there: is the server running?",
        io::ErrorKind::PermissionDenied => "this user may not connect to it",
        _ => "it cannot be connected to",
    };
    let words = format!("{}: {why}", path.display());
    Error::new(Kind::Unavailable, words).caused_by(error)
}

/// What the end of a connection says to those who wait.
fn broken(end: End, name: Box<str>) -> Error {
    let words = match &end {
        End::Done => "the server has closed the connection",
        End::Stalled => "the server does not read what it is sent",
        End::Broken(_) => "the connection to the server broke",
    };
    let error = Error::new(Kind::Unavailable, words).from_origin(Origin::Upstream(name));
    match end {
        End::Broken(source) => error.caused_by(source),
        _ => error,
    }
}
