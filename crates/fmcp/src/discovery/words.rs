//! Texts as words that are compared.

/// The words of a text as they are compared by meaning: plurals as their singular.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    spelt(text).into_iter().map(singular)
}

/// The words of a text: letters and digits, in small letters, `camelCase` and `snake_case` taken apart.
pub(super) fn spelt(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let (mut word, mut was_small) = (String::new(), false);
    for c in text.chars() {
        let starts = c.is_uppercase() && was_small;
        if (!c.is_alphanumeric() || starts) && !word.is_empty() {
            all.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase() || c.is_numeric();
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

fn singular(mut word: String) -> String {
    let is_plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    if is_plural {
        word.pop();
    }
    word
}

/// How many letters may be wrong in a word of this length.
pub(super) fn slips(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fall_into_words() {
        for (text, expect) in [
            ("get_userNames", &["get", "user", "name"][..]),
            ("HTTP2 status, class", &["http2", "statu", "class"]),
            ("Größe", &["größe"]),
            ("", &[]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expect, "{text}");
        }
    }
}
