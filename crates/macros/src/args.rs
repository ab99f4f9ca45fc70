//! The parser of attribute arguments: flags `read_only`, pairs `key = expr`, lists `tags("a", "b")` and
//! bare literals. One faulty option does not hide the faults of the next.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitStr, Token, parenthesized, token};

use crate::errors::Errors;
use crate::names;

/// What an attribute accepts.
pub(crate) struct Grammar<'a> {
    /// `#[tool]`, as it is called in messages.
    pub(crate) attribute: &'a str,
    pub(crate) allowed: &'a [&'a str],
    /// Options that may be given more than once.
    pub(crate) repeatable: &'a [&'a str],
    /// Whether bare literals are accepted, and what to say when they are not.
    pub(crate) literals: Result<(), &'a str>,
}

/// The arguments of one attribute, in the order in which they were written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) literals: Vec<LitStr>,
    options: Vec<Opt>,
}

pub(crate) struct Opt {
    pub(crate) name: Ident,
    value: Value,
}

enum Value {
    Flag,
    Is(Expr),
    List(TokenStream),
}

enum Item {
    Literal(Lit),
    Option(Opt),
}

impl Args {
    /// Reads all options; unknown and repeated ones are reported and left out.
    pub(crate) fn read(&mut self, tokens: TokenStream, grammar: &Grammar<'_>, errors: &mut Errors) {
        let mut items = Vec::new();
        let parse = |input: ParseStream<'_>| {
            parse_items(input, &mut items, errors);
            Ok(())
        };
        if let Err(fault) = parse.parse2(tokens) {
            errors.add(fault);
        }
        for item in items {
            match item {
                Item::Literal(literal) => self.take_literal(literal, grammar, errors),
                Item::Option(option) => self.take_option(option, grammar, errors),
            }
        }
    }

    fn take_literal(&mut self, literal: Lit, grammar: &Grammar<'_>, errors: &mut Errors) {
        match (literal, grammar.literals) {
            (literal, Err(message)) => errors.on(&literal, message),
            (Lit::Str(text), Ok(())) => self.literals.push(text),
            (literal, Ok(())) => {
                errors.on(
                    &literal,
                    format!("`{}` takes strings here", grammar.attribute),
                );
            }
        }
    }

    fn take_option(&mut self, option: Opt, grammar: &Grammar<'_>, errors: &mut Errors) {
        let name = names::plain(&option.name);
        if !grammar.allowed.contains(&name.as_str()) {
            let guess = names::nearest(&name, grammar.allowed);
            let guess = guess
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let known = names::list(grammar.allowed);
            let message = format!(
                "unknown option `{name}`{guess}\n`{}` takes {known}",
                grammar.attribute
            );
            errors.on(&option.name, message);
        } else if self.get(&name).is_some() && !grammar.repeatable.contains(&name.as_str()) {
            errors.on(&option.name, format!("`{name}` is given twice; keep one"));
        } else {
            self.options.push(option);
        }
    }

    /// The option of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Opt> {
        self.options.iter().find(|option| option.name == name)
    }

    /// All options of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Opt> {
        self.options
            .iter()
            .filter(move |option| option.name == name)
    }

    /// `name` or `name = bool`.
    pub(crate) fn flag(&self, name: &str, errors: &mut Errors) -> Option<Expr> {
        let option = self.get(name)?;
        match &option.value {
            Value::Flag => Some(Expr::Lit(ExprLit {
                attrs: Vec::new(),
                lit: Lit::Bool(LitBool::new(true, option.name.span())),
            })),
            Value::Is(value) if !matches!(literal(value), Some(lit) if !matches!(lit, Lit::Bool(_))) => {
                Some(value.clone())
            }
            _ => {
                let message = format!("`{name}` is a flag: write `{name}` or `{name} = false`");
                errors.on(&option.name, message);
                None
            }
        }
    }

    /// `name = expr`, where a literal has to be a string.
    pub(crate) fn text(&self, name: &str, errors: &mut Errors) -> Option<Expr> {
        let option = self.get(name)?;
        match &option.value {
            Value::Is(value) if is_text(value) => Some(value.clone()),
            _ => {
                errors.on(
                    &option.name,
                    format!("`{name}` takes a string: write `{name} = \"…\"`"),
                );
                None
            }
        }
    }

    /// `name = "literal"`.
    pub(crate) fn string(&self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        let option = self.get(name)?;
        match &option.value {
            Value::Is(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => Some(text.clone()),
            _ => {
                let message = format!(
                    "`{name}` takes a string literal, which is checked here: write `{name} = \"…\"`"
                );
                errors.on(&option.name, message);
                None
            }
        }
    }

    /// `name = expr`.
    pub(crate) fn expr(&self, name: &str, errors: &mut Errors) -> Option<Expr> {
        self.get(name)?.expr(errors)
    }

    /// `name("a", "b")`, where literals have to be strings.
    pub(crate) fn texts(&self, name: &str, errors: &mut Errors) -> Vec<Expr> {
        let mut values = self.list(name, "\"a\", \"b\"", errors);
        values.retain(|value| {
            let fits = is_text(value);
            if !fits {
                errors.on(
                    value,
                    format!("`{name}` takes strings: write `{name}(\"a\", \"b\")`"),
                );
            }
            fits
        });
        values
    }

    /// `name(expr, expr)`; `example` shows what may stand in the parentheses.
    pub(crate) fn list(&self, name: &str, example: &str, errors: &mut Errors) -> Vec<Expr> {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let values = self.content(name, example, parser, errors);
        values
            .map(|values| values.into_iter().collect())
            .unwrap_or_default()
    }

    /// What stands in the parentheses of `name(…)`.
    pub(crate) fn content<P: Parser>(
        &self,
        name: &str,
        example: &str,
        parser: P,
        errors: &mut Errors,
    ) -> Option<P::Output> {
        let option = self.get(name)?;
        match &option.value {
            Value::List(tokens) if !tokens.is_empty() => match parser.parse2(tokens.clone()) {
                Ok(content) => Some(content),
                Err(fault) => {
                    errors.at(fault.span(), format!("{fault}: write `{name}({example})`"));
                    None
                }
            },
            _ => {
                errors.on(
                    &option.name,
                    format!("`{name}` takes parentheses: write `{name}({example})`"),
                );
                None
            }
        }
    }
}

