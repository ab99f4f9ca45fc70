//! What comes in and is no message.

/// How much of a line is shown.
const SHOWN: usize = 200;

/// How many lines are shown one by one.
const EACH: u64 = 8;

/// What has come in and was no message: counted, and shown now and then, since a server that prints may
/// print without end.
#[derive(Debug, Default)]
pub(super) struct Garbage(u64);

impl Garbage {
    /// Takes note of a line. A server that prints is common; what it prints helps whoever has to find out.
    pub(super) fn line(&mut self, server: &str, line: &[u8]) {
        if self.count() {
            let (line, count) = (shown(line), self.0);
            tracing::warn!(
                server,
                line,
                count,
                "the server has sent something that is no message"
            );
        }
    }

    /// Takes note of a message that cannot be used.
    pub(super) fn message(&mut self, server: &str, why: &str) {
        if self.count() {
            let count = self.0;
            tracing::warn!(server, why, count, "a message of the server was left out");
        }
    }

    /// Whether this one is shown.
    fn count(&mut self) -> bool {
        self.0 += 1;
        self.0 <= EACH || self.0.is_power_of_two()
    }
}

/// As much of a line as is shown, without what a terminal would obey.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(SHOWN)]);
    text.replace(char::is_control, " ")
}

/// The id of the response of which only the beginning or the end is at hand. Nobody but the server is
/// harmed if it is not what it seems.
pub(super) fn id_in(text: &[u8], is_head: bool) -> Option<u64> {
    let key = b"\"id\"";
    let at = if is_head {
        // Further in, it may be anything's.
        memchr::memmem::find(&text[..text.len().min(64)], key)
    } else {
        memchr::memmem::rfind(text, key)
    }?;
    let rest = text[at + key.len()..].trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_at_either_end() {
        let head = br#"{"jsonrpc":"2.0", "id" : 12, "result":{"content":"xxxxxxxxxxxxxxxx"#;
        assert_eq!(id_in(head, true), Some(12));
        let tail = br#"xxx"id":1}]},"jsonrpc":"2.0","id":7}"#;
        assert_eq!(id_in(tail, false), Some(7));
        for text in ["", "\"id\"", "{\"id\":\"x\"}", "{\"id\":null}", "noise"] {
            assert_eq!(id_in(text.as_bytes(), true), None, "{text}");
        }
    }

    #[test]
    fn endless_noise_is_shown_now_and_then() {
        let mut garbage = Garbage::default();
        let shown = (0..1_000_000).filter(|_| garbage.count()).count();
        assert!(shown < 30, "{shown}");
        assert_eq!(super::shown(b"a\x1b[31mred\xff"), "a [31mred\u{fffd}");
    }
}
