//! How long the parts of a call take.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::{Context, Due, clock::millis};
use crate::{
    Raw,
    protocol::model::{LogLevel, LogMessageParams},
};

/// The category of what timers log.
const CATEGORY: &str = "timer";

/// How many names are summed for one call; all others are summed as one.
const MAX_NAMES: usize = 64;

/// The name of all others.
const OTHERS: &str = "(others)";

/// Measures until it is dropped or [stopped](Timer::stop). Then a log message of the category `timer` says
/// what came to an end and how long it took, and the time is added to what the call has [spent on that
/// name](Context::timings), which a server shows in the metadata of its results if it is told to.
///
/// ```
/// # async fn handler(ctx: fmcp_core::Context) {
/// let total = ctx.timer("total");
/// {
///     let mut reading = total.timer("reading"); // "total/reading"
///     reading.lap("header");
///     reading.lap("body");
/// }
/// let spent = total.stop();
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a timer that is dropped at once has measured nothing"]
pub struct Timer {
    context: Context,
    name: String,
    level: LogLevel,
    /// `None` where nobody knows the time.
    began: Option<Instant>,
    lap_began: Option<Instant>,
    laps: Map<String, Value>,
    told: bool,
}

/// What one call has spent on what.
#[derive(Default)]
struct Timings(Mutex<Vec<Timing>>);

/// What a call has spent on one name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// What took the time: the timer's name, behind those of the timers that it is part of.
    pub name: String,
    /// How long it took, all times together.
    pub total: Duration,
    /// How many times.
    pub count: u64,
}

impl Context {
    /// Measures from now on.
    pub fn timer(&self, name: impl Into<String>) -> Timer {
        let began = self.now();
        Timer {
            context: self.clone(),
            name: name.into(),
            level: LogLevel::Info,
            began,
            lap_began: began,
            laps: Map::new(),
            told: false,
        }
    }

    /// What this call has spent on what, in the order in which it first came to an end.
    #[must_use]
    pub fn timings(&self) -> Vec<Timing> {
        let timings = self.call().scratch_if_any::<Timings>();
        timings.map_or_else(Vec::new, |timings| timings.lock().clone())
    }

    /// What this call has spent on a name so far, timers that still run not counted.
    #[must_use]
    pub fn elapsed(&self, name: &str) -> Option<Duration> {
        let timings = self.call().scratch_if_any::<Timings>()?;
        let timings = timings.lock();
        timings
            .iter()
            .find(|one| one.name == name)
            .map(|one| one.total)
    }
}

impl Timer {
    /// Sets the level of the message at the end. Without it, `info`.
    pub fn level(mut self, level: LogLevel) -> Self {
        self.level = level;
        self
    }

    /// Measures a part of what this one measures. Its name stands behind this one's.
    pub fn timer(&self, name: &str) -> Timer {
        let part = self.context.timer(format!("{}/{name}", self.name));
        part.level(self.level)
    }

    /// Ends a lap, and says how long it took; the message at the end tells of each.
    pub fn lap(&mut self, name: impl Into<String>) -> Duration {
        let now = self.context.now();
        let took = between(self.lap_began, now);
        self.lap_began = now;
        if self.laps.len() < MAX_NAMES {
            self.laps.insert(name.into(), json!(millis(took)));
        }
        took
    }

    /// How long it has measured.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        between(self.began, self.context.now())
    }

    /// Ends, and says how long it took.
    pub fn stop(mut self) -> Duration {
        self.end()
    }

    fn end(&mut self) -> Duration {
        let took = self.elapsed();
        if std::mem::replace(&mut self.told, true) || self.began.is_none() {
            return took;
        }
        let timings = self.context.call().scratch::<Timings>();
        timings.add(&self.name, took);
        let outbox = self.context.outbox();
        if let Some(outbox) = outbox.filter(|outbox| outbox.wants(self.level, Some(CATEGORY))) {
            let mut data = json!({"timer": self.name, "ms": millis(took)});
            if !self.laps.is_empty() {
                data["laps"] = Value::Object(std::mem::take(&mut self.laps));
            }
            let message = LogMessageParams::new(self.level, Raw::from(data));
            outbox.push(message.logger(CATEGORY), Due::Now);
        }
        took
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.end();
    }
}

impl Timings {
    fn add(&self, name: &str, took: Duration) {
        let mut all = self.lock();
        let full = all.len() >= MAX_NAMES;
        let known = |all: &[Timing], name: &str| all.iter().position(|one| one.name == name);
        let name = match known(&all, name) {
            None if full => OTHERS,
            _ => name,
        };
        match known(&all, name) {
            Some(at) => {
                all[at].total += took;
                all[at].count += 1;
            }
            None => all.push(Timing {
                name: name.to_owned(),
                total: took,
                count: 1,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Timing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn between(began: Option<Instant>, now: Option<Instant>) -> Duration {
    match (began, now) {
        (Some(began), Some(now)) => now.saturating_duration_since(began),
        _ => Duration::ZERO,
    }
}

/// The times that calls of a handler have taken, for whoever runs it and shows them.
#[derive(Clone)]
pub struct Spent(Arc<Timings>);

impl Spent {
    /// What this call has spent, if it has measured anything.
    #[must_use]
    pub fn of(call: &crate::Call) -> Option<Self> {
        call.scratch_if_any::<Timings>().map(Self)
    }

    /// As JSON: `{"total": {"ms": 12.5, "count": 1}}`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let all = self.0.lock();
        let one = |timing: &Timing| json!({"ms": millis(timing.total), "count": timing.count});
        all.iter()
            .map(|timing| (timing.name.clone(), one(timing)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_nothing_is_lost() {
        let timings = Timings::default();
        let ms = Duration::from_millis(1);
        for n in 0..MAX_NAMES + 10 {
            timings.add(&n.to_string(), ms);
            timings.add("0", ms);
        }
        let all = timings.lock();
        assert_eq!(all.len(), MAX_NAMES + 1);
        let total: Duration = all.iter().map(|one| one.total).sum();
        assert_eq!(total, ms * 2 * (u32::try_from(MAX_NAMES).unwrap_or(0) + 10));
        assert_eq!(
            all.last().map(|one| (&*one.name, one.count)),
            Some((OTHERS, 10))
        );
    }
}
