//! Whose fault it is that a call was not answered.

use fmcp_core::{Error, Kind, Origin};
use serde_json::json;

/// The error of a call that an upstream did not answer, for its caller: what the upstream says stays as it is; what
/// is between the proxy and the upstream is not the caller's fault, and does not look so.
pub(super) fn blame(error: Error, upstream: &str) -> Error {
    let origin = Origin::Upstream(upstream.into());
    let kind = error.kind();
    let words = match kind {
        Kind::Unavailable => format!(
            "the upstream {upstream:?} cannot be reached: {}",
            error.message()
        ),
        Kind::Timeout => format!("the upstream {upstream:?} is too slow: {}", error.message()),
        Kind::Overloaded => format!(
            "the upstream {upstream:?} has too much to do: {}",
            error.message()
        ),
        Kind::Unauthenticated | Kind::Forbidden => {
            format!("the upstream {upstream:?} does not let this gateway in")
        }
        Kind::HeaderMismatch | Kind::UnsupportedRevision | Kind::Parse | Kind::InvalidRequest => {
            format!(
                "the upstream {upstream:?} and this gateway do not understand each other: {}",
                error.message()
            )
        }
        _ => return error.from_origin(origin),
    };
    let seen = match kind {
        Kind::Timeout | Kind::Overloaded => kind,
        _ => Kind::Unavailable,
    };
    let mut shown = Error::new(seen, words)
        .from_origin(origin)
        .data(json!({"origin": "upstream", "upstream": upstream}));
    if error.is_unsent() {
        shown = shown.unsent();
    }
    if let Some(pause) = error.pause() {
        shown = shown.retry_after(pause);
    }
    shown.caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_proxy_and_upstream_is_not_the_callers_fault() {
        for (kind, seen) in [
            (Kind::Unavailable, Kind::Unavailable),
            (Kind::Timeout, Kind::Timeout),
            (Kind::Overloaded, Kind::Overloaded),
            (Kind::Unauthenticated, Kind::Unavailable),
            (Kind::HeaderMismatch, Kind::Unavailable),
            (Kind::NotFound, Kind::NotFound),
            (Kind::InvalidParams, Kind::InvalidParams),
            (Kind::Other(7), Kind::Other(7)),
        ] {
            let error = blame(Error::new(kind, "secret of the wire"), "crm");
            assert_eq!(error.kind(), seen);
            assert_eq!(*error.origin(), Origin::Upstream("crm".into()));
        }
        let refused = blame(Error::new(Kind::Unauthenticated, "token abc"), "crm");
        assert!(!refused.message().contains("abc"));
    }
}
