//! Asks a token endpoint.

use std::time::SystemTime;

use bytes::Bytes;
use fmcp_core::Result;
use http::{HeaderMap, Response};
use url::Url;

use crate::{
    client::Client,
    discovery::Authority,
    dpop::{Audience, DPOP, Proof, USE_NONCE},
    form::Form,
    token::{self, Outcome, TokenType},
    wire::Wire,
    words::{refused, repeated},
};

/// A request for a token.
pub(crate) struct Exchange<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) authority: &'a Authority,
    pub(crate) client: &'a Client,
    pub(crate) proof: &'a Proof,
}

impl Exchange<'_> {
    /// Asks for a token, bound to the key if there is one.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers something else than a token or a refusal.
    pub(crate) async fn ask(&self, form: &Form) -> Result<Outcome> {
        let endpoint = self.authority.server.token()?;
        let issuer = self.authority.issuer();
        let response = self.send(&endpoint, form).await?;
        let (status, body) = (response.status(), response.body());
        let outcome = token::read(issuer, form, status, body, SystemTime::now())?;
        if let Outcome::Granted(token) = &outcome {
            let expected = match self.proof {
                Some(_) => TokenType::DPoP,
                None => TokenType::Bearer,
            };
            if token.scheme != expected {
                return Err(refused(format!(
                    "the authorization server {} gave a token of the type {:?} instead of {expected:?}",
                    repeated(issuer),
                    token.scheme
                )));
            }
        }
        Ok(outcome)
    }

    /// Sends the form, and once more where the server wants a number of its own in the proof.
    pub(crate) async fn send(&self, endpoint: &Url, form: &Form) -> Result<Response<Bytes>> {
        let response = self.send_once(endpoint, form).await?;
        let Some(prover) = self.proof else {
            return Ok(response);
        };
        let is_new = prover.hear(Audience::Issuer, response.headers());
        if response.status().is_success() || !is_new || !wants_nonce(response.body()) {
            return Ok(response);
        }
        let response = self.send_once(endpoint, form).await?;
        prover.hear(Audience::Issuer, response.headers());
        Ok(response)
    }

    async fn send_once(&self, endpoint: &Url, form: &Form) -> Result<Response<Bytes>> {
        let (mut form, mut headers) = (form.clone(), HeaderMap::new());
        self.client
            .sign(self.authority.issuer(), &mut form, &mut headers)?;
        if let Some(prover) = self.proof {
            let proof = prover.proof(Audience::Issuer, "POST", endpoint.as_str(), None)?;
            headers.insert(DPOP, proof);
        }
        self.wire.post(endpoint, headers, &form.encode()).await
    }
}

fn wants_nonce(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice::<Refusal>(body).is_ok_and(|refusal| refusal.error == USE_NONCE)
}
