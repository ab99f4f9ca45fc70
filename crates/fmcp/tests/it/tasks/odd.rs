//! What our client makes of servers that speak of tasks as they should not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, Client, ClientError, Endpoint, Error, Kind, Method, Reply, Revision,
    model::{Task, TaskStatus, TaskTtl},
};
use tokio::time::{Instant, sleep, timeout};

use super::{clients, takes_tasks};

/// Waits before it says what it says to a request of this kind, as long as it says something.
struct Odd<F> {
    server: fmcp::Server,
    method: Method,
    asked: Arc<AtomicUsize>,
    says: F,
}

impl<F: Fn() -> Option<fmcp::Result<Reply>> + Send + Sync + 'static> Endpoint for Odd<F> {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let says = (*call.method() == self.method).then(|| {
            self.asked.fetch_add(1, Ordering::SeqCst);
            (self.says)()
        });
        match says.flatten() {
            Some(said) => Box::pin(async {
                sleep(Duration::from_millis(1)).await;
                said
            }),
            None => self.server.call(call),
        }
    }
}

async fn client(
    revision: Revision,
    method: Method,
    says: impl Fn() -> Option<fmcp::Result<Reply>> + Send + Sync + 'static,
) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let odd = Odd {
        server: clients::server(),
        method,
        asked: Arc::clone(&asked),
        says,
    };
    let builder = Client::builder(Arc::new(odd) as Arc<dyn Endpoint>).revision(revision);
    let builder = builder.capabilities(serde_json::from_value(takes_tasks()).unwrap());
    let answer = |_| async { fmcp::Answer::accept(serde_json::json!({"age": 7})) };
    (builder.on_elicit(answer).connect().await.unwrap(), asked)
}

#[tokio::test(start_paused = true)]
async fn a_result_that_cannot_be_had_for_a_while_is_asked_for_with_pauses() {
    let until = Instant::now() + Duration::from_secs(5);
    let says = move || {
        let is_away = Instant::now() < until;
        is_away.then(|| Err(Error::new(Kind::Unavailable, "not now")))
    };
    let (client, asked) = client(Revision::V2025_11_25, Method::TaskResult, says).await;
    let task = client.start("ask", ()).await.unwrap();
    assert_eq!(task.result().await.unwrap().text(), "7 and 7");
    assert!(asked.load(Ordering::SeqCst) < 50, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_refused_is_not_asked_for_again() {
    let says = || Some(Err(Error::invalid_params("no, never")));
    let (client, _) = client(Revision::V2025_11_25, Method::TaskResult, says).await;
    let task = client.start("ask", ()).await.unwrap();
    let waits = timeout(Duration::from_secs(60), task.wait());
    let refused = waits.await.expect("it waits for ever").unwrap_err();
    assert!(refused.to_string().contains("no, never"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_came_of_a_task_counts_more_than_that_its_result_cannot_be_had() {
    let says = || Some(Err(Error::invalid_params("it was cancelled")));
    let (client, _) = client(Revision::V2025_11_25, Method::TaskResult, says).await;
    let task = client.start("ask", ()).await.unwrap();
    while task.status().await.unwrap() != TaskStatus::InputRequired {
        sleep(Duration::from_millis(10)).await;
    }
    // It is cancelled before the answer to the question for its result, which waits a little.
    let (ended, ()) = tokio::join!(task.wait(), async { task.cancel().await.unwrap() });
    assert_eq!(ended.unwrap(), TaskStatus::Cancelled);
    let error = task.result().await.unwrap_err();
    assert!(matches!(error, ClientError::Cancelled { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_ended_without_a_result_is_not_asked_about_for_ever() {
    let says = || {
        let task = Task::new("t", "completed", "a", "b", TaskTtl(Some(5)));
        Some(Ok(task.result_type("task").into()))
    };
    let (client, _) = client(Revision::V2026_07_28, Method::GetTask, says).await;
    let task = client.start("ask", ()).await.unwrap();
    let waits = timeout(Duration::from_secs(60), task.result());
    let error = waits.await.expect("it waits for ever").unwrap_err();
    assert!(error.to_string().contains("nothing came of it"), "{error}");
}
