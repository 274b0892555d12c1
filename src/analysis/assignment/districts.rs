//! Districts on any model: the search without the bureau's words, for problems given as units and nets.

use super::cuts::least_cut;
use super::model::Model;
use super::search::{Effort, Search};
use super::seed::{from_hubs, from_prices};
use super::transport::transport;

/// A labelling with one piece a label, within the band if one is found, of small objective. `effort`: by default what fits
/// the size. Err: a unit that may have one label only and cannot be joined to it.
///
/// Graphs of up to some thousand nodes without costs of units have a search of their own, unless `effort` asks for the general
/// one. Costs of units are taken at a price that makes an ordinary step about 1, as the search wants it.
pub fn districts(
    model: &Model,
    effort: Option<Effort>,
    seed: u64,
    threads: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<u32>, u32> {
    if effort.is_none()
        && let Some(found) = least_cut(model, seed, threads, stop)
    {
        return found;
    }
    let mut model = model.clone();
    let costs = model.cost.iter().any(|cost| *cost > 0.0 && cost.is_finite());
    let nets = model.net_weight.iter().any(|weight| *weight > 0.0);
    if costs && !nets {
        model.cost_price = 1.0 / ordinary_step(&model).max(1e-300);
    }
    let start = if costs { from_prices(&model, &transport(&model)) } else { Vec::new() };
    let effort = effort.unwrap_or_else(|| Effort::usual(model.units(), costs));
    let search = Search { model: &model, effort, allowance: None, seed, threads, stop };
    let found = search.run(&|_, random| if costs { start.clone() } else { from_hubs(&model, random) }, &mut |_| {})?;
    Ok(found.0)
}

/// A tenth of the usual difference between a unit's cheapest label and its next.
fn ordinary_step(model: &Model) -> f64 {
    let gap = |row: &[f64]| {
        let mut row: Vec<f64> = row.iter().copied().filter(|cost| cost.is_finite()).collect();
        row.sort_by(f64::total_cmp);
        if row.len() > 1 { row[1] - row[0] } else { 0.0 }
    };
    let sum: f64 = model.cost.chunks(model.labels).map(gap).sum();
    0.1 * sum / model.units().max(1) as f64
}
