//! A server of accounts, on either database: the handlers differ in how they ask, and in nothing else.

use fmcp::{Context, Depends, Json, Server, ToolError, tool};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Database, Postgres, Sqlite, Transaction, Transactions};

/// What both databases are set up with.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY,
    balance BIGINT NOT NULL CHECK (balance >= 0)
)";

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Account {
    /// Whose
    name: String,
    /// How much is on it
    balance: i64,
}

/// What the handlers ask of a transaction.
pub trait Accounts: Database {
    /// Changes a balance; without an account, opens one. The balance afterwards.
    fn add(
        transaction: &Transaction<Self>,
        name: String,
        amount: i64,
    ) -> impl Future<Output = Result<i64, ToolError>> + Send
    where
        Self: Sized;

    /// All accounts, by name.
    fn all(
        transaction: &Transaction<Self>,
    ) -> impl Future<Output = Result<Vec<Account>, ToolError>> + Send
    where
        Self: Sized;
}

impl Accounts for Sqlite {
    async fn add(
        transaction: &Transaction<Self>,
        name: String,
        amount: i64,
    ) -> Result<i64, ToolError> {
        const ADD: &str = "INSERT INTO accounts VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET balance = balance + excluded.balance RETURNING balance";
        // The upsert's first half must not offend the check where the second is meant.
        const OPEN: &str = "INSERT INTO accounts VALUES (?1, 0) ON CONFLICT (name) DO NOTHING";
        const CHANGE: &str =
            "UPDATE accounts SET balance = balance + ?2 WHERE name = ?1 RETURNING balance";
        let mut session = transaction.session().await?;
        let asked = session.get().run(move |connection| {
            if amount >= 0 {
                return connection.query_row(ADD, (&name, amount), |row| row.get(0));
            }
            connection.execute(OPEN, (&name,))?;
            connection.query_row(CHANGE, (&name, amount), |row| row.get(0))
        });
        asked
            .await
            .map_err(|error| ToolError::hidden(format!("{error:#}")))
    }

    async fn all(transaction: &Transaction<Self>) -> Result<Vec<Account>, ToolError> {
        let mut session = transaction.session().await?;
        let asked = session.get().run(|connection| {
            let mut all = connection.prepare("SELECT name, balance FROM accounts ORDER BY name")?;
            let rows = all.query_map((), |row| {
                Ok(Account {
                    name: row.get(0)?,
                    balance: row.get(1)?,
                })
            })?;
            rows.collect()
        });
        asked
            .await
            .map_err(|error| ToolError::hidden(format!("{error:#}")))
    }
}

impl Accounts for Postgres {
    async fn add(
        transaction: &Transaction<Self>,
        name: String,
        amount: i64,
    ) -> Result<i64, ToolError> {
        const OPEN: &str = "INSERT INTO accounts VALUES ($1, 0) ON CONFLICT (name) DO NOTHING";
        const CHANGE: &str =
            "UPDATE accounts SET balance = balance + $2 WHERE name = $1 RETURNING balance";
        let mut session = transaction.session().await?;
        let client = session.get().client();
        client.execute(OPEN, &[&name]).await?;
        let row = client.query_one(CHANGE, &[&name, &amount]).await?;
        Ok(row.try_get(0)?)
    }

    async fn all(transaction: &Transaction<Self>) -> Result<Vec<Account>, ToolError> {
        let mut session = transaction.session().await?;
        let rows = session.get().client();
        let rows = rows
            .query("SELECT name, balance FROM accounts ORDER BY name", &[])
            .await?;
        let account = |row: &tokio_postgres::Row| {
            Ok(Account {
                name: row.try_get(0)?,
                balance: row.try_get(1)?,
            })
        };
        rows.iter().map(account).collect()
    }
}

/// The server, on a database that is set up.
pub fn server<D: Accounts>(database: D) -> Server {
    Server::new("accounts")
        .state(database)
        .layer(Transactions::<D>::new())
        .tool(fmcp::Tool::new("deposit", deposit::<D>).description("Put money on an account"))
        .tool(
            fmcp::Tool::new("transfer", transfer::<D>)
                .description("Move money between two accounts"),
        )
        .tool(
            fmcp::Tool::new("accounts", accounts::<D>)
                .description("List all accounts")
                .read_only(true),
        )
        .tool(about::tool())
}

/// What `deposit` takes.
#[derive(serde::Deserialize, JsonSchema)]
struct Deposit {
    /// Whose account
    name: String,
    /// How much
    #[schemars(range(min = 1))]
    amount: i64,
}

async fn deposit<D: Accounts>(
    fmcp::Input(Deposit { name, amount }): fmcp::Input<Deposit>,
    transaction: Depends<Transaction<D>>,
) -> Result<i64, ToolError> {
    D::add(&transaction, name, amount).await
}

/// What `transfer` takes.
#[derive(serde::Deserialize, JsonSchema)]
struct Transfer {
    /// From whose account
    from: String,
    /// To whose account
    to: String,
    /// How much
    #[schemars(range(min = 1))]
    amount: i64,
}

/// Gives first and takes then, so that only a rollback keeps the books right.
async fn transfer<D: Accounts>(
    fmcp::Input(Transfer { from, to, amount }): fmcp::Input<Transfer>,
    transaction: Depends<Transaction<D>>,
    ctx: Context,
) -> Result<String, ToolError> {
    // The same transaction, through a call of its own.
    let deposit = serde_json::json!({"name": to, "amount": amount});
    ctx.call_tool("deposit", deposit).await?;
    match D::add(&transaction, from.clone(), -amount).await {
        Ok(left) => Ok(format!("{from} has {left} left")),
        Err(error) => {
            tracing::info!(?error, "a transfer was refused");
            Err(ToolError::new(format!("{from} has less than {amount}")))
        }
    }
}

async fn accounts<D: Accounts>(
    transaction: Depends<Transaction<D>>,
) -> Result<Json<Listed>, ToolError> {
    Ok(Json(Listed {
        accounts: D::all(&transaction).await?,
    }))
}

/// What `accounts` gives back.
#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    /// All of them
    accounts: Vec<Account>,
}

/// Say what this is. It needs no database, and begins no transaction.
#[tool(read_only)]
fn about() -> &'static str {
    "accounts, kept in a database"
}
