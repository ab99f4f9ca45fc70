//! What every queue of tasks promises, whoever has made it.

use std::{sync::Arc, time::Duration};

use fmcp::{Kind, TaskEnd, TaskQueue, TaskRecord, TaskRoom, TasksInMemory};

const LEASE: Duration = Duration::from_secs(30);
const KEEP: Duration = Duration::from_secs(600);
const ROOM: TaskRoom = TaskRoom::new(3, 2, 2);

fn record(id: &str, owner: &str) -> TaskRecord {
    TaskRecord {
        id: id.into(),
        owner: owner.into(),
        order: "order".into(),
        state: "first".into(),
        version: 0,
    }
}

async fn is_empty(queue: &dyn TaskQueue) -> bool {
    tokio::time::timeout(Duration::from_millis(50), queue.claim(LEASE))
        .await
        .is_err()
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_can_be_read_and_is_handed_out_once() {
    let queue = TasksInMemory::new();
    queue.accept(record("a", ""), KEEP, ROOM).await.unwrap();
    assert_eq!(queue.read("a").await.unwrap().unwrap().order, "order");
    assert!(queue.read("b").await.unwrap().is_none());
    let claim = queue.claim(LEASE).await.unwrap();
    assert_eq!((&*claim.task.id, claim.attempt), ("a", 1));
    assert!(is_empty(&queue).await);
    queue.settle(&claim, TaskEnd::Done).await.unwrap();
    tokio::time::sleep(LEASE * 2).await;
    assert!(is_empty(&queue).await, "it is done");
    assert!(queue.read("a").await.unwrap().is_some(), "and kept");
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_woken() {
    let queue = Arc::new(TasksInMemory::new());
    let waits = Arc::clone(&queue);
    let claim = tokio::spawn(async move { waits.claim(LEASE).await.unwrap() });
    tokio::time::sleep(Duration::from_secs(1)).await;
    queue.accept(record("a", ""), KEEP, ROOM).await.unwrap();
    assert_eq!(&*claim.await.unwrap().task.id, "a");
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_not_renewed_is_somebody_elses() {
    let queue = TasksInMemory::new();
    queue.accept(record("a", ""), KEEP, ROOM).await.unwrap();
    let first = queue.claim(LEASE).await.unwrap();
    for _ in 0..3 {
        tokio::time::sleep(LEASE / 2).await;
        assert!(queue.renew(&first, LEASE).await.unwrap());
    }
    let second = queue.claim(LEASE).await.unwrap();
    assert_eq!((&*second.task.id, second.attempt), ("a", 2));
    assert!(!queue.renew(&first, LEASE).await.unwrap());
    queue.settle(&first, TaskEnd::Done).await.unwrap();
    assert!(
        queue.renew(&second, LEASE).await.unwrap(),
        "the first has no say any more"
    );
    queue.settle(&second, TaskEnd::Again).await.unwrap();
    let third = queue.claim(LEASE).await.unwrap();
    assert_eq!(third.attempt, 2, "what is given back does not count");
}

#[tokio::test(start_paused = true)]
async fn a_state_is_written_by_who_knows_the_last() {
    let queue = TasksInMemory::new();
    queue.accept(record("a", ""), KEEP, ROOM).await.unwrap();
    assert!(queue.write("a", 0, "second".into(), KEEP).await.unwrap());
    assert!(!queue.write("a", 0, "other".into(), KEEP).await.unwrap());
    assert!(!queue.write("b", 0, "other".into(), KEEP).await.unwrap());
    let read = queue.read("a").await.unwrap().unwrap();
    assert_eq!((&read.state[..], read.version), (&b"second"[..], 1));
    let changed =
        |version| tokio::time::timeout(Duration::from_secs(1), queue.changed("a", version));
    assert!(changed(0).await.is_ok(), "it has changed already");
    assert!(changed(1).await.is_err());
    let (heard, ()) = tokio::join!(changed(1), async {
        assert!(queue.write("a", 1, "third".into(), KEEP).await.unwrap());
    });
    assert!(heard.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_has_been_kept_long_enough_is_gone() {
    let queue = TasksInMemory::new();
    queue
        .accept(record("a", "ada"), Duration::from_secs(10), ROOM)
        .await
        .unwrap();
    queue
        .accept(record("b", "ada"), Duration::from_secs(10), ROOM)
        .await
        .unwrap();
    assert!(queue.write("b", 0, "done".into(), KEEP).await.unwrap());
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(queue.read("a").await.unwrap().is_none());
    assert!(queue.read("b").await.unwrap().is_some());
    assert_eq!(&*queue.claim(LEASE).await.unwrap().task.id, "b");
    queue.accept(record("c", "ada"), KEEP, ROOM).await.unwrap();
    let gone = tokio::time::timeout(KEEP * 2, queue.changed("c", 0)).await;
    assert!(gone.is_ok(), "that it is gone is a change");
}

#[tokio::test(start_paused = true)]
async fn there_is_so_much_room_and_no_more() {
    let queue = TasksInMemory::new();
    let accept = async |id, owner| {
        let refused = queue.accept(record(id, owner), KEEP, ROOM).await;
        refused.map_err(|error| error.kind())
    };
    accept("a", "ada").await.unwrap();
    accept("b", "ada").await.unwrap();
    assert_eq!(accept("c", "bob").await, Err(Kind::Overloaded), "two wait");
    queue.claim(LEASE).await.unwrap();
    assert_eq!(
        accept("c", "ada").await,
        Err(Kind::Overloaded),
        "two are hers"
    );
    accept("c", "bob").await.unwrap();
    queue.claim(LEASE).await.unwrap();
    assert_eq!(
        accept("d", "").await,
        Err(Kind::Overloaded),
        "three are kept"
    );
    let owned = queue.list("ada", "", 10).await.unwrap();
    assert_eq!(
        owned.iter().map(|task| &*task.id).collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(queue.list("ada", "a", 10).await.unwrap().len(), 1);
    assert_eq!(queue.list("ada", "", 1).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_so_many_bytes() {
    let queue = TasksInMemory::new().bytes(100_000);
    let room = TaskRoom::new(100, 100, 100);
    let put = async |id: &str, size: usize, keep| {
        let mut task = record(id, "");
        task.order = vec![0; size].into();
        queue.accept(task, keep, room).await
    };
    let write = async |id: &str, version, size: usize| {
        let state = vec![0; size].into();
        queue.write(id, version, state, KEEP).await
    };
    put("a", 40_000, KEEP).await.unwrap();
    put("b", 40_000, KEEP / 2).await.unwrap();
    let refused = put("c", 40_000, KEEP).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Overloaded);
    assert!(refused.message().contains("as large as they may be"));
    let refused = write("a", 0, 30_000).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Overloaded);
    assert_eq!(queue.read("a").await.unwrap().unwrap().version, 0);
    // A few words fit in at any time, and what is forgotten makes room.
    assert!(write("a", 0, 1_000).await.unwrap());
    tokio::time::sleep(KEEP * 3 / 4).await;
    assert!(write("a", 1, 50_000).await.unwrap());
    assert!(put("c", 10_000, KEEP).await.is_err());
    assert!(write("a", 2, 0).await.unwrap());
    put("c", 50_000, KEEP).await.unwrap();
}
