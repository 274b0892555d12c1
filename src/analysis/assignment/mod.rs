//! Which squad answers for which road section: contiguous, balanced to strength, short to travel, stable.
//!
//! `solve` makes a first plan, `reassign` changes one as little as it can, `explain` says why. Every plan carries bounds
//! that no plan can beat. The search itself (`model`, `search`) knows units, nets and labels only, so that it also carries
//! districting problems of other kinds. Reading order: as listed.

pub mod workload;
pub mod problem;
pub mod network;
mod prepare;
pub mod plan;
pub mod handover;
pub mod reassign;
mod steps;
pub mod explain;
pub mod assess;
pub mod model;
pub mod transport;
mod state;
pub mod seed;
mod repair;
mod coarsen;
mod anneal;
pub mod search;
mod crossing;
mod descent;
mod graph;
mod cut;
mod tempering;
mod recut;
mod enumerate;
mod cover;
mod cuts;
mod rebalance;
mod peel;
mod near_borders;
pub mod districts;

pub use assess::Assessor;
pub use explain::explain;
pub use plan::{Options, Plan, Progress, solve};
pub use problem::{Infeasible, Note, Problem, Section, Squad};
pub use reassign::reassign;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod cuts_tests;
