//! What a tool gave, and how it is read.

use std::borrow::Cow;

use fmcp_core::{
    Extra, Raw,
    protocol::model::{CallToolResult, Content, Meta},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ClientError;

/// The one field of the object that a value stands in which is no object itself.
const WRAP: &str = "result";

/// What a tool gave.
#[derive(Clone, Debug)]
pub struct CallResult {
    tool: Box<str>,
    result: CallToolResult,
    /// Whether the tool's output schema says that its values are wrapped, where the client has seen it.
    wraps: Option<bool>,
}

impl CallResult {
    pub(super) fn new(tool: &str, result: CallToolResult, wraps: Option<bool>) -> Self {
        let wraps = if says_wrapped(&result) {
            Some(true)
        } else {
            wraps
        };
        Self {
            tool: tool.into(),
            result,
            wraps,
        }
    }

    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The result as a `T`.
    ///
    /// Structured content comes first. A value that is no object (a number, a list) is sent wrapped, as
    /// `{"result": …}`, and is taken out again: when the tool's output schema says so (the client knows
    /// it once it has listed the tools), when the result's metadata says so, or else when it is an object
    /// with that one field which as it stands is no `T`. To read such a value as a `serde_json::Value` or
    /// a map, list the tools first.
    ///
    /// Without structured content, a single block of text is read as JSON, unless `T` takes it only as
    /// the string that it is, or it is JSON for a string: then the text itself is the value. No content
    /// at all reads as `null`.
    ///
    /// ```
    /// use fmcp::{Client, Server, Tool};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let server = Server::new("s")
    ///     .tool(Tool::new("answer", || async { 42 }))
    ///     .tool(Tool::new("greet", || async { "hello" }));
    /// let client = Client::connect(&server).await?;
    ///
    /// assert_eq!(client.call("answer", ()).await?.parse::<u8>()?, 42);
    /// assert_eq!(client.call("greet", ()).await?.parse::<String>()?, "hello");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the result is no `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        let read = match &self.result.structured_content {
            Some(value) => self.parse_structured(value),
            None => self.parse_content(),
        };
        read.map_err(|why| {
            let wanted = std::any::type_name::<T>();
            ClientError::unreadable(
                &format!("tools/call {}", self.tool),
                format!("the result is no `{wanted}`: {why}"),
            )
        })
    }

    fn parse_structured<T: DeserializeOwned>(&self, value: &Raw) -> Result<T, String> {
        let wrapped = || {
            let fields = value.parse::<Extra>().ok()?;
            (fields.len() == 1).then(|| fields.get(WRAP).cloned())?
        };
        if self.wraps == Some(true)
            && let Some(inner) = wrapped()
        {
            return inner.parse().map_err(|e| shorten(&e));
        }
        let error = match value.parse() {
            Ok(read) => return Ok(read),
            Err(error) => shorten(&error),
        };
        // There are servers that wrap and do not say so: the official Python SDK's, for one.
        let unwrapped = wrapped().and_then(|inner| inner.parse().ok());
        unwrapped.ok_or(error)
    }

    fn parse_content<T: DeserializeOwned>(&self) -> Result<T, String> {
        match self.result.content.as_slice() {
            [] => serde_json::from_value(Value::Null).map_err(|_| "it is empty".to_owned()),
            [Content::Text(block)] => parse_text(&block.text),
            [_] => Err("it is one block of content that is not text; see `content()`".to_owned()),
            blocks => Err(format!(
                "it is {} blocks of content; see `content()`",
                blocks.len()
            )),
        }
    }

    /// All blocks of text, each on lines of its own.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.result.content.iter().filter_map(Content::as_text);
        let first = texts.next().unwrap_or_default();
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => {
                let mut all = format!("{first}\n{second}");
                for text in texts {
                    all.push('\n');
                    all.push_str(text);
                }
                Cow::Owned(all)
            }
        }
    }

    /// The blocks of content.
    #[must_use]
    pub fn content(&self) -> &[Content] {
        &self.result.content
    }

    /// The structured content as it came.
    #[must_use]
    pub fn structured(&self) -> Option<&Raw> {
        self.result.structured_content.as_ref()
    }

    /// What the result says about itself.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta> {
        self.result.meta.as_ref()
    }

    /// Whether the tool says that it failed. Only [`Client::call_raw`](crate::Client::call_raw) and
    /// [`CallOptions::tool_errors_as_results`](crate::CallOptions::tool_errors_as_results) give such
    /// results; elsewhere they are errors.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.result.is_error == Some(true)
    }

    /// The result as the protocol has it.
    #[must_use]
    pub fn raw(&self) -> &CallToolResult {
        &self.result
    }

    /// The result as the protocol has it.
    #[must_use]
    pub fn into_raw(self) -> CallToolResult {
        self.result
    }

    /// The result, unless it says that the tool failed.
    pub(super) fn checked(self) -> Result<Self, ClientError> {
        if !self.is_error() {
            return Ok(self);
        }
        Err(ClientError::Tool {
            name: self.tool.clone(),
            message: self.text().into_owned(),
            result: Box::new(self),
        })
    }
}

