//! Questions of servers, answered by the user at the terminal, or by what was typed before.
//!
//! What belongs here: how questions are shown and answers read. What does not: whether an answer fits the
//! form, which the library checks. Start at [`answer`].

mod answer;
mod field;
mod form;
mod given;
mod url;

pub(crate) use answer::answer;
