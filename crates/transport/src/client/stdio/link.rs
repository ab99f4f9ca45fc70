//! A link to a server that this process starts.

use std::{sync::Arc, time::Duration};

use fmcp_core::{BoxFuture, Endpoint, Result};
use tokio::{io::AsyncRead, task::JoinSet, time::timeout};

use super::{
    Settings,
    environment::environment,
    process::{Process, Streams},
    stderr::{self, Last},
    words,
};
use crate::client::{
    Greeting, Link,
    duplex::{self, Carrier, Connection, Dial},
};

/// How long a server whose output has ended may take to end itself, so that it can be said how.
const EXITING: Duration = Duration::from_millis(500);

/// How long its last words may take to arrive.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Starts a server, and opens a link to it. What does not belong to a call goes to `peer`.
///
/// A server that goes is started again by the next call. When the link is closed, the server's input is
/// closed; if it does not end, it is told to, then killed, with all that it has started. When the link is
/// dropped, they are killed at once.
///
/// ```no_run
/// # async fn f(peer: std::sync::Arc<dyn fmcp_core::Endpoint>) -> fmcp_core::Result<()> {
/// use fmcp_core::protocol::model::Implementation;
/// use fmcp_transport::client::{Greeting, stdio};
///
/// let settings = stdio::Settings::new("npx").arguments(["-y", "some-server"]);
/// let greeting = Greeting::new(Implementation::new("my-app", "1.0.0"));
/// let link = stdio::open(settings, &greeting, peer).await?;
/// link.close().await;
/// # Ok(()) }
/// ```
///
/// # Errors
/// When the server cannot be started, or speaks no revision that may be spoken.
pub async fn open(
    settings: Settings,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let each = settings.each.clone();
    let program = Program(Arc::new(settings));
    duplex::open(program, each, greeting, peer).await
}

/// What is started.
struct Program(Arc<Settings>);

impl Dial for Program {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn dial(&self, connection: Connection) -> BoxFuture<'_, Result<Carrier>> {
        Box::pin(async move {
            let settings = Arc::clone(&self.0);
            let environment = environment(&settings, std::env::vars_os());
            // The last one counts, as it does for the process.
            let path = environment.iter().rfind(|(name, _)| name == "PATH");
            let path = path.map(|(_, path)| path.clone());
            let started = Process::start(&settings, environment);
            let (process, streams) =
                started.map_err(|error| words::unstartable(&settings, path.as_deref(), error))?;
            let carrier: Carrier = Box::pin(carry(settings, process, streams, connection));
            Ok(carrier)
        })
    }
}

/// Carries what is said until the server goes, or is to go; then sees to it that it does.
async fn carry(
    settings: Arc<Settings>,
    mut process: Process,
    streams: Streams,
    connection: Connection,
) -> fmcp_core::Error {
    let Streams {
        input,
        mut output,
        errors,
    } = streams;
    let (calls, last) = (connection.calls(), Last::default());
    let mut reading = JoinSet::new();
    if let Some(errors) = errors {
        let (calls, last, settings) = (calls.clone(), last.clone(), Arc::clone(&settings));
        reading.spawn(async move {
            stderr::read(errors, &settings.name, last, || calls.make_noise()).await;
        });
    }
    let end = duplex::lines(&mut output, input, connection).await;
    let is_told = calls.is_over();
    let status = match is_told {
        true => None,
        // An error says that nobody can say.
        false => timeout(EXITING, process.exited())
            .await
            .ok()
            .and_then(Result::ok),
    };
    if !is_told {
        // What it wrote last may still be on its way.
        let _ = timeout(LAST_WORDS, reading.join_next()).await;
    }
    let error = words::gone(&settings, end, status, &last);
    // Whoever waits need not wait until it is cleared up.
    calls.fail(&error);
    // It may have something to say yet, and shall not fail to end because nobody listens.
    reading.spawn(drain(output));
    process.end(settings.grace).await;
    error
}

async fn drain(mut output: impl AsyncRead + Unpin) {
    // An error says that there is no more.
    let _ = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
}
