//! Session ids that say all about their session, to whoever has the key.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use fmcp_core::{
    Session,
    protocol::{
        Revision,
        model::{ClientCapabilities, Implementation},
    },
};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
    rand::{SecureRandom as _, SystemRandom},
};
use serde::{Deserialize, Serialize};

/// The longest id that is looked at, and the longest that is given out.
const MAX_LENGTH: usize = 4096;

/// What ids are sealed for: nothing else that is sealed with the same secret passes for one.
const PURPOSE: &[u8] = b"fmcp legacy session 1";

/// What legacy session ids are sealed with. Replicas that share the secret serve each other's sessions,
/// and a restart with the same secret loses none.
///
/// ```
/// use fmcp_transport::http::SessionKey;
///
/// let key = SessionKey::new("a long secret from the configuration");
/// // While secrets are being changed, ids that were sealed with the old one still open.
/// let key = SessionKey::new("the next long secret").or("a long secret from the configuration");
/// ```
#[derive(Clone)]
pub struct SessionKey(Arc<Vec<LessSafeKey>>);

/// What an id says.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    /// The session's name.
    #[serde(rename = "i")]
    pub(super) id: Arc<str>,
    #[serde(rename = "r")]
    revision: String,
    /// When it was opened, in seconds since 1970.
    #[serde(rename = "t")]
    pub(super) opened: u64,
    /// Whose it is.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<Arc<str>>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    client: Option<Implementation>,
    #[serde(rename = "k")]
    capabilities: ClientCapabilities,
}

impl SessionKey {
    /// A key made of a secret, which should be long and random.
    #[must_use]
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        Self(Arc::new(vec![derive(secret.as_ref())]))
    }

    /// A key that nobody else has.
    pub(super) fn random() -> Self {
        let mut secret = [0; 32];
        // Should the system have no randomness, the process's own is better than none.
        if SystemRandom::new().fill(&mut secret).is_err() {
            let more = foldhash::quality::RandomState::default();
            for (at, byte) in secret.iter_mut().enumerate() {
                *byte = std::hash::BuildHasher::hash_one(&more, at).to_le_bytes()[0];
            }
        }
        Self::new(secret)
    }

    /// Also opens what was sealed with another secret.
    #[must_use]
    pub fn or(self, secret: impl AsRef<[u8]>) -> Self {
        let mut keys = Vec::clone(&self.0);
        keys.push(derive(secret.as_ref()));
        Self(Arc::new(keys))
    }

    /// The sealed form.
    pub(super) fn seal(&self, claims: &Claims) -> Option<String> {
        let mut sealed = vec![0; NONCE_LEN];
        SystemRandom::new().fill(&mut sealed).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        let mut text = serde_json::to_vec(claims).ok()?;
        let key = self.0.first()?;
        key.seal_in_place_append_tag(nonce, Aad::from(PURPOSE), &mut text)
            .ok()?;
        sealed.append(&mut text);
        let id = BASE64.encode(sealed);
        (id.len() <= MAX_LENGTH).then_some(id)
    }

    /// What was sealed; nothing where anybody else has sealed it, or nobody.
    pub(super) fn open(&self, id: &str) -> Option<Claims> {
        if id.len() > MAX_LENGTH {
            return None;
        }
        let sealed = BASE64.decode(id).ok()?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        self.0.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            let text = key
                .open_in_place(nonce, Aad::from(PURPOSE), &mut text)
                .ok()?;
            serde_json::from_slice(text).ok()
        })
    }
}

fn derive(secret: &[u8]) -> LessSafeKey {
    let unbound: UnboundKey = Salt::new(HKDF_SHA256, PURPOSE)
        .extract(secret)
        .expand(&[b"AES-256-GCM"], &AES_256_GCM)
        .map(UnboundKey::from)
        .unwrap_or_else(|_| unreachable!("the length is the algorithm's own"));
    LessSafeKey::new(unbound)
}

impl Claims {
    pub(super) fn new(session: &Session, opened: u64, principal: Option<Arc<str>>) -> Self {
        Self {
            id: session.id().into(),
            revision: session.revision().as_str().to_owned(),
            opened,
            principal,
            client: session.client().cloned(),
            capabilities: session.capabilities().clone(),
        }
    }

    /// Without what makes it too long: what the protocol does not need to know.
    pub(super) fn shortened(mut self) -> Self {
        self.capabilities.experimental = None;
        self.capabilities.extensions = None;
        self.capabilities.extra = fmcp_core::Extra::default();
        self.client = self.client.map(|client| {
            let short = |text: &str| text.chars().take(64).collect::<String>();
            Implementation::new(short(&client.name), short(&client.version))
        });
        self
    }

    /// The session that it is about.
    pub(super) fn session(&self) -> Option<Session> {
        Some(Session::new(
            Arc::clone(&self.id),
            Revision::parse(&self.revision)?,
            self.client.clone(),
            self.capabilities.clone(),
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn claims() -> Claims {
        let capabilities = serde_json::from_str(r#"{"roots":{"listChanged":true}}"#).unwrap();
        let client = Implementation::new("lamp", "1");
        let session = Session::new("s1", Revision::V2025_06_18, Some(client), capabilities);
        Claims::new(&session, 7, Some("ada".into()))
    }

    #[test]
    fn an_id_says_all_about_its_session() {
        let id = SessionKey::new("secret").seal(&claims()).unwrap();
        assert!(id.bytes().all(|b| b.is_ascii_graphic()));
        let opened = SessionKey::new("secret").open(&id).unwrap();
        let session = opened.session().unwrap();
        assert_eq!(session.id(), "s1");
        assert_eq!(session.revision(), Revision::V2025_06_18);
        assert_eq!(session.client().unwrap().name, "lamp");
        assert!(session.capabilities().roots.is_some());
        assert_eq!(
            (opened.opened, opened.principal.as_deref()),
            (7, Some("ada"))
        );
    }

    #[test]
    fn nobody_else_can_make_one_or_change_one() {
        let id = SessionKey::new("secret").seal(&claims()).unwrap();
        assert!(SessionKey::new("other").open(&id).is_none());
        assert!(SessionKey::random().open(&id).is_none());
        for at in 0..id.len() {
            let mut changed = id.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                SessionKey::new("secret").open(&changed).is_none(),
                "at {at}"
            );
        }
        for id in ["", "A", "not base64!", &"A".repeat(5000)] {
            assert!(SessionKey::new("secret").open(id).is_none());
        }
    }

    #[test]
    fn secrets_can_be_changed() {
        let id = SessionKey::new("old").seal(&claims()).unwrap();
        assert!(SessionKey::new("new").or("old").open(&id).is_some());
        assert!(SessionKey::new("new").open(&id).is_none());
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let mut long = claims();
        long.client = Some(Implementation::new("x".repeat(9000), "1"));
        let key = SessionKey::new("secret");
        assert!(key.seal(&long).is_none());
        let id = key.seal(&long.shortened()).unwrap();
        assert_eq!(key.open(&id).unwrap().client.unwrap().name.len(), 64);
    }
}
