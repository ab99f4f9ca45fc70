//! A socket that has a place in the file system.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixStream as Probe,
    },
    path::{Path, PathBuf},
};

use rustix::fs::Mode;
use tokio::net::{UnixListener, UnixSocket};

/// How many peers may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Only the one who runs the server may connect.
const PRIVATE: u32 = 0o600;

/// A listening Unix socket, and its file, which goes when it does.
pub(super) struct Place {
    pub(super) listener: UnixListener,
    file: File,
}

struct File {
    path: PathBuf,
    /// Device and inode, by which it is known whether the file is still ours.
    identity: (u64, u64),
}

impl Place {
    /// Listens at `path`. A socket that nobody listens on any more is replaced; anything else that is
    /// there already is left alone.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        clear(path)?;
        let socket = UnixSocket::new_stream()?;
        // Where the system lets us, the file is private from its first moment on.
        let _ = rustix::fs::fchmod(&socket, Mode::from_raw_mode(PRIVATE));
        socket.bind(path)?;
        let metadata = fs::symlink_metadata(path)?;
        let file = File {
            path: path.to_owned(),
            identity: (metadata.dev(), metadata.ino()),
        };
        fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE))?;
        let listener = socket.listen(BACKLOG)?;
        Ok(Self { listener, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|now| (now.dev(), now.ino()) == self.identity);
        if is_ours {
            // If it does not go, the next one to bind finds it stale.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Takes away what an earlier server has left behind.
fn clear(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !metadata.file_type().is_socket() {
        let words = format!("{} is there already, and is no socket", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
    }
    match Probe::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // It listens, or it is full, or it is not ours to look at.
        _ => {
            let words = format!("somebody listens at {} already", path.display());
            Err(io::Error::new(io::ErrorKind::AddrInUse, words))
        }
    }
}
