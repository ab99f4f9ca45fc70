//! 2026-07-28: no sessions; every result says what it is, who gave it, and how long it keeps.

use super::{dialect::Dialect, write::Head};
use crate::protocol::{
    Method,
    model::{CacheScope, ResultType},
};

pub(super) struct V2026_07_28;

impl Dialect for V2026_07_28 {
    fn speaks(&self, method: &Method) -> bool {
        !matches!(
            method,
            Method::Ping | Method::Subscribe | Method::Unsubscribe | Method::SetLogLevel
        )
    }

    /// Fills in what this revision requires and nobody has said.
    fn head(&self, head: Head<'_>) {
        head.result_type.get_or_insert(ResultType::Complete);
        if let Some((ttl_ms, scope)) = head.cache {
            ttl_ms.get_or_insert(0);
            scope.get_or_insert(CacheScope::Private);
        }
    }
}
