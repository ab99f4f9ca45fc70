//! Session ids that say all about their session, to whoever has the key.

use std::sync::Arc;

use fmcp_core::{
    Raw, Session,
    protocol::{
        Revision,
        model::{
            ClientCapabilities, ElicitationCapability, Implementation, RootsCapability,
            SamplingCapability,
        },
    },
};
use serde::{Deserialize, Serialize};

use crate::seal::Seal;

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
pub struct SessionKey(Seal);

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
        Self(Seal::new(secret, PURPOSE))
    }

    /// A key that nobody else has.
    pub(super) fn random() -> Self {
        Self(Seal::random(PURPOSE))
    }

    /// Also opens what was sealed with another secret.
    #[must_use]
    pub fn or(self, secret: impl AsRef<[u8]>) -> Self {
        Self(self.0.or(secret))
    }

    /// The sealed form.
    pub(super) fn seal(&self, claims: &Claims) -> Option<String> {
        let text = serde_json::to_vec(claims).ok()?;
        let id = self.0.close(PURPOSE, text)?;
        (id.len() <= MAX_LENGTH).then_some(id)
    }

    /// What was sealed; nothing where anybody else has sealed it, or nobody.
    pub(super) fn open(&self, id: &str) -> Option<Claims> {
        if id.len() > MAX_LENGTH {
            return None;
        }
        serde_json::from_slice(&self.0.open(PURPOSE, id)?).ok()
    }
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
        let said = self.capabilities;
        let bare = |said: Option<Raw>| said.and_then(|_| serde_json::from_str("{}").ok());
        self.capabilities = ClientCapabilities::default();
        self.capabilities.roots = said.roots.map(|said| {
            let mut roots = RootsCapability::default();
            roots.list_changed = said.list_changed;
            roots
        });
        self.capabilities.sampling = said.sampling.map(|said| {
            let mut sampling = SamplingCapability::default();
            (sampling.context, sampling.tools) = (bare(said.context), bare(said.tools));
            sampling
        });
        self.capabilities.elicitation = said.elicitation.map(|said| {
            let mut elicitation = ElicitationCapability::default();
            (elicitation.form, elicitation.url) = (bare(said.form), bare(said.url));
            elicitation
        });
        self.capabilities.tasks = bare(said.tasks);
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
