//! What every subcommand gets: where to write, what is set, and what ends it.

use std::sync::Arc;

use fmcp::CancellationToken;
use tokio::runtime::{Builder, Runtime};

use crate::{
    outcome::{Exit, Failure},
    settings::Settings,
    terminal::Output,
};

/// What every subcommand gets.
pub(crate) struct App {
    pub(crate) out: Output,
    pub(crate) settings: Arc<Settings>,
    pub(crate) interrupt: Interrupt,
}

impl App {
    pub(crate) fn new(out: Output, settings: Settings) -> anyhow::Result<Self> {
        Ok(Self {
            out,
            settings: Arc::new(settings),
            interrupt: Interrupt::default(),
        })
    }
}

/// A runtime: with one thread for whoever calls, with one for each core for whoever serves.
pub(crate) fn runtime(serves: bool) -> std::io::Result<Runtime> {
    let mut builder = match serves {
        true => Builder::new_multi_thread(),
        false => Builder::new_current_thread(),
    };
    builder.enable_all().build()
}

/// Ctrl-C: the first asks what runs to end, the second ends it.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    first: CancellationToken,
}

impl Interrupt {
    /// What the first Ctrl-C cancels.
    pub(crate) fn token(&self) -> CancellationToken {
        self.first.clone()
    }

    /// Does `work`, which ends itself when the token is cancelled; a second Ctrl-C ends it where it stands.
    pub(crate) async fn heed<T>(
        &self,
        out: &Output,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            pressed = tokio::signal::ctrl_c() => pressed?,
        }
        self.first.cancel();
        out.note("\nCancelling; Ctrl-C once more ends at once");
        tokio::select! {
            biased;
            done = &mut work => done,
            pressed = tokio::signal::ctrl_c() => {
                pressed?;
                Err(interrupted().into())
            }
        }
    }

    /// Does `work`, which may be dropped at the first Ctrl-C.
    pub(crate) async fn drop_at_once<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> anyhow::Result<T>
    where
        anyhow::Error: From<E>,
    {
        tokio::select! {
            biased;
            () = self.first.cancelled() => Err(interrupted().into()),
            pressed = tokio::signal::ctrl_c() => {
                pressed?;
                Err(interrupted().into())
            }
            done = work => Ok(done?),
        }
    }
}

fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "ended by Ctrl-C")
}
