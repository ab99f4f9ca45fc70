//! What the system tells a process that shall end: SIGTERM, and Ctrl-C.
//!
//! Whoever has once listened for a signal has taken it over for the rest of the process's life: it does
//! not end the process any more. So listen on until the process is about to end.

use std::{future::Future, io};

use crate::drain::Drain;

/// The signals that ask this process to end, from here on.
#[derive(Debug)]
pub struct Signals(system::Source);

impl Signals {
    /// Listens from now on, not only once somebody waits.
    ///
    /// # Errors
    /// When the system does not let us listen.
    pub fn new() -> io::Result<Self> {
        system::Source::new().map(Self)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        self.0.next().await;
    }

    /// Does `work`. The first signal begins the `drain`, the second ends the work where it stands:
    /// `None`.
    pub async fn heed<T>(&mut self, drain: &Drain, work: impl Future<Output = T>) -> Option<T> {
        let insisted = async {
            self.next().await;
            tracing::info!("told to end: what runs may finish; once more ends at once");
            drain.begin();
            self.next().await;
        };
        tokio::select! {
            biased;
            outcome = work => Some(outcome),
            () = insisted => None,
        }
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    #[derive(Debug)]
    pub(super) struct Source {
        terminate: Signal,
        interrupt: Signal,
    }

    impl Source {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            })
        }

        pub(super) async fn next(&mut self) {
            // Such streams do not end.
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    #[derive(Debug)]
    pub(super) struct Source;

    impl Source {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) {
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::warn!(%error, "Ctrl-C cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    }
}
