//! Where an address leads: to this machine, or over a wire that others read.

use std::net::IpAddr;

use fmcp_core::Result;
use url::{Host, Url};

use crate::words::{refused, repeated};

/// The longest address that is taken from somebody else.
const MAX_LENGTH: usize = 2048;

/// Whether the host is this machine, whatever a name server says.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether what is said to the address is read by nobody else.
pub(crate) fn is_private_talk(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

/// An address that a server has named, as one that secrets may be sent to. `what` says whose it is.
pub(crate) fn endpoint(what: &str, text: &str) -> Result<Url> {
    let url = (text.len() <= MAX_LENGTH)
        .then(|| Url::parse(text).ok())
        .flatten();
    match url {
        Some(url) if !url.username().is_empty() || url.password().is_some() => Err(refused(
            format!("{what} has a user's name or a password in its address"),
        )),
        Some(url) if is_private_talk(&url) => Ok(url),
        Some(url) => Err(refused(format!(
            "{what} is {}, which is neither https nor on this machine",
            repeated(url.as_str())
        ))),
        None => Err(refused(format!(
            "{what} is no address: {:?}",
            repeated(text)
        ))),
    }
}

/// The scheme, host and port, as they stand before a path.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A well-known address of RFC 8615: `name` between the host and `path`.
pub(crate) fn well_known(of: &Url, name: &str, path: &str) -> Url {
    let mut url = of.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!(
        "/.well-known/{name}{}",
        path.trim_end_matches('/')
    ));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_or_on_this_machine() {
        for (text, expect) in [
            ("https://as.example/token", true),
            ("https://as.example:8443/token?tenant=1", true),
            ("http://localhost:9/token", true),
            ("http://app.localhost/token", true),
            ("http://127.0.0.1/token", true),
            ("http://[::1]:80/token", true),
            ("http://[::ffff:127.0.0.1]/token", true),
            ("http://as.example/token", false),
            ("http://10.0.0.1/token", false),
            ("http://localhost.example/token", false),
            ("https://user:secret@as.example/token", false),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("/token", false),
            ("", false),
        ] {
            assert_eq!(endpoint("the endpoint", text).is_ok(), expect, "{text}");
        }
        let long = format!("https://as.example/{}", "x".repeat(MAX_LENGTH));
        assert!(endpoint("the endpoint", &long).is_err());
    }
}
