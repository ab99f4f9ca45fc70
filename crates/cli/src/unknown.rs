//! Names that a server does not have, and what may be meant by them.

use fmcp::{ClientError, Kind};

use crate::outcome::{Exit, Failure};

/// Whether a server may say this of a name that it does not know.
pub(crate) fn is_unknown(error: &ClientError) -> bool {
    matches!(
        error.kind(),
        Kind::NotFound | Kind::InvalidParams | Kind::MethodNotFound
    )
}

/// What is told of a tool or a prompt that is not among those that the server has.
pub(crate) fn unknown<'a>(
    noun: &str,
    name: &str,
    listed: impl IntoIterator<Item = &'a str>,
    server: &str,
) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("the server has no {noun} {name:?}"));
    match nearest(name, listed) {
        Some(near) => failure.hint(format!("did you mean {near:?}?")),
        None => failure.hint(format!(
            "`fmcp list {server:?} --{noun}s` shows those that it has"
        )),
    }
}

/// The name that was meant, if one is near enough.
pub(crate) fn nearest<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    all.into_iter()
        .map(|one| (strsim::damerau_levenshtein(name, one), one))
        .min()
        .filter(|(distance, near)| *distance <= (near.chars().count() / 3).max(1))
        .map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_meant() {
        let all = ["add", "echo", "notes://shopping"];
        for (name, expect) in [
            ("ad", Some("add")),
            ("ehco", Some("echo")),
            ("notes://shoping", Some("notes://shopping")),
            ("subtract", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, all), expect, "{name}");
        }
    }
}
