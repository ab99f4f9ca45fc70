//! Protected resource metadata (RFC 9728): which authorization servers an MCP server trusts.

use fmcp_core::Result;
use serde::Deserialize;
use url::Url;

use crate::{
    address::{self, origin, well_known},
    scope::Scopes,
    words::{refused, repeated},
};

/// How many authorization servers are looked at.
const MAX_SERVERS: usize = 4;

/// What an MCP server says about itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ResourceMetadata {
    /// What the server is called in tokens: kept as it was written.
    pub(crate) resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    scopes_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) dpop_bound_access_tokens_required: bool,
}

/// Where the metadata of `server` stands: where its challenge says, else at its path, else at the root.
pub(crate) fn places(server: &Url, challenged: Option<&str>) -> Result<Vec<Url>> {
    const NAME: &str = "oauth-protected-resource";
    if let Some(text) = challenged {
        return Ok(vec![challenged_place(server, text)?]);
    }
    let root = well_known(server, NAME, "");
    let mut places = vec![well_known(server, NAME, server.path())];
    if places[0] != root {
        places.push(root);
    }
    Ok(places)
}

fn challenged_place(server: &Url, text: &str) -> Result<Url> {
    match Url::parse(text) {
        // Whoever talks to a server in the open may read its metadata in the open, too.
        Ok(url) if url.origin() == server.origin() => Ok(url),
        _ => address::endpoint("the address of the server's metadata", text),
    }
}

impl ResourceMetadata {
    /// Whether the metadata is about `server`: the same origin, and a path that the server's is under.
    ///
    /// # Errors
    /// Where it is not. A token for somebody else must not be asked for.
    pub(crate) fn check(&self, server: &Url) -> Result<()> {
        let is_about = |resource: &Url| {
            let path = resource.path().trim_end_matches('/');
            let rest = server.path().strip_prefix(path);
            resource.origin() == server.origin()
                && resource.fragment().is_none()
                && resource
                    .query()
                    .is_none_or(|query| Some(query) == server.query())
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if Url::parse(&self.resource).is_ok_and(|resource| is_about(&resource)) {
            return Ok(());
        }
        Err(refused(format!(
            "the metadata of {} is about another server, {:?}; no token is asked for",
            origin(server),
            repeated(&self.resource)
        )))
    }

    /// The issuers of tokens for the server, with `preferred` first if it is among them.
    pub(crate) fn issuers(&self, preferred: Option<&str>) -> Vec<&str> {
        let named = self.authorization_servers.iter().map(String::as_str);
        let is_preferred = |issuer: &&str| preferred == Some(*issuer);
        let others = named.clone().filter(|issuer| !is_preferred(issuer));
        named
            .filter(is_preferred)
            .chain(others)
            .take(MAX_SERVERS)
            .collect()
    }

    pub(crate) fn scopes(&self) -> Option<Scopes> {
        let scopes: Scopes = self.scopes_supported.as_ref()?.iter().collect();
        (!scopes.is_empty()).then_some(scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn metadata_stands_where_the_challenge_says_or_at_the_path_or_at_the_root() {
        for (server, challenged, expect) in [
            (
                "https://a/public/mcp?x=1",
                None,
                &[
                    "https://a/.well-known/oauth-protected-resource/public/mcp",
                    "https://a/.well-known/oauth-protected-resource",
                ][..],
            ),
            (
                "https://a/",
                None,
                &["https://a/.well-known/oauth-protected-resource"],
            ),
            (
                "https://a/mcp/",
                Some("https://b/m.json?x"),
                &["https://b/m.json?x"],
            ),
            (
                "http://10.0.0.1/mcp",
                Some("http://10.0.0.1/m"),
                &["http://10.0.0.1/m"],
            ),
        ] {
            let places = places(&url(server), challenged).unwrap();
            let places: Vec<_> = places.iter().map(Url::as_str).collect();
            assert_eq!(places, expect, "{server}");
        }
        for bad in ["http://b/m", "file:///etc/passwd", "m.json", ""] {
            assert!(places(&url("https://a/mcp"), Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn metadata_is_believed_where_it_is_about_the_server() {
        for (resource, server, expect) in [
            ("https://a/mcp", "https://a/mcp", true),
            ("https://a", "https://a/mcp", true),
            ("https://a/", "https://a/mcp", true),
            ("https://A:443/mcp/", "https://a/mcp/v1", true),
            ("https://a/mcp", "https://a/mcp?tenant=1", true),
            ("https://a/mc", "https://a/mcp", false),
            ("https://a/mcp/v1", "https://a/mcp", false),
            ("https://evil/mcp", "https://a/mcp", false),
            ("http://a/mcp", "https://a/mcp", false),
            ("https://a:8443/mcp", "https://a/mcp", false),
            ("https://a/mcp?tenant=2", "https://a/mcp?tenant=1", false),
            ("https://a/mcp#part", "https://a/mcp", false),
            ("mcp", "https://a/mcp", false),
        ] {
            let metadata: ResourceMetadata =
                serde_json::from_value(serde_json::json!({"resource": resource})).unwrap();
            let outcome = metadata.check(&url(server));
            assert_eq!(outcome.is_ok(), expect, "{resource} {server}");
        }
    }

    #[test]
    fn the_issuer_that_is_known_comes_first() {
        let metadata: ResourceMetadata = serde_json::from_value(serde_json::json!({
            "resource": "https://a", "authorization_servers": ["1", "2", "3", "4", "5"],
        }))
        .unwrap();
        assert_eq!(metadata.issuers(None), ["1", "2", "3", "4"]);
        assert_eq!(metadata.issuers(Some("3")), ["3", "1", "2", "4"]);
        assert_eq!(metadata.issuers(Some("9")), ["1", "2", "3", "4"]);
    }
}
