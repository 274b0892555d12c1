//! Answers to the three questions, as pure functions on plain slices and networks: never on a snapshot.
//!
//! No clock, no environment, no randomness that is not passed in: a seed gives the same bytes on any number of threads.

pub mod random;
pub mod parallel;
pub mod nearest;
pub mod hotspots;
pub mod recurrence;
pub mod rhythm;
pub mod assignment;
pub mod postman;
