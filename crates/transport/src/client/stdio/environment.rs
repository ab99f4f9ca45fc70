//! Which variables a server gets.

use std::ffi::{OsStr, OsString};

use super::{Inherit, Settings};

/// What programs need to run, and what tells no secrets.
#[cfg(not(windows))]
const SAFE: &[&str] = &[
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
];

/// What programs need to run, and what tells no secrets.
#[cfg(windows)]
const SAFE: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// How the names of further ones begin.
#[cfg(not(windows))]
const SAFE_BEGINNINGS: &[&str] = &["LC_", "XDG_"];

/// How the names of further ones begin.
#[cfg(windows)]
const SAFE_BEGINNINGS: &[&str] = &[];

/// The variables of a server, out of those of this process and its own.
pub(super) fn environment(
    settings: &Settings,
    ours: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    let inherited = ours.filter(|(name, value)| match settings.inherit {
        Inherit::All => true,
        Inherit::Nothing => false,
        // A function of the shell, which no program is meant to run.
        Inherit::Safe => is_safe(name) && !value.as_encoded_bytes().starts_with(b"()"),
    });
    let own = settings.environment.iter().cloned();
    inherited.chain(own).collect()
}

fn is_safe(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    // Where it is Windows, case does not count.
    let name = if cfg!(windows) {
        name.to_ascii_uppercase()
    } else {
        name.to_owned()
    };
    SAFE.contains(&name.as_str()) || SAFE_BEGINNINGS.iter().any(|start| name.starts_with(start))
}

#[cfg(all(test, not(windows)))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(inherit: Inherit, expect: &[&str]) {
        let ours = [
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("XDG_CACHE_HOME", "/c"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("HOME", "() { :; }; echo"),
            ("path", "/other"),
        ];
        let ours = ours.map(|(name, value)| (name.into(), value.into()));
        let mut settings = Settings::new("x").variable("OWN", "1");
        settings.inherit = inherit;
        let given = environment(&settings, ours.into_iter());
        let names: Vec<_> = given
            .iter()
            .map(|(name, _)| name.to_str().unwrap())
            .collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn only_what_is_safe_is_inherited_unless_more_is_wanted() {
        check(Inherit::Safe, &["PATH", "LC_ALL", "XDG_CACHE_HOME", "OWN"]);
        check(Inherit::Nothing, &["OWN"]);
        let all = ["PATH", "LC_ALL", "XDG_CACHE_HOME", "AWS_SECRET_ACCESS_KEY"];
        check(Inherit::All, &[&all[..], &["HOME", "path", "OWN"]].concat());
    }
}
