//! Which components there are, seen from outside.

use std::{cmp::Ordering, fmt, sync::Arc};

use fmcp_core::{Component, ComponentKind, Error, Key, Result, Transform};

use crate::Select;

type Rule = Arc<dyn Fn(&Component) -> bool + Send + Sync>;

/// Hides components, the server's own and those of mounted servers and upstreams alike. Of several rules that choose
/// one, the last decides. What is hidden can be neither seen nor called.
///
/// ```
/// use fmcp::{Server, Visibility, named, tags};
///
/// let server = Server::new("crm")
///     .transform(Visibility::new().hide(tags(["internal"])).show(named("get_*")));
/// ```
#[derive(Clone, Default)]
#[must_use = "it hides nothing by itself: give it to a server"]
pub struct Visibility(Vec<(bool, Rule)>);

impl Visibility {
    /// Everything is there.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides the selected components.
    pub fn hide(self, select: impl Select + Send + Sync + 'static) -> Self {
        self.rule(false, select)
    }

    /// Shows the selected components, whatever rules before this one say.
    pub fn show(self, select: impl Select + Send + Sync + 'static) -> Self {
        self.rule(true, select)
    }

    fn rule(mut self, shows: bool, select: impl Select + Send + Sync + 'static) -> Self {
        let rule = move |component: &Component| select.selects(component);
        self.0.push((shows, Arc::new(rule)));
        self
    }

    fn shows(&self, component: &Component) -> bool {
        let last = self.0.iter().rev().find(|(_, rule)| rule(component));
        last.is_none_or(|(shows, _)| *shows)
    }
}

impl Transform for Visibility {
    fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        self.shows(&component).then_some(component)
    }

    fn reveal(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        Some(component)
    }
}

impl fmt::Debug for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visibility")
            .field("rules", &self.0.len())
            .finish()
    }
}

/// Shows only versions within a range; the newest of them is what a name stands for. Components without a version are
/// in every range.
///
/// ```
/// use fmcp::{Server, Tool, Versions};
///
/// # fn main() -> fmcp::Result<()> {
/// let server = Server::new("s")
///     .tool(Tool::new("add", || async { "one" }).version("1.4"))
///     .tool(Tool::new("add", || async { "two" }).version("2.0"))
///     .transform(Versions::parse(">=1, <2")?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it hides nothing by itself: give it to a server"]
pub struct Versions(Vec<(Bound, Key)>);

#[derive(Clone, Copy, Debug)]
enum Bound {
    Less,
    AtMost,
    Exactly,
    AtLeast,
    More,
}

impl Versions {
    /// A range: bounds between commas, each `<`, `<=`, `=`, `>=` or `>` and a version; a version alone means itself.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(range: &str) -> Result<Self> {
        let bounds = range.split(',').map(str::trim).map(|bound| {
            let ways = [
                ("<=", Bound::AtMost),
                (">=", Bound::AtLeast),
                ("<", Bound::Less),
                (">", Bound::More),
                ("=", Bound::Exactly),
                ("", Bound::Exactly),
            ];
            let (version, way) = ways
                .iter()
                .find_map(|(sign, way)| Some((bound.strip_prefix(sign)?.trim(), *way)))
                .unwrap_or(("", Bound::Exactly));
            if !version.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                let words = format!("{range:?} is no range of versions, such as \">=1.2, <2\"");
                return Err(Error::invalid_params(words));
            }
            Ok((way, key(&plain(version))))
        });
        bounds.collect::<Result<_>>().map(Self)
    }

    /// Whether a version is in the range. What comes before a release, such as `2.0-beta`, is not below that release:
    /// whoever wants nothing of 2 does not want its beta.
    #[must_use]
    pub fn contain(&self, version: &str) -> bool {
        let version = plain(version);
        let release = key(version.split('-').next().unwrap_or_default());
        let version = key(&version);
        self.0.iter().all(|(way, bound)| {
            let order = version.cmp(bound);
            let is_before_release = bound.version_str().is_some_and(|bound| bound.contains('-'));
            match way {
                Bound::Less if is_before_release => order == Ordering::Less,
                Bound::Less => release < *bound,
                Bound::AtMost => order != Ordering::Greater,
                Bound::Exactly => order == Ordering::Equal,
                Bound::AtLeast => order != Ordering::Less,
                Bound::More => order == Ordering::Greater,
            }
        })
    }
}

/// A version in the one way to write it: `v1.0` and `1+build` are `1`.
fn plain(version: &str) -> String {
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split('+').next().unwrap_or(version);
    let (release, before) = match version.split_once('-') {
        Some((release, before)) => (release, Some(before)),
        None => (version, None),
    };
    let mut release = release;
    while let Some(shorter) = release.strip_suffix(".0") {
        release = shorter;
    }
    before.map_or_else(
        || release.to_owned(),
        |before| format!("{release}-{before}"),
    )
}

/// Keys are ordered by their versions.
fn key(version: &str) -> Key {
    Key::new(ComponentKind::Tool, "").version(version)
}

impl Transform for Versions {
    fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        let is_in = component
            .key
            .version_str()
            .is_none_or(|version| self.contain(version));
        is_in.then_some(component)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_say_which_versions_are_in() {
        for (range, inside, outside) in [
            (
                ">=1, <2",
                &["1.0", "1.10", "1.99"][..],
                &["0.9", "2.0", "10", "2.0-beta"][..],
            ),
            ("<2.0-rc", &["2.0-beta", "1.9"], &["2.0-rc", "2"]),
            ("<=1", &["1.0", "v1", "1+build"], &["1.0.1"]),
            ("1.2", &["1.2"], &["1.3", "1.2-beta"]),
            (">1.2,<=1.10", &["1.3", "1.10"], &["1.2", "1.11"]),
        ] {
            let versions = Versions::parse(range).unwrap();
            for version in inside {
                assert!(versions.contain(version), "{range} {version}");
            }
            for version in outside {
                assert!(!versions.contain(version), "{range} {version}");
            }
        }
        for wrong in ["", ">", "1,,2", ">= <2", "~1"] {
            assert!(Versions::parse(wrong).is_err(), "{wrong}");
        }
    }
}
