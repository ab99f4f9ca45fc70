//! What a server says about its sessions, and what is said to them.

use std::{future::Future, sync::Arc};

use fmcp_core::{Error, Notice, protocol::model::Root};

use super::{LiveSession, Pings, hooks::hook};
use crate::server::Server;

impl Server {
    /// Runs a function when a client has opened a session: when its handshake is over. Hooks of one session
    /// run one after the other; one that hangs or panics harms no other session, and is given up after half a
    /// minute. Revision 2026-07-28 has no sessions.
    ///
    /// Over Streamable HTTP sessions are those that are remembered in this process: one that comes back after
    /// it was forgotten to make room, or from another replica, is connected again.
    ///
    /// ```
    /// let server = fmcp::Server::new("s")
    ///     .on_connect(|session| async move { println!("{session:?} is here") })
    ///     .on_disconnect(|session| async move { println!("{session:?} was here for {:?}", session.age()) });
    /// ```
    #[must_use]
    pub fn on_connect<F, Fut>(self, function: F) -> Self
    where
        F: Fn(LiveSession) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let hook = hook(move |session, ()| function(session));
        self.edit(|draft| draft.session_hooks.connect.push(hook));
        self
    }

    /// Runs a function when a session is over, exactly once: because the client has gone or said so, has been
    /// silent for too long, or has been sent away, or because the server stops.
    #[must_use]
    pub fn on_disconnect<F, Fut>(self, function: F) -> Self
    where
        F: Fn(LiveSession) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let hook = hook(move |session, ()| function(session));
        self.edit(|draft| draft.session_hooks.disconnect.push(hook));
        self
    }

    /// Runs a function when a client's roots have changed, with the new ones. Changes that come faster than it
    /// runs are one. The client is asked for its roots when the session is opened, too
    /// ([`LiveSession::roots`]).
    #[must_use]
    pub fn on_roots_changed<F, Fut>(self, function: F) -> Self
    where
        F: Fn(LiveSession, Vec<Root>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let hook = hook(function);
        self.edit(|draft| draft.session_hooks.roots.push(hook));
        self
    }

    /// Runs a function when something goes wrong with a session outside of its calls: its stream breaks, what
    /// comes is no message, the client does not answer a ping or does not say its roots.
    #[must_use]
    pub fn on_error<F, Fut>(self, function: F) -> Self
    where
        F: Fn(LiveSession, Arc<Error>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let hook = hook(function);
        self.edit(|draft| draft.session_hooks.error.push(hook));
        self
    }

    /// Asks the clients of sessions whether they are there, and closes the sessions of those that do not answer.
    /// Without it, nobody is asked.
    #[must_use]
    pub fn pings(self, pings: Pings) -> Self {
        self.edit(|draft| draft.config.pings = Some(pings));
        self
    }

    /// The sessions that are open in this process, the oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<LiveSession> {
        self.0.sessions.all()
    }

    /// The session of this name, if it is open in this process.
    #[must_use]
    pub fn session(&self, id: &str) -> Option<LiveSession> {
        let all = self.sessions();
        all.into_iter().find(|session| session.id() == id)
    }

    /// Tells the clients of all sessions something, one after the other: what one does not read makes the rest
    /// wait. For changes of lists and resources, see [`Server::notify_updated`]; those hear of them who want to,
    /// also without a session.
    pub async fn notify_all(&self, notice: Notice) {
        for session in self.sessions() {
            // One that is over by now need not hear it.
            let _ = session.notify(notice.clone()).await;
        }
    }
}
