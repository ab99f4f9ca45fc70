//! Progress that is made of the progress of parts.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Context, Total, Words};
use crate::Number;

/// What a whole call is, in the reports that its stages make.
const WHOLE: u32 = 100;

/// A part of a call, whose progress moves the progress of the whole: the caller hears of one number that
/// only grows, out of 100, whichever part moves, and in words which part that is.
///
/// Parts may run one after the other or at once, and have parts themselves. One that fails or is left out
/// does not move the whole any further; [`Stage::done`] does.
///
/// ```
/// # async fn handler(ctx: fmcp_core::Context) {
/// let [load, check] = ctx.stages([("load", 3.0), ("check", 1.0)]);
/// load.progress(1, 2, "users.csv").await; // 37.5 of 100, "load: users.csv"
/// load.done().await; // 75 of 100, "load"
/// let [rows, sums] = check.stages([("rows", 1.0), ("sums", 1.0)]);
/// rows.done().await; // 87.5 of 100, "check > rows"
/// # sums.done().await;
/// # }
/// ```
#[derive(Clone)]
pub struct Stage {
    context: Context,
    node: Arc<Node>,
    path: String,
}

/// Whatever has parts: a call, or one of its parts.
#[derive(Default)]
struct Node {
    /// Of what it is a part, and how much of that.
    parent: Option<(Arc<Node>, f64)>,
    extent: Mutex<Extent>,
}

/// How far something has got, and how much of it has been given to parts; both of 1.
#[derive(Default)]
struct Extent {
    done: f64,
    given: f64,
}

/// What a call's stages are parts of, and how far the caller has heard that it is.
#[derive(Default)]
struct Whole {
    node: Arc<Node>,
    told: Mutex<f64>,
}

impl Whole {
    /// How far it is, of [`WHOLE`], if that is further than the caller has heard.
    fn news(&self) -> Option<f64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (self.node.done() * f64::from(WHOLE) * 1e4).round() / 1e4;
        (done > *told).then(|| {
            *told = done;
            done
        })
    }
}

impl Context {
    /// A stage of this call, which is so much of the whole: a share between 0 and 1. What all stages
    /// together have beyond 1, the last of them has not.
    #[must_use]
    pub fn stage(&self, name: &str, share: f64) -> Stage {
        let whole = self.call().scratch::<Whole>();
        Stage::part(self, &whole.node, name.to_owned(), share)
    }

    /// The stages of this call, each with its weight beside the others'. They share what no stage has yet.
    #[must_use]
    pub fn stages<const N: usize>(&self, stages: [(&str, f64); N]) -> [Stage; N] {
        let whole = self.call().scratch::<Whole>();
        Stage::parts(self, &whole.node, "", stages)
    }

    /// Counts what nobody knows the number of: each report says how many there were, and no total.
    #[must_use]
    pub fn counter(&self) -> Counter {
        Counter {
            context: self.clone(),
            count: Mutex::new(0.0),
        }
    }
}

impl Stage {
    /// Reports how far this stage has got. Of one whose total nobody knows, each step brings it nearer to
    /// its end, and none reaches it.
    pub async fn progress(
        &self,
        done: impl Into<Number>,
        total: impl Into<Total>,
        message: impl Into<Words>,
    ) {
        self.node
            .reach(fraction(done.into().as_f64(), total.into().as_f64()));
        self.report(message.into()).await;
    }

    /// Reports that this stage is done, with whatever is left of it.
    pub async fn done(&self) {
        self.node.reach(1.0);
        self.report(Words::from(None)).await;
    }

    /// A part of this stage, which is so much of it: a share between 0 and 1.
    #[must_use]
    pub fn stage(&self, name: &str, share: f64) -> Self {
        let path = format!("{} > {name}", self.path);
        Self::part(&self.context, &self.node, path, share)
    }

    /// The parts of this stage, each with its weight beside the others'. They share what no part has yet.
    #[must_use]
    pub fn stages<const N: usize>(&self, stages: [(&str, f64); N]) -> [Self; N] {
        Self::parts(
            &self.context,
            &self.node,
            &format!("{} > ", self.path),
            stages,
        )
    }

    fn part(context: &Context, parent: &Arc<Node>, path: String, share: f64) -> Self {
        let share = parent.give(share);
        Self {
            context: context.clone(),
            node: Arc::new(Node {
                parent: Some((Arc::clone(parent), share)),
                extent: Mutex::default(),
            }),
            path,
        }
    }

    fn parts<const N: usize>(
        context: &Context,
        parent: &Arc<Node>,
        before: &str,
        stages: [(&str, f64); N],
    ) -> [Self; N] {
        let all: f64 = stages.iter().map(|(_, weight)| positive(*weight)).sum();
        let left = parent.left();
        stages.map(|(name, weight)| {
            let share = if all > 0.0 {
                left * positive(weight) / all
            } else {
                0.0
            };
            Self::part(context, parent, format!("{before}{name}"), share)
        })
    }

