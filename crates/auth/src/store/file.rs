//! A store in the folder of a user.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Kind, Result, Store};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{
    entry::{Entry, Seal},
    private::{self, DRAFT},
};
use crate::{random, secret::Secret, words::unusable};

/// The name of the file with the key, unless the application has one.
const KEY_FILE: &str = "key";
/// The name of the file that whoever writes has locked meanwhile.
pub(super) const TURN: &str = "lock";
/// What the names of values end with.
const SEALED: &str = ".sealed";
/// The longest key and the largest value.
const MAX_KEY: usize = 1024;
const MAX_VALUE: usize = 1024 * 1024;
/// How many files are looked at for a list.
const MAX_FILES: usize = 100_000;
/// After this time a draft is what a crash has left.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// Keeps values in a folder, each encrypted in a file of its own, for this user alone.
///
/// Several programs may share the folder. Without a key of the application's, the key lies beside the values:
/// then they are safe from whoever sees a single file (in a backup, in a support request), not from whoever
/// can read all that the user can.
///
/// ```
/// use fmcp_auth::FileStore;
///
/// # fn main() -> fmcp_core::Result<()> {
/// # let folder = tempfile::tempdir().expect("there is room for a folder");
/// let store = FileStore::new(folder.path().join("tokens"))?;
/// let sealed = FileStore::with_key(folder.path().join("sealed"), "a long secret of the application")?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileStore(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    seal: Seal,
}

impl FileStore {
    /// A store in a folder, which is made if it is not there, with a key of its own.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        private::folder(&folder).map_err(|why| failed(&folder, why))?;
        let secret = own_key(&folder.join(KEY_FILE))?;
        Self::open(folder, &secret)
    }

    /// A store in a folder, whose values are encrypted with a secret of the application's.
    ///
    /// # Errors
    /// When the folder cannot be used, or the secret is short.
    pub fn with_key(folder: impl Into<PathBuf>, secret: impl Into<Secret>) -> Result<Self> {
        let (folder, secret) = (folder.into(), secret.into());
        if secret.expose().len() < 16 {
            return Err(unusable(
                "the secret that tokens are encrypted with is shorter than 16 bytes",
            ));
        }
        private::folder(&folder).map_err(|why| failed(&folder, why))?;
        Self::open(folder, secret.expose().as_bytes())
    }

    /// The store in the user's own folder, which all programs share that use this one.
    ///
    /// # Errors
    /// When the user has no such folder, or it cannot be used.
    pub fn of_user() -> Result<Self> {
        Self::new(users_folder("tokens")?)
    }

    fn open(folder: PathBuf, secret: &[u8]) -> Result<Self> {
        let seal = Seal::new(secret);
        sweep(&folder);
        Ok(Self(Arc::new(Inner { folder, seal })))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.0);
        let done = spawn_blocking(move || work(&inner)).await;
        done.map_err(|_| Error::internal("the store of tokens was interrupted"))?
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileStore").field(&self.0.folder).finish()
    }
}

impl Inner {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{SEALED}"))
    }

    /// Lets one writer at a time change what is in the folder, of all processes.
    fn turn(&self) -> Result<fs::File> {
        let path = self.folder.join(TURN);
        private::lock(&path).map_err(|why| failed(&path, why))
    }

    /// The value under a key, unless it is over or damaged.
    fn get(&self, key: &str) -> Result<Option<Entry>> {
        let name = self.seal.name(key);
        Ok(self.read(&name)?.filter(|entry| entry.key == key))
    }

    fn read(&self, name: &str) -> Result<Option<Entry>> {
        let path = self.path(name);
        // The key, the value, and what sealing adds.
        let most = MAX_KEY + MAX_VALUE + 64;
        let sealed = private::read(&path, most).map_err(|why| failed(&path, why))?;
        let entry = sealed.and_then(|sealed| self.seal.open(name, &sealed));
        Ok(entry.filter(|entry| entry.ends > now()))
    }

    fn put_new(&self, key: String, value: Bytes, ttl: Option<Duration>) -> Result<bool> {
        check(&key, &value)?;
        let _turn = self.turn()?;
        if self.get(&key)?.is_some() {
            return Ok(false);
        }
        self.write(key, value, ttl)?;
        Ok(true)
    }

    fn put(&self, key: String, value: Bytes, ttl: Option<Duration>) -> Result<()> {
        check(&key, &value)?;
        let _turn = self.turn()?;
        self.write(key, value, ttl)
    }

    fn write(&self, key: String, value: Bytes, ttl: Option<Duration>) -> Result<()> {
        let name = self.seal.name(&key);
        let milliseconds = |ttl: Duration| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let ends = ttl.map_or(u64::MAX, |ttl| now().saturating_add(milliseconds(ttl)));
        let sealed = self.seal.seal(&name, &Entry { key, value, ends })?;
        let path = self.path(&name);
        private::replace(&path, &sealed).map_err(|why| failed(&path, why))
    }

    fn delete(&self, key: &str) -> Result<bool> {
        let _turn = self.turn()?;
        let was_there = self.get(key)?.is_some();
        let path = self.path(&self.seal.name(key));
        match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(failed(&path, why)),
            _ => Ok(was_there),
        }
    }

    fn list(&self, prefix: &str, limit: usize) -> Result<Vec<String>> {
        let folder = fs::read_dir(&self.folder).map_err(|why| failed(&self.folder, why))?;
        let mut keys = Vec::new();
        for file in folder.take(MAX_FILES) {
            let file = file.map_err(|why| failed(&self.folder, why))?.file_name();
            let name = file.to_str().and_then(|name| name.strip_suffix(SEALED));
            let Some(name) = name else {
                continue;
            };
            if let Some(entry) = self
                .read(name)?
                .filter(|entry| entry.key.starts_with(prefix))
            {
                keys.push(entry.key);
            }
        }
        keys.sort_unstable();
        keys.truncate(limit);
        Ok(keys)
    }
}

