//! The least work that must change hands before every load is in its band: bounds shown beside each change of plan.

use super::model::{Lists, Model};
use super::transport::transport;

/// Both as shares of all work.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HandoverBound {
    /// Work may go from any squad to any: no plan needs less.
    pub strict: f64,
    /// Work goes between squads that are neighbours in the last plan, and counts at each step (least-cost flow).
    pub flow: f64,
}

/// `load[holder]` is the new load of what each holder has in the last plan. The first `low.len()` holders are the squads of
/// now; the others are gone and hand over all. `near` lists neighbours among holders. A squad that holds nothing yet may take
/// from any. `new` is load that nobody holds: it goes anywhere and is no hand-over.
///
/// Beside the bounds: the price on the load of each squad, a unit of it, that proves the flow. It rises along the ways on which
/// work has to go.
pub fn handover_bound(
    load: &[f64],
    new: f64,
    low: &[f64],
    high: &[f64],
    near: &[(u32, u32)],
) -> (HandoverBound, Vec<f64>) {
    let (holders, squads) = (load.len(), low.len());
    let total: f64 = load.iter().sum::<f64>() + new;
    if total <= 0.0 {
        return (HandoverBound::default(), vec![0.0; squads]);
    }
    let hops = hops(load, near);
    let bound = |price: &dyn Fn(usize, usize) -> f64| {
        let mut model = Model::new(squads, [load, &[new]].concat(), Lists::of_pairs(holders + 1, &[]), Vec::new());
        for (holder, own) in load.iter().enumerate() {
            for squad in 0..squads {
                model.cost[holder * squads + squad] = own / total * price(holder, squad);
            }
        }
        (model.low, model.high) = (low.to_vec(), high.to_vec());
        let found = transport(&model);
        (found.value.max(0.0), found.price)
    };
    let (strict, _) = bound(&|holder, squad| if holder == squad { 0.0 } else { 1.0 });
    let (flow, price) = bound(&|holder, squad| f64::from(hops[holder * holders + squad]));
    (HandoverBound { strict, flow: flow.max(strict) }, price)
}

/// Steps between holders over `near`; a holder of nothing is next to all; holders that no way joins are as far as can be.
fn hops(load: &[f64], near: &[(u32, u32)]) -> Vec<u32> {
    let holders = load.len();
    let far = holders as u32;
    let mut hops = vec![far; holders * holders];
    for holder in 0..holders {
        hops[holder * holders + holder] = 0;
        for other in (0..holders).filter(|&other| other != holder && (load[holder] <= 0.0 || load[other] <= 0.0)) {
            hops[holder * holders + other] = 1;
        }
    }
    for &(a, b) in near {
        hops[a as usize * holders + b as usize] = 1;
        hops[b as usize * holders + a as usize] = 1;
    }
    for over in 0..holders {
        for from in 0..holders {
            for to in 0..holders {
                let way = hops[from * holders + over] + hops[over * holders + to];
                let known = &mut hops[from * holders + to];
                *known = way.min(*known);
            }
        }
    }
    hops
}
