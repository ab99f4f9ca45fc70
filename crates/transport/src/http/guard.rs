//! Who may be on the other side: by which name the server is called, and from pages of whom.
//!
//! A page in a browser can make its own name point to this machine (DNS rebinding), and call a server here
//! by that name. It cannot do so by an address, or by a name of the loopback: those are always let in.

use std::{net::IpAddr, sync::OnceLock};

use http::{HeaderValue, StatusCode, Uri};

use super::{
    Settings,
    fields::{Field, HttpFields},
};

/// Why a request is turned away.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) words: String,
}

/// The first `Host` that was let in. Nearly everybody calls a server by one name, which need not be judged
/// again.
#[derive(Debug, Default)]
pub(crate) struct Known(OnceLock<Box<[u8]>>);

/// Up to how many bytes a `Host` is remembered.
const MEMORABLE: usize = 256;

impl Known {
    /// As [`check`], always with the same settings.
    pub(crate) fn check(
        &self,
        settings: &Settings,
        uri: &Uri,
        fields: &HttpFields<'_>,
    ) -> Result<(), Refused> {
        // Where the request's target names the server, too, both have to be looked at; and any page has to be.
        let (Field::Once(host), Field::Absent, None) =
            (fields.host, fields.origin, uri.authority())
        else {
            return check(settings, uri, fields);
        };
        match self.0.get() {
            Some(known) if **known == *host.as_bytes() => Ok(()),
            Some(_) => check(settings, uri, fields),
            None => {
                check(settings, uri, fields)?;
                self.remember(host);
                Ok(())
            }
        }
    }

    fn remember(&self, host: &HeaderValue) {
        if host.len() <= MEMORABLE {
            // Another one may have been first.
            let _ = self.0.set(host.as_bytes().into());
        }
    }
}

/// Looks at `Host` and `Origin`.
pub(crate) fn check(
    settings: &Settings,
    uri: &Uri,
    fields: &HttpFields<'_>,
) -> Result<(), Refused> {
    let host = host(uri, fields.host)?;
    if !settings.any_host && !host.is_none_or(|host| is_known_host(settings, host)) {
        return Err(Refused {
            status: StatusCode::MISDIRECTED_REQUEST,
            words: format!(
                "this server does not answer to the name {:?}: if it should, allow that host (`allow_host`)",
                shown(host.unwrap_or_default())
            ),
        });
    }
    let origin = match fields.origin {
        Field::Absent => return Ok(()),
        Field::Once(origin) => origin.to_str().ok(),
        Field::Repeated => None,
    };
    if origin.is_some_and(|origin| is_known_origin(settings, host, origin)) {
        return Ok(());
    }
    Err(Refused {
        status: StatusCode::FORBIDDEN,
        words: format!(
            "pages of {:?} may not call this server: if they should, allow that origin (`allow_origin`, `cors`)",
            shown(origin.unwrap_or("an unreadable origin"))
        ),
    })
}

/// The name that the server is called by. HTTP/2 has it in the request's target.
fn host<'a>(uri: &'a Uri, host: Field<'a>) -> Result<Option<&'a str>, Refused> {
    let unreadable = || Refused {
        status: StatusCode::BAD_REQUEST,
        words: "there must be one `Host`, and it must be a name".to_owned(),
    };
    let named = match host {
        Field::Absent => None,
        Field::Once(host) => Some(host.to_str().map_err(|_| unreadable())?),
        Field::Repeated => return Err(unreadable()),
    };
    let target = uri.authority().map(http::uri::Authority::as_str);
    match (target, named) {
        (Some(target), Some(named)) if !target.eq_ignore_ascii_case(named) => Err(unreadable()),
        (target, named) => Ok(target.or(named)),
    }
}

fn is_known_host(settings: &Settings, host: &str) -> bool {
    let name = without_port(host);
    is_local_or_address(name)
        || (settings.hosts.iter())
            .any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host))
}

/// How names end that always mean this machine.
const BELOW_LOCALHOST: &str = ".localhost";

/// A name that no page can make its own.
fn is_local_or_address(name: &str) -> bool {
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let below = name.len().checked_sub(BELOW_LOCALHOST.len());
    let ending = below.and_then(|below| name.get(below..));
    name.eq_ignore_ascii_case("localhost")
        || bare.unwrap_or(name).parse::<IpAddr>().is_ok()
        || ending.is_some_and(|ending| ending.eq_ignore_ascii_case(BELOW_LOCALHOST))
}

