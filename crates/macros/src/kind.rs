//! What is declared: a tool, a resource or a prompt.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Ident;

/// The three kinds of component.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Resource,
    Prompt,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// `tool`: the name of the attribute, of the function that is generated and of the method of
    /// `Server`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
        }
    }

    /// The attribute as messages quote it.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Tool => "`#[tool]`",
            Self::Resource => "`#[resource]`",
            Self::Prompt => "`#[prompt]`",
        }
    }

    pub(crate) fn ident(self) -> Ident {
        Ident::new(self.word(), Span::call_site())
    }

    /// `::fmcp::Tool`
    pub(crate) fn path(self) -> TokenStream {
        let span = Span::call_site();
        match self {
            Self::Tool => quote_spanned!(span=> ::fmcp::Tool),
            Self::Resource => quote_spanned!(span=> ::fmcp::Resource),
            Self::Prompt => quote_spanned!(span=> ::fmcp::Prompt),
        }
    }

    /// `::fmcp::assert::tool_reply`, with `span`.
    pub(crate) fn reply_assertion(self, span: Span) -> TokenStream {
        let function = Ident::new(&format!("{}_reply", self.word()), span);
        quote_spanned!(span=> ::fmcp::assert::#function)
    }
}
