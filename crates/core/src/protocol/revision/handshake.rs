//! The handshake of legacy sessions.

use std::sync::Arc;

use super::Revision;
use crate::{
    Call, Result, Session,
    protocol::{Era, Method, Params, jsonrpc::Request, model::InitializeParams},
};

/// What a legacy client says when it opens a session, and the revision that comes of it.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The revision that both sides will speak.
    pub revision: Revision,
    /// What the client said.
    pub params: InitializeParams,
}

impl Handshake {
    /// The method's name. It has no [`Method`](crate::protocol::Method): it becomes a self-description.
    pub const METHOD: &'static str = "initialize";

    /// Reads the client's side. A revision that is not spoken here, or has no handshake, is answered
    /// with the newest that has one, and the client decides.
    ///
    /// # Errors
    /// When the parameters are not those of a handshake.
    pub fn read(params: &Params) -> Result<Self> {
        let params: InitializeParams = params.parse()?;
        let revision = Revision::parse(&params.protocol_version)
            .filter(|revision| revision.era() == Era::Legacy)
            .unwrap_or(Revision::NEWEST_LEGACY);
        Ok(Self { revision, params })
    }

    /// Whether the request opens a session. With a revision in its metadata it is a request of that
    /// revision, which has no handshake.
    #[must_use]
    pub fn is(request: &Request) -> bool {
        request.method.as_str() == Self::METHOD && request.params.protocol_version().is_none()
    }

    /// The call that the handshake is, in the session that comes of it: a self-description, under
    /// another name.
    #[must_use]
    pub fn call(request: Request, session: Arc<Session>) -> Call {
        Call::received(
            Method::Discover,
            request.params,
            session.revision(),
            Some(request.id),
            Some(session),
        )
    }

    /// The session that comes of it.
    #[must_use]
    pub fn session(self, id: impl Into<Arc<str>>) -> Session {
        Session::new(
            id,
            self.revision,
            Some(self.params.client_info),
            self.params.capabilities,
        )
    }
}
