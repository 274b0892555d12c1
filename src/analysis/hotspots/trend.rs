//! Whether a series rises or falls, and how fast: Mann-Kendall and Sen's slope.
//!
//! Mann (1945), Kendall (1975) with the variance for ties and the correction for continuity; tau-a,
//! S / (n (n - 1) / 2); slope after Sen (1968). Steps are taken as evenly spaced. Says nothing about seasons.

use crate::analysis::hotspots::HotspotError;
use crate::analysis::hotspots::error::check_finite;
use crate::analysis::hotspots::special::normal_two_sided;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannKendall {
    /// Later values above earlier ones, less those below.
    pub s: i64,
    pub variance: f64,
    pub z: f64,
    /// Two-sided, normal.
    pub p: f64,
    /// tau-a.
    pub tau: f64,
}

/// Errors: fewer than two values, or one that is not finite. A series without change has z = 0 and p = 1. Cost: O(n^2).
pub fn mann_kendall(series: &[f64]) -> Result<MannKendall, HotspotError> {
    check(series)?;
    let n = series.len();
    let s: i64 = (0..n)
        .flat_map(|later| (0..later).map(move |earlier| (earlier, later)))
        .map(|(earlier, later)| i64::from(series[later] > series[earlier]) - i64::from(series[later] < series[earlier]))
        .sum();
    let mut sorted = series.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    // -0 and 0 are one value, which comparing pairs has it, too.
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|tied| spread(tied.len() as f64)).sum();
    let variance = (spread(n as f64) - ties) / 18.0;
    let z = if s == 0 || variance <= 0.0 { 0.0 } else { (s - s.signum()) as f64 / variance.sqrt() };
    let pairs = n as f64 * (n as f64 - 1.0) / 2.0;
    Ok(MannKendall { s, variance, z, p: normal_two_sided(z), tau: s as f64 / pairs })
}

/// The median of the slopes between all pairs, by step. Errors and cost as for [`mann_kendall`].
pub fn sen_slope(series: &[f64]) -> Result<f64, HotspotError> {
    check(series)?;
    let mut slopes: Vec<f64> = (0..series.len())
        .flat_map(|later| (0..later).map(move |earlier| (earlier, later)))
        .map(|(earlier, later)| (series[later] - series[earlier]) / (later - earlier) as f64)
        .collect();
    slopes.sort_unstable_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    Ok(if slopes.len() % 2 == 1 { slopes[middle] } else { f64::midpoint(slopes[middle - 1], slopes[middle]) })
}

fn check(series: &[f64]) -> Result<(), HotspotError> {
    check_finite("value", series)?;
    if series.len() < 2 {
        return Err(HotspotError::TooFew { what: "steps", given: series.len(), needed: 2 });
    }
    Ok(())
}
