use std::time::Duration;

use fmcp::{
    Kind, TasksInRedis,
    core::{BoxFuture, TaskClaim, TaskEnd, TaskQueue, TaskRecord, TaskRoom},
};
use tokio::time::timeout;

use super::Kept;
use crate::raw_http::PATIENCE;

/// As long as no test lasts, and as short as one can wait for.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);

const ROOM: TaskRoom = TaskRoom::new(100, 100, 100);

fn task(id: &str, owner: &str) -> TaskRecord {
    TaskRecord {
        id: id.into(),
        owner: owner.into(),
        order: format!("order of {id}").into_bytes().into(),
        state: "new".into(),
        version: 0,
    }
}

async fn accept(queue: &TasksInRedis, id: &str) {
    queue.accept(task(id, "ada"), LONG, ROOM).await.unwrap();
}

async fn claim(queue: &TasksInRedis, lease: Duration) -> TaskClaim {
    timeout(PATIENCE, queue.claim(lease))
        .await
        .expect("there is nothing to claim")
        .unwrap()
}

/// Whether there is nothing to claim.
async fn is_empty(queue: &TasksInRedis) -> bool {
    timeout(SHORT * 3, queue.claim(LONG)).await.is_err()
}

/// Two processes with the same queue.
async fn two() -> (Kept, TasksInRedis, TasksInRedis) {
    let redis = Kept::start().await;
    let queue = || TasksInRedis::new(redis.store("q"));
    let (one, other) = (queue(), queue());
    (redis, one, other)
}

#[tokio::test]
async fn what_one_accepts_another_runs_and_both_read() {
    let (_redis, one, other) = two().await;
    let waits = claim(&other, LONG);
    let (taken, ()) = tokio::join!(waits, accept(&one, "a"));
    assert_eq!(taken.task.order, "order of a");
    assert_eq!((taken.attempt, taken.task.version), (1, 0));
    assert!(is_empty(&one).await, "it is claimed");
    assert!(other.write("a", 0, "half".into(), LONG).await.unwrap());
    assert!(!one.write("a", 0, "late".into(), LONG).await.unwrap());
    assert!(!one.write("b", 0, "none".into(), LONG).await.unwrap());
    let read = one.read("a").await.unwrap().unwrap();
    assert_eq!(
        (&*read.state, read.version, &*read.owner),
        (&b"half"[..], 1, "ada")
    );
    other.settle(&taken, TaskEnd::Done).await.unwrap();
    assert!(is_empty(&one).await, "it is done");
    assert!(one.read("b").await.unwrap().is_none());
}

#[tokio::test]
async fn tasks_come_in_their_order_and_to_one_each() {
    let (_redis, one, other) = two().await;
    for n in 0..20 {
        accept(&one, &format!("{n:02}")).await;
    }
    let mut taken = Vec::new();
    for queue in [&one, &other].into_iter().cycle().take(20) {
        taken.push(claim(queue, LONG).await.task.id);
    }
    assert!(taken.is_sorted(), "{taken:?}");
    taken.dedup();
    assert_eq!(taken.len(), 20);
}

#[tokio::test]
async fn a_lease_that_is_over_is_somebody_elses() {
    let (_redis, one, other) = two().await;
    accept(&one, "a").await;
    let first = claim(&one, SHORT).await;
    assert!(one.renew(&first, SHORT).await.unwrap());
    let second = claim(&other, SHORT).await;
    assert_eq!((&*second.task.id, second.attempt), ("a", 2));
    assert!(!one.renew(&first, SHORT).await.unwrap());
    // Who comes too late ends nothing.
    one.settle(&first, TaskEnd::Done).await.unwrap();
    assert!(other.renew(&second, SHORT).await.unwrap());
    // What is given back is claimed at once, and that it was handed out does not count.
    other.settle(&second, TaskEnd::Again).await.unwrap();
    let third = claim(&one, LONG).await;
    assert_eq!(third.attempt, 2);
    one.settle(&third, TaskEnd::Dead).await.unwrap();
    assert!(is_empty(&one).await);
    let dead = other.dead(10).await.unwrap();
    assert_eq!((&*dead[0].id, dead[0].attempts), ("a", 2));
    let shown = format!("{:?}", dead[0]);
    assert!(!shown.contains("id") && shown.contains('2'), "{shown}");
}

