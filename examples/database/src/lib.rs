//! A server with a database transaction for each call, on SQLite or PostgreSQL.
//!
//! Start at [`Transaction`]; [`accounts`] is a server that uses it.

pub mod accounts;
mod pool;
mod postgres;
mod sqlite;
mod unit_of_work;

pub use pool::{Lent, Pool};
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub use unit_of_work::{Database, Transaction, Transactions};
