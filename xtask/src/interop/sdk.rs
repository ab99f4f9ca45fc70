//! The SDKs, and what each speaks.

/// Revisions with sessions, from the oldest on; the newest, which has none, comes after them.
const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const ALL: [&str; 5] = [
    "2024-11-05",
    "2025-03-26",
    "2025-06-18",
    "2025-11-25",
    MODERN,
];

/// The revision without sessions.
pub(super) const MODERN: &str = "2026-07-28";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sdk {
    TypeScript1,
    TypeScript2,
    Python,
    Rust,
}

impl Sdk {
    pub(super) const ALL: [Self; 4] = [
        Self::TypeScript1,
        Self::TypeScript2,
        Self::Python,
        Self::Rust,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TypeScript1 => "typescript-1",
            Self::TypeScript2 => "typescript-2",
            Self::Python => "python",
            Self::Rust => "rust",
        }
    }

    /// The revisions that it speaks, from the oldest on.
    pub(super) fn revisions(self) -> &'static [&'static str] {
        match self {
            Self::TypeScript1 => &LEGACY,
            Self::TypeScript2 | Self::Python | Self::Rust => &ALL,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Transport {
    Stdio,
    Http,
}

impl Transport {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
        }
    }
}

/// One thing to try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Combination {
    pub(super) sdk: Sdk,
    pub(super) transport: Transport,
    pub(super) revision: &'static str,
}

impl Combination {
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for sdk in Sdk::ALL {
            for transport in [Transport::Stdio, Transport::Http] {
                let of = |&revision| Self {
                    sdk,
                    transport,
                    revision,
                };
                all.extend(sdk.revisions().iter().map(of));
            }
        }
        all
    }

    pub(super) fn name(&self) -> String {
        let (sdk, transport) = (self.sdk.name(), self.transport.name());
        format!("{sdk} {transport} {}", self.revision)
    }

    /// Whether its name has all these words in it.
    pub(super) fn fits(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.name().contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sdk_is_tried_over_both_transports_in_all_its_revisions() {
        let all = Combination::all();
        assert_eq!(all.len(), 2 * (4 + 5 + 5 + 5));
        assert_eq!(all[0].name(), "typescript-1 stdio 2024-11-05");
    }

    #[test]
    fn words_choose() {
        let chosen = |words: &[&str]| {
            let all = Combination::all();
            all.iter().filter(|one| one.fits(words)).count()
        };
        assert_eq!(chosen(&["typescript"]), 18);
        assert_eq!(chosen(&["rust", "http"]), 5);
        assert_eq!(chosen(&["python", "http", MODERN]), 1);
    }
}
