//! Does the map find where the next cases happen? Hold-out measures of any ranking, and back-tests that roll through
//! time. Show them beside every map: a plain count of the past is hard to beat.

use crate::analysis::hotspots::error::{HotspotError, check_finite, check_lengths, check_not_negative};

/// How well the best-ranked units caught the cases that came later.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    pub units: usize,
    /// Units flagged, the last one perhaps in part.
    pub flagged: usize,
    /// Later cases in all.
    pub cases: u64,
    /// Later cases on flagged units; of a unit flagged in part its share.
    pub hits: f64,
    /// Hits of the best possible choice of equal size.
    pub best_hits: f64,
    /// hits / cases.
    pub hit_rate: f64,
    /// The flagged units' share of the whole size (area, or length on streets).
    pub size_share: f64,
    /// Predictive accuracy index: hit rate / size share (Chainey, Tompson and Uhlig 2008).
    pub pai: f64,
    /// Predictive efficiency index: hits / best hits (Hunt 2016); 0 where even the best choice has none.
    pub pei: f64,
    /// Search efficiency rate: hits per unit of flagged size (Bowers, Johnson and Pease 2004). Per km2 with sizes in
    /// km2, per km with sizes in km.
    pub ser: f64,
}

/// The accuracy of flagging the best-scored units until `share` of the whole is flagged.
///
/// `sizes` are areas or lengths: units are flagged from the best down until their size is that share of all size, the
/// last one in part, with its share of the hits. Otherwise rankings that prefer small units would be judged on less
/// ground than others, and accuracy rises as ground shrinks. None means that all units are alike, each of size 1: then
/// whole units are flagged, their number rounded up. Ties in score go to the lower index.
pub fn accuracy(scores: &[f64], later: &[u32], sizes: Option<&[f64]>, share: f64) -> Result<Accuracy, HotspotError> {
    if !(share > 0.0 && share <= 1.0) {
        return Err(HotspotError::Parameter { what: "share of units", value: share, must: "above 0 and at most 1" });
    }
    check_finite("score", scores)?;
    check_lengths("later counts", later.len(), "the scores", scores.len())?;
    if let Some(sizes) = sizes {
        check_lengths("sizes", sizes.len(), "the scores", scores.len())?;
        check_not_negative("size", sizes)?;
    }
    if scores.is_empty() {
        return Err(HotspotError::TooFew { what: "units", given: 0, needed: 1 });
    }
    let cases: u64 = later.iter().map(|count| u64::from(*count)).sum();
    if cases == 0 {
        return Err(HotspotError::NoCases);
    }
    let ranked = ranking(scores);
    let one = |unit: u32| sizes.map_or(1.0, |sizes| sizes[unit as usize]);
    let whole: f64 = (0..scores.len() as u32).map(one).sum();
    let wanted = match sizes {
        None => flagged_units(scores.len(), share) as f64,
        Some(_) => share * whole,
    };
    if wanted <= 0.0 {
        return Err(HotspotError::Parameter { what: "size of all units", value: whole, must: "above 0" });
    }
    let chosen = choose(&ranked, later, one, wanted);
    let density: Vec<f64> = (0..scores.len() as u32)
        .map(|unit| match (f64::from(later[unit as usize]), one(unit)) {
            // No ground at all: taken for nothing.
            (count, size) if size <= 0.0 => count * f64::MAX.sqrt(),
            (count, size) => count / size,
        })
        .collect();
    let best_hits = choose(&ranking(&density), later, one, wanted).hits;
    let hit_rate = chosen.hits / cases as f64;
    let size_share = chosen.size / whole;
    Ok(Accuracy {
        units: scores.len(),
        flagged: chosen.units,
        cases,
        hits: chosen.hits,
        best_hits,
        hit_rate,
        size_share,
        pai: hit_rate / size_share,
        pei: if best_hits == 0.0 { 0.0 } else { chosen.hits / best_hits },
        ser: chosen.hits / chosen.size,
    })
}

struct Choice {
    units: usize,
    hits: f64,
    size: f64,
}

/// Units from the first down until they are as large as wanted, the last one in part.
fn choose(ranked: &[u32], later: &[u32], size: impl Fn(u32) -> f64, wanted: f64) -> Choice {
    let mut choice = Choice { units: 0, hits: 0.0, size: 0.0 };
    // A hair of rounding does not add one.
    let enough = wanted * (1.0 - 1e-12);
    for unit in ranked {
        if choice.size >= enough {
            break;
        }
        let (count, size) = (f64::from(later[*unit as usize]), size(*unit));
        let part = if size > 0.0 { ((wanted - choice.size) / size).min(1.0) } else { 1.0 };
        choice.units += 1;
        choice.hits += part * count;
        choice.size += part * size;
    }
    choice
}

