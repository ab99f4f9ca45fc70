//! What a definition is told by: the digest of all that it says. Pure.

use std::fmt::{self, Write as _};

use fmcp_core::protocol::model::Tool;
use ring::digest::{SHA256, digest};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap as _, SerializeSeq as _},
};

/// `sha256:` and the digest of the whole definition, whatever order its fields stand in.
pub(super) fn of(tool: &Tool) -> Box<str> {
    let text = serde_json::to_string(tool).unwrap_or_default();
    // What cannot be ordered stands as it came.
    let ordered = serde_json::from_str::<Json>(&text)
        .ok()
        .and_then(|json| serde_json::to_vec(&json).ok());
    hex("sha256:", &ordered.unwrap_or_else(|| text.into_bytes()))
}

/// The digest of some bytes, as text.
pub(super) fn hex(before: &str, bytes: &[u8]) -> Box<str> {
    let mut text = before.to_owned();
    for byte in digest(&SHA256, bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

/// JSON in which nothing is lost: of fields that stand twice, both stay, since nobody knows which one is read.
enum Json {
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Other(serde_json::Value),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        // Those of one name stay in their order.
        fields.sort_by(|(a, _): &(String, Json), (b, _)| a.cmp(b));
        Ok(Json::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Other(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Other(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Other(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Other(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Other(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other(serde_json::Value::Null))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(text: &str) -> Box<str> {
        of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn every_word_counts_and_no_order_does() {
        let one = r#"{"name": "a", "description": "b", "inputSchema": {"type": "object", "properties": {"x": {"type": "string", "default": "1"}, "y": {}}}, "mine": [1, 2]}"#;
        let same = r#"{"mine": [1, 2], "inputSchema": {"properties": {"y": {}, "x": {"default": "1",  "type": "string"}}, "type": "object"}, "description": "b", "name": "a"}"#;
        let digest = digest_of(one);
        assert_eq!(digest.len(), "sha256:".len() + 64);
        assert_eq!(digest, digest_of(same));
        for (from, to) in [
            ("\"b\"", "\"c\""),
            ("\"b\"", "\"b \""),
            ("\"1\"", "1"),
            ("[1, 2]", "[2, 1]"),
            ("\"mine\"", "\"ours\""),
            ("\"string\"", "\"number\""),
            // A reader that takes the first of two would read another tool.
            (
                "\"default\": \"1\"",
                "\"default\": \"2\", \"default\": \"1\"",
            ),
        ] {
            assert_ne!(
                digest,
                digest_of(&one.replacen(from, to, 1)),
                "{from} to {to}"
            );
        }
    }
}
