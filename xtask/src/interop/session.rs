//! One client with one server.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    install::Installed,
    sdk::{Combination, Transport},
    step::{Verdict, judge},
};

/// Longer than all steps take that go well.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lets the client take its steps. What both say beside the protocol goes to `log`.
pub(super) fn run(
    root: &Path,
    installed: &Installed,
    on: &Combination,
    log: &Path,
) -> Result<Verdict> {
    let log = File::create(log).with_context(|| format!("writing {}", log.display()))?;
    let mut client = installed.client(root, on.sdk);
    client.args([on.transport.name(), on.revision]);
    let server = match on.transport {
        Transport::Stdio => {
            client.arg(&installed.server);
            None
        }
        Transport::Http => {
            let server = Server::start(&installed.server, &log)?;
            client.args(&server.urls);
            Some(server)
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
    let (tell, hear) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut said = String::new();
        let outcome = output.read_to_string(&mut said).map(|_| said);
        // An error says that nobody waits any more.
        let _ = tell.send(outcome);
    });
    let said = hear.recv_timeout(PATIENCE);
    if said.is_err() {
        child.0.kill()?;
    }
    let status = child.0.wait()?;
    let Ok(said) = said else {
        bail!("the client took more than {PATIENCE:?}");
    };
    // It has told, so that it is over.
    let _ = reading.join();
    Ok((said.context("reading what the client says")?, status))
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
        command
            .args(["--http", "127.0.0.1:0"])
            .stderr(log.try_clone()?);
        let mut child = Owned::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let input = child.0.stdin.take().context("the input is piped")?;
        let output = child.0.stdout.take().context("the output is piped")?;
        let urls: Vec<_> = BufReader::new(output)
            .lines()
            .take(2)
            .collect::<Result<_, _>>()?;
        Ok(Self { child, input, urls })
    }

    /// Ends it in order.
    fn end(self) -> Result<ExitStatus> {
        let Self {
            mut child, input, ..
        } = self;
        drop(input);
        Ok(child.0.wait()?)
    }
}

/// A process that does not outlive this.
struct Owned(Child);

impl Owned {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.spawn();
        Ok(Self(child.with_context(|| {
            format!("{command:?} cannot be started")
        })?))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
