//! Whose the standard streams are.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::{AsFd as _, OwnedFd},
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether somebody has them: they are there once for the whole process.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The standard streams, out of everybody else's reach as long as this lives: their numbers lead to
/// standard error and to nothing instead.
#[derive(Debug)]
pub(super) struct Takeover {
    stdin: OwnedFd,
    stdout: OwnedFd,
    _only: Only,
}

/// That nobody else has them.
#[derive(Debug)]
struct Only;

impl Only {
    fn new() -> io::Result<Self> {
        if TAKEN.swap(true, Ordering::AcqRel) {
            let words = "another server of this process speaks on the standard streams";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, words));
        }
        Ok(Self)
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        TAKEN.store(false, Ordering::Release);
    }
}

impl Takeover {
    pub(super) fn new() -> io::Result<Self> {
        let only = Only::new()?;
        // Made whole first, so that whatever fails below is undone when it is dropped.
        let taken = Self {
            stdin: io::stdin().as_fd().try_clone_to_owned()?,
            stdout: io::stdout().as_fd().try_clone_to_owned()?,
            _only: only,
        };
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(taken)
    }

    pub(super) fn stdin(&self) -> &OwnedFd {
        &self.stdin
    }

    pub(super) fn stdout(&self) -> &OwnedFd {
        &self.stdout
    }
}

impl Drop for Takeover {
    fn drop(&mut self) {
        // What handlers have printed without ending the line must not follow later, to the peer.
        let flushed = io::stdout().flush();
        let given_back = rustix::stdio::dup2_stdout(&self.stdout)
            .and_then(|()| rustix::stdio::dup2_stdin(&self.stdin));
        if let Err(error) = flushed.and(given_back.map_err(io::Error::from)) {
            tracing::warn!(%error, "the standard streams could not be given back");
        }
    }
}
