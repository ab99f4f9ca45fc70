//! All arguments at once, as JSON.

use serde_json::{Map, Value};

use super::source;
use crate::outcome::Failure;

/// The object that stands in `json`, in the file that it names (`@args.json`), or on standard input (`-`).
pub(crate) fn whole(json: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let Some(json) = json else {
        return Ok(Map::new());
    };
    let text = match (json, json.strip_prefix('@')) {
        ("-", _) => source::text("-"),
        (_, Some(file)) => source::text(file),
        (text, None) => Ok(text.to_owned()),
    };
    let text = text.map_err(|why| Failure::usage(format!("--input-json: {why}")))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(whole)) => Ok(whole),
        Ok(_) => Err(Failure::usage(
            "--input-json: expected an object, such as '{\"a\": 1}'",
        )),
        Err(e) => Err(Failure::usage(format!("--input-json: is no JSON: {e}"))),
    }
}