/// Units by score, best first, ties by index.
pub fn ranking(scores: &[f64]) -> Vec<u32> {
    let mut ranked: Vec<u32> = (0..scores.len() as u32).collect();
    ranked.sort_unstable_by(|a, b| {
        let (left, right) = (scores[*a as usize] + 0.0, scores[*b as usize] + 0.0);
        right.total_cmp(&left).then(a.cmp(b))
    });
    ranked
}

/// Recapture rate index: cases on the flagged units later over before, each as a share of all cases of its period
/// (Levine 2008). 1 means that the flagged units hold their share.
pub fn recapture_rate_index(flagged: &[bool], before: &[u32], later: &[u32]) -> Result<f64, HotspotError> {
    check_lengths("counts before", before.len(), "the units", flagged.len())?;
    check_lengths("later counts", later.len(), "the units", flagged.len())?;
    let share = |counts: &[u32]| {
        let all: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let inside: u64 = counts.iter().zip(flagged).filter(|(_, flagged)| **flagged).map(|(c, _)| u64::from(*c)).sum();
        if all == 0 { Err(HotspotError::NoCases) } else { Ok(inside as f64 / all as f64) }
    };
    let (then, now) = (share(before)?, share(later)?);
    if then == 0.0 {
        return Err(HotspotError::TooFew { what: "cases before on flagged units", given: 0, needed: 1 });
    }
    Ok(now / then)
}

/// How a back-test rolls: train on the past, test on the step after, move the origin on by one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolling {
    /// Steps of time before the first origin.
    pub first_origin: usize,
    /// Steps to train on before each origin; none means all of the past.
    pub window: Option<usize>,
    /// Steps after each origin to test on.
    pub horizon: usize,
}

/// One origin of a back-test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// The test starts at this step.
    pub step: usize,
    pub accuracy: Accuracy,
}

/// A back-test with a rolling origin.
///
/// `counts[step][unit]` are the cases. At each origin `score` gets the steps of the training window, oldest first,
/// and answers one score a unit; it never sees a later step. Origins whose test has no cases are passed over.
pub fn back_test(
    counts: &[Vec<u32>],
    sizes: Option<&[f64]>,
    share: f64,
    rolling: Rolling,
    mut score: impl FnMut(&[Vec<u32>]) -> Result<Vec<f64>, HotspotError>,
) -> Result<Vec<Origin>, HotspotError> {
    if rolling.first_origin == 0 || rolling.horizon == 0 || rolling.window == Some(0) {
        let what = "steps to train on and to test on";
        return Err(HotspotError::TooFew { what, given: 0, needed: 1 });
    }
    let needed = rolling.first_origin.saturating_add(rolling.horizon);
    if counts.len() < needed {
        return Err(HotspotError::TooFew { what: "steps of time", given: counts.len(), needed });
    }
    for step in counts {
        check_lengths("counts of a step", step.len(), "the units", counts[0].len())?;
    }
    let mut origins = Vec::new();
    for step in rolling.first_origin..=counts.len() - rolling.horizon {
        let oldest = rolling.window.map_or(0, |window| step.saturating_sub(window));
        let scores = score(&counts[oldest..step])?;
        let later = sum_of_steps(&counts[step..step + rolling.horizon]);
        match accuracy(&scores, &later, sizes, share) {
            Ok(accuracy) => origins.push(Origin { step, accuracy }),
            Err(HotspotError::NoCases) => {}
            Err(error) => return Err(error),
        }
    }
    if origins.is_empty() { Err(HotspotError::NoCases) } else { Ok(origins) }
}

/// Cases of each unit over all steps: the plain count, to be beaten by whatever is shown.
pub fn sum_of_steps(steps: &[Vec<u32>]) -> Vec<u32> {
    let mut sum = vec![0; steps.first().map_or(0, Vec::len)];
    for step in steps {
        sum.iter_mut().zip(step).for_each(|(sum, count)| *sum += count);
    }
    sum
}

/// `share` of the units, rounded up; a hair of rounding does not add one.
fn flagged_units(units: usize, share: f64) -> usize {
    ((share * units as f64 - 1e-9).ceil() as usize).clamp(1, units)
}
