//! `notifications/message`: what a server logs for its client.

use std::{error, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Meta;
use crate::{
    Raw,
    json::{Key, model, required, setters},
};

/// How grave a log message is, as RFC 5424 orders it; a graver level is greater.
///
/// ```
/// use fmcp_core::protocol::model::LogLevel;
///
/// assert!(LogLevel::Error > LogLevel::Warning);
/// assert_eq!("notice".parse(), Ok(LogLevel::Notice));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Detail for whoever looks for a fault.
    Debug,
    /// What happens anyway.
    Info,
    /// What is normal but worth knowing.
    Notice,
    /// What may lead to a fault.
    Warning,
    /// A fault.
    Error,
    /// The fault of a part that others need.
    Critical,
    /// Somebody must act at once.
    Alert,
    /// Nothing works.
    Emergency,
}

required!(LogLevel);

impl LogLevel {
    /// All levels, the least first.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The level's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

/// A word that is no log level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLogLevel(Box<str>);

impl fmt::Display for UnknownLogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown log level `{}`, expected one of", self.0)?;
        for (at, level) in LogLevel::ALL.iter().enumerate() {
            write!(f, "{} {level}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl error::Error for UnknownLogLevel {}

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == word)
            .ok_or_else(|| UnknownLogLevel(word.into()))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for LogLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for LogLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Key(word) = Key::deserialize(deserializer)?;
        word.parse().map_err(de::Error::custom)
    }
}

model! {
    /// The parameters of `notifications/message`.
    pub struct LogMessageParams new(level: LogLevel, data: Raw) {
        /// What the notification says about itself.
        meta: Option<Meta> = "_meta",
        /// How grave it is.
        level: LogLevel = "level",
        /// Which part of the server speaks.
        logger: Option<String> = "logger",
        /// What is said: a text or any other value.
        data: Raw = "data",
    }

    /// The parameters of `logging/setLevel` (up to 2025-11-25).
    pub struct SetLevelParams new(level: LogLevel) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The least level that the client wants to hear.
        level: LogLevel = "level",
    }
}

setters!(LogMessageParams {
    meta: Meta,
    logger: String
});
setters!(SetLevelParams { meta: Meta });

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn levels_are_ordered_and_closed() {
        assert!(LogLevel::ALL.is_sorted());
        for level in LogLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        let error = serde_json::from_str::<LogLevel>("\"loud\"").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("unknown log level `loud`, expected one of debug, info,"),
            "{error}"
        );
    }
}
