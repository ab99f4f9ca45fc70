//! Which of several layers a setting is taken from. Pure: who asks brings what there is.

use super::known::{KNOWN, Known};

/// Who has set something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag(&'static str),
    Variable(&'static str),
    File(String),
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "--{}", key.replace('_', "-")),
            Self::Variable(name) => f.write_str(name),
            Self::File(file) => f.write_str(file),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What a setting is, and who says so.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) key: &'static str,
    /// Nothing where nobody says anything.
    pub(crate) value: Option<String>,
    pub(crate) source: Source,
}

/// What there is to choose from.
pub(crate) struct Layers<'a> {
    pub(crate) flags: &'a [(&'static str, String)],
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The file's name, and what it says.
    pub(crate) file: Option<(&'a str, &'a [(String, String)])>,
}

/// Every setting, from the first layer that says it.
///
/// # Errors
/// All that is wrong, each with where it stands.
pub(crate) fn resolve(layers: &Layers<'_>) -> Result<Vec<Resolved>, Vec<String>> {
    let mut faults = Vec::new();
    let mut all = Vec::with_capacity(KNOWN.len());
    for known in &KNOWN {
        let (value, source) = layers.first(known);
        if let Some(value) = &value
            && let Err(why) = known.shape.check(value)
        {
            let place = match &source {
                Source::File(file) => format!("{file}: {}", known.key),
                source => source.to_string(),
            };
            faults.push(format!("{place}: {why}"));
        }
        all.push(Resolved {
            key: known.key,
            value,
            source,
        });
    }
    match faults.is_empty() {
        true => Ok(all),
        false => Err(faults),
    }
}

impl Layers<'_> {
    fn first(&self, known: &Known) -> (Option<String>, Source) {
        let flag = self.flags.iter().rev().find(|(key, _)| *key == known.key);
        if let Some((_, value)) = flag {
            return (Some(value.clone()), Source::Flag(known.key));
        }
        for name in known.variables {
            if let Some(value) = (self.variable)(name).filter(|value| !value.is_empty()) {
                return (Some(value), Source::Variable(name));
            }
        }
        if let Some((file, values)) = self.file
            && let Some((_, value)) = values.iter().find(|(key, _)| key == known.key)
        {
            return (Some(value.clone()), Source::File(file.to_owned()));
        }
        let default = Some(known.default).filter(|default| !default.is_empty());
        (default.map(str::to_owned), Source::Default)
    }
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "what is expected reads better as a value"
)]
mod tests {
    use super::*;

    fn check(
        flag: Option<&str>,
        variables: &[(&str, &str)],
        file: Option<&str>,
        expect: (&str, Source),
    ) {
        let flags: Vec<_> = flag
            .map(|value| ("log_level", value.to_owned()))
            .into_iter()
            .collect();
        let values: Vec<_> = file
            .map(|value| ("log_level".to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let variable = |name: &str| {
            let found = variables.iter().find(|(one, _)| *one == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let layers = Layers {
            flags: &flags,
            variable: &variable,
            file: Some(("fmcp.toml", &values)),
        };
        let all = resolve(&layers).unwrap();
        let one = all.iter().find(|one| one.key == "log_level").unwrap();
        assert_eq!((one.value.as_deref().unwrap(), one.source.clone()), expect);
    }

    #[test]
    fn flags_come_before_variables_before_the_file_before_defaults() {
        let ours = ("FMCP_LOG_LEVEL", "info");
        let theirs = ("FASTMCP_LOG_LEVEL", "DEBUG");
        let flag = Source::Flag("log_level");
        check(Some("error"), &[ours], Some("trace"), ("error", flag));
        let variable = Source::Variable;
        check(
            None,
            &[theirs, ours],
            Some("trace"),
            ("info", variable("FMCP_LOG_LEVEL")),
        );
        check(
            None,
            &[theirs],
            None,
            ("DEBUG", variable("FASTMCP_LOG_LEVEL")),
        );
        let file = Source::File("fmcp.toml".into());
        check(
            None,
            &[("FMCP_LOG_LEVEL", "")],
            Some("trace"),
            ("trace", file),
        );
        check(None, &[], None, ("warn", Source::Default));
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_place() {
        let values = [("timeout".to_owned(), "soon".to_owned())];
        let layers = Layers {
            flags: &[("color", "blue".to_owned())],
            variable: &|name| (name == "FMCP_LOG_LEVEL").then(|| "loud".to_owned()),
            file: Some(("fmcp.toml", &values)),
        };
        let faults = resolve(&layers).unwrap_err();
        let places: Vec<_> = faults
            .iter()
            .map(|fault| fault.split(": ").next().unwrap())
            .collect();
        assert_eq!(places, ["--color", "FMCP_LOG_LEVEL", "fmcp.toml"]);
    }
}
