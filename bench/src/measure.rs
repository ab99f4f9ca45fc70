//! Measuring several cases side by side.

use crate::clock::cpu;

/// Something to measure: does its work once.
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut() + 'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(name: &'static str, run: impl FnMut() + 'a) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// What one case costs each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// The least CPU time of all rounds.
    pub(crate) ns: f64,
    pub(crate) allocations: u64,
    pub(crate) bytes: u64,
}

/// Runs the cases in turn, round after round, so that whatever disturbs the machine disturbs all of
/// them; the least of all rounds is what the work itself costs.
pub(crate) fn measure(cases: &mut [Case<'_>], rounds: u32, times: u32) -> Vec<Cost> {
    let mut costs = Vec::new();
    for case in cases.iter_mut() {
        for _ in 0..times {
            (case.run)();
        }
        let counted = allocation_counter::measure(&mut case.run);
        costs.push(Cost {
            ns: f64::INFINITY,
            allocations: counted.count_total,
            bytes: counted.bytes_total,
        });
    }
    for _ in 0..rounds {
        for (case, cost) in cases.iter_mut().zip(&mut costs) {
            let start = cpu();
            for _ in 0..times {
                (case.run)();
            }
            let each = (cpu() - start).as_nanos() as f64 / f64::from(times);
            cost.ns = cost.ns.min(each);
        }
    }
    costs
}
