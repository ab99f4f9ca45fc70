//! Who is calling, and how to prove it: OAuth 2.1 as the Model Context Protocol uses it.
//!
//! What belongs here: tokens, how they are got, kept, renewed and shown. What does not: sockets, which are
//! `fmcp-transport`'s, and what a caller may do.
