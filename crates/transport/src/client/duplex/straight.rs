//! The straight way for a message: whoever has one to send writes it, where nothing else is on its way, and
//! nobody has to be woken for it.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::io::AsyncWrite;

use crate::notice::Passed;

/// What a carrier writes with, and lends.
pub(super) struct Writer<W>(Arc<Mutex<Option<W>>>);

/// What is lent: a way for whole messages, until the carrier is done.
pub(super) trait Straight: Send + Sync {
    /// Writes as much as goes out at once. What is wrong is found by the carrier, who writes the rest.
    fn write(&self, line: &[u8]) -> Passed;
}

impl<W: AsyncWrite + Send + Unpin + 'static> Writer<W> {
    pub(super) fn new(write: W) -> Self {
        Self(Arc::new(Mutex::new(Some(write))))
    }

    pub(super) fn lend(&self) -> Arc<dyn Straight> {
        Arc::clone(&self.0) as _
    }

    fn poll<T>(
        &self,
        poll: impl FnOnce(Pin<&mut W>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *lock(&self.0) {
            Some(write) => poll(Pin::new(write)),
            // Only whoever drops this takes it out.
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

/// When the carrier is done, so is everybody: what it wrote to is closed.
impl<W> Drop for Writer<W> {
    fn drop(&mut self) {
        let write = lock(&self.0).take();
        drop(write);
    }
}

fn lock<W>(write: &Mutex<Option<W>>) -> MutexGuard<'_, Option<W>> {
    write.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: AsyncWrite + Send + Unpin> Straight for Mutex<Option<W>> {
    fn write(&self, line: &[u8]) -> Passed {
        let mut write = lock(self);
        let Some(write) = &mut *write else {
            return Passed::NOTHING;
        };
        // Whoever carries asks again, with a waker of its own, where there is anything left to do.
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(taken)) = Pin::new(&mut *write).poll_write(&mut cx, line) else {
            return Passed::NOTHING;
        };
        Passed {
            taken,
            has_gone: matches!(Pin::new(write).poll_flush(&mut cx), Poll::Ready(Ok(()))),
        }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> AsyncWrite for Writer<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|write| write.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|write| write.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|write| write.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::{AsyncReadExt as _, BufWriter};

    use super::*;

    #[tokio::test]
    async fn as_much_goes_as_there_is_room_for() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let writer = Writer::new(ours);
        let straight = writer.lend();
        let passed = |taken, has_gone| Passed { taken, has_gone };
        assert_eq!(straight.write(b"abc"), passed(3, true));
        assert_eq!(straight.write(b"def"), passed(1, true));
        assert_eq!(straight.write(b"ef"), Passed::NOTHING);
        let mut heard = [0; 4];
        theirs.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"abcd");
        drop(writer);
        assert_eq!(straight.write(b"e"), Passed::NOTHING);
        assert_eq!(theirs.read(&mut heard).await.unwrap(), 0, "it is closed");
    }

    #[tokio::test]
    async fn what_is_held_back_has_not_gone() {
        let (ours, _theirs) = tokio::io::duplex(2);
        let writer = Writer::new(BufWriter::new(ours));
        let passed = writer.lend().write(b"abc");
        assert_eq!((passed.taken, passed.has_gone), (3, false));
    }
}
