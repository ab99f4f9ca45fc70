//! Authorization server metadata (RFC 8414, OpenID Connect Discovery): where tokens come from.

use fmcp_core::Result;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    address::{endpoint, origin, well_known},
    scope::Scopes,
    words::{refused, repeated},
};

const OAUTH: &str = "oauth-authorization-server";
const OPENID: &str = "openid-configuration";

/// What an authorization server says about itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ServerMetadata {
    /// Who the server is: compared as it was written, and nowhere else normalized.
    pub(crate) issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    scopes_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    dpop_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) client_id_metadata_document_supported: bool,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
    /// Whether the server is of the time when an MCP server was its own authorization server, and need not
    /// say that it knows PKCE.
    #[serde(skip)]
    pub(crate) is_of_2025_03: bool,
}

/// Where the metadata of an issuer stands, in the order in which to look.
pub(crate) fn places(issuer: &str) -> Result<Vec<Url>> {
    let issuer = endpoint("the authorization server", issuer)?;
    if issuer.query().is_some() || issuer.fragment().is_some() {
        return Err(refused(format!(
            "the authorization server {} has a query or a fragment, which no issuer may have",
            repeated(issuer.as_str())
        )));
    }
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        well_known(&issuer, OAUTH, path),
        well_known(&issuer, OPENID, path),
    ];
    if !path.is_empty() {
        let mut appended = issuer.clone();
        appended.set_path(&format!("{path}/.well-known/{OPENID}"));
        places.push(appended);
    }
    Ok(places)
}

/// Where an MCP server of 2025-03-26 has its authorization server's metadata.
pub(crate) fn root_place(server: &Url) -> Url {
    well_known(server, OAUTH, "")
}

/// What an MCP server of 2025-03-26 that has no metadata at all promises by its revision.
pub(crate) fn default_endpoints(server: &Url) -> ServerMetadata {
    let base = origin(server);
    let at = |path: &str| Some(format!("{base}{path}"));
    ServerMetadata {
        authorization_endpoint: at("/authorize"),
        token_endpoint: at("/token"),
        registration_endpoint: at("/register"),
        is_of_2025_03: true,
        issuer: base,
        ..ServerMetadata::default()
    }
}

