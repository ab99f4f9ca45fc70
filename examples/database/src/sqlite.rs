//! SQLite: a file, and connections on threads that may block.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use rusqlite::Connection;

use crate::{Database, Lent, Pool};

/// For how long a transaction waits for another that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A SQLite database in a file.
pub struct Sqlite {
    path: PathBuf,
    pool: Pool<Connection>,
}

/// A connection on which a transaction has begun. SQLite rolls it back when the connection is closed.
pub struct Session(Option<Lent<Connection>>);

impl Sqlite {
    /// The database in this file, which is made if it is not there, with at most `max` connections; `schema`
    /// is run now.
    ///
    /// # Errors
    /// When the file is no database, or the schema does not work.
    pub async fn open(
        path: impl Into<PathBuf>,
        max: usize,
        schema: &'static str,
    ) -> anyhow::Result<Self> {
        let (path, pool) = (path.into(), Pool::new(max));
        let file = path.clone();
        fmcp::blocking(move || connect(&file)?.execute_batch(schema).context("the schema")).await?;
        Ok(Self { path, pool })
    }
}

impl Session {
    /// Asks the database something, where it may block. A call that is cancelled meanwhile is rolled back when
    /// the question is over.
    ///
    /// # Errors
    /// What `ask` says.
    pub async fn run<T: Send + 'static>(
        &mut self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let lent = self.0.take().context("the connection was lost")?;
        let (lent, answer) = fmcp::blocking(move || {
            let answer = ask(&lent.connection);
            (lent, answer)
        })
        .await;
        self.0 = Some(lent);
        Ok(answer?)
    }
}

impl Database for Sqlite {
    type Session = Session;

    async fn begin(&self) -> anyhow::Result<Session> {
        let (idle, place) = self.pool.take().await?;
        let path = self.path.clone();
        let lent = fmcp::blocking(move || {
            let connection = idle.map_or_else(|| connect(&path), Ok)?;
            connection.execute_batch("BEGIN IMMEDIATE")?;
            anyhow::Ok(Lent::new(connection, place))
        })
        .await?;
        Ok(Session(Some(lent)))
    }

    async fn end(session: Session, commit: bool) -> anyhow::Result<()> {
        let lent = session.0.context("the connection was lost")?;
        fmcp::blocking(move || {
            lent.connection
                .execute_batch(if commit { "COMMIT" } else { "ROLLBACK" })?;
            lent.give_back();
            Ok(())
        })
        .await
    }
}

fn connect(path: &PathBuf) -> anyhow::Result<Connection> {
    let connection = Connection::open(path).with_context(|| path.display().to_string())?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON")?;
    Ok(connection)
}
