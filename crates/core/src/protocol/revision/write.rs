//! The last step of a reply: lowered, and written into the bytes of the response.

use bytes::Bytes;
use serde::Serialize;

use super::{
    Revision,
    head::{Head, meta},
    plain,
};
use crate::{
    Error, Reply, Result,
    protocol::{
        Era, Identity, Method,
        model::{DiscoverResult, Implementation, InitializeResult, Meta},
    },
};

impl Revision {
    /// Writes `reply` as the revision says it.
    ///
    /// # Errors
    /// When the reply cannot be said in the revision, or not be written.
    pub fn write(
        self,
        method: &Method,
        reply: Reply,
        identity: Option<&Identity>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match reply {
            Reply::Raw(revision, text) if revision == self => {
                out.extend_from_slice(text.as_str().as_bytes());
                Ok(())
            }
            Reply::Raw(revision, text) => {
                let reply = revision.raise(method, &text)?;
                self.write(method, reply, identity, out)
            }
            Reply::Shared(shared) if self.names_the_server(shared.reply()) => {
                self.write(method, shared.reply().clone(), identity, out)
            }
            Reply::Shared(shared) => {
                let body = shared.written(self, |reply| self.write_shared(method, reply))?;
                out.reserve(body.len() + identity.map_or(0, |identity| identity.tail().len()) + 2);
                out.extend_from_slice(body);
                // The cached text lacks its closing brace, so that anybody's name can be put in.
                match identity.filter(|_| self.era() == Era::Modern) {
                    Some(identity) => {
                        out.push(b',');
                        out.extend_from_slice(identity.tail());
                    }
                    None => out.push(b'}'),
                }
                Ok(())
            }
            Reply::InputRequired(_) if self.era() == Era::Legacy => Err(Error::internal(
                "a client of this revision cannot be asked in a result",
            )),
            Reply::Discover(result) if self.era() == Era::Legacy => {
                self.write_initialize(*result, identity, out)
            }
            mut reply => {
                self.lower(&mut reply);
                let identity = identity.filter(|_| self.era() == Era::Modern);
                if let Reply::CallTool(result) = &reply
                    && plain::write(result, identity, out).map_err(unwritable)?
                {
                    return Ok(());
                }
                sign(&mut reply, identity);
                write_typed(&reply, out)
            }
        }
    }

    /// Whether the text depends on who serves it in more than its end, so that it cannot be kept.
    fn names_the_server(self, reply: &Reply) -> bool {
        match (self.era(), reply) {
            (_, Reply::Raw(..)) | (Era::Legacy, Reply::Discover(_)) => true,
            (Era::Legacy, _) => false,
            (Era::Modern, reply) => meta(reply).is_some(),
        }
    }

    /// The text of a shared reply, without metadata and without its closing brace.
    fn write_shared(self, method: &Method, reply: Reply) -> Result<Bytes> {
        let mut out = Vec::with_capacity(1024);
        self.write(method, reply, None, &mut out)?;
        if out.pop() != Some(b'}') {
            return Err(Error::internal("a shared reply is not an object"));
        }
        Ok(out.into())
    }

    /// The answer to a legacy handshake, which is the self-description in other words.
    fn write_initialize(
        self,
        result: DiscoverResult,
        identity: Option<&Identity>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let upstream = result
            .meta
            .as_ref()
            .and_then(|meta| meta.server_info().ok()?);
        let mut server = upstream
            .or_else(|| identity.map(|identity| identity.implementation.clone()))
            .unwrap_or_else(|| Implementation::new("fmcp", env!("CARGO_PKG_VERSION")));
        self.down_to()
            .for_each(|dialect| dialect.implementation(&mut server));
        let mut reply = Reply::from(result);
        self.lower(&mut reply);
        let result = reply.into_discover()?;
        let mut answer = InitializeResult::new(self.as_str(), result.capabilities, server);
        answer.instructions = result.instructions;
        answer.meta = result.meta;
        answer.extra = result.extra;
        write(&answer, out)
    }
}

/// Puts the server's name into the result's metadata, unless an upstream's stands there.
fn sign(reply: &mut Reply, identity: Option<&Identity>) {
    let (Some(identity), Some(head)) = (identity, Head::of(reply)) else {
        return;
    };
    let fields = head.meta.get_or_insert_default();
    if fields.get(Meta::SERVER_INFO).is_none() {
        fields.insert(Meta::SERVER_INFO, identity.raw().clone());
    }
}

fn write_typed(reply: &Reply, out: &mut Vec<u8>) -> Result<()> {
    match reply {
        Reply::Discover(result) => write(result, out),
        Reply::ListTools(result) => write(result, out),
        Reply::CallTool(result) => write(result, out),
        Reply::ListResources(result) => write(result, out),
        Reply::ListTemplates(result) => write(result, out),
        Reply::ReadResource(result) => write(result, out),
        Reply::ListPrompts(result) => write(result, out),
        Reply::GetPrompt(result) => write(result, out),
        Reply::Complete(result) => write(result, out),
        Reply::Listen(result) => write(result, out),
        Reply::InputRequired(result) => write(result, out),
        Reply::Task(result) => write(result, out),
        Reply::Empty(result) => write(result, out),
        Reply::Shared(_) | Reply::Raw(..) => Err(Error::internal(
            "a reply was not unpacked before it was written",
        )),
    }
}

fn write<T: Serialize>(result: &T, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, result).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::internal("the result cannot be written").caused_by(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::protocol::model::ListToolsResult;

    #[test]
    fn a_shared_reply_is_written_once_per_revision() {
        let reply = Reply::from(ListToolsResult::default()).shared();
        let Reply::Shared(shared) = &reply else {
            unreachable!()
        };
        let identity = Identity::new(Implementation::new("lamp", "1"));
        for revision in Revision::ALL {
            let write = |identity| {
                revision.write(&Method::ListTools, reply.clone(), identity, &mut Vec::new())
            };
            write(None).unwrap();
            let kept = || {
                shared
                    .written(revision, |_| panic!("written twice"))
                    .unwrap()
                    .as_ptr()
            };
            let first = kept();
            write(Some(&identity)).unwrap();
            assert_eq!(kept(), first);
        }
    }
}
