//! Where the hotspots are: statistics of cases on sections, cells and streets, as pure functions on plain slices.
//!
//! Positions are `[east, north]` in planar metres of a frame that the caller names and keeps; offsets are metres along
//! a section from its first vertex. Slices of the same things have the same length, and an answer stands at the index
//! of the thing it is about. Weights, counts and values may be any finite numbers that are not refused by name.
//!
//! Every function checks what it is given and answers a [`HotspotError`] that says which and why. Chance comes from a
//! seed that is passed in; a seed gives the same bytes on any number of threads. Nothing here draws, stores or
//! projects, and nothing knows what a squad is.
//!
//! Methods and their sources stand at the head of each module. A significance map and a ranking for patrol are two
//! answers: always show [`backtest`] beside either.

pub mod error;
pub mod special;
pub mod sections;
mod snap_index;
pub mod snap;
pub mod streets;
pub mod lattice;
pub mod weights;
pub mod neighbourhood;
pub mod fdr;
pub mod gi_star;
pub mod moran;
pub mod permutation;
pub mod excess;
mod dispersion;
mod kde_bins;
pub mod kde;
pub mod network_kde;
pub mod centre;
pub mod backtest;

pub use error::HotspotError;

/// East and north, planar metres.
pub type Position = [f64; 2];

pub mod dbscan;
pub mod hdbscan;
pub mod cube;
pub mod trend;
pub mod emerging;
pub mod knox;
pub mod near_repeat;
pub mod scan;
pub mod displacement;

mod cells;
mod pairs;
mod sets;
