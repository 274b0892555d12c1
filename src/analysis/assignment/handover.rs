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
    let (flow, price) = bound(&|holder, squad| hops[holder * holders + squad]);
    (HandoverBound { strict, flow: flow.max(strict) }, price)
}

/// Steps between holders over `near`; a holder of nothing is next to all; holders that no way joins are as far as can be.
fn hops(load: &[f64], near: &[(u32, u32)]) -> Vec<f64> {
    let holders = load.len();
    let mut steps = vec![f64::INFINITY; holders * holders];
    for &(a, b) in near {
        steps[a as usize * holders + b as usize] = 1.0;
        steps[b as usize * holders + a as usize] = 1.0;
    }
    for pair in (0..holders * holders).filter(|pair| load[pair / holders] <= 0.0 || load[pair % holders] <= 0.0) {
        steps[pair] = 1.0;
    }
    Ways::new(holders, steps).length.iter().map(|length| length.min(holders as f64)).collect()
}

/// Shortest ways between labels.
pub struct Ways {
    labels: usize,
    length: Vec<f64>,
    next: Vec<usize>,
}

impl Ways {
    /// `steps[from * labels + to]` is the length of a step, infinite where there is none. Floyd and Warshall; cost: labels cubed.
    pub fn new(labels: usize, steps: Vec<f64>) -> Self {
        let next = (0..labels * labels).map(|pair| pair % labels).collect();
        let mut ways = Self { labels, length: steps, next };
        (0..labels).for_each(|label| ways.length[label * labels + label] = 0.0);
        for over in 0..labels {
            for from in 0..labels {
                for to in 0..labels {
                    let length = ways.length(from, over) + ways.length(over, to);
                    if length < ways.length(from, to) {
                        ways.length[from * labels + to] = length;
                        ways.next[from * labels + to] = ways.next(from, over);
                    }
                }
            }
        }
        ways
    }

    pub fn length(&self, from: usize, to: usize) -> f64 {
        self.length[from * self.labels + to]
    }

    /// The first label on the way.
    pub fn next(&self, from: usize, to: usize) -> usize {
        self.next[from * self.labels + to]
    }
}
