//! A store whose key lies in the keyring of the system.

use std::{path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Result, Store};
use keyring_core::{CredentialStore, Entry, Error as Fault};
use zeroize::Zeroizing;

use super::{
    file::{FileStore, TURN, failed, users_folder},
    private,
};
use crate::{random, words::unusable};

/// Under which name the key of a user's own store lies in the keyring.
const APPLICATION: &str = "fmcp";
/// What the key is for, as keyrings show it.
const PURPOSE: &str = "key of the store of tokens";

/// Keeps values in a folder, each encrypted in a file of its own; the key lies in the keyring of the system.
///
/// That is the keychain of macOS, the credential manager of Windows, and on Linux the kernel's keyring of the user, which
/// needs no desktop and no daemon, but forgets: at a restart of the machine, and where nobody has used it for some
/// days. What was encrypted with a key that is gone is as if it had never been there: the user signs in again. Values
/// are not put into the keyring themselves, since keyrings hold little: on Windows not even one larger token.
///
/// ```no_run
/// use fmcp_auth::{KeyringStore, OAuth};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let oauth = OAuth::browser().store(KeyringStore::of_user()?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct KeyringStore(FileStore);

impl KeyringStore {
    /// A store in a folder, which is made if it is not there. Its key lies in the keyring under the name of the application,
    /// and is made if it is not there. One application keeps to one folder: two that are new at the same time, in two
    /// folders, may each make a key, of which only the last is kept.
    ///
    /// # Errors
    /// When there is no keyring, it does not let this program in, or the folder cannot be used.
    pub fn new(folder: impl Into<PathBuf>, application: &str) -> Result<Self> {
        Self::open(&system()?, folder.into(), application)
    }

    /// The store in the user's own folder, which all programs share that use this one.
    ///
    /// # Errors
    /// The same, or when the user has no such folder.
    pub fn of_user() -> Result<Self> {
        Self::new(users_folder("keyring")?, APPLICATION)
    }

    fn open(keyring: &Arc<CredentialStore>, folder: PathBuf, application: &str) -> Result<Self> {
        private::folder(&folder).map_err(|why| failed(&folder, why))?;
        let entry = Entry::new_in_store(keyring, application, PURPOSE).map_err(|why| shut(&why))?;
        let key = match kept(&entry)? {
            Some(key) => key,
            None => Self::make(&entry, &folder)?,
        };
        FileStore::with_key(folder, key.as_str()).map(Self)
    }

    /// Makes the key, unless another program has done so by now.
    fn make(entry: &Entry, folder: &std::path::Path) -> Result<Zeroizing<String>> {
        let path = folder.join(TURN);
        let _lock = private::lock(&path).map_err(|why| failed(&path, why))?;
        if let Some(key) = kept(entry)? {
            return Ok(key);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        random::fill(&mut *bytes)?;
        let key = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        entry.set_secret(key.as_bytes()).map_err(|why| shut(&why))?;
        // A keyring that forgets at once is none.
        kept(entry)?
            .ok_or_else(|| unusable("the keyring of the system does not keep what it is given"))
    }
}

/// The key that the keyring has.
fn kept(entry: &Entry) -> Result<Option<Zeroizing<String>>> {
    let key = match entry.get_secret() {
        Ok(key) => Zeroizing::new(key),
        Err(Fault::NoEntry) => return Ok(None),
        Err(why) => return Err(shut(&why)),
    };
    let is_key = URL_SAFE_NO_PAD
        .decode(&*key)
        .is_ok_and(|bytes| bytes.len() == 32);
    match std::str::from_utf8(&key) {
        Ok(text) if is_key => Ok(Some(Zeroizing::new(text.to_owned()))),
        _ => Err(unusable(format!(
            "the {PURPOSE} in the keyring of the system is damaged; remove it, and sign in again everywhere"
        ))),
    }
}

/// Why the keyring does not help. What lies in it is not told.
fn shut(why: &Fault) -> Error {
    let why = match why {
        Fault::PlatformFailure(_) | Fault::NoStorageAccess(_) => why.to_string(),
        Fault::TooLong(..) | Fault::Invalid(..) | Fault::NotSupportedByStore(_) => why.to_string(),
        Fault::Ambiguous(_) => "it has several keys of this name".to_owned(),
        _ => "what it holds cannot be read".to_owned(),
    };
    unusable(format!(
        "the keyring of the system cannot be used ({why}); use a FileStore, whose key lies in a file"
    ))
}

#[cfg(target_os = "linux")]
fn system() -> Result<Arc<CredentialStore>> {
    match linux_keyutils_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(why) => Err(shut(&why)),
    }
}

#[cfg(target_os = "macos")]
fn system() -> Result<Arc<CredentialStore>> {
    match apple_native_keyring_store::keychain::Store::new() {
        Ok(store) => Ok(store),
        Err(why) => Err(shut(&why)),
    }
}

#[cfg(windows)]
fn system() -> Result<Arc<CredentialStore>> {
    match windows_native_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(why) => Err(shut(&why)),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system() -> Result<Arc<CredentialStore>> {
    let what = "no keyring is known for this system".to_owned();
    Err(shut(&Fault::NotSupportedByStore(what)))
}

impl Store for KeyringStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        self.0.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        self.0.put(key, value, ttl)
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        self.0.put_new(key, value, ttl)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.0.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        self.0.list(prefix, limit)
    }
}

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::*;

    fn keyring() -> Arc<CredentialStore> {
        mock::Store::new().unwrap()
    }

    /// The entry that a keyring has for an application. The stand-in knows it by its address.
    fn entry(keyring: &Arc<CredentialStore>) -> Entry {
        Entry::new_in_store(keyring, "test", PURPOSE).unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let entry = entry(&keyring());
        assert!(kept(&entry).unwrap().is_none());
        let made = KeyringStore::make(&entry, folder.path()).unwrap();
        assert_eq!(*kept(&entry).unwrap().unwrap(), *made);
        assert_eq!(*KeyringStore::make(&entry, folder.path()).unwrap(), *made);
    }

    #[test]
    fn a_key_that_is_none_is_not_used_and_not_shown() {
        for damaged in ["hunter2", ""] {
            let entry = entry(&keyring());
            entry.set_secret(damaged.as_bytes()).unwrap();
            let error = kept(&entry).unwrap_err();
            assert!(error.message().contains("is damaged"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_keyring_that_is_shut_is_named_with_another_way() {
        for fault in [
            Fault::NoStorageAccess("locked".into()),
            Fault::BadDataFormat(b"hunter2".to_vec(), "odd".into()),
            Fault::BadEncoding(b"hunter2".to_vec()),
        ] {
            let entry = entry(&keyring());
            let mock = entry.as_any().downcast_ref::<mock::Cred>().unwrap();
            mock.set_error(fault);
            let error = kept(&entry).unwrap_err();
            assert!(error.message().contains("use a FileStore"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