impl ServerMetadata {
    /// A server of which only this is known.
    pub(crate) fn of_token_endpoint(issuer: &str, url: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            token_endpoint: Some(url.to_owned()),
            ..Self::default()
        }
    }

    /// Whether the document is the one of `issuer`.
    ///
    /// # Errors
    /// Where it is another's: whoever serves it wants codes or tokens of that other one.
    pub(crate) fn check(&self, issuer: &str) -> Result<()> {
        if self.issuer == issuer {
            return Ok(());
        }
        Err(refused(format!(
            "the metadata of the authorization server {:?} says that it is of {:?}; it is not used",
            repeated(issuer),
            repeated(&self.issuer)
        )))
    }

    /// Where users are sent, once it is sure that a stolen code is worth nothing.
    pub(crate) fn authorization(&self) -> Result<Url> {
        let methods = self.code_challenge_methods_supported.as_deref();
        let knows_pkce = match methods {
            Some(methods) => methods.iter().any(|method| method == "S256"),
            None => self.is_of_2025_03,
        };
        if !knows_pkce {
            return Err(refused(format!(
                "the authorization server {:?} does not say that it knows PKCE with S256 \
                 (code_challenge_methods_supported), without which a code can be stolen",
                repeated(&self.issuer)
            )));
        }
        self.endpoint(
            "authorization endpoint",
            self.authorization_endpoint.as_deref(),
        )
    }

    /// Where tokens come from.
    pub(crate) fn token(&self) -> Result<Url> {
        self.endpoint("token endpoint", self.token_endpoint.as_deref())
    }

    /// Where it is asked for users who have a browser somewhere else.
    pub(crate) fn device(&self) -> Result<Url> {
        let url = self.device_authorization_endpoint.as_deref();
        self.endpoint("device authorization endpoint", url)
    }

    /// Where clients register themselves, if they may.
    pub(crate) fn registration(&self) -> Result<Option<Url>> {
        let url = self.registration_endpoint.as_deref();
        url.map(|url| self.endpoint("registration endpoint", Some(url)))
            .transpose()
    }

    fn endpoint(&self, what: &str, text: Option<&str>) -> Result<Url> {
        match text {
            Some(text) => endpoint(&format!("the {what} of {}", repeated(&self.issuer)), text),
            None => Err(refused(format!(
                "the authorization server {:?} names no {what}",
                repeated(&self.issuer)
            ))),
        }
    }

    pub(crate) fn scopes(&self) -> Option<Scopes> {
        Some(self.scopes_supported.as_ref()?.iter().collect())
    }

    /// What of `wanted` it names; all of it, where it names nothing.
    pub(crate) fn named(&self, wanted: &Scopes) -> Scopes {
        match &self.scopes_supported {
            Some(named) => wanted.within(named),
            None => wanted.clone(),
        }
    }

    /// How clients may authenticate themselves. Whoever does not say takes a password in a header.
    pub(crate) fn authentication(&self) -> Option<&[String]> {
        self.token_endpoint_auth_methods_supported.as_deref()
    }

    /// Whether tokens can be bound to a key that signs with ES256. Whoever does not say may.
    pub(crate) fn binds_tokens(&self) -> bool {
        let known = self.dpop_signing_alg_values_supported.as_deref();
        known.is_none_or(|known| known.iter().any(|name| name == "ES256"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn metadata_is_looked_for_in_every_documented_place_in_order() {
        for (issuer, expect) in [
            (
                "https://as.example",
                &[
                    "https://as.example/.well-known/oauth-authorization-server",
                    "https://as.example/.well-known/openid-configuration",
                ][..],
            ),
            (
                "https://as.example/tenant1/",
                &[
                    "https://as.example/.well-known/oauth-authorization-server/tenant1",
                    "https://as.example/.well-known/openid-configuration/tenant1",
                    "https://as.example/tenant1/.well-known/openid-configuration",
                ],
            ),
        ] {
            let places = places(issuer).unwrap();
            let places: Vec<_> = places.iter().map(Url::as_str).collect();
            assert_eq!(places, expect, "{issuer}");
        }
        for bad in [
            "http://as.example",
            "https://as.example?x",
            "https://a#b",
            "as",
        ] {
            assert!(places(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_server_of_2025_03_has_all_at_its_root() {
        let server = Url::parse("https://api.example.com:8443/v1/mcp?x").unwrap();
        let root = root_place(&server);
        assert_eq!(
            root.as_str(),
            "https://api.example.com:8443/.well-known/oauth-authorization-server"
        );
        let metadata = default_endpoints(&server);
        let base = "https://api.example.com:8443";
        assert_eq!(
            metadata.authorization().unwrap().as_str(),
            format!("{base}/authorize")
        );
        assert_eq!(metadata.token().unwrap().as_str(), format!("{base}/token"));
        let register = metadata.registration().unwrap().unwrap();
        assert_eq!(register.as_str(), format!("{base}/register"));
    }

    #[test]
    fn an_issuer_is_compared_as_it_was_written() {
        let metadata = ServerMetadata {
            issuer: "https://as.example".into(),
            ..ServerMetadata::default()
        };
        assert!(metadata.check("https://as.example").is_ok());
        for other in [
            "https://as.example/",
            "https://AS.example",
            "https://as.example:443",
            "https://evil.example",
            "",
        ] {
            assert!(metadata.check(other).is_err(), "{other}");
        }
    }

    fn check(document: Value, expect: &str) {
        let metadata: ServerMetadata = serde_json::from_value(document).unwrap();
        let outcome = metadata.authorization();
        match outcome {
            Ok(url) => assert_eq!(url.as_str(), expect),
            Err(error) => assert!(error.message().contains(expect), "{error}"),
        }
    }

    #[test]
    fn nobody_is_sent_to_a_server_without_pkce_or_without_https() {
        let with = |methods: Value, endpoint: &str| {
            json!({
                "issuer": "https://as.example", "authorization_endpoint": endpoint,
                "code_challenge_methods_supported": methods,
            })
        };
        let good = "https://as.example/authorize";
        check(with(json!(["plain", "S256"]), good), good);
        check(with(json!(["plain"]), good), "PKCE");
        check(with(Value::Null, good), "PKCE");
        check(with(json!(["S256"]), "http://as.example/"), "neither https");
        check(
            with(json!(["S256"]), "javascript:alert(1)"),
            "neither https",
        );
        check(
            json!({"issuer": "i", "code_challenge_methods_supported": ["S256"]}),
            "names no authorization endpoint",
        );
    }
}
