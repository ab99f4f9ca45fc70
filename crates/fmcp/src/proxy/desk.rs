//! Who hears what an upstream says without saying to whom.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{Method, model::Meta},
};

use super::back::Back;

/// The callers whose calls run on one link. On a stream that all share, an upstream with sessions asks without saying
/// for whom: where it names a task, whoever waits for that one is asked; where there is only one whom it can mean, that
/// one; and else nobody.
#[derive(Default)]
pub(super) struct Desk(Mutex<Callers>);

#[derive(Default)]
struct Callers {
    last: u64,
    running: BTreeMap<u64, Arc<Back>>,
}

impl Desk {
    /// A call runs as long as the result is there.
    pub(super) fn enter(self: &Arc<Self>, back: Arc<Back>) -> Entered {
        let mut callers = self.lock();
        callers.last += 1;
        let number = callers.last;
        callers.running.insert(number, back);
        Entered {
            desk: Arc::clone(self),
            number,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Callers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom a question is for.
    fn meant(&self, question: &Call) -> Result<Arc<Back>> {
        let callers = self.lock();
        let related = question.meta().remove(Meta::RELATED_TASK);
        let task = related.map(|related| related.to_value());
        if let Some(task) = task.as_ref().and_then(|task| task["taskId"].as_str()) {
            let mut all = callers.running.values();
            if let Some(back) = all.find(|back| back.follows(task) && back.can(question)) {
                return Ok(Arc::clone(back));
            }
        }
        let mut all = callers.running.values();
        // All who are calling count: whoever cannot be asked may be the one whose call the question is about.
        if let Some(first) = all.next()
            && !all.all(|other| other.is_of(first))
        {
            let words = "several are calling, and nobody can tell which of them is asked; give each a session of its \
                own (`Sessions::PerCaller`)";
            return Err(Error::new(Kind::MissingCapability, words));
        }
        let able = callers.running.values().find(|back| back.can(question));
        able.cloned().ok_or_else(|| {
            let words = format!("nobody who is calling can be asked: {}", question.method());
            Error::new(Kind::MissingCapability, words)
        })
    }

    fn only(&self) -> Option<Arc<Back>> {
        let callers = self.lock();
        let mut all = callers.running.values();
        all.next().filter(|_| all.next().is_none()).cloned()
    }
}

impl Endpoint for Desk {
    fn call(&self, question: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            if *question.method() == Method::Ping {
                return Ok(fmcp_core::protocol::model::EmptyResult::new().into());
            }
            let back = self.meant(&question)?;
            back.call(question).await
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(back) = self.only() {
                back.notify(notice).await;
            }
        })
    }
}

/// A call runs as long as this is there.
pub(super) struct Entered {
    desk: Arc<Desk>,
    number: u64,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.desk.lock().running.remove(&self.number);
    }
}
