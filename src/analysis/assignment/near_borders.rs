//! A model that is fine about the borders of a labelling and coarse far from them: where a changed plan can differ from
//! the last one every unit counts by itself, and the inside of each label is a few hundred blocks.

use super::coarsen::levels;
use super::model::Model;
use crate::analysis::random::Random;

/// The coarser model and what leads there and back.
pub struct NearBorders {
    pub model: Model,
    into: Vec<u32>,
}

impl NearBorders {
    /// About `fine` units next to the borders of `label` stay what they are; units farther away are joined within their
    /// label. None where that makes the model little smaller. Cost: some passes over the pins.
    pub fn new(model: &Model, label: &[u32], fine: usize, random: &mut Random) -> Option<Self> {
        if model.units() < fine + fine / 4 {
            return None;
        }
        let mut apart: Vec<u32> = label.to_vec();
        let near = nearest(model, label, fine);
        near.iter().for_each(|&unit| apart[unit as usize] = model.labels as u32 + unit);
        let least = model.target.iter().copied().fold(f64::INFINITY, f64::min);
        let levels = levels(model, Some(&apart), near.len() + 200 * model.labels, least / 100.0, random);
        let mut into: Vec<u32> = (0..model.units() as u32).collect();
        for level in &levels {
            into.iter_mut().for_each(|into| *into = level.into[*into as usize]);
        }
        let model = levels.into_iter().next_back()?.model;
        Some(Self { model, into })
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
