//! HDBSCAN: clusters of any density, without a distance to choose.
//!
//! Campello, Moulavi and Sander (2013) with excess of mass: two cases are as far apart as the largest of their distance
//! and their core distances (to the `min_samples`-th nearest, **itself included**, as scikit-learn counts); the tree of
//! clusters as that distance falls; the clusters that last longest. One cluster of everything is not an answer.
//!
//! Ties go as the paper says: what comes together at exactly the same distance comes together at once. The usual
//! programs take it one by one in the order of the input, so that renumbering the cases changes their answer, and two
//! cases at one place may get different ones. Here a case that reaches two clusters at the same distance belongs to
//! neither, and is marked as [`tied`]; a cluster must be large enough without such cases.
//!
//! [`tied`]: DensityClusters::tied

mod condense;
mod spanning;
mod tree;

use crate::analysis::hotspots::error::check_cases;
use crate::analysis::hotspots::{HotspotError, Position};

const FURTHEST: f64 = 1e150;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hdbscan {
    /// Cases that make a cluster, at least 2.
    pub min_cluster_size: usize,
    /// Cases that make a place dense, itself included, at least 1. More of them make more noise.
    pub min_samples: usize,
}

/// A partition of the cases; clusters are numbered from 0 by their first case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DensityClusters {
    /// None is noise.
    pub labels: Vec<Option<u32>>,
    /// Cases that left their cluster at the very distance at which it fell into several: another program may count them
    /// to one of those.
    pub tied: Vec<bool>,
    pub count: usize,
}

/// HDBSCAN of cases in planar metres.
///
/// Errors: fewer than two cases, all at one place, a coordinate that is not finite, a cluster size below 2, samples of
/// 0 or of more than there are cases. Exact. Cost: about n log^2 n for cases in a city, and 120 bytes a case.
pub fn hdbscan(cases: &[Position], question: Hdbscan) -> Result<DensityClusters, HotspotError> {
    let Hdbscan { min_cluster_size, min_samples } = question;
    if min_cluster_size < 2 {
        let (what, value) = ("the least size of a cluster", min_cluster_size as f64);
        return Err(HotspotError::Parameter { what, value, must: "at least 2" });
    }
    if min_samples == 0 {
        return Err(HotspotError::Parameter { what: "min_samples", value: 0.0, must: "at least 1" });
    }
    check_cases(cases)?;
    if let Some(index) = cases.iter().position(|case| case.iter().any(|metres| metres.abs() > FURTHEST)) {
        let range = "planar metres whose squares are finite".to_owned();
        let value = cases[index][0].abs().max(cases[index][1].abs());
        return Err(HotspotError::OutOfRange { what: "case", index, value, range });
    }
    if cases.len() < min_samples {
        return Err(HotspotError::TooFew { what: "cases", given: cases.len(), needed: min_samples });
    }
    if u32::try_from(2 * cases.len()).is_err() {
        let why = "the tree of clusters is numbered with 32 bits";
        return Err(HotspotError::TooMany { what: "cases", given: cases.len(), most: u32::MAX as usize / 2, why });
    }
    let tree = tree::Tree::new(cases);
    let cores = tree.core_distances_squared(min_samples);
    let edges = spanning::spanning_tree(&tree, &cores);
    Ok(condense::condense(cases.len(), edges, min_cluster_size))
}
