//! What proofs are held against: signatures are really checked.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use serde_json::{Value, json};

use super::{Inner, Seen};

pub(crate) struct Claim<'a> {
    pub(crate) method: &'a str,
    pub(crate) address: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) nonce: Option<&'a str>,
}

/// The thumbprint of the key that signed the proof of a request, or the error to answer with.
pub(crate) fn check(inner: &Inner, seen: &Seen, claim: &Claim<'_>) -> Result<String, &'static str> {
    let Some(proof) = seen.header("dpop") else {
        return Err("invalid_dpop_proof");
    };
    let (header, claims) = parts(proof);
    let jwk = &header["jwk"];
    let point = |name: &str| BASE64.decode(jwk[name].as_str().unwrap()).unwrap();
    let key = [vec![4], point("x"), point("y")].concat();
    if !verify(proof, &key) {
        inner.complain("the signature of a proof is wrong");
    }
    let bare = jwk.as_object().unwrap().len() == 4;
    let expected = json!({"typ": "dpop+jwt", "alg": "ES256"});
    if header["typ"] != expected["typ"] || header["alg"] != expected["alg"] || !bare {
        inner.complain(format!("the header of a proof is wrong: {header}"));
    }
    if claims["htm"] != claim.method || claims["htu"] != claim.address {
        inner.complain(format!("a proof is for another request: {claims}"));
    }
    let hash = claim
        .token
        .map(|token| BASE64.encode(digest(&SHA256, token.as_bytes())));
    if claims.get("ath").and_then(Value::as_str) != hash.as_deref() {
        inner.complain(format!("a proof is for another token: {claims}"));
    }
    let id = claims["jti"].as_str().unwrap().to_owned();
    if !inner.state.lock().unwrap().proofs.insert(id) {
        inner.complain("a proof was used twice");
    }
    if claims.get("nonce").and_then(Value::as_str) != claim.nonce {
        return Err("use_dpop_nonce");
    }
    let members = ["crv", "kty", "x", "y"].map(|name| format!("\"{name}\":{}", jwk[name]));
    let thumbprint = digest(&SHA256, format!("{{{}}}", members.join(",")).as_bytes());
    Ok(BASE64.encode(thumbprint))
}

/// Whether a token is signed by a P-256 key, given as a point.
pub(crate) fn verify(token: &str, key: &[u8]) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
        .verify(signed.as_bytes(), &signature)
        .is_ok()
}

/// The header and the claims of a token.
pub(crate) fn parts(token: &str) -> (Value, Value) {
    let mut parts = token
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&BASE64.decode(part).unwrap()).unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}
