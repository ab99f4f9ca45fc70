//! `#[server]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ImplItem, ImplItemFn, ItemImpl, Meta, Path, Type};

use crate::args::{Args, Grammar};
use crate::errors::Errors;
use crate::function::Function;
use crate::handler;
use crate::kind::Kind;
use crate::names;
use crate::{params, prompt, resource, tool};

const GRAMMAR: Grammar<'static> = Grammar {
    attribute: "#[server]",
    allowed: &["name", "version", "title", "instructions"],
    repeatable: &[],
    literals: Err("`#[server]` takes options: for a name write `name = \"…\"`"),
};

/// A type whose methods answer calls.
struct Spec {
    item: ItemImpl,
    name: Option<Expr>,
    /// `.version(…).title(…).instructions(…)`
    calls: Vec<TokenStream>,
    components: Vec<Component>,
}

enum Component {
    Tool(tool::Spec),
    Resource(resource::Spec),
    Prompt(prompt::Spec),
}

impl Component {
    fn function(&self) -> &Function {
        match self {
            Self::Tool(spec) => &spec.function,
            Self::Resource(spec) => &spec.function,
            Self::Prompt(spec) => &spec.function,
        }
    }

    fn body(&self) -> TokenStream {
        match self {
            Self::Tool(spec) => tool::body(spec),
            Self::Resource(spec) => resource::body(spec),
            Self::Prompt(spec) => prompt::body(spec),
        }
    }
}

pub(crate) fn expand(attr: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Ok(block) = syn::parse2::<ItemImpl>(item.clone()) else {
        let message = "`#[server]` goes on an `impl` block whose methods carry `#[tool]`, `#[resource]` or `#[prompt]`";
        errors.on(item, message);
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    let spec = parse(attr, block, &mut errors);
    check(&spec, &mut errors);
    let item = &spec.item;
    let generated = if errors.is_empty() {
        emit(&spec)
    } else {
        let stub = item
            .trait_
            .is_none()
            .then(|| constructor(&spec, &quote!(::core::unreachable!())));
        let errors = errors.into_tokens();
        quote!(#stub #errors)
    };
    quote!(#item #generated)
}

fn parse(attr: TokenStream, mut item: ItemImpl, errors: &mut Errors) -> Spec {
    let mut args = Args::default();
    args.read(attr, &GRAMMAR, errors);
    let mut calls = Vec::new();
    calls.extend(
        args.text("version", errors)
            .map(|version| quote!(.version(#version))),
    );
    calls.extend(
        args.text("title", errors)
            .map(|title| quote!(.title(#title))),
    );
    calls.extend(
        args.text("instructions", errors)
            .map(|text| quote!(.instructions(#text))),
    );
    let name = args.text("name", errors);
    let owner = match &*item.self_ty {
        Type::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        _ => None,
    };
    let mut components = Vec::new();
    if let Some(owner) = owner {
        for member in &mut item.items {
            if let ImplItem::Fn(method) = member {
                components.extend(component(method, &owner, errors));
            }
        }
    } else {
        errors.on(
            &item.self_ty,
            "`#[server]` needs a named type: `impl Weather { … }`",
        );
    }
    Spec {
        item,
        name,
        calls,
        components,
    }
}

/// Takes the attribute off the method and reads what it declares.
fn component(method: &mut ImplItemFn, owner: &Path, errors: &mut Errors) -> Option<Component> {
    let (marked, kept): (Vec<Attribute>, Vec<Attribute>) = std::mem::take(&mut method.attrs)
        .into_iter()
        .partition(|attr| kind_of(attr).is_some());
    method.attrs = kept;
    let attr = marked.first()?;
    let kind = kind_of(attr)?;
    for other in &marked[1..] {
        errors.on(
            other,
            format!(
                "a method is one thing: this one is already marked with {}",
                kind.attribute()
            ),
        );
    }
    let tokens = match &attr.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(_) => {
            errors.on(attr, format!("write `#[{}(key = value)]`", kind.word()));
            TokenStream::new()
        }
    };
    let function = Function::method(
        kind,
        method.attrs.clone(),
        &method.sig,
        owner.clone(),
        errors,
    );
    params::strip(&mut method.sig);
    Some(match kind {
        Kind::Tool => {
            let spec = tool::parse(tokens, function, errors);
            tool::check(&spec, errors);
            Component::Tool(spec)
        }
        Kind::Resource => {
            let spec = resource::parse(tokens, function, errors);
            resource::check(&spec, errors);
            Component::Resource(spec)
        }
        Kind::Prompt => {
            let spec = prompt::parse(tokens, function, errors);
            prompt::check(&spec, errors);
            Component::Prompt(spec)
        }
    })
}

/// `#[tool]`, also as `#[fmcp::tool]`.
fn kind_of(attr: &Attribute) -> Option<Kind> {
    let last = attr.path().segments.last()?;
    let path = attr.path().segments.len();
    let is_ours = path == 1 || (path == 2 && attr.path().segments[0].ident == "fmcp");
    Kind::ALL
        .into_iter()
        .find(|kind| is_ours && last.ident == kind.word())
}

fn check(spec: &Spec, errors: &mut Errors) {
    if let Some((path, _)) = &spec.item.trait_ {
        errors.on(
            path,
            "`#[server]` goes on the type's own `impl` block, not on that of a trait",
        );
        return;
    }
    if spec.components.is_empty() && errors.is_empty() {
        let message = "no method here is marked with `#[tool]`, `#[resource]` or `#[prompt]`, so the server would be empty";
        errors.on(&spec.item.self_ty, message);
    }
}

fn emit(spec: &Spec) -> TokenStream {
    let this = handler::this();
    let server = syn::Ident::new("server", this.span());
    let name = name(spec);
    let calls = &spec.calls;
    let steps = spec.components.iter().map(|component| {
        let function = component.function();
        let carried = function.carried();
        let method = function.kind.ident();
        let body = component.body();
        quote!(#(#carried)* let #server = #server.#method({ #body });)
    });
    // A method that `cfg` removes, or one without `self`, may leave the local unused.
    let always_used = spec.components.iter().any(|component| {
        let function = component.function();
        function.takes_self()
            && !function
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("cfg"))
    });
    let allow = (!always_used).then(|| quote!(#[allow(unused_variables)]));
    constructor(
        spec,
        &quote! {
            #allow
            let #this = ::std::sync::Arc::new(self);
            let #server = ::fmcp::Server::new(#name) #(#calls)*;
            #(#steps)*
            #server
        },
    )
}

/// The given name, or that of the type.
fn name(spec: &Spec) -> TokenStream {
    if let Some(name) = &spec.name {
        return quote!(#name);
    }
    let ident = match &*spec.item.self_ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| names::plain(&segment.ident)),
        _ => None,
    };
    let name = names::kebab(&ident.unwrap_or_default());
    quote!(#name)
}

/// The `impl` block with the generated constructor.
fn constructor(spec: &Spec, body: &TokenStream) -> TokenStream {
    let item = &spec.item;
    let (generics, _, bounds) = item.generics.split_for_impl();
    let owner = &item.self_ty;
    let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    quote! {
        #(#cfgs)*
        impl #generics #owner #bounds {
            /// The server that answers calls with the methods of this value.
            pub fn into_server(self) -> ::fmcp::Server {
                #body
            }
        }
    }
}
