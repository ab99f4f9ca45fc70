//! The figures, and their budgets.

use std::hint::black_box;

use anyhow::{Result, ensure};
use fmcp::{Exchange, protocol::model::Implementation};
use serde_json::Value;

use crate::{
    floor,
    measure::{Case, Cost, measure},
    server,
};

/// How much a figure that is measured in time may be over its budget before a check fails: other work
/// on the machine is never quite out of it.
const SLACK: f64 = 1.15;

/// Prints all figures; whether the budgets hold, where they are checked. With `only`, runs one case and
/// prints nothing.
pub(crate) fn run(check: bool, only: Option<&str>) -> Result<bool> {
    let (rounds, times) = if check { (40, 2_000) } else { (100, 5_000) };
    // A profile shall show calls, not the building of servers.
    let (many, several) = if only.is_some() {
        (2, 2)
    } else {
        (10_000, 500)
    };
    let one = Exchange::new(server::small());
    let layered =
        Exchange::new((0..8).fold(server::small(), |server, n| server.layer(server::Looks(n))));
    let crowd = Exchange::new(server::large(many));
    let listed = Exchange::new(server::large(several));
    let session = Exchange::new(server::small());
    server::open_session(&session);

    let (modern, legacy, list) = (
        server::modern_call(),
        server::legacy_call(),
        server::modern_list(),
    );
    let about = serde_json::to_string(&Implementation::new("bench", "1.0.0"))?;
    same(
        &floor::answer(&modern, &about).unwrap_or_default(),
        &server::answer(&one, &modern),
    )?;
    same(
        &floor::answer(&legacy, &about).unwrap_or_default(),
        &server::answer(&session, &legacy),
    )?;
    same(
        &server::answer(&one, &modern),
        &server::answer(&layered, &modern),
    )?;
    same(
        &server::answer(&one, &modern),
        &server::answer(&crowd, &modern),
    )?;
    let listing = server::answer(&listed, &list);

    let mut cases = [
        Case::new("floor, modern", || {
            drop(black_box(floor::answer(black_box(&modern), &about)))
        }),
        Case::new("fmcp, modern", || drop(server::answer(&one, &modern))),
        Case::new("floor, legacy", || {
            drop(black_box(floor::answer(black_box(&legacy), &about)))
        }),
        Case::new("fmcp, legacy", || drop(server::answer(&session, &legacy))),
        Case::new("fmcp, modern, 8 middlewares", || {
            drop(server::answer(&layered, &modern))
        }),
        Case::new("fmcp, modern, 10,000 tools", || {
            drop(server::answer(&crowd, &modern))
        }),
        Case::new("copy of the list", || {
            drop(black_box(black_box(&listing).to_vec()))
        }),
        Case::new("tools/list of 500 tools", || {
            drop(server::answer(&listed, &list))
        }),
    ];
    if let Some(name) = only {
        // For a profiler: one case alone.
        for case in cases.iter_mut().filter(|case| case.name == name) {
            (0..100 * times).for_each(|_| (case.run)());
        }
        return Ok(true);
    }
    let costs = measure(&mut cases, rounds, times);
    println!(
        "{:<30} {:>10} {:>12} {:>10}",
        "tools/call, bytes to bytes", "CPU ns", "allocations", "bytes"
    );
    for (case, cost) in cases.iter().zip(&costs) {
        println!(
            "{:<30} {:>10.0} {:>12} {:>10}",
            case.name, cost.ns, cost.allocations, cost.bytes
        );
    }
    println!("(the list has {} bytes)\n", listing.len());
    let kept = budgets(&costs);
    Ok(kept || !check)
}

fn budgets(costs: &[Cost]) -> bool {
    let [
        floor_modern,
        modern,
        floor_legacy,
        legacy,
        layered,
        crowd,
        copy,
        list,
    ] = costs
    else {
        return false;
    };
    let rows = [
        (
            "allocations of a modern call",
            modern.allocations as f64,
            16.0,
            1.0,
        ),
        (
            "allocations of a legacy call",
            legacy.allocations as f64,
            16.0,
            1.0,
        ),
        (
            "modern call / floor",
            modern.ns / floor_modern.ns,
            2.0,
            SLACK,
        ),
        (
            "legacy call / floor",
            legacy.ns / floor_legacy.ns,
            2.0,
            SLACK,
        ),
        (
            "8 middlewares, more ns",
            layered.ns - modern.ns,
            600.0,
            SLACK,
        ),
        ("10,000 tools / one tool", crowd.ns / modern.ns, 1.1, SLACK),
        (
            "tools/list, ns beyond the copy",
            list.ns - copy.ns,
            2_000.0,
            SLACK,
        ),
    ];
    let mut kept = true;
    for (name, figure, budget, slack) in rows {
        let holds = figure <= budget * slack;
        kept &= holds;
        println!(
            "{name:<32} {figure:>9.2}   budget {budget:>8.2}   {}",
            if holds { "kept" } else { "BROKEN" }
        );
    }
    kept
}

/// The two must say the same, or comparing them says nothing.
fn same(a: &[u8], b: &[u8]) -> Result<()> {
    let read = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap_or_default();
    ensure!(
        read(a).is_object(),
        "no answer: {}",
        String::from_utf8_lossy(a)
    );
    ensure!(
        read(a) == read(b),
        "different answers:\n{}\n{}",
        String::from_utf8_lossy(a),
        String::from_utf8_lossy(b)
    );
    Ok(())
}
