//! The transport bound: the least cost of any sharing of the units among the labels that keeps the band, contiguous or
//! not, units divisible. Exact, with the prices of the labels' loads that prove it.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::model::Model;

/// The optimum of the transport problem and its proof.
#[derive(Debug, Clone)]
pub struct Transport {
    /// The least cost.
    pub value: f64,
    /// A price on each label's load: `cost + weight x price` is what a unit compares.
    pub price: Vec<f64>,
    /// The value that `price` proves by itself, never above `value` but for rounding.
    pub proven: f64,
    /// No sharing keeps the band: value and price are then those of the nearest one found.
    pub infeasible: bool,
}

/// A unit at a price, for heaps.
pub(super) struct Offer {
    pub price: f64,
    pub unit: u32,
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Offer {}
impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Offer {
    /// The cheapest offer is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.price.total_cmp(&self.price).then(other.unit.cmp(&self.unit))
    }
}

/// Successive shortest paths on the labels: each unit starts with its cheapest label, then load goes along the cheapest
/// chain of labels from one above its band to one below, a unit at a time. `slack` is load that costs nothing and fills
/// each label up to its upper limit. Cost: about (units moved) x labels^2 steps; memory: labels^2 heaps.
pub fn transport(model: &Model) -> Transport {
    let labels = model.labels;
    let units = model.units();
    let mut amount = vec![0.0f64; units * labels];
    let mut heaps: Vec<BinaryHeap<Offer>> = (0..labels * labels).map(|_| BinaryHeap::new()).collect();
    let mut load = vec![0.0; labels];
    let rate = |unit: usize, from: usize, to: usize| {
        (model.cost[unit * labels + to] - model.cost[unit * labels + from]) / model.weight[unit]
    };
    let mut rows: Vec<Vec<Offer>> = (0..labels * labels).map(|_| Vec::new()).collect();
    let mut free = 0.0;
    for unit in 0..units {
        let row = &model.cost[unit * labels..(unit + 1) * labels];
        let own = (0..labels).min_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
        if model.weight[unit] <= 0.0 {
            free += row[own];
            continue;
        }
        amount[unit * labels + own] = model.weight[unit];
        load[own] += model.weight[unit];
        for to in (0..labels).filter(|&to| to != own && row[to].is_finite()) {
            rows[own * labels + to].push(Offer { price: rate(unit, own, to), unit: unit as u32 });
        }
    }
    for (heap, row) in heaps.iter_mut().zip(rows) {
        *heap = BinaryHeap::from(row);
    }
    let total: f64 = load.iter().sum();
    let room: Vec<f64> = (0..labels).map(|label| (model.high[label] - model.low[label]).max(0.0)).collect();
    let mut spare = (model.high.iter().sum::<f64>() - total).max(0.0);
    let mut slack = share_slack(model, &load, &room, &mut spare);
    let tiny = 1e-9 * total.max(1e-300);
    let mut infeasible = spare > tiny || model.high.iter().sum::<f64>() < total - tiny;
    let mut distance = vec![0.0; labels];
    loop {
        let over: Vec<f64> = (0..labels).map(|label| load[label] + slack[label] - model.high[label]).collect();
        if !over.iter().any(|over| *over > tiny) || !over.iter().any(|over| *over < -tiny) {
            break;
        }
        let arc = cheapest(&mut heaps, &amount, &slack, &room, tiny);
        let sources: Vec<bool> = over.iter().map(|over| *over > tiny).collect();
        let previous = shortest(labels, &arc, &sources, &mut distance);
        let sink = (0..labels)
            .filter(|&label| over[label] < -tiny && distance[label].is_finite())
            .min_by(|&a, &b| distance[a].total_cmp(&distance[b]));
        let Some(sink) = sink else {
            infeasible = true;
            break;
        };
        let mut path = Vec::new();
        let mut at = sink;
        while let Some(from) = previous[at] {
            path.push((from, at));
            at = from;
            if path.len() > labels {
                break;
            }
        }
        let mut step = over[at].min(-over[sink]);
        for &(from, to) in &path {
            let (_, unit) = arc[from * labels + to];
            step = step.min(if unit == u32::MAX {
                slack[from].min(room[to] - slack[to])
            } else {
                amount[unit as usize * labels + from]
            });
        }
        for &(from, to) in &path {
            let (_, unit) = arc[from * labels + to];
            if unit == u32::MAX {
                slack[from] -= step;
                slack[to] += step;
                continue;
            }
            let row = unit as usize * labels;
            let before = amount[row + to];
            amount[row + from] -= step;
            if amount[row + from] < 1e-12 * model.weight[unit as usize] {
                amount[row + from] = 0.0;
            }
            amount[row + to] += step;
            load[from] -= step;
            load[to] += step;
            if before <= 0.0 {
                for next in (0..labels).filter(|&next| next != to && model.cost[row + next].is_finite()) {
                    heaps[to * labels + next].push(Offer { price: rate(unit as usize, to, next), unit });
                }
            }
        }
    }
    let value = free + shared_cost(model, &amount);
    let price = prices(model, &amount, &slack, &room, tiny);
    let proven = proven_by(model, &price);
    Transport { value, price, proven, infeasible }
}

