//! The life of one session, from its handshake to its end: hooks, pings, roots. It has a task of its own, so
//! that what hangs in one session hangs in no other, and hooks run in order.

use std::{sync::atomic::Ordering, time::Duration};

use fmcp_core::{Error, Kind};
use tokio::time::{Instant, sleep_until, timeout};

use super::{LiveSession, Pings, hooks::SessionHooks};

/// Looks after a session until it is over. One that ends before its handshake does was never there.
pub(super) async fn live(session: LiveSession, hooks: SessionHooks, pings: Option<Pings>) {
    while !session.is_ready() {
        tokio::select! {
            biased;
            () = session.0.over() => return,
            () = session.0.news.notified() => {}
        }
    }
    hooks.run(&hooks.connect, &session, &()).await;
    let wants_roots = !hooks.roots.is_empty() && session.capabilities().roots.is_some();
    if wants_roots {
        let _ = ask_for_roots(&session).await;
    }
    let mut watch = Watch::new(pings);
    loop {
        tell_faults(&session, &hooks).await;
        if wants_roots && session.0.have_roots_changed.swap(false, Ordering::AcqRel) {
            // Asked again, should they change meanwhile.
            if let Some(roots) = ask_for_roots(&session).await {
                hooks.run(&hooks.roots, &session, &roots).await;
            }
            continue;
        }
        tokio::select! {
            biased;
            () = session.0.over() => break,
            () = session.0.news.notified() => {}
            () = watch.due() => watch.look(&session).await,
        }
    }
    tell_faults(&session, &hooks).await;
    hooks.run(&hooks.disconnect, &session, &()).await;
}

async fn tell_faults(session: &LiveSession, hooks: &SessionHooks) {
    while let Some(fault) = session.0.take_fault() {
        tracing::debug!(session = session.id(), error = %fault, "a session is in trouble");
        hooks.run(&hooks.error, session, &fault).await;
    }
}

/// The client's roots, unless it does not say them: then that is a fault of the session.
async fn ask_for_roots(session: &LiveSession) -> Option<Vec<fmcp_core::protocol::model::Root>> {
    match session.list_roots().await {
        Ok(roots) => Some(roots),
        Err(error) => {
            if !has_gone(session, &error) {
                session.0.fault(error);
            }
            None
        }
    }
}

/// Whether that is how a session ends: which is no fault, and heard of otherwise.
fn has_gone(session: &LiveSession, error: &Error) -> bool {
    !session.is_open() || error.kind() == Kind::Unavailable
}

/// Asks the client whether it is there.
struct Watch {
    pings: Option<Pings>,
    next: Instant,
    missed: u32,
}

impl Watch {
    fn new(pings: Option<Pings>) -> Self {
        let every = pings.as_ref().map_or(Duration::ZERO, |pings| pings.every);
        Self {
            pings,
            next: Instant::now() + every,
            missed: 0,
        }
    }

    /// Waits until it is time to look; for ever where nobody is asked.
    async fn due(&self) {
        match self.pings {
            Some(_) => sleep_until(self.next).await,
            None => std::future::pending().await,
        }
    }

    /// Looks whether the client is there, and closes the session where it has not answered often enough.
    async fn look(&mut self, session: &LiveSession) {
        let Some(pings) = &self.pings else {
            return;
        };
        let idle = session.idle();
        if idle < pings.every {
            // Whoever has just spoken is there.
            self.missed = 0;
            self.next = Instant::now() + (pings.every - idle);
            return;
        }
        self.next = Instant::now() + pings.every;
        if !session.0.line.is_heard() {
            return;
        }
        let answer = timeout(pings.timeout, session.ping()).await;
        let late = || Error::new(Kind::Timeout, "the client does not answer pings");
        let Err(error) = answer.unwrap_or_else(|_| Err(late())) else {
            self.missed = 0;
            return;
        };
        if has_gone(session, &error) {
            return;
        }
        pings.log(session.id(), &error);
        self.missed += 1;
        if self.missed >= pings.attempts {
            session.close();
        }
        session.0.fault(error);
    }
}
