//! A notice on its way out: lowered, and written as a notification.

use serde_json::{Value, json};

use super::Revision;
use crate::{
    Error, Notice, Raw, Result,
    protocol::{Topic, jsonrpc::write_notification, model::Meta},
};

impl Revision {
    /// Writes `notice` as the revision says it; nothing where it is not for the wire. Changes that are
    /// told on a stream of notifications carry the id of the request that opened it.
    ///
    /// # Errors
    /// When the notice cannot be written.
    pub fn write_notice(
        self,
        mut notice: Notice,
        subscription: Option<&Raw>,
    ) -> Result<Option<Vec<u8>>> {
        self.lower_notice(&mut notice);
        let topic = notice.topic();
        let meta = subscription.map(|id| Meta::new().with(Meta::SUBSCRIPTION_ID, id.clone()));
        let written = match notice {
            Notice::HangUp(_) | Notice::Broken(_) => return Ok(None),
            Notice::Progress(params) => write_notification(&topic, &params),
            Notice::Log(params) => write_notification(&topic, &params),
            Notice::Cancelled(params) => write_notification(&topic, &params),
            Notice::ResourceUpdated(uri) => write_with(&topic, json!({"uri": uri}), meta.as_ref()),
            Notice::ListChanged(_) | Notice::Initialized | Notice::RootsChanged => {
                write_with(&topic, json!({}), meta.as_ref())
            }
            Notice::Other(_, params) => match params.raw() {
                Some(text) => write_notification(&topic, &text_of(text)?),
                None => write_notification(&topic, &json!({})),
            },
        };
        written.map(Some)
    }
}

fn text_of(params: &[u8]) -> Result<Raw> {
    serde_json::from_slice(params).map_err(unwritable)
}

fn write_with(topic: &Topic, mut params: Value, meta: Option<&Meta>) -> Result<Vec<u8>> {
    if let Some(meta) = meta {
        params["_meta"] = serde_json::to_value(meta).map_err(unwritable)?;
    }
    write_notification(topic, &params)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::internal("a notification cannot be written").caused_by(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{ComponentKind, protocol::Params};

    fn written(notice: Notice, subscription: Option<&Raw>) -> Option<String> {
        let text = Revision::NEWEST.write_notice(notice, subscription).unwrap();
        text.map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn changes_name_the_stream_that_tells_them() {
        let id = Raw::from_text("\"l-1\"").unwrap();
        assert_eq!(
            written(Notice::ResourceUpdated("a://b".into()), Some(&id)).unwrap(),
            r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a://b","_meta":{"io.modelcontextprotocol/subscriptionId":"l-1"}}}"#
        );
        assert_eq!(
            written(Notice::ListChanged(ComponentKind::Tool), None).unwrap(),
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}"#
        );
    }

    #[test]
    fn what_somebody_else_says_goes_out_as_it_is() {
        let params = Params::new(r#"{"n":12345678901234567890123}"#).unwrap();
        assert_eq!(
            written(Notice::Other(Topic::from("x/y"), params), None).unwrap(),
            r#"{"jsonrpc":"2.0","method":"x/y","params":{"n":12345678901234567890123}}"#
        );
    }

    #[test]
    fn what_is_not_for_the_wire_stays_here() {
        let hang_up = Notice::HangUp(std::time::Duration::from_secs(1));
        assert_eq!(written(hang_up, None), None);
    }
}
