//! How the client proves who is calling.

use std::sync::Arc;

use anyhow::Result;
use fmcp::{
    Scheme,
    auth::{
        ClientCredentials, EnterpriseManaged, IdentityProvider, OAuth, SigningKey,
        WorkloadIdentity, testing::Follow,
    },
};

use super::Scenario;

/// The document that introduces the client; the suite says where it would be.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// What the scenario gives to prove it with; a user who says yes to everything, where it gives nothing.
pub(super) fn identity(scenario: &Scenario) -> Result<Option<Arc<dyn Scheme>>> {
    let Some(name) = scenario.name.strip_prefix("auth/") else {
        return Ok(None);
    };
    Ok(Some(match name {
        "client-credentials-jwt" => {
            let key = key(scenario)?;
            Arc::new(ClientCredentials::key(scenario.given("client_id")?, key))
        }
        "client-credentials-basic" => {
            let secret = scenario.given("client_secret")?;
            Arc::new(ClientCredentials::secret(
                scenario.given("client_id")?,
                secret,
            ))
        }
        "enterprise-managed-authorization" => Arc::new(enterprise(scenario)?),
        "wif-jwt-bearer" => Arc::new(
            WorkloadIdentity::new(scenario.given("valid_jwt")?)
                .client_id(scenario.given("client_id")?),
        ),
        _ => Arc::new(user(scenario)),
    }))
}

fn user(scenario: &Scenario) -> OAuth {
    let user = OAuth::new(Follow).in_memory().client_metadata_url(DOCUMENT);
    match (scenario.given("client_id"), scenario.given("client_secret")) {
        (Ok(id), Ok(secret)) => user.client_id(id).client_secret(secret),
        _ => user,
    }
}

fn enterprise(scenario: &Scenario) -> Result<EnterpriseManaged> {
    let idp = IdentityProvider::new(
        scenario.given("idp_issuer")?,
        scenario.given("idp_client_id")?,
    )
    .token_endpoint(scenario.given("idp_token_endpoint")?);
    Ok(
        EnterpriseManaged::new(idp, scenario.given("idp_id_token")?).client(
            scenario.given("client_id")?,
            scenario.given("client_secret")?,
        ),
    )
}

fn key(scenario: &Scenario) -> Result<SigningKey> {
    Ok(SigningKey::from_pem(scenario.given("private_key_pem")?)?)
}
