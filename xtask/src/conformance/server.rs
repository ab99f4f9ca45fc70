//! A server under test, in a process of its own.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::sync_channel,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// How long a server may take to say where it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs until this is dropped.
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Starts `program` with `args`, and waits until it says where it listens: the first line that it
    /// prints. What it says of errors goes to the file `log`.
    pub(crate) fn start(program: &Path, args: &[&str], log: &Path) -> Result<Self> {
        let process = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log).with_context(|| format!("writing {}", log.display()))?)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut server = Self {
            process,
            url: String::new(),
        };
        let stdout = server.process.stdout.take().context("it has no output")?;
        let (tell, told) = sync_channel(1);
        // It ends with the process, which `server` ends.
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout).read_line(&mut line);
            let _ = tell.send(read.map(|_| line));
        });
        let line = told
            .recv_timeout(PATIENCE)
            .with_context(|| format!("nothing within {PATIENCE:?}"))
            .and_then(|line| Ok(line?))
            .with_context(|| format!("{} does not say where it listens", program.display()))?;
        if !line.starts_with("http://") {
            bail!(
                "{} does not say where it listens, but {line:?}; see {}",
                program.display(),
                log.display()
            );
        }
        line.trim().clone_into(&mut server.url);
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Result<Server> {
        let log = std::env::temp_dir().join(format!("fmcp-xtask-{}.log", std::process::id()));
        Server::start(Path::new("sh"), &["-c", script], &log)
    }

    #[test]
    fn a_server_says_where_it_listens() {
        let server = start("echo http://127.0.0.1:8000/mcp; exec sleep 60").unwrap();
        assert_eq!(server.url(), "http://127.0.0.1:8000/mcp");
    }

    #[test]
    fn one_that_ends_at_once_is_an_error_in_words() {
        let Err(error) = start("exit 1") else {
            panic!("it must fail");
        };
        let words = format!("{error:#}");
        assert!(words.contains("does not say where it listens"), "{words}");
    }
}
