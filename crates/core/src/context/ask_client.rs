//! Questions to the client, in the words of the protocol.

use std::time::Duration;

use serde::Serialize;

use super::Context;
use crate::{
    Call, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{Era, Method, Params, Topic},
};

impl Context {
    /// Asks the client something, in the words of the protocol, and waits for its answer. Only sessions
    /// can be asked while a call runs; in revisions without sessions a question is a reply
    /// ([`InputRequiredResult`](crate::protocol::model::InputRequiredResult)).
    ///
    /// # Errors
    /// When the client cannot be asked while a call runs, does not answer in time, or answers with an
    /// error.
    pub async fn ask_client<P: Serialize + ?Sized>(
        &self,
        method: Method,
        params: &P,
    ) -> Result<Raw> {
        if self.call().task_id().is_some() {
            let key = self.call().rounds().fresh("asked by hand");
            return self.ask_peer(method, params, Some(&key)).await;
        }
        if self.revision().era() == Era::Modern {
            let words = "a client of this revision is asked in a reply, not while its call runs";
            return Err(Error::new(Kind::MissingCapability, words));
        }
        self.ask_peer(method, params, None).await
    }

    /// Asks whoever is at the other end of the call, perhaps under a name.
    pub(crate) async fn ask_peer<P: Serialize + ?Sized>(
        &self,
        method: Method,
        params: &P,
        name: Option<&str>,
    ) -> Result<Raw> {
        let words = "there is no way back to the client";
        let unable = || Error::new(Kind::MissingCapability, words);
        let peer = self.call().peer().ok_or_else(unable)?;
        let mut question = Call::of(method, params)?;
        if let Some(name) = name {
            question = question.with_id(serde_json::Value::from(name).to_string().into());
        }
        if let Some(session) = self.session() {
            question = question.with_session(session.clone());
        }
        match peer.call(question).await? {
            Reply::Raw(_, text) => Ok(text),
            reply => {
                let mut text = Vec::new();
                self.revision()
                    .write(self.call().method(), reply, None, &mut text)?;
                serde_json::from_slice(&text)
                    .map_err(|e| Error::internal("the answer cannot be read").caused_by(e))
            }
        }
    }

    /// Tells the client something that an extension defines, in the words of the protocol. Nobody answers; a client that does
    /// not know it lets it be.
    ///
    /// # Errors
    /// When it cannot be written as an object of JSON.
    pub async fn tell_client<P: Serialize + ?Sized>(
        &self,
        topic: impl Into<Topic> + Send,
        params: &P,
    ) -> Result<()> {
        let notice = Notice::read(topic.into(), Params::of(params)?);
        if let Some(peer) = self.call().peer() {
            peer.notify(notice).await;
        }
        Ok(())
    }

    /// Lets the caller hang up, and come back for the rest after `retry`: worth it before a long wait, on
    /// connections that are dear. Transports that cannot resume (and revisions that do not) stay on the
    /// line; nothing is lost either way.
    pub async fn hang_up(&self, retry: Duration) {
        if let Some(peer) = self.call().peer() {
            peer.notify(Notice::HangUp(retry)).await;
        }
    }
}
