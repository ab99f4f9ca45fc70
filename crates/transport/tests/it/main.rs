//! What the transports are held to.
