//! What a connection is doing, and whether that takes too long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::task::AtomicWaker;
use tokio::{sync::Notify, time::Instant};

use super::Settings;

/// What all connections of a listener share: a clock that is looked at for nothing, and their count.
///
/// The clock is set by whoever sweeps over the connections. A time that is taken from it is at most one
/// sweep old.
pub(super) struct Floor {
    start: Instant,
    now: AtomicU64,
    /// The same, as the calendar has it: in seconds.
    unix: AtomicU64,
    open: AtomicUsize,
    empty: Notify,
}

impl Floor {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            now: AtomicU64::new(0),
            unix: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            empty: Notify::new(),
        })
    }

    /// Sets the clock.
    pub(super) fn tick(&self) -> u64 {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now.store(now, Relaxed);
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        self.unix.store(unix.unwrap_or_default().as_secs(), Relaxed);
        now
    }

    pub(super) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    pub(super) fn enter(self: &Arc<Self>) -> Open {
        self.open.fetch_add(1, Relaxed);
        Open(Arc::clone(self))
    }

    /// Waits until there is no connection any more.
    pub(super) async fn emptied(&self) {
        loop {
            let empty = self.empty.notified();
            tokio::pin!(empty);
            empty.as_mut().enable();
            if self.open() == 0 {
                return;
            }
            empty.await;
        }
    }
}

/// A connection that is open.
pub(super) struct Open(Arc<Floor>);

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Relaxed) == 1 {
            self.0.empty.notify_waiters();
        }
    }
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// TLS, which has a limit of its own.
    Handshake,
    /// Its first request.
    First,
    /// A request that may come or not.
    Idle,
    /// The rest of a request's head.
    Head,
    /// Its own work.
    Busy,
}

impl Phase {
    fn of(byte: u8) -> Self {
        const PHASES: [Phase; 5] = [
            Phase::Handshake,
            Phase::First,
            Phase::Idle,
            Phase::Head,
            Phase::Busy,
        ];
        PHASES[usize::from(byte) % PHASES.len()]
    }
}

/// What one connection is doing. It is written by the connection, and read by whoever sweeps.
pub(super) struct Pulse {
    floor: Arc<Floor>,
    phase: AtomicU8,
    since: AtomicU64,
    /// Since when it cannot write, plus one; zero while it can.
    stuck: AtomicU64,
    calls: AtomicU32,
    /// Bytes that come between requests need not begin one: HTTP/2.
    is_multiplexed: AtomicBool,
    must_end: AtomicBool,
    task: AtomicWaker,
}

impl Pulse {
    pub(super) fn new(floor: Arc<Floor>) -> Arc<Self> {
        let since = AtomicU64::new(floor.now.load(Relaxed));
        Arc::new(Self {
            floor,
            phase: AtomicU8::new(Phase::Handshake as u8),
            since,
            stuck: AtomicU64::new(0),
            calls: AtomicU32::new(0),
            is_multiplexed: AtomicBool::new(false),
            must_end: AtomicBool::new(false),
            task: AtomicWaker::new(),
        })
    }

    fn turn_to(&self, phase: Phase) {
        self.since.store(self.floor.now.load(Relaxed), Relaxed);
        self.phase.store(phase as u8, Relaxed);
    }

    pub(super) fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Relaxed))
    }

    /// The peer may speak now.
    pub(super) fn is_ready(&self) {
        self.turn_to(Phase::First);
    }

    pub(super) fn is_multiplexed(&self) {
        self.is_multiplexed.store(true, Relaxed);
    }

    /// Bytes have come.
    pub(super) fn heard(&self) {
        if self.phase() == Phase::Idle && !self.is_multiplexed.load(Relaxed) {
            self.turn_to(Phase::Head);
        }
    }

    /// The head of a request is there; what is waited for now has other bounds.
    pub(super) fn has_head(&self) {
        self.phase.store(Phase::Busy as u8, Relaxed);
    }

    /// A request is there. It is being answered as long as what this gives is kept.
    pub(super) fn begin(self: &Arc<Self>) -> Running {
        if self.calls.fetch_add(1, Relaxed) == 0 {
            self.phase.store(Phase::Busy as u8, Relaxed);
        }
        Running(Arc::clone(self))
    }

    /// Whether a request is being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.calls.load(Relaxed) > 0
    }

    pub(super) fn cannot_write(&self) {
        self.stuck.store(self.floor.now.load(Relaxed) + 1, Relaxed);
    }

    pub(super) fn can_write(&self) {
        self.stuck.store(0, Relaxed);
    }

    /// Asks the connection to end in order.
    pub(super) fn end(&self) {
        self.must_end.store(true, Relaxed);
        self.task.wake();
    }

    /// What the calendar says, in seconds.
    pub(super) fn unix_seconds(&self) -> u64 {
        self.floor.unix.load(Relaxed)
    }

    /// Whether the connection was asked to end.
    pub(super) fn is_to_end(&self) -> bool {
        self.must_end.load(Relaxed)
    }

    /// Whether the connection was asked to end; the task hears of it if it was not yet.
    pub(super) fn poll_end(&self, cx: &Context<'_>) -> bool {
        self.task.register(cx.waker());
        self.must_end.load(Relaxed)
    }

    /// As [`Pulse::poll_end`], for a task that keeps who hears of it: it is the same one nearly every time, which need
    /// not be said again.
    pub(super) fn must_end(&self, cx: &Context<'_>, heard_by: &mut Option<Waker>) -> bool {
        if heard_by
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            return self.must_end.load(Relaxed);
        }
        *heard_by = Some(cx.waker().clone());
        self.poll_end(cx)
    }

    /// What is to become of the connection.
    pub(super) fn verdict(&self, patience: &Patience, now: u64) -> Verdict {
        let stuck = self.stuck.load(Relaxed);
        let vitals = Vitals {
            phase: self.phase(),
            waited: now.saturating_sub(self.since.load(Relaxed)),
            stuck: (stuck > 0).then(|| now.saturating_sub(stuck - 1)),
        };
        patience.judge(vitals)
    }
}

