//! The settings of this run, checked.

use std::time::Duration;

use fmcp::Revision;
use tracing_subscriber::filter::LevelFilter;

use super::{
    file::File,
    known::duration,
    layers::{Layers, Resolved, resolve},
};
use crate::{
    cli::{Cli, Command},
    outcome::Failure,
};

/// The settings of this run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Whether to use colours, where it does not depend.
    pub(crate) color: Option<bool>,
    pub(crate) log_level: LevelFilter,
    /// Whether more is to be said than usual.
    pub(crate) is_verbose: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) auth: String,
    pub(crate) revision: Option<Revision>,
    /// The file, where there is one.
    pub(crate) file: Option<File>,
    /// Where each comes from.
    pub(crate) resolved: Vec<Resolved>,
}

impl Settings {
    /// The settings for what was typed.
    pub(crate) fn find(cli: &Cli) -> Result<Self, Failure> {
        let file = File::find(cli.globals.config.as_deref())?;
        let mut flags = cli.command.as_ref().map(Command::said).unwrap_or_default();
        flags.extend(cli.globals.color.clone().map(|color| ("color", color)));
        let level = match cli.globals.verbose {
            _ if cli.globals.quiet => Some("error"),
            0 => None,
            1 => Some("info"),
            _ => Some("debug"),
        };
        flags.extend(level.map(|level| ("log_level", level.to_owned())));
        let layers = Layers {
            flags: &flags,
            variable: &|name| std::env::var(name).ok(),
            file: file
                .as_ref()
                .map(|file| (file.name.as_str(), file.values.as_slice())),
        };
        let resolved = resolve(&layers).map_err(|faults| wrong(&faults))?;
        Ok(Self::of(cli, file, resolved))
    }

    fn of(cli: &Cli, file: Option<File>, resolved: Vec<Resolved>) -> Self {
        let value = |key: &str| {
            let one = resolved.iter().find(|one| one.key == key);
            one.and_then(|one| one.value.clone()).unwrap_or_default()
        };
        let time = |key: &str| duration(&value(key)).ok().flatten();
        Self {
            color: match value("color").to_ascii_lowercase().as_str() {
                "always" => Some(true),
                "never" => Some(false),
                _ => None,
            },
            log_level: level(&value("log_level")),
            is_verbose: cli.globals.verbose > 0,
            timeout: time("timeout"),
            connect_timeout: time("connect_timeout"),
            auth: value("auth"),
            revision: Revision::parse(&value("protocol_version")),
            file,
            resolved,
        }
    }
}

fn level(word: &str) -> LevelFilter {
    match word.to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" | "critical" => LevelFilter::ERROR,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => LevelFilter::WARN,
    }
}

fn wrong(faults: &[String]) -> Failure {
    let words = match faults {
        [fault] => fault.clone(),
        faults => format!(
            "{} settings are wrong:\n  {}",
            faults.len(),
            faults.join("\n  ")
        ),
    };
    Failure::usage(words).hint("`fmcp config explain` shows all settings and what they may be")
}
