//! Simulated annealing of the border: single units, and small pieces that hang on one, change to a neighbour's label.
//!
//! Every state on the way is contiguous; the band is a price that rises as it cools. The best state seen is the answer.

use super::model::Model;
use super::state::{Leaving, State};
use crate::analysis::random::Random;

/// Units of a hanging piece that may move together with the unit it hangs on.
const LARGEST_PIECE: usize = 12;

/// What leaving the band costs in the comparison of states, per share of the target.
pub const OUTSIDE: f64 = 3e4;

#[derive(Debug, Clone, Copy)]
pub struct Cooling<'a> {
    /// Moves tried.
    pub moves: u64,
    /// Temperature at the start and at the end, in units of the objective.
    pub hot: f64,
    pub cold: f64,
    /// Price of leaving the band by the whole target, at the start and at the end.
    pub loose: f64,
    pub tight: f64,
    /// What is added to the band, as a share of the target.
    pub slack: f64,
    /// What one more of load costs each label while it looks for its way, in units of the costs: known prices of full labels
    /// lead load through labels that are in their bands to those below them. Not part of what is compared; empty without.
    pub lead: &'a [f64],
    /// Hanging pieces are looked for with one in so many of the units that cost too much alone; a power of two.
    pub seldom: u64,
}

/// Anneals `label`; `stop` is asked now and then. Gives the best labelling met: least `objective + OUTSIDE x excess`.
pub fn anneal(
    model: &Model,
    label: Vec<u32>,
    cooling: &Cooling<'_>,
    random: &mut Random,
    stop: &dyn Fn() -> bool,
) -> Vec<u32> {
    anneal_at(model, label, model.cost_price, cooling, random, stop)
}

/// `anneal` with another price of the units' costs than the model's.
pub fn anneal_at(
    model: &Model,
    label: Vec<u32>,
    cost_price: f64,
    cooling: &Cooling<'_>,
    random: &mut Random,
    stop: &dyn Fn() -> bool,
) -> Vec<u32> {
    let mut state = State::new(model, label);
    state.cost_price = cost_price;
    let mut band = Band::new(model, cooling, cost_price);
    let logs = logarithms();
    let mut journal: Vec<(u32, u32)> = Vec::new();
    let (mut now, mut best) = (0.0f64, 0.0f64);
    let patience = if model.units() < 200 { f64::INFINITY } else { 2.0 };
    let chains = if model.units() < 200 {
        128
    } else if model.units() < 1000 {
        32
    } else {
        0
    };
    let epochs = 200u64.min(cooling.moves.max(1));
    for epoch in 0..epochs {
        if stop() {
            break;
        }
        let share = epoch as f64 / (epochs.max(2) - 1) as f64;
        let heat = cooling.hot * (cooling.cold / cooling.hot).powf(share);
        band.price = cooling.loose * (cooling.tight / cooling.loose).powf(share);
        for _ in 0..cooling.moves / epochs {
            if state.border.is_empty() {
                break;
            }
            let word = random.word();
            let limit = heat * logs[(word & 0xfff) as usize];
            let Some((unit, to)) = candidate(&state, word >> 12, random) else { continue };
            let from = state.label[unit as usize];
            if chains > 0 && random.below(256) < chains {
                if let Some((second, to_second, change)) = chain(&mut state, &band, unit, to, limit, random) {
                    journal.push((unit, from));
                    journal.push((second, to));
                    debug_assert!(state.label[second as usize] == to_second);
                    now += change;
                    if now < best - 1e-9 {
                        best = now;
                        journal.clear();
                    }
                }
                continue;
            }
            let weight = model.weight[unit as usize];
            let (outside, band_cost) = band.change(&state, weight, from, to);
            let change = state.change(unit, to);
            let total = change + band_cost;
            // A hanging piece could still pay for its unit, but seldom for more than a seam or two where there are many.
            let seldom = total > limit && (word >> 12) & (cooling.seldom - 1) > 0;
            if seldom || total > limit + patience * heat {
                continue;
            }
            match state.leaving(unit, LARGEST_PIECE) {
                Leaving::Whole => {
                    if total <= limit {
                        state.put(unit, to);
                        journal.push((unit, from));
                        now += change + OUTSIDE * outside;
                    }
                }
                Leaving::Falls => {
                    let piece: Vec<u32> = state.fallen().to_vec();
                    let weight = weight + piece.iter().map(|&unit| model.weight[unit as usize]).sum::<f64>();
                    let (outside, band_cost) = band.change(&state, weight, from, to);
                    let mut change = change;
                    state.put(unit, to);
                    let mut moved = 1;
                    for &unit in &piece {
                        change += state.change(unit, to);
                        if change == f64::INFINITY {
                            break;
                        }
                        state.put(unit, to);
                        moved += 1;
                    }
                    if change + band_cost <= limit {
                        journal.push((unit, from));
                        journal.extend(piece.iter().map(|&unit| (unit, from)));
                        now += change + OUTSIDE * outside;
                    } else {
                        piece.iter().take(moved - 1).for_each(|&unit| state.put(unit, from));
                        state.put(unit, from);
                    }
                }
                Leaving::Breaks => {}
            }
            if now < best - 1e-9 {
                best = now;
                journal.clear();
            }
        }
    }
    for &(unit, from) in journal.iter().rev() {
        state.label[unit as usize] = from;
    }
    state.label
}

