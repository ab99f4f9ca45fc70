//! What becomes of tasks that run while their queue does not answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use fmcp::{
    Context, Error, Kind, Result, Server, TaskEnd, TaskMode, TaskQueue, TaskRecord, TaskRoom,
    Tasks, TasksInMemory, Tool, ToolError,
    core::{BoxFuture, TaskClaim},
};
use serde_json::json;
use tokio::{sync::watch, time::sleep};

use super::{Caller, text};

/// A queue that can be away: then it answers late, with an error.
pub(super) struct Remote {
    queue: TasksInMemory,
    away: watch::Sender<bool>,
    /// How many tasks were listed at once, at the most.
    pub(super) listed: AtomicUsize,
}

impl Remote {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: TasksInMemory::new(),
            away: watch::Sender::new(false),
            listed: AtomicUsize::new(0),
        })
    }

    async fn away_for(&self, seconds: u64) {
        self.away.send_replace(true);
        sleep(Duration::from_secs(seconds)).await;
        self.away.send_replace(false);
    }

    /// What the queue says, unless it is away, or goes away meanwhile.
    async fn say<T>(&self, says: BoxFuture<'_, Result<T>>) -> Result<T> {
        let mut state = self.away.subscribe();
        let away = async { state.wait_for(|away| *away).await.is_ok() };
        tokio::select! {
            biased;
            _ = away => {
                sleep(Duration::from_secs(5)).await;
                Err(Error::new(Kind::Timeout, "the store did not answer in time"))
            }
            said = says => said,
        }
    }
}

impl TaskQueue for Remote {
    fn accept(
        &self,
        task: TaskRecord,
        keep: Duration,
        room: TaskRoom,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.say(self.queue.accept(task, keep, room)))
    }

    fn claim(&self, lease: Duration) -> BoxFuture<'_, Result<TaskClaim>> {
        Box::pin(self.say(self.queue.claim(lease)))
    }

    fn renew<'a>(&'a self, claim: &'a TaskClaim, lease: Duration) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.say(self.queue.renew(claim, lease)))
    }

    fn settle<'a>(&'a self, claim: &'a TaskClaim, end: TaskEnd) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.say(self.queue.settle(claim, end)))
    }

    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>>> {
        Box::pin(self.say(self.queue.read(id)))
    }

    fn write<'a>(
        &'a self,
        id: &'a str,
        version: u64,
        state: Bytes,
        keep: Duration,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.say(self.queue.write(id, version, state, keep)))
    }

    fn changed<'a>(&'a self, id: &'a str, version: u64) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.say(self.queue.changed(id, version)))
    }

    fn list<'a>(
        &'a self,
        owner: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<TaskRecord>>> {
        self.listed.fetch_max(limit, Ordering::SeqCst);
        Box::pin(self.say(self.queue.list(owner, after, limit)))
    }
}

/// A server whose queue can be away, with a tool that takes so many seconds, and counts how often it is begun.
fn server(seconds: u64) -> (Server, Arc<Remote>, Arc<AtomicUsize>) {
    let (queue, runs) = (Remote::new(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&runs);
    let rest = move |ctx: Context| {
        let run = count.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            ctx.progress(1, 2, "half done").await;
            sleep(Duration::from_secs(seconds)).await;
            format!("rested in run {run}")
        }
    };
    let server = Server::new("s")
        .tasks(Tasks::new().queue(Arc::clone(&queue)))
        .tool(Tool::new("rest", rest).task(TaskMode::Required));
    (server, queue, runs)
}

#[tokio::test(start_paused = true)]
async fn what_runs_goes_on_while_the_queue_is_away_for_less_than_the_lease() {
    let (server, queue, runs) = server(40);
    let caller = Caller::new(&server);
    let id = caller.start("rest").await;
    sleep(Duration::from_secs(1)).await;
    queue.away_for(18).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let task = caller.until(&id, "completed").await;
    assert_eq!(text(&task), "rested in run 1");
}

#[tokio::test(start_paused = true)]
async fn what_was_done_while_the_queue_is_away_is_not_thrown_away() {
    let (server, queue, runs) = server(5);
    let caller = Caller::new(&server);
    let id = caller.start("rest").await;
    sleep(Duration::from_secs(1)).await;
    queue.away_for(18).await;
    let task = caller.until(&id, "completed").await;
    assert_eq!(text(&task), "rested in run 1");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn who_cancels_is_heard_after_the_queue_was_away() {
    let (server, queue, _) = server(1_000);
    let caller = Caller::new(&server);
    let id = caller.start("rest").await;
    sleep(Duration::from_secs(1)).await;
    queue.away_for(12).await;
    caller.send("tasks/cancel", json!({"taskId": id})).await;
    sleep(Duration::from_secs(10)).await;
    // Nothing runs any more that would keep the server.
    let stopped = tokio::time::timeout(Duration::from_secs(1), server.stop()).await;
    assert!(stopped.is_ok(), "it runs still");
}

#[tokio::test(start_paused = true)]
async fn who_was_away_for_longer_than_the_lease_completes_nothing() {
    let (server, queue, runs) = server(25);
    let caller = Caller::new(&server);
    let id = caller.start("rest").await;
    sleep(Duration::from_secs(1)).await;
    queue.away_for(50).await;
    assert_eq!(caller.get(&id).await["status"], "working");
    let task = caller.until(&id, "completed").await;
    assert_eq!(text(&task), "rested in run 2");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_asked_once_the_queue_answers_again() {
    let queue = Remote::new();
    let ask = |ctx: Context| async move {
        sleep(Duration::from_secs(2)).await;
        let sure = ctx.confirm("Sure?").named("sure").await?;
        Ok::<_, ToolError>(format!("{sure}"))
    };
    let server = Server::new("s")
        .tasks(Tasks::new().queue(Arc::clone(&queue)))
        .tool(Tool::new("ask", ask).task(TaskMode::Required));
    let caller = Caller::new(&server);
    let id = caller.start("ask").await;
    sleep(Duration::from_secs(1)).await;
    queue.away_for(15).await;
    let task = caller.until(&id, "input_required").await;
    assert_eq!(task["inputRequests"]["sure"]["params"]["message"], "Sure?");
    let answer = json!({"sure": {"action": "accept", "content": {}}});
    caller.update(&id, answer).await;
    assert_eq!(text(&caller.until(&id, "completed").await), "true");
}
