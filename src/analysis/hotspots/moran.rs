//! Local Moran: which units are like their neighbours, and which stand out (a hot street in a quiet area).

use crate::analysis::hotspots::error::{HotspotError, check_lengths, check_values};
use crate::analysis::hotspots::fdr::q_values;
use crate::analysis::hotspots::special::normal_two_sided;
use crate::analysis::hotspots::weights::Weights;

/// A unit against its neighbours, both against the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quadrant {
    /// High among high: part of a hot area.
    HighHigh,
    /// Low among high: a gap in a hot area.
    LowHigh,
    /// Low among low.
    LowLow,
    /// High among low: a hot place in a quiet area.
    HighLow,
}

impl Quadrant {
    /// 1 to 4, counter-clockwise in Moran's scatter plot, as other programs number them.
    pub fn number(self) -> u8 {
        match self {
            Self::HighHigh => 1,
            Self::LowHigh => 2,
            Self::LowLow => 3,
            Self::HighLow => 4,
        }
    }
}

/// Local Moran of all units.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalMoran {
    pub index: Vec<f64>,
    pub quadrant: Vec<Quadrant>,
    /// Mean and variance of the index if all other values were dealt out at random.
    pub expectation: Vec<f64>,
    pub variance: Vec<f64>,
    pub z: Vec<f64>,
    /// Two-sided, normal.
    pub p: Vec<f64>,
    /// After Benjamini and Hochberg.
    pub q: Vec<f64>,
}

/// Local Moran with the moments of conditional randomisation (Anselin 1995; Sokal, Oden and Thomson 1998).
///
/// `I_i = (n - 1) d_i sum_j w_ij d_j / sum d^2` with d the deviations from the mean. The moments are the published
/// ones, of an index with n in the place of n - 1, as other programs have it: z is smaller by about z / n. Give row-standardised weights for
/// the usual scale. A unit's weight for itself is left out. A unit without neighbours has index, z and quadrant of a
/// neighbourhood at the mean: 0, 0, and high-low or low-low by its own value.
pub fn local_moran(values: &[f64], weights: &Weights) -> Result<LocalMoran, HotspotError> {
    check_lengths("values", values.len(), "the weights", weights.len())?;
    check_values(values)?;
    if values.len() < 3 {
        return Err(HotspotError::TooFew { what: "values", given: values.len(), needed: 3 });
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviations: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let total: f64 = deviations.iter().map(|deviation| deviation * deviation).sum();
    let (scale, moment_scale) = ((n - 1.0) / total, n / total);
    let mut answer = LocalMoran {
        index: Vec::with_capacity(values.len()),
        quadrant: Vec::with_capacity(values.len()),
        expectation: Vec::with_capacity(values.len()),
        variance: Vec::with_capacity(values.len()),
        z: Vec::with_capacity(values.len()),
        p: Vec::new(),
        q: Vec::new(),
    };
    for (unit, own) in deviations.iter().enumerate() {
        let (mut lag, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (neighbour, weight) in weights.row(unit).iter().filter(|(neighbour, _)| *neighbour != unit) {
            lag += weight * deviations[neighbour];
            sum += weight;
            squares += weight * weight;
        }
        // The others have mean -own / (n - 1) and this variance; w of them are drawn without putting back.
        let others_mean = -own / (n - 1.0);
        let others_variance = (total - own * own) / (n - 1.0) - others_mean * others_mean;
        let lag_variance = others_variance * (n - 1.0) / (n - 2.0) * (squares - sum * sum / (n - 1.0));
        let index = scale * own * lag;
        let expectation = moment_scale * own * sum * others_mean;
        let variance = (moment_scale * own).powi(2) * lag_variance.max(0.0);
        answer.index.push(index);
        answer.expectation.push(expectation);
        answer.variance.push(variance);
        answer.z.push(if variance > 0.0 { (index - expectation) / variance.sqrt() } else { 0.0 });
        answer.quadrant.push(match (*own > 0.0, lag > 0.0) {
            (true, true) => Quadrant::HighHigh,
            (false, true) => Quadrant::LowHigh,
            (false, false) => Quadrant::LowLow,
            (true, false) => Quadrant::HighLow,
        });
    }
    answer.p = answer.z.iter().map(|z| normal_two_sided(*z)).collect();
    answer.q = q_values(&answer.p)?;
    Ok(answer)
}
