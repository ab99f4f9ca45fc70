//! `range(a..=b)` and `length(a..=b)`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprUnary, Lit, RangeLimits, UnOp};

use crate::args::literal;
use crate::argument::value;
use crate::errors::Errors;

/// The two ends of a range; at least one is there.
pub(crate) struct Bounds {
    pub(crate) low: Option<Expr>,
    pub(crate) high: Option<Expr>,
    pub(crate) inclusive: bool,
}

impl Bounds {
    /// Reads the range that stands in the parentheses of the option `name`.
    pub(crate) fn read(name: &str, expr: &Expr, errors: &mut Errors) -> Option<Self> {
        let form = format!(
            "write `{name}(1..=5)`, `{name}(1..)`, `{name}(..=5)` or `{name}(1..5)`, where 5 itself is out"
        );
        let Expr::Range(range) = expr else {
            errors.on(expr, format!("`{name}` takes a range: {form}"));
            return None;
        };
        let bounds = Self {
            low: range.start.as_deref().cloned(),
            high: range.end.as_deref().cloned(),
            inclusive: matches!(range.limits, RangeLimits::Closed(_)),
        };
        if bounds.low.is_none() && bounds.high.is_none() {
            errors.on(expr, format!("`{name}(..)` allows everything: {form}"));
            return None;
        }
        bounds.check(name, expr, errors).then_some(bounds)
    }

    fn check(&self, name: &str, range: &Expr, errors: &mut Errors) -> bool {
        for end in [&self.low, &self.high].into_iter().flatten() {
            if literal(end).is_some_and(|lit| !matches!(lit, Lit::Int(_) | Lit::Float(_))) {
                errors.on(end, format!("the bounds of `{name}` are numbers"));
                return false;
            }
        }
        let (Some(low), Some(high)) = (
            self.low.as_ref().and_then(number),
            self.high.as_ref().and_then(number),
        ) else {
            return true;
        };
        if low < high || (low == high && self.inclusive) {
            return true;
        }
        let text = range.to_token_stream().to_string().replace(' ', "");
        errors.on(range, format!("no value can satisfy `{name}({text})`"));
        false
    }

    /// Lengths are whole and not negative.
    pub(crate) fn check_length(&self, errors: &mut Errors) {
        for end in [&self.low, &self.high].into_iter().flatten() {
            if number(end).is_some_and(|end| end < 0.0 || end.fract() != 0.0) {
                errors.on(end, "a length is a whole number, 0 or more");
            }
        }
    }

    /// The greatest length that is still allowed.
    pub(crate) fn most(&self) -> Option<TokenStream> {
        let high = self.high.as_ref()?;
        if self.inclusive {
            return Some(value(high));
        }
        let whole = match literal(high) {
            Some(Lit::Int(int)) => int.base10_parse::<u64>().ok(),
            _ => None,
        };
        Some(match whole {
            Some(end) => {
                proc_macro2::Literal::u64_unsuffixed(end.saturating_sub(1)).into_token_stream()
            }
            None => quote!((#high) - 1),
        })
    }
}

/// The value of a numeric literal, with or without a sign.
fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => number(expr).map(|value| -value),
        Expr::Paren(inner) => number(&inner.expr),
        _ => match literal(expr)? {
            Lit::Int(int) => int.base10_parse().ok(),
            Lit::Float(float) => float.base10_parse().ok(),
            _ => None,
        },
    }
}
