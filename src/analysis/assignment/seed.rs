//! First labellings: from the prices of the transport bound, or from hubs thrown at random where no label has a place.

use super::model::{Model, NONE};
use super::repair::only_label;
use super::transport::{Transport, transport};
use crate::analysis::random::Random;

/// Each unit takes the label that is cheapest at the prices of the loads. Where costs are distances from bases, these are
/// cells of a network Voronoi diagram with offsets: near the optimum of travel, balanced, and connected but for ties.
pub fn from_prices(model: &Model, found: &Transport) -> Vec<u32> {
    let labels = model.labels;
    (0..model.units())
        .map(|unit| {
            let row = &model.cost[unit * labels..(unit + 1) * labels];
            let price = |label: usize| row[label] + model.weight[unit] * found.price[label];
            (0..labels).min_by(|&a, &b| price(a).total_cmp(&price(b))).unwrap_or(0) as u32
        })
        .collect()
}

/// Hubs far from each other, moved into the middle of their cells a few times; cells balanced by the transport bound.
/// Distances are counted in nets.
pub fn from_hubs(model: &Model, random: &mut Random) -> Vec<u32> {
    let mut hubs = thrown(model, random);
    let mut label = Vec::new();
    for round in 0..3 {
        let distances: Vec<Vec<u32>> = hubs.iter().map(|&hub| hops(model, &[hub])).collect();
        let mut costs = model.clone();
        for (unit, row) in costs.cost.chunks_mut(model.labels).enumerate() {
            for (cost, hops) in row.iter_mut().zip(&distances).filter(|(cost, _)| cost.is_finite()) {
                *cost = model.weight[unit] * (f64::from(hops[unit].min(1 << 20)) + 0.1 * random.unit());
            }
        }
        label = from_prices(&costs, &transport(&costs));
        if round < 2 {
            hubs = middles(model, &label, &hubs);
        }
    }
    label
}

/// One hub a label: a unit that must have it, or one far from the others by chance.
fn thrown(model: &Model, random: &mut Random) -> Vec<u32> {
    let mut hubs = vec![NONE; model.labels];
    for unit in 0..model.units() as u32 {
        if let Some(label) = only_label(model, unit).filter(|_| model.labels > 1) {
            hubs[label as usize] = unit;
        }
    }
    let mut order: Vec<usize> = (0..model.labels).filter(|&label| hubs[label] == NONE).collect();
    random.shuffle(&mut order);
    for label in order {
        let known: Vec<u32> = hubs.iter().copied().filter(|&hub| hub != NONE).collect();
        if known.is_empty() {
            hubs[label] = random.index(model.units()) as u32;
            continue;
        }
        let near = hops(model, &known);
        let pull = |unit: usize| f64::from(near[unit].min(1 << 20)).powi(2) * (model.weight[unit] + 1e-12);
        let all: f64 = (0..model.units()).map(pull).sum();
        let mut left = random.unit() * all;
        let chosen = (0..model.units()).find(|&unit| {
            left -= pull(unit);
            left <= 0.0 && pull(unit) > 0.0
        });
        hubs[label] = chosen.unwrap_or_else(|| random.index(model.units())) as u32;
    }
    hubs
}

/// Steps over nets from the nearest of `from`; `NONE` where none leads.
fn hops(model: &Model, from: &[u32]) -> Vec<u32> {
    let mut hops = vec![NONE; model.units()];
    let mut seen = vec![false; model.net_weight.len()];
    let mut queue: Vec<u32> = from.to_vec();
    from.iter().for_each(|&unit| hops[unit as usize] = 0);
    let mut at = 0;
    while at < queue.len() {
        let unit = queue[at];
        at += 1;
        for &net in model.nets.of(unit) {
            if std::mem::replace(&mut seen[net as usize], true) {
                continue;
            }
            for &pin in model.pins.of(net) {
                if hops[pin as usize] == NONE {
                    hops[pin as usize] = hops[unit as usize] + 1;
                    queue.push(pin);
                }
            }
        }
    }
    hops
}

/// In each cell the unit farthest from other cells; the old hub where a cell has none.
fn middles(model: &Model, label: &[u32], hubs: &[u32]) -> Vec<u32> {
    let border: Vec<u32> = (0..model.units() as u32)
        .filter(|&unit| {
            let mut pins = model.nets.of(unit).iter().flat_map(|&net| model.pins.of(net));
            pins.any(|&pin| label[pin as usize] != label[unit as usize])
        })
        .collect();
    if border.is_empty() {
        return hubs.to_vec();
    }
    let inside = hops(model, &border);
    let mut middle = hubs.to_vec();
    let mut deepest = vec![0; model.labels];
    for unit in 0..model.units() {
        let own = label[unit] as usize;
        if inside[unit] != NONE && inside[unit] + 1 > deepest[own] {
            deepest[own] = inside[unit] + 1;
            middle[own] = unit as u32;
        }
    }
    middle
}
