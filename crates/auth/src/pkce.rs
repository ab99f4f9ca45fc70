//! PKCE (RFC 7636): a stolen code is worth nothing without what it was asked for with.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use fmcp_core::Result;
use ring::digest::{SHA256, digest};

use crate::{random, secret::Secret};

/// What only whoever began an authorization knows.
pub(crate) struct Verifier(Secret);

impl Verifier {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(random::text()?.into()))
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// What may be seen of it by everybody.
    pub(crate) fn challenge(&self) -> String {
        BASE64.encode(digest(&SHA256, self.0.expose().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_specification() {
        // RFC 7636, appendix B.
        let verifier = Verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(
            verifier.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_verifier_is_long_enough_and_never_the_same() {
        let (one, other) = (Verifier::new().unwrap(), Verifier::new().unwrap());
        assert_eq!(one.secret().expose().len(), 43);
        assert_ne!(one.secret(), other.secret());
    }
}
