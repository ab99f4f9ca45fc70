//! What keeps a flood of notices away from whoever must read them.
//!
//! What belongs here: the decision which progress report and which log message goes on. What does not:
//! how it goes on (a client's callbacks, a transport's stream). Start at [`Throttle`].

mod throttle;

pub(crate) use throttle::{Rates, Throttle, Verdict};
