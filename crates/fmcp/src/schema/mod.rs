//! JSON Schema for typed handlers.
//!
//! What belongs here: the schema of a Rust type ([`of`], [`of_output`], [`wrap_result`]), schemas
//! without references ([`inline`]), values held against a schema ([`Checker`]) and arguments read as
//! a schema wants them ([`coerce`]). What does not: the protocol, handlers, and anything that would
//! fetch a schema. Start at [`Arguments`], which ties it together.
//!
//! ```
//! use fmcp::schema::{Arguments, Subject, of};
//! use serde_json::json;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Add { a: i64, b: i64 }
//!
//! let arguments = Arguments::new(of::<Add>(), false);
//! let ready = arguments.prepare(Subject::tool("add"), json!({"a": "1", "b": 2}))?;
//! let add: Add = serde_json::from_value(ready).expect("what was checked can be read");
//! assert_eq!(add.a + add.b, 3);
//! # Ok::<(), fmcp::schema::Faults>(())
//! ```

mod arguments;
mod check;
mod coerce;
mod derive;
mod fit;
mod inline;
mod promise;
mod quote;
mod signature;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use arguments::{Arguments, Faults, Subject};
pub use check::{Checker, Fault, SchemaFault};
pub use coerce::{Commas, coerce, coerce_with};
pub use derive::{Promise, Refs, Side, is_object, of, of_output, of_with, promise_of, wrap_result};
pub use inline::inline;
pub use promise::constrains;
pub(crate) use promise::has_numbers;
pub use signature::signature;
pub(crate) use walk::any;
