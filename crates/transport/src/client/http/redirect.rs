//! Where a server says that it is now.

use fmcp_core::{Error, Kind, Result};
use http::{Response, StatusCode, Uri, header};
use url::Url;

use crate::client::web::server;

/// How often in a row a request is sent on.
pub(super) const HOPS: u32 = 3;

/// Where to send the request instead; `None` where the response is no redirect.
///
/// Only an address of the same origin is followed, and only where the request stays what it is (307 and
/// 308): everything else would hand what proves who is calling to somebody else.
///
/// # Errors
/// When the server is somewhere else: the error says where.
pub(super) fn target<B>(from: &Uri, response: &Response<B>) -> Result<Option<Uri>> {
    let status = response.status();
    if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let to = response.headers().get(header::LOCATION);
    let to = to.and_then(|to| {
        Url::parse(&from.to_string())
            .ok()?
            .join(to.to_str().ok()?)
            .ok()
    });
    let Some(to) = to else {
        let words = format!(
            "{} redirects ({status}), but not to an address",
            server(from)
        );
        return Err(Error::new(Kind::InvalidRequest, words));
    };
    let keeps = matches!(
        status,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let own = Url::parse(&from.to_string()).map(|own| own.origin());
    if keeps && own.is_ok_and(|own| own == to.origin()) {
        let to = to.as_str().parse().map_err(|e| {
            Error::new(
                Kind::InvalidRequest,
                "the server redirects to what is no address",
            )
            .caused_by(e)
        })?;
        return Ok(Some(to));
    }
    let words = format!(
        "{} redirects ({status}) to {}; if that is where the server is, use that address",
        server(from),
        without_secrets(to)
    );
    Err(Error::new(Kind::InvalidRequest, words))
}

fn without_secrets(mut url: Url) -> String {
    url.set_query(None);
    url.set_fragment(None);
    // Errors say that such an address has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    super::unanswered::tame(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, location: &str, expect: Result<Option<&str>, &str>) {
        let response = Response::builder()
            .status(status)
            .header("location", location)
            .body(());
        let from = Uri::from_static("https://user:secret@a.example/mcp");
        let found = target(&from, &response.unwrap());
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(
                found.map(|uri| uri.path().to_owned()),
                expect.map(str::to_owned)
            ),
            (Err(error), Err(expect)) => {
                assert!(error.message().contains(expect), "{error}");
                assert!(!error.message().contains("secret"), "{error}");
            }
            (found, _) => panic!("{status} {location}: {found:?}"),
        }
    }

    #[test]
    fn only_the_same_origin_is_followed_and_only_as_it_was_asked() {
        check(200, "/x", Ok(None));
        check(307, "/mcp/", Ok(Some("/mcp/")));
        check(308, "https://A.example:443/x", Ok(Some("/x")));
        check(
            302,
            "/mcp/",
            Err("to https://a.example/mcp/; if that is where"),
        );
        check(301, "/mcp/", Err("use that address"));
        check(307, "http://a.example/mcp", Err("http://a.example/mcp"));
        check(
            308,
            "https://b.example/x?token=secret",
            Err("https://b.example/x;"),
        );
        check(307, "https://a.example:444/", Err("444"));
        check(307, "http://[", Err("not to an address"));
    }
}
