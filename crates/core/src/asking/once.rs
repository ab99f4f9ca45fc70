//! Values that are computed once, however often a handler runs.

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};

use crate::{Context, Error, HandlerError, Raw, Result};

impl Context {
    /// The value that `compute` gives, computed once however often the handler runs for this call: until
    /// the call is answered, it is kept under `key`, sealed in the state that goes through the client.
    ///
    /// The value is kept when a question is asked after it. Should the handler end or the process die in
    /// between, it is computed again.
    ///
    /// ```
    /// # async fn new_order() -> u64 { 7 }
    /// # async fn handler(ctx: fmcp_core::Context) -> Result<(), fmcp_core::ToolError> {
    /// let order: u64 = ctx.once("order", async || new_order().await).await?;
    /// if ctx.confirm(format!("Send order {order}?")).await? { /* … */ }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the value cannot be written as JSON, or what is kept is not a `T`.
    pub async fn once<T, F>(&self, key: &str, compute: impl FnOnce() -> F) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = T>,
    {
        match self.kept(key)? {
            Some(value) => Ok(value),
            None => {
                let value = compute().await;
                self.keep(key, &value)?;
                Ok(value)
            }
        }
    }

    /// The same for something that may fail; a failure is not kept.
    ///
    /// # Errors
    /// As [`Context::once`], and when `compute` fails.
    pub async fn try_once<T, E, F>(
        &self,
        key: &str,
        compute: impl FnOnce() -> F,
    ) -> Result<T, HandlerError>
    where
        T: Serialize + DeserializeOwned,
        E: Into<HandlerError>,
        F: Future<Output = Result<T, E>>,
    {
        match self.kept(key)? {
            Some(value) => Ok(value),
            None => {
                let value = compute().await.map_err(Into::into)?;
                self.keep(key, &value)?;
                Ok(value)
            }
        }
    }

    /// What an earlier run has kept under `key`.
    pub(super) fn kept<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(kept) = self.call().rounds().kept(&self.scoped(key)) else {
            return Ok(None);
        };
        let value = kept.parse().map_err(|e| {
            let wanted = std::any::type_name::<T>();
            Error::internal(format!("what is kept under {key:?} is not a {wanted}")).caused_by(e)
        })?;
        Ok(Some(value))
    }

    pub(super) fn keep<T: Serialize>(&self, key: &str, value: &T) -> Result<()> {
        let value = Raw::from_serialize(value).map_err(|e| {
            Error::internal(format!(
                "what is to be kept under {key:?} cannot be written"
            ))
            .caused_by(e)
        })?;
        self.call().rounds().keep(self.scoped(key), value);
        Ok(())
    }

    /// A key of this call alone: one tool may call another several times, and each has its own values.
    fn scoped(&self, key: &str) -> String {
        format!("{}{key}", self.call().path())
    }
}
