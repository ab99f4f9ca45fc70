//! `#[resource]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Expr, Lit, LitStr};

use crate::args::{Args, Grammar, literal};
use crate::errors::Errors;
use crate::function::{self, Function, Steps};
use crate::handler;
use crate::kind::Kind;
use crate::names;
use crate::options::{self, Options};
use crate::params::{Param, Role};
use crate::template::{Template, Variable};
use crate::types::{self, Shape};

const GRAMMAR: Grammar<'static> = Grammar {
    attribute: "#[resource]",
    allowed: &[
        "name",
        "title",
        "description",
        "mime",
        "version",
        "tags",
        "size",
        "audience",
        "priority",
        "exempt",
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
    literals: Ok(()),
};

const STEPS: Steps<Spec> = Steps {
    kind: Kind::Resource,
    parse,
    check,
    emit,
};

/// A resource, or a template of resources, as it is declared.
pub(crate) struct Spec {
    pub(crate) function: Function,
    common: Options,
    templates: Vec<Template>,
    exempt: Vec<LitStr>,
    /// `.mime(…).size(…).audience(…).priority(…)`
    calls: Vec<TokenStream>,
}

pub(crate) fn expand(attr: TokenStream, item: &TokenStream) -> TokenStream {
    function::expand(&STEPS, attr, item)
}

pub(crate) fn parse(attr: TokenStream, mut function: Function, errors: &mut Errors) -> Spec {
    let mut args = Args::default();
    args.read(attr, &GRAMMAR, errors);
    if args.literals.is_empty() {
        let message = "`#[resource]` needs the URI it answers for: write `#[resource(\"data://settings\")]`, \
                       or `#[resource(\"data://{id}\")]` for a fn that takes `id`";
        errors.at(Span::call_site(), message);
    }
    let mut templates = Vec::new();
    for uri in &args.literals {
        match Template::read(uri) {
            Ok(template) => templates.push(template),
            Err(message) => errors.on(uri, message),
        }
    }
    // A template that could not be read must not make its variables look missing.
    if templates.len() < args.literals.len() {
        templates.clear();
    }
    name_after_variables(&mut function, &templates);
    let common = options::read(&args, &function, errors);
    let calls = calls(&args, errors);
    let exempt = exempt(&args, errors);
    Spec {
        function,
        common,
        templates,
        exempt,
        calls,
    }
}

/// Gives each argument the name of its variable, and lists in the query their empty default.
fn name_after_variables(function: &mut Function, templates: &[Template]) {
    for Param { ty, role } in &mut function.params {
        let Role::Argument(argument) = role else {
            continue;
        };
        let found = templates
            .iter()
            .find_map(|template| template.variable(&argument.name));
        let Some(Variable { name, is_query }) = found else {
            continue;
        };
        argument.name.clone_from(name);
        let has_default = argument.options.default.is_some();
        argument.lenient = *is_query && types::shape(ty) == Shape::List && !has_default;
    }
}

