//! What nobody can guess.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use fmcp_core::{Error, Result};
use ring::rand::{SecureRandom as _, SystemRandom};

/// A text of 256 random bits, which may stand in a URL, a header and a file's name.
pub(crate) fn text() -> Result<String> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(BASE64.encode(bytes))
}

/// Fills `bytes` with what nobody can guess.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| Error::internal("the system gives no random numbers"))
}
