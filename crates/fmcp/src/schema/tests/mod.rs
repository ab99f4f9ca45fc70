//! Tables for the files that are too long to carry them at their foot.
//!
//! - [`check`]: schema + value → the words of the faults.
//! - [`coerce`]: schema + value → the value as it is read; the two laws of reading, as properties.
//! - [`derive`]: type → schema.

#![expect(clippy::needless_pass_by_value, reason = "tables read better")]

mod check;
mod coerce;
mod derive;
