//! 2026-07-28: no sessions; every result says what it is, who gave it, and how long it keeps.

use super::{Era, Handshake, dialect::Dialect, head::Head, tasks::TaskTerms};
use crate::{
    Call, Kind, Reply,
    protocol::{
        Method,
        model::{CacheScope, ErrorObject, ResultType, Task},
    },
};

pub(super) struct V2026_07_28;

impl Dialect for V2026_07_28 {
    fn era(&self) -> Era {
        Era::Modern
    }

    fn speaks(&self, method: &Method) -> bool {
        !matches!(
            method,
            Method::Ping
                | Method::Subscribe
                | Method::Unsubscribe
                | Method::SetLogLevel
                | Method::TaskResult
                | Method::ListTasks
        ) && method.as_str() != Handshake::METHOD
    }

    fn task_terms(&self, call: &Call) -> TaskTerms {
        let declared = call.client_capabilities().extensions;
        match declared.is_some_and(|all| all.get(Task::EXTENSION).is_some()) {
            true => TaskTerms::Taken,
            false => TaskTerms::Never,
        }
    }

    /// Fills in what is required and nobody has said; takes away the tasks of 2025-11-25, which are an
    /// extension now, with other methods.
    fn finish(&self, reply: &mut Reply) {
        match reply {
            Reply::InputRequired(result) => result.result_type = Some(ResultType::InputRequired),
            Reply::Discover(result) => result.capabilities.tasks = None,
            Reply::ListTools(list) => {
                for tool in &mut list.tools {
                    tool.extra.remove("execution");
                }
            }
            _ => {}
        }
        let Some(head) = Head::of(reply) else { return };
        head.result_type.get_or_insert(ResultType::Complete);
        if let Some((ttl_ms, scope)) = head.cache {
            ttl_ms.get_or_insert(0);
            scope.get_or_insert(CacheScope::Private);
        }
    }

    /// Codes that the specification keeps for itself, or has withdrawn, are not passed on.
    fn code(&self, kind: Kind, _: &Method) -> Option<i64> {
        match kind {
            Kind::Other(-32_099..=-32_020) => Some(ErrorObject::INTERNAL_ERROR),
            Kind::Other(ErrorObject::LEGACY_RESOURCE_NOT_FOUND) => {
                Some(ErrorObject::INVALID_PARAMS)
            }
            _ => None,
        }
    }
}
