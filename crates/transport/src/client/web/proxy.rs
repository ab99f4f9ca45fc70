//! Through whom requests go.

use std::fmt;

use fmcp_core::{Error, Result};
use http::{HeaderValue, Uri, uri::Scheme};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// Through whom requests go.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// What the environment says: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, but for `NO_PROXY`, in upper or
    /// lower case. A server on this machine is never looked for by way of a proxy.
    #[default]
    Environment,
    /// Nobody.
    None,
    /// This one, for everything: `http:`, `https:` or `socks5:`, with name and password where it wants them.
    Fixed(Uri),
}

/// What stands in the address of a proxy may be a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::None => f.write_str("None"),
            Self::Fixed(uri) => write!(f, "Fixed({})", uri.host().unwrap_or_default()),
        }
    }
}

/// How a server is reached.
pub(super) enum Route {
    /// Without a proxy.
    Direct,
    /// The proxy is asked for the page itself: requests without TLS.
    Forward(Intercept),
    /// The proxy lets bytes through, after `CONNECT`.
    Tunnel(Intercept),
    /// The proxy lets bytes through, after words of SOCKS.
    Socks(Intercept),
}

/// The proxies that there are, and what goes through which.
pub(super) struct Proxies {
    matcher: Option<Matcher>,
    /// Whether servers on this machine are reached without.
    spares_loopback: bool,
}

impl Proxies {
    pub(super) fn new(proxy: &Proxy) -> Result<Self> {
        Ok(match proxy {
            Proxy::None => Self {
                matcher: None,
                spares_loopback: true,
            },
            Proxy::Environment => Self::of_environment(|name| std::env::var(name).ok()),
            Proxy::Fixed(uri) => Self {
                matcher: Some(fixed(uri)?),
                spares_loopback: false,
            },
        })
    }

    fn of_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let either = |upper: &str| {
            let named = |name: &str| read(name).filter(|value| !value.is_empty());
            named(upper).or_else(|| named(&upper.to_lowercase()))
        };
        let (all, plain) = (either("ALL_PROXY"), either("HTTP_PROXY"));
        let (secure, none) = (either("HTTPS_PROXY"), either("NO_PROXY"));
        // In a CGI program, whoever sends a request chooses what stands in HTTP_PROXY.
        let is_cgi = read("REQUEST_METHOD").is_some();
        let is_any = all.is_some() || plain.is_some() || secure.is_some();
        let matcher = (is_any && !is_cgi).then(|| {
            Matcher::builder()
                .all(all.unwrap_or_default())
                .http(plain.unwrap_or_default())
                .https(secure.unwrap_or_default())
                .no(none.unwrap_or_default())
                .build()
        });
        Self {
            matcher,
            spares_loopback: true,
        }
    }

    /// How `target` is reached. `is_raw`: by bytes that are no requests, which nobody can ask a proxy for.
    pub(super) fn route(&self, target: &Uri, is_raw: bool) -> Result<Route> {
        let Some(matcher) = &self.matcher else {
            return Ok(Route::Direct);
        };
        if self.spares_loopback && is_loopback(target.host().unwrap_or_default()) {
            return Ok(Route::Direct);
        }
        let Some(proxy) = matcher.intercept(target) else {
            return Ok(Route::Direct);
        };
        Ok(match proxy.uri().scheme_str() {
            Some("socks5" | "socks5h") => Route::Socks(proxy),
            Some("http" | "https") if is_raw || target.scheme() == Some(&Scheme::HTTPS) => {
                Route::Tunnel(proxy)
            }
            Some("http" | "https") => Route::Forward(proxy),
            _ => return Err(unusable(proxy.uri())),
        })
    }

    /// What a proxy that is asked for pages wants to hear with each request.
    pub(super) fn authorization(&self, target: &Uri) -> Option<HeaderValue> {
        self.matcher.as_ref()?;
        match self.route(target, false) {
            Ok(Route::Forward(proxy)) => proxy.basic_auth().cloned(),
            _ => None,
        }
    }
}

fn fixed(uri: &Uri) -> Result<Matcher> {
    let matcher = Matcher::builder().all(uri.to_string()).build();
    let probe = Uri::from_static("http://proxied.invalid/");
    let proxy = matcher.intercept(&probe).ok_or_else(|| unusable(uri))?;
    match proxy.uri().scheme_str() {
        Some("http" | "https" | "socks5" | "socks5h") => Ok(matcher),
        _ => Err(unusable(uri)),
    }
}

fn unusable(uri: &Uri) -> Error {
    let scheme = uri.scheme_str().unwrap_or("none");
    let words = format!(
        "the proxy at {} cannot be used: its scheme must be http, https or socks5, not {scheme}",
        uri.host().unwrap_or_default()
    );
    Error::invalid_params(words)
}

fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => {
            let name = host.to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By which way `target` is reached, in a word.
    fn check(environment: &[(&str, &str)], target: &'static str, expect: &str) {
        let proxies = Proxies::of_environment(|name| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let way = match proxies.route(&Uri::from_static(target), false) {
            Ok(Route::Direct) => "direct".to_owned(),
            Ok(Route::Forward(proxy)) => format!("forward {}", proxy.uri()),
            Ok(Route::Tunnel(proxy)) => format!("tunnel {}", proxy.uri()),
            Ok(Route::Socks(proxy)) => format!("socks {}", proxy.uri()),
            Err(error) => error.to_string(),
        };
        assert_eq!(way, expect, "{environment:?} {target}");
    }

    #[test]
    fn the_environment_says_which_proxy() {
        let upper = [("HTTP_PROXY", "http://one:1"), ("HTTPS_PROXY", "two:2")];
        check(&upper, "http://a.example/", "forward http://one:1/");
        check(&upper, "https://a.example/", "tunnel http://two:2/");
        let lower = [("http_proxy", "http://one:1"), ("all_proxy", "http://all")];
        check(&lower, "http://a.example/", "forward http://one:1/");
        check(&lower, "https://a.example/", "tunnel http://all/");
        let socks = [("ALL_PROXY", "socks5h://s:1080")];
        check(&socks, "http://a.example/", "socks socks5h://s:1080/");
        check(&[], "http://a.example/", "direct");
        check(&[("HTTP_PROXY", "")], "http://a.example/", "direct");
    }

    #[test]
    fn some_servers_are_reached_without() {
        let with = [
            ("ALL_PROXY", "http://all"),
            ("NO_PROXY", "near.example, 10.0.0.0/8"),
        ];
        for target in [
            "http://near.example/",
            "http://a.near.example/",
            "http://10.1.2.3/",
            "http://localhost:8000/",
            "http://app.localhost/",
            "http://127.0.0.9/",
            "https://[::1]/",
        ] {
            check(&with, target, "direct");
        }
        check(&with, "http://far.example/", "forward http://all/");
        let cgi = [("HTTP_PROXY", "http://evil"), ("REQUEST_METHOD", "GET")];
        check(&cgi, "http://a.example/", "direct");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_by_name() {
        let fixed = |text: &'static str| Proxies::new(&Proxy::Fixed(Uri::from_static(text)));
        for good in ["http://p:1", "https://p", "socks5://u:secret@p:1080"] {
            assert!(fixed(good).is_ok(), "{good}");
        }
        for bad in ["socks4://u:secret@p:1", "ftp://u:secret@p:1", "/path"] {
            let error = fixed(bad).err().unwrap();
            assert!(error.message().contains("cannot be used"), "{error}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        let shown = format!(
            "{:?}",
            Proxy::Fixed(Uri::from_static("http://u:secret@p:1"))
        );
        assert_eq!(shown, "Fixed(p)");
    }
}
