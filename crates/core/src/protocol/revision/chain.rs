//! The way from the model down to a revision.

use crate::{
    Call, Error, Kind, Notice, Reply, Result,
    protocol::{
        Method,
        model::{ErrorObject, InputRequest},
    },
};

use super::{
    Era, Revision,
    dialect::{Dialect, downgrade, downgrade_question},
    tasks::TaskTerms,
    v2024_11_05::V2024_11_05,
    v2025_03_26::V2025_03_26,
    v2025_06_18::V2025_06_18,
    v2025_11_25::V2025_11_25,
    v2026_07_28::V2026_07_28,
};

/// Newest first.
static CHAIN: [(Revision, &dyn Dialect); 5] = [
    (Revision::V2026_07_28, &V2026_07_28),
    (Revision::V2025_11_25, &V2025_11_25),
    (Revision::V2025_06_18, &V2025_06_18),
    (Revision::V2025_03_26, &V2025_03_26),
    (Revision::V2024_11_05, &V2024_11_05),
];

impl Revision {
    fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::V2026_07_28 => &V2026_07_28,
            Self::V2025_11_25 => &V2025_11_25,
            Self::V2025_06_18 => &V2025_06_18,
            Self::V2025_03_26 => &V2025_03_26,
            Self::V2024_11_05 => &V2024_11_05,
        }
    }

    pub(super) fn down_to(self) -> impl Iterator<Item = &'static dyn Dialect> {
        CHAIN
            .iter()
            .take_while(move |(revision, _)| *revision >= self)
            .map(|(_, dialect)| *dialect)
    }

    /// How its peers meet.
    #[must_use]
    pub fn era(self) -> Era {
        self.dialect().era()
    }

    /// Whether its peers may send several messages in one array.
    #[must_use]
    pub fn has_batches(self) -> bool {
        self.dialect().has_batches()
    }

    /// Whether a client names it in a header of each request over HTTP, `MCP-Protocol-Version`.
    #[must_use]
    pub fn has_version_header(self) -> bool {
        self.dialect().has_version_header()
    }

    /// Whether the revision has this method, or no revision has (then it is an extension's).
    #[must_use]
    pub fn speaks(self, method: &Method) -> bool {
        self.dialect().speaks(method)
    }

    /// What a call's client has said about being answered with a task.
    #[must_use]
    pub fn task_terms(self, call: &Call) -> TaskTerms {
        self.dialect().task_terms(call)
    }

    /// Takes away from a reply what the revision cannot say, and adds what it requires. A shared or raw
    /// reply is left as it is: [`write`](Self::write) unpacks those.
    pub fn lower(self, reply: &mut Reply) {
        // The model is the newest revision's, so the first step takes nothing away.
        self.down_to()
            .skip(1)
            .for_each(|dialect| downgrade(dialect, reply));
        self.dialect().finish(reply);
    }

    /// Takes away from a question to a client what the revision cannot ask.
    ///
    /// # Errors
    /// When it cannot ask this at all.
    pub fn lower_question(self, question: &mut InputRequest) -> Result<()> {
        for dialect in self.down_to().skip(1) {
            downgrade_question(dialect, question).map_err(|what| {
                Error::new(
                    Kind::InvalidRequest,
                    format!("a client of revision {self} cannot be asked {what}, which this needs"),
                )
            })?;
        }
        Ok(())
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
        object
    }
}
