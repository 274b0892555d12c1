//! The search for a changed plan: from the last one, hand-overs and seams weighed so that neither outgrows its allowance.
//!
//! Hand-overs may exceed their flow bound by a quarter, seams those of the last plan by a tenth. What part of its allowance
//! each plan uses sets the price at which the next ones are sought from it, so the price settles where both are used alike.
//! Same answer on any number of threads: starts and children are fixed units of work with streams of their own.

use std::cmp::Ordering;

use super::anneal::{Cooling, anneal_at};
use super::coarsen::{Level, levels};
use super::crossing::Crossing;
use super::descent::Descent;
use super::model::Model;
use super::peel::peel;
use super::search::{Effort, looseness};
use crate::analysis::parallel::in_units;
use crate::analysis::random::Random;

/// By what share hand-overs may exceed their flow bound, and seams those of the last plan.
const HANDOVER_ALLOWANCE: f64 = 0.25;
const SEAMS_ALLOWANCE: f64 = 0.10;
/// The dearest hand-over of all work, in seams.
const DEAREST: f64 = 20_000.0;
/// What exceeding an allowance by as much again is worth, where using all of it is worth 1.
const OVER: f64 = 20.0;
/// How strongly the price leans to what uses more of its allowance.
const LEAN: f64 = 4.0;
/// Moves on the finest level beside those on coarser ones, and how seldom hanging pieces are looked for.
const FINEST: u64 = 4;
const SELDOM: u64 = 4;
/// Batches of starts and children until the allowances are kept, at most.
pub const BATCHES: usize = 5;
/// Hierarchies of blocks that starts share.
const HIERARCHIES: usize = 4;
/// How hot plans that are put together from parcels get, beside the coldest.
const WARM: f64 = 3.0;
/// Plans kept for crossing.
const POOL: usize = 10;
/// Tries to bring a plan into the band at the end.
const RESCUES: u64 = 5;

/// What has to change hands.
pub struct Flow {
    /// As a share of all work.
    pub share: f64,
    /// What one more of load costs each label, as `Cooling` takes it.
    pub lead: Vec<f64>,
}

/// One change of plan. Costs of `model` are shares of all work: hand-overs, and travel as far as it counts beside them.
#[derive(Clone, Copy)]
pub struct Rebalance<'a> {
    pub model: &'a Model,
    /// The part of `model.cost` that is travel; empty without bases.
    pub travel: &'a [f64],
    pub flow: &'a Flow,
    /// Seams of the last plan, and its travel as far as it counts.
    pub seams: f64,
    pub travelled: f64,
    pub effort: Effort,
    pub seed: u64,
    pub threads: usize,
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// A plan and what it uses.
#[derive(Debug, Clone)]
pub struct Known {
    pub label: Vec<u32>,
    excess: f64,
    /// Parts of the allowances that are used: 0 at the bound and at the seams of the last plan, 1 at the allowance.
    handover: f64,
    seams: f64,
    /// The less the better: steep above an allowance.
    worth: f64,
}

impl Known {
    pub fn keeps_allowances(&self) -> bool {
        self.excess <= 0.0 && self.handover <= 1.0 && self.seams <= 1.0
    }

    /// Better first. Leaving the bands by a thousandth of the targets outweighs all else.
    pub fn order(&self, other: &Self) -> Ordering {
        let outside = |known: &Self| (1000.0 * known.excess).ceil();
        let order = outside(self).total_cmp(&outside(other)).then(self.worth.total_cmp(&other.worth));
        order.then_with(|| self.label.cmp(&other.label))
    }
}

/// What the starts of one batch share.
struct Starts<'s> {
    label: &'s [u32],
    /// Hierarchies of blocks: making one costs as much as searching it.
    blocks: Vec<Vec<Level>>,
    /// One a start.
    prices: Vec<f64>,
}

