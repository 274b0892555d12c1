//! First plans of a change, put together from parcels: what has to go from label to label is cut off their border in one piece,
//! where that adds the fewest seams.
//!
//! Annealing finds such a piece only where one of its blocks happens to be it. Which ways load takes and where parcels are
//! cut off differs from plan to plan, so that the search has something to choose from.

use std::collections::BinaryHeap;

use super::handover::Ways;
use super::model::Model;
use super::state::{Leaving, State};
use super::transport::Offer;
use crate::analysis::random::Random;

/// Parcels that are grown for each part of the flow; the best goes.
const TRIES: usize = 6;
/// By how much a step from label to label may seem longer than another.
const DETOUR: f64 = 3.0;
/// Load that a parcel may lack or have too much, as a share of the target, before it counts.
const SLACK: f64 = 0.01;
/// How far a parcel grows beyond what it should hold: a share of that and one of the target.
const BEYOND: (f64, f64) = (0.2, 0.03);
/// Units that may hang on one that goes.
const LARGEST_PIECE: usize = 40;
/// By how many nets at most a parcel may seem worse than another.
const WHIM: f64 = 0.5;
/// Loads below this share of all are not worth a parcel.
const LEAST: f64 = 1e-4;

/// Load that goes from one label to a neighbour.
struct Part {
    from: u32,
    to: u32,
    load: f64,
}

/// A labelling nearer to the bands than `label`, every label still in one piece. `price`: what all the load is worth, in
/// nets. Cost: about (parts of the flow) x `TRIES` x (units of a parcel) tests of contiguity, and labels cubed.
pub fn peel(model: &Model, label: &[u32], price: f64, random: &mut Random) -> Vec<u32> {
    let total: f64 = model.weight.iter().sum();
    let mut state = State::new(model, label.to_vec());
    let mut growing = Growing { price: price / total, seen: vec![0; model.net_weight.len()], round: 0 };
    for part in flow(&state, random) {
        if part.load >= LEAST * total {
            let parcel = growing.best_parcel(&mut state, &part, random);
            parcel.into_iter().for_each(|unit| state.put(unit, part.to));
        }
    }
    state.label
}

/// What each label passes on to its neighbours so that all come into their bands, along ways that are short but for random
/// detours: first from those above their band to those below, then to where there is room, then from where it can be spared.
fn flow(state: &State<'_>, random: &mut Random) -> Vec<Part> {
    let (model, load) = (state.model, &state.load);
    let labels = model.labels;
    let ways = Ways::new(labels, steps(state, random));
    let mut pairs: Vec<(usize, usize)> = (0..labels * labels).map(|pair| (pair / labels, pair % labels)).collect();
    pairs.retain(|&(from, to)| from != to && ways.length(from, to).is_finite());
    pairs.sort_by(|a, b| ways.length(a.0, a.1).total_cmp(&ways.length(b.0, b.1)));
    let of_all = |amount: &dyn Fn(usize) -> f64| (0..labels).map(|label| amount(label).max(0.0)).collect::<Vec<_>>();
    let mut surplus = of_all(&|label| load[label] - model.high[label]);
    let mut lack = of_all(&|label| model.low[label] - load[label]);
    let mut spare = of_all(&|label| load[label].min(model.high[label]) - model.low[label]);
    let mut room = of_all(&|label| model.high[label] - load[label].max(model.low[label]));
    let mut flow = vec![0.0; labels * labels];
    let mut pass = |out: &mut [f64], into: &mut [f64]| {
        for &(from, to) in &pairs {
            let amount = out[from].min(into[to]);
            out[from] -= amount;
            into[to] -= amount;
            let mut at = from;
            while amount > 0.0 && at != to {
                let next = ways.next(at, to);
                flow[at * labels + next] += amount;
                at = next;
            }
        }
    };
    pass(&mut surplus, &mut lack);
    pass(&mut surplus, &mut room);
    pass(&mut spare, &mut lack);
    downstream(labels, flow, random)
}

/// How long a step from a label to another seems: endless where they are no neighbours.
fn steps(state: &State<'_>, random: &mut Random) -> Vec<f64> {
    let labels = state.model.labels;
    let mut steps = vec![f64::INFINITY; labels * labels];
    let mut present: Vec<usize> = Vec::new();
    for &net in &state.border {
        present.clear();
        present.extend((0..labels).filter(|&label| state.on_net(net, label as u32) > 0));
        for pair in present.iter().flat_map(|a| present.iter().map(move |b| a * labels + b)) {
            if steps[pair] == f64::INFINITY {
                steps[pair] = 1.0 + DETOUR * random.unit();
            }
        }
    }
    steps
}

