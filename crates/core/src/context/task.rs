//! Calls that run as tasks.

use super::Context;
use crate::{
    Error, Extra, Kind, Raw, Result, TaskOffer,
    asking::ask_for,
    protocol::model::{InputRequest, Meta},
};

impl Context {
    /// The task that the handler runs as, if it runs as one.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        self.call().task_id()
    }

    /// Asks the client what a task has asked, over the session of this call, with `meta` in the question.
    ///
    /// # Errors
    /// As [`Context::ask_client`].
    pub async fn ask_for_task(&self, mut question: InputRequest, meta: Meta) -> Result<Raw> {
        let (method, params) = ask_for(&mut question, self.revision())?;
        let mut params: Extra = params
            .parse()
            .map_err(|e| Error::internal("the question is no object").caused_by(e))?;
        let meta = Raw::from_serialize(&meta)
            .map_err(|e| Error::internal("the question cannot be written").caused_by(e))?;
        params.insert("_meta", meta);
        self.ask_client(method, &params).await
    }

    /// What follows is work for a task: the caller gets one, and **the handler runs again from its beginning
    /// in it**, with all answers that it has got. For tools that ask something first (see `Tool::asks_first`
    /// of `fmcp`); in a task, and for callers that take none, it does nothing.
    ///
    /// ```
    /// # async fn build(_: &str) -> String { String::new() }
    /// async fn build_site(ctx: fmcp_core::Context) -> Result<String, fmcp_core::ToolError> {
    ///     let where_to = ctx.choose("Where to?", ["staging", "production"]).await?;
    ///     let Some(place) = where_to.accepted() else { return Ok("Not now, then.".into()) };
    ///     ctx.begin_task()?; // answered: the rest takes its time
    ///     Ok(build(&place).await)
    /// }
    /// ```
    ///
    /// # Errors
    /// The one that ends this run, to be handed on with `?`.
    pub fn begin_task(&self) -> Result<()> {
        match self.call().task_offer() {
            Some(TaskOffer::WhenToldSo) => {
                Err(Error::new(Kind::TaskBegins, "the call goes on as a task"))
            }
            _ => Ok(()),
        }
    }
}
