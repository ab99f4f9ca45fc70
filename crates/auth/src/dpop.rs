//! DPoP (RFC 9449): tokens that are worth nothing without a key.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use fmcp_core::{Error, Result};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{random, secret::Secret, signing::SigningKey};

/// The header of a proof.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header in which a server says what the next proof has to hold.
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// The longest of these that is repeated.
const MAX_NONCE: usize = 512;
/// What a server says that wants one.
pub(crate) const USE_NONCE: &str = "use_dpop_nonce";

/// Whom a proof is for. Each has nonces of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The authorization server.
    Issuer,
    /// The MCP server.
    Resource,
}

/// A key, and what servers want to read in proofs that it signs.
pub(crate) struct Prover {
    key: SigningKey,
    der: Zeroizing<Vec<u8>>,
    public: Value,
    nonces: Mutex<[Option<String>; 2]>,
}

impl Prover {
    /// A prover with a key that nobody else has.
    pub(crate) fn new() -> Result<Self> {
        let (key, der) = SigningKey::generate()?;
        Self::of(key, der)
    }

    /// The prover whose key [`Prover::export`] gave.
    pub(crate) fn import(text: &Secret) -> Result<Self> {
        let der = Zeroizing::new(BASE64.decode(text.expose()).map_err(|_| broken())?);
        Self::of(SigningKey::from_pkcs8(&der)?, der)
    }

    fn of(key: SigningKey, der: Zeroizing<Vec<u8>>) -> Result<Self> {
        let public = key.public_p256().ok_or_else(broken)?;
        Ok(Self {
            key,
            der,
            public,
            nonces: Mutex::default(),
        })
    }

    /// The key, to be kept with the tokens that are bound to it.
    pub(crate) fn export(&self) -> Secret {
        BASE64.encode(&*self.der).into()
    }

    /// A proof for one request. `token` is what it is sent with.
    pub(crate) fn proof(
        &self,
        audience: Audience,
        method: &str,
        address: &str,
        token: Option<&str>,
    ) -> Result<HeaderValue> {
        let now = seconds(SystemTime::now());
        let mut claims = json!({
            "jti": random::text()?, "htm": method, "htu": bare(address), "iat": now,
        });
        if let Some(token) = token {
            claims["ath"] = BASE64.encode(digest(&SHA256, token.as_bytes())).into();
        }
        if let Some(nonce) = self.nonce(audience) {
            claims["nonce"] = nonce.into();
        }
        let header = json!({"typ": "dpop+jwt", "jwk": self.public});
        let proof = self.key.token(header, &claims)?;
        HeaderValue::try_from(proof).map_err(|_| broken())
    }

    /// Remembers what the next proof has to hold; whether that is something new.
    pub(crate) fn hear(&self, audience: Audience, headers: &HeaderMap) -> bool {
        let nonce = headers.get(NONCE).and_then(|nonce| nonce.to_str().ok());
        let Some(nonce) = nonce.filter(|nonce| (1..=MAX_NONCE).contains(&nonce.len())) else {
            return false;
        };
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let place = &mut nonces[audience as usize];
        let is_new = place.as_deref() != Some(nonce);
        if is_new {
            *place = Some(nonce.to_owned());
        }
        is_new
    }

    fn nonce(&self, audience: Audience) -> Option<String> {
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces[audience as usize].clone()
    }
}

/// What asks for tokens that are bound to a key, if that is wanted.
pub(crate) type Proof = Option<Arc<Prover>>;

/// An address without what a proof may not repeat.
fn bare(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn broken() -> Error {
    Error::internal("the key that tokens are bound to is broken")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(proof: &HeaderValue) -> (Value, Value) {
        let mut parts = proof.to_str().unwrap().split('.').map(|part| {
            let bytes = BASE64.decode(part).unwrap();
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        });
        (parts.next().unwrap(), parts.next().unwrap())
    }

    fn nonce(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(NONCE, HeaderValue::from_static(text))])
    }

    #[test]
    fn a_proof_says_what_it_is_for_and_shows_only_the_public_key() {
        let prover = Prover::new().unwrap();
        let address = "https://a.example/mcp?secret=1#part";
        let proof = prover
            .proof(Audience::Resource, "POST", address, Some("token"))
            .unwrap();
        let (header, claims) = parts(&proof);
        assert_eq!(header["typ"], "dpop+jwt");
        assert_eq!(header["alg"], "ES256");
        let members: Vec<_> = header["jwk"].as_object().unwrap().keys().collect();
        assert_eq!(members, ["crv", "kty", "x", "y"]);
        assert_eq!(claims["htm"], "POST");
        assert_eq!(claims["htu"], "https://a.example/mcp");
        assert_eq!(claims["ath"], BASE64.encode(digest(&SHA256, b"token")));
        assert_eq!(claims.get("nonce"), None);
        let again = prover
            .proof(Audience::Resource, "POST", address, Some("token"))
            .unwrap();
        assert_ne!(parts(&again).1["jti"], claims["jti"]);
    }

    #[test]
    fn each_server_has_nonces_of_its_own() {
        let prover = Prover::new().unwrap();
        assert!(prover.hear(Audience::Issuer, &nonce("one")));
        assert!(!prover.hear(Audience::Issuer, &nonce("one")));
        assert!(prover.hear(Audience::Issuer, &nonce("two")));
        assert!(!prover.hear(Audience::Issuer, &HeaderMap::new()));
        let nonce_for = |audience| {
            let proof = prover.proof(audience, "POST", "https://a/", None).unwrap();
            parts(&proof).1.get("nonce").cloned()
        };
        assert_eq!(nonce_for(Audience::Issuer), Some("two".into()));
        assert_eq!(nonce_for(Audience::Resource), None);
    }

    #[test]
    fn a_key_can_be_kept_and_read_again() {
        let prover = Prover::new().unwrap();
        let again = Prover::import(&prover.export()).unwrap();
        assert_eq!(again.public, prover.public);
        assert!(Prover::import(&"no key".into()).is_err());
    }
}