    async fn report(&self, message: Words) {
        if !self.context.call().wants_progress() {
            return;
        }
        let Some(done) = self.context.call().scratch::<Whole>().news() else {
            return;
        };
        let words = match message.as_str() {
            Some(words) => format!("{}: {words}", self.path),
            None => self.path.clone(),
        };
        self.context.progress(done, WHOLE, words).await;
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.node.done();
        f.debug_struct("Stage")
            .field("path", &self.path)
            .field("done", &done)
            .finish()
    }
}

impl Node {
    /// Takes a share of what is left.
    fn give(&self, share: f64) -> f64 {
        let mut extent = self.extent.lock().unwrap_or_else(PoisonError::into_inner);
        let share = positive(share).min(1.0 - extent.given);
        extent.given += share;
        share
    }

    fn left(&self) -> f64 {
        let extent = self.extent.lock().unwrap_or_else(PoisonError::into_inner);
        1.0 - extent.given
    }

    fn done(&self) -> f64 {
        let extent = self.extent.lock().unwrap_or_else(PoisonError::into_inner);
        extent.done
    }

    /// Moves to `to`, if that is further; and what it is part of by as much as that means there.
    fn reach(&self, to: f64) {
        let mut extent = self.extent.lock().unwrap_or_else(PoisonError::into_inner);
        let by = (to.min(1.0) - extent.done).max(0.0);
        extent.done = rounded(extent.done + by);
        drop(extent);
        self.carry(by);
    }

    fn carry(&self, by: f64) {
        let (mut node, mut by) = (self, by);
        while let Some((parent, share)) = &node.parent {
            by *= share;
            let mut extent = parent.extent.lock().unwrap_or_else(PoisonError::into_inner);
            // One that has said that it is done does not move any more, whatever its parts do.
            by = by.min(1.0 - extent.done);
            extent.done = rounded(extent.done + by);
            drop(extent);
            node = parent;
        }
    }
}

/// Sums of shares miss the whole by a hair.
fn rounded(done: f64) -> f64 {
    if done > 1.0 - 1e-9 { 1.0 } else { done }
}

/// The number, or nothing where it is none that counts.
fn positive(number: f64) -> f64 {
    if number.is_finite() {
        number.max(0.0)
    } else {
        0.0
    }
}

/// How far `done` is of `total`.
fn fraction(done: f64, total: Option<f64>) -> f64 {
    let done = positive(done);
    match total.map(positive) {
        Some(total) if total > 0.0 => done / total,
        Some(_) => 1.0,
        None => done / (done + 10.0),
    }
}

/// Counts what nobody knows the number of.
///
/// ```
/// # async fn handler(ctx: fmcp_core::Context) {
/// let found = ctx.counter();
/// for file in ["a.txt", "b.txt"] {
///     found.add(1, file).await;
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Counter {
    context: Context,
    count: Mutex<f64>,
}

impl Counter {
    /// Reports that there were so many more.
    pub async fn add(&self, more: u32, message: impl Into<Words>) {
        let count = {
            let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
            *count += f64::from(more);
            *count
        };
        self.context.progress(count, None, message).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    fn part(parent: &Arc<Node>, share: f64) -> Arc<Node> {
        let share = parent.give(share);
        Arc::new(Node {
            parent: Some((Arc::clone(parent), share)),
            extent: Mutex::default(),
        })
    }

    #[test]
    fn a_part_moves_the_whole_by_its_share_and_never_back() {
        let whole = Arc::new(Node::default());
        let (a, b) = (part(&whole, 0.25), part(&whole, 2.0));
        let inner = part(&b, 0.5);
        for (node, to, expect) in [
            (&a, 0.5, 0.125),
            (&inner, 1.0, 0.5),
            (&a, 0.25, 0.5),
            (&a, 7.0, 0.625),
            (&b, 0.25, 0.625),
            (&b, 1.0, 1.0),
            (&inner, 1.0, 1.0),
        ] {
            node.reach(to);
            assert!(near(whole.done(), expect), "{} for {expect}", whole.done());
        }
    }

    #[test]
    fn a_part_of_a_stage_that_is_done_moves_nothing() {
        let whole = Arc::new(Node::default());
        let stage = part(&whole, 0.5);
        let inner = part(&stage, 1.0);
        stage.reach(1.0);
        inner.reach(1.0);
        assert!(near(whole.done(), 0.5), "{}", whole.done());
    }

    #[test]
    fn ten_tenths_are_one() {
        let whole = Arc::new(Node::default());
        let parts: Vec<_> = (0..10).map(|_| part(&whole, 0.1)).collect();
        parts.iter().for_each(|part| part.reach(1.0));
        assert!(whole.done() >= 1.0, "{}", whole.done());
    }

    #[test]
    fn strange_numbers_do_no_harm() {
        for (done, total, expect) in [
            (1.0, Some(4.0), 0.25),
            (f64::NAN, Some(4.0), 0.0),
            (-1.0, Some(4.0), 0.0),
            (1.0, Some(0.0), 1.0),
            (10.0, None, 0.5),
            (0.0, None, 0.0),
        ] {
            let found = fraction(done, total);
            assert!(near(found, expect), "{done} of {total:?} is {found}");
        }
    }
}
