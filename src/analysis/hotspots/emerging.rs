//! Which hotspots are new, growing, fading or gone: emerging hot spots of a space-time cube.
//!
//! Gi* of every bin over its place, the neighbouring places and the step before; Benjamini and Hochberg over all bins;
//! the trend of a place's z by Mann-Kendall; then one of 17 categories, as Esri describes "How Emerging Hot Spot
//! Analysis works". Where its texts overlap, this order decides: the 90 % family (intensifying, persistent,
//! diminishing), oscillating, new, consecutive, sporadic, and historical where the last step is not significant; hot
//! before cold.

use crate::analysis::hotspots::HotspotError;
use crate::analysis::hotspots::cube::Cube;
use crate::analysis::hotspots::error::{check_alpha, check_lengths};
use crate::analysis::hotspots::gi_star::Significance;
use crate::analysis::hotspots::trend::{MannKendall, mann_kendall};
use crate::analysis::hotspots::weights::Weights;

/// This share of steps or more makes the 90 % family.
const FAMILY: f64 = 0.9;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    None,
    Hot(Pattern),
    Cold(Pattern),
}

/// What a place's significant steps make; "hot" stands for "cold" in cold categories, and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pattern {
    /// Hot in 90 % of steps, the last included, and ever more so.
    Intensifying,
    /// The same without a trend.
    Persistent,
    /// The same, and ever less so.
    Diminishing,
    /// Hot in the last step, and cold in one before.
    Oscillating,
    /// Hot in the last step alone.
    New,
    /// Hot in the last two or more steps, never before.
    Consecutive,
    /// Hot in the last step, on and off before, never cold.
    Sporadic,
    /// Hot in 90 % of steps, the last not included.
    Historical,
}

impl Category {
    /// `sporadic hot`, `none`: the words of the field.
    pub fn name(self) -> &'static str {
        use Pattern::{Consecutive, Diminishing, Historical, Intensifying, New, Oscillating, Persistent, Sporadic};
        match self {
            Self::None => "none",
            Self::Hot(Intensifying) => "intensifying hot",
            Self::Hot(Persistent) => "persistent hot",
            Self::Hot(Diminishing) => "diminishing hot",
            Self::Hot(Oscillating) => "oscillating hot",
            Self::Hot(New) => "new hot",
            Self::Hot(Consecutive) => "consecutive hot",
            Self::Hot(Sporadic) => "sporadic hot",
            Self::Hot(Historical) => "historical hot",
            Self::Cold(Intensifying) => "intensifying cold",
            Self::Cold(Persistent) => "persistent cold",
            Self::Cold(Diminishing) => "diminishing cold",
            Self::Cold(Oscillating) => "oscillating cold",
            Self::Cold(New) => "new cold",
            Self::Cold(Consecutive) => "consecutive cold",
            Self::Cold(Sporadic) => "sporadic cold",
            Self::Cold(Historical) => "historical cold",
        }
    }
}

