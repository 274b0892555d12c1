//! A labelling of a graph in the making: what a move changes, whether it keeps the label in one piece, and the move itself.
//!
//! It decides nothing: which moves are made is for the searches. A move tried costs some 20 ns, one made some 50.

use super::graph::Graph;
use crate::analysis::random::Random;

/// Up to how many nodes the nodes of each label are also held as bits.
pub const BITS: usize = 128;

/// A labelling of a graph, each label in one piece.
pub struct Cut<'g> {
    pub graph: &'g Graph,
    pub label: Vec<u8>,
    pub load: Vec<f64>,
    pub size: Vec<u32>,
    /// Price of the edges out of each label.
    pub rim: Vec<f64>,
    /// The nodes of each label, a bit each, if there are few enough.
    pub mask: Vec<u128>,
    /// Price of the edges between labels.
    pub cost: f64,
    /// Sum of the shares outside the band.
    pub outside: f64,
    /// Price of the edges from each node to each label.
    to: Vec<f64>,
    /// Neighbours with another label.
    foreign: Vec<u32>,
    border: Vec<u32>,
    place: Vec<u32>,
    seen: Vec<u32>,
    stamp: u32,
    queue: Vec<u32>,
}

/// A move that may be made: `node` takes `to`.
#[derive(Clone, Copy)]
pub struct Step {
    pub node: u32,
    pub to: u8,
    pub cut: f64,
    pub outside: f64,
}

impl<'g> Cut<'g> {
    pub fn new(graph: &'g Graph, label: Vec<u8>) -> Self {
        let nodes = graph.nodes();
        let mut cut = Self {
            graph,
            load: vec![0.0; graph.labels],
            size: vec![0; graph.labels],
            rim: vec![0.0; graph.labels],
            mask: vec![0; graph.labels],
            cost: 0.0,
            outside: 0.0,
            to: vec![0.0; nodes * graph.labels],
            foreign: vec![0; nodes],
            border: Vec::new(),
            place: vec![u32::MAX; nodes],
            seen: vec![0; nodes],
            stamp: 0,
            queue: Vec::new(),
            label,
        };
        for node in 0..nodes as u32 {
            let own = cut.label[node as usize];
            cut.load[own as usize] += graph.weight[node as usize];
            cut.size[own as usize] += 1;
            if nodes <= BITS {
                cut.mask[own as usize] |= 1 << node;
            }
            for (&other, &price) in graph.near(node).iter().zip(graph.price(node)) {
                let its = cut.label[other as usize];
                cut.to[node as usize * graph.labels + its as usize] += price;
                if its != own {
                    cut.foreign[node as usize] += 1;
                    cut.cost += 0.5 * price;
                    cut.rim[own as usize] += price;
                }
            }
            if cut.foreign[node as usize] > 0 {
                cut.enter(node);
            }
        }
        cut.outside = (0..graph.labels).map(|label| graph.outside(label, cut.load[label])).sum();
        cut
    }

    fn enter(&mut self, node: u32) {
        self.place[node as usize] = self.border.len() as u32;
        self.border.push(node);
    }

    fn leave(&mut self, node: u32) {
        let at = self.place[node as usize] as usize;
        self.border.swap_remove(at);
        if let Some(&moved) = self.border.get(at) {
            self.place[moved as usize] = at as u32;
        }
        self.place[node as usize] = u32::MAX;
    }

    /// A node at the border and a neighbour's label, by chance.
    pub fn draw(&self, random: &mut Random) -> Option<Step> {
        if self.border.is_empty() {
            return None;
        }
        let word = random.word();
        let node = self.border[(((word >> 32) * self.border.len() as u64) >> 32) as usize];
        let near = self.graph.near(node);
        let from = self.label[node as usize];
        let mut at = (((word & 0xffff_ffff) * near.len() as u64) >> 32) as usize;
        loop {
            let to = self.label[near[at] as usize];
            if to != from {
                return Some(self.step(node, to));
            }
            at = if at + 1 == near.len() { 0 } else { at + 1 };
        }
    }

