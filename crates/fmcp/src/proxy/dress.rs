//! Parameters as the upstream's revision has them.

use fmcp_core::{
    Call, Error, Extra, Raw, Result,
    protocol::{
        Era, Params, Revision,
        model::{Implementation, Meta, ProgressToken},
    },
};
use serde_json::json;

/// What a call's progress goes by on both sides.
pub(super) struct Token {
    /// Towards the upstream, which no two calls may share.
    pub(super) own: u64,
    /// Towards the caller.
    pub(super) callers: Option<ProgressToken>,
}

/// The parameters of a call for an upstream of `revision`. Where both sides speak alike, they stay as they came, to
/// the letter.
pub(super) fn params(
    call: &Call,
    revision: Revision,
    token: Option<&Token>,
    info: &Implementation,
) -> Result<Params> {
    let given = call.params();
    let params = match revision.era() {
        Era::Legacy if call.revision().era() == Era::Legacy => given.clone(),
        Era::Legacy => without_modern(call)?,
        Era::Modern if given.protocol_version().as_deref() == Some(revision.as_str()) => {
            given.clone()
        }
        Era::Modern => with_modern(call, revision, info)?,
    };
    Ok(match token {
        Some(token) => params.with_progress_token(token.own),
        None => params,
    })
}

/// For an upstream with sessions, which says once what others say with every request.
fn without_modern(call: &Call) -> Result<Params> {
    let mut meta = call.meta();
    for key in [
        Meta::PROTOCOL_VERSION,
        Meta::CLIENT_INFO,
        Meta::CLIENT_CAPABILITIES,
        Meta::LOG_LEVEL,
    ] {
        meta.remove(key);
    }
    let mut fields: Extra = call.params().parse()?;
    for field in ["inputResponses", "requestState"] {
        fields.remove(field);
    }
    with_meta(fields, &meta)
}

/// For an upstream without sessions: who the caller is and what it can do goes with the call.
fn with_modern(call: &Call, revision: Revision, info: &Implementation) -> Result<Params> {
    let mut meta = call.meta();
    meta.insert(Meta::PROTOCOL_VERSION, json!(revision.as_str()));
    let client = call.client().unwrap_or_else(|| info.clone());
    meta.insert(Meta::CLIENT_INFO, write(&client)?);
    meta.insert(
        Meta::CLIENT_CAPABILITIES,
        write(&call.client_capabilities())?,
    );
    if let Some(level) = call.log_level() {
        meta.insert(Meta::LOG_LEVEL, json!(level.as_str()));
    }
    with_meta(call.params().parse()?, &meta)
}

fn with_meta(mut fields: Extra, meta: &Extra) -> Result<Params> {
    fields.remove("_meta");
    if !meta.is_empty() {
        fields.insert("_meta", write(meta)?);
    }
    Params::of(&fields)
}

fn write<T: serde::Serialize + ?Sized>(value: &T) -> Result<Raw> {
    Raw::from_serialize(value)
        .map_err(|e| Error::internal("metadata cannot be written").caused_by(e))
}
