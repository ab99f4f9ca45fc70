//! What one session sees of its server otherwise than others do.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use fmcp_core::{Component, ComponentKind, Error, Kind, Result, Select, Session, Sight};

use super::{LiveSession, live::Entry};
use crate::{
    handler::panic_words,
    server::{
        build::Inner,
        listen::{Change, Seen},
    },
};

/// How many rules one session may have.
const MAX_RULES: usize = 100;

/// What one session sees otherwise. Once it is made it never changes: a change makes a new one.
#[derive(Clone, Default)]
pub(in crate::server) struct Rules(Vec<Rule>);

/// That a session sees the selected components of a server, or does not.
#[derive(Clone)]
struct Rule {
    /// Names and tags are those that this server shows.
    of: Weak<Inner>,
    shows: bool,
    select: Arc<dyn Select + Send + Sync>,
    words: Option<Box<str>>,
}

impl Rules {
    /// Whether the session sees a component of a server; `None`: as everybody does.
    pub(in crate::server) fn say(
        &self,
        server: &Weak<Inner>,
        component: &Component,
    ) -> Option<bool> {
        let mut last = self.0.iter().rev();
        let rule = last.find(|rule| rule.of.ptr_eq(server) && rule.chooses(component));
        rule.map(|rule| rule.shows)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no other server has a word in what the session sees.
    pub(in crate::server) fn are_of(&self, server: &Weak<Inner>) -> bool {
        self.0.iter().all(|rule| rule.of.ptr_eq(server))
    }

    /// These rules and one more, which comes in the place of one that chooses the same.
    fn and(&self, rule: Rule) -> Result<Self> {
        let is_another = |other: &&Rule| {
            rule.words.is_none() || other.words != rule.words || !other.of.ptr_eq(&rule.of)
        };
        let mut rules: Vec<_> = self.0.iter().filter(is_another).cloned().collect();
        if rules.len() >= MAX_RULES {
            let words = format!("a session can have at most {MAX_RULES} rules about what it sees");
            return Err(Error::new(Kind::Overloaded, words));
        }
        rules.push(rule);
        Ok(Self(rules))
    }

    fn without(&self, server: &Weak<Inner>) -> Self {
        let others = self.0.iter().filter(|rule| !rule.of.ptr_eq(server));
        Self(others.cloned().collect())
    }
}

impl Rule {
    /// One that panics chooses nothing.
    fn chooses(&self, component: &Component) -> bool {
        let choosing = catch_unwind(AssertUnwindSafe(|| self.select.selects(component)));
        choosing.unwrap_or_else(|panic| {
            tracing::error!(component = %component.key, panic = panic_words(&*panic), "a selection panicked");
            false
        })
    }
}

impl Inner {
    /// Lets a session see this server so, and tells it which of its lists have changed.
    pub(in crate::server) fn show_to(&self, session: &Session, sight: Sight) -> Result<()> {
        let entry = session.held::<Entry>().ok_or_else(|| {
            let words = "the server does not know this session";
            Error::new(Kind::Unavailable, words)
        })?;
        self.show(&entry, sight)
    }

    fn show(&self, entry: &Entry, sight: Sight) -> Result<()> {
        let rule = |shows, select: Arc<dyn Select + Send + Sync>| Rule {
            of: self.me.clone(),
            shows,
            words: select.words(),
            select,
        };
        let (before, after) = match sight {
            Sight::With(select) => entry.change_rules(|rules| rules.and(rule(true, select))),
            Sight::Without(select) => entry.change_rules(|rules| rules.and(rule(false, select))),
            Sight::Usual => entry.change_rules(|rules| Ok(rules.without(&self.me))),
        }?;
        let kinds = self.now().changed_for(&before, &after);
        if let (false, Some(server)) = (kinds.is_empty(), entry.server.upgrade()) {
            let session = entry.line.session().id().into();
            server.changes.tell(Change::Seen(Seen { session, kinds }));
        }
        Ok(())
    }
}

impl LiveSession {
    /// Lets this session, and no other, see and call the selected components, though they are disabled or hidden from
    /// others: as [`Context::enable_components`](fmcp_core::Context::enable_components), from outside of its calls.
    /// Names are those of the server that the session is with; for one that a handler has taken as a parameter, those
    /// of the handler's server.
    ///
    /// ```
    /// use fmcp::{Server, tags};
    ///
    /// let server = Server::new("office").on_connect(|session| async move {
    ///     if session.client().is_some_and(|client| client.name == "bookkeeping") {
    ///         let _ = session.enable_components(tags(["books"]));
    ///     }
    /// });
    /// server.disable(tags(["books"]));
    /// ```
    ///
    /// # Errors
    /// When the session is over, or has too many rules.
    pub fn enable_components(&self, select: impl Select + Send + Sync + 'static) -> Result<()> {
        self.look(Sight::With(Arc::new(select)))
    }

    /// Hides the selected components from this session: it can neither see nor call them.
    ///
    /// # Errors
    /// As [`LiveSession::enable_components`].
    pub fn disable_components(&self, select: impl Select + Send + Sync + 'static) -> Result<()> {
        self.look(Sight::Without(Arc::new(select)))
    }

    /// Lets this session see what everybody sees.
    ///
    /// # Errors
    /// When the session is over.
    pub fn reset_visibility(&self) -> Result<()> {
        self.look(Sight::Usual)
    }

    fn look(&self, sight: Sight) -> Result<()> {
        let gone = || Error::new(Kind::Unavailable, "the server is gone");
        let server = self.1.upgrade().ok_or_else(gone)?;
        server.show(&self.0, sight)
    }
}

/// Each list once, as clients call them.
pub(in crate::server) fn lists(mut kinds: Vec<ComponentKind>) -> Vec<ComponentKind> {
    kinds
        .iter_mut()
        .filter(|kind| **kind == ComponentKind::Template)
        .for_each(|kind| *kind = ComponentKind::Resource);
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
