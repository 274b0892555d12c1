//! Which single sections have more cases than their neighbourhood explains: the layer to target by.
//!
//! Gi* averages over neighbours and so loses single hot streets. This test asks of each section alone whether its
//! count is too high for a section of its exposure in this part of the town, given how unevenly cases fall on streets
//! here. Exposure is length, or better patrol effort: cases are made by patrols, so maps without it repeat the rota.

use crate::analysis::hotspots::dispersion::{self, Counted};
use crate::analysis::hotspots::error::{HotspotError, check_alpha, check_not_negative, check_positive};
use crate::analysis::hotspots::fdr::q_values;
use crate::analysis::hotspots::neighbourhood::{Around, Neighbourhood, check_units};
use crate::analysis::hotspots::special::negative_binomial_tail;

/// Cases that a neighbourhood without any is taken to have: none seen is no proof of none ever.
const LEAST_CASES: f64 = 0.5;

/// What is said of one section.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Excess {
    /// No exposure: nobody looked. Never to be drawn as quiet.
    NotObserved,
    /// No other section with exposure within the distance: there is nothing to compare with.
    Alone,
    Tested(Tested),
}

/// A section against its neighbourhood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// Cases that the rate of the neighbourhood would give here.
    pub expected: f64,
    /// P(X >= count), negative binomial.
    pub p: f64,
    /// After Benjamini and Hochberg, over the sections that were tested.
    pub q: f64,
    /// q <= alpha.
    pub hot: bool,
}

/// The answer for all sections.
#[derive(Debug, Clone, PartialEq)]
pub struct Excesses {
    pub sections: Vec<Excess>,
    /// k of the negative binomial: variance = mean + mean^2 / k. Infinite: no more uneven than chance (Poisson).
    pub dispersion: f64,
    pub alpha: f64,
}

impl Excesses {
    /// Sections with a significant excess, ascending.
    pub fn hot(&self) -> Vec<usize> {
        let hot = |excess: &Excess| matches!(excess, Excess::Tested(Tested { hot: true, .. }));
        (0..self.sections.len()).filter(|section| hot(&self.sections[*section])).collect()
    }
}

/// Tests each section's count against a negative binomial whose mean is the rate of its neighbours times its exposure.
///
/// `neighbourhood` says which sections those are, best all within 600 m along the network
/// (`Weights::network_band`), on cells [`Discs`](crate::analysis::hotspots::neighbourhood::Discs); a section's weight for itself and the sizes of weights are left out. `exposures` are
/// lengths in metres, patrol minutes, or whatever cases are proportional to. `dispersion` is k where it is known
/// (from a longer past, say); none means that [`estimate_dispersion`] estimates it from these counts.
/// A neighbourhood without cases is taken to have half a one.
pub fn excess(
    counts: &[u32],
    exposures: &[f64],
    neighbourhood: &impl Neighbourhood,
    dispersion: Option<f64>,
    alpha: f64,
) -> Result<Excesses, HotspotError> {
    check_alpha(alpha)?;
    check_input(counts, exposures, neighbourhood)?;
    let all_around = neighbourhood.around(counts, exposures);
    let dispersion = match dispersion {
        Some(given) if given != f64::INFINITY => {
            check_positive("dispersion", given)?;
            given
        }
        Some(given) => given,
        None => estimate(counts, exposures, &all_around),
    };
    let mut sections = vec![Excess::NotObserved; counts.len()];
    let mut tested = Vec::new();
    let mut p_values = Vec::new();
    for (section, (count, exposure)) in counts.iter().zip(exposures).enumerate() {
        if *exposure == 0.0 {
            continue;
        }
        let Some(expected) = expected(&all_around[section], *exposure) else {
            sections[section] = Excess::Alone;
            continue;
        };
        let p = negative_binomial_tail(u64::from(*count), expected, dispersion).clamp(0.0, 1.0);
        tested.push((section, expected));
        p_values.push(p);
    }
    let q_values = q_values(&p_values)?;
    for (((section, expected), p), q) in tested.into_iter().zip(p_values).zip(q_values) {
        sections[section] = Excess::Tested(Tested { expected, p, q, hot: q <= alpha });
    }
    Ok(Excesses { sections, dispersion, alpha })
}

/// How unevenly cases fall on streets of the same part of the town: one k for all sections, at most 1,000; infinite
/// where no neighbourhood has a case and five sections with exposure.
///
/// Lies between the median of moment estimates in each neighbourhood and maximum likelihood without what looks like a
/// hotspot: nearer to the second the more the rates of sections look gamma distributed. On towns of 1,512 sections with
/// gamma or log-normal noise and 15 hotspots, this finds 13 to 15 of them with a precision of 0.8 to 0.97.
/// Cost: the entries of the neighbourhood, and about 80 likelihoods of each section.
pub fn estimate_dispersion(
    counts: &[u32],
    exposures: &[f64],
    neighbourhood: &impl Neighbourhood,
) -> Result<f64, HotspotError> {
    check_input(counts, exposures, neighbourhood)?;
    Ok(estimate(counts, exposures, &neighbourhood.around(counts, exposures)))
}

fn estimate(counts: &[u32], exposures: &[f64], all_around: &[Around]) -> f64 {
    let (mut local, mut counted) = (Vec::new(), Vec::new());
    for ((count, exposure), around) in counts.iter().zip(exposures).zip(all_around) {
        local.extend(dispersion::of_neighbourhood(around));
        if let Some(expected) = expected(around, *exposure) {
            counted.push(Counted { count: *count, expected });
        }
    }
    dispersion::estimate(&counted, &mut local)
}

/// None without exposure here or around.
fn expected(around: &Around, exposure: f64) -> Option<f64> {
    let known = around.exposure > 0.0 && exposure > 0.0;
    known.then(|| around.cases.max(LEAST_CASES) / around.exposure * exposure)
}

fn check_input(counts: &[u32], exposures: &[f64], neighbourhood: &impl Neighbourhood) -> Result<(), HotspotError> {
    check_units(neighbourhood, counts, exposures)?;
    check_not_negative("exposure", exposures)?;
    if counts.len() < 2 {
        return Err(HotspotError::TooFew { what: "sections", given: counts.len(), needed: 2 });
    }
    match counts.iter().map(|count| u64::from(*count)).sum::<u64>() {
        0 => Err(HotspotError::NoCases),
        1 => Err(HotspotError::OneCase),
        all if counts.iter().any(|count| u64::from(*count) == all) => Err(HotspotError::OnePlace),
        _ => Ok(()),
    }
}
