//! Who calls when.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fmcp::{CancellationToken, Client, ClientError};
use tokio::{task::JoinSet, time::Instant};

use super::Histogram;

/// How many different errors are told.
const ERRORS: usize = 5;

/// How much load.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// How long it lasts.
    pub(crate) duration: Duration,
    /// How many calls run at once.
    pub(crate) concurrency: usize,
    /// How many begin in a second, whether or not others are answered; without it each begins as one ends.
    pub(crate) rate: Option<f64>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How long good answers took.
    pub(crate) times: Histogram,
    /// How often what went wrong.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) failed: u64,
    pub(crate) elapsed: Duration,
}

/// What is called, again and again.
pub(crate) trait Work: Clone + Send + 'static {
    /// Calls once.
    fn call(&self, client: &Client) -> impl Future<Output = Result<(), ClientError>> + Send;
}

/// Calls until the time is over, or `stop` is cancelled. Calls that run then are waited for.
pub(crate) async fn run(
    clients: &[Client],
    work: impl Work,
    load: &Load,
    stop: CancellationToken,
) -> Outcome {
    let began = Instant::now();
    let end = began + load.duration;
    let next = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    for number in 0..load.concurrency {
        let client = clients[number % clients.len()].clone();
        let (work, next, stop, rate) = (work.clone(), Arc::clone(&next), stop.clone(), load.rate);
        workers.spawn(async move {
            let mut mine = Outcome::default();
            loop {
                let begin = match rate {
                    None => Instant::now(),
                    Some(rate) => {
                        // Those that begin late count from when they should have begun.
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        let after = Duration::try_from_secs_f64(turn as f64 / rate);
                        match after.ok().and_then(|after| began.checked_add(after)) {
                            Some(begin) => begin,
                            // So late that no clock gets there.
                            None => return mine,
                        }
                    }
                };
                if begin >= end || Instant::now() >= end {
                    return mine;
                }
                // A timer is too coarse for those that begin at once.
                if rate.is_some() {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => return mine,
                        () = tokio::time::sleep_until(begin) => {}
                    }
                } else if stop.is_cancelled() {
                    return mine;
                }
                match work.call(&client).await {
                    Ok(()) => mine.times.add(begin.elapsed()),
                    Err(error) => mine.fail(&error),
                }
            }
        });
    }
    let mut all = Outcome::default();
    while let Some(one) = workers.join_next().await {
        if let Ok(one) = one {
            all.merge(one);
        }
    }
    all.elapsed = began.elapsed();
    all
}

impl Outcome {
    fn fail(&mut self, error: &ClientError) {
        self.failed += 1;
        let words = error.to_string();
        if self.errors.len() < ERRORS || self.errors.contains_key(&words) {
            *self.errors.entry(words).or_default() += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        self.times.merge(&other.times);
        self.failed += other.failed;
        for (words, count) in other.errors {
            if self.errors.len() < ERRORS || self.errors.contains_key(&words) {
                *self.errors.entry(words).or_default() += count;
            }
        }
    }
}
