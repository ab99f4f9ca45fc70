//! What is tested, and where.
