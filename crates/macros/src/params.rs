//! The parameters of a function: which are arguments, which are handed in, and what is known about each.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Expr, FnArg, Meta, Pat, PatIdent, PatType, Path, Signature, Type};

use crate::argument::{self, Options};
use crate::docs;
use crate::errors::Errors;
use crate::kind::Kind;
use crate::names;
use crate::types;

/// One parameter.
pub(crate) struct Param {
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

pub(crate) enum Role {
    /// An argument that the caller sends.
    Argument(Box<Argument>),
    /// What the framework hands in, under the name that the closure gives it.
    Context(Ident),
}

/// An argument that the caller sends.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    /// Its name on the wire.
    pub(crate) name: String,
    pub(crate) description: Option<TokenStream>,
    pub(crate) options: Options,
    pub(crate) complete: Option<Expr>,
    /// Whether a missing value is the default of the type, without the author's saying so.
    pub(crate) lenient: bool,
}

impl Param {
    pub(crate) fn argument(&self) -> Option<&Argument> {
        match &self.role {
            Role::Argument(argument) => Some(argument),
            Role::Context(_) => None,
        }
    }

    /// Whether a call may leave it out.
    pub(crate) fn is_optional(&self) -> bool {
        let has_default = self
            .argument()
            .is_some_and(|it| it.options.default.is_some() || it.lenient);
        has_default || types::is_option(&self.ty)
    }
}

/// The attributes that mark parameters; the compiler does not know them.
pub(crate) fn is_marker(attr: &Attribute) -> bool {
    ["arg", "ctx", "complete"]
        .iter()
        .any(|name| attr.path().is_ident(name))
}

/// Takes out what the compiler would refuse on parameters: the markers and the comments.
pub(crate) fn strip(sig: &mut Signature) {
    for input in &mut sig.inputs {
        let attrs = match input {
            FnArg::Typed(typed) => &mut typed.attrs,
            FnArg::Receiver(receiver) => &mut receiver.attrs,
        };
        attrs.retain(|attr| !is_marker(attr) && !docs::is_doc(attr));
    }
}

/// Reads all parameters. `owner` is what `Self` means.
pub(crate) fn read(
    kind: Kind,
    sig: &Signature,
    owner: Option<&Path>,
    errors: &mut Errors,
) -> Vec<Param> {
    let typed = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let params: Vec<Param> = typed
        .enumerate()
        .filter_map(|(position, typed)| {
            let mut typed = typed.clone();
            if let Some(owner) = owner {
                types::NameSelf { owner }.visit_type_mut(&mut typed.ty);
            }
            read_one(kind, &typed, position, errors)
        })
        .collect();
    check_unique(sig, &params, errors);
    params
}

/// The markers of one parameter.
#[derive(Default)]
struct Markers {
    arg: Vec<TokenStream>,
    has_arg: bool,
    has_ctx: bool,
    complete: Option<Expr>,
}

fn markers(typed: &PatType, errors: &mut Errors) -> Markers {
    let mut markers = Markers::default();
    for attr in &typed.attrs {
        if attr.path().is_ident("arg") {
            markers.has_arg = true;
            match &attr.meta {
                Meta::Path(_) => {}
                Meta::List(list) => markers.arg.push(list.tokens.clone()),
                Meta::NameValue(_) => errors.on(attr, "write `#[arg(key = value)]`"),
            }
        } else if attr.path().is_ident("ctx") {
            markers.has_ctx = true;
            if !matches!(attr.meta, Meta::Path(_)) {
                errors.on(attr, "`#[ctx]` takes no options");
            }
        } else if attr.path().is_ident("complete") {
            match attr.parse_args::<Expr>() {
                Ok(completer) => markers.complete = Some(completer),
                Err(_) => errors.on(
                    attr,
                    "`#[complete]` takes a completer: write `#[complete(languages)]`",
                ),
            }
        } else if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            errors.on(
                attr,
                "a parameter cannot depend on `cfg` here; put it on the whole function",
            );
        }
    }
    markers
}