impl Opt {
    pub(crate) fn is_flag(&self) -> bool {
        matches!(self.value, Value::Flag)
    }

    /// The value of `name = expr`.
    pub(crate) fn expr(&self, errors: &mut Errors) -> Option<Expr> {
        match &self.value {
            Value::Is(value) => Some(value.clone()),
            _ => {
                let name = names::plain(&self.name);
                errors.on(
                    &self.name,
                    format!("`{name}` takes a value: write `{name} = …`"),
                );
                None
            }
        }
    }
}

/// The literal that an expression is, if it is one.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// A string, or something whose type only the compiler knows.
fn is_text(value: &Expr) -> bool {
    literal(value).is_none_or(|lit| matches!(lit, Lit::Str(_)))
}

fn parse_items(input: ParseStream<'_>, items: &mut Vec<Item>, errors: &mut Errors) {
    while !input.is_empty() {
        match parse_item(input) {
            Ok(item) => items.push(item),
            Err(fault) => {
                errors.add(fault);
                skip_to_comma(input);
            }
        }
        if input.peek(Token![,]) {
            let _ = input.parse::<Token![,]>();
        } else if !input.is_empty() {
            errors.at(input.span(), "expected `,` between options");
            skip_to_comma(input);
            let _ = input.parse::<Token![,]>();
        }
    }
}

fn parse_item(input: ParseStream<'_>) -> syn::Result<Item> {
    if input.peek(Lit) {
        return input.parse().map(Item::Literal);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected an option: `flag`, `key = value` or `list(…)`"));
    }
    let name = Ident::parse_any(input)?;
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name} =` has no value"),
            ));
        }
        Value::Is(input.parse()?)
    } else if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        Value::List(content.parse()?)
    } else {
        Value::Flag
    };
    Ok(Item::Option(Opt { name, value }))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}
