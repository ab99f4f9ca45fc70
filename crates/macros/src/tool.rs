//! `#[tool]`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::{Args, Grammar};
use crate::errors::Errors;
use crate::function::{self, Function, Steps};
use crate::handler;
use crate::kind::Kind;
use crate::options::{self, Options};
use crate::stream::Streams;

const GRAMMAR: Grammar<'static> = Grammar {
    attribute: "#[tool]",
    allowed: &[
        "name",
        "title",
        "description",
        "version",
        "tags",
        "read_only",
        "destructive",
        "idempotent",
        "open_world",
        "strict",
        "blocking",
        "timeout",
        "enabled",
        "disabled",
        "meta",
        "icon",
        "icons",
        "output_schema",
        "task",
        "asks_first",
        "layer",
    ],
    repeatable: &["layer"],
    literals: Err(
        "`#[tool]` takes options: for a name write `name = \"…\"`, for a description a doc comment",
    ),
};

const STEPS: Steps<Spec> = Steps {
    kind: Kind::Tool,
    parse,
    check,
    emit,
};

/// A tool as it is declared.
pub(crate) struct Spec {
    pub(crate) function: Function,
    common: Options,
    args: Args,
    hints: Vec<TokenStream>,
}

pub(crate) fn expand(attr: TokenStream, item: &TokenStream) -> TokenStream {
    function::expand(&STEPS, attr, item)
}

pub(crate) fn parse(attr: TokenStream, function: Function, errors: &mut Errors) -> Spec {
    let mut args = Args::default();
    args.read(attr, &GRAMMAR, errors);
    let common = options::read(&args, &function, errors);
    let flags = [
        "read_only",
        "destructive",
        "idempotent",
        "open_world",
        "strict",
        "asks_first",
    ];
    let hints = flags
        .iter()
        .filter_map(|flag| options::flag_call(&args, flag, errors));
    let mut hints: Vec<TokenStream> = hints.collect();
    hints.extend(
        args.expr("output_schema", errors)
            .map(|schema| quote!(.output_schema(#schema))),
    );
    hints.extend(task(&args, errors));
    Spec {
        function,
        common,
        args,
        hints,
    }
}

/// `.task(…)`
fn task(args: &Args, errors: &mut Errors) -> Option<TokenStream> {
    let option = args.get("task")?;
    let mode = if option.is_flag() {
        quote!(Optional)
    } else {
        let given = args.string("task", errors)?;
        match given.value().as_str() {
            "optional" => quote!(Optional),
            "required" => quote!(Required),
            "forbidden" => quote!(Forbidden),
            other => {
                let words = format!(
                    "`{other}` is no mode of a task: write \"optional\", \"required\" or \"forbidden\""
                );
                errors.on(&given, words);
                return None;
            }
        }
    };
    Some(quote!(.task(::fmcp::TaskMode::#mode)))
}

pub(crate) fn check(spec: &Spec, errors: &mut Errors) {
    spec.function.check(errors);
    if spec.function.streams().is_some() {
        Streams::check_options(&spec.args, errors);
    }
    if options::is_true(&spec.args, "read_only")
        && options::is_true(&spec.args, "destructive")
        && let Some(option) = spec.args.get("destructive")
    {
        errors.on(
            &option.name,
            "a tool that is `read_only` changes nothing, so it cannot be `destructive`",
        );
    }
}

/// The statements that build the tool.
pub(crate) fn body(spec: &Spec) -> TokenStream {
    let handler = handler::handler(&spec.function, spec.common.blocking);
    let closure = &handler.closure;
    let Options {
        name, head, tail, ..
    } = &spec.common;
    let hints = &spec.hints;
    handler.body(&quote!(::fmcp::Tool::new(#name, #closure) #(#head)* #(#hints)* #(#tail)*))
}

fn emit(spec: &Spec) -> TokenStream {
    function::item(&spec.function, &body(spec))
}
