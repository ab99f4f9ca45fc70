//! Whom a notification is for.

use fmcp_core::{
    Extra, Notice, Raw,
    protocol::{
        Params,
        model::{CancelledParams, Meta, ProgressToken},
    },
};

/// Under this name, what our own servers send ahead of a result says which call it belongs to.
const REQUEST_ID: &str = "fmcp/requestId";

/// Whom a notification is for.
#[derive(Debug, PartialEq)]
pub(super) enum Whom {
    /// The call of this id.
    Call(u64),
    /// The call that has this token.
    Token(ProgressToken),
    /// Nobody in particular.
    All,
}

/// Whom `notice` is for, which came with `params`.
pub(super) fn whom(notice: &Notice, params: &Params) -> Whom {
    if let Notice::Progress(report) = notice {
        return Whom::Token(report.progress_token.clone());
    }
    match marked(params) {
        Some((_, id)) => Whom::Call(id),
        None => Whom::All,
    }
}

/// The call that a server has ended on its own: only streams of changes are ended so.
pub(super) fn ended(cancelled: &CancelledParams) -> Option<u64> {
    cancelled.request_id.as_json().parse().ok()
}

/// The notice as its caller knows it: under the id that the caller gave, not the one that it had on its
/// way.
pub(super) fn translated(notice: Notice, caller: Option<&[u8]>) -> Notice {
    let Notice::Other(topic, params) = notice else {
        return notice;
    };
    let Some((key, _)) = marked(&params) else {
        return Notice::Other(topic, params);
    };
    let meta = params
        .meta()
        .and_then(|text| serde_json::from_slice(text).ok());
    let mut meta: Extra = meta.unwrap_or_default();
    match caller.and_then(|id| serde_json::from_slice::<Raw>(id).ok()) {
        Some(id) => meta.insert(key, id),
        None => drop(meta.remove(key)),
    }
    let renamed = Raw::from_serialize(&meta).ok();
    let renamed = renamed.and_then(|meta| params.with("_meta", meta).ok());
    Notice::Other(topic, renamed.unwrap_or(params))
}

/// Under which name the metadata says which call it belongs to, and which one that is.
fn marked(params: &Params) -> Option<(&'static str, u64)> {
    let text = params.meta()?;
    let mentions = |key: &str| memchr::memmem::find(text, key.as_bytes()).is_some();
    let key = [Meta::SUBSCRIPTION_ID, REQUEST_ID]
        .into_iter()
        .find(|key| mentions(key))?;
    let meta: Extra = serde_json::from_slice(text).ok()?;
    let id = meta.get(key)?.as_str().parse().ok()?;
    Some((key, id))
}

#[cfg(test)]
mod tests {
    use fmcp_core::protocol::Topic;

    use super::*;

    fn notice(topic: &str, params: &str) -> (Notice, Params) {
        let params = Params::new(params.to_owned()).unwrap();
        (Notice::read(Topic::from(topic), params.clone()), params)
    }

    #[test]
    fn progress_and_what_is_marked_belongs_to_a_call() {
        let check = |topic: &str, text: &str, expect| {
            let (notice, params) = notice(topic, text);
            assert_eq!(whom(&notice, &params), expect, "{topic} {text}");
        };
        let changed = "notifications/tools/list_changed";
        check(
            "notifications/progress",
            r#"{"progressToken":"a","progress":1}"#,
            Whom::Token("a".into()),
        );
        check(
            changed,
            r#"{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}"#,
            Whom::Call(7),
        );
        check("x/y", r#"{"_meta":{"fmcp/requestId":8}}"#, Whom::Call(8));
        for text in [
            "{}",
            r#"{"_meta":{"fmcp/requestId":"8"}}"#,
            r#"{"_meta":{}}"#,
        ] {
            check(changed, text, Whom::All);
        }
    }

    #[test]
    fn a_caller_reads_the_id_that_it_gave() {
        let check = |id: Option<&[u8]>, expect: &str| {
            let text = r#"{"_meta":{"a":1,"fmcp/requestId":8},"b":2}"#;
            let Notice::Other(_, params) = translated(notice("x/y", text).0, id) else {
                panic!("another notice");
            };
            assert_eq!(params.raw(), Some(expect.as_bytes()));
        };
        check(
            Some(b"\"mine\""),
            r#"{"_meta":{"a":1,"fmcp/requestId":"mine"},"b":2}"#,
        );
        check(None, r#"{"_meta":{"a":1},"b":2}"#);
    }
}