impl Rebalance<'_> {
    /// The best plan of one batch from `label`, whose labels are one piece each: starts, which try prices between a `spread`-th
    /// and `spread` times the one at `label`, then children of the best plans known. Batches know nothing of each other: one
    /// that goes on from where another ended seldom leaves it again.
    pub fn batch(&self, label: &[u32], spread: f64, number: usize, told: &mut dyn FnMut(f64)) -> Known {
        let last = self.known(label.to_vec());
        if self.model.labels == 1 {
            return last;
        }
        let effort = &self.effort;
        let all = (effort.starts + effort.rounds * effort.children).max(1);
        let stream = |at: usize| Random::stream(self.seed, (number * all + at) as u64);
        let starts = self.starts(label, self.price(&last), spread, number);
        let mut pool = in_units(effort.starts, self.threads, |at| self.known(self.start(&starts, at, &mut stream(at))));
        pool.push(last);
        sort(&mut pool);
        let mut done = effort.starts;
        told(done as f64 / all as f64);
        for _ in 0..effort.rounds {
            if (self.stop)() || effort.children == 0 {
                break;
            }
            let children = in_units(effort.children, self.threads, |child| {
                self.child(&pool, child, effort, &mut stream(done + child))
            });
            pool.extend(children.into_iter().flatten());
            sort(&mut pool);
            done += effort.children;
            told(done as f64 / all as f64);
        }
        self.rescued(pool.swap_remove(0))
    }

    fn starts<'s>(&self, label: &'s [u32], price: f64, spread: f64, number: usize) -> Starts<'s> {
        let starts = self.effort.starts;
        let blocks = in_units(HIERARCHIES.min(starts / 2), self.threads, |at| {
            self.blocks(label, &mut Random::stream(self.seed, (1 << 33) + (number * HIERARCHIES + at) as u64))
        });
        let prices = (0..starts).map(|at| price * spread.powf(2.0 * at as f64 / starts as f64 - 1.0)).collect();
        Starts { label, blocks, prices }
    }

    /// `best`, brought into its bands if it is not yet.
    fn rescued(&self, mut best: Known) -> Known {
        let effort = &self.effort;
        for number in 0..RESCUES {
            if best.excess == 0.0 || (self.stop)() {
                break;
            }
            // Hotter each time: what keeps it out of the band may lie far away.
            let mut random = Random::stream(self.seed, (1 << 32) + number);
            let heat = effort.cold * 2.0f64.powi(number as i32);
            let price = self.price(&best);
            let again = self.known(self.cycle(&best.label, price, heat, 10.0, effort, &mut random));
            if again.excess < best.excess {
                best = again;
            }
        }
        best
    }

    /// Every second start is put together from parcels and only has to be mended; the others anneal from hot.
    fn start(&self, starts: &Starts<'_>, at: usize, random: &mut Random) -> Vec<u32> {
        let Starts { label, blocks, prices } = starts;
        if at.is_multiple_of(2) {
            let label = peel(self.model, label, prices[prices.len() / 2], random);
            return self.cycle(&label, prices[at], WARM * self.effort.cold, 1.0, &self.effort, random);
        }
        let blocks = &blocks[at / 2 % blocks.len()];
        self.descend(blocks, label, prices[at], (self.effort.hot, 1.0), &self.effort, random)
    }

    /// A crossing of some plans, then a cool run from coarse to fine; every fourth child is a hot run from one plan.
    fn child(&self, pool: &[Known], child: usize, effort: &Effort, random: &mut Random) -> Vec<Known> {
        let model = self.model;
        let first = if child % 4 < 2 || pool.len() < 2 { 0 } else { random.index(pool.len()) };
        let price = self.price(&pool[first]) * 2.0f64.powf(random.unit() - 0.5);
        if child % 4 == 3 || pool.len() < 2 {
            let heat = effort.cold * (effort.hot / effort.cold).powf(random.unit());
            return vec![self.known(self.cycle(&pool[first].label, price, heat, 1.0, effort, random))];
        }
        let mut parents = vec![pool[first].label.as_slice()];
        for _ in 0..=random.index(8) {
            parents.push(&pool[random.index(pool.len())].label);
        }
        let crossing = Crossing::new(model, &parents);
        let cooling = Cooling {
            moves: 4 * effort.moves,
            hot: 0.5 * effort.hot,
            cold: 0.5 * effort.cold,
            loose: looseness(&crossing.model, effort.hot),
            tight: 3000.0,
            slack: 0.0,
            lead: &self.flow.lead,
            seldom: SELDOM,
        };
        let label = anneal_at(&crossing.model, crossing.label.clone(), price, &cooling, random, self.stop);
        let label = crossing.spread(&label);
        let refined = self.cycle(&label, price, 1.5 * effort.cold, 1.0, effort, random);
        vec![self.known(label), self.known(refined)]
    }

    /// Anneals from coarse to fine at one price; `strict` multiplies the last price of leaving the band.
    fn cycle(
        &self,
        label: &[u32],
        price: f64,
        hot: f64,
        strict: f64,
        effort: &Effort,
        random: &mut Random,
    ) -> Vec<u32> {
        let blocks = self.blocks(label, random);
        self.descend(&blocks, label, price, (hot, strict), effort, random)
    }

    /// A hierarchy of blocks, none across labels.
    fn blocks(&self, label: &[u32], random: &mut Random) -> Vec<Level> {
        let least = self.model.target.iter().copied().fold(f64::INFINITY, f64::min);
        levels(self.model, Some(label), 20 * self.model.labels, least / 20.0, random)
    }

    /// Anneals on each level of a hierarchy made for `label`.
    fn descend(
        &self,
        levels: &[Level],
        label: &[u32],
        price: f64,
        (hot, strict): (f64, f64),
        effort: &Effort,
        random: &mut Random,
    ) -> Vec<u32> {
        let Effort { moves, cold, .. } = *effort;
        let descent = Descent {
            levels,
            moves,
            finest: FINEST,
            hot,
            cold,
            tight: 2000.0,
            strict,
            price: Some(price),
            lead: &self.flow.lead,
            seldom: SELDOM,
            stop: self.stop,
        };
        descent.run(self.model, label, random)
    }

    /// The price of costs at which seams and hand-overs use up their allowances alike, as seen from one plan.
    pub fn price(&self, known: &Known) -> f64 {
        let even = self.seams_allowed() / (HANDOVER_ALLOWANCE * self.flow.share + 1e-4);
        let lean = if known.excess > 0.0 { 0.0 } else { (known.handover - known.seams).clamp(-1.0, 1.0) };
        (even * (LEAN * lean).exp()).min(DEAREST)
    }

    /// Seams that the plan may have more than the last one; at least one.
    fn seams_allowed(&self) -> f64 {
        (SEAMS_ALLOWANCE * self.seams + 1e-9).floor().max(1.0)
    }

    fn known(&self, label: Vec<u32>) -> Known {
        let model = self.model;
        let (cost, travel) = (model.unit_cost(&label), sum_of(self.travel, model.labels, &label));
        // Travel that is saved makes no room for hand-overs.
        let share = (cost - travel).max(cost - self.travelled);
        let handover = (share / (self.flow.share + 1e-4) - 1.0) / HANDOVER_ALLOWANCE;
        let seams = (model.net_cost(&label) - self.seams) / self.seams_allowed();
        let excess = model.excess(&label);
        // A little more of the one is no price for the other's allowance.
        let over = |part: f64| OVER * (part - 1.0).max(0.0);
        let steep = |part: f64| (4.0 * (part - 1.0)).exp() + 0.1 * part.max(-1.0) + over(part);
        let worth = steep(handover.min(20.0)) + steep(seams.min(20.0));
        Known { label, excess, handover, seams, worth }
    }
}

/// Sum of the costs of a labelling; nothing where there are none.
pub fn sum_of(costs: &[f64], labels: usize, label: &[u32]) -> f64 {
    costs.chunks_exact(labels).zip(label).map(|(row, &own)| row[own as usize]).sum()
}

/// Best first; equal ones once.
fn sort(pool: &mut Vec<Known>) {
    pool.sort_by(Known::order);
    pool.dedup_by(|a, b| a.label == b.label);
    pool.truncate(POOL);
}

/// What is tried for a problem of so many units. Many starts matter most: which squads pass work on to which is settled
/// there. Where there are more units, the rest of the work leaves less time for moves.
pub fn usual(units: usize) -> Effort {
    let (starts, rounds, children, moves) = match units {
        ..2000 => (36, 3, 6, 7_200),
        _ => (16, 2, 4, 9_200u64.saturating_sub(units as u64 * 7 / 25).max(4_700)),
    };
    Effort { starts, rounds, children, moves, hot: 3.0, cold: 0.25 }
}
