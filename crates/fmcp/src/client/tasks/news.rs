//! What a server tells of tasks unasked, for whoever looks after them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fmcp_core::{
    Notice, Raw, Reply,
    protocol::{
        Era, Method, Revision, Topic,
        model::{SubscriptionFilter, Task},
    },
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::TaskHandle;
use crate::client::listen::{self, Ear, Listening};

/// How long a server may take to agree that it tells of a task.
const AGREEMENT: Duration = Duration::from_secs(5);

/// After how long a server that tells of a task is asked all the same.
const FED: Duration = Duration::from_secs(30);

/// Who waits for news of a task. Only those that somebody waits for are looked at, so a server cannot make it
/// grow; of each, only the last is kept.
#[derive(Clone, Default)]
pub(in crate::client) struct News(Arc<Mutex<Waiting>>);

type Waiting = HashMap<Box<str>, watch::Sender<Option<Task>>>;

impl News {
    /// Hears of a task, if the notice is about one.
    pub(in crate::client) fn hear(&self, revision: Revision, notice: &Notice) {
        let Notice::Other(Topic::TaskStatus | Topic::TaskChanged, params) = notice else {
            return;
        };
        let Some(id) = params.task_id() else { return };
        let told = {
            let mut waiting = self.lock();
            match waiting.get(&*id) {
                Some(told) if told.receiver_count() > 0 => told.clone(),
                _ => {
                    waiting.remove(&*id);
                    return;
                }
            }
        };
        let task = params.parse::<Raw>().ok();
        let task = task.and_then(|text| revision.raise(&Method::GetTask, &text).ok());
        if let Some(Reply::Task(mut task)) = task {
            (task.meta, task.result_type) = (None, None);
            told.send_replace(Some(*task));
        }
    }

    fn follow(&self, id: &str) -> watch::Receiver<Option<Task>> {
        let mut waiting = self.lock();
        waiting.retain(|_, told| told.receiver_count() > 0);
        let told = waiting.entry(id.into());
        told.or_insert_with(|| watch::Sender::new(None)).subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears of one task.
pub(super) struct Heard {
    told: watch::Receiver<Option<Task>>,
    /// The stream that tells of it, where there is one of its own.
    stream: Option<Listening>,
}

impl TaskHandle {
    /// Hears of the task from now on, as far as it is told unasked: sessions may be.
    pub(super) fn heard(&self) -> Heard {
        let inbox = &self.0.client.parts().inbox;
        Heard {
            told: inbox.news().follow(self.id().unwrap_or_default()),
            stream: None,
        }
    }

    /// The same, where it has to be asked for. A server that does not agree is asked how far the task is.
    pub(super) async fn heard_on_a_stream(&self) -> Heard {
        let mut heard = self.heard();
        let (client, Some(id)) = (&self.0.client, self.id()) else {
            return heard;
        };
        if client.revision().era() == Era::Legacy {
            return heard;
        }
        let (parts, mut filter) = (client.parts(), SubscriptionFilter::new());
        filter.task_ids = Some(vec![id.to_owned()]);
        let ear = Ear {
            link: Arc::clone(&parts.link),
            inbox: Arc::clone(&parts.inbox),
            meta: parts.meta.load().meta().clone(),
            filter,
            closed: client.closed().clone(),
            changes: None,
        };
        match timeout(AGREEMENT, listen::open(ear)).await {
            Ok(Ok((stream, agreed))) => {
                let mut ids = agreed.task_ids.iter().flatten();
                heard.stream = ids.any(|agreed| agreed == id).then_some(stream);
            }
            Ok(Err(error)) => tracing::debug!(%error, "the server does not tell of tasks"),
            Err(_) => tracing::debug!("the server has not said whether it tells of tasks"),
        }
        heard
    }
}

impl Heard {
    /// The task as it is told to be after `task`; nothing when it is time to ask, after `pause` or later.
    pub(super) async fn next(&mut self, task: &Task, pause: Duration) -> Option<Task> {
        let is_told = (self.stream.as_ref()).is_some_and(Listening::is_going_on);
        let pause = if is_told { pause.max(FED) } else { pause };
        let told = async {
            loop {
                if self.told.changed().await.is_err() {
                    return std::future::pending().await;
                }
                let told = self.told.borrow_and_update().clone();
                if let Some(told) = told.filter(|told| follows(told, task)) {
                    return told;
                }
            }
        };
        tokio::select! {
            biased;
            told = told => Some(told),
            () = sleep(pause) => None,
        }
    }
}

/// Whether what is told is no older than what is known. What is known to have ended does not begin again.
fn follows(told: &Task, known: &Task) -> bool {
    !known.status.is_final() && told.last_updated_at >= known.last_updated_at
}
