//! A question to the user, with a form.

use std::sync::Arc;

use fmcp_core::{
    Error, Raw, Result,
    protocol::model::{
        ElicitFormParams, EnumOption, Implementation, PrimitiveSchema, RequestedSchema,
    },
};
use serde::Serialize;

use super::form;

/// A question to the user, with a form.
///
/// Show who asks ([`Elicitation::server`]), let the user see and change what is sent, and let them say
/// no. Not for secrets: a server that asks for one here should be refused.
#[derive(Debug)]
pub struct Elicitation {
    params: ElicitFormParams,
    server: Option<Arc<Implementation>>,
}

impl Elicitation {
    pub(super) fn new(params: ElicitFormParams, server: Option<Arc<Implementation>>) -> Self {
        Self { params, server }
    }

    /// The question.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.params.message
    }

    /// Who asks, by its own account; `None` while the connection is being opened.
    #[must_use]
    pub fn server(&self) -> Option<&Implementation> {
        self.server.as_deref()
    }

    /// The form.
    #[must_use]
    pub fn schema(&self) -> &RequestedSchema {
        &self.params.requested_schema
    }

    /// The form's fields, in the order in which they are to be shown.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let required = self.schema().required.as_deref().unwrap_or_default();
        let fields = self.schema().properties.iter();
        fields.map(|(name, schema)| Field {
            name,
            schema,
            required: required.iter().any(|one| one == name),
        })
    }

    /// Whether `content` would be accepted as an answer, defaults filled in: for whoever wants to ask the
    /// user again.
    ///
    /// # Errors
    /// When it would not; the words name the fields.
    pub fn check(&self, content: impl Serialize) -> Result<()> {
        let checked = Raw::from_serialize(&content)
            .map_err(|e| e.to_string())
            .and_then(|content| form::fill(self.schema(), &content));
        checked.map(drop).map_err(Error::invalid_params)
    }

    /// The question as the protocol has it.
    #[must_use]
    pub fn params(&self) -> &ElicitFormParams {
        &self.params
    }
}

/// One field of a form.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Field<'a> {
    /// The name that the answer has it under.
    pub name: &'a str,
    /// What it may be.
    pub schema: &'a PrimitiveSchema,
    /// Whether it must be filled in.
    pub required: bool,
}

impl<'a> Field<'a> {
    /// A field of a form that did not come as a question, for whoever shows forms and tests it.
    #[must_use]
    pub fn new(name: &'a str, schema: &'a PrimitiveSchema, required: bool) -> Self {
        Self {
            name,
            schema,
            required,
        }
    }

    /// What people call it: its title, else its name.
    #[must_use]
    pub fn title(&self) -> &str {
        title(self.schema).unwrap_or(self.name)
    }

    /// What it is unless the user changes it.
    #[must_use]
    pub fn default(&self) -> Option<Raw> {
        form::default_of(self.schema)
    }

    /// What there is to choose from, each with its title; nothing where anything may be entered.
    #[must_use]
    pub fn choices(&self) -> Vec<(&str, &str)> {
        match self.schema {
            PrimitiveSchema::SingleSelect(one) => plain(&one.options),
            PrimitiveSchema::MultiSelect(some) => plain(&some.items.options),
            PrimitiveSchema::TitledSingleSelect(one) => titled(&one.options),
            PrimitiveSchema::TitledMultiSelect(some) => titled(&some.items.options),
            PrimitiveSchema::LegacyTitledSelect(one) => {
                let titles = one.names.iter().map(String::as_str);
                let titles = titles.map(Some).chain(std::iter::repeat(None));
                let words = one.options.iter().map(String::as_str);
                let pairs = words.zip(titles);
                pairs
                    .map(|(word, title)| (word, title.unwrap_or(word)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

fn plain(words: &[String]) -> Vec<(&str, &str)> {
    let words = words.iter().map(String::as_str);
    words.map(|word| (word, word)).collect()
}

fn titled(options: &[EnumOption]) -> Vec<(&str, &str)> {
    let pairs = options.iter();
    pairs
        .map(|one| (one.value.as_str(), one.title.as_str()))
        .collect()
}

fn title(schema: &PrimitiveSchema) -> Option<&str> {
    match schema {
        PrimitiveSchema::String(one) => one.title.as_deref(),
        PrimitiveSchema::Number(one) => one.title.as_deref(),
        PrimitiveSchema::Boolean(one) => one.title.as_deref(),
        PrimitiveSchema::SingleSelect(one) => one.title.as_deref(),
        PrimitiveSchema::TitledSingleSelect(one) => one.title.as_deref(),
        PrimitiveSchema::LegacyTitledSelect(one) => one.title.as_deref(),
        PrimitiveSchema::MultiSelect(one) => one.title.as_deref(),
        PrimitiveSchema::TitledMultiSelect(one) => one.title.as_deref(),
        _ => None,
    }
}
