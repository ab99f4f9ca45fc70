//! A Rust file as its code: comments blanked, the contents of strings masked, tests blanked.
//!
//! No parser: every character keeps its place, so that a find in the code has a line in the file.

/// One Rust file.
pub(crate) struct Source {
    pub(crate) path: String,
    /// The code outside tests. Comments are spaces, what stands in a string is `"`.
    pub(crate) code: String,
}

/// A word of the code and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Word<'a> {
    pub(crate) at: usize,
    pub(crate) text: &'a str,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: without_tests(&mask(text)),
        }
    }

    /// The line, from 1, on which byte `at` of the code stands.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.code[..at].matches('\n').count()
    }

    /// Lines with code on them between two bytes.
    pub(crate) fn code_lines(&self, from: usize, to: usize) -> usize {
        let lines = self.code[from..to].lines();
        lines.filter(|line| !line.trim().is_empty()).count()
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        words(&self.code)
    }
}

/// The identifiers, keywords and numbers of `code`.
pub(crate) fn words(code: &str) -> impl Iterator<Item = Word<'_>> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.split(move |c| !inside(c))
        .filter(|word| !word.is_empty())
        .map(|text| Word {
            at: text.as_ptr() as usize - code.as_ptr() as usize,
            text,
        })
}

/// The byte after the bracket that closes the first bracket at or after `from`.
pub(crate) fn after_brackets(code: &str, from: usize) -> usize {
    let mut depth = 0usize;
    for (at, c) in code[from..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth <= 1 => return from + at + 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// The byte after the attributes (`#[…]`) and the white space that stand at `from`.
pub(crate) fn after_attributes(code: &str, mut from: usize) -> usize {
    loop {
        from += code[from..].len() - code[from..].trim_start().len();
        if !code[from..].starts_with("#[") {
            return from;
        }
        from = after_brackets(code, from);
    }
}

/// Where an item that begins at `from` has its body, as (opening, after the closing brace), or
/// nothing when it ends in `;` first.
pub(crate) fn body(code: &str, from: usize) -> Option<(usize, usize)> {
    let mut depth = 0usize;
    for (at, c) in code[from..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            ';' if depth == 0 => return None,
            '}' if depth == 0 => return None,
            '{' if depth == 0 => return Some((from + at, after_brackets(code, from + at))),
            _ => {}
        }
    }
    None
}

fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(test)]") {
        let start = from + found;
        let item = after_attributes(code, start);
        let end = match body(code, item) {
            Some((_, end)) => end,
            None => code[item..]
                .find(';')
                .map_or(code.len(), |at| item + at + 1),
        };
        out.replace_range(start..end, &blank(&code[start..end], ' '));
        from = end;
    }
    out
}

/// `text` with every character but white space replaced, in as many bytes.
fn blank(text: &str, with: char) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            _ => out.extend(std::iter::repeat_n(with, c.len_utf8())),
        }
    }
    out
}

fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    while out.len() < text.len() {
        let rest = &text[out.len()..];
        let before = out.chars().next_back();
        let (length, with) = token(rest, before);
        match with {
            Some(with) => out.push_str(&blank(&rest[..length], with)),
            None => out.push_str(&rest[..length]),
        }
    }
    out
}

/// The length of what stands at the front of `rest`, and what to blank it with, if it is not code.
fn token(rest: &str, before: Option<char>) -> (usize, Option<char>) {
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Some(' '));
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Some(' '));
    }
    if !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        && let Some(length) = raw_string(rest)
    {
        return (length, Some('"'));
    }
    if let Some(inner) = rest.strip_prefix('"') {
        return (1 + string(inner), Some('"'));
    }
    if rest.starts_with('\'')
        && let Some(length) = character(rest)
    {
        return (length, Some('"'));
    }
    (first, None)
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `r"…"`, `br#"…"#` and their like.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| after.starts_with(['"', '#']))
    })?;
    let after = &rest[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inner = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = inner.find(&close)? + close.len();
    Some(prefix.len() + hashes + 1 + end)
}

/// The length of a string's rest after its opening quote, with the closing one.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal; nothing for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = &rest[1..];
    if inner.starts_with('\\') {
        let skip = 2; // the backslash and what it escapes
        return inner.get(skip..)?.find('\'').map(|at| 1 + skip + at + 1);
    }
    let first = inner.chars().next()?;
    inner[first.len_utf8()..]
        .starts_with('\'')
        .then(|| 2 + first.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new("a.rs", text).code
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        assert_eq!(code("a // fn b\nc").trim_end(), "a        \nc");
        assert_eq!(code("a /* x /* y */ z */ b"), "a                   b");
        assert_eq!(
            code(r#"f("a \" {", y)"#),
            format!("f({}, y)", "\"".repeat(8))
        );
        assert_eq!(code("f(r#\"a\"b\"#, y)"), "f(\"\"\"\"\"\"\"\", y)");
        assert_eq!(code("let r#fn = bar\"x\";").len(), 18);
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        assert_eq!(code("'{' '\\'' '\\u{7d}' 'é'").matches('{').count(), 0);
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
    }

    #[test]
    fn tests_are_not_code() {
        let text =
            "fn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n fn b() { [1; 2] }\n}\nfn c() {}";
        let names: Vec<_> = words(&code(text))
            .map(|word| word.text.to_owned())
            .collect();
        assert_eq!(names, ["fn", "a", "fn", "c"]);
        assert_eq!(code("#[cfg(test)]\nmod tests;\nmod a;").trim(), "mod a;");
    }

    #[test]
    fn lines_are_counted_where_there_is_code() {
        let source = Source::new("a.rs", "//! doc\n\nfn a() {\n    // why\n    b();\n}\n");
        assert_eq!(source.code_lines(0, source.code.len()), 3);
        assert_eq!(source.line(source.code.find("b()").unwrap()), 5);
    }
}
