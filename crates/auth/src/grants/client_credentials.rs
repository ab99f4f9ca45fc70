//! Tokens for a program in its own name.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Credentials, Result};

use crate::{
    Scheme,
    client::{Client, Means, choose},
    form::Form,
    grant::{Errand, Gained, Grant},
    options::{Options, common_options},
    secret::Secret,
    signing::SigningKey,
};

/// Tokens for a program in its own name, with nobody there: the client credentials grant.
///
/// Tokens are kept in memory unless a store is set.
///
/// ```
/// use fmcp_auth::{ClientCredentials, Scheme};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let credentials = ClientCredentials::secret("my-service", "the secret")
///     .issuer("https://login.example.com")
///     .scopes(["files:read"])
///     .credentials("https://example.com/mcp")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    id: String,
    secret: Option<Secret>,
    key: Option<SigningKey>,
    options: Options,
}

common_options!(ClientCredentials);

impl ClientCredentials {
    /// A client that proves itself with a secret. Set its [`issuer`](Self::issuer), too.
    pub fn secret(id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self {
            id: id.into(),
            secret: Some(secret.into()),
            key: None,
            options: Options::default(),
        }
    }

    /// A client that proves itself with a signature (`private_key_jwt`).
    pub fn key(id: impl Into<String>, key: SigningKey) -> Self {
        Self {
            id: id.into(),
            secret: None,
            key: Some(key),
            options: Options::default(),
        }
    }
}

impl Scheme for ClientCredentials {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        let store = self.options.store.clone();
        self.options.keeper(server, self.clone(), store)
    }
}

impl Grant for ClientCredentials {
    fn identity(&self) -> String {
        format!("client credentials of {}", self.id)
    }

    fn key(&self) -> Option<&SigningKey> {
        self.key.as_ref()
    }

    fn obtain<'a>(&'a self, errand: Errand<'a>) -> BoxFuture<'a, Result<Gained>> {
        Box::pin(async move {
            let means = Means {
                secret: self.secret.as_ref(),
                key: self.key.as_ref(),
                registered: None,
            };
            let proof = choose(means, errand.authority.server.authentication())?;
            let id = self.id.clone();
            let mut form = Form::grant("client_credentials");
            form.add_if_any("scope", Some(&errand.scopes.to_string()));
            errand.describe(&mut form);
            errand.gain(Client { id, proof }, &form).await
        })
    }
}
