//! Our server under test.
fn main() {}
