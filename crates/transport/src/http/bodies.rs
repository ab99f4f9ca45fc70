//! How many bytes of requests are held at once, of all peers together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Counts the bytes of bodies that are being read, and lets in as many as there may be.
pub(crate) struct Bodies {
    most: usize,
    held: AtomicUsize,
}

/// Bytes that are held, until this goes.
pub(crate) struct Held {
    bodies: Arc<Bodies>,
    bytes: usize,
}

impl Bodies {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: AtomicUsize::new(0),
        })
    }

    /// Nothing yet, of one body.
    pub(crate) fn begin(self: &Arc<Self>) -> Held {
        Held {
            bodies: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Held {
    /// Holds so many more, if there is room for them. For one body alone there always is: how large it may
    /// be is somebody else's business.
    pub(crate) fn add(&mut self, bytes: usize) -> bool {
        let before = self.bodies.held.fetch_add(bytes, Ordering::Relaxed);
        let is_alone = before == self.bytes;
        self.bytes += bytes;
        is_alone || before.saturating_add(bytes) <= self.bodies.most
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bodies.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_bytes_as_there_is_room_for() {
        let bodies = Bodies::new(100);
        let (mut ada, mut bob) = (bodies.begin(), bodies.begin());
        assert!(ada.add(60) && bob.add(40));
        assert!(!bob.add(1));
        drop(bob);
        assert!(ada.add(40));
        assert!(ada.add(1_000), "nobody else wants it");
        drop(ada);
        assert_eq!(bodies.held.load(Ordering::Relaxed), 0);
    }
}
