//! Putting a skill's files into a folder.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;

/// Tells apart those who save at once.
static TURN: AtomicU64 = AtomicU64::new(0);

/// Writes the files into a folder called `name`, which must not be there yet, in `folder`. It is there with all its
/// files, or not at all.
pub(super) fn save(folder: &Path, name: &str, files: &[(String, Bytes)]) -> io::Result<PathBuf> {
    let place = folder.join(name);
    if fs::symlink_metadata(&place).is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is there already", place.display()),
        ));
    }
    fs::create_dir_all(folder)?;
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    let unfinished = folder.join(format!(".{name}.{}-{turn}.part", std::process::id()));
    fs::create_dir(&unfinished)?;
    let done = write(&unfinished, files).and_then(|()| fs::rename(&unfinished, &place));
    if let Err(fault) = done {
        // What is left of it is of no use to anybody; that it could not be written is what matters.
        let _ = fs::remove_dir_all(&unfinished);
        return Err(fault);
    }
    Ok(place)
}

fn write(place: &Path, files: &[(String, Bytes)]) -> io::Result<()> {
    for (path, bytes) in files {
        let path = place.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        // Where names differ only in case, and the disk does not tell them apart, this fails.
        fs::File::create_new(path)?.write_all(bytes)?;
    }
    Ok(())
}
