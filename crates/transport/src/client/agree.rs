//! How both sides agree on a revision: what an answer to the first question says about the server.

use fmcp_core::{
    Error, Kind, Result,
    protocol::{
        Era, Revision,
        model::{DiscoverResult, UnsupportedProtocolVersion},
    },
};

/// What the first question has shown.
#[derive(Debug)]
pub enum Verdict {
    /// The server speaks this revision, and has said this about itself.
    Speaks(Revision, Box<DiscoverResult>),
    /// The server is to be asked again, in this revision: at most [`QUESTIONS`] times in all.
    AskIn(Revision),
    /// The server is of the time of handshakes: `initialize`, with this revision.
    Initialize(Revision),
}

/// How often a server may be asked before it is given up. One may ask to be asked as it was.
pub const QUESTIONS: usize = 3;

/// The revision to ask a server in that is to be begun with in `first`, or in the newest: `None` where there is
/// nothing to find out by asking, and the client goes through the handshake of `first`.
#[must_use]
pub fn first_question(first: Option<Revision>) -> Option<Revision> {
    match first {
        Some(revision) if revision.era() == Era::Legacy => None,
        Some(revision) => Some(revision),
        None => Some(Revision::NEWEST),
    }
}

/// What the answer to `server/discover`, asked in `tried`, says about the server.
///
/// A server that does not know the question is one of the time before it, whatever it says: only an
/// error that the newest revision has made up shows a server of the newest revision.
///
/// # Errors
/// When the server speaks no revision that may be spoken here, or cannot be reached.
pub fn judge(
    outcome: Result<DiscoverResult>,
    tried: Revision,
    pinned: Option<Revision>,
) -> Result<Verdict> {
    let error = match outcome {
        Ok(about) => return of_description(about, tried, pinned),
        Err(error) => error,
    };
    match error.kind() {
        Kind::UnsupportedRevision => {
            let supported = supported(&error);
            match Revision::newest_among(&supported) {
                Some(revision) if may(revision, pinned) => Ok(in_revision(revision)),
                _ => Err(unspoken(&supported, pinned).caused_by(error)),
            }
        }
        // They name the newest revision's own words, but not another revision to ask in.
        Kind::HeaderMismatch | Kind::MissingCapability => Err(error),
        // Nobody has answered: that says nothing about the server's age.
        Kind::Unavailable | Kind::Unauthenticated | Kind::Forbidden => Err(error),
        _ => match pinned {
            None => Ok(Verdict::Initialize(Revision::NEWEST_LEGACY)),
            Some(revision) => Err(Error::new(
                Kind::UnsupportedRevision,
                format!("the server does not answer in revision {revision}"),
            )
            .caused_by(error)),
        },
    }
}

/// The revision of the session that a server has opened, by what it says about itself in the handshake.
///
/// # Errors
/// When it is none that may be spoken here.
pub fn opened(about: &DiscoverResult, pinned: Option<Revision>) -> Result<Revision> {
    let revision = Revision::newest_among(&about.supported_versions)
        .filter(|revision| revision.era() == Era::Legacy && may(*revision, pinned));
    revision.ok_or_else(|| unspoken(&about.supported_versions, pinned))
}

fn of_description(
    about: DiscoverResult,
    tried: Revision,
    pinned: Option<Revision>,
) -> Result<Verdict> {
    let names = &about.supported_versions;
    if names.iter().any(|name| name == tried.as_str()) {
        return Ok(Verdict::Speaks(tried, Box::new(about)));
    }
    match Revision::newest_among(names) {
        Some(revision) if may(revision, pinned) => Ok(in_revision(revision)),
        _ => Err(unspoken(names, pinned)),
    }
}

fn in_revision(revision: Revision) -> Verdict {
    match revision.era() {
        Era::Modern => Verdict::AskIn(revision),
        Era::Legacy => Verdict::Initialize(revision),
    }
}

fn may(revision: Revision, pinned: Option<Revision>) -> bool {
    pinned.is_none_or(|pinned| pinned == revision)
}

fn supported(error: &Error) -> Vec<String> {
    let data = error.to_object().data;
    data.and_then(|data| data.parse::<UnsupportedProtocolVersion>().ok())
        .map(|data| data.supported)
        .unwrap_or_default()
}

/// Shortens a text that somebody else wrote.
fn truncate(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}

