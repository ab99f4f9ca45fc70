//! Against a real authorization server and a real protected server, on the loopback.

#![allow(clippy::unwrap_used)]

/// A client: signs, sends, hears of refusals, as the HTTP link does.
mod caller;
/// The servers of the tests. What they are to do wrong can be set.
mod world;

/// A browser that comes back to the loopback.
mod browser;
/// Users who type a code on another machine.
mod device;
/// Where metadata is looked for, in which order, and what is believed.
mod discovery;
/// Tokens that are bound to a key.
mod dpop;
/// The store on disk.
mod files;
/// Servers that want what they should not get.
mod hostile;
/// The store whose key lies in a keyring.
#[cfg(feature = "keyring")]
mod keyring;
/// Together with the link over HTTP.
mod link;
/// Programs: client credentials, enterprises, workloads.
mod machines;
/// How clients become known, and how they prove themselves.
mod registration;
/// Renewal: in one flight, across programs, and when it fails.
mod renewal;
/// Which scopes are asked for, and when asking ends.
mod scopes;
/// No secret in an error, a log or Debug.
mod secrecy;
