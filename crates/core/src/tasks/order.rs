//! What a task is to run: a call, in bytes.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    Call, Error, Extra, Principal, Raw, Result, Rounds, Session,
    protocol::{
        Method, Params, Revision,
        model::{ClientCapabilities, Implementation, InputResponses},
    },
};

/// What a task is to run: a call as it came, and who has made it. Headers and typed values do not come along,
/// for they may be secrets, and mean nothing in another process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskOrder {
    method: Box<str>,
    params: Raw,
    revision: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Raw>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<Agreed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
    /// What the call has been answered before it became a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory: Option<Raw>,
}

/// What a legacy session has agreed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Agreed {
    id: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Implementation>,
    capabilities: ClientCapabilities,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sender {
    subject: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    scopes: BTreeSet<Box<str>>,
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    claims: Extra,
}

impl TaskOrder {
    /// The order of `call`, with the memory of its rounds so far.
    ///
    /// # Errors
    /// When its parameters are no object.
    pub fn new(call: &Call, memory: Option<Raw>) -> Result<Self> {
        let mut params: Extra = call.params().parse()?;
        for answered in ["inputResponses", "requestState", "task"] {
            params.remove(answered);
        }
        let params = Raw::from_serialize(&params)
            .map_err(|e| Error::internal("a task cannot be written").caused_by(e))?;
        let session = call.session().map(|session| Agreed {
            id: session.id().into(),
            client: session.client().cloned(),
            capabilities: session.capabilities().clone(),
        });
        let sender = call.principal().map(|principal| Sender {
            subject: Arc::clone(&principal.subject),
            issuer: principal.issuer.clone(),
            client_id: principal.client_id.clone(),
            scopes: principal.scopes.clone(),
            claims: principal.claims.clone(),
        });
        Ok(Self {
            method: call.method().as_str().into(),
            params,
            revision: call.revision().as_str().into(),
            id: call.id().and_then(|id| serde_json::from_slice(id).ok()),
            session,
            sender,
            memory,
        })
    }

    /// The order that `text` is.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text)
            .map_err(|e| Error::internal("the order of a task cannot be read").caused_by(e))
    }

    /// The order as a text.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<Bytes> {
        serde_json::to_vec(self)
            .map(Bytes::from)
            .map_err(|e| Error::internal("the order of a task cannot be written").caused_by(e))
    }

    /// What is called.
    #[must_use]
    pub fn method(&self) -> Method {
        Method::from(&*self.method)
    }

    /// The metadata of the call.
    ///
    /// # Errors
    /// When the parameters cannot be read.
    pub fn params(&self) -> Result<Params> {
        Params::new(self.params.as_str().to_owned())
    }

    /// The call to be made for the task `id`. An earlier try may have left a memory that is newer than the one of the
    /// order.
    ///
    /// # Errors
    /// When it is not a call of a revision that is known here.
    pub fn call(&self, id: &Arc<str>, memory: Option<&Raw>) -> Result<Call> {
        let revision = Revision::parse(&self.revision).ok_or_else(|| {
            Error::internal("the order of a task is of a revision that nobody knows here")
        })?;
        let session = self.session.as_ref().map(|agreed| {
            let Agreed {
                id,
                client,
                capabilities,
            } = agreed.clone();
            Arc::new(Session::new(&*id, revision, client, capabilities))
        });
        let request = self
            .id
            .as_ref()
            .map(|id| Bytes::from(id.as_str().to_owned()));
        let mut call = Call::received(self.method(), self.params()?, revision, request, session);
        if let Some(sender) = &self.sender {
            let mut principal = Principal::new(Arc::clone(&sender.subject));
            principal.issuer.clone_from(&sender.issuer);
            principal.client_id.clone_from(&sender.client_id);
            principal.scopes.clone_from(&sender.scopes);
            principal.claims.clone_from(&sender.claims);
            call = call.with_principal(Arc::new(principal));
        }
        let rounds = match memory.or(self.memory.as_ref()) {
            Some(memory) => Rounds::resume(memory.as_str().as_bytes(), InputResponses::new())?,
            None => Rounds::default(),
        };
        Ok(call.with_rounds(rounds).with_task(Arc::clone(id)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::protocol::model::LogLevel;

    #[test]
    fn a_call_crosses_to_another_process_as_it_is() {
        let params = json!({"name": "t", "arguments": {"n": 1}, "task": {"ttl": 5}, "requestState": "s",
            "_meta": {"io.modelcontextprotocol/clientCapabilities": {"roots": {}}, "progressToken": 7}});
        let mut principal = Principal::new("ada").scopes(["read"]);
        principal.claims.insert("team", json!("b"));
        let principal = Arc::new(principal);
        let call = Call::of(Method::CallTool, &params)
            .unwrap()
            .with_id("\"r-1\"".into())
            .with_principal(Arc::clone(&principal));
        let order = TaskOrder::new(&call, None).unwrap();
        let order = TaskOrder::read(&order.write().unwrap()).unwrap();
        let again = order.call(&"task-1".into(), None).unwrap();
        assert_eq!(again.name().as_deref(), Some("t"));
        assert_eq!(again.arguments(), Some(&br#"{"n":1}"#[..]));
        assert!(again.params().task().is_none() && !again.params().has_request_state());
        assert!(again.client_capabilities().roots.is_some() && again.wants_progress());
        assert_eq!(again.principal(), Some(&principal));
        assert_eq!(again.id(), call.id());
        assert_eq!(again.task_id(), Some("task-1"));
    }

    #[test]
    fn what_a_session_has_agreed_on_comes_along() {
        let capabilities = serde_json::from_str(r#"{"elicitation":{}}"#).unwrap();
        let client = Some(Implementation::new("c", "1"));
        let session = Session::new("s-1", Revision::V2025_06_18, client, capabilities);
        session.set_log_level(Some(LogLevel::Debug));
        let params = Params::new(r#"{"name":"t"}"#.to_owned()).unwrap();
        let call = Call::received(
            Method::CallTool,
            params,
            Revision::V2025_06_18,
            None,
            Some(Arc::new(session)),
        );
        let order = TaskOrder::new(&call, None).unwrap();
        let again = order.call(&"t".into(), None).unwrap();
        assert_eq!(again.revision(), Revision::V2025_06_18);
        assert_eq!(again.session().unwrap().id(), "s-1");
        assert!(again.client_capabilities().elicitation.is_some());
        assert_eq!(again.client().unwrap().name, "c");
    }
}
