//! What a handler keeps from one call of a session to the next.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

use super::Context;
use crate::{Error, Result, Session, Store};

/// Where a server keeps what its sessions leave behind. Part of the state that calls carry.
#[derive(Clone)]
pub struct SessionStore(pub Arc<dyn Store>);

/// What may not stand in a session's id between the colons of a key.
const NOT_IN_IDS: &AsciiSet = &CONTROLS.add(b':').add(b'%');

/// Values that belong to the session, under names: each is JSON and lives for a time.
///
/// Every write begins the value's time anew; reading does not.
///
/// ```
/// # async fn handler(ctx: fmcp_core::Context) -> fmcp_core::Result<()> {
/// if let Some(session) = ctx.session_state() {
///     let seen: u32 = session.get("seen").await?.unwrap_or(0);
///     session.set("seen", &(seen + 1)).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SessionState {
    store: Arc<dyn Store>,
    prefix: String,
}

impl Context {
    /// What the session keeps from one call to the next; `None` where the call has no session, or no
    /// server answers it.
    #[must_use]
    pub fn session_state(&self) -> Option<SessionState> {
        let session = self.session().filter(|session| session.lasts())?;
        let store = self.state::<SessionStore>()?;
        Some(SessionState::of(&store, session))
    }
}

impl SessionState {
    /// For how long a value lives when nothing else is said.
    pub const TTL: Duration = Duration::from_secs(24 * 60 * 60);
    /// The longest key, in bytes.
    pub const MAX_KEY: usize = 256;
    /// The longest value, in bytes of JSON.
    pub const MAX_VALUE: usize = 1024 * 1024;

    /// What a session keeps in a store.
    #[must_use]
    pub fn of(store: &SessionStore, session: &Session) -> Self {
        Self {
            store: Arc::clone(&store.0),
            prefix: format!("session:{}:", utf8_percent_encode(session.id(), NOT_IN_IDS)),
        }
    }

    /// The value under `key`, if it is there.
    ///
    /// # Errors
    /// When the key cannot be one, the value is not a `T`, or the store fails.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(value) = self.store.get(&self.key(key)?).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&value).map(Some).map_err(|e| {
            Error::internal(format!(
                "the session's value {key:?} is not a {}",
                std::any::type_name::<T>()
            ))
            .caused_by(e)
        })
    }

    /// Keeps `value` under `key` for [`SessionState::TTL`].
    ///
    /// # Errors
    /// When the key cannot be one, the value cannot be written or is too long, or the store fails.
    pub async fn set<T: Serialize + Sync + ?Sized>(&self, key: &str, value: &T) -> Result<()> {
        self.set_with_ttl(key, value, Self::TTL).await
    }

    /// Keeps `value` under `key` for `ttl`.
    ///
    /// # Errors
    /// As [`SessionState::set`].
    pub async fn set_with_ttl<T: Serialize + Sync + ?Sized>(
        &self,
        key: &str,
        value: &T,
        ttl: Duration,
    ) -> Result<()> {
        let (place, value) = (self.key(key)?, write(key, value)?);
        self.store.put(&place, value, Some(ttl)).await
    }

    /// Removes the value under `key`; whether there was one.
    ///
    /// # Errors
    /// When the key cannot be one, or the store fails.
    pub async fn delete(&self, key: &str) -> Result<bool> {
        self.store.delete(&self.key(key)?).await
    }

    fn key(&self, key: &str) -> Result<String> {
        check_key(key)?;
        Ok(format!("{}{key}", self.prefix))
    }
}

fn check_key(key: &str) -> Result<()> {
    let fault = match key.len() {
        0 => "is empty".to_owned(),
        len if len > SessionState::MAX_KEY => {
            format!("has {len} bytes, and may have {}", SessionState::MAX_KEY)
        }
        _ if key.contains('\0') => "has a NUL in it".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::internal(format!(
        "a key of the session's state {fault}"
    )))
}

fn write<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Bytes> {
    let text = serde_json::to_vec(value).map_err(|e| {
        Error::internal(format!(
            "the session's value {key:?} cannot be written as JSON"
        ))
        .caused_by(e)
    })?;
    if text.len() > SessionState::MAX_VALUE {
        return Err(Error::internal(format!(
            "the session's value {key:?} has {} bytes, and may have {}",
            text.len(),
            SessionState::MAX_VALUE
        )));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_have_bounds() {
        for (key, fault) in [
            ("a", None),
            ("a:b/c d", None),
            (&*"k".repeat(256), None),
            ("", Some("is empty")),
            (&*"k".repeat(257), Some("has 257 bytes, and may have 256")),
            ("a\0", Some("NUL")),
        ] {
            let found = check_key(key).err().map(|e| e.message().to_owned());
            match (fault, found) {
                (None, None) => {}
                (Some(fault), Some(found)) => assert!(found.contains(fault), "{found}"),
                other => panic!("{key:?}: {other:?}"),
            }
        }
        let most = "x".repeat(SessionState::MAX_VALUE - 2);
        assert!(write("k", &most).is_ok());
        let error = write("k", &(most + "x")).unwrap_err();
        assert!(error.message().contains("may have 1048576"), "{error}");
    }
}
