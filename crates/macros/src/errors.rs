//! The faults of one item, gathered so that all of them are reported at once.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Every fault found so far.
#[derive(Default)]
pub(crate) struct Errors {
    faults: Vec<syn::Error>,
}

impl Errors {
    /// Reports `message` on the tokens of `place`.
    pub(crate) fn on(&mut self, place: &impl ToTokens, message: impl std::fmt::Display) {
        self.faults.push(syn::Error::new_spanned(place, message));
    }

    /// Reports `message` at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.faults.push(syn::Error::new(span, message));
    }

    /// Takes over what the parser of `syn` reported.
    pub(crate) fn add(&mut self, fault: syn::Error) {
        self.faults.push(fault);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// One `compile_error!` per fault.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let faults = self.faults.iter().map(syn::Error::to_compile_error);
        faults.collect()
    }
}