/// A significant step of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Hot,
    Neither,
    Cold,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmergingPlace {
    pub category: Category,
    pub hot_steps: usize,
    pub cold_steps: usize,
    /// Of the place's z over the steps.
    pub trend: MannKendall,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Emerging {
    /// Of each bin, laid out as the cube.
    pub bins: Significance,
    pub places: Vec<EmergingPlace>,
}

/// The categories of a cube's places. `neighbours` says which places touch; each counts 1, and a place itself counts
/// whether it is named or not. `fdr` is the false-discovery rate over all bins, `trend_alpha` the level of the trend.
///
/// Sparse counts never make a cold spot: no cold is not "safe".
///
/// Errors: no cases, the same count in every bin, fewer than two steps, neighbours of another number of places, a
/// level outside (0, 1). Cost: bins x neighbours, and a sort of the bins.
pub fn emerging(cube: &Cube, neighbours: &Weights, fdr: f64, trend_alpha: f64) -> Result<Emerging, HotspotError> {
    check_alpha(fdr)?;
    check_alpha(trend_alpha)?;
    check_lengths("neighbours", neighbours.len(), "places", cube.places())?;
    if cube.steps < 2 {
        return Err(HotspotError::TooFew { what: "steps", given: cube.steps, needed: 2 });
    }
    let bins = Significance::of(space_time_gi_star(cube, neighbours)?)?;
    let places = (0..cube.places())
        .map(|place| {
            let range = place * cube.steps..(place + 1) * cube.steps;
            let steps: Vec<Step> = range
                .clone()
                .map(|bin| match bins.z[bin] {
                    z if z > 0.0 && bins.q[bin] <= fdr => Step::Hot,
                    z if z < 0.0 && bins.q[bin] <= fdr => Step::Cold,
                    _ => Step::Neither,
                })
                .collect();
            let trend = mann_kendall(&bins.z[range])?;
            let direction = if trend.p <= trend_alpha { trend.s.signum() } else { 0 };
            let count = |kind: Step| steps.iter().filter(|step| **step == kind).count();
            let (hot_steps, cold_steps) = (count(Step::Hot), count(Step::Cold));
            Ok(EmergingPlace { category: categorise(&steps, direction), hot_steps, cold_steps, trend })
        })
        .collect::<Result<_, HotspotError>>()?;
    Ok(Emerging { bins, places })
}

/// The category of a place by its steps and by the direction of its z (1 up, -1 down, 0 neither).
pub fn categorise(steps: &[Step], direction: i64) -> Category {
    let hot = pattern(steps, Step::Hot, Step::Cold, direction).map(Category::Hot);
    let cold = || pattern(steps, Step::Cold, Step::Hot, -direction).map(Category::Cold);
    hot.or_else(cold).unwrap_or(Category::None)
}

/// `direction` is 1 if the place gets more like `own`.
fn pattern(steps: &[Step], own: Step, other: Step, direction: i64) -> Option<Pattern> {
    let count = steps.iter().filter(|step| **step == own).count();
    let family = count as f64 / steps.len() as f64 >= FAMILY;
    let last = *steps.last()? == own;
    if !last {
        return (family && count > 0).then_some(Pattern::Historical);
    }
    let run = steps.iter().rev().take_while(|step| **step == own).count();
    Some(match direction {
        1 if family => Pattern::Intensifying,
        -1 if family => Pattern::Diminishing,
        _ if family => Pattern::Persistent,
        _ if steps.contains(&other) => Pattern::Oscillating,
        _ if count == 1 => Pattern::New,
        _ if run == count => Pattern::Consecutive,
        _ => Pattern::Sporadic,
    })
}

/// Gi* of every bin over the place, its neighbours, this step and the one before (Ord and Getis 1995, weights of 1).
///
/// Sums are whole numbers until the last step, so equal neighbourhoods have equal z to the bit; the trend counts ties.
fn space_time_gi_star(cube: &Cube, neighbours: &Weights) -> Result<Vec<f64>, HotspotError> {
    let bins = cube.counts.len() as f64;
    let total: u64 = cube.counts.iter().map(|count| u64::from(*count)).sum();
    let squares: u64 = cube.counts.iter().map(|count| u64::from(*count) * u64::from(*count)).sum();
    if total == 0 {
        return Err(HotspotError::NoCases);
    }
    let mean = total as f64 / bins;
    let variance = squares as f64 / bins - mean * mean;
    if cube.counts.iter().all(|count| *count == cube.counts[0]) {
        return Err(HotspotError::NoVariation);
    }
    let mut z = Vec::with_capacity(cube.counts.len());
    for place in 0..cube.places() {
        let row = neighbours.row(place).neighbours;
        let others = || row.iter().map(|other| *other as usize).filter(|other| *other != place);
        let width = 1 + others().count();
        let mut before = 0;
        for step in 0..cube.steps {
            let at = |place: usize| u64::from(cube.counts[place * cube.steps + step]);
            let now = at(place) + others().map(at).sum::<u64>();
            let weight = (if step == 0 { width } else { 2 * width }) as f64;
            let spread = (bins * weight - weight * weight) / (bins - 1.0);
            let over = (now + before) as f64 - mean * weight;
            z.push(if spread > 0.0 { over / (variance.sqrt() * spread.sqrt()) } else { 0.0 });
            before = now;
        }
    }
    Ok(z)
}
