//! Where cases are more than chance explains, one p-value a cluster: Kulldorff's scan statistics.
//!
//! Every zone of a set of nested zones (circles, balls along the streets) and, with steps of time, every window that
//! ends now is compared with the rest by a likelihood ratio; the largest ratio of data made by chance tells how likely
//! such a cluster is anywhere, so nothing needs correcting for the many zones (Kulldorff 1997; prospective windows
//! 2001; space-time permutation, Kulldorff et al. 2005). p = (draws with at least this ratio + 1) / (draws + 1).
//!
//! Only high rates are looked for. Windows end with the last step; there are no windows of the past.

mod likelihood;
mod replicate;
mod search;
mod zones;

pub use likelihood::{bernoulli_llr, poisson_llr};
pub use zones::{Balls, Extent, Zones};

use crate::analysis::hotspots::HotspotError;
use crate::analysis::hotspots::error::{check_lengths, check_not_negative};
use crate::analysis::hotspots::permutation::Permutations;
use crate::analysis::parallel::in_units;

use likelihood::{Bernoulli, Permutation, Poisson, Score};
use replicate::Replicates;
use search::{Best, Recent, best, largest};

/// Cases, or controls.
const MOST: u64 = 20_000_000;

/// What the cases are compared with. Slices are laid out as the cases: `location * steps + step`.
#[derive(Debug, Clone, Copy)]
pub enum Model<'a> {
    /// Cases in proportion to this: people, patrol minutes, or what a baseline expects, in any unit.
    Poisson { population: &'a [f64] },
    /// Cases among cases and controls.
    Bernoulli { controls: &'a [u32] },
    /// Cases alone: location and step are independent unless there is a cluster.
    Permutation,
}

/// Cases at each location in each step.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// `location * steps + step`, steps in the order of time.
    pub cases: &'a [u32],
    pub steps: usize,
    /// Windows are the last 1, 2, ... up to this many steps; 1 with a single step is purely spatial.
    pub longest_window: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScanCluster {
    /// The number of the centre in its [`Zones`].
    pub centre: usize,
    /// Locations, ascending.
    pub members: Vec<u32>,
    /// From the centre to the furthest member, in the unit of the zones.
    pub radius: f64,
    /// Steps of the window; it ends with the last step.
    pub steps: usize,
    pub observed: u64,
    pub expected: f64,
    /// Observed over expected inside, over the same outside; none if nothing is outside.
    pub relative_risk: Option<f64>,
    /// The logarithm of the likelihood ratio.
    pub llr: f64,
    pub p: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// The most likely cluster, then those that share no location with one before, by falling ratio.
    pub clusters: Vec<ScanCluster>,
    pub permutations: Permutations,
}

/// Scans all zones and windows; answers at most `most_clusters` clusters, with p-values of the largest ratio for all
/// (so those of secondary clusters err on the safe side).
///
/// Equal ratios: the zone of more locations, then the shorter window, then the lower centre.
///
/// Errors: fewer than two cases or locations; slices that do not fit; a population that is negative, not finite, 0
/// where there are cases; no controls; a permutation of cases that are all at one place or in one step; a window of no
/// steps or longer than the period; no draws. Cost: zones x windows x (draws + 1) additions.
pub fn scan(
    zones: &Zones,
    observed: Observed<'_>,
    model: Model<'_>,
    most_clusters: usize,
    permutations: Permutations,
    threads: usize,
) -> Result<Scan, HotspotError> {
    check(zones, observed, model)?;
    if permutations.draws == 0 {
        return Err(HotspotError::TooFew { what: "permutations", given: 0, needed: 1 });
    }
    let replicates = Replicates::new(observed, model, permutations.seed);
    let windows = observed.longest_window;
    let clusters = match model {
        Model::Poisson { population } => {
            let cases: u64 = observed.cases.iter().map(|count| u64::from(*count)).sum();
            let scale = cases as f64 / population.iter().sum::<f64>();
            let expected: Vec<f64> = population.iter().map(|amount| amount * scale).collect();
            let base = recent_sums(&expected, observed.steps, windows);
            find(zones, observed, &Poisson { cases }, &base, most_clusters, &replicates, permutations, threads)
        }
        Model::Bernoulli { controls } => {
            let all: Vec<u64> =
                observed.cases.iter().zip(controls).map(|(a, b)| u64::from(*a) + u64::from(*b)).collect();
            let cases = observed.cases.iter().map(|count| u64::from(*count)).sum();
            let score = Bernoulli { cases, all: all.iter().sum() };
            let base = recent_sums(&all, observed.steps, windows);
            find(zones, observed, &score, &base, most_clusters, &replicates, permutations, threads)
        }
        Model::Permutation => {
            let row: Vec<u64> = observed
                .cases
                .chunks(observed.steps)
                .flat_map(|steps| {
                    let all: u64 = steps.iter().map(|count| u64::from(*count)).sum();
                    std::iter::repeat_n(all, windows)
                })
                .collect();
            let columns: Vec<u64> = (1..=windows)
                .map(|window| {
                    let recent =
                        |steps: &[u32]| steps[steps.len() - window..].iter().map(|n| u64::from(*n)).sum::<u64>();
                    observed.cases.chunks(observed.steps).map(recent).sum()
                })
                .collect();
            let score = Permutation { cases: observed.cases.iter().map(|count| u64::from(*count)).sum(), columns };
            find(zones, observed, &score, &row, most_clusters, &replicates, permutations, threads)
        }
    };
    Ok(Scan { clusters, permutations })
}

/// For each location the sums of its last 1, 2, ... steps.
fn recent_sums<T: Copy + Default + std::ops::Add<Output = T>>(values: &[T], steps: usize, windows: usize) -> Vec<T> {
    let mut sums = Vec::with_capacity(values.len() / steps * windows);
    for own in values.chunks(steps) {
        let mut sum = T::default();
        for value in own.iter().rev().take(windows) {
            sum = sum + *value;
            sums.push(sum);
        }
    }
    sums
}

#[expect(clippy::too_many_arguments, reason = "the parts of one question, taken apart by the model")]
fn find<S: Score>(
    zones: &Zones,
    observed: Observed<'_>,
    score: &S,
    base: &[S::Base],
    most_clusters: usize,
    replicates: &Replicates<'_>,
    permutations: Permutations,
    threads: usize,
) -> Vec<ScanCluster> {
    let windows = observed.longest_window;
    let recent = Recent { cases: &recent_sums(observed.cases, observed.steps, windows), base, windows };
    let mut blocked = vec![false; zones.locations()];
    let mut found: Vec<(Best, S::Base)> = Vec::new();
    while found.len() < most_clusters {
        let Some(cluster) = best(zones, score, recent, &blocked) else { break };
        zones.members(cluster.0.centre, cluster.0.members).iter().for_each(|member| blocked[*member as usize] = true);
        found.push(cluster);
    }
    if found.is_empty() {
        return Vec::new();
    }
    let by_chance = in_units(permutations.draws as usize, threads, |draw| {
        let drawn = replicates.recent(draw as u64);
        largest(zones, score, Recent { cases: &drawn, base, windows })
    });
    found
        .into_iter()
        .map(|(best, base)| {
            let mut members = zones.members(best.centre, best.members).to_vec();
            members.sort_unstable();
            let expected = score.expected(base, best.window);
            let (inside, outside) = (best.cases as f64 / expected, score.cases() as f64 - expected);
            let rest = (score.cases() - best.cases) as f64;
            let at_least = by_chance.iter().filter(|llr| **llr >= best.llr).count();
            ScanCluster {
                centre: best.centre,
                members,
                radius: zones.radius(best.centre, best.members),
                steps: best.window + 1,
                observed: best.cases,
                expected,
                relative_risk: (rest > 0.0 && outside > 0.0).then(|| inside / (rest / outside)),
                llr: best.llr,
                p: (at_least + 1) as f64 / (f64::from(permutations.draws) + 1.0),
            }
        })
        .collect()
}

fn too_many(what: &'static str, given: u64) -> Result<(), HotspotError> {
    let why = "each is held in memory to be dealt out by chance";
    Err(HotspotError::TooMany { what, given: given as usize, most: MOST as usize, why })
}

fn check(zones: &Zones, observed: Observed<'_>, model: Model<'_>) -> Result<(), HotspotError> {
    let Observed { cases, steps, longest_window } = observed;
    if steps == 0 || longest_window == 0 || longest_window > steps {
        let must = "at least 1 and at most the number of steps";
        return Err(HotspotError::Parameter { what: "the longest window", value: longest_window as f64, must });
    }
    check_lengths("cases", cases.len(), "locations and steps", zones.locations() * steps)?;
    match cases.iter().map(|count| u64::from(*count)).sum::<u64>() {
        0 => return Err(HotspotError::NoCases),
        1 => return Err(HotspotError::OneCase),
        given if given > MOST => return too_many("cases", given),
        _ => {}
    }
    match model {
        Model::Poisson { population } => {
            check_lengths("population", population.len(), "locations and steps", cases.len())?;
            check_not_negative("population", population)?;
            if let Some(index) = (0..cases.len()).find(|index| cases[*index] > 0 && population[*index] == 0.0) {
                let range = "more than 0 where there are cases".to_owned();
                return Err(HotspotError::OutOfRange { what: "population", index, value: 0.0, range });
            }
        }
        Model::Bernoulli { controls } => {
            check_lengths("controls", controls.len(), "locations and steps", cases.len())?;
            if controls.iter().all(|count| *count == 0) {
                return Err(HotspotError::TooFew { what: "controls", given: 0, needed: 1 });
            }
            let given = controls.iter().map(|count| u64::from(*count)).sum();
            if given > MOST {
                return too_many("controls", given);
            }
        }
        Model::Permutation => {
            if cases.chunks(steps).filter(|own| own.iter().any(|count| *count > 0)).count() == 1 {
                return Err(HotspotError::OnePlace);
            }
            if (0..steps).filter(|step| cases.iter().skip(*step).step_by(steps).any(|count| *count > 0)).count() == 1 {
                return Err(HotspotError::NoVariation);
            }
        }
    }
    Ok(())
}
