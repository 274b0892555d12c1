//! Significance without the normal law: conditional permutations of Gi* and of local Moran.
//!
//! A unit keeps its own value, and its neighbours' values are drawn from all other units without putting back. Both
//! statistics rise or fall with the weighted sum of the neighbours' values, so both have the same p, and one function
//! serves both (with the same neighbours).
//!
//! The p is folded, two-sided: `(#{|drawn - mean| >= |seen - mean|} + 1) / (R + 1)` with the mean of the drawn sums.
//! One-sided counts in the tail that the data chose make about twice as many discoveries as they should.

use crate::analysis::hotspots::error::{HotspotError, check_lengths, check_values};
use crate::analysis::hotspots::weights::Weights;
use crate::analysis::parallel::{in_units, look_up};
use crate::analysis::random::Random;

/// What was drawn; an answer carries it, so that anybody can draw it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permutations {
    /// R, 999 for instance.
    pub draws: u32,
    pub seed: u64,
}

/// p-values by permutation.
#[derive(Debug, Clone, PartialEq)]
pub struct Permuted {
    /// Folded and two-sided, at least 1 / (R + 1).
    pub p: Vec<f64>,
    pub permutations: Permutations,
}

/// Sizes of the table of draws that are refused: draws times the largest number of neighbours.
const MOST_DRAWN: usize = 200_000_000;

/// Draws that one thread makes in one go.
const BATCH: usize = 64;

