//! A client in memory that remembers what it was told.

use std::{fmt, ops::Deref, sync::Arc};

use fmcp_core::{
    Notice,
    protocol::{
        Revision,
        model::{LogLevel, LogMessageParams, ProgressParams},
    },
};
use fmcp_transport::notice::Rates;
use serde::Serialize;

use super::record::Record;
use crate::{CallResult, Client, ClientError, IntoTarget};

/// A client in memory that remembers everything it was told: log messages of every level, progress
/// without thinning out, changes of lists. It is a [`Client`] for everything else.
///
/// What a handler tells while it answers has been remembered when the answer is there.
#[derive(Clone)]
pub struct TestClient {
    client: Client,
    record: Arc<Record>,
}

/// A client in memory that remembers what it was told.
///
/// # Panics
/// When the server cannot be started.
pub async fn connect(server: impl IntoTarget) -> TestClient {
    connect_at(server, Revision::NEWEST).await
}

/// The same, in a revision of the test's choice. One that has sessions opens one.
///
/// # Panics
/// When the server cannot be started, or does not speak the revision.
pub async fn connect_at(server: impl IntoTarget, revision: Revision) -> TestClient {
    let record = Arc::new(Record::default());
    let hears = Arc::clone(&record);
    let client = Client::builder(server)
        .client_info("fmcp-testing", env!("CARGO_PKG_VERSION"))
        .revision(revision)
        .log_level(LogLevel::Debug)
        .rates(Rates::UNLIMITED)
        .on_list_changed(|_| ())
        .on_notice(move |notice| hears.add(notice))
        .connect()
        .await
        .unwrap_or_else(|error| panic!("the server under test cannot be used: {error}"));
    TestClient { client, record }
}

/// Runs one tool, and forgets the client.
///
/// # Errors
/// As [`Client::call`].
pub async fn call(
    server: impl IntoTarget,
    tool: &str,
    arguments: impl Serialize,
) -> Result<CallResult, ClientError> {
    Client::connect(server).await?.call(tool, arguments).await
}

impl TestClient {
    /// All log messages so far.
    #[must_use]
    pub fn logs(&self) -> Vec<LogMessageParams> {
        self.record.pick(|notice| match notice {
            Notice::Log(message) => Some(message.clone()),
            _ => None,
        })
    }

    /// All progress reports so far.
    #[must_use]
    pub fn progress(&self) -> Vec<ProgressParams> {
        self.record.pick(|notice| match notice {
            Notice::Progress(report) => Some(report.clone()),
            _ => None,
        })
    }

    /// Everything that was told so far.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.record.pick(|notice| Some(notice.clone()))
    }

    /// The first notice that has not been waited for, as soon as there is one.
    ///
    /// # Panics
    /// When none comes within five seconds.
    pub async fn next_notice(&self) -> Notice {
        self.record.next().await
    }
}

impl Deref for TestClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestClient").field(&self.client).finish()
    }
}