fn unspoken(supported: &[String], pinned: Option<Revision>) -> Error {
    let theirs = match supported {
        [] => "does not say which revisions it speaks".to_owned(),
        names => {
            // A hostile server may name very many.
            let mut words = names.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            truncate(&mut words, 128);
            format!("speaks {words}")
        }
    };
    let ours = match pinned {
        Some(revision) => format!("this client is to speak {revision}"),
        None => format!(
            "this client speaks {}",
            Revision::ALL.map(Revision::as_str).join(", ")
        ),
    };
    Error::new(
        Kind::UnsupportedRevision,
        format!("the server {theirs}; {ours}"),
    )
}

#[cfg(test)]
mod tests {
    use fmcp_core::protocol::model::ServerCapabilities;
    use serde_json::json;

    use super::*;

    fn about(names: &[&str]) -> DiscoverResult {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        DiscoverResult::new(names, ServerCapabilities::new())
    }

    fn unsupported(names: &[&str]) -> Error {
        Error::new(Kind::UnsupportedRevision, "no")
            .data(json!({"supported": names, "requested": "?"}))
    }

    /// What comes of an answer, in a word.
    fn check(outcome: Result<DiscoverResult>, pinned: Option<Revision>, expect: &str) {
        let verdict = match judge(outcome, Revision::NEWEST, pinned) {
            Ok(Verdict::Speaks(revision, _)) => format!("speaks {revision}"),
            Ok(Verdict::AskIn(revision)) => format!("ask in {revision}"),
            Ok(Verdict::Initialize(revision)) => format!("initialize {revision}"),
            Err(error) => error.to_string(),
        };
        assert!(verdict.contains(expect), "{verdict}");
    }

    #[test]
    fn a_server_that_describes_itself_is_believed() {
        check(
            Ok(about(&["2026-07-28", "2025-11-25"])),
            None,
            "speaks 2026-07-28",
        );
        check(
            Ok(about(&["2025-06-18", "2025-11-25"])),
            None,
            "initialize 2025-11-25",
        );
        check(
            Ok(about(&["2031-01-01"])),
            None,
            "the server speaks 2031-01-01; this client speaks",
        );
        check(Ok(about(&[])), None, "does not say which");
    }

    #[test]
    fn only_an_error_of_the_newest_revision_shows_a_server_of_it() {
        for kind in [
            Kind::MethodNotFound,
            Kind::InvalidParams,
            Kind::Timeout,
            Kind::Other(-32000),
        ] {
            check(
                Err(Error::new(kind, "what?")),
                None,
                "initialize 2025-11-25",
            );
            check(
                Err(Error::new(kind, "what?")),
                Some(Revision::NEWEST),
                "does not answer in",
            );
        }
        check(
            Err(unsupported(&["2024-11-05"])),
            None,
            "initialize 2024-11-05",
        );
        check(Err(unsupported(&["2031-01-01"])), None, "speaks 2031-01-01");
        check(
            Err(Error::new(Kind::HeaderMismatch, "Mcp-Method")),
            None,
            "Mcp-Method",
        );
    }

    #[test]
    fn a_server_may_ask_to_be_asked_as_it_was() {
        check(Err(unsupported(&["2026-07-28"])), None, "ask in 2026-07-28");
    }

    #[test]
    fn nobody_there_is_not_an_old_server() {
        check(
            Err(Error::new(Kind::Unavailable, "refused")),
            None,
            "refused",
        );
        check(Err(Error::new(Kind::Unauthenticated, "who?")), None, "who?");
    }

    #[test]
    fn what_is_pinned_is_kept() {
        let pinned = Some(Revision::NEWEST);
        check(Ok(about(&["2025-11-25"])), pinned, "is to speak 2026-07-28");
        check(
            Err(unsupported(&["2025-11-25"])),
            pinned,
            "is to speak 2026-07-28",
        );
        assert_eq!(first_question(Some(Revision::NEWEST_LEGACY)), None);
        assert_eq!(first_question(None), Some(Revision::NEWEST));
    }

    #[test]
    fn a_session_has_the_revision_that_the_server_names() {
        let session = |names, pinned| opened(&about(names), pinned).map_err(|e| e.to_string());
        let old = Revision::parse("2025-03-26");
        assert_eq!(session(&["2025-03-26"], None).ok(), old);
        assert_eq!(session(&["2025-03-26"], old).ok(), old);
        assert!(session(&["2025-03-26"], Some(Revision::NEWEST_LEGACY)).is_err());
        assert!(
            session(&["2026-07-28"], None).is_err(),
            "that revision has no sessions"
        );
    }
}
