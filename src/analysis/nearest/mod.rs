//! Where the nearest point is along real streets, what can be reached, and where points are missing.
//!
//! distance(from, point) = access of `from` + shortest way from foot to foot + access of the point. A foot is the place
//! of the nearest street of the profile's largest piece; access is the straight line to it. Ways obey one-way streets
//! and go from the asker to the point. Lengths are whole micrometres: equal ways are exactly equal.
//!
//! Two answers to the same question, both exact: look-ups in tables of the k best points of each junction ([`Tables`]),
//! and a search that ends at the k-th point ([`Search`]) for what the tables do not know.

mod targets;
mod tables;
mod search;
mod ways;
mod reach;
mod outline;
mod gaps;
mod siting;
mod cover;

pub use cover::{Cover, Problem as CoverProblem, cover};
pub use gaps::{Gap, gaps};
pub use outline::{Outline, outline};
pub use reach::{Reached, Stretch, reach};
pub use search::{Search, Weight};
pub use siting::{Candidate, Demand, coverage, sites};
pub use tables::Tables;
pub use targets::{Foot, Place, Targets};
pub use ways::{Part, Way, line_of};

/// A point that was found, and what the way to it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// All of the way, micrometres.
    pub total_um: u64,
    /// Number of the point among the targets. Numbers rise with the ids, so that ties go to the lowest id.
    pub target: u32,
    /// Milliseconds on the network.
    pub ms: u64,
    /// Number of the foot at which the network is left.
    pub foot: u32,
}

/// The k nearest of what was found, each target once, nearest first; ties to the lowest id.
fn best(mut found: Vec<Near>, k: usize, limit_um: u64) -> Vec<Near> {
    found.retain(|near| near.total_um <= limit_um);
    found.sort_unstable();
    let mut kept: Vec<Near> = Vec::with_capacity(k.min(found.len()));
    for near in found {
        if kept.len() == k {
            break;
        }
        if kept.iter().all(|known| known.target != near.target) {
            kept.push(near);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
