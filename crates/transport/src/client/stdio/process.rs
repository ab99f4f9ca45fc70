//! A process, and all that it has started.

use std::{fs::OpenOptions, io, process::ExitStatus, process::Stdio, time::Duration};

#[cfg(windows)]
use process_wrap::tokio::JobObject;
#[cfg(unix)]
use process_wrap::tokio::ProcessGroup;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::{
    process::{ChildStderr, ChildStdin, ChildStdout},
    time::{sleep, timeout},
};

use super::{Grace, Settings, Stderr};

/// How long what has been killed may take to be gone.
const CLEARING: Duration = Duration::from_secs(2);

/// How often it is looked whether it is gone.
const LOOK: Duration = Duration::from_millis(10);

/// A process with all that it has started: a group that is ended as a whole, and killed when this is
/// dropped.
pub(super) struct Process {
    child: Box<dyn ChildWrapper>,
    /// The group's name, which is that of its first process.
    group: Option<u32>,
    /// There is nothing left, and its name may be somebody else's by now.
    is_gone: bool,
}

/// The ends of its streams that are ours.
pub(super) struct Streams {
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
    pub(super) errors: Option<ChildStderr>,
}

impl Process {
    /// Starts it with these variables.
    pub(super) fn start<V, N>(settings: &Settings, environment: V) -> io::Result<(Self, Streams)>
    where
        V: IntoIterator<Item = (N, N)>,
        N: AsRef<std::ffi::OsStr>,
    {
        let errors = errors(&settings.stderr)?;
        let mut command = CommandWrap::with_new(&settings.program, |command| {
            command
                .args(&settings.arguments)
                .env_clear()
                .envs(environment)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(errors);
            if let Some(directory) = &settings.directory {
                command.current_dir(directory);
            }
        });
        #[cfg(unix)]
        command.wrap(ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(JobObject);
        command.wrap(KillOnDrop);
        let mut child = command.spawn()?;
        let streams = (child.stdin().take(), child.stdout().take());
        let errors = child.stderr().take();
        let process = Self {
            group: child.id(),
            child,
            is_gone: false,
        };
        let (Some(input), Some(output)) = streams else {
            return Err(io::Error::other("it has no standard streams"));
        };
        let streams = Streams {
            input,
            output,
            errors,
        };
        Ok((process, streams))
    }

    /// Waits until the process that was started has ended, whatever it has started itself.
    pub(super) async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.child.inner_mut().wait().await
    }

    /// Ends it in order, once its standard input is closed: waits, tells it to end, waits, kills. When the
    /// future is done, there is nothing left.
    pub(super) async fn end(&mut self, grace: Grace) {
        // Errors say that it cannot be waited for; then it is killed.
        let _ = timeout(grace.close, self.exited()).await;
        if !self.has_gone() && self.terminate() {
            let _ = timeout(grace.terminate, self.gone()).await;
        }
        if !self.is_gone {
            self.kill();
            if timeout(CLEARING, self.gone()).await.is_err() {
                tracing::error!(
                    group = self.group,
                    "processes are left that cannot be killed"
                );
            }
        }
    }

    /// Waits until there is nothing left.
    async fn gone(&mut self) {
        let _ = self.exited().await;
        while !self.has_gone() {
            sleep(LOOK).await;
        }
    }

    /// Whether there is nothing left.
    fn has_gone(&mut self) -> bool {
        let is_running = |child: &mut dyn ChildWrapper| child.try_wait().is_ok_and(|s| s.is_none());
        if !self.is_gone && !is_running(self.child.inner_mut()) {
            // Where this process is everybody's parent in the end, as in a container, it takes in those
            // whose parent has gone. The first process must be taken in before: it has a waiter.
            let _ = self.child.try_wait();
            self.is_gone = self.is_group_empty();
        }
        self.is_gone
    }

    #[cfg(unix)]
    fn is_group_empty(&self) -> bool {
        use rustix::{io::Errno, process};
        let group = self
            .group
            .and_then(|id| process::Pid::from_raw(id.cast_signed()));
        group.is_none_or(|group| process::test_kill_process_group(group) == Err(Errno::SRCH))
    }

    /// The job has ended when its first process has, as far as anybody can be told.
    #[cfg(not(unix))]
    fn is_group_empty(&self) -> bool {
        true
    }

    /// Tells all of it to end, where that can be said. Whether it can.
    #[cfg(unix)]
    fn terminate(&self) -> bool {
        self.child
            .signal(rustix::process::Signal::TERM.as_raw())
            .is_ok()
    }

    #[cfg(not(unix))]
    fn terminate(&self) -> bool {
        false
    }

    fn kill(&mut self) {
        // An error says that there is nobody left.
        let _ = self.child.start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_gone() {
            self.kill();
        }
    }
}

fn errors(stderr: &Stderr) -> io::Result<Stdio> {
    Ok(match stderr {
        Stderr::Log => Stdio::piped(),
        Stderr::Inherit => Stdio::inherit(),
        Stderr::Null => Stdio::null(),
        Stderr::File(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let named = |error: io::Error| {
                let words = format!("its log {} cannot be opened: {error}", path.display());
                io::Error::other(words)
            };
            Stdio::from(file.map_err(named)?)
        }
    })
}
