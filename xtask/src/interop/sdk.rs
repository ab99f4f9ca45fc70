//! The SDKs as clients, and what each speaks.

/// Revisions with sessions, from the oldest on; the newest, which has none, comes after them.
pub(super) const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
pub(super) const ALL: [&str; 5] = [
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
