//! The cases, the same for both programs.

use std::hint::black_box;

use anyhow::{Result, ensure};
use bytes::Bytes;
use fmcp::{Exchange, protocol::model::Implementation};
use serde_json::Value;

use crate::{floor, server};

/// What is measured, in order.
pub const NAMES: [&str; 12] = [
    "floor, modern",
    "fmcp, modern",
    "floor, legacy",
    "fmcp, legacy",
    "fmcp, modern, 8 middlewares",
    "fmcp, modern, 10,000 tools",
    "copy of the list",
    "tools/list of 500 tools",
    "a question and its answer",
    "fmcp, modern, mounted",
    "fmcp, modern, mounted 4 deep",
    "tools/list of 100 mounted",
];

/// Everything that the cases need.
pub struct Cases {
    about: String,
    one: Exchange,
    layered: Exchange,
    crowd: Exchange,
    listed: Exchange,
    session: Exchange,
    modern: Bytes,
    legacy: Bytes,
    list: Bytes,
    listing: Vec<u8>,
    asking: Exchange,
    round: [Bytes; 2],
    /// Servers with one server below, and with four below each other, and the calls that get to the last one.
    mounted: [(Exchange, Bytes); 2],
    family: Exchange,
}

impl Cases {
    /// Builds the servers. A profile (`profiled`) shall show calls, not the building of servers.
    ///
    /// # Errors
    /// When two cases that are compared do not say the same.
    pub fn new(profiled: bool) -> Result<Self> {
        let (many, several) = if profiled { (2, 2) } else { (10_000, 500) };
        let layers = (0..8).fold(server::small(), |server, n| server.layer(server::Looks(n)));
        let mut cases = Self {
            about: serde_json::to_string(&Implementation::new("bench", "1.0.0"))?,
            one: Exchange::new(server::small()),
            layered: Exchange::new(layers),
            crowd: Exchange::new(server::large(many)),
            listed: Exchange::new(server::large(several)),
            session: Exchange::new(server::small()),
            modern: server::modern_call(),
            legacy: server::legacy_call(),
            list: server::modern_list(),
            listing: Vec::new(),
            asking: Exchange::new(server::asking()),
            round: Default::default(),
            mounted: [server::nested(1)?, server::nested(4)?],
            family: Exchange::new(server::family(if profiled { 2 } else { 100 })?),
        };

        server::open_session(&cases.session);
        cases.listing = server::answer(&cases.listed, &cases.list);
        cases.round = server::round(&cases.asking);
        let done = cases.run(8);
        ensure!(
            String::from_utf8_lossy(&done).contains("3 nights in Rome"),
            "the question was not answered: {}",
            String::from_utf8_lossy(&done)
        );
        let answers: Vec<_> = (0..6).map(|case| cases.run(case)).collect();
        for (a, b) in [(0, 1), (2, 3), (1, 4), (1, 5)] {
            same(&answers[a], &answers[b])?;
        }
        for case in [9, 10] {
            same(&answers[1], &cases.run(case))?;
        }
        ensure!(
            profiled || server::count(&cases.run(11)) == 500,
            "the mounted servers do not list all that they have"
        );
        Ok(cases)
    }

    /// Runs the case of this number once.
    #[must_use]
    pub fn run(&self, case: usize) -> Vec<u8> {
        black_box(match case {
            0 => floor::answer(black_box(&self.modern), &self.about).unwrap_or_default(),
            1 => server::answer(&self.one, &self.modern),
            2 => floor::answer(black_box(&self.legacy), &self.about).unwrap_or_default(),
            3 => server::answer(&self.session, &self.legacy),
            4 => server::answer(&self.layered, &self.modern),
            5 => server::answer(&self.crowd, &self.modern),
            6 => black_box(&self.listing).clone(),
            7 => server::answer(&self.listed, &self.list),
            8 => {
                black_box(server::answer(&self.asking, &self.round[0]));
                server::answer(&self.asking, &self.round[1])
            }
            9 | 10 => {
                let (server, call) = &self.mounted[case - 9];
                server::answer(server, call)
            }
            _ => server::answer(&self.family, &self.list),
        })
    }

    /// How many bytes the list has.
    #[must_use]
    pub fn list_bytes(&self) -> usize {
        self.listing.len()
    }
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
