//! The search for a good labelling: several starts, each annealed from coarse to fine, then plans are crossed.
//!
//! Crossing: what two or more plans agree on becomes one unit; the few hundred units left are annealed in milliseconds,
//! so the best borders of all parents are tried in all combinations (Sanders and Schulz 2012 do so with partitions).
//! Same answer on any number of threads: starts and children are fixed units of work with streams of their own.

use super::anneal::{Cooling, OUTSIDE, anneal};
use super::coarsen::levels;
use super::crossing::Crossing;
use super::descent::Descent;
use super::model::Model;
use super::repair::make_whole;
use crate::analysis::parallel::in_units;
use crate::analysis::random::Random;

/// How much is tried. All counts, no clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Labellings from scratch.
    pub starts: usize,
    /// Rounds of crossing, and children a round.
    pub rounds: usize,
    pub children: usize,
    /// Moves tried on each level of each start or child.
    pub moves: u64,
    /// Temperature of a start on its coarsest and on its finest level; a seam costs 1.
    pub hot: f64,
    pub cold: f64,
}

impl Effort {
    /// What is tried if nobody says: more moves on larger models, more plans on small ones, which are rugged and cheap.
    /// `costs`: units have costs of their own, so that the first labelling is near its place.
    pub fn usual(units: usize, costs: bool) -> Self {
        let moves = (50_000.0 * (units as f64 / 7000.0).sqrt().max(1.0)) as u64;
        let (starts, rounds, children) = match (costs, units) {
            (true, ..1000) => (8, 5, 4),
            (false, ..200) => (16, 12, 8),
            (false, 200..1000) => (12, 7, 8),
            (_, ..4000) => (8, 8, 4),
            (_, ..50_000) => (6, 5, 4),
            _ => (4, 4, 4),
        };
        let (hot, cold) = match (costs, units) {
            (true, _) => (1.0, 0.2),
            (false, ..2000) => (3.0, 0.3),
            (false, _) => (2.0, 0.4),
        };
        Self { starts, rounds, children, moves, hot, cold }
    }
}

/// A price of the units' costs that follows their sum: as many seams are saved as `most` allows.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// The most that the sum of the units' costs should be.
    pub most: f64,
    /// Between which the price stays.
    pub least_price: f64,
    pub most_price: f64,
}

/// What one plan is worth, in parts.
#[derive(Debug, Clone)]
struct Known {
    label: Vec<u32>,
    cost: f64,
    nets: f64,
    excess: f64,
}

pub struct Search<'a> {
    pub model: &'a Model,
    pub effort: Effort,
    pub allowance: Option<Allowance>,
    pub seed: u64,
    pub threads: usize,
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// Tries to bring a plan into the band at the end.
const RESCUES: u64 = 5;
/// What a plan outside its band pays at least, in seams, when plans are compared.
const FAULT: f64 = 30.0;
/// Plans kept for crossing.
const POOL: usize = 10;

