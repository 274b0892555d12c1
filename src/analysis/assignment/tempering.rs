//! Random moves on the labelling of a graph, by falling heat and by exchange between heats.
//!
//! Leaving the band has a price that follows the heat, so that heavy nodes can pass. The answer is the best labelling met:
//! least outside the band, then the least cut. Where plans start and which are kept is for `cuts`.

use std::collections::HashMap;

use super::cover::District;
use super::cut::{BITS, Cut, Step};
use super::graph::Graph;
use crate::analysis::random::Random;

/// Heats of moves and, as multiples of the heat, prices of leaving the band by the whole target.
#[derive(Debug, Clone, Copy)]
pub struct Heats {
    pub hot: f64,
    pub cold: f64,
    /// At the hot and at the cold end.
    pub loose: f64,
    pub tight: f64,
}

impl Heats {
    /// Heat and price at `share` of the way from the hot end to the cold one.
    fn at(&self, share: f64) -> (f64, f64) {
        let heat = self.hot * (self.cold / self.hot).powf(share);
        (heat, heat * self.loose * (self.tight / self.loose).powf(share))
    }
}

/// A labelling and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub label: Vec<u8>,
    pub cut: f64,
    /// Sum of the shares outside the band.
    pub outside: f64,
}

impl Found {
    fn of(cut: &Cut<'_>) -> Self {
        Self { label: cut.label.clone(), cut: cut.cost, outside: cut.outside }
    }

    fn take_better(&mut self, cut: &Cut<'_>) {
        if cut.outside < self.outside || (cut.outside <= self.outside && cut.cost < self.cut - 1e-9) {
            self.label.copy_from_slice(&cut.label);
            (self.cut, self.outside) = (cut.cost, cut.outside);
        }
    }
}

/// Steps of the heat while it falls.
const EPOCHS: usize = 200;

/// `moves` tries from `start` while the heat falls.
pub fn cool(
    graph: &Graph,
    start: Vec<u8>,
    moves: usize,
    heats: &Heats,
    random: &mut Random,
    stop: &dyn Fn() -> bool,
) -> Found {
    let logs = logarithms();
    let mut cut = Cut::new(graph, start);
    let mut best = Found::of(&cut);
    for epoch in 0..EPOCHS {
        if stop() {
            break;
        }
        let (heat, price) = heats.at(epoch as f64 / (EPOCHS - 1) as f64);
        for _ in 0..moves.div_ceil(EPOCHS) {
            if attempt(&mut cut, heat, price, &logs, random).is_some() {
                best.take_better(&cut);
            }
        }
    }
    best
}

/// Lists of heats, and what is tried on each.
#[derive(Debug, Clone, Copy)]
pub struct Ladder {
    pub heats: Heats,
    pub rungs: usize,
    pub rounds: usize,
    /// Tries a round and rung.
    pub moves: usize,
}

/// Replica exchange (Swendsen and Wang 1986): one labelling a heat, neighbours in heat change places now and then, so that
/// what is found hot cools and what is stuck warms up. `starts`: one labelling a rung. Also gives the districts within the
/// band that were met, for graphs of at most 128 nodes whose labels have the same band.
pub fn temper(
    graph: &Graph,
    starts: Vec<Vec<u8>>,
    ladder: &Ladder,
    random: &mut Random,
    stop: &dyn Fn() -> bool,
) -> (Found, Vec<District>) {
    let logs = logarithms();
    let collects = graph.nodes() <= BITS && graph.even();
    let mut met: HashMap<u128, f64> = HashMap::new();
    let mut cuts: Vec<Cut<'_>> = starts.into_iter().map(|start| Cut::new(graph, start)).collect();
    let rungs = cuts.len();
    let heats: Vec<(f64, f64)> =
        (0..rungs).map(|at| ladder.heats.at(1.0 - at as f64 / (rungs.max(2) - 1) as f64)).collect();
    let mut best = Found::of(&cuts[0]);
    for round in 0..ladder.rounds {
        if stop() {
            break;
        }
        for (cut, &(heat, price)) in cuts.iter_mut().zip(&heats) {
            for _ in 0..ladder.moves {
                let Some((from, step)) = attempt(cut, heat, price, &logs, random) else { continue };
                best.take_better(cut);
                for label in [from, step.to].map(usize::from) {
                    if collects && graph.outside(label, cut.load[label]) == 0.0 {
                        met.insert(cut.mask[label], cut.rim[label]);
                    }
                }
            }
        }
        for at in (round % 2..rungs.saturating_sub(1)).step_by(2) {
            let energy = |rung: usize, cut: &Cut<'_>| (cut.cost + heats[rung].1 * cut.outside) / heats[rung].0;
            let (one, other) = (&cuts[at], &cuts[at + 1]);
            let gain = energy(at, one) + energy(at + 1, other) - energy(at, other) - energy(at + 1, one);
            if gain > 0.0 || random.unit() < gain.exp() {
                cuts.swap(at, at + 1);
            }
        }
    }
    (best, met.into_iter().map(|(nodes, rim)| District { nodes, rim }).collect())
}

/// A move by chance, made if the heat allows it. Gives the label that was left.
fn attempt(cut: &mut Cut<'_>, heat: f64, price: f64, logs: &[f64], random: &mut Random) -> Option<(u8, Step)> {
    let step = cut.draw(random)?;
    let limit = heat * logs[(random.word() & 0xfff) as usize];
    if step.cut + price * step.outside > limit || !cut.whole_without(step.node) {
        return None;
    }
    let from = cut.label[step.node as usize];
    cut.put(&step);
    Some((from, step))
}

/// `-ln u` for evenly spread u: the threshold of a move without a logarithm.
fn logarithms() -> Vec<f64> {
    (0..4096).map(|at| -((f64::from(at) + 0.5) / 4096.0).ln()).collect()
}
