//! What the spelling of a type tells. Aliases stay unseen, so this only ever decides between messages,
//! or between schema keywords of which the wrong one does nothing.

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Ident, Path, PathArguments, Type, TypeReference};

/// The form that a value of the type takes in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Integer,
    Float,
    Bool,
    List,
    Map,
    /// A type of the user's.
    Unknown,
}

/// The name at the end of the path: `Context` for `fmcp::Context`.
pub(crate) fn last_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        Type::Paren(inner) => last_name(&inner.elem),
        Type::Group(inner) => last_name(&inner.elem),
        _ => None,
    }
}

/// `T` of `Option<T>`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if segment.ident == "Option" => Some(inner),
        _ => None,
    }
}

/// The shape of the type, or of `T` in `Option<T>`.
pub(crate) fn shape(ty: &Type) -> Shape {
    let ty = option_of(ty).unwrap_or(ty);
    if matches!(ty, Type::Array(_) | Type::Tuple(_)) {
        return Shape::List;
    }
    let Some(name) = last_name(ty) else {
        return Shape::Unknown;
    };
    match name.to_string().as_str() {
        "String" | "char" | "PathBuf" => Shape::Text,
        "f32" | "f64" => Shape::Float,
        "bool" => Shape::Bool,
        "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "IndexSet" => Shape::List,
        "HashMap" | "BTreeMap" | "IndexMap" | "Map" => Shape::Map,
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
        | "usize" => Shape::Integer,
        _ => Shape::Unknown,
    }
}

/// Whether the type ends in `Option<…>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    option_of(ty).is_some()
}

/// The first reference inside the type.
pub(crate) fn reference_in(ty: &Type) -> Option<TypeReference> {
    struct Search(Option<TypeReference>);
    impl VisitMut for Search {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            self.0.get_or_insert_with(|| reference.clone());
        }
    }
    let mut search = Search(None);
    search.visit_type_mut(&mut ty.clone());
    search.0
}

/// The owned type to take instead of the reference.
pub(crate) fn owned(reference: &TypeReference) -> String {
    match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Path(path) if path.path.is_ident("Path") => "PathBuf".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", spelled(&slice.elem)),
        other => spelled(other),
    }
}

/// The type as one would type it.
pub(crate) fn spelled(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string();
    text.replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
        .replace("& ", "&")
}

/// Whether `impl Trait` occurs anywhere in the type.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    struct Search(bool);
    impl VisitMut for Search {
        fn visit_type_impl_trait_mut(&mut self, _: &mut syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_type_mut(&mut ty.clone());
    search.0
}

/// Writes `owner` for `Self`, which items inside a function cannot name.
pub(crate) struct NameSelf<'a> {
    pub(crate) owner: &'a Path,
}

impl VisitMut for NameSelf<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        let starts_with_self = path
            .segments
            .first()
            .is_some_and(|first| first.ident == "Self");
        if starts_with_self && path.leading_colon.is_none() {
            let rest = path.segments.iter().skip(1).cloned();
            let mut named = self.owner.clone();
            named.segments.extend(rest);
            *path = named;
        }
        visit_mut::visit_path_mut(self, path);
    }
}