impl Search<'_> {
    /// The best labelling found and the price of costs it was found with. `first` gives the labelling of a start, in pieces
    /// or not; `told` hears the share of the work that is done. Err: a unit that cannot be joined to its label.
    pub fn run(
        &self,
        first: &(dyn Fn(usize, &mut Random) -> Vec<u32> + Sync),
        told: &mut dyn FnMut(f64),
    ) -> Result<(Vec<u32>, f64), u32> {
        let mut model = self.model.clone();
        if model.labels == 1 {
            return Ok((vec![0; model.units()], model.cost_price));
        }
        let all = (self.effort.starts + self.effort.rounds * self.effort.children).max(1) as f64;
        let started = in_units(self.effort.starts, self.threads, |start| {
            let mut random = Random::stream(self.seed, start as u64);
            let mut label = first(start, &mut random);
            make_whole(&model, &mut label)?;
            let label = self.cycle(&model, &label, self.effort.hot, &mut random);
            Ok::<_, u32>(known(&model, label))
        });
        let mut pool = started.into_iter().collect::<Result<Vec<_>, _>>()?;
        told(self.effort.starts as f64 / all);
        self.sort(&mut pool, model.cost_price);
        for round in 0..self.effort.rounds {
            if (self.stop)() || self.effort.children == 0 {
                break;
            }
            if let Some(allowance) = self.allowance {
                let share = pool[0].cost / allowance.most.max(1e-300);
                let factor = if share > 1.0 {
                    1.3
                } else if share < 0.998 {
                    0.8
                } else {
                    1.0
                };
                model.cost_price = (model.cost_price * factor).clamp(allowance.least_price, allowance.most_price);
            }
            let children = in_units(self.effort.children, self.threads, |child| {
                let number = self.effort.starts + round * self.effort.children + child;
                let mut random = Random::stream(self.seed, number as u64);
                self.child(&model, &pool, child, &mut random)
            });
            pool.extend(children.into_iter().flatten());
            self.sort(&mut pool, model.cost_price);
            told((self.effort.starts + (round + 1) * self.effort.children) as f64 / all);
        }
        let mut best = pool.swap_remove(0);
        for number in 0..RESCUES {
            if best.excess == 0.0 || (self.stop)() {
                break;
            }
            // Hotter each time: what keeps it out of the band may lie far away.
            let mut random = Random::stream(self.seed, (1 << 32) + number);
            let heat = self.effort.cold * 2.0f64.powi(number as i32);
            let again = known(&model, self.cycle_at(&model, &best.label, heat, 10.0, &mut random));
            if again.excess < best.excess {
                best = again;
            }
        }
        Ok((best.label, model.cost_price))
    }

    /// Best first; equal ones once.
    fn sort(&self, pool: &mut Vec<Known>, price: f64) {
        let worth = |known: &Known| {
            let over = self.allowance.map_or(0.0, |allowance| (known.cost - allowance.most).max(0.0));
            // Over the allowance a plan pays three times the price, below it nothing more than it is.
            price * (known.cost + 3.0 * over)
                + known.nets
                + OUTSIDE * known.excess
                + if known.excess > 0.0 { FAULT } else { 0.0 }
        };
        pool.sort_by(|a, b| worth(a).total_cmp(&worth(b)).then_with(|| a.label.cmp(&b.label)));
        pool.dedup_by(|a, b| a.label == b.label);
        pool.truncate(POOL);
    }

    /// A crossing of some plans, then a cool run from coarse to fine; every fourth child is a hot run from one plan.
    fn child(&self, model: &Model, pool: &[Known], child: usize, random: &mut Random) -> Vec<Known> {
        if child % 4 == 3 || pool.len() < 2 {
            let parent = &pool[random.index(pool.len())].label;
            // Small models are cheap and rugged: there it may get hotter than at the start.
            let most = if model.units() < 200 { 4.0 * self.effort.hot } else { self.effort.hot };
            let heat = self.effort.cold * (most / self.effort.cold).powf(random.unit());
            return vec![known(model, self.cycle(model, parent, heat, random))];
        }
        if child % 4 == 2 && model.units() < 200 {
            return vec![known(model, self.wander(model, &pool[random.index(pool.len())].label, random))];
        }
        let first = if child % 4 == 2 { random.index(pool.len()) } else { 0 };
        let mut parents = vec![pool[first].label.as_slice()];
        for _ in 0..=random.index(3) {
            parents.push(&pool[random.index(pool.len())].label);
        }
        let crossing = Crossing::new(model, &parents);
        let cooling = Cooling {
            moves: self.effort.moves,
            hot: self.effort.hot,
            cold: 0.5 * self.effort.cold,
            loose: looseness(&crossing.model, self.effort.hot),
            tight: 3000.0,
            slack: 0.0,
            lead: &[],
            seldom: 1,
        };
        let label = anneal(&crossing.model, crossing.label.clone(), &cooling, random, self.stop);
        let label = crossing.spread(&label);
        let refined = self.cycle(model, &label, 1.5 * self.effort.cold, random);
        vec![known(model, label), known(model, refined)]
    }

    /// Walks at one temperature, so that it leaves the deep valleys of models with few and heavy units.
    fn wander(&self, model: &Model, label: &[u32], random: &mut Random) -> Vec<u32> {
        let heat = 0.3 * self.effort.hot * 3.0f64.powf(random.unit());
        let price = looseness(model, heat) * 2.0 * 4.0f64.powf(random.unit());
        let moves = 4 * self.effort.moves;
        let (hot, cold) = (heat, 0.5 * heat);
        let cooling = Cooling { moves, hot, cold, loose: price, tight: 2.0 * price, slack: 0.0, lead: &[], seldom: 1 };
        anneal(model, label.to_vec(), &cooling, random, self.stop)
    }

    /// Anneals from coarse to fine. Units of one label are joined only, so `label` stays what it is until it is improved.
    fn cycle(&self, model: &Model, label: &[u32], hot: f64, random: &mut Random) -> Vec<u32> {
        self.cycle_at(model, label, hot, 1.0, random)
    }

    /// `strict` multiplies the last price of leaving the band.
    fn cycle_at(&self, model: &Model, label: &[u32], hot: f64, strict: f64, random: &mut Random) -> Vec<u32> {
        let tight = if model.units() < 200 { 2000.0 * 5.0f64.powf(random.unit()) } else { 2000.0 };
        let least = model.target.iter().copied().fold(f64::INFINITY, f64::min);
        let levels = levels(model, Some(label), 20 * model.labels, least / 20.0, random);
        let Effort { moves, cold, .. } = self.effort;
        let descent = Descent {
            levels: &levels,
            moves,
            finest: 1,
            hot,
            cold,
            tight,
            strict,
            price: None,
            lead: &[],
            seldom: 1,
            stop: self.stop,
        };
        descent.run(model, label, random)
    }
}

/// The first price of leaving the band: low enough for a unit of usual weight to leave it while it is hot.
pub fn looseness(model: &Model, heat: f64) -> f64 {
    let total: f64 = model.weight.iter().sum();
    let usual = model.weight.iter().map(|weight| weight * weight).sum::<f64>() / total.max(1e-300);
    let target = model.target.iter().sum::<f64>() / model.labels as f64;
    (2.0 * heat * target / usual.max(1e-300)).min(200.0)
}

fn known(model: &Model, label: Vec<u32>) -> Known {
    Known { cost: model.unit_cost(&label), nets: model.net_cost(&label), excess: model.excess(&label), label }
}
