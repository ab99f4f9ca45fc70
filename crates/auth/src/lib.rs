//! Who is calling, and how to prove it: OAuth 2.1 as the Model Context Protocol uses it.
//!
//! What belongs here: tokens, how they are got, kept, renewed and shown. What does not: sockets, which are
//! `fmcp-transport`'s, and what a caller may do.
//!
//! Start at [`Scheme`], which is what a client is given: [`OAuth`] for a user who is there,
//! [`ClientCredentials`], [`EnterpriseManaged`] and [`WorkloadIdentity`] for programs, [`Bearer`] for a token
//! that one has already. How a user is asked is a [`consent`]; where tokens are kept is a
//! [`Store`](fmcp_core::Store), a [`FileStore`] unless it is set otherwise.
//!
//! No token, code or secret stands in an error, in a log or in what `Debug` shows.

mod address;
mod authorization;
mod bearer;
mod challenge;
mod client;
pub mod consent;
mod discovery;
mod dpop;
mod exchange;
mod flight;
mod form;
mod grant;
mod grants;
mod keeper;
mod metadata;
mod options;
mod pkce;
mod random;
mod registration;
mod scope;
mod secret;
mod server;
mod signing;
mod source;
mod store;
pub mod testing;
mod token;
mod vault;
mod wire;
mod words;

pub use bearer::Bearer;
pub use fmcp_core::Scheme;
pub use grants::{
    ClientCredentials, DevicePrompt, EnterpriseManaged, IdentityProvider, OAuth, WorkloadIdentity,
};
pub use secret::Secret;
pub use signing::SigningKey;
pub use source::SecretSource;
pub use store::FileStore;
#[cfg(feature = "keyring")]
pub use store::KeyringStore;
