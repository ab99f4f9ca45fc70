//! Comparing what nobody may find out.

/// Whether two texts are the same, in a time that does not tell where they differ. It tells how long they are.
///
/// ```
/// assert!(fmcp_core::is_same_secret("swordfish", "swordfish"));
/// ```
#[must_use]
pub fn is_same_secret(one: &str, other: &str) -> bool {
    let differing = one
        .bytes()
        .zip(other.bytes())
        .fold(0, |differing, (one, other)| differing | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_same_is_the_same() {
        for (one, other, expect) in [
            ("", "", true),
            ("a", "a", true),
            ("a", "b", false),
            ("a", "ab", false),
            ("ab", "a", false),
        ] {
            assert_eq!(is_same_secret(one, other), expect, "{one:?} {other:?}");
        }
    }
}
