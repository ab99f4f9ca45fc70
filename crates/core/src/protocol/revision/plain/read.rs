//! A tool's text, read.

use crate::protocol::{
    model::{CallToolResult, Content, Meta, ResultType},
    scan::{Scanner, Trouble, text},
    span::Span,
};

/// How deep such a result may nest: what is deeper is none.
const LEVELS: usize = 32;

/// How large such a result may be.
const MAX_BYTES: usize = 1 << 30;

/// Reads a result, if it is one block of plain text, and what it says besides is what most say.
pub(in crate::protocol::revision) fn read(json: &str) -> Option<CallToolResult> {
    if json.len() > MAX_BYTES {
        return None;
    }
    let bytes = json.as_bytes();
    let parts = Parts::of(bytes)?;
    let mut result = CallToolResult::new([Content::text(text(parts.text.get(bytes)?)?)]);
    result.result_type = match parts.result_type.get(bytes) {
        None => None,
        Some(b"\"complete\"") => Some(ResultType::Complete),
        Some(_) => return None,
    };
    result.is_error = match parts.is_error.get(bytes) {
        None => None,
        Some(b"true") => Some(true),
        Some(b"false") => Some(false),
        Some(_) => return None,
    };
    if let Some(meta) = parts.meta.get(bytes).filter(|meta| meta.starts_with(b"{")) {
        result.meta = Some(serde_json::from_slice::<Meta>(meta).ok()?);
    } else if !parts.meta.is_absent() {
        return None;
    }
    Some(result)
}

/// Where the parts of such a result stand.
#[derive(Default)]
struct Parts {
    meta: Span,
    result_type: Span,
    is_error: Span,
    kind: Span,
    text: Span,
}

/// It is no such result. (What is wrong with it, if anything is, others find out.)
const OTHER: Trouble = Trouble::NotAnObject;

impl Parts {
    fn of(json: &[u8]) -> Option<Self> {
        let (mut parts, mut blocks) = (Self::default(), None::<usize>);
        let mut scanner = Scanner::new(json, LEVELS);
        if scanner.peek() != Some(b'{') {
            return None;
        }
        let scanned = scanner.object(|scanner, key| match key.as_ref() {
            b"content" if blocks.is_none() && scanner.peek() == Some(b'[') => {
                let mut count = 0;
                scanner.array(|scanner| {
                    count += 1;
                    parts.block(scanner)
                })?;
                blocks = Some(count);
                Ok(())
            }
            b"_meta" => once(&mut parts.meta, scanner),
            b"resultType" => once(&mut parts.result_type, scanner),
            b"isError" => once(&mut parts.is_error, scanner),
            _ => Err(OTHER),
        });
        scanned.and_then(|()| scanner.end()).ok()?;
        let is_text = parts.kind.get(json) == Some(b"\"text\"");
        (blocks == Some(1) && is_text).then_some(parts)
    }

    fn block(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Trouble> {
        if scanner.peek() != Some(b'{') {
            return Err(OTHER);
        }
        scanner.object(|scanner, key| match key.as_ref() {
            b"type" => once(&mut self.kind, scanner),
            b"text" => once(&mut self.text, scanner),
            _ => Err(OTHER),
        })
    }
}

/// Notes where a part stands that must not stand twice.
fn once(place: &mut Span, scanner: &mut Scanner<'_>) -> Result<(), Trouble> {
    if !place.is_absent() {
        return Err(OTHER);
    }
    *place = scanner.value()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What the deserializer makes of it.
    fn reference(json: &str) -> Option<CallToolResult> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn it_reads_what_the_deserializer_reads() {
        let plain = r#"{"type":"text","text":"a"}"#;
        for json in [
            format!(r#"{{"content":[{plain}]}}"#),
            format!(r#" {{ "isError" : true , "content" : [ {plain} ] }} "#),
            format!(r#"{{"content":[{plain}],"isError":false,"resultType":"complete"}}"#),
            format!(r#"{{"_meta":{{"a":[1,{{}}],"b":"é"}},"content":[{plain}]}}"#),
            format!(r#"{{"_meta":{{}},"content":[{plain}]}}"#),
            r#"{"content":[{"text":"\u00e9\n\"\\ 😀","type":"text"}]}"#.to_owned(),
            r#"{"content":[{"text":"","type":"text"}]}"#.to_owned(),
            r#"{"c\u006fntent":[{"t\u0065xt":"a","type":"text"}]}"#.to_owned(),
        ] {
            assert_eq!(read(&json), Some(reference(&json).unwrap()), "{json}");
        }
    }

    #[test]
    fn what_is_anything_more_or_less_it_leaves_alone() {
        let plain = r#"{"type":"text","text":"a"}"#;
        for json in [
            "null".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            r#"{"content":[]}"#.to_owned(),
            r#"{"content":null}"#.to_owned(),
            r#"{"content":[null]}"#.to_owned(),
            r#"{"content":[{"type":"text"}]}"#.to_owned(),
            r#"{"content":[{"text":"a"}]}"#.to_owned(),
            r#"{"content":[{"type":"text","text":1}]}"#.to_owned(),
            r#"{"content":[{"type":"text","text":"\ud800"}]}"#.to_owned(),
            r#"{"content":[{"type":"text","text":"a","text":"b"}]}"#.to_owned(),
            r#"{"content":[{"type":"text","text":"a","annotations":{}}]}"#.to_owned(),
            r#"{"content":[{"type":"other","text":"a"}]}"#.to_owned(),
            format!(r#"{{"content":[{plain},{plain}]}}"#),
            format!(r#"{{"content":[{plain}],"content":[{plain}]}}"#),
            format!(r#"{{"content":[{plain}],"structuredContent":{{}}}}"#),
            format!(r#"{{"content":[{plain}],"other":1}}"#),
            format!(r#"{{"content":[{plain}],"isError":null}}"#),
            format!(r#"{{"content":[{plain}],"isError":1}}"#),
            format!(r#"{{"content":[{plain}],"resultType":"other"}}"#),
            format!(r#"{{"content":[{plain}],"resultType":null}}"#),
            format!(r#"{{"content":[{plain}],"_meta":null}}"#),
            format!(r#"{{"content":[{plain}],"_meta":7}}"#),
            format!(
                r#"{{"content":[{plain}],"_meta":{{"a":{}1{}}}}}"#,
                "[".repeat(40),
                "]".repeat(40)
            ),
            format!(r#"{{"content":[{plain}]"#),
            format!(r#"{{"content":[{plain}]}} 1"#),
        ] {
            assert_eq!(read(&json), None, "{json}");
        }
    }
}
