//! The MCP server that credentials are for, and nobody else.

use fmcp_core::{Error, Result};
use http::{Uri, request};
use url::Url;

use crate::{
    address::{is_private_talk, origin},
    words::unusable,
};

/// An MCP server, by its address.
#[derive(Clone, Debug)]
pub(crate) struct Server(Url);

impl Server {
    /// Reads an address as the user has given it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut url = Url::parse(text)
            .map_err(|why| unusable(format!("the server to authorize at has no address: {why}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(unusable(
                "the server to authorize at must have an address with http or https",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable(
                "the address of the server holds a user's name or a password; give them as credentials",
            ));
        }
        url.set_fragment(None);
        if !is_private_talk(&url) {
            tracing::warn!(
                server = origin(&url),
                "credentials go to this server without TLS, so that whoever is on the way can read them"
            );
        }
        Ok(Self(url))
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Refuses to show credentials to anybody else.
    pub(crate) fn check(&self, request: &request::Parts) -> Result<()> {
        let is_ours = |uri: &Uri| {
            // A request without a host goes wherever its connection does, which was opened to the server.
            uri.authority().is_none()
                || Url::parse(&uri.to_string()).is_ok_and(|url| url.origin() == self.0.origin())
        };
        if is_ours(&request.uri) {
            return Ok(());
        }
        Err(Error::internal(format!(
            "a request to {} was to be signed with the credentials of {}",
            request.uri.host().unwrap_or_default(),
            origin(&self.0)
        )))
    }

    /// The whole address of a request to the server.
    pub(crate) fn address(&self, request: &request::Parts) -> String {
        if request.uri.authority().is_some() {
            return request.uri.to_string();
        }
        format!("{}{}", origin(&self.0), request.uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_shown_to_nobody_else() {
        let server = Server::parse("https://a.example/mcp#x").unwrap();
        for (uri, expect) in [
            ("https://a.example/mcp", true),
            ("https://A.example:443/other?x=1", true),
            ("/mcp", true),
            ("http://a.example/mcp", false),
            ("https://a.example:8443/mcp", false),
            ("https://b.example/mcp", false),
        ] {
            let (request, ()) = http::Request::get(uri).body(()).unwrap().into_parts();
            assert_eq!(server.check(&request).is_ok(), expect, "{uri}");
        }
    }

    #[test]
    fn a_server_is_named_by_an_http_address_without_secrets() {
        for bad in ["", "/mcp", "ftp://a/", "https://u:hunter2@a/mcp", "data:x"] {
            let error = Server::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
