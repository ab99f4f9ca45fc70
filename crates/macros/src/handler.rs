//! The closure that calls the function, and the local items that it needs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, Lit, LitStr, ReturnType, Type};

use crate::args::literal;
use crate::argument::Default;
use crate::function::Function;
use crate::names;
use crate::params::{Argument, Param, Role};
use crate::types;

/// The pieces of a generated body, in this order.
pub(crate) struct Handler {
    /// The struct of the arguments and the functions of their defaults.
    pub(crate) items: TokenStream,
    /// Statements that let the compiler complain on the user's types.
    pub(crate) assertions: TokenStream,
    /// `let this = …`, for a method.
    pub(crate) capture: TokenStream,
    pub(crate) closure: TokenStream,
}

impl Handler {
    /// The statements in front of `value`, and `value`.
    pub(crate) fn body(&self, value: &TokenStream) -> TokenStream {
        let Self {
            items,
            assertions,
            capture,
            ..
        } = self;
        quote!(#items #assertions #capture #value)
    }
}

/// The handler for the function.
pub(crate) fn handler(function: &Function, blocking: bool) -> Handler {
    let takes_self = function.takes_self();
    let this = this();
    Handler {
        items: items(function),
        assertions: assertions(function),
        capture: if takes_self {
            quote!(let #this = ::std::sync::Arc::clone(&#this);)
        } else {
            TokenStream::new()
        },
        closure: closure(function, blocking),
    }
}

/// The local that holds the server. Locals have the hygiene of the macro, so no name of the user's can
/// be taken for one of them.
pub(crate) fn this() -> Ident {
    Ident::new("this", Span::mixed_site())
}

fn arguments_type() -> Ident {
    Ident::new("__Arguments", Span::call_site())
}

fn has_arguments(function: &Function) -> bool {
    function
        .params
        .iter()
        .any(|param| param.argument().is_some())
}

fn closure(function: &Function, blocking: bool) -> TokenStream {
    let arguments = Ident::new("arguments", Span::mixed_site());
    let this = this();
    let arguments_type = arguments_type();
    let input = has_arguments(function)
        .then(|| quote!(::fmcp::Input(#arguments): ::fmcp::Input<#arguments_type>));
    let contexts = function
        .params
        .iter()
        .filter_map(|Param { ty, role }| match role {
            Role::Context(name) => Some(quote!(#name: #ty)),
            Role::Argument(_) => None,
        });
    let inputs = input.into_iter().chain(contexts);
    let receiver = function.takes_self().then(|| quote!(&#this));
    let values = function.params.iter().map(|param| match &param.role {
        Role::Argument(argument) => {
            let field = &argument.ident;
            quote!(#arguments.#field)
        }
        Role::Context(name) => name.to_token_stream(),
    });
    let values = receiver.into_iter().chain(values);
    let ident = &function.sig.ident;
    let callee = if function.owner.is_some() {
        quote!(Self::#ident)
    } else {
        quote!(#ident)
    };
    let call = quote!(#callee(#(#values),*));
    let call = if blocking {
        quote!(::fmcp::blocking(move || #call).await)
    } else if function.is_async() {
        quote!(#call.await)
    } else {
        call
    };
    let call = match function.streams() {
        Some(streams) => streams.run(&call),
        None => call,
    };
    if function.takes_self() {
        quote!(move |#(#inputs),*| {
            let #this = ::std::sync::Arc::clone(&#this);
            async move { #call }
        })
    } else {
        quote!(|#(#inputs),*| async move { #call })
    }
}

fn assertions(function: &Function) -> TokenStream {
    let params = function.params.iter().map(|Param { ty, role }| {
        let span = ty.span();
        match role {
            Role::Argument(_) => quote_spanned!(span=> ::fmcp::assert::argument::<#ty>();),
            Role::Context(_) => quote_spanned!(span=> ::fmcp::assert::from_call::<#ty>();),
        }
    });
    let reply = match (&function.sig.output, function.streams()) {
        (_, Some(streams)) => streams.item().map(|item| {
            let span = item.span();
            quote_spanned!(span=> ::fmcp::assert::tool_part::<#item>();)
        }),
        (ReturnType::Type(_, ty), None)
            if !types::has_impl_trait(ty) && !matches!(**ty, Type::Never(_)) =>
        {
            let span = ty.span();
            let assertion = function.kind.reply_assertion(span);
            Some(quote_spanned!(span=> #assertion::<#ty>();))
        }
        _ => None,
    };
    params.chain(reply).collect()
}

fn items(function: &Function) -> TokenStream {
    if !has_arguments(function) {
        return TokenStream::new();
    }
    let arguments = || {
        function
            .params
            .iter()
            .filter_map(|param| Some((param, param.argument()?)))
    };
    let fields = arguments().map(|(param, argument)| field(param, argument));
    let defaults =
        arguments().filter_map(|(param, argument)| default_fn(function, param, argument));
    let arguments_type = arguments_type();
    // No identifier has a space, so this name, of which schemars makes the identity of the schema,
    // cannot be that of a type of the user's.
    let title = format!("{} arguments", names::plain(&function.sig.ident));
    quote! {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(crate = "::fmcp::serde", rename = #title, deny_unknown_fields)]
        #[schemars(crate = "::fmcp::schemars")]
        struct #arguments_type {
            #(#fields),*
        }
        #(#defaults)*
    }
}

fn field(param: &Param, argument: &Argument) -> TokenStream {
    let (ident, ty) = (&argument.ident, &param.ty);
    let mut serde = Vec::new();
    if names::plain(ident) != argument.name {
        let name = &argument.name;
        serde.push(quote!(rename = #name));
    }
    match &argument.options.default {
        Some(Default::Value(_)) => {
            let function = default_ident(ident).to_string();
            serde.push(quote!(default = #function));
        }
        Some(Default::OfType) => serde.push(quote!(default)),
        None if argument.lenient => serde.push(quote!(default)),
        None => {}
    }
    let mut schemars = Vec::new();
    if let Some(title) = &argument.options.title {
        schemars.push(quote!(title = #title));
    }
    if let Some(description) = &argument.description {
        schemars.push(quote!(description = #description));
    }
    let keywords = &argument.options.keywords;
    if !keywords.is_empty() {
        let keywords = keywords
            .iter()
            .map(|(keyword, value)| quote!(#keyword = #value));
        schemars.push(quote!(extend(#(#keywords),*)));
    }
    let serde = (!serde.is_empty()).then(|| quote!(#[serde(#(#serde),*)]));
    let schemars = (!schemars.is_empty()).then(|| quote!(#[schemars(#(#schemars),*)]));
    quote!(#serde #schemars #ident: #ty)
}

fn default_ident(ident: &Ident) -> Ident {
    format_ident!(
        "__{}_default",
        names::plain(ident),
        span = Span::call_site()
    )
}

fn default_fn(function: &Function, param: &Param, argument: &Argument) -> Option<TokenStream> {
    let Some(Default::Value(value)) = &argument.options.default else {
        return None;
    };
    let mut value = value.clone();
    if let Some(owner) = &function.owner {
        types::NameSelf { owner }.visit_expr_mut(&mut value);
    }
    let name = default_ident(&argument.ident);
    let ty = &param.ty;
    let value = default_value(&value, ty);
    Some(quote! {
        fn #name() -> #ty {
            #value
        }
    })
}

/// A literal may leave out `Some(…)` and `.into()`.
fn default_value(value: &Expr, ty: &Type) -> TokenStream {
    let is_literal = literal(value).is_some()
        || matches!(value, Expr::Unary(unary) if literal(&unary.expr).is_some());
    if !is_literal {
        return value.to_token_stream();
    }
    let span = value.span();
    let value = match literal(value) {
        Some(Lit::Str(text)) => quote_spanned!(span=> ::core::convert::Into::into(#text)),
        _ => value.to_token_stream(),
    };
    if types::is_option(ty) {
        quote!(::core::option::Option::Some(#value))
    } else {
        value
    }
}

/// `.complete("name", completer)` for each argument with a completer.
pub(crate) fn completions(function: &Function) -> Vec<TokenStream> {
    let arguments = function.params.iter().filter_map(Param::argument);
    arguments
        .filter_map(|argument| {
            let completer = argument.complete.as_ref()?;
            let name = LitStr::new(&argument.name, argument.ident.span());
            Some(quote!(.complete(#name, #completer)))
        })
        .collect()
}
