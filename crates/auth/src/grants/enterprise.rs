//! Tokens for an employee, whose employer decides.

use std::{sync::Arc, time::SystemTime};

use fmcp_core::{BoxFuture, Credentials, Result};

use super::workload::JWT_BEARER;
use crate::{
    Scheme, address,
    client::{Authentication, Client, Means, choose},
    discovery::{Authority, issuer_metadata},
    exchange::Exchange,
    form::Form,
    grant::{Errand, Gained, Grant},
    metadata::ServerMetadata,
    options::{Options, common_options},
    secret::Secret,
    source::SecretSource,
    token::{self, Outcome},
};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// The enterprise's identity provider, at which the user has signed in to this application.
///
/// ```
/// use fmcp_auth::IdentityProvider;
///
/// let known = IdentityProvider::new("https://acme.idp.example", "our-app").client_secret("secret");
/// let direct = IdentityProvider::new("https://acme.idp.example", "our-app")
///     .token_endpoint("https://acme.idp.example/oauth2/token");
/// ```
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    issuer: String,
    token_endpoint: Option<String>,
    client_id: String,
    client_secret: Option<Secret>,
}

impl IdentityProvider {
    /// The identity provider of an issuer, and this application's id there.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            token_endpoint: None,
            client_id: client_id.into(),
            client_secret: None,
        }
    }

    /// Sets where its tokens come from. Without it, that is read from its metadata.
    #[must_use]
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.token_endpoint = Some(url.into());
        self
    }

    /// Sets the secret with which this application proves itself there.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.client_secret = Some(secret.into());
        self
    }
}

/// Tokens for a user whose enterprise decides which servers this application may use, without asking the
/// user: the identity assertion grant (ID-JAG).
///
/// The application has signed the user in at the [`IdentityProvider`], and gives the proof of it: an ID token
/// (or a SAML assertion). Tokens are kept in memory unless a store is set.
///
/// ```
/// use fmcp_auth::{EnterpriseManaged, IdentityProvider, Scheme};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let idp = IdentityProvider::new("https://acme.idp.example", "our-app");
/// let credentials = EnterpriseManaged::new(idp, "the user's ID token")
///     .client("our-app-at-the-server", "secret")
///     .issuer("https://login.example.com")
///     .credentials("https://example.com/mcp")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnterpriseManaged {
    idp: IdentityProvider,
    identity: SecretSource,
    is_saml: bool,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    options: Options,
}

common_options!(EnterpriseManaged);

impl EnterpriseManaged {
    /// A user who has signed in at `idp`, and the ID token that says so, or where it comes from.
    pub fn new(idp: IdentityProvider, id_token: impl Into<SecretSource>) -> Self {
        Self {
            idp,
            identity: id_token.into(),
            is_saml: false,
            client_id: None,
            client_secret: None,
            options: Options::default(),
        }
    }

    /// Says that the proof of the user's identity is a SAML 2.0 assertion.
    #[must_use]
    pub fn saml(mut self) -> Self {
        self.is_saml = true;
        self
    }

    /// Sets the id and the secret of this application at the server's authorization server. Without them, it
    /// has there the id that it has at the identity provider, and no secret.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.client_id = Some(id.into());
        self.client_secret = Some(secret.into());
        self
    }

    /// The assertion with which the identity provider vouches for the user at the authorization server.
    async fn assertion(&self, errand: &Errand<'_>) -> Result<Secret> {
        let idp = self.idp(errand).await?;
        let mut form = Form::grant(TOKEN_EXCHANGE);
        form.add("requested_token_type", ID_JAG);
        form.add("audience", errand.authority.issuer());
        form.add_if_any("scope", Some(&errand.scopes.to_string()));
        form.add_secret("subject_token", &self.identity.get().await?);
        form.add(
            "subject_token_type",
            if self.is_saml { SAML2 } else { ID_TOKEN },
        );
        errand.describe(&mut form);
        let means = Means {
            secret: self.idp.client_secret.as_ref(),
            ..Means::default()
        };
        let client = Client {
            id: self.idp.client_id.clone(),
            proof: choose(means, idp.server.authentication())?,
        };
        let endpoint = idp.server.token()?;
        let exchange = Exchange {
            wire: errand.wire,
            authority: &idp,
            client: &client,
            proof: &None,
        };
        let response = exchange.send(&endpoint, &form).await?;
        let (status, body) = (response.status(), response.body());
        if status.is_success() {
            return token::read_assertion(&self.idp.issuer, body, ID_JAG);
        }
        match token::read(&self.idp.issuer, &form, status, body, SystemTime::now())? {
            Outcome::Refused(_, error) => Err(error),
            Outcome::Granted(_) => Err(token::unreadable(&self.idp.issuer)),
        }
    }

    async fn idp(&self, errand: &Errand<'_>) -> Result<Authority> {
        let server = match &self.idp.token_endpoint {
            Some(url) => {
                address::endpoint("the token endpoint of the identity provider", url)?;
                ServerMetadata::of_token_endpoint(&self.idp.issuer, url)
            }
            None => issuer_metadata(errand.wire, &self.idp.issuer).await?,
        };
        Ok(Authority {
            resource: None,
            scopes: None,
            wants_binding: false,
            server,
        })
    }
}

impl Scheme for EnterpriseManaged {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        let store = self.options.store.clone();
        self.options.keeper(server, self.clone(), store)
    }
}

impl Grant for EnterpriseManaged {
    fn identity(&self) -> String {
        let id = self.client_id.as_deref().unwrap_or(&self.idp.client_id);
        format!("enterprise {} {id}", self.idp.issuer)
    }

    fn obtain<'a>(&'a self, errand: Errand<'a>) -> BoxFuture<'a, Result<Gained>> {
        Box::pin(async move {
            let assertion = self.assertion(&errand).await?;
            let means = Means {
                secret: self.client_secret.as_ref(),
                ..Means::default()
            };
            let id = self.client_id.as_ref().unwrap_or(&self.idp.client_id);
            let client = Client {
                id: id.clone(),
                proof: match means.secret {
                    None => Authentication::None,
                    Some(_) => choose(means, errand.authority.server.authentication())?,
                },
            };
            let mut form = Form::grant(JWT_BEARER);
            form.add_secret("assertion", &assertion);
            form.add_if_any("scope", Some(&errand.scopes.to_string()));
            errand.describe(&mut form);
            errand.gain(client, &form).await
        })
    }
}
