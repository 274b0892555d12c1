//! Coarser models: neighbouring units are joined in pairs, level by level, so that a move on a level is a move of a block.

use super::model::{Model, NONE};
use crate::analysis::random::Random;

/// One step: the coarser model, and which of its units each finer unit went into.
pub struct Level {
    pub model: Model,
    pub into: Vec<u32>,
}

/// Joins neighbours in pairs that share the most, lightest first in a random order; never heavier than `heaviest`,
/// never across `kept_apart` (a label a unit), never units without a common allowed label.
pub fn pair_up(model: &Model, kept_apart: Option<&[u32]>, heaviest: f64, random: &mut Random) -> Level {
    let units = model.units();
    let mut order: Vec<u32> = (0..units as u32).collect();
    random.shuffle(&mut order);
    let mut into = vec![NONE; units];
    let mut groups = 0u32;
    let mut score = vec![0.0f64; units];
    let mut near: Vec<u32> = Vec::new();
    for &unit in &order {
        if into[unit as usize] != NONE {
            continue;
        }
        into[unit as usize] = groups;
        near.clear();
        for &net in model.nets.of(unit) {
            let pins = model.pins.of(net);
            let share = (model.net_weight[net as usize] + 0.01) / (pins.len() as f64 - 1.0).max(1.0);
            for &pin in pins {
                if into[pin as usize] != NONE
                    || kept_apart.is_some_and(|label| label[pin as usize] != label[unit as usize])
                {
                    continue;
                }
                if score[pin as usize] == 0.0 {
                    near.push(pin);
                }
                score[pin as usize] += share;
            }
        }
        let own = model.weight[unit as usize];
        let mut best = (0.0, NONE);
        for &other in &near {
            let weight = model.weight[other as usize];
            let value = score[other as usize] / (own + weight + 0.05 * heaviest).max(1e-12);
            score[other as usize] = 0.0;
            if own + weight <= heaviest && value > best.0 && compatible(model, unit, other) {
                best = (value, other);
            }
        }
        if best.1 != NONE {
            into[best.1 as usize] = groups;
        }
        groups += 1;
    }
    Level { model: model.contracted(&into, groups as usize), into }
}

fn compatible(model: &Model, one: u32, other: u32) -> bool {
    (0..model.labels as u32).any(|label| (model.cost_of(one, label) + model.cost_of(other, label)).is_finite())
}

/// Levels from fine to coarse until `enough` units are left or joining no longer helps.
pub fn levels(model: &Model, label: Option<&[u32]>, enough: usize, heaviest: f64, random: &mut Random) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let mut own: Option<Vec<u32>> = label.map(<[u32]>::to_vec);
    loop {
        let finest = levels.last().map_or(model, |level| &level.model);
        if finest.units() <= enough {
            return levels;
        }
        let level = pair_up(finest, own.as_deref(), heaviest, random);
        if level.model.units() as f64 > 0.95 * finest.units() as f64 {
            return levels;
        }
        own = own.map(|label| coarse_label(&level, &label));
        levels.push(level);
    }
}

/// The label of each coarse unit, where all units in it have the same.
pub fn coarse_label(level: &Level, fine: &[u32]) -> Vec<u32> {
    let mut coarse = vec![0; level.model.units()];
    fine.iter().zip(&level.into).for_each(|(&label, &into)| coarse[into as usize] = label);
    coarse
}

pub fn fine_label(level: &Level, coarse: &[u32]) -> Vec<u32> {
    level.into.iter().map(|&into| coarse[into as usize]).collect()
}
