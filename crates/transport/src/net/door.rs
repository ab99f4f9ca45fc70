//! Who may come in, and who has to go.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::task::{AbortHandle, Id, JoinSet};

use super::{
    Settings,
    pulse::{Floor, Open, Patience, Phase, Pulse, Verdict},
};

/// The connections that there are: lets in as many as there may be, and shows out who takes too long.
///
/// It owns their tasks. It knows nothing of what is said on them.
pub(super) struct Door {
    floor: Arc<Floor>,
    patience: Patience,
    most: usize,
    tasks: JoinSet<()>,
    guests: HashMap<Id, Guest>,
    /// Those who may not have made a request yet, the longest here first.
    newest: VecDeque<Id>,
}

struct Guest {
    pulse: Arc<Pulse>,
    task: AbortHandle,
}

impl Guest {
    /// Whether no request has come yet.
    fn waits_for_first(&self) -> bool {
        matches!(self.pulse.phase(), Phase::Handshake | Phase::First)
    }
}

impl Door {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            floor: Floor::new(),
            patience: Patience::new(settings),
            most: settings.connections,
            tasks: JoinSet::new(),
            guests: HashMap::new(),
            newest: VecDeque::new(),
        }
    }

    pub(super) fn patience(&self) -> &Patience {
        &self.patience
    }

    pub(super) fn is_empty(&self) -> bool {
        self.guests.is_empty()
    }

    pub(super) fn floor(&self) -> &Arc<Floor> {
        &self.floor
    }

    /// Room for one more, if there is some or can be made.
    pub(super) fn admit(&mut self) -> Option<(Arc<Pulse>, Open)> {
        if self.floor.open() >= self.most && !self.make_room() {
            return None;
        }
        if self.guests.is_empty() {
            // Nobody was there, so nobody looked at the clock.
            self.floor.tick();
        }
        Some((Pulse::new(Arc::clone(&self.floor)), self.floor.enter()))
    }

    pub(super) fn seat<F>(&mut self, pulse: Arc<Pulse>, connection: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = self.tasks.spawn(connection);
        let id = task.id();
        self.guests.insert(id, Guest { pulse, task });
        self.newest.push_back(id);
        if self.newest.len() > 2 * self.guests.len() + 64 {
            let guests = &self.guests;
            self.newest
                .retain(|id| guests.get(id).is_some_and(Guest::waits_for_first));
        }
    }

    /// Cuts off the one who has waited longest for its first request, if there is one.
    pub(super) fn make_room(&mut self) -> bool {
        while let Some(id) = self.newest.pop_front() {
            if let Some(guest) = self.guests.get(&id)
                && guest.waits_for_first()
            {
                guest.task.abort();
                return true;
            }
        }
        false
    }

    /// Looks at everybody.
    pub(super) fn sweep(&mut self) {
        let now = self.floor.tick();
        for guest in self.guests.values() {
            match guest.pulse.verdict(&self.patience, now) {
                Verdict::Stay => {}
                Verdict::End => guest.pulse.end(),
                Verdict::Cut => guest.task.abort(),
            }
        }
    }

    /// Forgets who has gone. Pending as long as nobody has.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut any = Poll::Pending;
        while let Poll::Ready(Some(gone)) = self.tasks.poll_join_next_with_id(cx) {
            let id = match gone {
                Ok((id, ())) => id,
                Err(error) => {
                    if error.is_panic() {
                        tracing::error!(%error, "a connection panicked");
                    }
                    error.id()
                }
            };
            self.guests.remove(&id);
            any = Poll::Ready(());
        }
        any
    }

    /// Waits until everybody has gone.
    pub(super) fn poll_all_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.poll_gone(cx).is_ready() {}
        if self.tasks.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Asks everybody to go.
    pub(super) fn end_all(&self) {
        for guest in self.guests.values() {
            guest.pulse.end();
        }
    }

    /// Cuts everybody off.
    pub(super) fn cut_all(&mut self) {
        self.tasks.abort_all();
    }
}
