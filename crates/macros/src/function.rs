//! The function under the attribute: what all three kinds ask of it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, GenericParam, ItemFn, Path, Receiver, ReceiverKind, ReturnType, Safety, Signature,
    Type, TypeParamBound, Visibility, parse_quote,
};

use crate::docs;
use crate::errors::Errors;
use crate::kind::Kind;
use crate::params::{self, Param};
use crate::stream::Streams;
use crate::types;

/// A function that answers calls.
pub(crate) struct Function {
    pub(crate) kind: Kind,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) params: Vec<Param>,
    /// The type of the `impl` block under `#[server]`.
    pub(crate) owner: Option<Path>,
}

impl Function {
    /// Reads a free function.
    pub(crate) fn free(kind: Kind, item: &ItemFn, errors: &mut Errors) -> Self {
        let params = params::read(kind, &item.sig, None, errors);
        let (attrs, vis, sig) = (item.attrs.clone(), item.vis.clone(), item.sig.clone());
        Self {
            kind,
            attrs,
            vis,
            sig,
            params,
            owner: None,
        }
    }

    /// Reads a method of `owner`.
    pub(crate) fn method(
        kind: Kind,
        attrs: Vec<Attribute>,
        sig: &Signature,
        owner: Path,
        errors: &mut Errors,
    ) -> Self {
        let params = params::read(kind, sig, Some(&owner), errors);
        Self {
            kind,
            attrs,
            vis: Visibility::Inherited,
            sig: sig.clone(),
            params,
            owner: Some(owner),
        }
    }

    /// Whether the call is awaited: an `async fn`, or one that returns `impl Future`.
    pub(crate) fn is_async(&self) -> bool {
        self.sig.asyncness.is_some() || self.returns_future()
    }

    pub(crate) fn takes_self(&self) -> bool {
        self.sig.receiver().is_some()
    }

    /// The attributes that the generated items share with the function.
    pub(crate) fn carried(&self) -> Vec<Attribute> {
        let kept = |attr: &&Attribute| attr.path().is_ident("cfg") || attr.path().is_ident("allow");
        let mut carried: Vec<Attribute> = self.attrs.iter().filter(kept).cloned().collect();
        if self
            .attrs
            .iter()
            .any(|attr| attr.path().is_ident("deprecated"))
        {
            carried.push(parse_quote!(#[allow(deprecated)]));
        }
        carried
    }

    /// The description from the doc comments.
    pub(crate) fn description(&self) -> Option<TokenStream> {
        docs::description(&self.attrs)
    }

    /// The stream that it gives back, if it does.
    pub(crate) fn streams(&self) -> Option<Streams<'_>> {
        Streams::of(&self.sig.output)
    }

    fn returns_future(&self) -> bool {
        let ReturnType::Type(_, ty) = &self.sig.output else {
            return false;
        };
        let Type::ImplTrait(bounds) = &**ty else {
            return false;
        };
        bounds.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound
                .path
                .segments
                .last()
                .is_some_and(|segment| segment.ident == "Future"),
            _ => false,
        })
    }

    /// Checks everything that does not depend on the options.
    pub(crate) fn check(&self, errors: &mut Errors) {
        let attribute = self.kind.attribute();
        self.check_generics(errors);
        self.check_receiver(errors);
        if let Some(streams) = self.streams() {
            streams.check(self, errors);
        }
        if let Safety::Unsafe(token) = &self.sig.safety {
            errors.on(token, format!("{attribute} cannot stand on an unsafe fn: callers could not uphold its contract"));
        }
        if let Some(variadic) = &self.sig.variadic {
            errors.on(
                variadic,
                "a variable number of arguments has no schema; take a `Vec<T>`",
            );
        }
        if let ReturnType::Type(_, ty) = &self.sig.output
            && let Type::Reference(reference) = &**ty
            && reference
                .lifetime
                .as_ref()
                .is_none_or(|lifetime| lifetime.ident != "static")
        {
            let owned = types::owned(reference);
            errors.on(
                ty,
                format!("the reply outlives the call, so it cannot be borrowed; return `{owned}`"),
            );
        }
    }

    fn check_generics(&self, errors: &mut Errors) {
        let attribute = self.kind.attribute();
        for param in &self.sig.generics.params {
            let message = match param {
                GenericParam::Lifetime(_) => {
                    format!(
                        "{attribute} cannot stand on a fn with lifetimes: nothing it is given is borrowed"
                    )
                }
                _ => format!(
                    "{attribute} cannot stand on a generic fn: a schema needs concrete types"
                ),
            };
            errors.on(param, message);
        }
    }

    fn check_receiver(&self, errors: &mut Errors) {
        let attribute = self.kind.attribute();
        let receiver = self.sig.receiver();
        if self.owner.is_none() {
            let message = format!(
                "{attribute} on a method needs `#[server]` on the `impl` block, which registers all its methods"
            );
            if let Some(receiver) = receiver {
                errors.on(receiver, message);
            } else if mentions_self(&self.sig.to_token_stream()) {
                errors.on(&self.sig.ident, message);
            }
            return;
        }
        let Some(receiver) = receiver else { return };
        if !is_shared_borrow(receiver) {
            let message = "calls run at the same time and share the server, so a method takes `&self`; \
                           keep what changes behind a `Mutex` or an atomic";
            errors.on(receiver, message);
        }
    }
}

