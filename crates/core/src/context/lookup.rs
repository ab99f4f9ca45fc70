//! Values that a handler finds at the level that knows best: its call's, its user's, its server's.

use std::{any::Any, sync::Arc};

use serde_json::Value;

use super::Context;
use crate::{Level, Levels, Result, Values};

impl Context {
    /// A named value: the call's, which middleware or another handler of the same request has
    /// [left](Self::set_value); else the user's; else the server's.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        self.call().value(name).or_else(|| {
            let levels = self.state::<Levels>()?;
            let user = levels.known_user(self.call(), self.now());
            user.and_then(|user| user.get(name))
                .or_else(|| levels.global().get(name))
        })
    }

    /// Leaves a named value for other handlers of the same request.
    pub fn set_value(&self, name: impl Into<String>, value: impl Into<Value>) {
        self.call().set_value(name, value);
    }

    /// A value by its type: the call's, which a handler has kept at its [level](Self::level) or middleware
    /// has put into the call's [extensions](crate::Call::extensions_mut); else the user's; else the
    /// server's, the application's [state](Self::state) in the end.
    #[must_use]
    pub fn lookup<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let of_call = self.call().shelf().and_then(|shelf| shelf.typed());
        of_call.or_else(|| self.extension()).or_else(|| {
            let levels = self.state::<Levels>()?;
            let user = levels.known_user(self.call(), self.now());
            user.and_then(|user| user.typed())
                .or_else(|| levels.global().typed())
                .or_else(|| self.state())
        })
    }

    /// The values of one level, to read and to change. `None` where there is none: a call without a
    /// principal and without a session is nobody's, and only servers have values of their own.
    #[must_use]
    pub fn level(&self, level: Level) -> Option<Values> {
        match level {
            Level::Request => Some(Values::new(self.call().own_shelf())),
            Level::User => self.state::<Levels>()?.user(self.call(), self.now()),
            Level::Global => Some(self.state::<Levels>()?.global()),
        }
    }

    /// Reads the values of the user from the store that the server keeps them in, if it does, so that
    /// [`Context::value`] finds them. Servers do it at the beginning of a call.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn load_user(&self) -> Result<()> {
        let levels = self.state::<Levels>().filter(|levels| levels.has_store());
        let user = levels.and_then(|levels| levels.user(self.call(), self.now()));
        match user {
            Some(user) => user.refresh().await,
            None => Ok(()),
        }
    }
}
