//! Which squad answers for which road section: contiguous, balanced to strength, short to travel, stable.

pub mod model;
pub mod state;
pub mod anneal;
pub mod coarsen;
pub mod transport;
pub mod cut;
pub mod recut;
pub mod repair;
pub mod seed;
pub mod search;