fn is_shared_borrow(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        _ => false,
    }
}

fn mentions_self(tokens: &TokenStream) -> bool {
    use proc_macro2::TokenTree;
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(&group.stream()),
        _ => false,
    })
}

/// The steps of one attribute on a free function.
pub(crate) struct Steps<S> {
    pub(crate) kind: Kind,
    pub(crate) parse: fn(TokenStream, Function, &mut Errors) -> S,
    pub(crate) check: fn(&S, &mut Errors),
    pub(crate) emit: fn(&S) -> TokenStream,
}

/// Runs the steps. The function itself is always given back, so that a fault in an option does not
/// make every use of the function a fault as well.
pub(crate) fn expand<S>(steps: &Steps<S>, attr: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let attribute = steps.kind.attribute();
            errors.on(
                item,
                format!("{attribute} goes on a function; on an `impl` block write `#[server]`"),
            );
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    let spec = (steps.parse)(
        attr,
        Function::free(steps.kind, &function, &mut errors),
        &mut errors,
    );
    (steps.check)(&spec, &mut errors);
    let generated = if errors.is_empty() {
        (steps.emit)(&spec)
    } else {
        let stub = function
            .sig
            .receiver()
            .is_none()
            .then(|| stub(steps.kind, &function));
        let errors = errors.into_tokens();
        quote!(#stub #errors)
    };
    params::strip(&mut function.sig);
    quote!(#function #generated)
}

/// The item that a correct function would have got, from the built value.
pub(crate) fn item(function: &Function, body: &TokenStream) -> TokenStream {
    let Function { kind, vis, sig, .. } = function;
    let ident = &sig.ident;
    let carried = function.carried();
    let (constructor, ty, word) = (kind.ident(), kind.path(), kind.word());
    let plain = crate::names::plain(ident);
    let about_type =
        format!(" The {word} `{plain}`: register it with `server.{word}({plain}::{word}())`.");
    let about_fn = format!(" The {word} that calls the function `{plain}`.");
    quote! {
        #(#carried)*
        #[allow(non_camel_case_types)]
        #[doc = #about_type]
        #vis struct #ident {}

        #(#carried)*
        impl #ident {
            #[doc = #about_fn]
            #vis fn #constructor() -> #ty {
                #body
            }
        }
    }
}

/// The same names without a working body, for an item whose faults are reported.
fn stub(kind: Kind, item: &ItemFn) -> TokenStream {
    let (vis, ident) = (&item.vis, &item.sig.ident);
    let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let cfgs: Vec<&Attribute> = cfgs.collect();
    let (constructor, ty) = (kind.ident(), kind.path());
    quote! {
        #(#cfgs)*
        #[allow(non_camel_case_types, dead_code)]
        #vis struct #ident {}

        #(#cfgs)*
        #[allow(dead_code)]
        impl #ident {
            #vis fn #constructor() -> #ty {
                ::core::unreachable!()
            }
        }
    }
}
