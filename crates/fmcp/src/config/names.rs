//! Choosing components by their names.

/// Which names are let through: those that are included, and not excluded.
///
/// In a pattern, `*` stands for any text and `?` for any character.
///
/// ```
/// use fmcp::config::Names;
///
/// let names = Names::new().include(["get_*"]).exclude(["*_secret"]);
/// assert!(names.admit("get_user"));
/// assert!(!names.admit("get_secret"));
/// assert!(!names.admit("delete_user"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    include: Option<Vec<Box<str>>>,
    exclude: Vec<Box<str>>,
}

impl Names {
    /// Every name is let through.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets only names through that one of these patterns fits, or one that was given before.
    #[must_use]
    pub fn include<S: Into<Box<str>>>(mut self, patterns: impl IntoIterator<Item = S>) -> Self {
        let include = self.include.get_or_insert_default();
        include.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Lets no name through that one of these patterns fits.
    #[must_use]
    pub fn exclude<S: Into<Box<str>>>(mut self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.exclude.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Whether the name is let through.
    #[must_use]
    pub fn admit(&self, name: &str) -> bool {
        let any = |patterns: &[Box<str>]| patterns.iter().any(|pattern| fits(pattern, name));
        self.include.as_deref().is_none_or(any) && !any(&self.exclude)
    }

    /// Whether every name is let through.
    #[must_use]
    pub fn admit_all(&self) -> bool {
        self.include.is_none() && self.exclude.is_empty()
    }
}

/// Whether the pattern fits the whole name. It takes at most their lengths' product of steps, since only
/// the last `*` is ever gone back to.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut back = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((star, at)) = back else { return false };
                back = Some((star, at + 1));
                p = star + 1;
                n = at + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for name in yes {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for name in no {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_fits_whole_names() {
        check("a", &["a"], &["", "b", "aa", "A"]);
        check("", &[""], &["a"]);
        check("*", &["", "a", "anything at all"], &[]);
        check("a*", &["a", "ab", "a*"], &["", "ba"]);
        check("*a", &["a", "ba", "aaba"], &["ab", ""]);
        check("a*b*c", &["abc", "aXbYc", "abcbc"], &["abcd", "ab", "acb"]);
        check("?", &["a", "ü"], &["", "ab"]);
        check("get_?*", &["get_a"], &["get_"]);
        check("**", &["", "a"], &[]);
    }

    #[test]
    fn a_hostile_pattern_takes_little_time() {
        let name = "a".repeat(10_000);
        check(&format!("{}b", "a*".repeat(100)), &[], &[&name]);
    }

    #[test]
    fn what_is_excluded_is_out_even_if_it_is_included() {
        let none = Names::new().include::<&str>([]);
        assert!(!none.admit("a"), "an empty list includes nothing");
        let names = Names::new().include(["a", "b"]).exclude(["b"]);
        assert_eq!(
            ["a", "b", "c"].map(|name| names.admit(name)),
            [true, false, false]
        );
        assert!(Names::new().admit_all() && !names.admit_all());
    }
}
