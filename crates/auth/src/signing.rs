//! Keys that sign, and JSON web tokens signed with them.

use std::{fmt, sync::Arc};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64},
};
use fmcp_core::{Error, Result};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::words::unusable;

/// A private key that proves who a client is: P-256 (ES256), RSA (RS256) or Ed25519 (EdDSA).
///
/// ```
/// use fmcp_auth::SigningKey;
///
/// let error = SigningKey::from_pem("not a key").unwrap_err();
/// assert!(error.message().contains("BEGIN PRIVATE KEY"));
/// ```
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Pair>,
    id: Option<Arc<str>>,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads a key in PEM: PKCS #8 (`BEGIN PRIVATE KEY`), for RSA also PKCS #1. Which kind of key it is
    /// stands in it.
    ///
    /// # Errors
    /// When it is no key, or one of another kind.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let (label, der) = decode(pem).ok_or_else(|| {
            unusable("the private key is no PEM file: it has no BEGIN PRIVATE KEY")
        })?;
        match label {
            "PRIVATE KEY" => Self::from_pkcs8(&der),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der)
                .map(|pair| Self::of(Pair::Rsa(pair)))
                .map_err(|why| unusable(format!("the private key is no RSA key: {why}"))),
            // A label that anybody wrote; what it says is not repeated, it may be the key itself.
            _ => Err(unusable(
                "the private key is not in PKCS #8 (BEGIN PRIVATE KEY); convert it with \
                 `openssl pkcs8 -topk8 -nocrypt`",
            )),
        }
    }

    /// Reads a key in PKCS #8, as DER.
    ///
    /// # Errors
    /// When it is no key, or one of another kind.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, der, &SystemRandom::new())
            .map(Pair::Ecdsa)
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::Ed25519))
            .or_else(|_| RsaKeyPair::from_pkcs8(der).map(Pair::Rsa));
        pair.map(Self::of).map_err(|why| {
            unusable(format!(
                "the private key is neither P-256 nor Ed25519, nor RSA of 2048 bits or more: {why}"
            ))
        })
    }

    /// Sets the name under which the server knows the key (`kid`).
    #[must_use]
    pub fn id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }

    fn of(pair: Pair) -> Self {
        Self {
            pair: Arc::new(pair),
            id: None,
        }
    }

    /// A new P-256 key, and its PKCS #8.
    pub(crate) fn generate() -> Result<(Self, Zeroizing<Vec<u8>>)> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| Error::internal("no key could be generated"))?;
        let der = Zeroizing::new(document.as_ref().to_vec());
        Ok((Self::from_pkcs8(&der)?, der))
    }

    /// The name of what it signs with (`alg`).
    pub(crate) fn algorithm(&self) -> &'static str {
        match *self.pair {
            Pair::Ecdsa(_) => "ES256",
            Pair::Rsa(_) => "RS256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    /// The public part of a P-256 key as a JSON web key, its members in the order of RFC 7638.
    pub(crate) fn public_p256(&self) -> Option<Value> {
        let Pair::Ecdsa(pair) = &*self.pair else {
            return None;
        };
        let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        Some(json!({
            "crv": "P-256", "kty": "EC", "x": BASE64.encode(x), "y": BASE64.encode(y),
        }))
    }

    /// A JSON web token. `header` gets `alg`, and `kid` where the key has a name.
    pub(crate) fn token(&self, mut header: Value, claims: &Value) -> Result<String> {
        header["alg"] = self.algorithm().into();
        if let Some(id) = &self.id {
            header["kid"] = (&**id).into();
        }
        let encode = |value: &Value| BASE64.encode(value.to_string());
        let mut token = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        BASE64.encode_string(signature, &mut token);
        Ok(token)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let signed = match &*self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, message).map(|s| s.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map(|()| signature)
            }
        };
        signed.map_err(|_| Error::internal("the private key does not sign"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The label and the bytes of the first part of a PEM file.
fn decode(pem: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    let der = BASE64_STANDARD.decode(body.as_bytes()).ok()?;
    Some((label, Zeroizing::new(der)))
}

#[cfg(test)]
pub(crate) mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};

    use super::*;

    pub(crate) fn pem(der: &[u8]) -> String {
        let body = BASE64_STANDARD.encode(der);
        let lines: Vec<_> = body
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        )
    }

    fn ed25519() -> (SigningKey, Vec<u8>) {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = SigningKey::from_pem(&pem(der.as_ref())).unwrap();
        let Pair::Ed25519(pair) = &*key.pair else {
            panic!("it is read as another kind of key");
        };
        let public = pair.public_key().as_ref().to_vec();
        (key, public)
    }

    #[test]
    fn a_token_is_signed_by_the_kind_of_key_that_the_file_holds() {
        let (key, der) = SigningKey::generate().unwrap();
        let Pair::Ecdsa(pair) = &*key.pair else {
            panic!("it is generated as another kind of key");
        };
        let public = pair.public_key().as_ref().to_vec();
        let read = SigningKey::from_pem(&pem(&der)).unwrap();
        check(
            &read,
            "ES256",
            &UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public),
        );
        let (key, public) = ed25519();
        check(&key, "EdDSA", &UnparsedPublicKey::new(&ED25519, public));
    }

    fn check(key: &SigningKey, algorithm: &str, public: &UnparsedPublicKey<Vec<u8>>) {
        let key = key.clone().id("one");
        let token = key
            .token(json!({"typ": "JWT"}), &json!({"iss": "me"}))
            .unwrap();
        let parts: Vec<_> = token.split('.').collect();
        let part = |at: usize| -> Value {
            serde_json::from_slice(&BASE64.decode(parts[at]).unwrap()).unwrap()
        };
        assert_eq!(
            part(0),
            json!({"typ": "JWT", "alg": algorithm, "kid": "one"})
        );
        assert_eq!(part(1), json!({"iss": "me"}));
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = BASE64.decode(parts[2]).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for bad in [
            "",
            "hunter2",
            "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
            "-----BEGIN EC PRIVATE KEY-----\naHVudGVyMg==\n-----END EC PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\naHVudGVyMg==\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==",
        ] {
            let error = format!("{:?}", SigningKey::from_pem(bad).unwrap_err());
            assert!(error.contains("private key"), "{error}");
            assert!(
                !error.contains("hunter2") && !error.contains("aHVu"),
                "{error}"
            );
        }
    }
}
