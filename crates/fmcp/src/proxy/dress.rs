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
    if call.params().meta().is_none()
        && let Some(fields) = call.params().raw().and_then(|text| text.strip_prefix(b"{"))
    {
        return Params::new(in_front(fields, call, revision, info)?);
    }
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

/// The same of parameters without metadata, which get it in front and else stay as they came: what most calls are like
/// is not taken apart. `fields` is what follows the first brace.
fn in_front(
    fields: &[u8],
    call: &Call,
    revision: Revision,
    info: &Implementation,
) -> Result<Vec<u8>> {
    let client = call.client();
    let mut out = Vec::with_capacity(fields.len() + 256);
    out.extend_from_slice(b"{\"_meta\":{");
    field(&mut out, Meta::PROTOCOL_VERSION, revision.as_str())?;
    out.push(b',');
    field(&mut out, Meta::CLIENT_INFO, client.as_ref().unwrap_or(info))?;
    out.push(b',');
    let can = call.client_capabilities();
    field(&mut out, Meta::CLIENT_CAPABILITIES, &can)?;
    if let Some(level) = call.log_level() {
        out.push(b',');
        field(&mut out, Meta::LOG_LEVEL, level.as_str())?;
    }
    out.push(b'}');
    if !fields.trim_ascii_start().starts_with(b"}") {
        out.push(b',');
    }
    out.extend_from_slice(fields);
    Ok(out)
}

/// A field whose key is one of ours, and needs nothing but quotes.
fn field<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, key: &str, value: &T) -> Result<()> {
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    serde_json::to_writer(out, value)
        .map_err(|e| Error::internal("metadata cannot be written").caused_by(e))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fmcp_core::{
        Session,
        protocol::{Method, model::ClientCapabilities},
    };
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_called_stays_as_it_came_when_the_metadata_is_added() {
        let info = Implementation::new("gateway", "1");
        let client = Some(Implementation::new("caller \"x\"", "2"));
        for (given, rest) in [
            ("{}", "}"),
            (" { } ", " }"),
            ("{\"name\":\"n\"}", ",\"name\":\"n\"}"),
            (
                "{ \"arguments\": {\"n\": 1e400} }",
                ", \"arguments\": {\"n\": 1e400} }",
            ),
        ] {
            let can = ClientCapabilities::new();
            let session = Session::new("s", Revision::NEWEST_LEGACY, client.clone(), can);
            let call = Call::new(Method::CallTool, Params::new(given.to_owned()).unwrap())
                .with_session(Arc::new(session));
            let dressed = with_modern(&call, Revision::NEWEST, &info).unwrap();
            let text = std::str::from_utf8(dressed.raw().unwrap()).unwrap();
            assert!(text.ends_with(&format!("}}{rest}")), "{text}");
            assert_eq!(dressed.protocol_version().unwrap(), "2026-07-28");
            let meta: Value = serde_json::from_slice(dressed.meta().unwrap()).unwrap();
            assert_eq!(meta[Meta::CLIENT_INFO]["name"], "caller \"x\"");
            assert_eq!(meta[Meta::CLIENT_CAPABILITIES], json!({}));
        }
    }
}
