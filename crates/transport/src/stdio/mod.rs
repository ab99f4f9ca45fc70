//! The process's own standard streams as a transport.