fn read_one(kind: Kind, typed: &PatType, position: usize, errors: &mut Errors) -> Option<Param> {
    let markers = markers(typed, errors);
    if types::has_impl_trait(&typed.ty) {
        errors.on(
            &typed.ty,
            "`impl Trait` cannot be read from JSON; name the type",
        );
        return None;
    }
    let lent = match &*typed.ty {
        Type::Reference(reference) => &reference.elem,
        owned => owned,
    };
    let is_context = types::last_name(lent).is_some_and(|name| name == "Context");
    if markers.has_ctx || is_context {
        return read_context(typed, position, is_context, &markers, errors);
    }
    if let Some(reference) = types::reference_in(&typed.ty) {
        let message = format!(
            "an argument cannot be borrowed, for nobody owns it while the function runs; take `{}`",
            types::owned(&reference)
        );
        errors.on(&reference, message);
        return None;
    }
    if let (Kind::Tool, Some(completer)) = (kind, &markers.complete) {
        let message = "only arguments of prompts and variables of resource templates can be completed; \
                       for a tool use `#[arg(one_of(…))]` or an enum";
        errors.on(completer, message);
    }
    let options = argument::read(kind, markers.arg, &typed.ty, errors);
    let ident = argument_ident(typed, &options, errors)?;
    let described = options.description.as_ref().map(ToTokens::to_token_stream);
    let argument = Argument {
        name: options
            .rename
            .as_ref()
            .map_or_else(|| names::plain(&ident), syn::LitStr::value),
        description: described.or_else(|| docs::description(&typed.attrs)),
        ident,
        options,
        complete: markers.complete,
        lenient: false,
    };
    Some(Param {
        ty: (*typed.ty).clone(),
        role: Role::Argument(Box::new(argument)),
    })
}

fn read_context(
    typed: &PatType,
    position: usize,
    is_context: bool,
    markers: &Markers,
    errors: &mut Errors,
) -> Option<Param> {
    let what = if is_context {
        "`Context`"
    } else {
        "a `#[ctx]` parameter"
    };
    if markers.has_arg || markers.complete.is_some() {
        let marker = if markers.has_arg {
            "#[arg]"
        } else {
            "#[complete]"
        };
        errors.on(
            &typed.pat,
            format!("{what} is handed in by the framework and is no argument, so `{marker}` has no meaning here"),
        );
    }
    if let Type::Reference(reference) = &*typed.ty {
        let owned = types::owned(reference);
        errors.on(
            &typed.ty,
            format!("{what} is handed over, not lent; take `{owned}`"),
        );
        return None;
    }
    let name = match &*typed.pat {
        Pat::Ident(PatIdent { ident, .. }) if ident != "arguments" && ident != "this" => {
            Ident::new(&ident.to_string().replace("r#", "r_"), Span::mixed_site())
        }
        _ => format_ident!("context{position}", span = Span::mixed_site()),
    };
    Some(Param {
        ty: (*typed.ty).clone(),
        role: Role::Context(name),
    })
}

/// The identifier of an argument, which is also its name.
fn argument_ident(typed: &PatType, options: &Options, errors: &mut Errors) -> Option<Ident> {
    match &*typed.pat {
        Pat::Ident(PatIdent {
            ident,
            by_ref: None,
            subpat: None,
            ..
        }) => {
            if ident.to_string().starts_with('_') && options.rename.is_none() {
                let message = format!(
                    "an argument needs a name that callers can read: drop the underscore of `{ident}` or add `#[arg(rename = \"…\")]`"
                );
                errors.on(ident, message);
            }
            Some(ident.clone())
        }
        pattern => {
            let message = "an argument needs a name: write `name: Type` and take the value apart in the body; \
                           if the framework hands it in, mark it with `#[ctx]`";
            errors.on(pattern, message);
            None
        }
    }
}

/// No two arguments share a name, and no two a header.
fn check_unique(sig: &Signature, params: &[Param], errors: &mut Errors) {
    let mut seen_names = BTreeMap::new();
    let mut seen_headers = BTreeMap::new();
    for argument in params.iter().filter_map(Param::argument) {
        if let Some(first) = seen_names.insert(argument.name.clone(), &argument.ident) {
            let message = format!(
                "`{first}` and `{}` are both called `{}`",
                argument.ident, argument.name
            );
            match &argument.options.rename {
                Some(rename) => errors.on(rename, message),
                None if *first != argument.ident => errors.on(&argument.ident, message),
                // The compiler itself reports two parameters of one name.
                None => {}
            }
        }
        let Some(header) = &argument.options.header else {
            continue;
        };
        if let Some(first) =
            seen_headers.insert(header.value().to_ascii_lowercase(), &argument.ident)
        {
            let message = format!(
                "`{first}` already goes into the header `{}` (case does not count); each argument of `{}` needs its own",
                header.value(),
                sig.ident
            );
            errors.on(header, message);
        }
    }
}
