//! A session as its connection holds it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use fmcp_core::{BoxFuture, Call, Carrier, Endpoint, Notice, Principal, Reply, Result, Session};
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use crate::peer::Way;

/// What a connection and whoever holds its line know of each other.
#[derive(Debug)]
pub(super) struct Ties {
    opened: Instant,
    /// When the peer was last heard of, in milliseconds since then.
    heard: AtomicU64,
    is_to_close: AtomicBool,
    connection: AtomicWaker,
}

impl Ties {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            heard: AtomicU64::new(0),
            is_to_close: AtomicBool::new(false),
            connection: AtomicWaker::new(),
        })
    }

    /// The peer has just been heard of.
    pub(super) fn touch(&self) {
        self.heard.store(millis(self.age()), Ordering::Relaxed);
    }

    /// Whether the connection shall end. When that is decided later, the connection is woken.
    pub(super) fn poll_close(&self, cx: &Context<'_>) -> Poll<()> {
        self.connection.register(cx.waker());
        if self.is_to_close.load(Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn age(&self) -> Duration {
        self.opened.elapsed()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The way to one peer, outside of its calls.
pub(super) struct Line {
    pub(super) session: Arc<Session>,
    pub(super) carrier: Carrier,
    pub(super) principal: Option<Arc<Principal>>,
    pub(super) way: Way,
    pub(super) ties: Arc<Ties>,
}

impl fmcp_core::Line for Line {
    fn session(&self) -> &Arc<Session> {
        &self.session
    }

    fn transport(&self) -> Carrier {
        self.carrier
    }

    fn principal(&self) -> Option<Arc<Principal>> {
        self.principal.clone()
    }

    fn age(&self) -> Duration {
        self.ties.age()
    }

    fn idle(&self) -> Duration {
        let heard = Duration::from_millis(self.ties.heard.load(Ordering::Relaxed));
        self.ties.age().saturating_sub(heard)
    }

    fn close(&self) {
        self.ties.is_to_close.store(true, Ordering::Release);
        self.ties.connection.wake();
    }
}

impl Endpoint for Line {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.way.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.way.notify(notice)
    }
}
