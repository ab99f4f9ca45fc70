//! Sessions that follow resources, also where several replicas serve one session.

use std::{sync::Arc, time::Duration};

use fmcp_core::{
    Call, Error, Kind, Reply, Result, Session, SessionStore, protocol::model::EmptyResult,
};
use serde::{Deserialize, Serialize};

use super::snapshot::Snapshot;

/// For how long it is remembered what a session follows, from when it last said so.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// That a session follows a resource from now on, or not any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Followed {
    pub(super) session: Arc<str>,
    pub(super) uri: Box<str>,
    pub(super) follows: bool,
}

impl Followed {
    /// Does so, if it is this session.
    pub(super) fn by(&self, session: &Session) {
        if *session.id() != *self.session {
            return;
        }
        if self.follows {
            // Where there is no room, the other replica had none either.
            let _ = session.follow(&self.uri);
        } else {
            session.unfollow(&self.uri);
        }
    }
}

impl Snapshot {
    /// Lets a legacy session follow a resource, or not any more. Which resources change nobody knows before
    /// they do, so that any may be followed.
    pub(super) async fn follow(&self, call: &Call, follows: bool) -> Result<Reply> {
        let session = call
            .session()
            .filter(|session| session.lasts())
            .ok_or_else(|| Error::invalid_params("only a session follows resources"))?;
        let uri = call
            .name()
            .ok_or_else(|| Error::invalid_params("`uri` is missing, or not a string"))?;
        // What the session has asked other replicas for stays.
        self.recall(call).await;
        if !follows {
            session.unfollow(&uri);
        } else if !session.follow(&uri) {
            return Err(Error::new(
                Kind::Overloaded,
                "this session follows as many resources as it may, or the URI is too long",
            ));
        }
        // Only who is in front of others has to ask them for what is followed.
        if let Some(server) = self.server.upgrade()
            && (server.demand.is_asked() || !self.mounts.is_empty())
        {
            server.changes.moved();
        }
        self.remember(session, &uri, follows).await?;
        Ok(EmptyResult::new().into())
    }

    /// Lets the other replicas know.
    async fn remember(&self, session: &Session, uri: &str, follows: bool) -> Result<()> {
        let Some(store) = self.session_store() else {
            return Ok(());
        };
        let all = serde_json::to_vec(&session.followed()).map_err(|e| {
            Error::internal("what a session follows cannot be written").caused_by(e)
        })?;
        store.0.put(&place(session), all.into(), Some(KEPT)).await?;
        if let Some(server) = self.server.upgrade() {
            server.relay.tell_followed(Followed {
                session: session.id().into(),
                uri: uri.into(),
                follows,
            });
        }
        Ok(())
    }

    /// Lets the session of a call follow what it has asked other replicas for.
    pub(super) async fn recall(&self, call: &Call) {
        let session = call.session().filter(|session| session.lasts());
        let (Some(session), Some(store)) = (session, self.session_store()) else {
            return;
        };
        match store.0.get(&place(session)).await {
            Ok(all) => {
                let all = all.and_then(|all| serde_json::from_slice::<Vec<Box<str>>>(&all).ok());
                for uri in all.unwrap_or_default() {
                    // As many as have been let in.
                    let _ = session.follow(&uri);
                }
            }
            Err(error) => {
                tracing::warn!(error = ?error, "what a session follows cannot be read");
            }
        }
    }

    /// Where replicas share what sessions leave behind, if there are replicas.
    fn session_store(&self) -> Option<&SessionStore> {
        self.config.shared.as_ref()?;
        self.home.state().get::<SessionStore>()
    }
}

/// Ids are of letters, digits and dashes; no other key of a store begins so.
fn place(session: &Session) -> String {
    format!("follows:{}", session.id())
}