impl Store for FileStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        let key = key.to_owned();
        Box::pin(self.run(move |inner| Ok(inner.get(&key)?.map(|entry| entry.value))))
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        let key = key.to_owned();
        Box::pin(self.run(move |inner| inner.put(key, value, ttl)))
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        let key = key.to_owned();
        Box::pin(self.run(move |inner| inner.put_new(key, value, ttl)))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        let key = key.to_owned();
        Box::pin(self.run(move |inner| inner.delete(&key)))
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        let prefix = prefix.to_owned();
        Box::pin(self.run(move |inner| inner.list(&prefix, limit)))
    }
}

fn check(key: &str, value: &Bytes) -> Result<()> {
    if key.contains('\0') || key.len() > MAX_KEY {
        return Err(Error::invalid_params("a key must be short and without NUL"));
    }
    if value.len() > MAX_VALUE {
        return Err(Error::new(
            Kind::Overloaded,
            format!(
                "a value of {} bytes does not fit into this store",
                value.len()
            ),
        ));
    }
    Ok(())
}

/// The folder's own key. Whoever comes first makes it.
fn own_key(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut made = Zeroizing::new(vec![0; 32]);
    random::fill(&mut made)?;
    for _ in 0..2 {
        match private::read(path, 1024).map_err(|why| failed(path, why))? {
            Some(key) if key.len() == 32 => return Ok(Zeroizing::new(key)),
            Some(_) => {
                return Err(unusable(format!(
                    "the key in {} is damaged; remove it, and sign in again everywhere",
                    path.display()
                )));
            }
            None => drop(private::create(path, &made).map_err(|why| failed(path, why))?),
        }
    }
    Err(unusable(format!(
        "the key in {} comes and goes",
        path.display()
    )))
}

/// The user's own folder for what programs that use this one share, under this name.
pub(super) fn users_folder(name: &str) -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = users_base(|name| variable(name).map(PathBuf::from)).ok_or_else(|| {
        unusable("the environment names no folder of the user to keep tokens in (HOME is not set)")
    })?;
    Ok(base.join("fmcp").join(name))
}

fn users_base(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        Some(variable("HOME")?.join("Library/Application Support"))
    } else {
        let set = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
        set.or_else(|| Some(variable("HOME")?.join(".local/share")))
    }
}

/// Removes what a crash has left. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    for file in files.take(MAX_FILES).flatten() {
        let is_draft = file.file_name().to_string_lossy().ends_with(DRAFT);
        let age = file.metadata().and_then(|about| about.modified());
        let is_old = age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > FORGOTTEN));
        if is_draft && is_old {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn failed(path: &Path, why: io::Error) -> Error {
    let words = format!("the store of tokens cannot use {}: {why}", path.display());
    Error::internal(words).caused_by(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_one_folder() {
        let set = |set: &'static [(&str, &str)]| {
            move |name: &str| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| PathBuf::from(value))
            }
        };
        if cfg!(target_os = "linux") {
            for (variables, expect) in [
                (&[("HOME", "/home/a")][..], Some("/home/a/.local/share")),
                (
                    &[("HOME", "/home/a"), ("XDG_DATA_HOME", "/data")],
                    Some("/data"),
                ),
                (
                    &[("HOME", "/home/a"), ("XDG_DATA_HOME", "data")],
                    Some("/home/a/.local/share"),
                ),
                (&[], None),
            ] {
                assert_eq!(users_base(set(variables)), expect.map(PathBuf::from));
            }
        }
    }
}
