//! Doc comments become descriptions.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the doc comments as an expression of type `&'static str`: a literal, or a `concat!`
/// when a part of it is computed (`#[doc = include_str!("…")]`).
pub(crate) fn description(attrs: &[Attribute]) -> Option<TokenStream> {
    let mut parts: Vec<Part> = Vec::new();
    for value in attrs.iter().filter_map(doc_value) {
        match (literal(value), parts.last_mut()) {
            (Some(text), Some(Part::Text(before))) => {
                before.push('\n');
                before.push_str(&text);
            }
            (Some(text), _) => parts.push(Part::Text(text)),
            (None, _) => parts.push(Part::Computed(value.to_token_stream())),
        }
    }
    if let [Part::Text(text)] = parts.as_slice() {
        let text = trim_blank_lines(text);
        return (!text.is_empty()).then(|| text.to_token_stream());
    }
    if parts.is_empty() {
        return None;
    }
    let parts = parts.into_iter().map(|part| match part {
        Part::Text(text) => text.to_token_stream(),
        Part::Computed(tokens) => tokens,
    });
    Some(quote!(::core::concat!(#(#parts),*)))
}

/// Whether the attribute is a doc comment or another `#[doc …]`.
pub(crate) fn is_doc(attr: &Attribute) -> bool {
    attr.path().is_ident("doc")
}

enum Part {
    Text(String),
    Computed(TokenStream),
}

/// The value of `#[doc = value]`; not `#[doc(hidden)]`.
fn doc_value(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    }
}

/// The text of one comment, without the space that follows the slashes or the stars of a block.
fn literal(value: &Expr) -> Option<String> {
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = value
    else {
        return None;
    };
    let text = text.value();
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() < 2 {
        return Some(without_space(&text).trim_end().to_owned());
    }
    let starred = lines[1..]
        .iter()
        .map(|line| line.trim())
        .all(|line| line.is_empty() || line.starts_with('*'));
    let lines =
        lines
            .iter()
            .enumerate()
            .map(|(i, line)| match line.trim_start().strip_prefix('*') {
                Some(rest) if starred && i > 0 => without_space(rest).trim_end(),
                _ => without_space(line).trim_end(),
            });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn without_space(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line)
}

fn trim_blank_lines(text: &str) -> &str {
    text.trim_start_matches('\n').trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[track_caller]
    fn check(attrs: &[Attribute], expect: &str) {
        let text = description(attrs)
            .map(|tokens| tokens.to_string())
            .unwrap_or_default();
        assert_eq!(text, expect);
    }

    #[test]
    fn comments_become_text() {
        check(&[], "");
        check(&[parse_quote!(#[doc(hidden)])], "");
        check(&[parse_quote!(#[doc = " Add."])], r#""Add.""#);
        check(
            &[
                parse_quote!(#[doc = " Add."]),
                parse_quote!(#[doc = ""]),
                parse_quote!(#[doc = "  code "]),
            ],
            r#""Add.\n\n code""#,
        );
        check(
            &[parse_quote!(#[doc = "\n * Add.\n *\n * Twice.\n "])],
            r#""Add.\n\nTwice.""#,
        );
        check(
            &[parse_quote!(#[doc = include_str!("a.md")])],
            r#":: core :: concat ! (include_str ! ("a.md"))"#,
        );
    }
}
