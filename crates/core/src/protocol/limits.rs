//! How much of a message is read before it is refused.

/// Bounds for what comes off the wire. Every one has a default that no honest peer reaches.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one message.
    pub message_bytes: usize,
    /// Levels of nesting in one message.
    pub depth: usize,
    /// Messages in one batch.
    pub batch: usize,
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

    /// Levels of nesting in one message. What is read into a tree is bounded at 128 in any case.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }

    /// Messages in one batch.
    #[must_use]
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages;
        self
    }
}

/// Whether `json` nests deeper than `limit`.
///
/// Deep nesting needs that many opening brackets, and those are quickly counted; only a text that has
/// enough of them is looked at byte by byte.
pub(crate) fn deeper_than(json: &[u8], limit: usize) -> bool {
    memchr::memchr2_iter(b'{', b'[', json).nth(limit).is_some()
        && measured_depth(json, limit) > limit
}

fn measured_depth(json: &[u8], limit: usize) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
                if deepest > limit {
                    break;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        for (text, limit, expect) in [
            (nested(4), 4, false),
            (nested(5), 4, true),
            (format!("\"{}\"", "[".repeat(100)), 4, false),
            (format!(r#""\"{}""#, "[".repeat(100)), 4, false),
            ("[[],[],[],[],[]]".to_owned(), 2, false),
            (nested(100_000), 128, true),
        ] {
            assert_eq!(
                deeper_than(text.as_bytes(), limit),
                expect,
                "{}",
                &text[..text.len().min(30)]
            );
        }
    }
}
