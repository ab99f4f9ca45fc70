//! Ten thousand tasks through Redis: none lost, none done twice, whoever is killed; and how many in a second, beside a
//! bare consumer of a stream.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{
    Exchange, Server, TaskMode, Tasks, TasksInRedis,
    core::{TaskQueue as _, TaskState},
    store::Redis,
    testing::modern,
    tool,
};
use redis::{aio::MultiplexedConnection, cmd};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    Extent, Run,
    budget::Budget,
    subject::{Subject, command},
};

const WORKER: &str = "fmcp-bench-wire-tasks";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(300);

#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let (tasks, rounds) = match run.extent {
        Extent::Figures => (10_000, 3),
        Extent::Check => (1_000, 2),
    };
    let redis = Kept::start().await?;
    let (mut ours, mut bare) = (0.0_f64, 0.0_f64);
    for round in 0..rounds {
        ours = ours.max(
            redis
                .rate_of_ours(run, &format!("ours{round}"), tasks)
                .await?,
        );
        bare = bare.max(
            redis
                .rate_of_bare(run, &format!("bare{round}"), tasks)
                .await?,
        );
    }
    println!(
        "{tasks} tasks, two workers on one core, Redis on another; the best of {rounds} rounds"
    );
    println!("  tasks of a server  {ours:>8.0} a second");
    println!(
        "  a bare consumer    {bare:>8.0} a second, {:.1} times as many",
        bare / ours
    );
    let killed = redis.with_one_killed(run, "killed", tasks).await?;
    println!(
        "{tasks} tasks, one of two workers killed on the way: {:.1} s, {} begun twice",
        killed.time.as_secs_f64(),
        killed.begun_twice
    );
    Ok(vec![
        Budget::at_most("tasks lost", killed.lost as f64, 0.0),
        Budget::at_most("tasks reported twice as complete", killed.twice as f64, 0.0),
        Budget::at_least("tasks a second, beside a bare consumer", ours / bare, 0.05),
    ])
}

/// A Redis of its own, beside the load.
struct Kept {
    folder: std::path::PathBuf,
    _server: Subject,
    connection: MultiplexedConnection,
}

struct Killed {
    time: Duration,
    lost: usize,
    twice: usize,
    begun_twice: usize,
}

impl Kept {
    async fn start() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("fmcp-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        // Where `cargo xtask redis` puts one when none is installed.
        let unpacked = Path::new("target/redis/redis-server");
        let program = if unpacked.exists() {
            unpacked
        } else {
            Path::new("redis-server")
        };
        let mut command = tokio::process::Command::new(program);
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--dir"])
            .arg(&folder)
            .arg("--unixsocket")
            .arg(folder.join("s"))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null());
        let server = Subject::start_here(command)
            .context("redis-server cannot be started: `cargo xtask redis` gets it")?;
        let client = redis::Client::open(url(&folder))?;
        let until = Instant::now() + Duration::from_secs(20);
        let connection = loop {
            match client.get_multiplexed_async_connection().await {
                Ok(connection) => break connection,
                Err(error) if Instant::now() > until => bail!("Redis does not come: {error}"),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        };
        Ok(Self {
            folder,
            _server: server,
            connection,
        })
    }

    fn queue(&self, prefix: &str) -> Result<TasksInRedis> {
        Ok(TasksInRedis::new(
            Redis::new(url(&self.folder))?.prefix(prefix),
        ))
    }