/// Slack goes where load is below the upper limit, then anywhere with room; `spare` is what found no place.
fn share_slack(model: &Model, load: &[f64], room: &[f64], spare: &mut f64) -> Vec<f64> {
    let mut slack = vec![0.0; model.labels];
    for label in 0..model.labels {
        slack[label] = (model.high[label] - load[label]).clamp(0.0, room[label]).min(*spare);
        *spare -= slack[label];
    }
    for label in 0..model.labels {
        let more = (room[label] - slack[label]).min(*spare);
        slack[label] += more;
        *spare -= more;
    }
    slack
}

/// The price of each arc, which is its cheapest offer, and the unit that offers it; `u32::MAX` for slack. Offers of units
/// that have gone are dropped as they surface.
fn cheapest(
    heaps: &mut [BinaryHeap<Offer>],
    amount: &[f64],
    slack: &[f64],
    room: &[f64],
    tiny: f64,
) -> Vec<(f64, u32)> {
    let labels = room.len();
    let mut arc = vec![(f64::INFINITY, u32::MAX); labels * labels];
    for from in 0..labels {
        for to in 0..labels {
            let heap = &mut heaps[from * labels + to];
            while heap.peek().is_some_and(|offer| amount[offer.unit as usize * labels + from] <= 0.0) {
                heap.pop();
            }
            if let Some(offer) = heap.peek() {
                arc[from * labels + to] = (offer.price, offer.unit);
            }
            let can = from != to && slack[from] > tiny && slack[to] < room[to] - tiny;
            if can && arc[from * labels + to].0 > 0.0 {
                arc[from * labels + to] = (0.0, u32::MAX);
            }
        }
    }
    arc
}

fn shared_cost(model: &Model, amount: &[f64]) -> f64 {
    let labels = model.labels;
    (0..model.units())
        .filter(|&unit| model.weight[unit] > 0.0)
        .map(|unit| {
            let row = unit * labels..(unit + 1) * labels;
            let parts = amount[row.clone()].iter().zip(&model.cost[row]);
            parts.filter(|(part, _)| **part > 0.0).map(|(part, cost)| part / model.weight[unit] * cost).sum::<f64>()
        })
        .sum()
}

/// Distances from all sources at once and the arc each came by (Bellman and Ford).
fn shortest(labels: usize, arc: &[(f64, u32)], sources: &[bool], distance: &mut [f64]) -> Vec<Option<usize>> {
    let mut previous = vec![None; labels];
    for label in 0..labels {
        distance[label] = if sources[label] { 0.0 } else { f64::INFINITY };
    }
    for _ in 0..labels {
        let mut changed = false;
        for from in 0..labels {
            for to in 0..labels {
                let way = distance[from] + arc[from * labels + to].0;
                if way < distance[to] - 1e-12 * (1.0 + way.abs()) && !sources[to] {
                    distance[to] = way;
                    previous[to] = Some(from);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    previous
}

/// Prices that make every used sharing a cheapest one: potentials of the final network of labels.
fn prices(model: &Model, amount: &[f64], slack: &[f64], room: &[f64], tiny: f64) -> Vec<f64> {
    let labels = model.labels;
    let mut arc = vec![(f64::INFINITY, u32::MAX); labels * labels];
    for unit in (0..model.units()).filter(|&unit| model.weight[unit] > 0.0) {
        for from in (0..labels).filter(|&from| amount[unit * labels + from] > 0.0) {
            for to in 0..labels {
                let rate = (model.cost[unit * labels + to] - model.cost[unit * labels + from]) / model.weight[unit];
                let known = &mut arc[from * labels + to].0;
                *known = known.min(rate);
            }
        }
    }
    for from in 0..labels {
        for to in 0..labels {
            if slack[from] > tiny && slack[to] < room[to] - tiny {
                let known = &mut arc[from * labels + to].0;
                *known = known.min(0.0);
            }
        }
    }
    // Longest-settled potentials with all labels as sources: d[to] <= d[from] + arc.
    let mut distance = vec![0.0f64; labels];
    for _ in 0..labels {
        for from in 0..labels {
            for to in 0..labels {
                distance[to] = distance[to].min(distance[from] + arc[from * labels + to].0);
            }
        }
    }
    // A label's price is minus its potential, moved so that labels with room on both sides are at 0.
    let price: Vec<f64> = distance.iter().map(|distance| -distance).collect();
    let mut candidates = price.clone();
    candidates.push(0.0);
    let shifted = |shift: f64| price.iter().map(|price| price - shift).collect::<Vec<f64>>();
    let best = candidates
        .into_iter()
        .map(|shift| (proven_by(model, &shifted(shift)), shift))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |(_, shift)| shift);
    shifted(best)
}

/// What prices on loads prove: `sum of min (cost + weight x price) - sum of price x (upper limit if above 0, else lower)`.
pub fn proven_by(model: &Model, price: &[f64]) -> f64 {
    let labels = model.labels;
    let units: f64 = (0..model.units())
        .map(|unit| {
            (0..labels)
                .map(|label| model.cost[unit * labels + label] + model.weight[unit] * price[label])
                .fold(f64::INFINITY, f64::min)
        })
        .sum();
    let limits: f64 = (0..labels)
        .map(|label| price[label] * if price[label] > 0.0 { model.high[label] } else { model.low[label] })
        .sum();
    units - limits
}
