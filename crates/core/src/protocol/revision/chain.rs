//! The way from the model down to a revision.

use crate::{
    Error, Kind, Notice, Reply,
    protocol::{Method, model::ErrorObject},
};

use super::{
    Revision,
    dialect::{Dialect, downgrade},
    v2024_11_05::V2024_11_05,
    v2025_03_26::V2025_03_26,
    v2025_06_18::V2025_06_18,
    v2025_11_25::V2025_11_25,
    v2026_07_28::V2026_07_28,
};

/// Newest first.
const CHAIN: [(Revision, &dyn Dialect); 5] = [
    (Revision::V2026_07_28, &V2026_07_28),
    (Revision::V2025_11_25, &V2025_11_25),
    (Revision::V2025_06_18, &V2025_06_18),
    (Revision::V2025_03_26, &V2025_03_26),
    (Revision::V2024_11_05, &V2024_11_05),
];

impl Revision {
    fn down_to(self) -> impl Iterator<Item = &'static dyn Dialect> {
        CHAIN
            .into_iter()
            .take_while(move |(revision, _)| *revision >= self)
            .map(|(_, dialect)| dialect)
    }

    /// Whether the revision has this method, or no revision has (then it is an extension's).
    #[must_use]
    pub fn speaks(self, method: &Method) -> bool {
        CHAIN
            .into_iter()
            .find(|(revision, _)| *revision == self)
            .is_some_and(|(_, dialect)| dialect.speaks(method))
    }

    /// Takes away from a reply what the revision cannot say.
    pub fn lower(self, reply: &mut Reply) {
        self.down_to().for_each(|dialect| downgrade(dialect, reply));
    }

    /// Takes away from a notice what the revision cannot say.
    pub fn lower_notice(self, notice: &mut Notice) {
        self.down_to().for_each(|dialect| dialect.notice(notice));
    }

    /// An error as the revision says it.
    #[must_use]
    pub fn lower_error(self, error: &Error, method: &Method) -> ErrorObject {
        let mut object = error.to_object();
        for dialect in self.down_to() {
            if let Some(code) = dialect.code(error.kind(), method) {
                object.code = code;
            }
        }
        debug_assert!(
            error.kind() != Kind::InputRequired,
            "questions are a result, not an error"
        );
        object
    }
}
