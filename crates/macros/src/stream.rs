//! What a function gives back, where that is a stream: known by its spelling, since no macro sees types.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeParamBound, TypeTraitObject,
};

use crate::args::Args;
use crate::errors::Errors;
use crate::function::Function;
use crate::kind::Kind;
use crate::types;

/// A stream that a function gives back.
pub(crate) struct Streams<'a> {
    /// Whether it comes in a `Result`.
    fallible: bool,
    /// Whether it is a `Streamed` already, with limits of the author's.
    limited: bool,
    /// `T` of `Stream<Item = T>`, where it is spelled out.
    item: Option<&'a Type>,
    /// The type that is no `Result`.
    ty: &'a Type,
}

impl<'a> Streams<'a> {
    /// The stream, if what is given back is spelled like one.
    pub(crate) fn of(output: &'a ReturnType) -> Option<Self> {
        let ReturnType::Type(_, ty) = output else {
            return None;
        };
        let inner = last_segment(ty).filter(|segment| segment.ident == "Result");
        let fallible = inner.is_some();
        let ty = match inner {
            Some(result) => types_of(result).next()?,
            None => ty,
        };
        let segment = last_segment(ty);
        let limited = segment.is_some_and(|segment| segment.ident == "Streamed");
        let found = |item| {
            Some(Self {
                fallible,
                limited,
                item,
                ty,
            })
        };
        match (ty, segment) {
            (_, Some(segment)) if limited => {
                found(types_of(segment).next().and_then(bounds).and_then(item_of))
            }
            (_, Some(segment)) if segment.ident == "BoxStream" => found(types_of(segment).last()),
            (ty, _) => bounds(pinned(ty)).and_then(stream_of).map(|stream| Self {
                item: item(stream),
                fallible,
                limited,
                ty,
            }),
        }
    }

    /// Runs the stream that `call` gives.
    pub(crate) fn run(&self, call: &TokenStream) -> TokenStream {
        let call = if self.fallible {
            quote!(#call.map_err(::fmcp::core::handler::Fail::fail)?)
        } else {
            call.clone()
        };
        if self.limited {
            quote!(#call.run().await)
        } else {
            quote!(::fmcp::streamed(#call).await)
        }
    }

    /// The type of the items, if the compiler can be asked about it.
    pub(crate) fn item(&self) -> Option<&'a Type> {
        self.item.filter(|item| !types::has_impl_trait(item))
    }

    /// Checks that a stream can be given back here.
    pub(crate) fn check(&self, function: &Function, errors: &mut Errors) {
        if function.kind != Kind::Tool {
            let message = format!(
                "what {} gives back is delivered as a whole; only the results of tools come in parts",
                function.kind.attribute()
            );
            errors.on(self.ty, message);
        } else if self.item.is_none() && !self.limited {
            errors.on(
                self.ty,
                "say what the stream consists of: `impl Stream<Item = Content>`",
            );
        }
    }

    /// Checks the options that have no meaning for a stream.
    pub(crate) fn check_options(args: &Args, errors: &mut Errors) {
        if let Some(option) = args.get("output_schema") {
            let message =
                "a stream gives back content, and no structured value that a schema could describe";
            errors.on(&option.name, message);
        }
        if let Some(option) = args.get("blocking") {
            let message = "`blocking` runs a function to its end on the blocking pool, and a stream is only \
                           begun there: remove `blocking`, and let the stream yield while it waits";
            errors.on(&option.name, message);
        }
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Paren(inner) => last_segment(&inner.elem),
        Type::Group(inner) => last_segment(&inner.elem),
        _ => None,
    }
}

/// The types in the angle brackets.
fn types_of(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// What stands in `Pin<Box<…>>`, or the type itself.
fn pinned(ty: &Type) -> &Type {
    let inside = |ty, name| {
        last_segment(ty)
            .filter(|segment| segment.ident == name)
            .and_then(|segment| types_of(segment).next())
    };
    let boxed = inside(ty, "Pin").and_then(|ty| inside(ty, "Box"));
    boxed.unwrap_or(ty)
}

type Bounds = syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>;

/// The bounds of `impl …` or `dyn …`.
fn bounds(ty: &Type) -> Option<&Bounds> {
    match ty {
        Type::ImplTrait(bounds) => Some(&bounds.bounds),
        Type::TraitObject(TypeTraitObject { bounds, .. }) => Some(bounds),
        _ => None,
    }
}

/// `Stream<…>` among the bounds.
fn stream_of(bounds: &Bounds) -> Option<&PathSegment> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == "Stream"),
        _ => None,
    })
}

fn item_of(bounds: &Bounds) -> Option<&Type> {
    stream_of(bounds).and_then(item)
}

/// `T` of `Stream<Item = T>`.
fn item(stream: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &stream.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(&assoc.ty),
        _ => None,
    })
}