/// The claim of somebody who has been handed this task, and whose turn to go on has not come since.
async fn handed_out<'a>(
    queue: &'a TasksInRedis,
    id: &str,
    lease: Duration,
) -> BoxFuture<'a, fmcp::Result<TaskClaim>> {
    let mut late = queue.claim(lease);
    let early = timeout(SHORT * 3, &mut late).await;
    assert!(early.is_err(), "there is something to claim: {early:?}");
    accept(queue, id).await;
    tokio::time::sleep(SHORT * 3).await;
    late
}

#[tokio::test]
async fn whose_turn_comes_late_takes_nothing_that_somebody_else_runs() {
    let (_redis, one, other) = two().await;
    let late = handed_out(&one, "a", SHORT * 20).await;
    let second = claim(&other, SHORT).await;
    let late = timeout(SHORT * 5, late).await;
    assert!(late.is_err(), "it was claimed twice: {late:?}");
    assert!(other.renew(&second, SHORT).await.unwrap());
}

#[tokio::test]
async fn the_lease_begins_when_the_task_is_taken() {
    let (_redis, one, other) = two().await;
    let late = handed_out(&one, "a", SHORT * 10).await;
    tokio::time::sleep(SHORT * 5).await;
    let taken = timeout(PATIENCE, late).await.unwrap().unwrap();
    let rival = timeout(SHORT * 8, other.claim(SHORT * 10)).await;
    assert!(rival.is_err(), "it was claimed twice: {rival:?}");
    assert!(one.renew(&taken, SHORT).await.unwrap());
}

#[tokio::test]
async fn a_lease_that_is_renewed_goes_on() {
    let (_redis, one, other) = two().await;
    accept(&one, "a").await;
    let taken = claim(&one, SHORT * 3).await;
    let rival = claim(&other, SHORT * 3);
    let keep = async {
        for _ in 0..8 {
            tokio::time::sleep(SHORT).await;
            assert!(one.renew(&taken, SHORT * 3).await.unwrap());
        }
    };
    tokio::select! {
        stolen = rival => panic!("it was claimed twice: {stolen:?}"),
        () = keep => {}
    }
}

#[tokio::test]
async fn there_are_as_many_as_there_is_room_for() {
    let (_redis, queue, _) = two().await;
    let put = async |id: &str, owner: &str, room| {
        let outcome = queue.accept(task(id, owner), LONG, room).await;
        outcome.map_err(|error| {
            assert_eq!(error.kind(), Kind::Overloaded, "{error:?}");
            error.message().to_owned()
        })
    };
    put("a", "ada", TaskRoom::new(9, 1, 9)).await.unwrap();
    // Told once more, because the answer was lost: it is the same task.
    put("a", "ada", TaskRoom::new(9, 1, 9)).await.unwrap();
    let words = put("b", "ada", TaskRoom::new(9, 1, 9)).await.unwrap_err();
    assert!(words.starts_with("you have"), "{words}");
    put("b", "bob", TaskRoom::new(9, 1, 9)).await.unwrap();
    let words = put("c", "", TaskRoom::new(9, 1, 2)).await.unwrap_err();
    assert!(words.contains("wait for their turn"), "{words}");
    claim(&queue, LONG).await;
    put("c", "", TaskRoom::new(9, 1, 2)).await.unwrap();
    let words = put("d", "", TaskRoom::new(3, 1, 9)).await.unwrap_err();
    assert!(words.contains("keeps as many"), "{words}");
}

