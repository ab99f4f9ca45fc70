//! What a server writes to its standard error.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much of a line is kept.
const LINE: usize = 1_000;

/// How many lines are kept for whoever asks why the server has gone.
const LAST: usize = 20;

/// The last lines that a server has written. A clone is the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Last(Arc<Mutex<VecDeque<String>>>);

impl Last {
    fn push(&self, line: String) {
        let mut lines = self.lock();
        if lines.len() == LAST {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// All of them, if there are any.
    pub(super) fn words(&self) -> Option<String> {
        let lines = self.lock();
        (!lines.is_empty()).then(|| {
            lines
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join("\n")
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads lines until there are no more: to the log, and kept for later. Whatever is read is noise.
pub(super) async fn read(
    mut from: impl AsyncRead + Unpin,
    server: &str,
    last: Last,
    make_noise: impl Fn(),
) {
    let (mut chunk, mut line) = (vec![0; 4_096], Vec::new());
    // An error says that there is no more, too.
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        make_noise();
        for piece in chunk[..n].split_inclusive(|byte| *byte == b'\n') {
            let room = LINE - line.len();
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                take(&mut line, server, &last);
            }
        }
    }
    take(&mut line, server, &last);
}

fn take(line: &mut Vec<u8>, server: &str, last: &Last) {
    let text = String::from_utf8_lossy(line);
    // What a terminal would obey, nobody should have to read.
    let text = text.trim_end().replace(char::is_control, " ");
    line.clear();
    if !text.is_empty() {
        tracing::info!(server, "{text}");
        last.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(written: &[u8], expect: Option<&str>) {
        let last = Last::default();
        read(written, "test", last.clone(), || {}).await;
        assert_eq!(last.words().as_deref(), expect);
    }

    #[tokio::test]
    async fn the_last_lines_are_kept_within_bounds() {
        check(b"", None).await;
        check(b"\n\r\n", None).await;
        check(
            b"one\r\ntwo \x1b[1mx\n\nthe rest",
            Some("one\ntwo  [1mx\nthe rest"),
        )
        .await;
        let many = "line\n".repeat(1_000);
        check(many.as_bytes(), Some(&["line"; LAST].join("\n"))).await;
        let long = "x".repeat(100_000);
        check(long.as_bytes(), Some(&long[..LINE])).await;
    }
}
