//! What a component goes by.

use std::{cmp::Ordering, fmt};

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentKind {
    /// A tool.
    Tool,
    /// A resource with a URI of its own.
    Resource,
    /// A resource for every URI of a form.
    Template,
    /// A prompt.
    Prompt,
}

impl ComponentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Tool, Self::Resource, Self::Template, Self::Prompt];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Template => "template",
            Self::Prompt => "prompt",
        }
    }
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a component goes by: its kind, its name (for resources the URI), and its version.
///
/// ```
/// use fmcp_core::{ComponentKind, Key};
///
/// let key = Key::new(ComponentKind::Tool, "add").version("1.2");
/// assert_eq!(key.to_string(), "tool:add@1.2");
/// assert!(key < Key::new(ComponentKind::Tool, "add").version("1.10.0-beta"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    kind: ComponentKind,
    name: Box<str>,
    version: Option<Box<str>>,
}

impl Key {
    /// A key without a version: as a request, it means the newest; as a component's key, that it has none.
    pub fn new(kind: ComponentKind, name: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: None,
        }
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: impl Into<Box<str>>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// What it is the key of.
    #[must_use]
    pub fn kind(&self) -> ComponentKind {
        self.kind
    }

    /// The name; for resources the URI, for templates the template.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version.
    #[must_use]
    pub fn version_str(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The same key under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = name.into();
        self
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// By kind, then name, then version: the newest last, none first.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.kind
            .cmp(&other.kind)
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| compare_versions(self.version_str(), other.version_str()))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares versions part by part, numbers as numbers; no version is the oldest; `1.0-beta` is older
/// than `1.0`. The text decides what is left, so that the order is total.
fn compare_versions(a: Option<&str>, b: Option<&str>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else {
        return a.is_some().cmp(&b.is_some());
    };
    let split = |version: &'_ str| -> (String, Option<String>) {
        let version = version.strip_prefix('v').unwrap_or(version);
        let version = version.split('+').next().unwrap_or(version);
        match version.split_once('-') {
            Some((release, pre)) => (release.to_owned(), Some(pre.to_owned())),
            None => (version.to_owned(), None),
        }
    };
    let ((release_a, pre_a), (release_b, pre_b)) = (split(a), split(b));
    compare_dotted(&release_a, &release_b)
        .then_with(|| match (&pre_a, &pre_b) {
            (Some(pre_a), Some(pre_b)) => compare_dotted(pre_a, pre_b),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        })
        .then_with(|| a.cmp(b))
}

fn compare_dotted(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            // 1.0 and 1 are one release.
            (Some("0"), None) => Ordering::Equal,
            (None, Some("0")) => Ordering::Equal,
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (Some(x), Some(y)) => match (x.parse::<u64>(), y.parse::<u64>()) {
                (Ok(x), Ok(y)) => x.cmp(&y),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_people_read_them() {
        let rising = [
            None,
            Some("0.9"),
            Some("1.0-alpha.2"),
            Some("1.0-alpha.10"),
            Some("1.0-beta"),
            Some("1.0"),
            Some("1.2"),
            Some("1.10"),
            Some("v2"),
            Some("2026-07-28"),
        ];
        // A date is a release with a pre-release part; only its year is compared with other schemes.
        for pair in rising.windows(2) {
            assert_eq!(
                compare_versions(pair[0], pair[1]),
                Ordering::Less,
                "{pair:?}"
            );
            assert_eq!(
                compare_versions(pair[1], pair[0]),
                Ordering::Greater,
                "{pair:?}"
            );
        }
        assert_eq!(
            compare_versions(Some("2026-07-28"), Some("2026-07-03")),
            Ordering::Greater
        );
    }
}
