//! Cases dealt out by chance as a model says, the total kept.

use crate::analysis::random::Random;

use super::{Model, Observed};

/// Draws of one model; draw `k` takes stream `k` of the seed.
pub(super) struct Replicates<'a> {
    observed: Observed<'a>,
    seed: u64,
    kind: Kind,
}

enum Kind {
    /// Each case into a cell in proportion to its population.
    Poisson { cases: usize, cells: Alias },
    /// Which of the cases and controls are the cases: the cell of each.
    Bernoulli { cases: usize, cells: Vec<u32> },
    /// The location and the step of each case.
    Permutation { locations: Vec<u32>, steps: Vec<u32> },
}

impl<'a> Replicates<'a> {
    pub fn new(observed: Observed<'a>, model: Model<'_>, seed: u64) -> Self {
        let repeat = |counts: &mut dyn Iterator<Item = u32>| -> Vec<u32> {
            counts.enumerate().flat_map(|(cell, count)| std::iter::repeat_n(cell as u32, count as usize)).collect()
        };
        let each = repeat(&mut observed.cases.iter().copied());
        let kind = match model {
            Model::Poisson { population } => Kind::Poisson { cases: each.len(), cells: Alias::new(population) },
            Model::Bernoulli { controls } => Kind::Bernoulli {
                cases: each.len(),
                cells: repeat(&mut observed.cases.iter().zip(controls).map(|(a, b)| a + b)),
            },
            Model::Permutation => Kind::Permutation {
                locations: each.iter().map(|cell| cell / observed.steps as u32).collect(),
                steps: each.iter().map(|cell| cell % observed.steps as u32).collect(),
            },
        };
        Self { observed, seed, kind }
    }

    /// Cases of each location in the last 1, 2, ... steps.
    pub fn recent(&self, draw: u64) -> Vec<u32> {
        let Observed { cases, steps, longest_window: windows } = self.observed;
        let mut random = Random::stream(self.seed, draw);
        let mut recent = vec![0; cases.len() / steps * windows];
        let mut add = |location: usize, step: usize| {
            let age = steps - 1 - step;
            if age < windows {
                recent[location * windows + age] += 1;
            }
        };
        match &self.kind {
            Kind::Poisson { cases, cells } => (0..*cases).for_each(|_| {
                let cell = cells.draw(&mut random);
                add(cell / steps, cell % steps);
            }),
            Kind::Bernoulli { cases, cells } => {
                let mut cells = cells.clone();
                for taken in 0..*cases {
                    let other = taken + random.index(cells.len() - taken);
                    cells.swap(taken, other);
                    let cell = cells[taken] as usize;
                    add(cell / steps, cell % steps);
                }
            }
            Kind::Permutation { locations, steps } => {
                let mut steps = steps.clone();
                random.shuffle(&mut steps);
                locations.iter().zip(&steps).for_each(|(location, step)| add(*location as usize, *step as usize));
            }
        }
        // So far by age; a window holds all ages up to its own.
        for own in recent.chunks_mut(windows) {
            (1..windows).for_each(|window| own[window] += own[window - 1]);
        }
        recent
    }
}

/// Drawing an index in proportion to its weight, in constant time (Walker 1977; Vose 1991).
struct Alias {
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl Alias {
    /// Weights are not negative, and not all 0.
    fn new(weights: &[f64]) -> Self {
        let scale = weights.len() as f64 / weights.iter().sum::<f64>();
        let mut keep: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let mut other: Vec<u32> = (0..weights.len() as u32).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) = other.iter().partition(|at| keep[**at as usize] < 1.0);
        while let (Some(low), Some(high)) = (small.pop(), large.last().copied()) {
            other[low as usize] = high;
            keep[high as usize] -= 1.0 - keep[low as usize];
            if keep[high as usize] < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        // What rounding left over is 1, unless it had no weight at all.
        small
            .into_iter()
            .chain(large)
            .for_each(|at| keep[at as usize] = if weights[at as usize] > 0.0 { 1.0 } else { keep[at as usize] });
        Self { keep, other }
    }

    fn draw(&self, random: &mut Random) -> usize {
        let at = random.index(self.keep.len());
        if random.unit() < self.keep[at] { at } else { self.other[at] as usize }
    }
}
