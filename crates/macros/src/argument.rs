//! `#[arg(…)]`: what the schema says about one argument.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, LitStr, Type};

use crate::args::{Args, Grammar, literal};
use crate::bounds::Bounds;
use crate::errors::Errors;
use crate::kind::Kind;
use crate::names;
use crate::types::{self, Shape};

const ALLOWED: &[&str] = &[
    "default",
    "range",
    "length",
    "pattern",
    "one_of",
    "examples",
    "rename",
    "title",
    "description",
    "deprecated",
    "header",
];

/// The options of one argument.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) default: Option<Default>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) title: Option<Expr>,
    pub(crate) description: Option<Expr>,
    pub(crate) header: Option<LitStr>,
    /// Keywords of the schema with their values.
    pub(crate) keywords: Vec<(&'static str, TokenStream)>,
}

/// What stands in for an argument that is not given.
pub(crate) enum Default {
    /// `Default::default()`
    OfType,
    Value(Expr),
}

/// The allowed options for arguments of that kind of component.
fn grammar(kind: Kind) -> Grammar<'static> {
    let count = if kind == Kind::Tool {
        ALLOWED.len()
    } else {
        ALLOWED.len() - 1
    };
    Grammar {
        attribute: "#[arg]",
        allowed: &ALLOWED[..count],
        repeatable: &[],
        literals: Err("`#[arg]` takes options: write `#[arg(description = \"…\")]`"),
    }
}

/// Reads the contents of all `#[arg(…)]` of one parameter.
pub(crate) fn read(
    kind: Kind,
    contents: Vec<TokenStream>,
    ty: &Type,
    errors: &mut Errors,
) -> Options {
    let grammar = grammar(kind);
    let mut args = Args::default();
    for tokens in contents {
        args.read(tokens, &grammar, errors);
    }
    let default = args.get("default").and_then(|option| {
        if option.is_flag() {
            Some(Default::OfType)
        } else {
            option.expr(errors).map(Default::Value)
        }
    });
    let mut options = Options {
        default,
        rename: args.string("rename", errors),
        title: args.text("title", errors),
        description: args.text("description", errors),
        header: args.string("header", errors),
        keywords: Vec::new(),
    };
    options.read_rules(&args, ty, errors);
    options.check_names(&args, ty, errors);
    options
}

impl Options {
    fn read_rules(&mut self, args: &Args, ty: &Type, errors: &mut Errors) {
        let shape = types::shape(ty);
        if let Some(range) = bounds(args, "range", errors) {
            self.range(&range, args, shape, errors);
        }
        if let Some(length) = bounds(args, "length", errors) {
            self.length(&length, args, shape, errors);
        }
        if let Some(pattern) = args.text("pattern", errors) {
            if !matches!(shape, Shape::Text | Shape::Unknown) {
                refuse(args, "pattern", "describes a text", errors);
            }
            self.keywords.push(("pattern", value(&pattern)));
        }
        if args.get("one_of").is_some() {
            self.one_of(args, ty, shape, errors);
        }
        if args.get("examples").is_some() {
            let examples = args.list("examples", "1, 2", errors);
            self.keywords.push(("examples", quote!([#(#examples),*])));
        }
        if let Some(deprecated) = args.flag("deprecated", errors) {
            self.keywords.push(("deprecated", value(&deprecated)));
        }
        if let Some(header) = &self.header {
            self.keywords
                .push(("x-mcp-header", header.to_token_stream()));
        }
    }

    fn range(&mut self, range: &Bounds, args: &Args, shape: Shape, errors: &mut Errors) {
        if matches!(shape, Shape::Text | Shape::List | Shape::Map | Shape::Bool) {
            refuse(
                args,
                "range",
                "bounds a number; for a text or a list write `length(…)`",
                errors,
            );
        }
        if let Some(low) = &range.low {
            self.keywords.push(("minimum", value(low)));
        }
        if let Some(high) = &range.high {
            let keyword = if range.inclusive {
                "maximum"
            } else {
                "exclusiveMaximum"
            };
            self.keywords.push((keyword, value(high)));
        }
    }

    fn length(&mut self, length: &Bounds, args: &Args, shape: Shape, errors: &mut Errors) {
        length.check_length(errors);
        let (low, high) = match shape {
            Shape::Text | Shape::Unknown => ("minLength", "maxLength"),
            Shape::List => ("minItems", "maxItems"),
            Shape::Map => ("minProperties", "maxProperties"),
            Shape::Integer | Shape::Float | Shape::Bool => {
                refuse(
                    args,
                    "length",
                    "bounds a text or a list; for a number write `range(…)`",
                    errors,
                );
                return;
            }
        };
        if let Some(value_of_low) = &length.low {
            self.keywords.push((low, value(value_of_low)));
        }
        if let Some(most) = length.most() {
            self.keywords.push((high, most));
        }
    }

    fn one_of(&mut self, args: &Args, ty: &Type, shape: Shape, errors: &mut Errors) {
        if matches!(shape, Shape::List | Shape::Map | Shape::Bool) {
            let message =
                "names the values of a text or a number; for the items of a list use an enum type";
            refuse(args, "one_of", message, errors);
        }
        let values = args.list("one_of", "\"a\", \"b\"", errors);
        // `enum` speaks about the whole value, so the `null` of an option has to be in it.
        let null = types::is_option(ty).then(|| quote!(, null));
        self.keywords.push(("enum", quote!([#(#values),* #null])));
    }

    fn check_names(&self, args: &Args, ty: &Type, errors: &mut Errors) {
        if let Some(rename) = self
            .rename
            .as_ref()
            .filter(|rename| rename.value().is_empty())
        {
            errors.on(rename, "an argument needs a name");
        }
        let Some(header) = &self.header else { return };
        if !names::is_http_token(&header.value()) {
            let message = format!(
                "`{}` cannot be part of a header name: RFC 9110 allows letters, digits and !#$%&'*+-.^_`|~",
                header.value()
            );
            errors.on(header, message);
        }
        if matches!(types::shape(ty), Shape::Float | Shape::List | Shape::Map) {
            let message = format!(
                "only strings, integers and booleans are mirrored into headers, and `{}` is none of them",
                types::spelled(ty)
            );
            refuse(args, "header", &message, errors);
        }
    }
}

/// Reads `range(…)` or `length(…)`.
fn bounds(args: &Args, name: &str, errors: &mut Errors) -> Option<Bounds> {
    let example = "1..=5";
    let range = args.content(name, example, <Expr as syn::parse::Parse>::parse, errors)?;
    Bounds::read(name, &range, errors)
}

/// Says that the option does not fit the type of the argument.
fn refuse(args: &Args, name: &str, reason: &str, errors: &mut Errors) {
    if let Some(option) = args.get(name) {
        let joint = if name == "header" { ": " } else { " " };
        errors.on(&option.name, format!("`{name}`{joint}{reason}"));
    }
}

/// The expression as the value of a keyword: schemars reads it up to the next comma.
pub(crate) fn value(expr: &Expr) -> TokenStream {
    let tokens = expr.to_token_stream();
    let has_comma = tokens
        .clone()
        .into_iter()
        .any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    if has_comma && literal(expr).is_none() {
        quote!((#tokens))
    } else {
        tokens
    }
}
