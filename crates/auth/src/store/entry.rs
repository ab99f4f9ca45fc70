//! One value in a file: sealed, so that only whoever has the key can read it or write one.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use fmcp_core::{Error, Result};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Prk, Salt},
    hmac,
};
use zeroize::Zeroizing;

use crate::random;

const PURPOSE: &[u8] = b"fmcp token store 1";
/// What stands before the key and the value: when it ends, and how long the key is.
const HEAD: usize = 8 + 4;

/// What a value is sealed with, and what its file is called by.
pub(super) struct Seal {
    key: LessSafeKey,
    names: hmac::Key,
}

/// A value that has been opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: Bytes,
    /// When it is over, in milliseconds since 1970; the largest number is never.
    pub(super) ends: u64,
}

impl Seal {
    pub(super) fn new(secret: &[u8]) -> Self {
        let root = Salt::new(HKDF_SHA256, PURPOSE).extract(secret);
        Self {
            key: LessSafeKey::new(derive::<UnboundKey>(&root)),
            names: derive_names(&root),
        }
    }

    /// The name of the file for a key. It tells nobody what the key is.
    pub(super) fn name(&self, key: &str) -> String {
        BASE64.encode(hmac::sign(&self.names, key.as_bytes()))
    }

    /// The content of the file `name`. Under another name it does not open: files cannot be swapped.
    pub(super) fn seal(&self, name: &str, entry: &Entry) -> Result<Vec<u8>> {
        let broken = |_| Error::internal("a value could not be encrypted");
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce)?;
        let length = u32::try_from(entry.key.len())
            .map_err(|_| Error::invalid_params("the key is too long"))?;
        // Allocated once, so that nothing of it stays behind in memory that was outgrown.
        let most = HEAD + entry.key.len() + entry.value.len() + AES_256_GCM.tag_len();
        let mut text = Zeroizing::new(Vec::with_capacity(most));
        text.extend_from_slice(&entry.ends.to_be_bytes());
        text.extend_from_slice(&length.to_be_bytes());
        text.extend_from_slice(entry.key.as_bytes());
        text.extend_from_slice(&entry.value);
        let unique = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(unique, aad(name), &mut *text)
            .map_err(broken)?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// What was sealed; nothing where somebody else did it, or it is damaged.
    pub(super) fn open(&self, name: &str, sealed: &[u8]) -> Option<Entry> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let text = self.key.open_in_place(nonce, aad(name), &mut text).ok()?;
        let (ends, rest) = text.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (key, value) = rest.split_at_checked(length)?;
        Some(Entry {
            key: String::from_utf8(key.to_vec()).ok()?,
            value: Bytes::copy_from_slice(value),
            ends: u64::from_be_bytes(*ends),
        })
    }
}

fn aad(name: &str) -> Aad<Vec<u8>> {
    Aad::from([PURPOSE, name.as_bytes()].concat())
}

fn derive<K: for<'a> From<ring::hkdf::Okm<'a, &'static ring::aead::Algorithm>>>(root: &Prk) -> K {
    root.expand(&[b"values"], &AES_256_GCM)
        .map(K::from)
        .unwrap_or_else(|_| unreachable!("the length is the algorithm's own"))
}

fn derive_names(root: &Prk) -> hmac::Key {
    root.expand(&[b"names"], hmac::HMAC_SHA256)
        .map(hmac::Key::from)
        .unwrap_or_else(|_| unreachable!("the length is the algorithm's own"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_under_its_name_with_its_key_and_unchanged() {
        let seal = Seal::new(b"secret");
        let entry = Entry {
            key: "größe".into(),
            value: "hunter2".into(),
            ends: 7,
        };
        let name = seal.name(&entry.key);
        let sealed = seal.seal(&name, &entry).unwrap();
        assert_eq!(seal.open(&name, &sealed).unwrap(), entry);
        assert!(seal.open("other", &sealed).is_none());
        assert!(Seal::new(b"other").open(&name, &sealed).is_none());
        assert_ne!(Seal::new(b"other").name(&entry.key), name);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open(&name, &changed).is_none(), "at {at}");
            assert!(seal.open(&name, &sealed[..at]).is_none(), "up to {at}");
        }
        let shows = |text: &[u8]| sealed.windows(text.len()).any(|part| part == text);
        assert!(!shows(b"hunter2") && !shows("größe".as_bytes()));
        assert_ne!(seal.seal(&name, &entry).unwrap(), sealed);
    }
}
