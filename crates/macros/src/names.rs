//! Names: which are allowed, which is nearest to a misspelled one, how one is derived from another.

use syn::Ident;
use syn::ext::IdentExt;

/// The identifier without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Whether a tool or prompt may be called so: `^[A-Za-z0-9_.-]{1,128}$`.
pub(crate) fn is_component_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// Whether `name` is a token of RFC 9110, section 5.6.2.
pub(crate) fn is_http_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// `WeatherStation` becomes `weather-station`, `HTTPServer` becomes `http-server`.
pub(crate) fn kebab(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, &letter) in letters.iter().enumerate() {
        if letter == '_' {
            out.push('-');
            continue;
        }
        let after_lower = i > 0 && (letters[i - 1].is_lowercase() || letters[i - 1].is_numeric());
        let before_lower = i > 0
            && letters[i - 1].is_uppercase()
            && letters.get(i + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lower || before_lower) {
            out.push('-');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// The candidate that `name` was probably meant to be.
pub(crate) fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1) + 1;
    candidates
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `` `a`, `b`, `c` ``
pub(crate) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let quoted: Vec<String> = names
        .into_iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    quoted.join(", ")
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_server_names() {
        for (input, expect) in [
            ("Weather", "weather"),
            ("WeatherStation", "weather-station"),
            ("HTTPServer", "http-server"),
            ("Crm2Api", "crm2-api"),
            ("My_Type", "my-type"),
        ] {
            assert_eq!(kebab(input), expect);
        }
    }

    #[test]
    fn the_nearest_name_is_found_only_when_it_is_near() {
        let names = ["read_only", "idempotent", "tags"];
        assert_eq!(nearest("readonly", &names), Some("read_only"));
        assert_eq!(nearest("tag", &names), Some("tags"));
        assert_eq!(nearest("colour", &names), None);
    }
}
