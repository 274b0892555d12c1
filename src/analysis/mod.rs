//! Answers to the bureau's questions, on plain slices and networks: pure functions, never on a snapshot.

pub mod nearest;