/// Folded conditional-permutation p of each unit, for Gi* and local Moran alike. A unit's weight for itself is left out;
/// a unit without neighbours, or with all others as neighbours, has p = 1.
///
/// All units read the same random orders, each passing over itself: every p is a proper Monte-Carlo p, only the errors
/// of units with equally many neighbours are made together. So units of equal weights need no draws of their own, and
/// R = 99,999 costs little. Cost: R draws of the largest neighbourhood, one sort of R sums a neighbourhood size;
/// R times the entries of the row for units whose weights differ.
pub fn permuted(
    values: &[f64],
    weights: &Weights,
    permutations: Permutations,
    threads: usize,
) -> Result<Permuted, HotspotError> {
    check_lengths("values", values.len(), "the weights", weights.len())?;
    check_values(values)?;
    if permutations.draws == 0 {
        return Err(HotspotError::TooFew { what: "permutations", given: 0, needed: 1 });
    }
    let sizes: Vec<usize> = (0..weights.len()).map(|unit| neighbours(weights, unit).count()).collect();
    let longest = sizes.iter().copied().max().unwrap_or(0);
    let given = (longest + 1) * permutations.draws as usize;
    if given > MOST_DRAWN {
        let why = "take fewer permutations or smaller neighbourhoods";
        return Err(HotspotError::TooMany { what: "drawn values", given, most: MOST_DRAWN, why });
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let deviations: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let orders = Orders::draw(values.len(), longest + 1, permutations, threads);
    let mut p = vec![1.0; values.len()];
    let (mut alike, mut unlike) = (vec![Vec::new(); longest + 1], Vec::new());
    for (unit, size) in sizes.iter().enumerate() {
        let first = neighbours(weights, unit).next().map_or(0.0, |(_, weight)| weight);
        if neighbours(weights, unit).all(|(_, weight)| weight == first) {
            alike[*size].push(unit);
        } else {
            unlike.push(unit);
        }
    }
    orders.fold_alike(&deviations, weights, &alike, &mut p);
    let slack = slack_of(&deviations);
    let folded = in_units(unlike.len(), threads, |at| orders.fold_one(&deviations, weights, unlike[at], slack));
    for (unit, folded) in unlike.into_iter().zip(folded) {
        p[unit] = folded;
    }
    Ok(Permuted { p, permutations })
}

fn neighbours(weights: &Weights, unit: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    weights.row(unit).iter().filter(move |(neighbour, weight)| *neighbour != unit && *weight > 0.0)
}

/// The first few units of R random orders of all units.
struct Orders {
    length: usize,
    draws: usize,
    /// Order by order.
    units: Vec<u32>,
}

impl Orders {
    fn draw(all: usize, length: usize, permutations: Permutations, threads: usize) -> Self {
        let length = length.min(all);
        let draws = permutations.draws as usize;
        let batches = in_units(draws.div_ceil(BATCH), threads, |batch| {
            let mut random = Random::stream(permutations.seed, batch as u64);
            let mut deck: Vec<u32> = (0..all as u32).collect();
            let mut units = Vec::with_capacity(BATCH * length);
            let mut swaps = vec![0; length];
            for _ in batch * BATCH..((batch + 1) * BATCH).min(draws) {
                // Fisher and Yates as far as needed, then undone.
                for (at, swap) in swaps.iter_mut().enumerate() {
                    *swap = at + random.index(all - at);
                    deck.swap(at, *swap);
                }
                units.extend_from_slice(&deck[..length]);
                for (at, swap) in swaps.iter().enumerate().rev() {
                    deck.swap(at, *swap);
                }
            }
            units
        });
        Self { length, draws, units: batches.concat() }
    }

    fn order(&self, draw: usize) -> &[u32] {
        &self.units[draw * self.length..(draw + 1) * self.length]
    }

    /// Units whose neighbours all weigh the same, by number of neighbours. Nearly all units with k neighbours see the
    /// same R sums, those of the first k drawn; where a unit is itself among them, it takes one more instead.
    fn fold_alike(&self, deviations: &[f64], weights: &Weights, alike: &[Vec<usize>], p: &mut [f64]) {
        let own = self.draws_of_units(deviations.len());
        let slack = slack_of(deviations);
        let mut sums = vec![0.0; self.draws];
        for (size, units) in alike.iter().enumerate().take(deviations.len() - 1) {
            look_up();
            if size > 0 {
                for (draw, sum) in sums.iter_mut().enumerate() {
                    *sum += deviations[self.order(draw)[size - 1] as usize];
                }
            }
            if size == 0 || units.is_empty() {
                continue;
            }
            let mut sorted = sums.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let total: f64 = sorted.iter().sum();
            for unit in units {
                let seen: f64 = neighbours(weights, *unit).map(|(neighbour, _)| deviations[neighbour]).sum();
                let replaced: Vec<(f64, f64)> = own
                    .of(*unit)
                    .filter(|(_, position)| *position < size)
                    .map(|(draw, _)| {
                        let next = deviations[self.order(draw)[size] as usize];
                        (sums[draw], sums[draw] - deviations[*unit] + next)
                    })
                    .collect();
                let change: f64 = replaced.iter().map(|(before, after)| after - before).sum();
                let fold = Fold::new((total + change) / self.draws as f64, seen, slack);
                let among = sorted.partition_point(|sum| *sum <= fold.low)
                    + (self.draws - sorted.partition_point(|sum| *sum < fold.high));
                let gained = replaced.iter().filter(|(_, after)| fold.counts(*after)).count();
                let lost = replaced.iter().filter(|(before, _)| fold.counts(*before)).count();
                p[*unit] = self.share((among.min(self.draws) + gained).saturating_sub(lost));
            }
        }
    }

    /// A unit whose neighbours weigh differently.
    fn fold_one(&self, deviations: &[f64], weights: &Weights, unit: usize, slack: f64) -> f64 {
        let row: Vec<f64> = neighbours(weights, unit).map(|(_, weight)| weight).collect();
        let seen = neighbours(weights, unit).map(|(neighbour, weight)| weight * deviations[neighbour]).sum();
        let sums: Vec<f64> = (0..self.draws)
            .map(|draw| {
                let others = self.order(draw).iter().filter(|other| **other as usize != unit);
                others.zip(&row).map(|(other, weight)| weight * deviations[*other as usize]).sum()
            })
            .collect();
        let fold = Fold::new(sums.iter().sum::<f64>() / self.draws as f64, seen, slack);
        self.share(sums.iter().filter(|sum| fold.counts(**sum)).count())
    }

    fn share(&self, count: usize) -> f64 {
        (count + 1) as f64 / (self.draws + 1) as f64
    }

    /// In which orders each unit is, and where.
    fn draws_of_units(&self, all: usize) -> Appearances {
        let mut starts = vec![0_u32; all + 1];
        for unit in &self.units {
            starts[*unit as usize + 1] += 1;
        }
        for unit in 0..all {
            starts[unit + 1] += starts[unit];
        }
        let mut next = starts.clone();
        let mut places = vec![0; self.units.len()];
        for (place, unit) in self.units.iter().enumerate() {
            places[next[*unit as usize] as usize] = place as u32;
            next[*unit as usize] += 1;
        }
        Appearances { length: self.length, starts, places }
    }
}

struct Appearances {
    length: usize,
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Appearances {
    /// Draw and position of each appearance.
    fn of(&self, unit: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let places = &self.places[self.starts[unit] as usize..self.starts[unit + 1] as usize];
        places.iter().map(|place| (*place as usize / self.length, *place as usize % self.length))
    }
}

/// Sums of the same values in another order differ by rounding only; they are ties.
fn slack_of(deviations: &[f64]) -> f64 {
    1e-10 * deviations.iter().fold(0.0_f64, |largest, deviation| largest.max(deviation.abs()))
}

/// Both tails at or beyond what was seen.
struct Fold {
    low: f64,
    high: f64,
}

impl Fold {
    fn new(mean: f64, seen: f64, slack: f64) -> Self {
        let away = ((seen - mean).abs() - slack).max(0.0);
        Self { low: mean - away, high: mean + away }
    }

    fn counts(&self, sum: f64) -> bool {
        sum <= self.low || sum >= self.high
    }
}
