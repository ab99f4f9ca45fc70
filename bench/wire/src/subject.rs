//! A server under test, as the operating system sees it: a process of its own on the servers' core.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::machine::Cores;

/// Our server.
pub(crate) const FMCP: &str = "fmcp-bench-wire-server";
/// A plain axum handler that answers this one call.
pub(crate) const FLOOR: &str = "fmcp-bench-floor";
/// The official Rust SDK.
pub(crate) const RMCP: &str = "fmcp-bench-rmcp";

const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A running server; it ends when this is dropped.
pub(crate) struct Subject {
    pub(crate) child: Child,
    pid: u32,
}

impl Subject {
    /// Starts a server that speaks on its standard streams, on the core of the load: of two that take turns,
    /// each would have to be woken on a core that has gone to sleep, which costs more than either does.
    pub(crate) fn on_stdio(program: &str) -> Result<Self> {
        Self::start_here(on_streams(program, &[])?)
    }

    /// Starts a program with arguments that is told on its standard streams what to do.
    pub(crate) fn on_stdio_with(cores: &Cores, program: &str, args: &[&str]) -> Result<Self> {
        Self::start(cores, on_streams(program, args)?)
    }

    /// Starts a server for HTTP and waits until it listens.
    pub(crate) async fn on_http(cores: &Cores, program: &str) -> Result<(Self, SocketAddr)> {
        Self::on_http_with(cores, program, &[]).await
    }

    /// As [`Subject::on_http`], on the core of the load: where the server is not what is measured.
    pub(crate) async fn on_http_beside(program: &str) -> Result<(Self, SocketAddr)> {
        Self::listening(program, &[], Self::start_here).await
    }

    /// As [`Subject::on_http`], with arguments before the address.
    pub(crate) async fn on_http_with(
        cores: &Cores,
        program: &str,
        args: &[&str],
    ) -> Result<(Self, SocketAddr)> {
        Self::listening(program, args, |command| Self::start(cores, command)).await
    }

    /// As [`Subject::on_http`], of a program that lies elsewhere, or is told its address in another way.
    pub(crate) async fn on_http_by(
        cores: &Cores,
        command: impl FnOnce(SocketAddr) -> Result<Command>,
    ) -> Result<(Self, SocketAddr)> {
        Self::listening_by(command, |command| Self::start(cores, command)).await
    }

    async fn listening(
        program: &str,
        args: &[&str],
        start: impl FnOnce(Command) -> Result<Self>,
    ) -> Result<(Self, SocketAddr)> {
        let told = |address: SocketAddr| {
            let mut command = command(program)?;
            command.args(args).arg(address.to_string());
            Ok(command)
        };
        Self::listening_by(told, start).await
    }

    async fn listening_by(
        command: impl FnOnce(SocketAddr) -> Result<Command>,
        start: impl FnOnce(Command) -> Result<Self>,
    ) -> Result<(Self, SocketAddr)> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = free.local_addr()?;
        drop(free);
        let mut command = command(address)?;
        command.stdin(Stdio::null());
        let program = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let mut subject = start(command)?;
        let limit = Instant::now() + STARTS_WITHIN;
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = subject.child.try_wait()? {
                bail!("{program} ended with {status} before it listened");
            }
            if Instant::now() > limit {
                bail!("{program} does not listen on {address}");
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok((subject, address))
    }

    pub(crate) fn start(cores: &Cores, command: Command) -> Result<Self> {
        cores.on_server_core(|| Self::start_here(command))?
    }

    /// Starts it on the core that this process is on.
    pub(crate) fn start_here(mut command: Command) -> Result<Self> {
        command.kill_on_drop(true);
        let child = command
            .spawn()
            .with_context(|| format!("{:?} cannot be started", command.as_std().get_program()))?;
        let pid = child.id().context("the server has no process id")?;
        Ok(Self { child, pid })
    }

    /// The CPU time that the server's threads have used. (Counted for each thread, because the count for
    /// the process goes in steps of ten milliseconds.)
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(self.proc("task"))? {
            let told = fs::read_to_string(task?.path().join("schedstat"))?;
            let used = told.split(' ').next().context("an empty schedstat")?;
            nanoseconds += used.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kilobytes.context("no VmRSS")?.parse::<u64>()? * 1024)
    }

    /// How many descriptors are open.
    pub(crate) fn descriptors(&self) -> Result<usize> {
        Ok(fs::read_dir(self.proc("fd"))?.count())
    }

    fn proc(&self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.pid.to_string()).join(file)
    }
}

fn on_streams(program: &str, args: &[&str]) -> Result<Command> {
    let mut command = command(program)?;
    command.args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// A program that lies beside this one, to be started.
pub(crate) fn command(program: &str) -> Result<Command> {
    place(program).map(Command::new)
}

/// Where a program is that lies beside this one.
pub(crate) fn place(program: &str) -> Result<PathBuf> {
    let mut path = std::env::current_exe().context("this program does not know where it is")?;
    path.set_file_name(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        bail!(
            "{} is missing: `cargo xtask bench` builds it",
            path.display()
        );
    }
    Ok(path)
}