/// A request that is being answered.
pub(super) struct Running(Arc<Pulse>);

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.calls.fetch_sub(1, Relaxed) == 1 {
            self.0.turn_to(Phase::Idle);
        }
    }
}

/// What is known of a connection when it is judged: times in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Vitals {
    phase: Phase,
    waited: u64,
    stuck: Option<u64>,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on.
    Stay,
    /// It is asked to end.
    End,
    /// It is cut off.
    Cut,
}

/// How long connections may take, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    head: u64,
    idle: u64,
    write: u64,
    sweep: u64,
}

/// The longest time between two sweeps, and the shortest.
const SWEEP: (u64, u64) = (1_000, 10);

impl Patience {
    pub(super) fn new(settings: &Settings) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 4);
        let (head, idle, write) = (
            millis(settings.header_timeout),
            millis(settings.idle_timeout),
            millis(settings.write_timeout),
        );
        let sweep = (head.min(idle).min(write) / 4).clamp(SWEEP.1, SWEEP.0);
        Self {
            head,
            idle,
            write,
            sweep,
        }
    }

    /// How often to look.
    pub(super) fn sweep(&self) -> Duration {
        Duration::from_millis(self.sweep)
    }

    fn judge(&self, vitals: Vitals) -> Verdict {
        // What a connection has noted may be as old as one sweep: that much is granted.
        let over = |waited: u64, limit: u64| waited >= limit.saturating_add(self.sweep);
        if vitals.stuck.is_some_and(|stuck| over(stuck, self.write)) {
            return Verdict::Cut;
        }
        match vitals.phase {
            Phase::First | Phase::Head if over(vitals.waited, self.head) => Verdict::Cut,
            // Whoever was asked to end in order, and has not within as long as a head takes, is cut off.
            Phase::Idle if over(vitals.waited, self.idle.saturating_add(self.head)) => Verdict::Cut,
            Phase::Idle if over(vitals.waited, self.idle) => Verdict::End,
            _ => Verdict::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        head: 10_000,
        idle: 75_000,
        write: 30_000,
        sweep: 1_000,
    };

    #[test]
    fn a_connection_is_judged_by_what_it_waits_for() {
        for (phase, waited, stuck, expect) in [
            (Phase::Handshake, 1_000_000, None, Verdict::Stay),
            (Phase::First, 10_999, None, Verdict::Stay),
            (Phase::First, 11_000, None, Verdict::Cut),
            (Phase::Head, 10_999, None, Verdict::Stay),
            (Phase::Head, 11_000, None, Verdict::Cut),
            (Phase::Idle, 75_999, None, Verdict::Stay),
            (Phase::Idle, 76_000, None, Verdict::End),
            (Phase::Idle, 86_000, None, Verdict::Cut),
            (Phase::Busy, 1_000_000, None, Verdict::Stay),
            (Phase::Busy, 0, Some(30_999), Verdict::Stay),
            (Phase::Busy, 0, Some(31_000), Verdict::Cut),
            (Phase::Idle, 0, Some(31_000), Verdict::Cut),
        ] {
            let vitals = Vitals {
                phase,
                waited,
                stuck,
            };
            assert_eq!(PATIENCE.judge(vitals), expect, "{vitals:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_busy_until_its_last_call_ends() {
        let floor = Floor::new();
        let pulse = Pulse::new(Arc::clone(&floor));
        assert_eq!(pulse.phase(), Phase::Handshake);
        pulse.is_ready();
        pulse.heard();
        assert_eq!(pulse.phase(), Phase::First);
        let (first, second) = (pulse.begin(), pulse.begin());
        drop(first);
        assert_eq!(pulse.phase(), Phase::Busy);
        tokio::time::advance(Duration::from_secs(5)).await;
        floor.tick();
        drop(second);
        assert_eq!(pulse.phase(), Phase::Idle);
        assert_eq!(pulse.since.load(Relaxed), 5_000);
        pulse.heard();
        assert_eq!(pulse.phase(), Phase::Head);
    }
}
