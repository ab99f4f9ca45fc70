//! x

mod media; // pictures, sound and files as content
mod middleware; // hooks, layers, their order and what they may do
mod session_state; // what handlers keep from one call of a session to the next
mod store; // every store against the contract
