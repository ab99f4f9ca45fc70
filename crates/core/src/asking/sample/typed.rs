//! Answers of a language model that are values of a type.

use std::{fmt, future::IntoFuture, marker::PhantomData};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Sample;
use crate::{
    BoxFuture, Error, Result,
    asking::form::schema_of,
    protocol::{model::SamplingMessage, shorten},
};

/// How often a model is told that its answer does not fit.
const MAX_TRIES: usize = 3;

/// A question to the client's language model whose answer is a `T`; it is asked when it is awaited.
#[must_use = "nothing is asked before it is awaited"]
pub struct TypedSample<T> {
    sample: Sample,
    answer: PhantomData<fn() -> T>,
}

impl<T: JsonSchema + DeserializeOwned> TypedSample<T> {
    pub(super) fn new(sample: Sample) -> Self {
        Self {
            sample,
            answer: PhantomData,
        }
    }

    async fn run(mut self) -> Result<T> {
        let prompt = self.sample.params.system_prompt.get_or_insert_default();
        if !prompt.is_empty() {
            prompt.push_str("\n\n");
        }
        prompt.push_str("Answer with nothing but JSON that fits this JSON Schema:\n");
        prompt.push_str(&schema::<T>());
        let mut fault = String::new();
        for _ in 0..MAX_TRIES {
            let sample = Sample {
                context: self.sample.context.clone(),
                params: self.sample.params.clone(),
                tools: self.sample.tools.clone(),
                max_rounds: self.sample.max_rounds,
            };
            let answer = sample.await?;
            match serde_json::from_str(json_in(&answer.text())) {
                Ok(value) => return Ok(value),
                Err(error) => fault = shorten(&error),
            }
            let again =
                format!("That does not fit the schema: {fault}. Answer with nothing but the JSON.");
            self.sample.params.messages = answer.messages;
            self.sample
                .params
                .messages
                .push(SamplingMessage::user(again));
        }
        Err(Error::internal(format!(
            "the language model gave no answer of the form that was asked for: {fault}"
        )))
    }
}

fn schema<T: JsonSchema>() -> String {
    let (mut schema, definitions) = schema_of::<T>();
    if let (Value::Object(schema), false) = (&mut schema, definitions.is_empty()) {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema.to_string()
}

/// The JSON in an answer, which models like to put between fences.
fn json_in(text: &str) -> &str {
    let text = text.trim();
    let Some(fenced) = text.strip_prefix("```") else {
        return text;
    };
    let inner = fenced.strip_suffix("```").unwrap_or(fenced);
    inner
        .split_once('\n')
        .map_or(inner, |(_, inner)| inner)
        .trim()
}

impl<T: JsonSchema + DeserializeOwned + Send + 'static> IntoFuture for TypedSample<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T> fmt::Debug for TypedSample<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedSample").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_between_fences() {
        for text in [
            "{\"a\":1}",
            " {\"a\":1}\n",
            "```json\n{\"a\":1}\n```",
            "```\n{\"a\":1}```",
        ] {
            assert_eq!(json_in(text), "{\"a\":1}", "{text}");
        }
    }
}
