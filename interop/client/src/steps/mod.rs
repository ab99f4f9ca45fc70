//! The steps, in order.
//!
//! `offers` looks at what there is, `calls` makes calls, `live` hears changes, `asks` is asked, `wire` loses the
//! connection and the server, `proxied` loses a server behind the proxy, `oidc` needs a token, `reference` tries the servers that everybody starts with. Start at [`take`].

mod all;
mod asks;
mod calls;
mod live;
mod offers;
mod oidc;
mod proxied;
mod reference;
mod wire;

pub(crate) use all::{Outcome, names, take};
