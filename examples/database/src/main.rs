//! Serves accounts from a database: PostgreSQL, if `DATABASE_URL` names one, or else SQLite.

use fmcp_example_database::{
    Postgres, Sqlite,
    accounts::{SCHEMA, server},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = match std::env::var("DATABASE_URL") {
        Ok(url) => server(Postgres::connect(&url, 10, SCHEMA).await?),
        Err(_) => server(Sqlite::open("accounts.db", 4, SCHEMA).await?),
    };
    server.run().await?;
    Ok(())
}
