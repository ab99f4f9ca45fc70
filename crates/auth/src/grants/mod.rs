//! The ways to get a token.
//!
//! What belongs here: what is asked of whom. What does not: when, and what becomes of the token, which is the
//! [`Keeper`](crate::keeper::Keeper)'s. They look alike: options, a grant, what it asks for.

mod client_credentials;
mod code;
mod device;
mod enterprise;
mod oauth;
mod workload;

pub use client_credentials::ClientCredentials;
pub use device::DevicePrompt;
pub use enterprise::{EnterpriseManaged, IdentityProvider};
pub use oauth::OAuth;
pub use workload::WorkloadIdentity;
