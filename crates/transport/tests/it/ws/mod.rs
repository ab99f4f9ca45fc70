//! WebSockets, with somebody else's client at the other end.

mod carrying; // frames, their limits, and who is hung up on
mod peer; // a server to talk to, and a client to talk with
mod talking; // both eras, questions, cancellation, notices, the end
mod upgrading; // requests that become WebSockets, and those that do not
