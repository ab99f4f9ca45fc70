//! PostgreSQL: a server, and connections with a task each.

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, NoTls};

use crate::{Database, Lent, Pool};

/// A PostgreSQL database.
pub struct Postgres {
    config: Config,
    pool: Pool<Connected>,
}

/// A connection, and the task that carries it, which ends with it.
struct Connected {
    client: Client,
    _carrier: JoinSet<()>,
}

/// A connection on which a transaction has begun. PostgreSQL rolls it back when the connection is closed.
pub struct Session(Lent<Connected>);

impl Postgres {
    /// The database at this address (`postgres://user@host/name`), with at most `max` connections; `schema`
    /// is run now. The connections are not encrypted: for a server on this machine.
    ///
    /// # Errors
    /// When it cannot be reached, or the schema does not work.
    pub async fn connect(url: &str, max: usize, schema: &str) -> anyhow::Result<Self> {
        let config: Config = url.parse().context("the address of the database")?;
        let connected = connect(&config).await?;
        connected
            .client
            .batch_execute(schema)
            .await
            .context("the schema")?;
        Ok(Self {
            config,
            pool: Pool::new(max),
        })
    }
}

impl Session {
    /// The client, to ask the database something.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.connection.client
    }
}

impl Database for Postgres {
    type Session = Session;

    async fn begin(&self) -> anyhow::Result<Session> {
        let (idle, place) = self.pool.take().await?;
        let connected = match idle.filter(|idle| !idle.client.is_closed()) {
            Some(idle) => idle,
            None => connect(&self.config).await?,
        };
        connected.client.batch_execute("BEGIN").await?;
        Ok(Session(Lent::new(connected, place)))
    }

    async fn end(session: Session, commit: bool) -> anyhow::Result<()> {
        let Session(lent) = session;
        // After an error, a handler that says it has succeeded would have its work rolled back in silence:
        // then the question fails, and nothing behind it is done.
        let words = if commit {
            "SELECT 1; COMMIT"
        } else {
            "ROLLBACK"
        };
        lent.connection.client.batch_execute(words).await?;
        lent.give_back();
        Ok(())
    }
}

async fn connect(config: &Config) -> anyhow::Result<Connected> {
    let (client, connection) = config.connect(NoTls).await.context("the database")?;
    let mut carrier = JoinSet::new();
    carrier.spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to the database broke");
        }
    });
    Ok(Connected {
        client,
        _carrier: carrier,
    })
}
