//! Files that only their owner can read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

use crate::random;

/// Makes a folder that only its owner can look into, or makes one that is there to be so.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match make_folder(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Not what a link points to: somebody else may have put it there.
    if !fs::symlink_metadata(path)?.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            "it is not a folder",
        ));
    }
    restrict(path)
}

/// Reads a file of at most `most` bytes, which is not a link; nothing where there is none.
pub(super) fn read(path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut options = OpenOptions::new();
    options.read(true);
    without_links(&mut options);
    let file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is not a file",
        ));
    }
    let mut content = Vec::new();
    let limit = most as u64 + 1;
    file.take(limit).read_to_end(&mut content)?;
    if content.len() > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(content))
}

/// Puts a file in the place of another in one step: whoever reads sees the old one or the new one.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path, content)?;
    fs::rename(&draft, path).inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// Puts a file where there is none in one step; whether it did.
pub(super) fn create(path: &Path, content: &[u8]) -> io::Result<bool> {
    let draft = draft(path, content)?;
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits until nobody else has locked this file; it is locked until it is dropped.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    without_links(&mut options);
    for_owner(&mut options);
    let file = options.open(path)?;
    file.lock()?;
    Ok(file)
}

/// What the names of drafts end with.
pub(super) const DRAFT: &str = ".draft";

fn draft(path: &Path, content: &[u8]) -> io::Result<std::path::PathBuf> {
    let name = random::text().map_err(io::Error::other)?;
    let draft = path.with_file_name(format!("{name}{DRAFT}"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    for_owner(&mut options);
    let write = |mut file: File| {
        file.write_all(content)?;
        file.sync_all()
    };
    options
        .open(&draft)
        .and_then(write)
        .inspect_err(|_| drop(fs::remove_file(&draft)))?;
    Ok(draft)
}

#[cfg(unix)]
fn make_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::symlink_metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(unix)]
fn without_links(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
}

#[cfg(unix)]
fn for_owner(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

// Elsewhere the folder of a user is the user's alone already.
#[cfg(not(unix))]
fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn without_links(_options: &mut OpenOptions) {}

#[cfg(not(unix))]
fn for_owner(_options: &mut OpenOptions) {}
