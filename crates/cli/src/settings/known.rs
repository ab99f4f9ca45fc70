//! Every setting that there is.

use std::time::Duration;

/// One setting.
pub(crate) struct Known {
    /// Its name in the file.
    pub(crate) key: &'static str,
    /// The variables that say it, the first that is set counts.
    pub(crate) variables: &'static [&'static str],
    /// What it is otherwise; empty for nothing.
    pub(crate) default: &'static str,
    /// Whether nobody should read it.
    pub(crate) is_secret: bool,
    /// What it is for.
    pub(crate) about: &'static str,
    /// What it may be.
    pub(crate) shape: Shape,
}

/// What a setting may be.
pub(crate) enum Shape {
    /// One of these words, in capitals or not.
    Words(&'static [&'static str]),
    Time,
    Revision,
    Text,
}

impl Shape {
    /// Whether it may be this; if not, what it may be.
    pub(crate) fn check(&self, word: &str) -> Result<(), String> {
        match self {
            Self::Words(words) => one_of(word, words),
            Self::Time => duration(word).map(drop),
            Self::Revision if fmcp::Revision::parse(word).is_some() => Ok(()),
            Self::Revision => Err(format!("there is no revision {word:?}; {}", revisions())),
            Self::Text => Ok(()),
        }
    }
}

/// All settings, in the order in which they are explained.
pub(crate) const KNOWN: [Known; 6] = [
    Known {
        key: "color",
        variables: &["FMCP_COLOR"],
        default: "auto",
        is_secret: false,
        about: "when to use colours: auto, always or never",
        shape: Shape::Words(&["auto", "always", "never"]),
    },
    Known {
        key: "log_level",
        variables: &["FMCP_LOG_LEVEL", "FASTMCP_LOG_LEVEL"],
        default: "warn",
        is_secret: false,
        about: "what is logged to standard error: off, error, warn, info, debug or trace",
        shape: Shape::Words(&[
            "off", "error", "critical", "warn", "warning", "info", "debug", "trace",
        ]),
    },
    Known {
        key: "timeout",
        variables: &["FMCP_TIMEOUT"],
        default: "60s",
        is_secret: false,
        about: "how long one call may take",
        shape: Shape::Time,
    },
    Known {
        key: "connect_timeout",
        variables: &["FMCP_CONNECT_TIMEOUT", "FASTMCP_CLIENT_INIT_TIMEOUT"],
        default: "60s",
        is_secret: false,
        about: "how long connecting may take; `npx` may have to download first",
        shape: Shape::Time,
    },
    Known {
        key: "auth",
        variables: &["FMCP_AUTH"],
        default: "none",
        is_secret: true,
        about: "how to prove who is calling: none, oauth, or a token",
        shape: Shape::Text,
    },
    Known {
        key: "protocol_version",
        variables: &["FMCP_PROTOCOL_VERSION"],
        default: "",
        is_secret: false,
        about: "the protocol revision to speak, and no other",
        shape: Shape::Revision,
    },
];

fn one_of(word: &str, words: &[&str]) -> Result<(), String> {
    match words.iter().any(|one| one.eq_ignore_ascii_case(word)) {
        true => Ok(()),
        false => Err(format!("expected {}, not {word:?}", words.join(", "))),
    }
}

fn revisions() -> String {
    let names = fmcp::Revision::ALL.map(fmcp::Revision::as_str);
    format!("there are {}", names.join(", "))
}

/// A time: `250ms`, `30s`, `2m`, `1h`, a number of seconds; `none` for no limit.
pub(crate) fn duration(word: &str) -> Result<Option<Duration>, String> {
    if word == "none" {
        return Ok(None);
    }
    let digits = word
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(word.len());
    let (number, unit) = word.split_at(digits);
    let scale = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    number
        .parse::<f64>()
        .ok()
        .map(|number| number * scale)
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(Some)
        .ok_or_else(|| format!("expected a time such as 250ms, 30s, 2m, 1h, or none, not {word:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_seconds_are_meant_without() {
        let ms = |word| duration(word).unwrap().map(|time| time.as_millis());
        assert_eq!(ms("250ms"), Some(250));
        assert_eq!(ms("30"), Some(30_000));
        assert_eq!(ms("1.5s"), Some(1_500));
        assert_eq!(ms("2m"), Some(120_000));
        assert_eq!(ms("none"), None);
        for word in ["", "0", "-1s", "soon", "5d", "1e400s"] {
            assert!(duration(word).is_err(), "{word}");
        }
    }

    #[test]
    fn defaults_pass_their_own_check() {
        for known in KNOWN {
            let default = known.default;
            assert!(
                default.is_empty() || known.shape.check(default).is_ok(),
                "{}",
                known.key
            );
        }
    }
}
