//! A tool's text, written.

use serde::Serialize;

use crate::protocol::{
    Identity,
    model::{CallToolResult, Content, ResultType, TextContent},
};

/// Writes the result, signed by who serves it, if it is one block of plain text; says whether it was.
pub(in crate::protocol::revision) fn write(
    result: &CallToolResult,
    identity: Option<&Identity>,
    out: &mut Vec<u8>,
) -> Result<bool, serde_json::Error> {
    let (Some(text), Some(signature)) = (plain_text(result), signature(result, identity)) else {
        return Ok(false);
    };
    out.push(b'{');
    out.extend_from_slice(signature);
    if let Some(meta) = &result.meta {
        member(out, b"\"_meta\":", meta)?;
        out.push(b',');
    }
    match &result.result_type {
        Some(ResultType::Complete) => out.extend_from_slice(b"\"resultType\":\"complete\","),
        Some(other) => {
            member(out, b"\"resultType\":", other)?;
            out.push(b',');
        }
        None => {}
    }
    member(out, b"\"content\":[{\"type\":\"text\",\"text\":", text)?;
    out.extend_from_slice(b"}]");
    if let Some(is_error) = result.is_error {
        out.extend_from_slice(if is_error {
            b",\"isError\":true"
        } else {
            b",\"isError\":false"
        });
    }
    out.push(b'}');
    Ok(true)
}

/// What goes first where the result is signed; none where its metadata must be merged with that.
fn signature<'a>(result: &CallToolResult, identity: Option<&'a Identity>) -> Option<&'a [u8]> {
    match (identity, &result.meta) {
        (None, _) => Some(b""),
        (Some(identity), None) => Some(identity.lead()),
        (Some(_), Some(_)) => None,
    }
}

fn member<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    head: &[u8],
    value: &T,
) -> Result<(), serde_json::Error> {
    out.extend_from_slice(head);
    serde_json::to_writer(out, value)
}

fn plain_text(result: &CallToolResult) -> Option<&str> {
    let CallToolResult {
        content,
        structured_content: None,
        extra,
        ..
    } = result
    else {
        return None;
    };
    let [
        Content::Text(TextContent {
            text,
            annotations: None,
            meta: None,
            extra: more,
            ..
        }),
    ] = content.as_slice()
    else {
        return None;
    };
    (extra.is_empty() && more.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::{
        Extra,
        protocol::model::{Implementation, Meta},
    };

    #[test]
    fn it_says_what_the_serializer_says() {
        let metas = [
            None,
            Some(Meta::new()),
            Some(Meta::new().with("a\"b", json!({"c": [1, "é"]}))),
        ];
        let types = [
            None,
            Some(ResultType::Complete),
            Some(ResultType::Other("x\"y".into())),
        ];
        for text in [
            "",
            "hello",
            "a \"quote\", a \\ and a \n",
            "é\u{1F600}\u{7f}\u{0}",
        ] {
            for (meta, kind) in metas
                .iter()
                .flat_map(|meta| types.iter().map(move |kind| (meta, kind)))
            {
                for is_error in [None, Some(false), Some(true)] {
                    let mut result = CallToolResult::text(text);
                    result.meta.clone_from(meta);
                    result.result_type.clone_from(kind);
                    result.is_error = is_error;
                    let mut out = Vec::new();
                    assert!(write(&result, None, &mut out).unwrap());
                    assert_eq!(
                        String::from_utf8(out).unwrap(),
                        serde_json::to_string(&result).unwrap()
                    );
                }
            }
        }
    }

    #[test]
    fn it_signs_as_the_serializer_would() {
        let identity = Identity::new(Implementation::new("lamp", "1"));
        let mut result = CallToolResult::text("one");
        let mut out = Vec::new();
        assert!(write(&result, Some(&identity), &mut out).unwrap());
        result.meta = Some(Meta::new().with(Meta::SERVER_INFO, identity.raw().clone()));
        assert_eq!(
            String::from_utf8(out).unwrap(),
            serde_json::to_string(&result).unwrap()
        );
        // Two things in one metadata are not its business.
        assert!(!write(&result, Some(&identity), &mut Vec::new()).unwrap());
    }

    #[test]
    fn it_leaves_alone_what_is_more_than_text() {
        let more: [fn(&mut CallToolResult); 5] = [
            |result| result.content.push(Content::text("two")),
            |result| result.content.clear(),
            |result| result.structured_content = Some(json!({}).into()),
            |result| result.extra = Extra::from_iter([("x", json!(1))]),
            |result| result.content = vec![Content::image("aGk=", "image/png")],
        ];
        for change in more {
            let mut result = CallToolResult::text("one");
            change(&mut result);
            let mut out = Vec::new();
            assert!(
                !write(&result, None, &mut out).unwrap() && out.is_empty(),
                "{result:?}"
            );
        }
    }
}
