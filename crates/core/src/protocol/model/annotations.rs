//! Whom a piece of content is for and how much it matters.

use crate::{
    Number,
    json::{model, setters, word},
};

model! {
    /// Hints on how to use or show something.
    #[derive(Default)]
    pub struct Annotations new() {
        /// Whom it is for.
        audience: Option<Vec<Role>> = "audience",
        /// How much it matters, from 0 (may be left out) to 1 (needed).
        priority: Option<Number> = "priority",
        /// When it was last changed, as ISO 8601 writes it.
        last_modified: Option<String> = "lastModified",
    }
}

setters!(Annotations {
    audience: Vec<Role>,
    priority: Number,
    last_modified: String,
});

word! {
    /// One of the two sides of a conversation.
    pub enum Role {
        /// The person.
        User = "user",
        /// The language model.
        Assistant = "assistant",
    }
}
