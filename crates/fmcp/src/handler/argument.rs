//! What an argument's type must be able to do.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A type that can be an argument: read from JSON, and described to clients.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool, resource or prompt",
    label = "clients would have to send this as JSON",
    note = "if it does not come from the client (`State<T>`, `Depends<T>`, `Headers`, a type of yours that implements `FromCall`), mark the parameter `#[ctx]`; if it does, derive `serde::Deserialize` and `schemars::JsonSchema` for it"
)]
pub trait Argument: DeserializeOwned + JsonSchema + Send {}

impl<T: DeserializeOwned + JsonSchema + Send> Argument for T {}
