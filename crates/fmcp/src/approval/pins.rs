//! Digests that an operator has written down.

use std::{collections::BTreeMap, path::Path};

use fmcp_core::{Error, Result};

use super::decide::Digests;

/// The largest file that is read.
const LARGEST: u64 = 16 << 20;

/// Digests by upstream and tool.
pub(super) type Pins = BTreeMap<Box<str>, Digests>;

/// What stands in a file: `{"upstream": {"tool": "sha256:…"}}`.
///
/// # Errors
/// When it cannot be read, or something else stands there.
pub(super) fn read(file: &Path) -> Result<Pins> {
    let refuse = |why: String| Error::invalid_params(format!("{}: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|e| refuse(format!("it cannot be read: {e}")))?;
    if size.len() > LARGEST {
        return Err(refuse(format!("it is larger than {LARGEST} bytes")));
    }
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|e| refuse(format!("it cannot be read: {e}")))?;
    parse(&text).map_err(refuse)
}

fn parse(text: &str) -> Result<Pins, String> {
    let pins: Pins = serde_json::from_str(text)
        .map_err(|e| format!("it is not {{\"upstream\": {{\"tool\": \"sha256:…\"}}}}: {e}"))?;
    for (upstream, tools) in &pins {
        for (tool, digest) in tools {
            check(digest).map_err(|why| format!("{upstream}.{tool}: {why}"))?;
        }
    }
    Ok(pins)
}

/// Whether it can be a digest.
pub(super) fn check(digest: &str) -> Result<(), String> {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if hex.len() == 64 && hex.bytes().all(is_hex) {
        return Ok(());
    }
    let shown: String = digest.chars().take(80).collect();
    Err(format!(
        "{shown:?} is no digest: those are sha256: and 64 digits of 0-9a-f"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_pins_is_digests_and_nothing_else() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let good = parse(&format!(r#"{{"crm": {{"find": "{digest}"}}}}"#)).unwrap();
        assert_eq!(*good["crm"]["find"], *digest);
        let upper = digest.to_uppercase();
        for (text, words) in [
            ("[]", "it is not {"),
            (r#"{"crm": "x"}"#, "it is not {"),
            (r#"{"crm": {"find": "x"}}"#, "crm.find: \"x\" is no digest"),
            (&format!(r#"{{"crm": {{"find": "{upper}"}}}}"#), "no digest"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
