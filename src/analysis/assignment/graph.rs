//! The model as a plain graph: every net joins two units, and units have no costs of their own.
//!
//! It holds no labelling (`cut` does) and decides nothing.

use super::model::Model;

/// Labels are held in a byte each, and their loads are looked through at each move.
const MOST_LABELS: usize = 64;

/// Nodes with loads, and what it costs to cut between two of them.
pub struct Graph {
    pub labels: usize,
    pub weight: Vec<f64>,
    pub target: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
    starts: Vec<u32>,
    near: Vec<u32>,
    /// Price of the edge to each neighbour.
    price: Vec<f64>,
    /// Price of all edges of a node.
    all: Vec<f64>,
    /// For each neighbour: which of the node's neighbours it touches, a bit each; 0 where the node has more than 64.
    ring: Vec<u64>,
}

impl Graph {
    /// None where the model is more than a graph, or has more labels than fit.
    pub fn of(model: &Model) -> Option<Self> {
        let units = model.units();
        if model.labels > MOST_LABELS || model.cost.iter().any(|cost| *cost != 0.0) {
            return None;
        }
        let mut lists: Vec<Vec<(u32, f64)>> = vec![Vec::new(); units];
        for (net, &price) in model.net_weight.iter().enumerate() {
            match *model.pins.of(net as u32) {
                [] | [_] => {}
                [a, b] => {
                    lists[a as usize].push((b, price));
                    lists[b as usize].push((a, price));
                }
                _ => return None,
            }
        }
        let limits = [model.target.clone(), model.low.clone(), model.high.clone()];
        Some(Self::of_lists(model.labels, model.weight.clone(), limits, lists))
    }

    /// `lists`: the neighbours of each node with the price of the edge; parallel edges add up.
    fn of_lists(labels: usize, weight: Vec<f64>, limits: [Vec<f64>; 3], mut lists: Vec<Vec<(u32, f64)>>) -> Self {
        let [target, low, high] = limits;
        let mut graph = Self {
            labels,
            weight,
            target,
            low,
            high,
            starts: vec![0],
            near: Vec::new(),
            price: Vec::new(),
            all: Vec::new(),
            ring: Vec::new(),
        };
        for list in &mut lists {
            list.sort_by_key(|(other, _)| *other);
            list.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 += next.1;
                }
                same
            });
            graph.near.extend(list.iter().map(|(other, _)| *other));
            graph.price.extend(list.iter().map(|(_, price)| *price));
            graph.all.push(list.iter().map(|(_, price)| *price).sum());
            graph.starts.push(graph.near.len() as u32);
        }
        for node in 0..graph.weight.len() as u32 {
            let near = graph.near(node);
            let touches = |&other: &u32| {
                let its = graph.near(other);
                let both = near.iter().enumerate().filter(|(_, one)| its.binary_search(one).is_ok());
                both.fold(0, |bits, (at, _)| bits | 1 << at)
            };
            let ring: Vec<u64> = if near.len() > 64 { vec![0; near.len()] } else { near.iter().map(touches).collect() };
            graph.ring.extend(ring);
        }
        graph
    }

    /// The graph whose nodes are the pieces of equal `key`, and the piece of each node.
    pub fn crossed(&self, key: &[u64]) -> (Self, Vec<u32>) {
        let mut piece = vec![u32::MAX; self.nodes()];
        let mut weight = Vec::new();
        let mut stack = Vec::new();
        for first in 0..self.nodes() {
            if piece[first] != u32::MAX {
                continue;
            }
            let own = weight.len() as u32;
            weight.push(0.0);
            piece[first] = own;
            stack.push(first as u32);
            while let Some(node) = stack.pop() {
                weight[own as usize] += self.weight[node as usize];
                for &other in self.near(node) {
                    if piece[other as usize] == u32::MAX && key[other as usize] == key[first] {
                        piece[other as usize] = own;
                        stack.push(other);
                    }
                }
            }
        }
        let mut lists: Vec<Vec<(u32, f64)>> = vec![Vec::new(); weight.len()];
        for node in 0..self.nodes() as u32 {
            let own = piece[node as usize];
            for (&other, &price) in self.near(node).iter().zip(self.price(node)) {
                if piece[other as usize] != own {
                    lists[own as usize].push((piece[other as usize], price));
                }
            }
        }
        let limits = [self.target.clone(), self.low.clone(), self.high.clone()];
        (Self::of_lists(self.labels, weight, limits, lists), piece)
    }

    pub fn nodes(&self) -> usize {
        self.weight.len()
    }

    pub(super) fn span(&self, node: u32) -> std::ops::Range<usize> {
        self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize
    }

    pub fn near(&self, node: u32) -> &[u32] {
        &self.near[self.span(node)]
    }

    pub fn price(&self, node: u32) -> &[f64] {
        &self.price[self.span(node)]
    }

    pub(super) fn ring(&self, node: u32) -> &[u64] {
        &self.ring[self.span(node)]
    }

    /// Price of all edges of `node`.
    pub fn degree(&self, node: u32) -> f64 {
        self.all[node as usize]
    }

    /// The neighbours of each node, a bit each, of at most 128 nodes.
    pub fn masks(&self) -> Vec<u128> {
        (0..self.nodes() as u32).map(|node| self.near(node).iter().fold(0, |bits, &other| bits | 1 << other)).collect()
    }

    /// Whether all labels have the same band, so that only the shape of a district matters.
    pub fn even(&self) -> bool {
        let same = |values: &[f64]| values.iter().all(|value| *value == values[0]);
        same(&self.low) && same(&self.high)
    }

    /// By which share of its target `load` lies outside the band of `label`. Rounding is forgiven.
    pub fn outside(&self, label: usize, load: f64) -> f64 {
        let outside = (load - self.high[label]).max(self.low[label] - load) / self.target[label];
        if outside > 1e-9 { outside } else { 0.0 }
    }
}
