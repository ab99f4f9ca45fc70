//! One client with one server.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    combination::{Combination, Other, Transport},
    install::Installed,
    step::{Verdict, judge},
};

/// Longer than all steps take that go well.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long a process may take to end that has nothing more to do.
const GRACE: Duration = Duration::from_secs(10);

/// Lets the client take its steps. What both say beside the protocol goes to `log`.
pub(super) fn run(
    root: &Path,
    installed: &Installed,
    on: &Combination,
    log: &Path,
) -> Result<Verdict> {
    let log = File::create(log).with_context(|| format!("writing {}", log.display()))?;
    let (mut client, server) = match on.other {
        Other::Client(sdk) => {
            let mut client = installed.client(root, sdk);
            client.args([on.transport.name(), on.revision]);
            if on.transport == Transport::Stdio {
                client.arg(&installed.server);
                (client, None)
            } else {
                let server = Server::start(&installed.server, &log)?;
                client.args(&server.urls);
                (client, Some(server))
            }
        }
        // Our client starts them itself, for it also kills them.
        Other::Server(peer) | Other::Upstream(peer) => {
            let mut client = Command::new(&installed.client);
            let (side, who) = on.other.name();
            client.args([side, who, on.transport.name(), on.revision]);
            client.args(peer.command(root, installed, on.transport));
            (client, None)
        }
    };
    let (said, status) = listen(client.stderr(log))?;
    let mut verdict = judge(&said, on);
    if !status.success() && verdict.faults.is_empty() {
        verdict
            .faults
            .push(format!("the client ended with {status}"));
    }
    if let Some(status) = server.map(Server::end).transpose()?
        && !status.success()
    {
        verdict
            .faults
            .push(format!("the server ended with {status}"));
    }
    Ok(verdict)
}

/// Everything that a program says on its standard output, and how it ends.
fn listen(command: &mut Command) -> Result<(String, ExitStatus)> {
    let mut child = Owned::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut output = child.0.stdout.take().context("the output is piped")?;
    let said = in_time("the client", move || {
        let mut said = String::new();
        output.read_to_string(&mut said)?;
        Ok(said)
    })?;
    Ok((said, child.end("the client")?))
}

/// What `read` reads, which must not take for ever. Past its time it goes on until the process that it reads
/// from ends, and nobody hears.
fn in_time<T: Send + 'static>(
    who: &str,
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (tell, hear) = mpsc::sync_channel(1);
    std::thread::spawn(move || tell.send(read()));
    match hear.recv_timeout(PATIENCE) {
        Ok(read) => read,
        Err(_) => bail!("{who} took more than {PATIENCE:?}"),
    }
}

/// A server on HTTP, as long as its input is open.
struct Server {
    child: Owned,
    input: ChildStdin,
    /// Its own, and the one of the proxy that cuts connections.
    urls: Vec<String>,
}

impl Server {
    fn start(program: &Path, log: &File) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--http", "0"]).stderr(log.try_clone()?);
        let mut child = Owned::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let input = child.0.stdin.take().context("the input is piped")?;
        let output = child.0.stdout.take().context("the output is piped")?;
        let urls: Vec<String> = in_time("the server", move || {
            let lines = BufReader::new(output).lines().take(2);
            Ok(lines.collect::<Result<_, _>>()?)
        })?;
        ensure!(urls.len() == 2, "the server ended before it served");
        Ok(Self { child, input, urls })
    }

    /// Ends it in order.
    fn end(self) -> Result<ExitStatus> {
        let Self {
            mut child, input, ..
        } = self;
        drop(input);
        child.end("the server")
    }
}

/// A process that does not outlive this.
struct Owned(Child);

impl Owned {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.spawn();
        let child = child.with_context(|| format!("{command:?} cannot be started"))?;
        Ok(Self(child))
    }

    /// Waits for it to end by itself.
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no runtime here that it could block"
    )]
    fn end(&mut self, who: &str) -> Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            ensure!(begun.elapsed() < GRACE, "{who} did not end by itself");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
