//! Tokens for a workload whose platform vouches for it.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Credentials, Result};

use crate::{
    Scheme,
    client::{Authentication, Client},
    form::Form,
    grant::{Errand, Gained, Grant},
    options::{Options, common_options},
    source::SecretSource,
};

/// Tokens for a workload: the platform that it runs on gives it a signed assertion (of a Kubernetes service
/// account, of SPIFFE), which the authorization server takes (the JWT bearer grant, RFC 7523).
///
/// The assertion is read anew for every token. Tokens are kept in memory unless a store is set.
///
/// ```
/// use fmcp_auth::{Scheme, SecretSource, WorkloadIdentity};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let assertion = SecretSource::file("/var/run/secrets/tokens/mcp");
/// let credentials = WorkloadIdentity::new(assertion)
///     .issuer("https://login.example.com")
///     .credentials("https://example.com/mcp")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct WorkloadIdentity {
    assertion: SecretSource,
    client_id: Option<String>,
    options: Options,
}

common_options!(WorkloadIdentity);

impl WorkloadIdentity {
    /// A workload with an assertion, or where it comes from.
    pub fn new(assertion: impl Into<SecretSource>) -> Self {
        Self {
            assertion: assertion.into(),
            client_id: None,
            options: Options::default(),
        }
    }

    /// Sets the id under which the authorization server knows the client, where the assertion alone does not
    /// say it.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }
}

impl Scheme for WorkloadIdentity {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        let store = self.options.store.clone();
        self.options.keeper(server, self.clone(), store)
    }
}

impl Grant for WorkloadIdentity {
    fn identity(&self) -> String {
        format!(
            "workload of {}",
            self.client_id.as_deref().unwrap_or_default()
        )
    }

    fn obtain<'a>(&'a self, errand: Errand<'a>) -> BoxFuture<'a, Result<Gained>> {
        Box::pin(async move {
            let client = Client {
                id: self.client_id.clone().unwrap_or_default(),
                proof: Authentication::None,
            };
            let mut form = Form::grant(JWT_BEARER);
            form.add_secret("assertion", &self.assertion.get().await?);
            form.add_if_any("scope", Some(&errand.scopes.to_string()));
            errand.describe(&mut form);
            errand.gain(client, &form).await
        })
    }
}

/// RFC 7523, section 2.1.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
