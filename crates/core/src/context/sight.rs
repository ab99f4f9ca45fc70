//! What one session sees of a server otherwise than others do.

use std::{fmt, sync::Arc};

use super::Context;
use crate::{Error, Kind, Result, Select, Session};

/// What a session is to see from now on.
pub enum Sight {
    /// What is selected, though it is hidden from others.
    With(Arc<dyn Select + Send + Sync>),
    /// Not what is selected.
    Without(Arc<dyn Select + Send + Sync>),
    /// What everybody sees.
    Usual,
}

type Look = dyn Fn(&Session, Sight) -> Result<()> + Send + Sync;

/// Where a server is told what a session is to see. Part of the state that calls carry.
#[derive(Clone)]
pub struct Sights(pub Arc<Look>);

impl fmt::Debug for Sights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sights").finish_non_exhaustive()
    }
}

impl Context {
    /// Lets this session, and no other, see and call the selected components of this server, though they are disabled
    /// or hidden from others. Of several rules that choose a component, the last decides. The client hears which
    /// lists have changed for it.
    ///
    /// That is for showing a client what it needs, not for keeping anything from anybody: the rules last as long as
    /// this process knows the session.
    ///
    /// ```
    /// # use fmcp_core::{Component, Context, ToolError};
    /// /// Show the tools for bookkeeping.
    /// async fn open_the_books(ctx: Context) -> Result<(), ToolError> {
    ///     ctx.enable_components(|c: &Component| c.tags.contains("bookkeeping"))?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// When the call has no session: revision 2026-07-28 has none, and HTTP may be served without. Or when the session
    /// has too many rules.
    pub fn enable_components(&self, select: impl Select + Send + Sync + 'static) -> Result<()> {
        self.look(Sight::With(Arc::new(select)))
    }

    /// Hides the selected components of this server from this session: it can neither see nor call them. See
    /// [`Context::enable_components`].
    ///
    /// # Errors
    /// As [`Context::enable_components`].
    pub fn disable_components(&self, select: impl Select + Send + Sync + 'static) -> Result<()> {
        self.look(Sight::Without(Arc::new(select)))
    }

    /// Lets this session see of this server what everybody sees.
    ///
    /// # Errors
    /// When the call has no session.
    pub fn reset_visibility(&self) -> Result<()> {
        self.look(Sight::Usual)
    }

    fn look(&self, sight: Sight) -> Result<()> {
        let session = self.session().filter(|session| session.lasts());
        let session = session.ok_or_else(no_session)?;
        let sights = self.state::<Sights>().ok_or_else(no_session)?;
        (sights.0)(session, sight)
    }
}

fn no_session() -> Error {
    let words = "what one session sees can be changed only in a session, and this call has none: revision 2026-07-28 \
                 has no sessions, and a server on HTTP may be without";
    Error::new(Kind::InvalidRequest, words)
}
