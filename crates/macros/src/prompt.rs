//! `#[prompt]`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::{Args, Grammar};
use crate::errors::Errors;
use crate::function::{self, Function, Steps};
use crate::handler;
use crate::kind::Kind;
use crate::options::{self, Options};

const GRAMMAR: Grammar<'static> = Grammar {
    attribute: "#[prompt]",
    allowed: &[
        "name",
        "title",
        "description",
        "version",
        "tags",
        "blocking",
        "timeout",
        "enabled",
        "disabled",
        "meta",
        "icon",
        "icons",
        "layer",
    ],
    repeatable: &["layer"],
    literals: Err(
        "`#[prompt]` takes options: for a name write `name = \"…\"`, for a description a doc comment",
    ),
};

const STEPS: Steps<Spec> = Steps {
    kind: Kind::Prompt,
    parse,
    check,
    emit,
};

/// A prompt as it is declared.
pub(crate) struct Spec {
    pub(crate) function: Function,
    common: Options,
}

pub(crate) fn expand(attr: TokenStream, item: &TokenStream) -> TokenStream {
    function::expand(&STEPS, attr, item)
}

pub(crate) fn parse(attr: TokenStream, function: Function, errors: &mut Errors) -> Spec {
    let mut args = Args::default();
    args.read(attr, &GRAMMAR, errors);
    let common = options::read(&args, &function, errors);
    Spec { function, common }
}

pub(crate) fn check(spec: &Spec, errors: &mut Errors) {
    spec.function.check(errors);
}

/// The statements that build the prompt.
pub(crate) fn body(spec: &Spec) -> TokenStream {
    let handler = handler::handler(&spec.function, spec.common.blocking);
    let closure = &handler.closure;
    let Options {
        name, head, tail, ..
    } = &spec.common;
    let completions = handler::completions(&spec.function);
    handler.body(&quote!(::fmcp::Prompt::new(#name, #closure) #(#head)* #(#completions)* #(#tail)*))
}

fn emit(spec: &Spec) -> TokenStream {
    function::item(&spec.function, &body(spec))
}
