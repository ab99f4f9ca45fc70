//! What a tool has promised to give back, and whether it does.

use fmcp_core::{Error, Kind, Raw, Result, protocol::model::CallToolResult};
use serde::Serialize;
use serde_json::Value;

use crate::schema::{self, Checker, SchemaFault};

/// The form of a tool's structured result.
#[derive(Default)]
pub(crate) struct Output {
    promised: bool,
    wrapped: bool,
    checker: Option<Checker>,
    /// Whether the type keeps the promise alone, but for numbers that JSON does not have: these are
    /// written as `null`.
    only_nulls: bool,
}

impl Output {
    /// The schema as clients see it, and whoever holds the tool to it.
    ///
    /// `enforced` says that the handler's type keeps the promise by itself.
    pub(crate) fn new(schema: Value, enforced: bool) -> (Value, Result<Self, SchemaFault>) {
        let wrapped = !schema::is_object(&schema);
        let schema = if wrapped {
            schema::wrap_result(schema)
        } else {
            schema
        };
        let only_nulls = enforced;
        let checker = if !only_nulls || schema::has_numbers(&schema) {
            Checker::new(&schema).map(Some)
        } else {
            Ok(None)
        };
        let output = checker.map(|checker| Self {
            promised: true,
            wrapped,
            checker,
            only_nulls,
        });
        (schema, output)
    }

    /// Brings the structured content into the promised form, and checks that it is.
    ///
    /// # Errors
    /// When it is not what was promised: a fault of the author, not of the caller.
    pub(crate) fn settle(&self, result: &mut CallToolResult) -> Result<()> {
        if !self.promised {
            // Nothing was promised; only objects mean something to clients of every revision.
            if result
                .structured_content
                .as_ref()
                .is_some_and(|value| !value.is_object())
            {
                result.structured_content = None;
            }
            return Ok(());
        }
        if result.is_error == Some(true) {
            return Ok(());
        }
        let Some(value) = &mut result.structured_content else {
            return Err(broken("the tool promised structured content and gave none"));
        };
        if self.wrapped {
            #[derive(Serialize)]
            struct Wrapped<'a> {
                result: &'a Raw,
            }
            *value = Raw::from_serialize(&Wrapped { result: value })
                .map_err(|e| broken(e.to_string()))?;
        }
        let Some(checker) = &self.checker else {
            return Ok(());
        };
        if self.only_nulls && !value.as_str().contains("null") {
            return Ok(());
        }
        let faults = checker.faults(&value.to_value());
        if faults.is_empty() {
            return Ok(());
        }
        let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Err(broken(words.join("; ")))
    }
}

fn broken(why: impl Into<String>) -> Error {
    Error::new(Kind::Handler, "the tool's result is not what it promises").caused_by(format!(
        "the result does not fit the tool's output schema: {}",
        why.into()
    ))
}
