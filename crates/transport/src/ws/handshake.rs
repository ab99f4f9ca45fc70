//! Whether a request becomes a WebSocket.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The subprotocol.
const MCP: &str = "mcp";

/// The version of the protocol, of which there is one.
const VERSION: &str = "13";

/// What a request for a WebSocket comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// What proves that the request was read.
    pub(super) accept: String,
    pub(super) is_mcp: bool,
}

/// Why a request does not become a WebSocket, and what tells its sender how it would.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) words: &'static str,
    pub(super) hint: Option<(HeaderName, &'static str)>,
}

/// Reads a request (RFC 6455, 4.2.1).
pub(super) fn read(method: &Method, headers: &HeaderMap) -> Result<Agreed, Refused> {
    if method != Method::GET {
        return Err(Refused {
            status: StatusCode::METHOD_NOT_ALLOWED,
            words: "a WebSocket is asked for by GET",
            hint: Some((header::ALLOW, "GET")),
        });
    }
    if !has(headers, &header::CONNECTION, "upgrade") || !has(headers, &header::UPGRADE, "websocket")
    {
        return Err(Refused {
            status: StatusCode::UPGRADE_REQUIRED,
            words: "here is a WebSocket, for requests that ask for an upgrade on HTTP/1.1",
            hint: Some((header::UPGRADE, "websocket")),
        });
    }
    if one(headers, &header::SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        return Err(Refused {
            status: StatusCode::UPGRADE_REQUIRED,
            words: "the version of WebSocket must be 13",
            hint: Some((header::SEC_WEBSOCKET_VERSION, VERSION)),
        });
    }
    let key = one(headers, &header::SEC_WEBSOCKET_KEY)
        .filter(|key| STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16));
    let Some(key) = key else {
        return Err(Refused {
            status: StatusCode::BAD_REQUEST,
            words: "`Sec-WebSocket-Key` must be 16 bytes in base64, once",
            hint: None,
        });
    };
    Ok(Agreed {
        accept: derive_accept_key(key.as_bytes()),
        is_mcp: items(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|name| name == MCP),
    })
}

impl Agreed {
    /// The headers of the answer.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        // Base64 is always a value.
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if self.is_mcp {
            let mcp = HeaderValue::from_static(MCP);
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, mcp);
        }
        headers
    }
}

/// The only value of a field.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.trim())
}

fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn has(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    items(headers, name).any(|there| there.eq_ignore_ascii_case(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request as RFC 6455 has it, with some fields changed; an empty one is left out.
    fn status(method: &Method, changes: &[(&'static str, &str)]) -> u16 {
        let mut headers = HeaderMap::new();
        let usual = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        for (name, value) in usual.iter().chain(changes) {
            headers.insert(*name, value.parse().unwrap());
            if value.is_empty() {
                headers.remove(*name);
            }
        }
        match read(method, &headers) {
            Ok(agreed) => {
                assert_eq!(agreed.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
                if agreed.is_mcp { 102 } else { 101 }
            }
            Err(refused) => refused.status.as_u16(),
        }
    }

    #[test]
    fn a_request_says_that_it_wants_a_websocket() {
        for (method, changes, expect) in [
            (Method::GET, &[][..], 101),
            (Method::GET, &[("sec-websocket-protocol", "mcp")], 102),
            (Method::GET, &[("sec-websocket-protocol", "a, mcp")], 102),
            (Method::GET, &[("sec-websocket-protocol", "mcps")], 101),
            (Method::POST, &[], 405),
            (Method::GET, &[("connection", "keep-alive")], 426),
            (Method::GET, &[("upgrade", "h2c")], 426),
            (Method::GET, &[("upgrade", "")], 426),
            (Method::GET, &[("sec-websocket-version", "8")], 426),
            (Method::GET, &[("sec-websocket-version", "")], 426),
            (Method::GET, &[("sec-websocket-key", "")], 400),
            (Method::GET, &[("sec-websocket-key", "dGhl")], 400),
            (Method::GET, &[("sec-websocket-key", "no base64!")], 400),
        ] {
            assert_eq!(status(&method, changes), expect, "{method} {changes:?}");
        }
    }
}
