//! Messages written by concatenation.

use serde::Serialize;

use crate::{
    Error, Result,
    protocol::{Topic, model::ErrorObject},
};

/// A response that is being written: to whom is said first, what is said may still turn out an error.
#[derive(Debug)]
pub struct Answer {
    out: Vec<u8>,
    /// Where the id ends.
    head: usize,
}

impl Answer {
    /// Begins the response to `id`. Without an id the member is left out, as the specification has it for
    /// requests whose id could not be read.
    #[must_use]
    pub fn to(id: Option<&[u8]>) -> Self {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
        if let Some(id) = id {
            out.extend_from_slice(b",\"id\":");
            out.extend_from_slice(id);
        }
        let head = out.len();
        Self { out, head }
    }

    /// The response with the result that `write` writes.
    ///
    /// # Errors
    /// What `write` fails with, and the response without it.
    pub fn result(
        mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<Vec<u8>, (Self, Error)> {
        self.out.extend_from_slice(b",\"result\":");
        match write(&mut self.out) {
            Ok(()) => {
                self.out.push(b'}');
                Ok(self.out)
            }
            Err(error) => {
                self.out.truncate(self.head);
                Err((self, error))
            }
        }
    }

    /// The response with an error.
    #[must_use]
    pub fn error(mut self, error: &ErrorObject) -> Vec<u8> {
        self.out.extend_from_slice(b",\"error\":");
        let start = self.out.len();
        if serde_json::to_writer(&mut self.out, error).is_err() {
            self.out.truncate(start);
            self.out.extend_from_slice(
                b"{\"code\":-32603,\"message\":\"the error cannot be written\"}",
            );
        }
        self.out.push(b'}');
        self.out
    }
}

/// Writes a notification.
///
/// # Errors
/// When `params` cannot be written.
pub fn write_notification<P: Serialize + ?Sized>(topic: &Topic, params: &P) -> Result<Vec<u8>> {
    let mut out = b"{\"jsonrpc\":\"2.0\",\"method\":".to_vec();
    let written = serde_json::to_writer(&mut out, topic).and_then(|()| {
        out.extend_from_slice(b",\"params\":");
        serde_json::to_writer(&mut out, params)
    });
    written.map_err(|e| Error::internal("a notification cannot be written").caused_by(e))?;
    out.push(b'}');
    Ok(out)
}
