//! What somebody has been told, and has not heard yet.

use std::collections::VecDeque;

use fmcp_core::Notice;

use super::Settings;

/// How much may wait to be heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    notices: usize,
    bytes: usize,
}

impl Bounds {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            // Without any room, nothing would ever be heard.
            notices: settings.unheard.max(1),
            bytes: settings.unheard_bytes.max(1),
        }
    }
}

/// What somebody has been told, and has not heard yet, in its order.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    notices: VecDeque<(Notice, usize)>,
    bytes: usize,
    /// Whoever is to hear it is so slow that the oldest is lost, until all has been heard.
    is_lossy: bool,
}

impl Unheard {
    /// Adds a notice that came in as this many bytes. There is always room for one more.
    pub(super) fn push(&mut self, notice: Notice, bytes: usize, bounds: Bounds) {
        while self.is_lossy && self.is_over(bounds) {
            self.take();
        }
        self.bytes += bytes;
        self.notices.push_back((notice, bytes));
    }

    /// The oldest.
    pub(super) fn pop(&mut self) -> Option<Notice> {
        let notice = self.take();
        self.is_lossy &= !self.notices.is_empty();
        notice
    }

    /// Whether nothing more should come in before something has been heard.
    pub(super) fn is_full(&self, bounds: Bounds) -> bool {
        !self.is_lossy && self.is_over(bounds)
    }

    /// What comes from now on takes the place of the oldest.
    pub(super) fn lose(&mut self) {
        self.is_lossy = true;
    }

    fn is_over(&self, bounds: Bounds) -> bool {
        self.notices.len() >= bounds.notices || self.bytes >= bounds.bytes
    }

    fn take(&mut self) -> Option<Notice> {
        let (notice, bytes) = self.notices.pop_front()?;
        self.bytes -= bytes;
        Some(notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_in_number_and_bytes() {
        let bounds = Bounds {
            notices: 3,
            bytes: 100,
        };
        for (bytes, room) in [(1, 3), (40, 3), (60, 2), (1_000, 1)] {
            let mut unheard = Unheard::default();
            for n in 0..room {
                assert!(!unheard.is_full(bounds), "{bytes} {n}");
                unheard.push(Notice::Initialized, bytes, bounds);
            }
            assert!(unheard.is_full(bounds), "{bytes}");
            unheard.lose();
            for _ in 0..100 {
                unheard.push(Notice::RootsChanged, bytes, bounds);
            }
            assert_eq!(unheard.notices.len(), room);
            while unheard.pop().is_some() {}
            assert_eq!(unheard.bytes, 0);
            unheard.push(Notice::Initialized, 1_000, bounds);
            assert!(unheard.is_full(bounds), "nothing is lost any more");
        }
    }
}
