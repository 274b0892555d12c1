//! Gi*: where high values stand together, and where low ones do. The usual map of confidence.
//!
//! It is a map of significance, not a ranking for patrol: it blurs single streets and smears towards their
//! neighbours. Rank by [`crate::analysis::hotspots::excess`] or by plain counts, and show the hold-out beside it.

use crate::analysis::hotspots::error::{HotspotError, check_lengths, check_values};
use crate::analysis::hotspots::fdr::{confidence_classes, q_values};
use crate::analysis::hotspots::special::normal_two_sided;
use crate::analysis::hotspots::weights::{Row, Weights};

/// One statistic a unit with its significance.
#[derive(Debug, Clone, PartialEq)]
pub struct Significance {
    /// Standard deviates.
    pub z: Vec<f64>,
    /// Two-sided, normal.
    pub p: Vec<f64>,
    /// After Benjamini and Hochberg.
    pub q: Vec<f64>,
    /// -3 to 3: cold or hot at 90, 95, 99 % confidence, after the correction.
    pub class: Vec<i8>,
}

impl Significance {
    /// From standard deviates.
    pub fn of(z: Vec<f64>) -> Result<Self, HotspotError> {
        let p: Vec<f64> = z.iter().map(|z| normal_two_sided(*z)).collect();
        let q = q_values(&p)?;
        let class = confidence_classes(&z, &q)?;
        Ok(Self { z, p, q, class })
    }
}

/// Gi* of each unit (Ord and Getis 1995), z, p, q and class.
///
/// `z_i = (sum_j w_ij x_j - mean W_i) / (S sqrt((n S1_i - W_i^2) / (n - 1)))` with `W_i` the sum and `S1_i` the sum of
/// squares of the row's weights, and S^2 the variance with denominator n. A unit is its own neighbour here: a row without
/// itself gets itself with the row's largest weight (1 where there is no neighbour). Since z does not change when a row
/// is multiplied, binary and row-standardised weights give the same. A unit whose row is all units alike has z = 0.
pub fn gi_star(values: &[f64], weights: &Weights) -> Result<Significance, HotspotError> {
    check_lengths("values", values.len(), "the weights", weights.len())?;
    check_values(values)?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviations: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let spread = (deviations.iter().map(|deviation| deviation * deviation).sum::<f64>() / n).sqrt();
    let z = (0..values.len()).map(|unit| {
        let row = weights.row(unit);
        let own = missing_own_weight(unit, row);
        let (mut sum, mut squares, mut local) = (own, own * own, own * deviations[unit]);
        for (neighbour, weight) in row.iter() {
            sum += weight;
            squares += weight * weight;
            local += weight * deviations[neighbour];
        }
        let variance = (n * squares - sum * sum) / (n - 1.0);
        // What is left of n S1 = W^2 after rounding is no variance.
        if variance > 1e-12 * n * squares { local / (spread * variance.sqrt()) } else { 0.0 }
    });
    Significance::of(z.collect())
}

/// The weight of the unit itself that its row lacks.
fn missing_own_weight(unit: usize, row: Row<'_>) -> f64 {
    let mut largest = 0.0_f64;
    for (neighbour, weight) in row.iter() {
        if neighbour == unit && weight > 0.0 {
            return 0.0;
        }
        largest = largest.max(weight);
    }
    if largest > 0.0 { largest } else { 1.0 }
}
