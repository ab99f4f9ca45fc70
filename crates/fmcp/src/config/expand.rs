//! `${VAR}` in texts of a configuration.

/// Where variables come from.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How long a text may become.
const MAX_LENGTH: usize = 64 * 1024;

/// The text with its variables replaced: `${NAME}`, `${NAME:-default}`, and `${env:NAME}` as some editors
/// write it. `$$` is a dollar sign. What a variable holds is taken as it is, and not expanded again.
///
/// # Errors
/// What is wrong, for whoever has written the text.
pub(super) fn expand(text: &str, variables: Variables<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let end = after.find('}').ok_or("`${` has no `}`")?;
            out.push_str(&value(&after[..end], variables)?);
            rest = &after[end + 1..];
        } else {
            out.push('$');
        }
        if out.len() > MAX_LENGTH {
            return Err(format!("it becomes longer than {MAX_LENGTH} bytes"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn value(inside: &str, variables: Variables<'_>) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let name = name.strip_prefix("env:").unwrap_or(name);
    if let Some((kind, _)) = name.split_once(':') {
        return Err(format!(
            "`${{{kind}:…}}` is not known here: only environment variables are, `${{NAME}}` or `${{NAME:-default}}`"
        ));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(format!("`${{{inside}}}` names no environment variable"));
    }
    // As shells have it, `:-` also stands in for a variable that is empty.
    match (
        variables(name).filter(|value| default.is_none() || !value.is_empty()),
        default,
    ) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!(
            "the environment variable {name} is not set; set it, or give a default: `${{{name}:-default}}`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        match name {
            "KEY" => Some("k".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${KEY}".to_owned()),
            "LONG" => Some("x".repeat(MAX_LENGTH)),
            _ => None,
        }
    }

    fn check(text: &str, expect: Result<&str, &str>) {
        match (expand(text, &variables), expect) {
            (Ok(got), Ok(expect)) => assert_eq!(got, expect, "{text}"),
            (Err(got), Err(expect)) => assert!(got.contains(expect), "{text}: {got}"),
            (got, expect) => panic!("{text}: {got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn variables_are_replaced() {
        check("plain", Ok("plain"));
        check("${KEY}", Ok("k"));
        check("a${KEY}b${env:KEY}", Ok("akbk"));
        check("${NONE:-d}", Ok("d"));
        check("${EMPTY:-d}${EMPTY}", Ok("d"));
        check("${NONE:-}", Ok(""));
        check("5$ $$ $${KEY}", Ok("5$ $ ${KEY}"));
        check("${NESTED}", Ok("${KEY}"));
    }

    #[test]
    fn what_cannot_be_replaced_says_why() {
        check("${NONE}", Err("NONE is not set"));
        check("${KEY", Err("has no `}`"));
        check("${}", Err("names no environment variable"));
        check("${a b}", Err("names no"));
        check("${input:token}", Err("`${input:…}` is not known"));
        check("${LONG}!${LONG}", Err("longer than"));
    }
}
