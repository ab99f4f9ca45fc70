//! One flag, and for whom it is on.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How many users one flag may name.
const MAX_ALLOWED: usize = 10_000;

/// How long a name of a user or a permission may be.
const MAX_NAME: usize = 256;

/// A feature that is on for everybody, for some, or for nobody.
///
/// One that is not enabled is on for nobody; one that asks for a permission, for nobody without it. Of
/// the others it is on for whoever is allowed by name, and for so many of a hundred: always the same
/// ones, and more of them when the share grows. One that names users and gives no share is on for these
/// alone.
///
/// ```
/// use fmcp_core::Flag;
///
/// let flag = Flag::on().rollout(10.0).allow(["ada"]);
/// let typed: Flag = serde_json::from_str(r#"{"enabled": true, "rollout_percentage": 10, "allowlist": ["ada"]}"#)?;
/// assert_eq!(flag, typed);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Flag {
    /// Whether it is on for anybody.
    pub enabled: bool,
    /// For how many of a hundred users it is on; without it, for all, or for those in `allowlist` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub rollout_percentage: Option<f64>,
    /// Users for whom it is on whatever the share.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowlist: BTreeSet<Box<str>>,
    /// A permission (a scope of the credential) without which it is on for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_permission: Option<Box<str>>,
}

/// Who asks.
pub(crate) struct Who<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) may: &'a dyn Fn(&str) -> bool,
}

impl Flag {
    /// On, for everybody.
    #[must_use]
    pub fn on() -> Self {
        Self {
            enabled: true,
            ..Self::default()
        }
    }

    /// Off, for everybody.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// Turns it on for so many of a hundred users.
    #[must_use]
    pub fn rollout(mut self, percentage: f64) -> Self {
        self.rollout_percentage = Some(percentage);
        self
    }

    /// Turns it on for these users.
    #[must_use]
    pub fn allow<S: Into<Box<str>>>(mut self, users: impl IntoIterator<Item = S>) -> Self {
        self.allowlist.extend(users.into_iter().map(Into::into));
        self
    }

    /// Asks for a permission.
    #[must_use]
    pub fn permission(mut self, permission: impl Into<Box<str>>) -> Self {
        self.requires_permission = Some(permission.into());
        self
    }

    /// Whether it can be one.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let fault = |words: String| Err(Error::invalid_params(format!("flag {name:?}: {words}")));
        if name.is_empty() || name.len() > MAX_NAME {
            return fault(format!("a name has 1 to {MAX_NAME} bytes"));
        }
        if let Some(share) = self.rollout_percentage
            && !(0.0..=100.0).contains(&share)
        {
            return fault(format!("`rollout_percentage` is 0 to 100, not {share}"));
        }
        if self.allowlist.len() > MAX_ALLOWED {
            return fault(format!("`allowlist` may name {MAX_ALLOWED} users"));
        }
        let mut names = self.allowlist.iter().chain(&self.requires_permission);
        if names.any(|name| name.is_empty() || name.len() > MAX_NAME) {
            return fault(format!(
                "users and permissions have names of 1 to {MAX_NAME} bytes"
            ));
        }
        Ok(())
    }

    /// Whether it is on for `who`.
    pub(super) fn is_on(&self, name: &str, who: &Who<'_>) -> bool {
        if !self.enabled || !self.requires_permission.as_deref().is_none_or(who.may) {
            return false;
        }
        if who.user.is_some_and(|user| self.allowlist.contains(user)) {
            return true;
        }
        match (self.rollout_percentage, who.user) {
            (None, _) => self.allowlist.is_empty(),
            (Some(share), Some(user)) => place(name, user) < share,
            // Of somebody whom nobody knows, nobody can say the same twice.
            (Some(share), None) => share >= 100.0,
        }
    }
}

/// Where of a hundred a user stands, by the flag: the same in every process, on every day.
fn place(name: &str, user: &str) -> f64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes().chain([0]).chain(user.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // What differs in the last byte alone shall differ everywhere.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    let of_a_million = u32::try_from((hash ^ (hash >> 33)) % 1_000_000).unwrap_or(0);
    f64::from(of_a_million) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_on(flag: &Flag, user: Option<&str>, permissions: &[&str]) -> bool {
        let may = |permission: &str| permissions.contains(&permission);
        flag.is_on("f", &Who { user, may: &may })
    }

    #[test]
    fn for_whom_a_flag_is_on() {
        let named = Flag::on().allow(["ada"]);
        let paid = Flag::on().permission("premium").allow(["ada"]).rollout(0.0);
        for (flag, user, permissions, expect) in [
            (Flag::off(), Some("ada"), &[][..], false),
            (Flag::off().allow(["ada"]), Some("ada"), &[], false),
            (Flag::on(), None, &[], true),
            (named.clone(), Some("ada"), &[], true),
            (named.clone(), Some("bob"), &[], false),
            (named, None, &[], false),
            (paid.clone(), Some("ada"), &[], false),
            (paid.clone(), Some("ada"), &["premium"], true),
            (paid, Some("bob"), &["premium"], false),
            (Flag::on().rollout(0.0), Some("bob"), &[], false),
            (Flag::on().rollout(100.0), Some("bob"), &[], true),
            (Flag::on().rollout(100.0), None, &[], true),
            (Flag::on().rollout(99.9), None, &[], false),
        ] {
            assert_eq!(is_on(&flag, user, permissions), expect, "{flag:?} {user:?}");
        }
    }

    #[test]
    fn a_share_is_a_share_and_grows_by_those_who_come_to_it() {
        let users: Vec<_> = (0..10_000).map(|n| format!("user-{n}")).collect();
        let among = |share| -> BTreeSet<&String> {
            let flag = Flag::on().rollout(share);
            users
                .iter()
                .filter(|user| is_on(&flag, Some(user), &[]))
                .collect()
        };
        let (few, more) = (among(10.0), among(25.0));
        assert!((900..1_100).contains(&few.len()), "{}", few.len());
        assert!((2_300..2_700).contains(&more.len()), "{}", more.len());
        assert!(few.is_subset(&more));
        assert_eq!(few, among(10.0));
    }

    #[test]
    fn the_same_user_is_early_for_one_flag_and_late_for_another() {
        let users = (0..10_000).map(|n| format!("user-{n}"));
        let both = users.filter(|user| place("a", user) < 10.0 && place("b", user) < 10.0);
        assert!((50..150).contains(&both.count()));
        // What replicas and later versions must agree on.
        for (user, at) in [("ada", 31.3176), ("bob", 17.1432), ("user-1", 21.4239)] {
            assert!((place("new-search", user) - at).abs() < 1e-9, "{user}");
        }
    }

    #[test]
    fn what_cannot_be_a_flag_is_refused() {
        for (name, flag, words) in [
            ("", Flag::on(), "1 to 256 bytes"),
            ("f", Flag::on().rollout(100.1), "0 to 100, not 100.1"),
            ("f", Flag::on().rollout(f64::NAN), "0 to 100"),
            ("f", Flag::on().allow([""]), "names of 1 to 256"),
            (
                "f",
                Flag::on().allow((0..10_001).map(|n| n.to_string())),
                "10000 users",
            ),
        ] {
            let found = flag
                .check(name)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default();
            assert!(found.contains(words), "{found:?} for {words:?}");
        }
        assert!(serde_json::from_str::<Flag>(r#"{"enabled": true, "rollout": 10}"#).is_err());
    }
}
