//! What the transports are held to.

#[cfg(feature = "http")]
mod net; // sockets: limits, floods, smuggling, TLS, the end
