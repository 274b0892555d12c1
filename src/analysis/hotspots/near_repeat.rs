//! How soon and how near another case follows: the near-repeat table of distance by time.
//!
//! Pairs are counted by band of distance and band of time, and compared with the same count after the times were
//! shuffled over the cases (Johnson et al. 2007; Ratcliffe and Rengert 2008). A ratio of 1.4 means 40 % more pairs than
//! chance leaves; p says how often chance alone reached the count. Cells are not corrected for their number.

use crate::analysis::hotspots::error::check_finite;
use crate::analysis::hotspots::knox::{check_draws, check_events};
use crate::analysis::hotspots::pairs::{Bands, count};
use crate::analysis::hotspots::permutation::Permutations;
use crate::analysis::hotspots::{HotspotError, Position};

/// One cell: pairs further apart than the edge before and up to these edges.
#[derive(Debug, Clone, PartialEq)]
pub struct NearRepeatCell {
    pub distance: f64,
    pub time: f64,
    pub observed: u64,
    /// Mean over the permutations.
    pub expected: f64,
    /// Median over the permutations, the lower one of an even number.
    pub median: u64,
    /// `observed / expected`; none if nothing is expected.
    pub ratio: Option<f64>,
    /// (permutations with at least as many pairs + 1) / (permutations + 1).
    pub p: f64,
}

/// Cells by band of distance, then of time.
#[derive(Debug, Clone, PartialEq)]
pub struct NearRepeat {
    pub cells: Vec<NearRepeatCell>,
    pub permutations: Permutations,
}

/// The table of cases in planar metres, with times in the unit of `time_edges`.
///
/// Edges ascend strictly; band `k` is above edge `k - 1` and up to edge `k`, and the first starts at 0 with 0 included,
/// so that a first edge of 0 stands for the same place or the same moment.
///
/// Errors: as for `knox`; no edges, edges not ascending, negative, or only 0; no permutations.
pub fn near_repeat(
    cases: &[Position],
    times: &[f64],
    distance_edges: &[f64],
    time_edges: &[f64],
    permutations: Permutations,
    threads: usize,
) -> Result<NearRepeat, HotspotError> {
    check_edges("distance edge", distance_edges)?;
    check_edges("time edge", time_edges)?;
    check_events(cases, times)?;
    check_draws(permutations)?;
    let bands = Bands { edges: distance_edges, limits: time_edges };
    let mut counted = count(cases, times, bands, permutations, threads);
    // Pairs under each limit become pairs of each band.
    for row in [&mut counted.observed, &mut counted.simulated] {
        for cells in row.chunks_mut(time_edges.len()) {
            (1..cells.len()).rev().for_each(|limit| cells[limit] -= cells[limit - 1]);
        }
    }
    let cells = (0..bands.cells())
        .map(|cell| {
            let observed = counted.observed[cell];
            let mut simulated: Vec<u64> = counted.simulated.iter().skip(cell).step_by(bands.cells()).copied().collect();
            simulated.sort_unstable();
            let expected = simulated.iter().sum::<u64>() as f64 / simulated.len() as f64;
            let at_least = simulated.len() - simulated.partition_point(|count| *count < observed);
            NearRepeatCell {
                distance: distance_edges[cell / time_edges.len()],
                time: time_edges[cell % time_edges.len()],
                observed,
                expected,
                median: simulated[(simulated.len() - 1) / 2],
                ratio: (expected > 0.0).then(|| observed as f64 / expected),
                p: (at_least + 1) as f64 / (f64::from(permutations.draws) + 1.0),
            }
        })
        .collect();
    Ok(NearRepeat { cells, permutations })
}

fn check_edges(what: &'static str, edges: &[f64]) -> Result<(), HotspotError> {
    check_finite(what, edges)?;
    let Some(last) = edges.last() else {
        return Err(HotspotError::TooFew { what: "edges of bands", given: 0, needed: 1 });
    };
    let out = |index: usize, range: &str| {
        Err(HotspotError::OutOfRange { what, index, value: edges[index], range: range.to_owned() })
    };
    if edges[0] < 0.0 {
        return out(0, "0 and above");
    }
    if let Some(at) = edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        return out(at + 1, "ascending order, above the edge before it");
    }
    if *last <= 0.0 {
        return out(edges.len() - 1, "more than 0, since it is the last");
    }
    Ok(())
}
