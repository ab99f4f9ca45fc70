//! What a handler tells its caller while it runs: log messages and progress.

use serde_json::Value;

use super::{Context, LogLevels};
use crate::{
    Notice, Number, Raw,
    protocol::model::{LogLevel, LogMessageParams, ProgressParams, ProgressToken},
};

impl Context {
    /// Sends a log message to the caller, if it wants messages of this level.
    pub async fn log(&self, level: LogLevel, data: impl Into<Value>) {
        self.send_log(level, None, data.into()).await;
    }

    /// Reports how far the call has got, if the caller asked to hear of it. Whoever carries the reports
    /// (the client in memory does) thins out those that come faster than anybody can read.
    ///
    /// ```
    /// # async fn handler(ctx: fmcp_core::Context) {
    /// ctx.progress(1, 3, "fetching").await;
    /// ctx.progress(0.5, None, None).await;
    /// ctx.progress(2, 3, format!("step {}", 2)).await;
    /// # }
    /// ```
    pub async fn progress(
        &self,
        done: impl Into<Number>,
        total: impl Into<Total>,
        message: impl Into<Words>,
    ) {
        let Some(peer) = self.call().peer() else {
            return;
        };
        // How far a task is shows in its status, whether anybody has asked to be told or not.
        let in_task = || self.call().task_id().map(|_| ProgressToken::from(0));
        let Some(token) = self.call().progress_token().or_else(in_task) else {
            return;
        };
        let mut report = ProgressParams::new(token, done.into());
        report.total = total.into().0;
        report.message = message.into().0;
        peer.notify(Notice::Progress(report)).await;
    }

    /// Whether a log message of this level and category would be sent.
    pub(super) fn wants_log(&self, level: LogLevel, category: Option<&str>) -> bool {
        self.call().peer().is_some()
            && (self.call().log_level()).is_some_and(|least| level >= least)
            && (self.state::<LogLevels>()).is_none_or(|levels| levels.lets(level, category))
    }

    pub(super) async fn send_log(&self, level: LogLevel, logger: Option<&str>, data: Value) {
        let Some(peer) = self.call().peer() else {
            return;
        };
        if !self.wants_log(level, logger) {
            return;
        }
        // What was said before is read before.
        if let Some(outbox) = self.outbox().filter(|outbox| !outbox.is_empty()) {
            outbox.flush().await;
        }
        let mut message = LogMessageParams::new(level, Raw::from(data));
        message.logger = logger.map(str::to_owned);
        peer.notify(Notice::Log(message)).await;
    }
}

/// The total of a progress report: a number, or `None` where nobody knows it.
#[derive(Clone, Debug)]
pub struct Total(Option<Number>);

impl Total {
    pub(super) fn as_f64(&self) -> Option<f64> {
        self.0.as_ref().map(Number::as_f64)
    }
}

impl From<Option<Number>> for Total {
    fn from(total: Option<Number>) -> Self {
        Self(total)
    }
}

macro_rules! totals {
    ($($ty:ty),*) => { $(
        impl From<$ty> for Total {
            fn from(total: $ty) -> Self {
                Self(Some(total.into()))
            }
        }
    )* };
}
totals!(i32, i64, u32, u64, usize, f64);

/// What a progress report says besides its numbers: a text, or `None`.
#[derive(Clone, Debug)]
pub struct Words(Option<String>);

impl Words {
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl From<Option<&str>> for Words {
    fn from(words: Option<&str>) -> Self {
        Self(words.map(str::to_owned))
    }
}

impl From<&str> for Words {
    fn from(words: &str) -> Self {
        Self(Some(words.to_owned()))
    }
}

impl From<String> for Words {
    fn from(words: String) -> Self {
        Self(Some(words))
    }
}

/// A method for each level, over the method `log`.
macro_rules! levels {
    ($ty:ident) => {
        levels! { $ty
            /// Logs what only a developer wants to know.
            debug: Debug,
            /// Logs what is going on.
            info: Info,
            /// Logs something normal that deserves attention.
            notice: Notice,
            /// Logs something that may turn into a fault.
            warning: Warning,
            /// Logs a fault.
            error: Error,
            /// Logs a fault of something that much depends on.
            critical: Critical,
            /// Logs that somebody must act at once.
            alert: Alert,
            /// Logs that nothing works any more.
            emergency: Emergency,
        }
    };
    ($ty:ident $($(#[$doc:meta])* $name:ident: $level:ident),* $(,)?) => {
        impl $ty {
            $($(#[$doc])* pub async fn $name(&self, data: impl Into<serde_json::Value>) {
                self.log(LogLevel::$level, data).await;
            })*
        }
    };
}
pub(super) use levels;

levels!(Context);