    /// What it changes if `node` takes `to`.
    pub fn step(&self, node: u32, to: u8) -> Step {
        let graph = self.graph;
        let from = self.label[node as usize] as usize;
        let weight = graph.weight[node as usize];
        let row = &self.to[node as usize * graph.labels..];
        let one = graph.outside(from, self.load[from] - weight) - graph.outside(from, self.load[from]);
        let other = graph.outside(to as usize, self.load[to as usize] + weight)
            - graph.outside(to as usize, self.load[to as usize]);
        Step { node, to, cut: row[from] - row[to as usize], outside: one + other }
    }

    /// Whether the rest of its label stays in one piece without `node`.
    pub fn whole_without(&mut self, node: u32) -> bool {
        let graph = self.graph;
        let from = self.label[node as usize];
        if self.size[from as usize] < 2 {
            return false;
        }
        let near = graph.near(node);
        if near.len() <= 64 {
            let ring = graph.ring(node);
            let mut left = near
                .iter()
                .enumerate()
                .fold(0u64, |bits, (at, &other)| bits | u64::from(self.label[other as usize] == from) << at);
            let mut next = left & left.wrapping_neg();
            left &= !next;
            while next != 0 && left != 0 {
                let at = next.trailing_zeros() as usize;
                next &= next - 1;
                let reached = ring[at] & left;
                left &= !reached;
                next |= reached;
            }
            if left == 0 {
                return true;
            }
        }
        self.search(node, from)
    }

    /// The same by a search through the label.
    fn search(&mut self, node: u32, from: u8) -> bool {
        let graph = self.graph;
        self.stamp += 2;
        let (wanted, seen) = (self.stamp - 1, self.stamp);
        let mut left = 0;
        self.queue.clear();
        for &other in graph.near(node) {
            if self.label[other as usize] == from {
                self.seen[other as usize] = wanted;
                left += 1;
                if left == 1 {
                    self.queue.push(other);
                }
            }
        }
        self.seen[node as usize] = seen;
        self.seen[self.queue[0] as usize] = seen;
        left -= 1;
        let mut next = 0;
        while next < self.queue.len() {
            let at = self.queue[next];
            next += 1;
            for &other in graph.near(at) {
                let mark = self.seen[other as usize];
                if mark != seen && self.label[other as usize] == from {
                    if mark == wanted {
                        left -= 1;
                        if left == 0 {
                            return true;
                        }
                    }
                    self.seen[other as usize] = seen;
                    self.queue.push(other);
                }
            }
        }
        false
    }

    pub fn put(&mut self, step: &Step) {
        let graph = self.graph;
        let node = step.node;
        let from = std::mem::replace(&mut self.label[node as usize], step.to);
        let row = node as usize * graph.labels;
        let all = graph.degree(node);
        self.rim[from as usize] += 2.0 * self.to[row + from as usize] - all;
        self.rim[step.to as usize] += all - 2.0 * self.to[row + step.to as usize];
        if graph.nodes() <= BITS {
            self.mask[from as usize] ^= 1 << node;
            self.mask[step.to as usize] ^= 1 << node;
        }
        let mut foreign = 0;
        for (&other, &price) in graph.near(node).iter().zip(graph.price(node)) {
            let row = other as usize * graph.labels;
            self.to[row + from as usize] -= price;
            self.to[row + step.to as usize] += price;
            let its = self.label[other as usize];
            if its == from {
                self.foreign[other as usize] += 1;
                if self.foreign[other as usize] == 1 {
                    self.enter(other);
                }
            } else if its == step.to {
                self.foreign[other as usize] -= 1;
                if self.foreign[other as usize] == 0 {
                    self.leave(other);
                }
            }
            foreign += u32::from(its != step.to);
        }
        self.foreign[node as usize] = foreign;
        if foreign == 0 {
            self.leave(node);
        }
        let weight = graph.weight[node as usize];
        self.load[from as usize] -= weight;
        self.load[step.to as usize] += weight;
        self.size[from as usize] -= 1;
        self.size[step.to as usize] += 1;
        self.cost += step.cut;
        self.outside = (0..graph.labels).map(|label| graph.outside(label, self.load[label])).sum();
    }
}
