//! The accept loop.

use std::{
    convert::Infallible,
    error::Error,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tokio::{
    task::JoinSet,
    time::{Interval, MissedTickBehavior, Sleep, interval, sleep},
};
use tower_service::Service;

use super::{
    Accepted, Listener, Settings,
    connection::{Connection, Manner},
    door::Door,
    incoming::Incoming,
};
use crate::drain::Drain;

/// How long to wait where the system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(500);

/// How connections ended once the end had begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Connections that came to their end in time.
    pub finished: usize,
    /// Connections that were cut off.
    pub aborted: usize,
}

/// Serves everybody who comes, until `drain` begins; then lets what runs finish, for a while.
///
/// HTTP/1.1 and HTTP/2, each connection in a task of its own, which ends when this future does. Upgrades
/// (WebSocket) are possible; a connection that was upgraded belongs to whoever upgraded it, but is counted
/// and waited for here.
pub async fn serve<S, B>(
    listener: Listener,
    service: S,
    settings: Settings,
    drain: Drain,
) -> Summary
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    S: Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let secure = listener.security().cloned();
    // Its own task, which ends with this set.
    let mut tended = JoinSet::new();
    if let Some(secure) = &secure {
        tended.spawn(Arc::clone(secure).tend());
    }
    let drain_timeout = settings.drain_timeout;
    let door = Door::new(&settings);
    let mut sweeps = interval(door.patience().sweep());
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut house = House {
        listener: Some(listener),
        door,
        sweeps,
        pause: None,
        manner: Arc::new(Manner::new(settings, secure)),
        service,
    };
    tokio::select! {
        biased;
        () = drain.begun() => {}
        () = poll_fn(|cx| house.poll(cx)) => {}
    }
    house.close(drain_timeout).await
}

/// Everything that one accept loop has.
struct House<S> {
    listener: Option<Listener>,
    door: Door,
    sweeps: Interval,
    /// Runs while there is no room for anybody.
    pause: Option<Pin<Box<Sleep>>>,
    manner: Arc<Manner>,
    service: S,
}

impl<S, B> House<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    S: Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Never ready: there is always another one who may come.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let gone = self.poll_guests(cx).is_ready();
            let came = self.poll_accept(cx).is_ready();
            if !gone && !came {
                return Poll::Pending;
            }
        }
    }

    fn poll_guests(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut any = self.door.poll_gone(cx);
        if !self.door.is_empty() && self.sweeps.poll_tick(cx).is_ready() {
            self.door.sweep();
            any = Poll::Ready(());
        }
        any
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let Some(listener) = &mut self.listener else {
            return Poll::Pending;
        };
        match std::task::ready!(listener.poll_accept(cx)) {
            Ok(accepted) => self.welcome(accepted),
            Err(error) => self.cannot_accept(&error),
        }
        Poll::Ready(())
    }

    fn welcome(&mut self, accepted: Accepted) {
        let Some((pulse, open)) = self.door.admit() else {
            tracing::debug!(peer = ?accepted.address, "turned away: there are too many connections");
            return;
        };
        let connection = Connection {
            manner: Arc::clone(&self.manner),
            service: self.service.clone(),
            pulse: Arc::clone(&pulse),
        };
        self.door.seat(pulse, connection.run(accepted, open));
    }

    fn cannot_accept(&mut self, error: &io::Error) {
        if is_about_one_peer(error) {
            return;
        }
        // No descriptors, no memory. To try again at once would be to spin.
        let made_room = self.door.make_room();
        tracing::warn!(%error, made_room, "cannot accept connections; trying again soon");
        self.pause = Some(Box::pin(sleep(PAUSE)));
    }

    async fn close(mut self, limit: Duration) -> Summary {
        // Whoever comes from here on is refused by the system.
        self.listener = None;
        let floor = Arc::clone(self.door.floor());
        let all = floor.open();
        self.door.end_all();
        let mut deadline = std::pin::pin!(sleep(limit));
        let mut emptied = std::pin::pin!(floor.emptied());
        tokio::select! {
            () = poll_fn(|cx| {
                while self.poll_guests(cx).is_ready() {}
                emptied.as_mut().poll(cx)
            }) => {}
            () = &mut deadline => {}
        }
        let aborted = floor.open();
        self.door.cut_all();
        poll_fn(|cx| self.door.poll_all_gone(cx)).await;
        Summary {
            finished: all.saturating_sub(aborted),
            aborted,
        }
    }
}

/// Whether an error in accepting is about one peer that has gone already, and not about us.
fn is_about_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
