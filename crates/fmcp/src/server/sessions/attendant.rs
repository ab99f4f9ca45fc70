//! Whoever hears what the client of one session tells, on behalf of the server.

use std::sync::{Arc, atomic::Ordering};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Line, Notice, Reply, Result, SessionStore,
};

use super::{LiveSession, life, live::Entry};
use crate::server::build::Inner;

/// Hears what the client of one session tells. Dropped, it says that the session is over.
struct Attendant(Arc<Entry>);

/// A client has opened a session.
pub(in crate::server) fn attend(server: &Inner, line: Arc<dyn Line>) -> Arc<dyn Endpoint> {
    let snapshot = server.now();
    let store = snapshot.home.state().get::<SessionStore>();
    let store = store.cloned().unwrap_or_else(|| {
        // A server has one from its beginning on.
        SessionStore(Arc::new(crate::store::Memory::new()))
    });
    let (hooks, pings) = (&snapshot.session_hooks, &snapshot.config.pings);
    let pings = pings
        .as_ref()
        .filter(|pings| pings.are_on(line.transport()));
    let entry = Arc::new(Entry::new(line, server.me.clone(), store));
    entry.line.session().hold(Arc::downgrade(&entry) as _);
    server.sessions.add(&entry);
    if !hooks.is_empty() || pings.is_some() {
        let session = LiveSession::of(Arc::clone(&entry));
        let life = life::live(session, hooks.clone(), pings.cloned());
        server.sessions.run(life);
    }
    Arc::new(Attendant(entry))
}

impl Endpoint for Attendant {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            match self.0.server.upgrade() {
                Some(server) => server.call(call).await,
                None => Err(Error::new(Kind::Unavailable, "the server is gone")),
            }
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        match &notice {
            Notice::Initialized => self.0.open(),
            Notice::RootsChanged => {
                self.0.have_roots_changed.store(true, Ordering::Release);
                self.0.news.notify_one();
            }
            Notice::Broken(why) => {
                let error = Error::new(Kind::Unavailable, String::from(why.clone()));
                self.0.fault(error);
                return Box::pin(std::future::ready(()));
            }
            _ => {}
        }
        Box::pin(async move {
            if let Some(server) = self.0.server.upgrade() {
                server.notify(notice).await;
            }
        })
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        match self.0.server.upgrade() {
            Some(server) => drop(server.sessions.remove(&self.0)),
            None => self.0.end(),
        }
    }
}