/// `unit` takes `to`, and a unit of `to` goes on to a third label or back: what keeps loads where units are heavy. Made only
/// if both together pass `limit`. Gives the second unit, its new label and the change as states are compared.
fn chain(
    state: &mut State<'_>,
    band: &Band,
    unit: u32,
    to: u32,
    limit: f64,
    random: &mut Random,
) -> Option<(u32, u32, f64)> {
    let model = state.model;
    let from = state.label[unit as usize];
    let change = state.change(unit, to);
    if change == f64::INFINITY || !matches!(state.leaving(unit, 0), Leaving::Whole) {
        return None;
    }
    let before = band.all(state);
    state.put(unit, to);
    for _ in 0..6 {
        let Some((second, third)) = candidate(state, random.word() >> 12, random) else { break };
        if state.label[second as usize] != to || second == unit {
            continue;
        }
        let both = change + state.change(second, third);
        let weight = model.weight[second as usize];
        state.load[to as usize] -= weight;
        state.load[third as usize] += weight;
        let after = band.all(state);
        state.load[to as usize] += weight;
        state.load[third as usize] -= weight;
        let led = model.weight[unit as usize] * (band.lead[to as usize] - band.lead[from as usize])
            + weight * (band.lead[third as usize] - band.lead[to as usize]);
        if both + led + band.price * (after.1 - before.1) <= limit && matches!(state.leaving(second, 0), Leaving::Whole)
        {
            state.put(second, third);
            return Some((second, third, both + OUTSIDE * (after.0 - before.0)));
        }
        break;
    }
    state.put(unit, from);
    None
}

/// A unit at the border and a label of one of its neighbours.
fn candidate(state: &State<'_>, bits: u64, random: &mut Random) -> Option<(u32, u32)> {
    let model = state.model;
    let net = state.border[((u128::from(bits) * state.border.len() as u128) >> 52) as usize];
    let pins = model.pins.of(net);
    let word = random.word();
    let unit = pins[(((word & 0xffff_ffff) * pins.len() as u64) >> 32) as usize];
    let from = state.label[unit as usize];
    let mut at = (((word >> 32) * pins.len() as u64) >> 32) as usize;
    for _ in 0..pins.len() {
        let to = state.label[pins[at] as usize];
        if to != from {
            return Some((unit, to));
        }
        at = if at + 1 == pins.len() { 0 } else { at + 1 };
    }
    None
}

struct Band {
    low: Vec<f64>,
    high: Vec<f64>,
    per_target: Vec<f64>,
    price: f64,
    /// What a unit of load costs besides, each label.
    lead: Vec<f64>,
}

impl Band {
    fn new(model: &Model, cooling: &Cooling<'_>, cost_price: f64) -> Self {
        let slack = cooling.slack;
        let lead = |label: usize| cooling.lead.get(label).map_or(0.0, |lead| lead * cost_price);
        Self {
            low: (0..model.labels).map(|at| model.low[at] - slack * model.target[at]).collect(),
            high: (0..model.labels).map(|at| model.high[at] + slack * model.target[at]).collect(),
            per_target: model.target.iter().map(|target| 1.0 / target).collect(),
            price: 0.0,
            lead: (0..model.labels).map(lead).collect(),
        }
    }

    /// Change of the shares outside, and what it costs now: a share over 1 % costs more than in proportion. With what leads.
    fn change(&self, state: &State<'_>, weight: f64, from: u32, to: u32) -> (f64, f64) {
        let mut outside = 0.0;
        let mut cost = 0.0;
        for (label, step) in [(from as usize, -weight), (to as usize, weight)] {
            let before = self.outside(label, state.load[label]);
            let after = self.outside(label, state.load[label] + step);
            outside += after - before;
            cost += after * (1.0 + 10.0 * after) - before * (1.0 + 10.0 * before);
        }
        (outside, cost * self.price + weight * (self.lead[to as usize] - self.lead[from as usize]))
    }

    /// Shares outside of all labels, plain and as they cost.
    fn all(&self, state: &State<'_>) -> (f64, f64) {
        let shares = state.load.iter().enumerate().map(|(label, &load)| self.outside(label, load));
        shares.fold((0.0, 0.0), |(plain, cost), share| (plain + share, cost + share * (1.0 + 10.0 * share)))
    }

    fn outside(&self, label: usize, load: f64) -> f64 {
        (load - self.high[label]).max(self.low[label] - load).max(0.0) * self.per_target[label]
    }
}

/// `-ln u` for evenly spread u: the threshold of an annealing step without a logarithm.
fn logarithms() -> Vec<f64> {
    (0..4096).map(|at| -((f64::from(at) + 0.5) / 4096.0).ln()).collect()
}
