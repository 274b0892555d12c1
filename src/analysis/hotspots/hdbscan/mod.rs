//! HDBSCAN: clusters of any density, without a distance to choose.
//!
//! Campello, Moulavi and Sander (2013) with excess of mass: two cases are as far apart as the largest of their distance
//! and their core distances (to the `min_samples`-th nearest, **itself included**, as scikit-learn counts); the tree of
//! clusters as that distance falls; the clusters that last longest. One cluster of everything is not an answer.
//!
//! Ties go as the paper says: what comes together at exactly the same distance comes together at once. The usual
//! programs take it one by one in the order of the input, so that renumbering the cases changes their answer, and two
//! cases at one place may get different ones. Here a case that reaches two clusters at the same distance belongs to
//! neither, and is marked as [`tied`]; a cluster must be large enough without such cases. [`hdbscan_in_order`] takes
//! them one by one, to repeat the answer of scikit-learn.
//!
//! [`tied`]: DensityClusters::tied

mod condense;
mod equals;
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

/// Whether joins at the same distance are one, or each its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ties {
    Together,
    OneByOne,
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
    check(cases, question)?;
    let tree = tree::Tree::new(cases);
    let cores = tree.core_distances_squared(question.min_samples);
    let mut edges = spanning::spanning_tree(&tree, &cores);
    edges.sort_unstable_by(|a, b| a.squared.total_cmp(&b.squared));
    Ok(condense::condense(cases.len(), edges, question.min_cluster_size, Ties::Together))
}

/// HDBSCAN with ties taken one by one as scikit-learn takes them, to compare with an answer that it gave.
///
/// Renumbering the cases may change this answer, single cases or whole clusters of it, and cases at one place may get
/// different ones; no case is marked as tied. For anything but such a comparison ask [`hdbscan`]. Without ties both
/// answer the same, but from `min_samples` 3 on there mostly are some: neighbours share a core distance.
///
/// Source: scikit-learn 1.9.1: Prim's tree from the first case, its edges in the order of numpy's argsort. Which of
/// equals that puts first depends on the processor, and so does the answer of scikit-learn; this is the order of numpy
/// 2.4.6 for Linux with AVX-512. With AVX2 it is the same up to 257 cases.
///
/// Errors as [`hdbscan`]. Cost: n^2 distances, and 150 bytes a case.
pub fn hdbscan_in_order(cases: &[Position], question: Hdbscan) -> Result<DensityClusters, HotspotError> {
    check(cases, question)?;
    let tree = tree::Tree::new(cases);
    let mut cores = vec![0.0; cases.len()];
    for (case, squared) in tree.order.iter().zip(tree.core_distances_squared(question.min_samples)) {
        cores[*case as usize] = squared.sqrt();
    }
    let edges = spanning::spanning_tree_in_order(cases, &cores);
    let squares: Vec<f64> = edges.iter().map(|edge| edge.squared).collect();
    let edges = equals::order(&squares).into_iter().map(|at| edges[at as usize]).collect();
    Ok(condense::condense(cases.len(), edges, question.min_cluster_size, Ties::OneByOne))
}

fn check(cases: &[Position], question: Hdbscan) -> Result<(), HotspotError> {
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
    Ok(())
}