    fn worker(&self, run: &Run, who: &str, prefix: &str) -> Result<Subject> {
        let mut command = command(WORKER)?;
        command.args([who, &url(&self.folder), prefix]);
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null());
        Subject::start(&run.cores, command)
    }

    /// Has tasks accepted, as clients have them; what they go by.
    async fn accept(&self, prefix: &str, tasks: usize) -> Result<Vec<String>> {
        let settings = Tasks::new().queue(self.queue(prefix)?).running(0);
        let settings = settings
            .kept(tasks)
            .waiting(tasks)
            .kept_per_principal(tasks);
        let server = Server::new("bench")
            .tool(add::tool().task(TaskMode::Required))
            .tasks(settings);
        server.start().await?;
        let exchange = Exchange::new(std::sync::Arc::new(server));
        let mut ids = Vec::with_capacity(tasks);
        for n in 0..tasks {
            let able = json!({"io.modelcontextprotocol/clientCapabilities":
                {"extensions": {"io.modelcontextprotocol/tasks": {}}}});
            let params = json!({"name": "add", "arguments": {"a": n, "b": 1}, "_meta": able});
            let request = modern("tools/call", params).to_string();
            let answer = exchange.answer(request.into()).await.context("no answer")?;
            let answer: Value = serde_json::from_slice(&answer)?;
            let id = answer["result"]["taskId"].as_str();
            ids.push(id.with_context(|| format!("no task: {answer}"))?.to_owned());
        }
        Ok(ids)
    }

    /// Waits until there are no more than so many entries in a stream.
    async fn drained(&self, work: &str, to: usize) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        let mut connection = self.connection.clone();
        loop {
            let left: usize = cmd("XLEN").arg(work).query_async(&mut connection).await?;
            if left <= to {
                return Ok(());
            }
            ensure!(Instant::now() < until, "{left} tasks are never done");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// How many of tasks that wait two workers do in a second.
    async fn rate(
        &self,
        run: &Run,
        who: &str,
        prefix: &str,
        work: &str,
        tasks: usize,
    ) -> Result<f64> {
        let _workers = [
            self.worker(run, who, prefix)?,
            self.worker(run, who, prefix)?,
        ];
        // From when both are at it: not how long they take to start.
        self.drained(work, tasks - tasks / 10).await?;
        let begun = Instant::now();
        self.drained(work, 0).await?;
        Ok((tasks - tasks / 10) as f64 / begun.elapsed().as_secs_f64())
    }

    async fn rate_of_ours(&self, run: &Run, prefix: &str, tasks: usize) -> Result<f64> {
        self.accept(prefix, tasks).await?;
        self.rate(run, "ours", prefix, &format!("{prefix}:tasks:work"), tasks)
            .await
    }

    async fn rate_of_bare(&self, run: &Run, prefix: &str, tasks: usize) -> Result<f64> {
        let (work, mut connection) = (format!("{prefix}:work"), self.connection.clone());
        let mut group = cmd("XGROUP");
        group
            .arg("CREATE")
            .arg(&work)
            .arg("workers")
            .arg("0")
            .arg("MKSTREAM");
        group.query_async::<()>(&mut connection).await?;
        for n in 0..tasks {
            let params = json!({"name": "add", "arguments": {"a": n, "b": 1}});
            let order = json!({"method": "tools/call", "params": params}).to_string();
            let mut add = cmd("XADD");
            add.arg(&work).arg("*").arg("order").arg(order);
            add.query_async::<()>(&mut connection).await?;
        }
        self.rate(run, "bare", prefix, &work, tasks).await
    }

    async fn with_one_killed(&self, run: &Run, prefix: &str, tasks: usize) -> Result<Killed> {
        let ids = self.accept(prefix, tasks).await?;
        let (queue, work) = (self.queue(prefix)?, format!("{prefix}:tasks:work"));
        let begun = Instant::now();
        let mut first = self.worker(run, "ours", prefix)?;
        let _second = self.worker(run, "ours", prefix)?;
        self.drained(&work, tasks - tasks / 3).await?;
        first.child.kill().await?;
        self.drained(&work, 0).await?;
        let mut killed = Killed {
            time: begun.elapsed(),
            lost: 0,
            twice: 0,
            begun_twice: 0,
        };
        let mut connection = self.connection.clone();
        for (n, id) in ids.iter().enumerate() {
            let Some(record) = queue.read(id).await? else {
                killed.lost += 1;
                continue;
            };
            let state = TaskState::read(&record.state)?;
            let result = state.result.as_ref().map(fmcp::Raw::as_str);
            let sum = format!("\"text\":\"{}\"", n + 1);
            killed.lost += usize::from(!result.is_some_and(|result| result.contains(&sum)));
            // Written once, and nothing over it: the end.
            killed.twice += usize::from(record.version > 1);
            let mut get = cmd("HGET");
            get.arg(format!("{prefix}:tasks:one:{id}")).arg("attempts");
            let attempts: usize = get.query_async(&mut connection).await?;
            killed.begun_twice += usize::from(attempts > 1);
        }
        Ok(killed)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn url(folder: &Path) -> String {
    format!("redis+unix://{}", folder.join("s").display())
}
