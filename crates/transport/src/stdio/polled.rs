//! Standard streams that the system watches for us: pipes, sockets and terminals.

use std::{
    io::{self, IsTerminal as _},
    os::fd::{AsRawFd as _, OwnedFd},
    pin::Pin,
    task::{Context, Poll},
};

use rustix::fs::{FileType, Mode, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::unix::pipe,
};

/// Reads as soon as there is something.
#[derive(Debug)]
pub(super) struct Reader {
    stream: pipe::Receiver,
    _flags: Flags,
    /// A named pipe whose writers have all gone before we came is never said to be ready: the first
    /// attempt is made without asking.
    untried: bool,
}

/// Writes as soon as there is room.
#[derive(Debug)]
pub(super) struct Writer {
    stream: pipe::Sender,
    _flags: Flags,
}

impl Reader {
    /// `None` where the system does not watch such a stream, or watching it would harm others.
    pub(super) fn new(fd: &OwnedFd) -> io::Result<Option<Self>> {
        let Some((fd, flags)) = unblocked(fd, OFlags::RDONLY)? else {
            return Ok(None);
        };
        // The pipe of the runtime reads whatever can be watched; only its name is narrow.
        let watched = pipe::Receiver::from_owned_fd_unchecked(fd).ok();
        Ok(watched.map(|stream| Self {
            stream,
            _flags: flags,
            untried: true,
        }))
    }
}

impl Writer {
    /// As [`Reader::new`].
    pub(super) fn new(fd: &OwnedFd) -> io::Result<Option<Self>> {
        let Some((fd, flags)) = unblocked(fd, OFlags::WRONLY)? else {
            return Ok(None);
        };
        let watched = pipe::Sender::from_owned_fd_unchecked(fd).ok();
        Ok(watched.map(|stream| Self {
            stream,
            _flags: flags,
        }))
    }
}

/// The flags of a stream that others share, given back at the end.
#[derive(Debug)]
struct Flags(Option<(OwnedFd, OFlags)>);

impl Drop for Flags {
    fn drop(&mut self) {
        if let Some((fd, flags)) = &self.0 {
            // An error says that the stream is gone, and its flags with it.
            let _ = fcntl_setfl(fd, *flags);
        }
    }
}

/// The stream, so that it does not make anybody wait, if that can be had.
fn unblocked(fd: &OwnedFd, access: OFlags) -> io::Result<Option<(OwnedFd, Flags)>> {
    let kind = FileType::from_raw_mode(fstat(fd)?.st_mode);
    if (kind == FileType::Fifo || fd.is_terminal())
        && let Some(own) = opened_anew(fd, access)
    {
        return Ok(Some((own, Flags(None))));
    }
    if !matches!(kind, FileType::Fifo | FileType::Socket) || is_also_stderr(fd)? {
        return Ok(None);
    }
    let before = fcntl_getfl(fd)?;
    if before.contains(OFlags::NONBLOCK) {
        // Somebody's choice, or ours: both streams may be one socket. Whoever chose gives it back.
        return Ok(Some((fd.try_clone()?, Flags(None))));
    }
    let flags = Flags(Some((fd.try_clone()?, before)));
    fcntl_setfl(fd, before | OFlags::NONBLOCK)?;
    Ok(Some((fd.try_clone()?, flags)))
}

/// The same pipe or terminal, opened anew: whether reads wait is a property of the opening, which other
/// processes (a shell, a sibling that writes to the same terminal) share with the one that we were given.
fn opened_anew(fd: &OwnedFd, access: OFlags) -> Option<OwnedFd> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, flags, Mode::empty()).ok()
}

/// Whether it leads where standard error leads, as with `2>&1`. Who prints there does not expect to be
/// told to come again later.
fn is_also_stderr(fd: &OwnedFd) -> io::Result<bool> {
    let (this, stderr) = (fstat(fd)?, fstat(io::stderr())?);
    Ok((this.st_dev, this.st_ino) == (stderr.st_dev, stderr.st_ino))
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.untried) {
            // An error comes again below, with whom to wake.
            if let Ok(n) = rustix::io::read(&self.stream, buf.initialize_unfilled()) {
                buf.advance(n);
                return Poll::Ready(Ok(()));
            }
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
