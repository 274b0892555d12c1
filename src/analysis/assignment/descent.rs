//! Annealing down a hierarchy of blocks, from the coarsest to the units themselves.

use super::anneal::{Cooling, anneal_at};
use super::coarsen::{Level, coarse_label, fine_label};
use super::model::Model;
use super::search::looseness;
use crate::analysis::random::Random;

/// By what share of its target a load keeps away from the limits of its band on large models, so that it is within them.
const MARGIN: f64 = 2e-5;
/// The last price of leaving the band where blocks are moved.
const TIGHT_OF_BLOCKS: f64 = 600.0;

pub(super) struct Descent<'a> {
    pub levels: &'a [Level],
    /// Moves on each level, and how many times as many on the finest, where they are cheap.
    pub moves: u64,
    pub finest: u64,
    /// Temperature at the start of the coarsest level, and of the finest.
    pub hot: f64,
    pub cold: f64,
    /// The last price of leaving the band where units are moved, and what multiplies that of every level.
    pub tight: f64,
    pub strict: f64,
    /// The price of costs where it is not the model's.
    pub price: Option<f64>,
    /// As in `Cooling`.
    pub lead: &'a [f64],
    pub seldom: u64,
    pub stop: &'a dyn Fn() -> bool,
}

impl Descent<'_> {
    /// The hierarchy was made for `label`: no block crosses it, so it stays what it is until it is improved.
    pub fn run(&self, model: &Model, label: &[u32], random: &mut Random) -> Vec<u32> {
        let Self { levels, hot, cold, .. } = *self;
        let mut current = label.to_vec();
        levels.iter().for_each(|level| current = coarse_label(level, &current));
        for at in (0..=levels.len()).rev() {
            let own = if at == 0 { model } else { &levels[at - 1].model };
            let depth = at as f64 / levels.len().max(1) as f64;
            let heat = if levels.is_empty() { hot } else { cold * (hot / cold).powf(depth) };
            let finest = at == 0;
            let cooling = Cooling {
                moves: if finest { self.finest * self.moves } else { self.moves },
                hot: heat.max(cold),
                cold: if finest { 0.3 * cold } else { 0.5 * heat },
                loose: looseness(own, heat),
                tight: self.strict * if finest { self.tight } else { TIGHT_OF_BLOCKS },
                slack: if finest && model.units() > 2000 { -MARGIN } else { 0.0 },
                lead: self.lead,
                seldom: self.seldom,
            };
            current = anneal_at(own, current, self.price.unwrap_or(own.cost_price), &cooling, random, self.stop);
            if !finest {
                current = fine_label(&levels[at - 1], &current);
            }
        }
        current
    }
}
