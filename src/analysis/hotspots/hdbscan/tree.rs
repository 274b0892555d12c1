//! A k-d tree of cases: how far each is from its k-th nearest.

use std::collections::BinaryHeap;

use crate::analysis::hotspots::Position;

const LEAF: usize = 12;

/// A box of the tree; its sorted places are `from..to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub low: Position,
    pub high: Position,
    pub from: u32,
    pub to: u32,
    /// The second child; the first follows its parent. 0 in a leaf.
    pub second: u32,
}

impl Node {
    /// From a place to the nearest point of the box.
    pub fn squared_distance(&self, [x, y]: Position) -> f64 {
        let dx = (self.low[0] - x).max(x - self.high[0]).max(0.0);
        let dy = (self.low[1] - y).max(y - self.high[1]).max(0.0);
        dx * dx + dy * dy
    }
}

pub(super) struct Tree {
    /// The case at each sorted place.
    pub order: Vec<u32>,
    pub places: Vec<Position>,
    pub nodes: Vec<Node>,
}

pub(super) fn squared([ax, ay]: Position, [bx, by]: Position) -> f64 {
    let (dx, dy) = (ax - bx, ay - by);
    dx * dx + dy * dy
}

/// A squared distance in a heap.
#[derive(PartialEq)]
struct Far(f64);

impl Eq for Far {}

impl Ord for Far {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Far {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Tree {
    pub fn new(cases: &[Position]) -> Self {
        let mut order: Vec<u32> = (0..cases.len() as u32).collect();
        let mut nodes = Vec::new();
        grow(cases, &mut order, 0, &mut nodes);
        Self { places: order.iter().map(|case| cases[*case as usize]).collect(), order, nodes }
    }

    /// The squared distance of each sorted place to its `count`-th nearest, itself the first.
    pub fn core_distances_squared(&self, count: usize) -> Vec<f64> {
        let mut nearest = BinaryHeap::with_capacity(count + 1);
        let mut open: Vec<(f64, u32)> = Vec::new();
        self.places
            .iter()
            .map(|place| {
                nearest.clear();
                open.push((0.0, 0));
                while let Some((bound, at)) = open.pop() {
                    let full = nearest.len() == count;
                    if full && nearest.peek().is_some_and(|Far(worst)| bound >= *worst) {
                        continue;
                    }
                    let node = &self.nodes[at as usize];
                    if node.second == 0 {
                        // Of cases at one place, so many are enough.
                        let most = if node.low == node.high { count } else { LEAF };
                        for other in self.places[node.from as usize..node.to as usize].iter().take(most) {
                            let distance = squared(*place, *other);
                            if nearest.len() < count {
                                nearest.push(Far(distance));
                            } else if nearest.peek().is_some_and(|Far(worst)| distance < *worst) {
                                nearest.pop();
                                nearest.push(Far(distance));
                            }
                        }
                        continue;
                    }
                    self.open_children(at, *place, &mut open);
                }
                nearest.peek().map_or(0.0, |Far(worst)| *worst)
            })
            .collect()
    }

    /// Puts both children on the stack, the nearer on top.
    pub fn open_children(&self, at: u32, place: Position, open: &mut Vec<(f64, u32)>) {
        let children = [at + 1, self.nodes[at as usize].second];
        let [a, b] = children.map(|child| (self.nodes[child as usize].squared_distance(place), child));
        let (near, far) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        open.extend([far, near]);
    }
}

/// Adds the node of `order`, which starts at sorted place `from`, and those below it.
fn grow(cases: &[Position], order: &mut [u32], from: usize, nodes: &mut Vec<Node>) {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for case in order.iter() {
        for axis in 0..2 {
            low[axis] = low[axis].min(cases[*case as usize][axis]);
            high[axis] = high[axis].max(cases[*case as usize][axis]);
        }
    }
    let own = nodes.len();
    nodes.push(Node { low, high, from: from as u32, to: (from + order.len()) as u32, second: 0 });
    // Cases at one place stay together however many they are.
    if order.len() <= LEAF || low == high {
        return;
    }
    let axis = usize::from(high[1] - low[1] > high[0] - low[0]);
    let middle = order.len() / 2;
    order.select_nth_unstable_by(middle, |a, b| cases[*a as usize][axis].total_cmp(&cases[*b as usize][axis]));
    let (first, second) = order.split_at_mut(middle);
    grow(cases, first, from, nodes);
    nodes[own].second = nodes.len() as u32;
    grow(cases, second, from + middle, nodes);
}
