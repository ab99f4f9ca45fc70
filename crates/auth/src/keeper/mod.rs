//! Keeps the token of one server: shows it, renews it, gets another one.
//!
//! What belongs here: when which of these is done. What does not: how a token is got, which is a
//! [`Grant`](crate::grant::Grant)'s. Start at [`Keeper`]; what a refusal means is decided in `judge`.

mod held;
mod judge;
mod keep;
mod work;

pub(crate) use keep::{Keeper, Wants};
