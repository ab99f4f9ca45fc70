//! States, sealed and opened: for how long they are good, and how often.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use fmcp_core::{Call, Error, Result, SessionStore};
use fmcp_transport::seal::Seal;

use super::{
    about::about,
    key::{StateKey, VARIABLE, from_environment},
};

/// For how long a state is good when nothing else is said. It bounds how long a user may think, and how
/// long somebody who has seen a state may send it again.
const TTL: Duration = Duration::from_secs(15 * 60);

/// How much a state may hold, in bytes before it is sealed.
const MAX_STATE: usize = 256 * 1024;

/// How long a sealed state may be: four bytes for three, and what sealing adds.
const MAX_SEALED: usize = MAX_STATE / 3 * 4 + 256;

/// What stands before the memory: until when the state is good, and its id.
const HEAD: usize = 8 + ID;

/// The length of an id.
const ID: usize = 16;

/// What a server has been told about states.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    seal: Arc<OnceLock<Result<Seal, String>>>,
    pub(crate) ttl: Duration,
    pub(crate) single_use: bool,
}

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            seal: Arc::default(),
            ttl: TTL,
            single_use: false,
        }
    }

    /// Sets the key.
    ///
    /// # Errors
    /// When one of its secrets is too short.
    pub(crate) fn key(&mut self, key: StateKey) -> Result<(), String> {
        self.seal = Arc::new(OnceLock::from(Ok(key.checked()?)));
        Ok(())
    }

    fn seal(&self) -> Result<&Seal> {
        let seal = self.seal.get_or_init(|| {
            let named = std::env::var(VARIABLE).ok();
            from_environment(named.as_deref())
        });
        seal.as_ref().map_err(|fault| {
            tracing::error!("{fault}");
            Error::internal("this server cannot ask anything; its log says why")
        })
    }
}

/// Keeps what calls leave for their next round. It is part of the state that calls see.
#[derive(Debug)]
pub(crate) struct Keeper {
    settings: Settings,
    server: Arc<str>,
}

impl Keeper {
    pub(crate) fn new(settings: Settings, server: &str) -> Self {
        Self {
            settings,
            server: server.into(),
        }
    }

    /// Whether answers count only with a state that has not been used.
    pub(super) fn is_single_use(&self) -> bool {
        self.settings.single_use
    }

    /// The state of `call`, sealed for the client.
    ///
    /// # Errors
    /// When it is too large, or cannot be sealed or stored.
    pub(super) async fn close(&self, call: &Call, memory: &[u8]) -> Result<String> {
        if memory.len() > MAX_STATE {
            return Err(Error::internal(format!(
                "what this call has been answered and keeps has {} bytes, and may have {MAX_STATE}",
                memory.len()
            )));
        }
        let unable = || Error::internal("the state of this call cannot be sealed");
        let id = new_id().ok_or_else(unable)?;
        let until = now().saturating_add(self.settings.ttl.as_secs());
        let mut text = Vec::with_capacity(HEAD + memory.len() + 16);
        text.extend_from_slice(&until.to_be_bytes());
        text.extend_from_slice(&id);
        text.extend_from_slice(memory);
        let sealed = self
            .settings
            .seal()?
            .close(&about(&self.server, call), text);
        if self.settings.single_use {
            let store = store(call)?;
            store
                .0
                .put(&place(&id), Bytes::new(), Some(self.settings.ttl))
                .await?;
        }
        sealed.ok_or_else(unable)
    }

    /// What stands in a state that was sealed for `call`, and that is still good.
    ///
    /// # Errors
    /// When it was not, or is not any more.
    pub(super) async fn open(&self, call: &Call, state: &str) -> Result<Vec<u8>> {
        let foreign = || {
            Error::invalid_params("`requestState` is none that this server has given for this call")
        };
        if state.len() > MAX_SEALED {
            return Err(foreign());
        }
        let text = self
            .settings
            .seal()?
            .open(&about(&self.server, call), state);
        let text = text.ok_or_else(foreign)?;
        let (head, memory) = text.split_at_checked(HEAD).ok_or_else(foreign)?;
        let (until, id) = head.split_at(HEAD - ID);
        let until = until.try_into().map_or(0, u64::from_be_bytes);
        if now() >= until {
            return Err(Error::invalid_params(
                "the time to answer is over; make the call again, without `requestState`",
            ));
        }
        // Taking it away is what only one of several that come at once can do.
        if self.settings.single_use && !store(call)?.0.delete(&place(id)).await? {
            return Err(Error::invalid_params(
                "`requestState` has been used; make the call again without it",
            ));
        }
        Ok(memory.to_vec())
    }
}

/// Where the id of a state is kept that has not been used.
fn place(id: &[u8]) -> String {
    id.iter().fold("round:".to_owned(), |mut place, byte| {
        let _ = write!(place, "{byte:02x}");
        place
    })
}

fn store(call: &Call) -> Result<&SessionStore> {
    let store = call.state().and_then(|state| state.get::<SessionStore>());
    store.ok_or_else(|| Error::internal("this call is not answered by a server"))
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// An id that nobody else has.
fn new_id() -> Option<[u8; ID]> {
    let mut id = [0; ID];
    fmcp_transport::seal::random(&mut id)?;
    Some(id)
}
