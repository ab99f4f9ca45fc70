//! What every result has in common.

use crate::{
    Reply,
    protocol::model::{CacheScope, Meta, ResultType},
};

/// The fields that every result has, and those that say how long it keeps.
pub(super) struct Head<'a> {
    pub(super) result_type: &'a mut Option<ResultType>,
    pub(super) meta: &'a mut Option<Meta>,
    pub(super) cache: Option<(&'a mut Option<u64>, &'a mut Option<CacheScope>)>,
}

impl<'a> Head<'a> {
    pub(super) fn of(reply: &'a mut Reply) -> Option<Self> {
        macro_rules! heads {
            (cached: $($cached:ident)*; plain: $($plain:ident)*) => {
                match reply {
                    $(Reply::$cached(result) => Some(Self {
                        result_type: &mut result.result_type,
                        meta: &mut result.meta,
                        cache: Some((&mut result.ttl_ms, &mut result.cache_scope)),
                    }),)*
                    $(Reply::$plain(result) => Some(Self {
                        result_type: &mut result.result_type,
                        meta: &mut result.meta,
                        cache: None,
                    }),)*
                    Reply::Shared(_) | Reply::Raw(..) => None,
                }
            };
        }
        heads! {
            cached: Discover ListTools ListResources ListTemplates ListPrompts ReadResource;
            plain: CallTool GetPrompt Complete Listen InputRequired Task Empty
        }
    }
}

/// What a result says about itself, without unpacking it.
pub(super) fn meta(reply: &Reply) -> Option<&Meta> {
    macro_rules! metas {
        ($($kind:ident)*) => {
            match reply {
                $(Reply::$kind(result) => result.meta.as_ref(),)*
                Reply::Shared(_) | Reply::Raw(..) => None,
            }
        };
    }
    metas!(Discover ListTools ListResources ListTemplates ListPrompts ReadResource
        CallTool GetPrompt Complete Listen InputRequired Task Empty)
}
