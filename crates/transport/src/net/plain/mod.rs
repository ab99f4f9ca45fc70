//! Requests that are plain, answered without a detour.
//!
//! Nearly all requests are whole and small, and so are their answers. Hyper hands a body on through a channel,
//! piece by piece, and looks after everything that HTTP/1.1 may have: that is a tenth of what a whole call costs. So a
//! connection begins here, where [`request::look`] takes what needs nothing of that. As soon as something else comes,
//! or something that is wrong, hyper takes over with the very bytes that came, and keeps the connection: what is
//! refused, and how, is hyper's to say.

mod request; // what a request must be like to be plain
mod response; // how a response is written
mod serve; // one connection, request by request
mod talk; // what is read from one peer, and written to it

pub(super) use serve::{Outcome, serve};
