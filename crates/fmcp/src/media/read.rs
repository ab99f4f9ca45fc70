//! Reading a file to its end, but not beyond a bound.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;

/// How many bytes are read from a file when nothing else is said: 16 MiB.
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What stands in the file at `path`, which must be a file of at most `max` bytes.
pub(super) async fn read(path: &Path, max: u64) -> io::Result<Bytes> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || whole(&path, max).map_err(|e| name(&path, &e)));
    read.await.map_err(io::Error::other)?
}

fn whole(path: &PathBuf, max: u64) -> io::Result<Bytes> {
    // Asked before it is opened: opening a pipe would wait for somebody to write.
    check(&fs::metadata(path)?, max)?;
    let file = fs::File::open(path)?;
    let about = file.metadata()?;
    check(&about, max)?;
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
    // It may have grown since.
    let read = file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    check_size(read as u64, max)?;
    Ok(bytes.into())
}

fn check(about: &fs::Metadata, max: u64) -> io::Result<()> {
    if about.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory",
        ));
    }
    if !about.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    check_size(about.len(), max)
}

fn check_size(size: u64, max: u64) -> io::Result<()> {
    if size > max {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {max} bytes"),
        ));
    }
    Ok(())
}

fn name(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot read {}: {error}", path.display()),
    )
}
