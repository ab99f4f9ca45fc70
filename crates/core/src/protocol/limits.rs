//! How much of a message is read before it is refused.

/// Bounds for what comes off the wire. Every one has a default that no honest peer reaches.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one message.
    pub(crate) message_bytes: usize,
    /// Levels of nesting in one message.
    pub(crate) depth: usize,
    /// Messages in one batch.
    pub(crate) batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 4 * 1024 * 1024,
            depth: 128,
            batch: 64,
        }
    }
}

impl Limits {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of one message, at most 1 GiB.
    #[must_use]
    pub fn message_bytes(mut self, bytes: usize) -> Self {
        self.message_bytes = bytes.min(1 << 30);
        self
    }

    /// The bytes that one message may have.
    #[must_use]
    pub fn max_message_bytes(&self) -> usize {
        self.message_bytes
    }

    /// Levels of nesting in one message, at most 512. What is read into a tree is bounded at 128 in any case.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels.min(512);
        self
    }

    /// Messages in one batch.
    #[must_use]
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages;
        self
    }
}
