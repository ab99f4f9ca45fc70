//! What the load says, in either era, over HTTP or on a line.

use std::{fmt::Write as _, net::SocketAddr};

use anyhow::{Result, ensure};
use memchr::memmem;

/// Which handshake and envelope a client uses.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Era {
    /// 2026-07-28: every request says what its client is.
    Modern,
    /// 2025-11-25: the handshake did.
    Legacy,
}

/// Both, in the order in which they are reported.
pub(crate) const ERAS: [Era; 2] = [Era::Modern, Era::Legacy];

impl Era {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }

    fn revision(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Legacy => "2025-11-25",
        }
    }
}

const META: &str = "\"_meta\":{\
    \"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\
    \"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1.0.0\"},\
    \"io.modelcontextprotocol/clientCapabilities\":{}}";

/// The handshake of the legacy era.
pub(crate) const INITIALIZE: &str = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\
    \"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\
    \"clientInfo\":{\"name\":\"bench\",\"version\":\"1.0.0\"}}}";

/// The end of that handshake.
pub(crate) const INITIALIZED: &str =
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";

/// A call of a tool.
pub(crate) fn call(era: Era, id: u64, tool: &str, arguments: &str) -> String {
    let (meta, comma) = match era {
        Era::Modern => (META, ","),
        Era::Legacy => ("", ""),
    };
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{{{meta}{comma}\
         \"name\":\"{tool}\",\"arguments\":{arguments}}}}}"
    )
}

/// The call that is measured. What it adds depends on its id, so that an answer can be checked by itself.
pub(crate) fn add(era: Era, id: u64) -> String {
    add_by(era, id, "add")
}

/// The same of a tool that goes by another name.
pub(crate) fn add_by(era: Era, id: u64, tool: &str) -> String {
    call(era, id, tool, &format!("{{\"a\":{id},\"b\":{ADDED}}}"))
}

const ADDED: u64 = 1_000_000;

/// A request to be told when the list of tools changes.
pub(crate) fn listen(id: u64) -> String {
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"subscriptions/listen\",\"params\":{{{META},\
         \"notifications\":{{\"toolsListChanged\":true}}}}}}"
    )
}

/// Holds the answer to [`add`] to what it must say; gives the id of the call.
pub(crate) fn check_sum(answer: &[u8]) -> Result<u64> {
    let id = number_after(answer, b"\"id\":");
    let sum = number_after(answer, b"\"text\":\"");
    let right = matches!((id, sum), (Some(id), Some(sum)) if sum == id + ADDED);
    ensure!(right, "a wrong answer: {}", String::from_utf8_lossy(answer));
    Ok(id.unwrap_or_default())
}

fn number_after(text: &[u8], key: &[u8]) -> Option<u64> {
    let start = memmem::find(text, key)? + key.len();
    let digits = text[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold((0, 0), |(sum, count), digit| {
        (sum * 10 + u64::from(digit - b'0'), count + 1)
    });
    (number.1 > 0).then_some(number.0)
}

/// Where a server is.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    /// What it calls the tool that is measured.
    pub(crate) tool: &'static str,
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self {
            address,
            path: "/mcp",
            tool: "add",
        }
    }
}

/// The head of an HTTP request up to the length of its body.
pub(crate) struct Head(String);

impl Head {
    /// A POST of a message that has no name, like a handshake.
    pub(crate) fn post(place: impl Into<Place>, era: Era, session: Option<&str>) -> Self {
        Self::new("POST", place.into(), era, session)
    }

    /// A POST of `method`, which names a component or not. Older revisions do not ask for these headers.
    pub(crate) fn of(mut self, method: &str, name: Option<&str>) -> Self {
        let _ = write!(self.0, "Mcp-Method: {method}\r\n");
        if let Some(name) = name {
            let _ = write!(self.0, "Mcp-Name: {name}\r\n");
        }
        self
    }

    /// A POST of a call of this tool.
    pub(crate) fn call(
        place: impl Into<Place>,
        era: Era,
        session: Option<&str>,
        tool: &str,
    ) -> Self {
        let head = Self::post(place, era, session);
        match era {
            Era::Modern => head.of("tools/call", Some(tool)),
            Era::Legacy => head,
        }
    }

    /// A request without a body.
    pub(crate) fn bare(method: &str, place: impl Into<Place>, session: &str) -> String {
        Self::new(method, place.into(), Era::Legacy, Some(session)).0 + "\r\n"
    }

    fn new(method: &str, place: Place, era: Era, session: Option<&str>) -> Self {
        let revision = era.revision();
        let Place { address, path, .. } = place;
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json, text/event-stream\r\n\
             MCP-Protocol-Version: {revision}\r\n"
        );
        if method == "POST" {
            head += "Content-Type: application/json\r\n";
        }
        if method == "GET" {
            head = head.replace("application/json, ", "");
        }
        if let Some(session) = session {
            let _ = write!(head, "Mcp-Session-Id: {session}\r\n");
        }
        Self(head)
    }

    /// The whole request.
    pub(crate) fn with(&self, body: &str) -> String {
        let mut request = String::with_capacity(self.0.len() + body.len() + 32);
        request += &self.0;
        let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_json() {
        let mut messages = vec![
            INITIALIZE.to_owned(),
            INITIALIZED.to_owned(),
            listen(1),
            add(Era::Legacy, 1),
        ];
        messages.push(add(Era::Modern, 1));
        for message in messages {
            serde_json::from_str::<serde_json::Value>(&message).expect(&message);
        }
    }

    #[test]
    fn an_answer_is_checked_against_its_own_id() {
        let answer = |id, sum| {
            format!(
                "{{\"id\":{id},\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"{sum}\"}}]}}}}"
            )
        };
        assert_eq!(check_sum(answer(7, 1_000_007).as_bytes()).unwrap(), 7);
        for wrong in [answer(7, 1_000_008), "{\"id\":7}".to_owned(), String::new()] {
            check_sum(wrong.as_bytes()).unwrap_err();
        }
    }

    #[test]
    fn a_request_tells_its_length() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let head = Head::call(address, Era::Modern, None, "add");
        let request = head.with("{}");
        assert!(
            request.ends_with(
                "Mcp-Method: tools/call\r\nMcp-Name: add\r\nContent-Length: 2\r\n\r\n{}"
            )
        );
    }
}