#[tokio::test]
async fn what_has_been_kept_long_enough_is_gone() {
    let (_redis, queue, _) = two().await;
    queue
        .accept(task("brief", "ada"), SHORT, ROOM)
        .await
        .unwrap();
    queue.accept(task("long", "ada"), LONG, ROOM).await.unwrap();
    timeout(PATIENCE, queue.changed("brief", 0))
        .await
        .unwrap()
        .unwrap();
    assert!(queue.read("brief").await.unwrap().is_none());
    // It is handed out to nobody, and counts no more.
    assert_eq!(&*claim(&queue, LONG).await.task.id, "long");
    queue
        .accept(task("more", "ada"), LONG, TaskRoom::new(2, 2, 2))
        .await
        .unwrap();
    // Writing moves the end.
    assert!(queue.write("more", 0, "x".into(), SHORT).await.unwrap());
    tokio::time::sleep(SHORT * 2).await;
    assert!(queue.read("more").await.unwrap().is_none());
}

#[tokio::test]
async fn who_waits_for_a_change_hears_of_it_at_another_process() {
    let (_redis, one, other) = two().await;
    accept(&one, "a").await;
    accept(&one, "b").await;
    // What has changed already is not waited for.
    assert!(one.write("b", 0, "x".into(), LONG).await.unwrap());
    timeout(PATIENCE, other.changed("b", 0))
        .await
        .unwrap()
        .unwrap();
    let waits = timeout(PATIENCE, other.changed("a", 0));
    let writes = async {
        tokio::time::sleep(SHORT).await;
        assert!(one.write("b", 1, "x".into(), LONG).await.unwrap());
        assert!(one.write("a", 0, "x".into(), LONG).await.unwrap());
        std::time::Instant::now()
    };
    let (heard, written) = tokio::join!(waits, writes);
    heard.unwrap().unwrap();
    assert!(
        written.elapsed() < Duration::from_secs(2),
        "it was told, not looked for"
    );
}

#[tokio::test]
async fn owners_see_their_own_in_order() {
    let (_redis, queue, _) = two().await;
    for (id, owner) in [("c", "ada"), ("a", "ada"), ("b", "bob"), ("d", "ada")] {
        queue.accept(task(id, owner), LONG, ROOM).await.unwrap();
    }
    let list = async |owner, after, limit| {
        let found = queue.list(owner, after, limit).await.unwrap();
        found
            .iter()
            .map(|task| task.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("ada", "", 10).await, ["a", "c", "d"]);
    assert_eq!(list("ada", "a", 1).await, ["c"]);
    assert_eq!(list("bob", "", 10).await, ["b"]);
    assert!(list("eve", "", 10).await.is_empty());
}

#[tokio::test]
async fn what_somebody_else_has_sealed_is_put_aside() {
    let redis = Kept::start().await;
    let queue = |secret: &str| {
        TasksInRedis::new(redis.store("q"))
            .encrypted(secret)
            .unwrap()
    };
    let (one, other) = (queue(&"1".repeat(32)), queue(&"2".repeat(32)));
    accept(&one, "a").await;
    assert!(other.read("a").await.is_err());
    assert!(is_empty(&other).await);
    assert_eq!(one.dead(1).await.unwrap().len(), 1);
    let both = other.encrypted("1".repeat(32)).unwrap();
    accept(&one, "b").await;
    assert_eq!(claim(&both, LONG).await.task.order, "order of b");
}

#[tokio::test]
async fn the_queue_goes_on_when_its_redis_has_been_away() {
    let (mut redis, one, other) = two().await;
    accept(&one, "a").await;
    let waits = tokio::spawn(async move {
        let first = claim(&other, LONG).await;
        // While it waits for more, Redis goes and comes.
        loop {
            match timeout(PATIENCE, other.claim(LONG))
                .await
                .expect("nothing comes")
            {
                Ok(second) => return (first.task.id, second.task.id),
                Err(_) => tokio::time::sleep(SHORT).await,
            }
        }
    });
    tokio::time::sleep(SHORT).await;
    redis.kill();
    redis.again().await;
    accept(&one, "b").await;
    let (first, second) = waits.await.unwrap();
    assert_eq!((&*first, &*second), ("a", "b"));
}
