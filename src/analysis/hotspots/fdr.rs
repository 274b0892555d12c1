//! Thousands of tests at once: Benjamini and Hochberg's q-values, and the classes of confidence drawn on maps.
//!
//! Controls the expected share of false discoveries among those made (Benjamini and Hochberg 1995), for tests that are
//! independent or positively dependent.

use crate::analysis::hotspots::error::{HotspotError, check_alpha, check_lengths};

/// q-values in the order of the p-values: `q <= alpha` are the discoveries at a false-discovery rate of alpha.
///
/// q of the k-th smallest p is the least of `p_m n / m` over m >= k. Cost: one sort.
pub fn q_values(p: &[f64]) -> Result<Vec<f64>, HotspotError> {
    if let Some(index) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        let range = "0 to 1".to_owned();
        return Err(HotspotError::OutOfRange { what: "p-value", index, value: p[index], range });
    }
    let mut order: Vec<u32> = (0..p.len() as u32).collect();
    order.sort_unstable_by(|a, b| p[*a as usize].total_cmp(&p[*b as usize]));
    let mut q = vec![0.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, unit) in order.iter().enumerate().rev() {
        let p_value = p[*unit as usize];
        // p n / n may round to less than p.
        least = least.min((p_value * p.len() as f64 / (rank + 1) as f64).max(p_value));
        q[*unit as usize] = least;
    }
    Ok(q)
}

/// Which units are discoveries at a false-discovery rate of `alpha`.
pub fn discoveries(p: &[f64], alpha: f64) -> Result<Vec<bool>, HotspotError> {
    check_alpha(alpha)?;
    Ok(q_values(p)?.into_iter().map(|q| q <= alpha).collect())
}

/// 3, 2, 1 for hot at 99, 95, 90 % confidence, the same below 0 for cold, 0 for neither: the sign of z, the size by q.
pub fn confidence_classes(z: &[f64], q: &[f64]) -> Result<Vec<i8>, HotspotError> {
    check_lengths("q-values", q.len(), "the z-values", z.len())?;
    Ok(z.iter().zip(q).map(|(z, q)| confidence_class(*z, *q)).collect())
}

fn confidence_class(z: f64, q: f64) -> i8 {
    let size = match q {
        q if q <= 0.01 => 3,
        q if q <= 0.05 => 2,
        q if q <= 0.10 => 1,
        _ => 0,
    };
    if z > 0.0 {
        size
    } else if z < 0.0 {
        -size
    } else {
        0
    }
}
