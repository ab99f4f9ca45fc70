//! Names of skills, and the URIs of their files. Nothing here touches a disk.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::SKILL_MD;

/// Everything but what RFC 3986 leaves alone.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Whether a skill may be called so: up to 64 letters in lower case, digits and single hyphens, none of those at
/// an end.
pub(super) fn is_name(name: &str) -> bool {
    let is_fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&name.len())
        && name.bytes().all(is_fine)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// The URI of a skill's folder.
pub(super) fn root(name: &str) -> String {
    format!("skill://{name}")
}

/// The URI of a file that lies at `path` in the folder of URI `root`.
pub(super) fn file(root: &str, path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| utf8_percent_encode(segment, ENCODED).to_string());
    segments.fold(root.to_owned(), |uri, segment| format!("{uri}/{segment}"))
}

/// The folder of a `SKILL.md`, and the name of the skill, which is the folder's.
pub(super) fn folder_of(uri: &str) -> Option<(&str, &str)> {
    let root = uri.strip_suffix(SKILL_MD)?.strip_suffix('/')?;
    let (_, place) = root.split_once("://")?;
    Some((root, place.rsplit('/').next()?))
}

/// Where in the folder of URI `root` a file lies, if it does, as a path that no system takes for one that
/// leads elsewhere.
pub(super) fn within(root: &str, uri: &str) -> Option<String> {
    let rest = uri.strip_prefix(root)?.strip_prefix('/')?;
    let mut path = String::with_capacity(rest.len());
    for segment in rest.split('/') {
        let segment = percent_decode_str(segment).decode_utf8().ok()?;
        if !is_segment(&segment) {
            return None;
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&segment);
    }
    Some(path)
}

/// Whether a file or folder may be called so.
pub(super) fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && segment.len() <= 255
        && !segment.ends_with([' ', '.'])
        && !segment
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_hosts_accept() {
        for name in ["a", "pdf-processing", "2fa", &"x".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "A",
            "a_b",
            "-a",
            "a-",
            "a--b",
            "a/b",
            "..",
            "ä",
            &"x".repeat(65),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn the_uri_of_a_file_leads_back_to_it() {
        for path in ["SKILL.md", "a b/ü%20#?.md", "x/y/z.tar.gz", "{a}.md"] {
            let uri = file("skill://s", path);
            assert!(uri.is_ascii(), "{uri}");
            assert_eq!(within("skill://s", &uri).as_deref(), Some(path), "{uri}");
        }
    }

    #[test]
    fn nothing_leads_out_of_its_folder() {
        for uri in [
            "skill://s",
            "skill://s/",
            "skill://st/a",
            "skill://t/a",
            "skill://s/../a",
            "skill://s/a//b",
            "skill://s/%2e%2e/a",
            "skill://s/a%2F..%2Fb",
            "skill://s/c:%5Ca",
            "skill://s/C%3A/a",
            "skill://s/a%00",
            "skill://s/.",
            "skill://s/a./b",
            "skill://s/%ff",
        ] {
            assert_eq!(within("skill://s", uri), None, "{uri}");
        }
    }

    #[test]
    fn a_skill_is_named_by_its_folder() {
        for (uri, expect) in [
            ("skill://a/SKILL.md", Some(("skill://a", "a"))),
            (
                "skill://acme/billing/refunds/SKILL.md",
                Some(("skill://acme/billing/refunds", "refunds")),
            ),
            ("github://o/r/SKILL.md", Some(("github://o/r", "r"))),
            ("skill://a/skill.md", None),
            ("skill://a", None),
            ("aSKILL.md", None),
            ("SKILL.md", None),
        ] {
            assert_eq!(folder_of(uri), expect, "{uri}");
        }
    }
}
