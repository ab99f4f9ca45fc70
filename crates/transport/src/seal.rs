//! Texts that go through a peer's hands, sealed: nobody without the secret can read, make or change one.
//!
//! What belongs here: keys, and their change. What does not: what is sealed, and for how long it is good.

use std::{fmt, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
    rand::{SecureRandom as _, SystemRandom},
};

/// Seals with one secret, and opens what it or an older one has sealed. A clone is the same seal.
///
/// ```
/// use fmcp_transport::seal::Seal;
///
/// let seal = Seal::new("a long secret", b"letters");
/// let sealed = seal.close(b"to Ada", b"hello".to_vec()).unwrap();
/// assert_eq!(seal.open(b"to Ada", &sealed).unwrap(), b"hello");
/// assert!(seal.open(b"to Bob", &sealed).is_none());
/// ```
#[derive(Clone)]
pub struct Seal {
    keys: Arc<Vec<LessSafeKey>>,
    purpose: &'static [u8],
}

impl Seal {
    /// A seal made of a secret, which should be long and random. Nothing that is sealed with the same secret
    /// for another purpose passes for something of this one.
    #[must_use]
    pub fn new(secret: impl AsRef<[u8]>, purpose: &'static [u8]) -> Self {
        Self {
            keys: Arc::new(vec![derive(secret.as_ref(), purpose)]),
            purpose,
        }
    }

    /// A seal that nobody else has.
    #[must_use]
    pub fn random(purpose: &'static [u8]) -> Self {
        let mut secret = [0; 32];
        // Should the system have no randomness, the process's own is better than none.
        if SystemRandom::new().fill(&mut secret).is_err() {
            let more = foldhash::quality::RandomState::default();
            for (at, byte) in secret.iter_mut().enumerate() {
                *byte = std::hash::BuildHasher::hash_one(&more, at).to_le_bytes()[0];
            }
        }
        Self::new(secret, purpose)
    }

    /// Also opens what was sealed with another secret.
    #[must_use]
    pub fn or(self, secret: impl AsRef<[u8]>) -> Self {
        let mut keys = Vec::clone(&self.keys);
        keys.push(derive(secret.as_ref(), self.purpose));
        Self {
            keys: Arc::new(keys),
            purpose: self.purpose,
        }
    }

    /// The sealed form of `text`, which opens only where the same is said of what it is `about`. `None`
    /// where the system has no randomness.
    #[must_use]
    pub fn close(&self, about: &[u8], text: Vec<u8>) -> Option<String> {
        Some(BASE64.encode(self.close_bytes(about, text)?))
    }

    /// As [`Seal::close`], for where bytes can go.
    #[must_use]
    pub fn close_bytes(&self, about: &[u8], mut text: Vec<u8>) -> Option<Vec<u8>> {
        let mut sealed = vec![0; NONCE_LEN];
        SystemRandom::new().fill(&mut sealed).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        let key = self.keys.first()?;
        key.seal_in_place_append_tag(nonce, Aad::from(about), &mut text)
            .ok()?;
        sealed.append(&mut text);
        Some(sealed)
    }

    /// What was sealed; nothing where anybody else has sealed it, or nobody, or about something else. How
    /// long a text may be that is looked at, its reader decides.
    #[must_use]
    pub fn open(&self, about: &[u8], sealed: &str) -> Option<Vec<u8>> {
        self.open_bytes(about, &BASE64.decode(sealed).ok()?)
    }

    /// As [`Seal::open`], of what [`Seal::close_bytes`] has sealed.
    #[must_use]
    pub fn open_bytes(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            let length = key
                .open_in_place(nonce, Aad::from(about), &mut text)
                .ok()?
                .len();
            text.truncate(length);
            Some(text)
        })
    }
}

/// Fills `bytes` with what nobody can guess; `None` where the system has no randomness.
#[must_use]
pub fn random(bytes: &mut [u8]) -> Option<()> {
    SystemRandom::new().fill(bytes).ok()
}

fn derive(secret: &[u8], purpose: &[u8]) -> LessSafeKey {
    let unbound: UnboundKey = Salt::new(HKDF_SHA256, purpose)
        .extract(secret)
        .expand(&[b"AES-256-GCM"], &AES_256_GCM)
        .map(UnboundKey::from)
        .unwrap_or_else(|_| unreachable!("the length is the algorithm's own"));
    LessSafeKey::new(unbound)
}

/// Nothing of a key is ever shown.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal")
            .field("purpose", &String::from_utf8_lossy(self.purpose))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn seal(secret: &str) -> Seal {
        Seal::new(secret, b"tests")
    }

    #[test]
    fn nobody_else_can_make_one_or_change_one() {
        let sealed = seal("secret").close(b"a", b"text".to_vec()).unwrap();
        assert!(sealed.bytes().all(|b| b.is_ascii_graphic()));
        assert_eq!(seal("secret").open(b"a", &sealed).unwrap(), b"text");
        assert!(seal("secret").open(b"b", &sealed).is_none());
        assert!(seal("other").open(b"a", &sealed).is_none());
        assert!(Seal::random(b"tests").open(b"a", &sealed).is_none());
        assert!(Seal::new("secret", b"other").open(b"a", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(seal("secret").open(b"a", &changed).is_none(), "at {at}");
        }
        for text in ["", "A", "not base64!", &"A".repeat(5000)] {
            assert!(seal("secret").open(b"a", text).is_none());
        }
    }

    #[test]
    fn secrets_can_be_changed() {
        let sealed = seal("old").close(b"", vec![1]).unwrap();
        assert_eq!(seal("new").or("old").open(b"", &sealed).unwrap(), [1]);
        assert!(seal("new").open(b"", &sealed).is_none());
    }
}
