//! Counts the allocations of each case: a line for each, `allocations bytes`.
#![allow(clippy::print_stdout, reason = "it prints its counts")]

use anyhow::Result;
use fmcp_bench::{Cases, NAMES};

fn main() -> Result<()> {
    let cases = Cases::new(false)?;
    for case in 0..NAMES.len() {
        // What is made once, on the first call, is not what a call costs.
        drop(cases.run(case));
        let counted = allocation_counter::measure(|| drop(cases.run(case)));
        println!("{} {}", counted.count_total, counted.bytes_total);
    }
    Ok(())
}
