//! Where a secret comes from, each time that one is needed.

use std::{fmt, path::PathBuf, sync::Arc};

use fmcp_core::{BoxFuture, Error, Result};
use tokio::task::spawn_blocking;

use crate::{secret::Secret, words::unusable};

/// The longest file that is read as a secret.
const MAX_FILE: u64 = 64 * 1024;

type Get = dyn Fn() -> BoxFuture<'static, Result<Secret>> + Send + Sync;

/// Where a secret comes from, each time that one is needed: a text, a file, a function.
///
/// ```
/// use fmcp_auth::{Secret, SecretSource};
///
/// let fixed = SecretSource::from("a token");
/// let file = SecretSource::file("/var/run/secrets/tokens/mcp");
/// let computed = SecretSource::from_fn(async || Ok(Secret::new("asked of somebody")));
/// ```
#[derive(Clone)]
pub struct SecretSource(Source);

#[derive(Clone)]
enum Source {
    Fixed(Secret),
    File(PathBuf),
    Function(Arc<Get>),
}

impl SecretSource {
    /// What the function gives.
    pub fn from_fn<F, R>(function: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Secret>> + Send + 'static,
    {
        Self(Source::Function(Arc::new(move || Box::pin(function()))))
    }

    /// What stands in the file at that time, without the spaces and line breaks around it.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    pub(crate) async fn get(&self) -> Result<Secret> {
        match &self.0 {
            Source::Fixed(secret) => Ok(secret.clone()),
            Source::Function(function) => function().await,
            Source::File(path) => {
                let path = path.clone();
                spawn_blocking(move || read(&path))
                    .await
                    .map_err(|_| Error::internal("a secret's file could not be read"))?
            }
        }
    }

    /// Whether it may be another one the next time.
    pub(crate) fn varies(&self) -> bool {
        !matches!(self.0, Source::Fixed(_))
    }
}

fn read(path: &std::path::Path) -> Result<Secret> {
    use std::io::Read as _;
    let failed = |why: &dyn fmt::Display| {
        unusable(format!(
            "the secret in {} cannot be read: {why}",
            path.display()
        ))
    };
    let file = std::fs::File::open(path).map_err(|why| failed(&why))?;
    let mut text = zeroize::Zeroizing::new(String::new());
    let length = file.take(MAX_FILE + 1).read_to_string(&mut text);
    match length.map_err(|why| failed(&why))? as u64 {
        0 => Err(failed(&"the file is empty")),
        1..=MAX_FILE => Ok(Secret::new(text.trim())),
        _ => Err(failed(&"the file is too long to be a secret")),
    }
}

impl<T: Into<Secret>> From<T> for SecretSource {
    fn from(secret: T) -> Self {
        Self(Source::Fixed(secret.into()))
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Fixed(_) => f.write_str("SecretSource(…)"),
            Source::File(path) => f.debug_tuple("SecretSource").field(path).finish(),
            Source::Function(_) => f.write_str("SecretSource(fn)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn a_file_is_read_anew_each_time() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let source = SecretSource::file(file.path());
        assert!(source.get().await.is_err(), "an empty file is no secret");
        writeln!(file, " one ").unwrap();
        assert_eq!(source.get().await.unwrap().expose(), "one");
        file.write_all(&vec![b'x'; 70_000]).unwrap();
        let error = source.get().await.unwrap_err();
        assert!(error.message().contains("too long"), "{error}");
        assert!(SecretSource::file("/nowhere").get().await.is_err());
    }
}
