//! What a server offers, in one shape for all kinds, so that code which lists, filters, renames or pages
//! is written once.
//!
//! Start at [`Component`].

mod definition;
mod item;
mod key;
mod provider;
mod select;
mod transform;

pub use definition::Definition;
pub use item::Component;
pub use key::{ComponentKind, Key};
pub use provider::Provider;
pub use select::Select;
pub use transform::Transform;
