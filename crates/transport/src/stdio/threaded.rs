//! Standard streams that make whoever uses them wait: files, devices, and pipes that others print to.
//!
//! Each has a thread of its own, not one of the runtime's: the runtime would wait for it at its end, and
//! nobody knows when a terminal's next line comes. A thread that waits for its stream ends with the
//! process; any other ends as soon as nobody holds the other end of its buffer.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::OwnedFd,
    thread,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    runtime::Handle,
    sync::oneshot,
};

/// How much is on its way between a thread and the runtime.
const BUFFER: usize = 64 * 1024;

/// What `stdin` has to say.
pub(super) fn reader(stdin: OwnedFd) -> io::Result<DuplexStream> {
    let (ours, theirs) = tokio::io::duplex(BUFFER);
    let runtime = Handle::current();
    let read = move || read(&runtime, &mut File::from(stdin), theirs);
    thread::Builder::new()
        .name("fmcp-stdin".into())
        .spawn(read)?;
    Ok(ours)
}

fn read(runtime: &Handle, stdin: &mut File, mut to: DuplexStream) {
    let mut chunk = vec![0; BUFFER];
    loop {
        match stdin.read(&mut chunk) {
            // Dropping our end is the end for the reader.
            Ok(0) => return,
            Ok(n) => {
                if runtime.block_on(to.write_all(&chunk[..n])).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::warn!(%error, "standard input cannot be read any further");
                return;
            }
        }
    }
}

/// The way to `stdout`, and who says that all of it has gone, once the way is dropped.
pub(super) fn writer(stdout: OwnedFd) -> io::Result<(DuplexStream, oneshot::Receiver<()>)> {
    let (ours, theirs) = tokio::io::duplex(BUFFER);
    let (written, is_written) = oneshot::channel();
    let runtime = Handle::current();
    let write = move || {
        write(&runtime, &mut File::from(stdout), theirs);
        // An error says that nobody wants to know.
        let _ = written.send(());
    };
    thread::Builder::new()
        .name("fmcp-stdout".into())
        .spawn(write)?;
    Ok((ours, is_written))
}

fn write(runtime: &Handle, stdout: &mut File, mut from: DuplexStream) {
    let mut chunk = vec![0; BUFFER];
    // An error cannot be: the buffer is in memory.
    while let Ok(n) = runtime.block_on(from.read(&mut chunk))
        && n > 0
    {
        if let Err(error) = stdout.write_all(&chunk[..n]) {
            tracing::warn!(%error, "standard output cannot be written any further");
            return;
        }
    }
}