fn calls(args: &Args, errors: &mut Errors) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    calls.extend(args.text("mime", errors).map(|mime| quote!(.mime(#mime))));
    calls.extend(args.expr("size", errors).map(|size| quote!(.size(#size))));
    let audience = args.texts("audience", errors);
    for role in &audience {
        let known = |text: &LitStr| ["user", "assistant"].contains(&text.value().as_str());
        if matches!(literal(role), Some(Lit::Str(text)) if !known(text)) {
            errors.on(role, "an audience is `\"user\"`, `\"assistant\"` or both");
        }
    }
    if !audience.is_empty() {
        calls.push(quote!(.audience([#(#audience),*])));
    }
    if let Some(priority) = args.expr("priority", errors) {
        if !is_priority(&priority) {
            errors.on(
                &priority,
                "a priority is a number from 0.0 (least) to 1.0 (most)",
            );
        }
        calls.push(quote!(.priority(#priority)));
    }
    calls
}

fn is_priority(value: &Expr) -> bool {
    match literal(value) {
        Some(Lit::Float(number)) => number
            .base10_parse::<f64>()
            .is_ok_and(|number| number <= 1.0),
        Some(_) => false,
        None => !matches!(value, Expr::Unary(_)),
    }
}

fn exempt(args: &Args, errors: &mut Errors) -> Vec<LitStr> {
    let mut names = Vec::new();
    for value in args.texts("exempt", errors) {
        match literal(&value) {
            Some(Lit::Str(name)) => names.push(name.clone()),
            _ => errors.on(
                &value,
                "`exempt` takes the names of variables: write `exempt(\"path\")`",
            ),
        }
    }
    names
}

pub(crate) fn check(spec: &Spec, errors: &mut Errors) {
    spec.function.check(errors);
    let Some(first) = spec.templates.first() else {
        return;
    };
    if spec
        .templates
        .iter()
        .all(|template| template.variables.is_empty())
    {
        check_concrete(spec, &first.text, errors);
    } else {
        for template in &spec.templates {
            check_variables(spec, template, errors);
            check_arguments(spec, template, errors);
        }
    }
    for name in &spec.exempt {
        if !spec
            .templates
            .iter()
            .any(|template| template.variable(&name.value()).is_some())
        {
            errors.on(
                name,
                format!("`{}` is no variable of this resource", name.value()),
            );
        }
    }
}

/// A URI without variables has nothing to fill an argument with.
fn check_concrete(spec: &Spec, uri: &LitStr, errors: &mut Errors) {
    for argument in spec.function.params.iter().filter_map(Param::argument) {
        let (name, uri) = (&argument.name, uri.value());
        let message = format!(
            "nothing fills `{name}`: \"{uri}\" has no variables. Make it \"{uri}/{{{name}}}\", or mark the parameter with `#[ctx]` if the framework hands it in"
        );
        errors.on(&argument.ident, message);
    }
}

fn check_variables(spec: &Spec, template: &Template, errors: &mut Errors) {
    for variable in &template.variables {
        let params = spec.function.params.iter();
        let found = params
            .filter_map(|param| Some((param, param.argument()?)))
            .find(|(_, argument)| {
                variable.is_called(&argument.name) || variable.name == argument.name
            });
        let Some((param, _)) = found else {
            let name = variable.name.replace(['-', '.'], "_");
            let message = format!(
                "the variable `{}` reaches no parameter: add `{name}: String` to the function, or rename one with `#[arg(rename = \"{}\")]`",
                variable.name, variable.name
            );
            errors.on(&template.text, message);
            continue;
        };
        if variable.is_query && !param.is_optional() {
            let message = format!(
                "`{}` stands in the query, where it may be missing: take `Option<{}>`, or give it `#[arg(default = …)]`",
                variable.name,
                types::spelled(&param.ty)
            );
            errors.on(&param.ty, message);
        }
    }
}

fn check_arguments(spec: &Spec, template: &Template, errors: &mut Errors) {
    for param in spec
        .function
        .params
        .iter()
        .filter(|param| !param.is_optional())
    {
        let Some(argument) = param.argument() else {
            continue;
        };
        if template.variable(&argument.name).is_none()
            && !template.variables.iter().any(|v| v.name == argument.name)
        {
            let known = names::list(template.variables.iter().map(|variable| &variable.name));
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known
            };
            let message = format!(
                "`{}` is no variable of \"{}\" (it has {known}): add `{{{}}}` to the URI, take an `Option`, or mark the parameter with `#[ctx]` if the framework hands it in",
                argument.name,
                template.text.value(),
                argument.name
            );
            errors.on(&argument.ident, message);
        }
    }
}

/// The variable as the templates spell it.
fn variable_name(templates: &[Template], name: &LitStr) -> String {
    let given = name.value();
    let found = templates
        .iter()
        .find_map(|template| template.variable(&given));
    found.map_or(given, |variable| variable.name.clone())
}

/// The statements that build the resource.
pub(crate) fn body(spec: &Spec) -> TokenStream {
    let handler = handler::handler(&spec.function, spec.common.blocking);
    let closure = &handler.closure;
    let Options {
        name, head, tail, ..
    } = &spec.common;
    let uris: Vec<&LitStr> = spec
        .templates
        .iter()
        .map(|template| &template.text)
        .collect();
    let Some((first, others)) = uris.split_first() else {
        return TokenStream::new();
    };
    let calls = &spec.calls;
    let exempt = spec
        .exempt
        .iter()
        .map(|name| variable_name(&spec.templates, name));
    let completions = handler::completions(&spec.function);
    handler.body(&quote! {
        ::fmcp::Resource::new(#first, #closure)
            #(.also(#others))*
            .name(#name)
            #(#head)* #(#calls)* #(.exempt(#exempt))* #(#completions)* #(#tail)*
    })
}

fn emit(spec: &Spec) -> TokenStream {
    function::item(&spec.function, &body(spec))
}
