//! What a server takes, and what the compiler says to those who give something else.

use super::{Prompt, Resource, Tool};

/// A tool, a resource or a prompt that is made: what [`Server::tool`](crate::Server::tool) and its like take. There is
/// nothing else that is one; it is a trait so that the compiler can say what is missing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `{T}`",
    label = "a server takes a `{T}` here",
    note = "a function with `#[tool]`, `#[resource]` or `#[prompt]` stays a function; what is made of it lies in a module of its name: `name::tool()`, `name::resource()`, `name::prompt()`"
)]
pub trait Whole<T>: sealed::Sealed {
    /// It.
    fn whole(self) -> T;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! whole {
    ($($component:ty)*) => {$(
        impl sealed::Sealed for $component {}

        #[diagnostic::do_not_recommend]
        impl Whole<Self> for $component {
            fn whole(self) -> Self {
                self
            }
        }
    )*};
}

whole!(Tool Resource Prompt);
