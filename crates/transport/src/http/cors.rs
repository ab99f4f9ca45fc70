//! What browsers are told about calls from other origins.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What browsers are told about calls from other origins (CORS). Without it they are told nothing, and
/// refuse.
///
/// ```
/// use fmcp_transport::http::Cors;
///
/// let cors = Cors::new(["https://app.example.com"]);
/// assert!(cors.allows("https://app.example.com"));
/// assert!(!cors.allows("https://example.com"));
/// ```
#[derive(Clone, Debug)]
pub struct Cors {
    /// `None`: everybody's.
    origins: Option<Vec<String>>,
    max_age: Duration,
}

/// The headers of answers that pages may read.
const EXPOSED: &str = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After";

/// The headers that pages may send, beside those for a tool's parameters.
const ALLOWED: &str = "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, \
    Mcp-Method, Mcp-Name, Mcp-Session-Id, traceparent, tracestate, baggage";

impl Cors {
    /// Pages of these origins may call.
    pub fn new<O: Into<String>>(origins: impl IntoIterator<Item = O>) -> Self {
        Self {
            origins: Some(origins.into_iter().map(Into::into).collect()),
            max_age: Duration::from_secs(3600),
        }
    }

    /// Pages of every origin may call. Any page that a user of this machine visits can then use the server.
    #[must_use]
    pub fn any() -> Self {
        Self {
            origins: None,
            max_age: Duration::from_secs(3600),
        }
    }

    /// Sets how long browsers may remember the answer.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Whether pages of this origin may call.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        match &self.origins {
            None => true,
            Some(origins) => (origins.iter()).any(|known| known.eq_ignore_ascii_case(origin)),
        }
    }

    /// Puts into an answer what browsers look for.
    pub(crate) fn decorate(&self, request: &HeaderMap, answer: &mut HeaderMap, is_preflight: bool) {
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request.get(header::ORIGIN) else {
            return;
        };
        if !origin.to_str().is_ok_and(|origin| self.allows(origin)) {
            return;
        }
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if !is_preflight {
            let exposed = HeaderValue::from_static(EXPOSED);
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            return;
        }
        let methods = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        if let Ok(headers) = HeaderValue::try_from(allowed(request)) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
        answer.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            self.max_age.as_secs().into(),
        );
    }
}

/// The headers that a page may send, with those for a tool's parameters that it asks about.
fn allowed(request: &HeaderMap) -> String {
    let asked = request
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .and_then(|asked| asked.to_str().ok())
        .unwrap_or_default();
    let mut allowed = ALLOWED.to_owned();
    for name in asked.split(',').map(str::trim).take(64) {
        let is_param =
            HeaderName::try_from(name).is_ok_and(|name| name.as_str().starts_with("mcp-param-"));
        if is_param {
            allowed.push_str(", ");
            allowed.push_str(name);
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn pages_learn_what_they_may_send_and_read() {
        let cors = Cors::new(["https://app.example.com"]);
        let mut request = HeaderMap::new();
        request.insert(header::ORIGIN, "https://app.example.com".parse().unwrap());
        request.insert(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "content-type, mcp-param-region, cookie".parse().unwrap(),
        );
        let mut answer = HeaderMap::new();
        cors.decorate(&request, &mut answer, true);
        let allowed = answer[header::ACCESS_CONTROL_ALLOW_HEADERS]
            .to_str()
            .unwrap();
        assert!(allowed.ends_with(", mcp-param-region"), "{allowed}");
        assert!(!allowed.contains("cookie"));

        let mut answer = HeaderMap::new();
        cors.decorate(&request, &mut answer, false);
        assert_eq!(
            answer[header::ACCESS_CONTROL_ALLOW_ORIGIN],
            "https://app.example.com"
        );
        assert!(
            answer[header::ACCESS_CONTROL_EXPOSE_HEADERS]
                .to_str()
                .unwrap()
                .contains("Mcp-Session-Id")
        );

        request.insert(header::ORIGIN, "https://evil.example.com".parse().unwrap());
        let mut answer = HeaderMap::new();
        cors.decorate(&request, &mut answer, false);
        assert!(!answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