fn is_known_origin(settings: &Settings, host: Option<&str>, origin: &str) -> bool {
    let is = |known: &String| known.eq_ignore_ascii_case(origin);
    if settings.origins.iter().any(is)
        || (settings.cors.as_ref()).is_some_and(|cors| cors.allows(origin))
    {
        return true;
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    if !matches!(scheme, "http" | "https") {
        return false;
    }
    let name = without_port(authority);
    let is_loopback = name.eq_ignore_ascii_case("localhost")
        || name
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    is_loopback || host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::{HeaderMap, header};

    use super::*;
    use crate::http::Cors;

    fn head(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    /// The status of a request that a new server gets; again, when it is asked once more.
    fn status(settings: &Settings, host: &str, origin: Option<&str>) -> u16 {
        let (headers, known) = (head(host, origin), Known::default());
        let ask = || known_status(&known, settings, &headers, "/mcp");
        let first = ask();
        assert_eq!(ask(), first, "{host} {origin:?}");
        first
    }

    fn known_status(known: &Known, settings: &Settings, headers: &HeaderMap, uri: &str) -> u16 {
        match known.check(settings, &uri.parse().unwrap(), &HttpFields::of(headers)) {
            Ok(()) => 200,
            Err(refused) => refused.status.as_u16(),
        }
    }

    #[test]
    fn who_knows_one_name_judges_all_others_and_every_page() {
        let (settings, known) = (Settings::default(), Known::default());
        let status =
            |host: &str, origin, uri| known_status(&known, &settings, &head(host, origin), uri);
        assert_eq!(status("evil.example.com", None, "/mcp"), 421);
        assert_eq!(status("localhost:8000", None, "/mcp"), 200);
        assert!(known.0.get().is_some());
        assert_eq!(status("evil.example.com", None, "/mcp"), 421);
        assert_eq!(status("127.0.0.1:8000", None, "/mcp"), 200);
        let page = Some("https://evil.example.com");
        assert_eq!(status("localhost:8000", page, "/mcp"), 403);
        let target = "http://evil.example.com/mcp";
        assert_eq!(status("localhost:8000", None, target), 400);
        let long = format!("{}.localhost", "a".repeat(MEMORABLE));
        let fresh = Known::default();
        assert_eq!(
            known_status(&fresh, &settings, &head(&long, None), "/mcp"),
            200
        );
        assert!(fresh.0.get().is_none());
    }

    #[test]
    fn names_that_a_page_can_make_its_own_are_refused() {
        let safe = Settings::default();
        let named = Settings {
            hosts: vec!["mcp.example.com".to_owned()],
            ..Settings::default()
        };
        let any = Settings {
            any_host: true,
            ..Settings::default()
        };
        for (settings, host, expect) in [
            (&safe, "localhost", 200),
            (&safe, "LOCALHOST:8000", 200),
            (&safe, "app.localhost:8000", 200),
            (&safe, "127.0.0.1:8000", 200),
            (&safe, "[::1]:8000", 200),
            (&safe, "192.168.1.5:8000", 200),
            (&safe, "evil.example.com", 421),
            (&safe, "localhost.evil.example.com", 421),
            (&safe, "127.0.0.1.evil.example.com", 421),
            (&safe, "", 421),
            (&named, "mcp.example.com", 200),
            (&named, "mcp.example.com:443", 200),
            (&named, "other.example.com", 421),
            (&any, "other.example.com", 200),
        ] {
            assert_eq!(status(settings, host, None), expect, "{host}");
        }
    }

    #[test]
    fn pages_of_others_are_refused() {
        let safe = Settings::default();
        let listed = Settings {
            origins: vec!["https://app.example.com".to_owned()],
            hosts: vec!["mcp.example.com".to_owned()],
            ..Settings::default()
        };
        let open = Settings {
            cors: Some(Cors::any()),
            ..Settings::default()
        };
        for (settings, host, origin, expect) in [
            (&safe, "localhost:8000", "http://localhost:5173", 200),
            (&safe, "localhost:8000", "http://[::1]:5173", 200),
            (&safe, "192.168.1.5:8000", "http://192.168.1.5:8000", 200),
            (&safe, "192.168.1.5:8000", "http://192.168.1.6:8000", 403),
            (&safe, "localhost:8000", "https://evil.example.com", 403),
            (&safe, "localhost:8000", "null", 403),
            (&safe, "localhost:8000", "file://localhost", 403),
            (&listed, "mcp.example.com", "https://app.example.com", 200),
            (&listed, "mcp.example.com", "https://mcp.example.com", 200),
            (
                &listed,
                "mcp.example.com",
                "https://app.example.com.evil.com",
                403,
            ),
            (&open, "localhost:8000", "https://anybody.example.com", 200),
        ] {
            assert_eq!(status(settings, host, Some(origin)), expect, "{origin}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, "localhost".parse().unwrap());
        headers.append(header::HOST, "evil.example.com".parse().unwrap());
        let fields = HttpFields::of(&headers);
        let refused = check(&Settings::default(), &Uri::from_static("/"), &fields).unwrap_err();
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
}