/// What FastMCP for Python writes into the metadata of a wrapped value.
fn says_wrapped(result: &CallToolResult) -> bool {
    result
        .meta
        .as_ref()
        .and_then(|meta| meta.get("fastmcp"))
        .is_some_and(|meta| meta.to_value().get("wrap_result") == Some(&Value::Bool(true)))
}

fn parse_text<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let plain = || serde_json::from_value(Value::from(text));
    if text.trim_start().starts_with('"')
        && let Ok(read) = plain()
    {
        return Ok(read);
    }
    serde_json::from_str(text).or_else(|error| plain().map_err(|_| shorten(&error)))
}

fn shorten(error: &serde_json::Error) -> String {
    let mut words = error.to_string();
    if let Some(at) = words.rfind(" at line ") {
        words.truncate(at);
    }
    words
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    fn structured(value: Value, wraps: Option<bool>) -> CallResult {
        CallResult::new("t", CallToolResult::structured(value), wraps)
    }

    fn text(text: &str) -> CallResult {
        CallResult::new("t", CallToolResult::text(text), None)
    }

    #[test]
    fn a_wrapped_value_is_taken_out() {
        let five = || json!({"result": 5});
        assert_eq!(structured(five(), None).parse::<u8>().unwrap(), 5);
        assert_eq!(structured(five(), Some(true)).parse::<Value>().unwrap(), 5);
        assert_eq!(structured(five(), None).parse::<Value>().unwrap(), five());
        assert_eq!(structured(five(), Some(false)).parse::<u8>().unwrap(), 5);
        assert_eq!(
            structured(five(), Some(false)).parse::<Value>().unwrap(),
            five()
        );
        let map: HashMap<String, u8> = structured(five(), None).parse().unwrap();
        assert_eq!(map["result"], 5);
        let none = structured(json!({"result": null}), None);
        assert_eq!(none.parse::<Option<u8>>().unwrap(), None);
        let two = structured(json!({"result": 5, "more": 1}), Some(true));
        assert!(two.parse::<u8>().is_err());
    }

    #[test]
    fn metadata_can_say_that_a_value_is_wrapped() {
        let meta = Meta::new().with("fastmcp", json!({"wrap_result": true}));
        let result = CallToolResult::structured(json!({"result": [1]})).meta(meta);
        let result = CallResult::new("t", result, None);
        assert_eq!(result.parse::<Value>().unwrap(), json!([1]));
    }

    #[test]
    fn text_is_json_or_itself() {
        assert_eq!(text("42").parse::<i64>().unwrap(), 42);
        assert_eq!(text("42").parse::<String>().unwrap(), "42");
        assert_eq!(text("\"a\"").parse::<String>().unwrap(), "\"a\"");
        assert_eq!(text("{\"a\":1}").parse::<Value>().unwrap(), json!({"a": 1}));
        assert_eq!(text("plain").parse::<Value>().unwrap(), json!("plain"));
        assert_eq!(text(" 1").parse::<String>().unwrap(), " 1");
        assert!(text("plain").parse::<i64>().is_err());
    }

    #[test]
    fn nothing_and_many_things() {
        let empty = CallResult::new("t", CallToolResult::new([]), None);
        empty.parse::<()>().unwrap();
        assert_eq!(empty.parse::<Option<i64>>().unwrap(), None);
        let many = CallToolResult::new([Content::text("a"), Content::text("b")]);
        let many = CallResult::new("t", many, None);
        assert_eq!(many.text(), "a\nb");
        let words = many.parse::<String>().unwrap_err().to_string();
        assert!(words.contains("2 blocks"), "{words}");
    }
}
