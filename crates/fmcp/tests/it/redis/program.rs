//! What the tests of this folder start as processes: a server that accepts tasks and runs none, and one that does
//! nothing but run them. Files in a folder say how far they are, and let them go on.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use fmcp::{Server, State, TaskMode, Tasks, TasksInRedis, store::Redis, tool};

struct Place {
    folder: PathBuf,
    name: String,
}

impl Place {
    fn has(&self, what: &str) -> bool {
        self.path(what).exists()
    }

    fn put(&self, what: &str, text: &str) {
        // In one step, so that nobody reads half of it.
        let draft = self.path(&format!("{what}.draft"));
        fs::write(&draft, text)
            .and_then(|()| fs::rename(&draft, self.path(what)))
            .unwrap();
    }

    fn path(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{what}-{}", self.name))
    }
}

/// Says that it was dropped before its end.
struct Guard<'a>(&'a Place, bool);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.put("dropped", "");
        }
    }
}

/// Gives a number back, after a while.
#[tool]
async fn job(n: u64, millis: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    n
}

/// Waits until it may go on, and says where it has run.
#[tool]
async fn gate(#[ctx] State(place): State<Place>) -> String {
    let mut guard = Guard(&place, false);
    place.put("begun", "");
    while !place.has("go") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    guard.1 = true;
    place.put("done", "");
    place.name.clone()
}

/// Ends the process.
#[tool]
async fn die() -> u64 {
    std::process::abort()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> fmcp::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [role, url, folder, name] = args.as_slice() else {
        panic!("usage: redis-under-test serve|work URL FOLDER NAME")
    };
    let place = Place {
        folder: Path::new(folder).to_owned(),
        name: name.clone(),
    };
    let queue =
        TasksInRedis::new(Redis::new(url)?).encrypted("a secret of thirty-two bytes, all told")?;
    let tasks = Tasks::new()
        .queue(queue)
        .lease(Duration::from_millis(600))
        .poll_interval(Duration::from_millis(30))
        .tries(2)
        .running(if role == "work" { 4 } else { 0 });
    let path = place.path("address");
    let server = Server::new("jobs")
        .state(place)
        .tool(job::tool().task(TaskMode::Required))
        .tool(gate::tool().task(TaskMode::Required))
        .tool(die::tool().task(TaskMode::Required))
        .tasks(tasks);
    if role == "work" {
        return server.run_worker().await;
    }
    let bound = server.bind_http("127.0.0.1:0").await?;
    let address = bound.local_addr().unwrap();
    fs::write(path, address.to_string()).unwrap();
    bound.run().await
}
