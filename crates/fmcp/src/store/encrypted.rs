//! A store whose values nobody reads who has only the store.

use std::{fmt, time::Duration};

use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Result, Store};
use fmcp_transport::seal::Seal;

/// What values are sealed for: nothing else that is sealed with the same secret passes for one.
const PURPOSE: &[u8] = b"fmcp store value 1";

/// How many bytes a secret must have.
const MIN_SECRET: usize = 32;

/// Seals each value (AES-256-GCM) before another store keeps it, and opens it again.
///
/// It does not hide keys, nor how long values are, nor when they change; whoever can write to the store can
/// take values away or put an older one back, but can neither read one, nor make one, nor move one to another
/// key.
///
/// ```
/// use fmcp::{Store, store::{Encrypted, Memory}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let store = Encrypted::new(Memory::new(), "32 bytes at the least, all random")?;
/// store.put("alice", "secret".into(), None).await?;
/// assert_eq!(store.get("alice").await?.as_deref(), Some(b"secret".as_slice()));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Encrypted<S> {
    store: S,
    seal: Seal,
}

impl<S: Store> Encrypted<S> {
    /// Seals what `store` keeps, with a secret of 32 bytes or more, which should be random.
    ///
    /// # Errors
    /// When the secret is shorter.
    pub fn new(store: S, secret: impl AsRef<[u8]>) -> Result<Self> {
        let seal = Seal::new(checked(secret.as_ref())?, PURPOSE);
        Ok(Self { store, seal })
    }

    /// Also opens what was sealed with another secret, while secrets are being changed.
    ///
    /// # Errors
    /// When the secret is shorter than 32 bytes.
    pub fn or(self, secret: impl AsRef<[u8]>) -> Result<Self> {
        let seal = self.seal.or(checked(secret.as_ref())?);
        Ok(Self { seal, ..self })
    }

    fn close(&self, key: &str, value: &[u8]) -> Result<Bytes> {
        let sealed = self.seal.close_bytes(key.as_bytes(), value.to_vec());
        let unable = || Error::internal("a value of the store cannot be sealed");
        sealed.map(Bytes::from).ok_or_else(unable)
    }
}

fn checked(secret: &[u8]) -> Result<&[u8]> {
    if secret.len() < MIN_SECRET {
        return Err(Error::internal(format!(
            "a secret for a store must have {MIN_SECRET} bytes, and has {}",
            secret.len()
        )));
    }
    Ok(secret)
}

impl<S: Store> Store for Encrypted<S> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        Box::pin(async move {
            let Some(sealed) = self.store.get(key).await? else {
                return Ok(None);
            };
            let value = self.seal.open_bytes(key.as_bytes(), &sealed);
            let foreign = || Error::internal("a value of the store was sealed by somebody else");
            Ok(Some(value.ok_or_else(foreign)?.into()))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.store.put(key, self.close(key, &value)?, ttl).await })
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let sealed = self.close(key, &value)?;
            self.store.put_new(key, sealed, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.store.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        self.store.list(prefix, limit)
    }
}

impl<S: fmt::Debug> fmt::Debug for Encrypted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encrypted").field(&self.store).finish()
    }
}
