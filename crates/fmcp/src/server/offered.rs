//! What every server offers the contexts of its calls, and how it is set up.

use std::time::Duration;

use fmcp_core::{Clock, Extensions, Levels, LogLevels, protocol::model::LogLevel};
use tokio::time::Instant;

use super::Server;

/// Puts into a server's state what contexts look for there.
pub(super) fn install(state: &mut Extensions) {
    // The runtime's clock, which tests can stop.
    state.insert(Clock(|| Instant::now().into_std()));
    state.insert(LogLevels::default());
    state.insert(Levels::default());
}

impl Server {
    /// Sends clients log messages of a category from `level` on, whatever less they want to read. See
    /// [`Server::log_levels`], by which it is changed while the server runs.
    #[must_use]
    pub fn log_level(self, category: &str, level: LogLevel) -> Self {
        let set = self.log_levels().set(category, level);
        if let Err(fault) = set {
            let words = format!("log level of {category:?}: {}", fault.message());
            self.edit(|draft| draft.faults.push(words));
        }
        self
    }

    /// From which level on log messages are sent to clients, by category. Handlers take it as
    /// [`State<LogLevels>`](crate::State).
    ///
    /// ```
    /// use fmcp::{LogLevels, Server, State, ToolError, model::LogLevel, tool};
    ///
    /// /// Say more, or less, about something.
    /// #[tool]
    /// async fn set_log_level(
    ///     category: String,
    ///     level: String,
    ///     #[ctx] levels: State<LogLevels>,
    /// ) -> Result<(), ToolError> {
    ///     let level: LogLevel = level.parse().map_err(|e| ToolError::new(format!("{e}")))?;
    ///     Ok(levels.set(&category, level)?)
    /// }
    ///
    /// let server = Server::new("s").log_level("db", LogLevel::Warning).tool(set_log_level::tool());
    /// server.log_levels().set("db", LogLevel::Debug)?; // later
    /// # Ok::<(), fmcp::Error>(())
    /// ```
    #[must_use]
    pub fn log_levels(&self) -> LogLevels {
        let levels = self.0.lock().state.get::<LogLevels>().cloned();
        levels.unwrap_or_default()
    }

    /// Shows clients, in the metadata of results under `fmcp/timings`, what handlers have measured with
    /// [timers](crate::Context::timer). Off, it is told in log messages only.
    #[must_use]
    pub fn show_timings(self, show: bool) -> Self {
        self.edit(|draft| draft.config.show_timings = show);
        self
    }

    /// Sets how many of the futures that handlers [leave running](crate::Context::spawn) run at once.
    /// Without it, 1,000.
    #[must_use]
    pub fn background_limit(self, limit: usize) -> Self {
        self.0.workers.set_limit(limit);
        self
    }

    /// Sets for how long a server that stops waits for what handlers have left running to its end
    /// ([`OnStop::Finish`](crate::OnStop)). Without it, 5 seconds.
    #[must_use]
    pub fn background_grace(self, grace: Duration) -> Self {
        self.0.workers.set_grace(grace);
        self
    }
}
