//! The model of the newest revision.
