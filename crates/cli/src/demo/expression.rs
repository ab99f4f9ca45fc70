//! What an expression is worth. Pure.

/// How deep brackets may go.
const DEPTH: usize = 64;

/// What `text` is worth.
///
/// # Errors
/// Where it stops making sense, in words.
pub(super) fn value(text: &str) -> Result<f64, String> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let value = reader.sum()?;
    match reader.peek() {
        None if value.is_finite() => Ok(value),
        None => {
            Err("the result is no number: something was divided by zero, or grew too large".into())
        }
        Some(c) => Err(format!(
            "{c:?} at position {} is not expected",
            reader.at + 1
        )),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.takes('+') {
                value += self.product()?;
            } else if self.takes('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.sign()?;
        loop {
            if self.takes('*') {
                value *= self.sign()?;
            } else if self.takes('/') {
                value /= self.sign()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn sign(&mut self) -> Result<f64, String> {
        let mut negative = false;
        while self.takes('-') {
            negative = !negative;
        }
        let value = self.power()?;
        Ok(if negative { -value } else { value })
    }

    fn power(&mut self) -> Result<f64, String> {
        let base = self.atom()?;
        if !self.takes('^') {
            return Ok(base);
        }
        self.deeper(Self::sign).map(|exponent| base.powf(exponent))
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.takes('(') {
            let value = self.deeper(Self::sum)?;
            return match self.takes(')') {
                true => Ok(value),
                false => Err("a bracket is not closed".into()),
            };
        }
        let word = self.word(char::is_alphabetic);
        match word {
            "" => {}
            "pi" => return Ok(std::f64::consts::PI),
            "sqrt" => return self.deeper(Self::atom).map(f64::sqrt),
            other => return Err(format!("{other:?} is no name here; there are pi and sqrt")),
        }
        let number = self.word(|c| c.is_ascii_digit() || c == '.');
        let at = self.at + 1;
        number.parse().map_err(|_| match number {
            "" => format!("a number is missing at position {at}"),
            other => format!("{other:?} is no number"),
        })
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.peek();
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<f64, String>,
    ) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("brackets go deeper than {DEPTH}"));
        }
        let value = read(self);
        self.depth -= 1;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_their_worth() {
        for (text, expect) in [
            ("6 * 7", 42.0),
            ("2 + 3 * 4", 14.0),
            ("(2 + 3) * 4", 20.0),
            ("2 ^ 3 ^ 2", 512.0),
            ("-2 ^ 2", -4.0),
            ("2 ^ -1", 0.5),
            ("10 - 4 - 3", 3.0),
            ("sqrt(16) / 8", 0.5),
            ("1.5e", f64::NAN),
        ] {
            match value(text) {
                Ok(found) => assert!((found - expect).abs() < 1e-9, "{text} is {found}"),
                Err(_) => assert!(expect.is_nan(), "{text}"),
            }
        }
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        let deep = "(".repeat(10_000);
        for (text, words) in [
            ("", "missing at position 1"),
            ("2 +", "missing at position 4"),
            ("(1", "not closed"),
            ("1 / 0", "divided by zero"),
            ("1 2", "not expected"),
            ("exit()", "no name here"),
            (&deep, "deeper than"),
        ] {
            let refused = value(text).unwrap_err();
            assert!(refused.contains(words), "{text}: {refused}");
        }
    }
}
