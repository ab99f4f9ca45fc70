//! Texts that stand elsewhere: in a file, or on standard input.

use std::io::Read as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// How much is read.
const MAX_BYTES: u64 = 64 << 20;

/// What stands in the file, or on standard input for `-`. Bytes that are no text become base64.
pub(super) fn text(file: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin()
            .lock()
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes),
        path => std::fs::File::open(path)
            .and_then(|open| open.take(MAX_BYTES + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|e| format!("{file} cannot be read: {e}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{file} is larger than {MAX_BYTES} bytes"));
    }
    let text = String::from_utf8(bytes);
    Ok(text.unwrap_or_else(|bytes| BASE64_STANDARD.encode(bytes.as_bytes())))
}
