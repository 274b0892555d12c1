//! The way from one plan to another in steps, each of which leaves every squad in one piece.

use super::model::{Model, NONE};
use super::state::{Leaving, State};

/// Combinations of blocks that are looked at when no block can move alone.
const CHECKS: usize = 60;

/// Units that go from one label to another at once.
pub struct Move {
    pub units: Vec<u32>,
    /// None where units of several labels move together, because no order of single steps keeps all whole.
    pub way: Option<(u32, u32)>,
}

/// Connected blocks of units with the same old and new label, ordered so that each step keeps every label whole; among
/// those that do, the one that brings loads nearest to their bands comes first.
pub fn steps(model: &Model, from: &[u32], to: &[u32]) -> Vec<Move> {
    let mut state = State::new(model, from.to_vec());
    let mut open = blocks(model, from, to);
    let mut steps = Vec::new();
    let mut seen = vec![false; model.units()];
    while !open.is_empty() {
        let mut order: Vec<(f64, usize)> =
            open.iter().enumerate().map(|(at, units)| (gain(&state, units, to), at)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let done = order.iter().map(|&(_, at)| at).find(|&at| goes_over(&mut state, &open[at], from, to, &mut seen));
        let mut partly: Option<(usize, Vec<u32>)> = None;
        for &(_, at) in order.iter().filter(|_| done.is_none()) {
            let moved = peel(&mut state, &open[at], to);
            undo(&mut state, &moved, from);
            if moved.len() > partly.as_ref().map_or(0, |(_, known)| known.len()) {
                partly = Some((at, moved));
            }
        }
        if let Some(at) = done {
            let units = open.remove(at);
            let way = Some((from[units[0] as usize], to[units[0] as usize]));
            steps.push(Move { units, way });
        } else if let Some((at, moved)) = partly {
            moved.iter().for_each(|&unit| state.put(unit, to[unit as usize]));
            open[at].retain(|unit| !moved.contains(unit));
            let way = Some((from[moved[0] as usize], to[moved[0] as usize]));
            steps.push(Move { units: moved, way });
        } else {
            let together = together(&mut state, &open, to);
            let units: Vec<u32> = together.iter().flat_map(|&at| open[at].iter().copied()).collect();
            units.iter().for_each(|&unit| state.put(unit, to[unit as usize]));
            let way = (together.len() == 1).then(|| (from[units[0] as usize], to[units[0] as usize]));
            let mut number = 0;
            open.retain(|_| {
                number += 1;
                !together.contains(&(number - 1))
            });
            steps.push(Move { units, way });
        }
    }
    steps
}

/// Moves the block if old and new label are one piece each afterwards. Cheap where its units can go one by one.
fn goes_over(state: &mut State<'_>, units: &[u32], from: &[u32], to: &[u32], seen: &mut [bool]) -> bool {
    let moved = peel(state, units, to);
    if moved.len() == units.len() {
        return true;
    }
    undo(state, &moved, from);
    let whole = stays_whole(state, units, to, seen);
    if whole {
        units.iter().for_each(|&unit| state.put(unit, to[unit as usize]));
    }
    whole
}

/// Whether old and new label are one piece each if the connected `units` go over at once. Cost: linear in the old label.
fn stays_whole(state: &State<'_>, units: &[u32], to: &[u32], seen: &mut [bool]) -> bool {
    let model = state.model;
    let own = state.label[units[0] as usize];
    let stay = (state.size[own as usize] as usize).saturating_sub(units.len());
    if stay == 0 || !units.iter().any(|&unit| state.touches(unit, to[unit as usize])) {
        return false;
    }
    units.iter().for_each(|&unit| seen[unit as usize] = true);
    let near = |unit: u32| model.nets.of(unit).iter().flat_map(|&net| model.pins.of(net)).copied();
    let mut queue = Vec::new();
    for &unit in units {
        let first = near(unit).find(|&pin| state.label[pin as usize] == own && !seen[pin as usize]);
        if let Some(first) = first {
            seen[first as usize] = true;
            queue.push(first);
            break;
        }
    }
    let mut at = 0;
    while at < queue.len() {
        for pin in near(queue[at]) {
            if state.label[pin as usize] == own && !std::mem::replace(&mut seen[pin as usize], true) {
                queue.push(pin);
            }
        }
        at += 1;
    }
    queue.iter().chain(units).for_each(|&unit| seen[unit as usize] = false);
    queue.len() == stay
}

/// Blocks that keep all whole if they move at once: one, two, or all that are left.
fn together(state: &mut State<'_>, open: &[Vec<u32>], to: &[u32]) -> Vec<usize> {
    let singles = (0..open.len()).map(|at| vec![at]);
    let pairs = (0..open.len()).flat_map(|a| (a + 1..open.len()).map(move |b| vec![a, b]));
    for blocks in singles.chain(pairs).take(CHECKS) {
        let mut label = state.label.clone();
        blocks.iter().flat_map(|&at| &open[at]).for_each(|&unit| label[unit as usize] = to[unit as usize]);
        let mut labels = label.clone();
        labels.sort_unstable();
        labels.dedup();
        // As many pieces as labels is whole only if no label has vanished.
        if labels.len() == state.model.labels && state.model.pieces(&label).1 == labels.len() {
            return blocks;
        }
    }
    (0..open.len()).collect()
}

/// Moves units of a block one by one while each keeps all whole; gives those it moved.
fn peel(state: &mut State<'_>, units: &[u32], to: &[u32]) -> Vec<u32> {
    let mut left = units.to_vec();
    let mut moved = Vec::new();
    loop {
        let before = left.len();
        left.retain(|&unit| {
            let own = to[unit as usize];
            let may = state.touches(unit, own) && matches!(state.leaving(unit, 0), Leaving::Whole);
            if may {
                state.put(unit, own);
                moved.push(unit);
            }
            !may
        });
        if left.is_empty() || left.len() == before {
            return moved;
        }
    }
}

fn undo(state: &mut State<'_>, moved: &[u32], from: &[u32]) {
    moved.iter().rev().for_each(|&unit| state.put(unit, from[unit as usize]));
}

/// By how much the shares outside the bands shrink if `units` move.
fn gain(state: &State<'_>, units: &[u32], to: &[u32]) -> f64 {
    let model = state.model;
    let weight: f64 = units.iter().map(|&unit| model.weight[unit as usize]).sum();
    let (old, new) = (state.label[units[0] as usize] as usize, to[units[0] as usize] as usize);
    let outside = |label: usize, more: f64| model.outside(label, state.load[label] + more);
    outside(old, 0.0) + outside(new, 0.0) - outside(old, -weight) - outside(new, weight)
}

/// Connected sets of units that change, with the same old and new label.
fn blocks(model: &Model, from: &[u32], to: &[u32]) -> Vec<Vec<u32>> {
    let mut block = vec![NONE; model.units()];
    let mut blocks: Vec<Vec<u32>> = Vec::new();
    for first in 0..model.units() {
        if from[first] == to[first] || block[first] != NONE {
            continue;
        }
        let own = blocks.len() as u32;
        block[first] = own;
        let mut units = vec![first as u32];
        let mut at = 0;
        while at < units.len() {
            for &net in model.nets.of(units[at]) {
                for &pin in model.pins.of(net) {
                    let same = from[pin as usize] == from[first] && to[pin as usize] == to[first];
                    if same && block[pin as usize] == NONE {
                        block[pin as usize] = own;
                        units.push(pin);
                    }
                }
            }
            at += 1;
        }
        blocks.push(units);
    }
    blocks
}
