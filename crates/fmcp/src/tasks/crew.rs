//! Those who run tasks in this process, and their end.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use fmcp_core::Endpoint;
use tokio::{task::JoinSet, time::Duration};
use tokio_util::sync::CancellationToken;

use super::{
    Ledger,
    job::{Job, Turns},
};

/// How long to wait before a queue is asked again that has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs the tasks of a server, from the first on until the server stops.
#[derive(Default)]
pub(crate) struct Crew {
    state: Mutex<State>,
    /// No more tasks are begun.
    stop: CancellationToken,
}

#[derive(Default)]
struct State {
    /// The one who leads, for each ledger that there has been.
    leads: JoinSet<()>,
    leading: Option<Weak<Ledger>>,
}

impl Crew {
    /// Begins to run what is in the queue of `ledger`, unless that has begun.
    pub(crate) fn start(&self, ledger: &Arc<Ledger>, server: &Weak<dyn Endpoint>) {
        if ledger.settings.running == 0 || self.stop.is_cancelled() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let leads = state.leading.as_ref().and_then(Weak::upgrade);
        let is_alive = state.leads.try_join_next().is_none() && !state.leads.is_empty();
        if is_alive && leads.is_some_and(|leads| Arc::ptr_eq(&leads, ledger)) {
            return;
        }
        state.leading = Some(Arc::downgrade(ledger));
        let (ledger, server, stop) = (Arc::clone(ledger), server.clone(), self.stop.clone());
        state.leads.spawn(lead(ledger, server, stop));
    }

    /// Ends: nothing more is begun, and what runs may go on for a while.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        let mut leads = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut state.leads)
        };
        while leads.join_next().await.is_some() {}
    }
}

/// Claims tasks, and has them run.
async fn lead(ledger: Arc<Ledger>, server: Weak<dyn Endpoint>, stop: CancellationToken) {
    let turns = Arc::new(Turns::new(ledger.settings.running));
    let given_up = CancellationToken::new();
    let mut work = JoinSet::new();
    let claim = || {
        let ledger = Arc::clone(&ledger);
        Box::pin(async move { ledger.settings.queue.claim(ledger.settings.lease).await })
    };
    // Kept across the turns of the loop, so that a claim which is on its way is not lost.
    let mut next = claim();
    let mut turn = None;
    loop {
        let claimed = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = work.join_next() => continue,
            free = turns.next(), if turn.is_none() => {
                turn = Some(free);
                continue;
            }
            claimed = &mut next, if turn.is_some() => claimed,
            () = turns.wanted() => {
                turn = None;
                continue;
            }
        };
        next = claim();
        match (claimed, turn.take()) {
            (Ok(claim), Some(turn)) => {
                let job = Job::new(Arc::clone(&ledger), server.clone(), claim, given_up.clone());
                work.spawn(job.run(turn));
            }
            (Err(error), _) => {
                tracing::error!(%error, "the queue of tasks cannot be reached");
                tokio::time::sleep(PAUSE).await;
            }
            (Ok(_), None) => {}
        }
    }
    let grace = ledger.settings.grace;
    let all = async { while work.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, all).await.is_err() {
        tracing::warn!(
            tasks = work.len(),
            "tasks were not done within {grace:?}, and are given up"
        );
        given_up.cancel();
        let all = async { while work.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(PAUSE, all).await;
    }
}
