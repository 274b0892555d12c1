//! A model that is fine about the borders of a labelling and coarse far from them: where a changed plan can differ from
//! the last one every unit counts by itself, and the inside of each label is a few hundred blocks.

use super::model::{Model, NONE};

/// The coarser model and what leads there and back.
pub struct NearBorders {
    pub model: Model,
    into: Vec<u32>,
}

impl NearBorders {
    /// About `fine` units next to the borders of `label` stay what they are; units farther away are joined within their
    /// label. None where that makes the model little smaller. Cost: some passes over the pins.
    pub fn new(model: &Model, label: &[u32], fine: usize) -> Option<Self> {
        if model.units() < fine + fine / 4 {
            return None;
        }
        let mut into = vec![NONE; model.units()];
        let near = nearest(model, label, fine);
        near.iter().zip(0..).for_each(|(&unit, number)| into[unit as usize] = number);
        let least = model.target.iter().copied().fold(f64::INFINITY, f64::min);
        let blocks = blocks(model, label, near.len() as u32, least / 100.0, &mut into);
        Some(Self { model: model.contracted(&into, blocks as usize), into })
    }

    pub fn coarse(&self, label: &[u32]) -> Vec<u32> {
        let mut coarse = vec![0; self.model.units()];
        label.iter().zip(&self.into).for_each(|(&label, &into)| coarse[into as usize] = label);
        coarse
    }

    pub fn fine(&self, label: &[u32]) -> Vec<u32> {
        self.into.iter().map(|&into| label[into as usize]).collect()
    }

    /// Costs of units summed up as the model's own are.
    pub fn costs(&self, fine: &[f64]) -> Vec<f64> {
        let labels = self.model.labels;
        let mut sums = vec![0.0; if fine.is_empty() { 0 } else { self.model.units() * labels }];
        for (row, &into) in fine.chunks_exact(labels).zip(&self.into) {
            let sum = &mut sums[into as usize * labels..(into as usize + 1) * labels];
            sum.iter_mut().zip(row).for_each(|(sum, cost)| *sum += cost);
        }
        sums
    }
}

/// Joins units that are in no block yet to connected ones of one label, each about `heaviest`; numbers go on from `first`. Answers
/// how many numbers there are then.
fn blocks(model: &Model, label: &[u32], first: u32, heaviest: f64, into: &mut [u32]) -> u32 {
    let mut number = first;
    let mut queue: Vec<u32> = Vec::new();
    for start in 0..model.units() {
        if into[start] != NONE {
            continue;
        }
        into[start] = number;
        queue.clear();
        queue.push(start as u32);
        let (mut at, mut weight) = (0, model.weight[start]);
        while at < queue.len() {
            for &net in model.nets.of(queue[at]) {
                for &pin in model.pins.of(net) {
                    let more = weight + model.weight[pin as usize];
                    if into[pin as usize] == NONE && label[pin as usize] == label[start] && more <= heaviest {
                        into[pin as usize] = number;
                        weight = more;
                        queue.push(pin);
                    }
                }
            }
            at += 1;
        }
        number += 1;
    }
    number
}

/// The `most` units nearest to a border of `label`, counted in nets.
fn nearest(model: &Model, label: &[u32], most: usize) -> Vec<u32> {
    let mut known = vec![false; model.units()];
    let mut seen = vec![false; model.net_weight.len()];
    let mut queue: Vec<u32> = Vec::new();
    for net in 0..model.net_weight.len() as u32 {
        let pins = model.pins.of(net);
        if pins.iter().any(|&pin| label[pin as usize] != label[pins[0] as usize]) {
            seen[net as usize] = true;
            queue.extend(pins.iter().filter(|&&pin| !std::mem::replace(&mut known[pin as usize], true)));
        }
    }
    let mut at = 0;
    while at < queue.len() && queue.len() < most {
        for &net in model.nets.of(queue[at]) {
            if !std::mem::replace(&mut seen[net as usize], true) {
                queue.extend(
                    model.pins.of(net).iter().filter(|&&pin| !std::mem::replace(&mut known[pin as usize], true)),
                );
            }
        }
        at += 1;
    }
    queue
}