/// Parts of a flow, those first whose giver takes the least from givers yet to come.
fn downstream(labels: usize, mut flow: Vec<f64>, random: &mut Random) -> Vec<Part> {
    for (a, b) in (0..labels).flat_map(|a| (0..a).map(move |b| (a, b))) {
        let both = flow[a * labels + b].min(flow[b * labels + a]);
        flow[a * labels + b] -= both;
        flow[b * labels + a] -= both;
    }
    let mut parts = Vec::new();
    let mut left: Vec<usize> = (0..labels).collect();
    while !left.is_empty() {
        let taken = |to: usize| left.iter().map(|&from| flow[from * labels + to]).sum::<f64>();
        let first = (0..left.len()).min_by(|&a, &b| taken(left[a]).total_cmp(&taken(left[b]))).unwrap_or(0);
        let from = left.remove(first);
        let before = parts.len();
        let given = (0..labels).filter(|&to| flow[from * labels + to] > 0.0);
        parts.extend(given.map(|to| Part { from: from as u32, to: to as u32, load: flow[from * labels + to] }));
        random.shuffle(&mut parts[before..]);
    }
    parts
}

struct Growing {
    /// Of a unit of load, in nets.
    price: f64,
    /// The parcel that came to each net last, by its number.
    seen: Vec<u32>,
    round: u32,
}

impl Growing {
    /// The best of some parcels, the first grown from the whole border of the two labels, the others from a place on it.
    fn best_parcel(&mut self, state: &mut State<'_>, part: &Part, random: &mut Random) -> Vec<u32> {
        let model = state.model;
        let mut seeds: Vec<u32> = Vec::new();
        for &net in &state.border {
            if state.on_net(net, part.from) > 0 && state.on_net(net, part.to) > 0 {
                seeds.extend(model.pins.of(net).iter().filter(|&&pin| state.label[pin as usize] == part.from));
            }
        }
        seeds.sort_unstable();
        seeds.dedup();
        let mut best = (f64::INFINITY, Vec::new());
        for number in 0..if seeds.is_empty() { 0 } else { TRIES } {
            let at = random.index(seeds.len());
            let own = if number == 0 { &seeds } else { &seeds[at..=at] };
            let (worth, parcel) = self.grow(state, part, own, random);
            let worth = worth + WHIM * random.unit();
            if worth < best.0 {
                best = (worth, parcel);
            }
        }
        best.1
    }

    /// Grows one parcel by the unit that adds the fewest nets, as it seems, and takes it back. Gives what it costs when it is
    /// at its best, nets and the price of load that it lacks or has too much, and its units then.
    fn grow(&mut self, state: &mut State<'_>, part: &Part, seeds: &[u32], random: &mut Random) -> (f64, Vec<u32>) {
        let model = state.model;
        let target = model.target[part.from as usize].min(model.target[part.to as usize]);
        let (slack, most) = (SLACK * target, (1.0 + BEYOND.0) * part.load + BEYOND.1 * target);
        let mut open: BinaryHeap<Offer> = BinaryHeap::new();
        seeds.iter().for_each(|&seed| offer(state, part, seed, &mut open, random));
        let mut parcel: Vec<u32> = Vec::new();
        let (mut load, mut nets) = (0.0, 0.0);
        let mut best = (f64::INFINITY, 0);
        self.round += 1;
        while let Some(Offer { price: seemed, unit }) = open.pop() {
            if state.label[unit as usize] != part.from || load + model.weight[unit as usize] > most {
                continue;
            }
            if state.change_of_nets(unit, part.to) > seemed {
                offer(state, part, unit, &mut open, random);
                continue;
            }
            let before = parcel.len();
            parcel.push(unit);
            match state.leaving(unit, LARGEST_PIECE) {
                Leaving::Whole => {}
                Leaving::Falls => parcel.extend(state.fallen()),
                Leaving::Breaks => parcel.truncate(before),
            }
            let more: f64 = parcel[before..].iter().map(|&unit| model.weight[unit as usize]).sum();
            if load + more > most || parcel[before..].iter().any(|&unit| !model.allows(unit, part.to)) {
                parcel.truncate(before);
            }
            if parcel.len() == before {
                continue;
            }
            for &unit in &parcel[before..] {
                nets += state.change_of_nets(unit, part.to);
                state.put(unit, part.to);
            }
            for &net in parcel[before..].iter().flat_map(|&unit| model.nets.of(unit)) {
                // Elsewhere nothing changed for the units that are left.
                if std::mem::replace(&mut self.seen[net as usize], self.round) != self.round
                    || state.on_net(net, part.from) == 1
                {
                    model.pins.of(net).iter().for_each(|&pin| offer(state, part, pin, &mut open, random));
                }
            }
            load += more;
            let worth = nets + self.price * ((part.load - load).abs() - slack).max(0.0);
            if worth < best.0 {
                best = (worth, parcel.len());
            }
        }
        parcel.iter().rev().for_each(|&unit| state.put(unit, part.from));
        parcel.truncate(best.1);
        (best.0, parcel)
    }
}

/// A unit that may go as one that could be next.
fn offer(state: &State<'_>, part: &Part, unit: u32, open: &mut BinaryHeap<Offer>, random: &mut Random) {
    if state.label[unit as usize] == part.from && state.model.allows(unit, part.to) {
        open.push(Offer { price: state.change_of_nets(unit, part.to) + random.unit(), unit });
    }
}
