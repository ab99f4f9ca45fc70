//! What a refusal means.

use http::StatusCode;

use crate::{challenge::Demand, scope::Scopes};

/// What was sent with the request that was refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent<'a> {
    /// No token, and there is none.
    Nothing,
    /// Not the token that is held by now.
    Another,
    /// The token that is held.
    Held {
        /// What it was asked for with.
        requested: &'a Scopes,
        /// Whether the server has ever taken it.
        is_accepted: bool,
        /// Whether it has just been granted.
        is_new: bool,
    },
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing helps.
    GiveUp,
    /// Send it again with what is held by now.
    Again,
    /// Get another token.
    Login,
    /// Get a token that allows more.
    StepUp,
}

/// What to do about a refusal.
///
/// A token that was granted for this and is refused at once, and scopes that have been asked for and still
/// do not suffice, are the end: asking again would only trouble the user again.
pub(crate) fn judge(status: StatusCode, demand: &Demand, sent: Sent<'_>) -> Verdict {
    let is_short = demand.error.as_deref() == Some("insufficient_scope");
    let wanted = demand.scopes.as_ref();
    let wants_more = |requested: &Scopes| wanted.is_some_and(|wanted| !requested.has_all(wanted));
    match (status, sent) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, Sent::Another) => Verdict::Again,
        (StatusCode::UNAUTHORIZED, Sent::Nothing) => Verdict::Login,
        (StatusCode::UNAUTHORIZED, Sent::Held { requested, .. }) if is_short => {
            if wants_more(requested) {
                Verdict::StepUp
            } else {
                Verdict::GiveUp
            }
        }
        (
            StatusCode::UNAUTHORIZED,
            Sent::Held {
                is_accepted,
                is_new,
                ..
            },
        ) => {
            if is_new && !is_accepted {
                Verdict::GiveUp
            } else {
                Verdict::Login
            }
        }
        (StatusCode::FORBIDDEN, Sent::Nothing) if is_short => Verdict::Login,
        (StatusCode::FORBIDDEN, Sent::Held { requested, .. })
            if is_short && wants_more(requested) =>
        {
            Verdict::StepUp
        }
        _ => Verdict::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, error: Option<&str>, scopes: Option<&str>, sent: &str, expect: Verdict) {
        let demand = Demand {
            error: error.map(str::to_owned),
            scopes: scopes.map(Scopes::parse),
            ..Demand::default()
        };
        let requested = Scopes::parse("a b");
        let held = |is_accepted, is_new| Sent::Held {
            requested: &requested,
            is_accepted,
            is_new,
        };
        let sent_as = match sent {
            "nothing" => Sent::Nothing,
            "another" => Sent::Another,
            "new" => held(false, true),
            "stored" => held(false, false),
            "accepted" => held(true, true),
            _ => unreachable!("no such thing is sent"),
        };
        let status = StatusCode::from_u16(status).unwrap();
        let verdict = judge(status, &demand, sent_as);
        assert_eq!(verdict, expect, "{status} {error:?} {scopes:?} {sent}");
    }

    #[test]
    fn who_is_unknown_logs_in_and_who_is_refused_at_once_gives_up() {
        for (sent, expect) in [
            ("nothing", Verdict::Login),
            ("another", Verdict::Again),
            ("stored", Verdict::Login),
            ("accepted", Verdict::Login),
            ("new", Verdict::GiveUp),
        ] {
            check(401, None, None, sent, expect);
            check(401, Some("invalid_token"), Some("a"), sent, expect);
        }
    }

    #[test]
    fn who_may_too_little_asks_for_more_once() {
        const SHORT: Option<&str> = Some("insufficient_scope");
        for (status, scopes, sent, expect) in [
            (403, Some("c"), "accepted", Verdict::StepUp),
            (403, Some("c"), "new", Verdict::StepUp),
            (403, Some("a c"), "stored", Verdict::StepUp),
            (403, Some("a"), "accepted", Verdict::GiveUp),
            (403, None, "accepted", Verdict::GiveUp),
            (403, Some("c"), "another", Verdict::Again),
            (403, Some("c"), "nothing", Verdict::Login),
            (401, Some("c"), "new", Verdict::StepUp),
            (401, Some("a"), "accepted", Verdict::GiveUp),
        ] {
            check(status, SHORT, scopes, sent, expect);
        }
        check(403, None, Some("c"), "accepted", Verdict::GiveUp);
        check(403, None, None, "nothing", Verdict::GiveUp);
        check(
            403,
            Some("invalid_token"),
            Some("c"),
            "accepted",
            Verdict::GiveUp,
        );
    }
}
