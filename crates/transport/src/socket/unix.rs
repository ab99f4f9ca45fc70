//! A socket in the file system.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixSocket, UnixStream},
    time::timeout,
};

use super::Accept;

/// How many peers may wait to be let in.
const BACKLOG: u32 = 1024;

/// How long somebody who holds the socket may take to pick up.
const PATIENCE: Duration = Duration::from_secs(1);

/// A socket in the file system, which is removed at the end.
#[derive(Debug)]
pub struct Unix {
    listener: UnixListener,
    path: PathBuf,
    /// Which file it is: somebody may have put another in its place.
    identity: (u64, u64),
}

impl Unix {
    /// Listens at `path`, for those whom the permissions `mode` let in (0o600: the same user). What
    /// another process has left behind there is replaced if nobody answers on it.
    ///
    /// # Errors
    /// When somebody answers there, something else than a socket is there, or the system refuses.
    pub async fn bind(path: impl Into<PathBuf>, mode: u32) -> io::Result<Self> {
        let path = path.into();
        clear(&path).await?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(&path)?;
        // Before anybody can connect, which is possible from `listen` on.
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(Self {
            listener: socket.listen(BACKLOG)?,
            identity: identity(&path)?,
            path,
        })
    }

    /// Waits for a peer, as [`accept`](Accept::accept) does.
    ///
    /// # Errors
    /// Those of the system.
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        self.listener.poll_accept(cx).map_ok(|(stream, _)| stream)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Accept for Unix {
    type Stream = UnixStream;

    async fn accept(&mut self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Unix {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.identity) {
            // An error says that it is gone already.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// Removes a socket that nobody answers on.
async fn clear(path: &Path) -> io::Result<()> {
    let taken = |words: &str| {
        let words = format!("{}: {words}", path.display());
        Err(io::Error::new(io::ErrorKind::AddrInUse, words))
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(file) if !file.file_type().is_socket() => {
            return taken("there is something else than a socket");
        }
        Ok(_) => {}
    }
    match timeout(PATIENCE, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Whoever is busy is there.
        _ => taken("another process serves there"),
    }
}
