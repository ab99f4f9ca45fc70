//! A session as whoever wants to reach its client outside of its calls holds it.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, Carrier, Endpoint, Error, Kind, Notice, Principal, Reply, Result, Session,
};
use tokio::time::timeout;

use super::{live::Live, sessions::Table};

/// The way to the client of one session, outside of its calls: the stream that it reads beside them.
pub(super) struct Line {
    pub(super) session: Arc<Session>,
    pub(super) live: Weak<Live>,
    pub(super) principal: Option<Arc<Principal>>,
    /// Where the session stands, under this id.
    pub(super) table: Weak<Mutex<Table>>,
    pub(super) id: Arc<[u8]>,
    /// How long a question may wait for a stream to go out on.
    pub(super) patience: Duration,
    /// Whether the handshake was over before, elsewhere or earlier.
    pub(super) is_ready: bool,
}

impl Line {
    async fn ask(&self, call: Call) -> Result<Reply> {
        let live = self.live.upgrade().ok_or_else(gone)?;
        let stream = timeout(self.patience, live.listener()).await;
        let silent = || {
            let words = "the client does not listen outside of its calls";
            Error::new(Kind::Timeout, words)
        };
        let stream = stream.map_err(|_| silent())?;
        // The session may end while it is asked.
        drop(live);
        stream.call(call).await
    }
}

fn gone() -> Error {
    Error::new(Kind::Unavailable, "the session is over")
}

impl fmcp_core::Line for Line {
    fn session(&self) -> &Arc<Session> {
        &self.session
    }

    fn transport(&self) -> Carrier {
        Carrier::Http
    }

    fn principal(&self) -> Option<Arc<Principal>> {
        self.principal.clone()
    }

    fn age(&self) -> Duration {
        self.live
            .upgrade()
            .map_or(Duration::ZERO, |live| live.age())
    }

    fn idle(&self) -> Duration {
        self.live
            .upgrade()
            .map_or(Duration::MAX, |live| live.idle())
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn is_heard(&self) -> bool {
        self.live.upgrade().is_some_and(|live| live.is_listening())
    }

    fn close(&self) {
        let Some(table) = self.table.upgrade() else {
            return;
        };
        let live = table
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .end(&self.id);
        if let Some(live) = live {
            live.close();
        }
    }
}

impl Endpoint for Line {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.ask(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(live) = self.live.upgrade() {
                live.tell(notice).await;
            }
        })
    }
}
