//! `completion/complete`: what an argument might go on to be.

use super::{Meta, ResultType};
use crate::{
    Named,
    json::{model, setters, union},
};

union! {
    /// What the argument belongs to.
    pub enum Reference by "type" {
        /// A prompt.
        Prompt(PromptReference) = "ref/prompt",
        /// A resource or a template.
        Resource(ResourceReference) = "ref/resource",
    }
}

model! {
    /// A prompt by its name.
    pub struct PromptReference: "type" = "ref/prompt" new(name: String) {
        /// The name.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
    }

    /// A resource or a template by its address.
    pub struct ResourceReference: "type" = "ref/resource" new(uri: String) {
        /// The address or the template.
        uri: String = "uri",
    }

    /// The parameters of `completion/complete`.
    pub struct CompleteParams new(reference: Reference, argument: CompletionArgument) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// What the argument belongs to.
        reference: Reference = "ref",
        /// The argument.
        argument: CompletionArgument = "argument",
        /// What is known besides.
        context: Option<CompletionContext> = "context",
    }

    /// The argument that is being typed.
    pub struct CompletionArgument new(name: String, value: String) {
        /// Its name.
        name: String = "name",
        /// What has been typed.
        value: String = "value",
    }

    /// What is known when an argument is being typed.
    #[derive(Default)]
    pub struct CompletionContext new() {
        /// The arguments that have been given.
        arguments: Option<Named<String>> = "arguments",
    }

    /// The result of `completion/complete`.
    pub struct CompleteResult new(completion: Completion) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The proposals.
        completion: Completion = "completion",
    }

    /// Proposals for an argument.
    #[derive(Default)]
    pub struct Completion new(values: Vec<String>) {
        /// At most 100 of them, the best first.
        values: Vec<String> = "values",
        /// How many there are in all.
        total: Option<u64> = "total",
        /// Whether there are more than were sent.
        has_more: Option<bool> = "hasMore",
    }
}

setters!(PromptReference { title: String });
setters!(CompleteParams {
    meta: Meta,
    context: CompletionContext
});
setters!(CompletionContext { arguments: Named<String> });
setters!(CompleteResult {
    meta: Meta,
    result_type: ResultType
});
setters!(Completion {
    total: u64,
    has_more: bool
});
