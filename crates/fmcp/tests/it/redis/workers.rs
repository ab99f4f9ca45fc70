use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fmcp::{
    Client, Revision, TasksInRedis,
    core::TaskQueue as _,
    serde_json::{Value, json},
};
use tokio::time::{Instant, sleep, timeout};

use super::Kept;
use crate::{raw_http::PATIENCE, stdio::program};

/// A process of the program under test, which ends with the test.
struct Process(Child);

impl Process {
    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Ends it at once, as a machine does that loses its power.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    async fn ends(&mut self) {
        let until = Instant::now() + PATIENCE;
        while self.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the process does not end");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Redis, and a folder in which processes say how far they are.
struct World {
    redis: Kept,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self {
            redis: Kept::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn begin(&self, role: &str, name: &str) -> Process {
        let mut command = Command::new(program("redis-under-test"));
        command
            .args([role, &self.redis.url()])
            .arg(self.folder.path());
        command.arg(name).stdin(Stdio::null()).stdout(Stdio::null());
        Process(command.spawn().unwrap())
    }

    fn path(&self, what: &str) -> PathBuf {
        self.folder.path().join(what)
    }

    fn put(&self, what: &str) {
        fs::write(self.path(what), "").unwrap();
    }

    async fn comes(&self, what: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Ok(text) = fs::read_to_string(self.path(what))
                && (!what.starts_with("address") || !text.is_empty())
            {
                return text;
            }
            assert!(Instant::now() < until, "{what} does not come");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// A server that accepts tasks, and its client.
    async fn server(&self, name: &str) -> (Process, Client) {
        let process = self.begin("serve", name);
        let address = self.comes(&format!("address-{name}")).await;
        let client = Client::builder(format!("http://{address}/mcp")).revision(Revision::NEWEST);
        (process, client.connect().await.unwrap())
    }

    fn queue(&self) -> TasksInRedis {
        let secret = "a secret of thirty-two bytes, all told";
        TasksInRedis::new(fmcp::store::Redis::new(self.redis.url()).unwrap())
            .encrypted(secret)
            .unwrap()
    }
}

/// Has a tool begun as a task; what the task goes by.
async fn begin(client: &Client, tool: &str, arguments: Value) -> String {
    let task = client.start(tool, arguments).await.unwrap();
    task.id().expect("it is no task").to_owned()
}

/// What came of a task.
async fn result(client: &Client, id: &str) -> String {
    let result = timeout(PATIENCE, client.task(id).result()).await;
    result
        .expect("nothing comes of it")
        .unwrap()
        .text()
        .into_owned()
}

#[tokio::test]
async fn no_task_that_was_accepted_is_lost_whoever_dies() {
    let world = World::new().await;
    let (first, client) = world.server("s1").await;
    let (one, two) = (world.begin("work", "w1"), world.begin("work", "w2"));
    let mut ids = Vec::new();
    for n in 0..40_u64 {
        ids.push(begin(&client, "job", json!({"n": n, "millis": 60})).await);
        if n == 10 {
            world.begin("work", "w3").kill();
        }
    }
    // The one is killed while it runs some; the server, while it is asked.
    one.kill();
    first.kill();
    let (_second, client) = world.server("s2").await;
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(result(&client, id).await, n.to_string());
    }
    two.kill();
    // Each was reported once: nobody has written a second end over the first.
    let queue = world.queue();
    for id in &ids {
        assert_eq!(queue.read(id).await.unwrap().unwrap().version, 1);
    }
}

#[tokio::test]
async fn a_worker_that_comes_too_late_completes_nothing() {
    let world = World::new().await;
    let (_server, client) = world.server("s").await;
    let slow = world.begin("work", "slow");
    let id = begin(&client, "gate", json!({})).await;
    world.comes("begun-slow").await;
    slow.signal("-STOP");
    // It is not heard of: another one takes over.
    let _other = world.begin("work", "other");
    world.comes("begun-other").await;
    world.put("go-slow");
    slow.signal("-CONT");
    // Its handler comes to its end, and completes nothing.
    world.comes("done-slow").await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(world.queue().read(&id).await.unwrap().unwrap().version, 0);
    world.put("go-other");
    assert_eq!(result(&client, &id).await, "other");
}

#[tokio::test]
async fn a_cancelled_task_ends_where_it_runs() {
    let world = World::new().await;
    let (_server, client) = world.server("s").await;
    let _worker = world.begin("work", "w");
    let id = begin(&client, "gate", json!({})).await;
    world.comes("begun-w").await;
    client.task(id.as_str()).cancel().await.unwrap();
    world.comes("dropped-w").await;
}

#[tokio::test]
async fn what_kills_its_workers_is_put_aside() {
    let world = World::new().await;
    let (_server, client) = world.server("s").await;
    let id = begin(&client, "die", json!({})).await;
    for name in ["w1", "w2"] {
        world.begin("work", name).ends().await;
    }
    let mut last = world.begin("work", "w3");
    let failed = timeout(PATIENCE, client.task(id.as_str()).result())
        .await
        .unwrap();
    let words = failed.unwrap_err().to_string();
    assert!(words.contains("never came to its end"), "{words}");
    let dead = world.queue().dead(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((&*dead[0].id, dead[0].attempts), (id.as_str(), 3));
    // Asked to end, a worker does.
    last.signal("-TERM");
    last.ends().await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_end_gives_its_tasks_back() {
    let world = World::new().await;
    let (_server, client) = world.server("s").await;
    let mut first = world.begin("work", "first");
    let id = begin(&client, "gate", json!({})).await;
    world.comes("begun-first").await;
    let _next = world.begin("work", "next");
    first.signal("-TERM");
    first.ends().await;
    world.comes("begun-next").await;
    world.put("go-next");
    assert_eq!(result(&client, &id).await, "next");
}

#[tokio::test]
async fn with_a_secret_nothing_lies_open() {
    let world = World::new().await;
    let (_server, client) = world.server("s").await;
    let id = begin(&client, "job", json!({"n": 987_654_321, "millis": 0})).await;
    let _worker = world.begin("work", "w");
    assert_eq!(result(&client, &id).await, "987654321");
    // Everything that Redis was told stands in its log.
    let mut log = Vec::new();
    for file in fs::read_dir(world.redis.folder().join("appendonlydir")).unwrap() {
        log.extend(fs::read(file.unwrap().path()).unwrap());
    }
    let has = |text: &str| log.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has(&id), "this is the log");
    assert!(!has("987654321") && !has("millis") && !has("tools/call"));
}
