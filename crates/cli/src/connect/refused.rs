//! Why there is no connection, and what to do about it.

use std::error::Error;

use fmcp::Kind;

use super::target::Manner;
use crate::{
    outcome::{Exit, Failure},
    show::last_words,
};

/// What is told of a server that cannot be connected to.
pub(crate) fn refused(
    server: &str,
    manner: Manner,
    kind: Kind,
    error: &(dyn Error + 'static),
) -> Failure {
    let words = error.to_string();
    let words = words.strip_prefix("connecting: ").unwrap_or(&words);
    let last = last_words(error);
    let mut whole = format!("no connection to {server}: {words}");
    if let Some(last) = &last {
        whole.push_str(&format!("; its last words:\n{last}"));
    }
    match kind {
        Kind::InvalidParams => Failure::usage(whole),
        Kind::Unauthenticated | Kind::Forbidden | Kind::Cancelled => {
            Failure::of(&fmcp::Error::new(kind, whole).into())
        }
        Kind::Timeout => Failure::new(Exit::Timeout, whole)
            .hint("--connect-timeout 5m waits longer; -v shows what a program writes meanwhile"),
        _ => Failure::new(Exit::Unreachable, whole).hint(next(server, manner, last.is_some())),
    }
}

/// What to look at next.
fn next(server: &str, manner: Manner, has_words: bool) -> String {
    let is_file = !server.starts_with(['{', '-']);
    match manner {
        _ if has_words => "does it run by itself? its own words are above".to_owned(),
        Manner::Program => "does it run by itself?".to_owned(),
        Manner::Address => "is it running, and is that its address?".to_owned(),
        Manner::Configuration if is_file => {
            format!("`fmcp list {server} --only NAME` tries one of its servers")
        }
        Manner::Configuration => "-v shows what its programs write".to_owned(),
    }
}
