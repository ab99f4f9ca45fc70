//! Calls of one kind, with words that fit the kind.

use std::{
    borrow::Cow,
    fmt,
    ops::{Deref, DerefMut},
};

use fmcp_core::{Call, Result};
use serde::de::DeserializeOwned;

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident: $(#[$word_doc:meta])* $word:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Call);

        impl $name {
            pub(super) fn new(call: Call) -> Self {
                Self(call)
            }

            $(#[$word_doc])*
            #[must_use]
            pub fn $word(&self) -> Cow<'_, str> {
                self.0.name().unwrap_or_default()
            }
        }

        impl Deref for $name {
            type Target = Call;

            fn deref(&self) -> &Call {
                &self.0
            }
        }

        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut Call {
                &mut self.0
            }
        }

        impl From<$name> for Call {
            fn from(view: $name) -> Self {
                view.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )* };
}

views! {
    /// The call of a tool. [`Call::set_arguments`] changes what the tool is given.
    ToolCall: /// The tool's name; empty if the call names none.
        tool;
    /// The reading of a resource.
    ResourceRead: /// The resource's URI; empty if the call names none.
        uri;
    /// The filling in of a prompt. [`Call::set_arguments`] changes what the prompt is given.
    PromptGet: /// The prompt's name; empty if the call names none.
        prompt;
}

impl ToolCall {
    /// The arguments as a `T`. Absent arguments read as an empty object.
    ///
    /// # Errors
    /// When they are not a `T`.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T> {
        self.parse_arguments()
    }
}

impl PromptGet {
    /// The arguments as a `T`. Absent arguments read as an empty object.
    ///
    /// # Errors
    /// When they are not a `T`.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T> {
        self.parse_arguments()
    }
}
