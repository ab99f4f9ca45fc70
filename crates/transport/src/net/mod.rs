//! Listening, and what stands between a socket and a protocol: TLS, limits, the end.
