//! One connection for all commands: opened when it is needed, opened again when it breaks.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    aio::{MultiplexedConnection, PubSub},
};
use fmcp_core::{BoxFuture, Result};
use futures_util::{FutureExt as _, future::Shared};
use tokio::time::{Instant, timeout};

use super::failed;

/// After how much silence a connection is tried before something goes over it that must not be said twice.
const SILENCE: Duration = Duration::from_secs(10);

/// How long is waited for a connection, and for an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
}

/// Whether a command may be said twice when the connection breaks: the server may have heard it the first time.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Again {
    Yes,
    No,
}

/// A clone is the same connection.
#[derive(Clone)]
pub(crate) struct Link(Arc<Inner>);

struct Inner {
    client: Client,
    patience: Patience,
    // Held to look which connection there is, never across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The number of the last connection.
    number: u64,
    opening: Option<Opening>,
    heard: Option<Instant>,
}

/// A connection that whoever needs it first opens for all.
type Opening = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

impl Link {
    pub(crate) fn new(client: Client, patience: Patience) -> Self {
        Self(Arc::new(Inner {
            client,
            patience,
            state: Mutex::default(),
        }))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn patience(&self) -> Patience {
        self.0.patience
    }

    /// The answer to a command.
    pub(crate) async fn ask<T: FromRedisValue + Send>(&self, again: Again, cmd: &Cmd) -> Result<T> {
        self.over(again, |mut connection| {
            Box::pin(async move { cmd.query_async(&mut connection).await })
        })
        .await
    }

    /// The answer to a script, which runs as one step.
    pub(crate) async fn run<T: FromRedisValue + Send>(
        &self,
        again: Again,
        script: &ScriptInvocation<'_>,
    ) -> Result<T> {
        self.over(again, |mut connection| {
            Box::pin(async move { script.invoke_async(&mut connection).await })
        })
        .await
    }

    /// A connection of its own, for commands that wait on the server for up to `wait`.
    pub(crate) async fn waiting(&self, wait: Duration) -> Result<MultiplexedConnection> {
        let config = self.config(wait);
        let connecting = (self.0.client).get_multiplexed_async_connection_with_config(&config);
        connecting.await.map_err(failed)
    }

    /// A connection of its own, which hears what is told.
    pub(crate) async fn hearing(&self) -> Result<PubSub> {
        let connecting = timeout(self.0.patience.connect, self.0.client.get_async_pubsub());
        connecting
            .await
            .unwrap_or_else(|_| Err(late()))
            .map_err(failed)
    }

    async fn over<'a, T: Send>(
        &self,
        again: Again,
        work: impl Fn(MultiplexedConnection) -> BoxFuture<'a, RedisResult<T>> + Send,
    ) -> Result<T> {
        if again == Again::No && self.is_silent() {
            let ping = ::redis::cmd("PING");
            let () = Box::pin(self.ask(Again::Yes, &ping)).await?;
        }
        let mut may_repeat = again == Again::Yes;
        loop {
            let (number, connection) = self.connection().await.map_err(failed)?;
            match work(connection).await {
                Ok(answer) => {
                    self.lock().heard = Some(Instant::now());
                    return Ok(answer);
                }
                Err(why) => {
                    let is_broken = why.is_unrecoverable_error() || why.is_io_error();
                    if is_broken {
                        self.forget(number);
                    }
                    if !(may_repeat && is_broken && !why.is_timeout()) {
                        return Err(failed(why));
                    }
                    may_repeat = false;
                }
            }
        }
    }

    async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        let (number, opening) = {
            let mut state = self.lock();
            let opening = match &state.opening {
                Some(opening) => opening.clone(),
                None => {
                    let opening = self.open();
                    state.number += 1;
                    state.opening = Some(opening.clone());
                    opening
                }
            };
            (state.number, opening)
        };
        match opening.await {
            Ok(connection) => Ok((number, connection)),
            Err(why) => {
                self.forget(number);
                Err(why)
            }
        }
    }

    fn open(&self) -> Opening {
        let (client, config) = (self.0.client.clone(), self.config(Duration::ZERO));
        async move {
            client
                .get_multiplexed_async_connection_with_config(&config)
                .await
        }
        .boxed()
        .shared()
    }

    fn config(&self, wait: Duration) -> AsyncConnectionConfig {
        let Patience { connect, answer } = self.0.patience;
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connect))
            .set_response_timeout(Some(answer.saturating_add(wait)))
    }

    /// Lets go of a connection that has broken, unless there is another one by now.
    fn forget(&self, number: u64) {
        let mut state = self.lock();
        if state.number == number {
            state.opening = None;
        }
    }

    fn is_silent(&self) -> bool {
        let heard = self.lock().heard;
        heard.is_none_or(|heard| heard.elapsed() > SILENCE)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of what takes too long.
pub(crate) fn late() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// Where the server is, without the password.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = self.0.client.get_connection_info();
        f.debug_struct("Link")
            .field("server", &about.addr().to_string())
            .field("patience", &self.0.patience)
            .finish_non_exhaustive()
    }
}
