//! The switches of a server, as its author asks for them.

use std::sync::Arc;

use fmcp_core::Raw;

#[cfg(feature = "http")]
use super::http::routed;
#[cfg(not(feature = "http"))]
use super::routeless::routed;
use super::{
    desk::{Desk, METHODS},
    guard::{Caller, Guard},
};
use crate::Server;

/// What clients read of it, and the beginning of its methods.
const IDENTIFIER: &str = "fmcp/components";

/// The switches of a server: whoever is let in lists, enables and disables components while it runs. There is none
/// without a guard.
///
/// Over HTTP, `GET /components` lists, `POST /components/{kind}/{name}/enable` and `…/disable` switch, for one version
/// with `?version=`; a resource goes by its URI, percent-encoded. In MCP these are the methods
/// `fmcp/components/list`, `fmcp/components/enable` and `fmcp/components/disable`.
///
/// Names are those that clients see, those of mounted servers' components included; what is switched there is switched
/// for everybody who uses the mounted server. What providers and middleware add has no switch, and other replicas
/// ([`Server::shared`]) keep theirs as they are.
///
/// ```
/// use fmcp::{Server, switches::Board};
///
/// let board = Board::when(|caller| caller.principal().is_some_and(|who| &*who.subject == "ada"));
/// let server = Server::new("crm").switches(board.path("/admin/components"));
/// ```
#[must_use]
pub struct Board {
    guard: Guard,
    path: String,
}

impl Board {
    /// For principals that have all of these scopes: the server's authenticator says who calls.
    pub fn for_scopes<S: Into<Box<str>>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self::guarded(Guard::Scopes(scopes.into_iter().map(Into::into).collect()))
    }

    /// For whoever says this secret of 32 bytes or more, as `Authorization: Bearer …`. Transports without headers can
    /// not, nor can calls of MCP where the server's authenticator wants that header for itself.
    pub fn with_secret(secret: impl Into<Box<str>>) -> Self {
        Self::guarded(Guard::Secret(secret.into()))
    }

    /// For whoever this lets in. One that panics lets nobody in.
    pub fn when(may: impl Fn(&Caller<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::guarded(Guard::When(Box::new(may)))
    }

    /// For everybody who may call the server at all.
    pub fn open() -> Self {
        Self::guarded(Guard::Open)
    }

    fn guarded(guard: Guard) -> Self {
        Self {
            guard,
            path: "/components".into(),
        }
    }

    /// Sets where it is on HTTP. Without it, `/components`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    fn faults(&self) -> Vec<String> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || "{}?#%*".contains(c);
        let path = (self.path.contains(odd))
            .then(|| format!("they cannot be at {:?}: that is no plain path", self.path));
        self.guard.fault().into_iter().chain(path).collect()
    }
}

impl Server {
    /// Lets whom the board lets in list, enable and disable components while the server runs.
    #[must_use]
    pub fn switches(self, board: Board) -> Self {
        let faults = board.faults();
        if !faults.is_empty() {
            return self.faulty(faults.into_iter().map(|fault| format!("switches: {fault}")));
        }
        let desk = Arc::new(Desk {
            server: self.downgrade(),
            guard: board.guard,
        });
        let server = routed(self, &board.path, &desk);
        server.extension(IDENTIFIER, Raw::empty_object(), METHODS, desk)
    }
}
