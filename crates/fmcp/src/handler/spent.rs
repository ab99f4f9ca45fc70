//! What a handler has spent its time on, in the metadata of its result.

use fmcp_core::{Call, Raw, Reply, Result, Spent, protocol::model::Meta};

use crate::component::Policy;

/// The name in a result's metadata.
const TIMINGS: &str = "fmcp/timings";

/// What a call has measured, if its server shows that.
pub(crate) fn spent(call: &Call) -> Option<Spent> {
    let spent = Spent::of(call)?;
    let policy = call.state()?.get::<Policy>()?;
    policy.show_timings.then_some(spent)
}

/// The reply with what was measured in its metadata.
pub(crate) fn shown(mut reply: Result<Reply>, spent: &Spent) -> Result<Reply> {
    let meta = match &mut reply {
        Ok(Reply::CallTool(result)) => &mut result.meta,
        Ok(Reply::ReadResource(result)) => &mut result.meta,
        Ok(Reply::GetPrompt(result)) => &mut result.meta,
        _ => return reply,
    };
    let timings = Raw::from(spent.to_value());
    let meta = meta.get_or_insert_with(Meta::new);
    meta.insert(TIMINGS, timings);
    reply
}
