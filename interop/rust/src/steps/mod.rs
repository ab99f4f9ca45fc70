//! The steps, in order. Each fails where something is not as it should be, and is absent where revision,
//! transport or SDK do not have it. Start at [`take`].

mod all;
mod asks;
mod calls;
mod live;
mod offers;
mod wire;

pub(crate) use all::{NAMES, Outcome, take};
