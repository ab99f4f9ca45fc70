//! Durations written as text: `"250ms"`, `"5s"`, `"2m"`, `"1h"`.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit};

use crate::args::literal;
use crate::errors::Errors;

/// The expression of type `Duration` that `value` stands for. What is no literal is left to the
/// compiler.
pub(crate) fn expression(value: &Expr, errors: &mut Errors) -> TokenStream {
    let text = match literal(value) {
        None => return value.to_token_stream(),
        Some(Lit::Str(text)) => text.value(),
        Some(other) => other.to_token_stream().to_string(),
    };
    let span = syn::spanned::Spanned::span(value);
    match milliseconds(&text) {
        Some(0) => {
            errors.on(
                value,
                "a timeout of nothing would end every call before it starts",
            );
            TokenStream::new()
        }
        Some(ms) if ms % 1000 == 0 => {
            let seconds = Literal::u64_unsuffixed(ms / 1000);
            quote_spanned!(span=> ::std::time::Duration::from_secs(#seconds))
        }
        Some(ms) => {
            let ms = Literal::u64_unsuffixed(ms);
            quote_spanned!(span=> ::std::time::Duration::from_millis(#ms))
        }
        None => {
            let message = format!(
                "`{text}` is no duration: write a whole number with its unit, `\"250ms\"`, `\"5s\"`, `\"2m\"` or `\"1h\"`"
            );
            errors.on(value, message);
            TokenStream::new()
        }
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn units() {
        for (text, expect) in [
            ("250ms", Some(250)),
            ("5s", Some(5000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("5", None),
            ("s", None),
            ("5 s", None),
            ("1.5s", None),
            ("5d", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(milliseconds(text), expect, "{text}");
        }
    }
}
