//! The options that tools, resources and prompts share.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token};

use crate::args::{Args, literal};
use crate::duration;
use crate::errors::Errors;
use crate::function::Function;
use crate::kind::Kind;
use crate::names;

/// What the three builders have in common, as the builder's method calls.
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) blocking: bool,
    /// `.title(…).description(…).version(…).tags(…)`
    pub(crate) head: Vec<TokenStream>,
    /// `.timeout(…).enabled(…).meta(…).icon(…).layer(…)`
    pub(crate) tail: Vec<TokenStream>,
}

/// Reads the shared options.
pub(crate) fn read(args: &Args, function: &Function, errors: &mut Errors) -> Options {
    Options {
        name: name(args, function, errors),
        blocking: blocking(args, function, errors),
        head: head(args, function, errors),
        tail: tail(args, errors),
    }
}

fn name(args: &Args, function: &Function, errors: &mut Errors) -> String {
    let given = args.string("name", errors);
    let name = given
        .as_ref()
        .map_or_else(|| names::plain(&function.sig.ident), LitStr::value);
    let fits = match function.kind {
        Kind::Tool | Kind::Prompt => names::is_component_name(&name),
        Kind::Resource => !name.is_empty(),
    };
    if !fits {
        let message = if function.kind == Kind::Resource {
            "a resource needs a name".to_owned()
        } else {
            format!(
                "`{name}` cannot be the name of a {}: the specification asks for 1 to 128 of A-Z a-z 0-9 _ . -, and many clients refuse or rewrite anything else",
                function.kind.word()
            )
        };
        match &given {
            Some(given) => errors.on(given, message),
            None => errors.on(
                &function.sig.ident,
                format!("{message}; give one with `name = \"…\"`"),
            ),
        }
    }
    name
}

fn blocking(args: &Args, function: &Function, errors: &mut Errors) -> bool {
    let Some(option) = args.get("blocking") else {
        return false;
    };
    if !option.is_flag() {
        errors.on(&option.name, "`blocking` is a flag: write `blocking`");
    } else if function.is_async() {
        let message = "`blocking` moves a function that blocks its thread to the blocking pool; an async fn \
                       yields while it waits and needs no such place: remove `blocking` or `async`";
        errors.on(&option.name, message);
    }
    true
}

fn head(args: &Args, function: &Function, errors: &mut Errors) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    if let Some(title) = args.text("title", errors) {
        calls.push(quote!(.title(#title)));
    }
    let given = args
        .text("description", errors)
        .map(ToTokens::into_token_stream);
    if let Some(description) = given.or_else(|| function.description()) {
        calls.push(quote!(.description(#description)));
    }
    if let Some(version) = args.text("version", errors) {
        calls.push(quote!(.version(#version)));
    }
    let tags = args.texts("tags", errors);
    if !tags.is_empty() {
        calls.push(quote!(.tags([#(#tags),*])));
    }
    calls
}

fn tail(args: &Args, errors: &mut Errors) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    if let Some(timeout) = args.expr("timeout", errors) {
        let timeout = duration::expression(&timeout, errors);
        calls.push(quote!(.timeout(#timeout)));
    }
    if let (Some(_), Some(disabled)) = (args.get("enabled"), args.get("disabled")) {
        errors.on(
            &disabled.name,
            "`disabled` and `enabled` say the same thing; keep one",
        );
    }
    if let Some(enabled) = args.flag("enabled", errors) {
        calls.push(quote!(.enabled(#enabled)));
    }
    if let Some(disabled) = args.get("disabled") {
        if disabled.is_flag() {
            calls.push(quote!(.enabled(false)));
        } else {
            errors.on(
                &disabled.name,
                "`disabled` is a flag: write `disabled` or `enabled = false`",
            );
        }
    }
    calls.extend(meta(args, errors));
    calls.extend(args.expr("icon", errors).map(|icon| quote!(.icon(#icon))));
    let icons = args.list("icons", "first, second", errors);
    calls.extend(icons.iter().map(|icon| quote!(.icon(#icon))));
    let layers = args.all("layer").filter_map(|option| option.expr(errors));
    calls.extend(layers.map(|layer| quote!(.layer(#layer))));
    calls
}

/// `key = expr` or `"key" = expr`.
struct Entry {
    key: LitStr,
    value: Expr,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = if input.peek(LitStr) {
            input.parse()?
        } else {
            let expected = input.error("expected `key = value`");
            let ident = input.call(Ident::parse_any).map_err(|_| expected)?;
            LitStr::new(&names::plain(&ident), ident.span())
        };
        input.parse::<Token![=]>()?;
        Ok(Self {
            key,
            value: input.parse()?,
        })
    }
}

fn meta(args: &Args, errors: &mut Errors) -> Vec<TokenStream> {
    let example = "key = 1, \"example.com/key\" = \"x\"";
    let parser = Punctuated::<Entry, Token![,]>::parse_terminated;
    let entries = args.content("meta", example, parser, errors);
    let mut seen = std::collections::BTreeSet::new();
    let mut calls = Vec::new();
    for Entry { key, value } in entries.into_iter().flatten() {
        if !seen.insert(key.value()) {
            errors.on(
                &key,
                format!("`{}` is given twice in `meta`; keep one", key.value()),
            );
        }
        calls.push(quote!(.meta(#key, ::fmcp::serde_json::json!(#value))));
    }
    calls
}

/// `.read_only(true)` for the flag of that name.
pub(crate) fn flag_call(args: &Args, name: &str, errors: &mut Errors) -> Option<TokenStream> {
    let value = args.flag(name, errors)?;
    let method = &args.get(name)?.name;
    Some(quote!(.#method(#value)))
}

/// Whether the flag is given as the literal `true`.
pub(crate) fn is_true(args: &Args, name: &str) -> bool {
    let mut ignored = Errors::default();
    let value = args.flag(name, &mut ignored);
    value.is_some_and(|value| matches!(literal(&value), Some(syn::Lit::Bool(flag)) if flag.value))
}
