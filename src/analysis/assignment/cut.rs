//! Least cut between a source and a sink in a network of whole-number capacities (Boykov and Kolmogorov 2004).
//!
//! Two trees grow from the terminals; where they meet flow is sent, and what it orphans is adopted again. Fast where
//! most nodes hang on a terminal themselves, as units with costs do.

use std::collections::VecDeque;

const NO: u32 = u32::MAX;
/// Parent marks: hangs on its terminal; has lost its parent.
const TERMINAL: u32 = u32::MAX - 1;
const ORPHAN: u32 = u32::MAX - 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    Free,
    Source,
    Sink,
}

#[derive(Default)]
pub struct Cut {
    /// Left over at a node: above 0 from the source, below 0 to the sink.
    terminal: Vec<i64>,
    first: Vec<u32>,
    head: Vec<u32>,
    next: Vec<u32>,
    left: Vec<i64>,
    tree: Vec<Tree>,
    parent: Vec<u32>,
    active: VecDeque<u32>,
    queued: Vec<bool>,
    orphans: VecDeque<u32>,
    stamp: Vec<u32>,
    depth: Vec<u32>,
    time: u32,
}

impl Cut {
    pub fn new(nodes: usize) -> Self {
        Self {
            terminal: vec![0; nodes],
            first: vec![NO; nodes],
            tree: vec![Tree::Free; nodes],
            parent: vec![NO; nodes],
            queued: vec![false; nodes],
            stamp: vec![0; nodes],
            depth: vec![0; nodes],
            ..Self::default()
        }
    }

    /// Capacity from the source (above 0) or to the sink (below 0), added to what there is.
    pub fn pull(&mut self, node: u32, capacity: i64) {
        self.terminal[node as usize] += capacity;
    }

    pub fn arc(&mut self, from: u32, to: u32, forth: i64, back: i64) {
        for (from, to, capacity) in [(from, to, forth), (to, from, back)] {
            self.head.push(to);
            self.left.push(capacity);
            self.next.push(self.first[from as usize]);
            self.first[from as usize] = self.head.len() as u32 - 1;
        }
    }

    /// Whether `node` lies on the source's side after `solve`. Nodes that neither side claims go to the sink.
    pub fn on_source_side(&self, node: u32) -> bool {
        self.tree[node as usize] == Tree::Source
    }

    pub fn solve(&mut self) {
        for node in 0..self.terminal.len() {
            let terminal = self.terminal[node];
            if terminal != 0 {
                self.tree[node] = if terminal > 0 { Tree::Source } else { Tree::Sink };
                self.parent[node] = TERMINAL;
                self.depth[node] = 1;
                self.wake(node as u32);
            }
        }
        while let Some(node) = self.active.pop_front() {
            self.queued[node as usize] = false;
            while self.parent[node as usize] != NO {
                let Some(bridge) = self.grow(node) else { break };
                self.time += 1;
                self.send(bridge);
                while let Some(orphan) = self.orphans.pop_front() {
                    self.adopt(orphan);
                }
            }
        }
    }

    fn wake(&mut self, node: u32) {
        if !self.queued[node as usize] {
            self.queued[node as usize] = true;
            self.active.push_back(node);
        }
    }

    /// Takes free neighbours into the tree of `node`; gives an arc from the source's tree to the sink's when they meet.
    fn grow(&mut self, node: u32) -> Option<u32> {
        let own = self.tree[node as usize];
        let mut arc = self.first[node as usize];
        while arc != NO {
            let open = if own == Tree::Source { arc } else { arc ^ 1 };
            if self.left[open as usize] > 0 {
                let other = self.head[arc as usize];
                let its = self.tree[other as usize];
                if its == Tree::Free {
                    self.tree[other as usize] = own;
                    self.parent[other as usize] = arc ^ 1;
                    self.stamp[other as usize] = self.stamp[node as usize];
                    self.depth[other as usize] = self.depth[node as usize] + 1;
                    self.wake(other);
                } else if its != own {
                    return Some(open);
                } else if self.stamp[other as usize] <= self.stamp[node as usize]
                    && self.depth[other as usize] > self.depth[node as usize] + 1
                    && self.parent[other as usize] != TERMINAL
                {
                    self.parent[other as usize] = arc ^ 1;
                    self.stamp[other as usize] = self.stamp[node as usize];
                    self.depth[other as usize] = self.depth[node as usize] + 1;
                }
            }
            arc = self.next[arc as usize];
        }
        None
    }

    /// `parent[node]` is the arc from `node` to its parent.
    fn send(&mut self, bridge: u32) {
        let (start, end) = (self.head[bridge as usize ^ 1], self.head[bridge as usize]);
        let mut step = self.left[bridge as usize];
        let mut node = start;
        while self.parent[node as usize] != TERMINAL {
            let up = self.parent[node as usize];
            step = step.min(self.left[up as usize ^ 1]);
            node = self.head[up as usize];
        }
        step = step.min(self.terminal[node as usize]);
        node = end;
        while self.parent[node as usize] != TERMINAL {
            let up = self.parent[node as usize];
            step = step.min(self.left[up as usize]);
            node = self.head[up as usize];
        }
        step = step.min(-self.terminal[node as usize]);
        self.left[bridge as usize] -= step;
        self.left[bridge as usize ^ 1] += step;
        node = start;
        loop {
            let up = self.parent[node as usize];
            if up == TERMINAL {
                self.terminal[node as usize] -= step;
                if self.terminal[node as usize] == 0 {
                    self.orphan(node);
                }
                break;
            }
            self.left[up as usize] += step;
            self.left[up as usize ^ 1] -= step;
            if self.left[up as usize ^ 1] == 0 {
                self.orphan(node);
            }
            node = self.head[up as usize];
        }
        node = end;
        loop {
            let up = self.parent[node as usize];
            if up == TERMINAL {
                self.terminal[node as usize] += step;
                if self.terminal[node as usize] == 0 {
                    self.orphan(node);
                }
                break;
            }
            self.left[up as usize ^ 1] += step;
            self.left[up as usize] -= step;
            if self.left[up as usize] == 0 {
                self.orphan(node);
            }
            node = self.head[up as usize];
        }
    }

    fn orphan(&mut self, node: u32) {
        self.parent[node as usize] = ORPHAN;
        self.orphans.push_back(node);
    }

    /// Depth of `node` below its terminal, or none when its line ends at an orphan.
    fn rooted(&mut self, node: u32) -> Option<u32> {
        let mut at = node;
        let mut steps = 0;
        loop {
            if self.stamp[at as usize] == self.time {
                steps += self.depth[at as usize];
                break;
            }
            let up = self.parent[at as usize];
            steps += 1;
            match up {
                TERMINAL => {
                    self.stamp[at as usize] = self.time;
                    self.depth[at as usize] = 1;
                    break;
                }
                ORPHAN | NO => return None,
                _ => at = self.head[up as usize],
            }
        }
        let depth = steps;
        let (mut at, mut below) = (node, steps);
        while self.stamp[at as usize] != self.time {
            self.stamp[at as usize] = self.time;
            self.depth[at as usize] = below;
            below -= 1;
            at = self.head[self.parent[at as usize] as usize];
        }
        Some(depth)
    }

    fn adopt(&mut self, node: u32) {
        let own = self.tree[node as usize];
        let mut best = (u32::MAX, NO);
        let mut arc = self.first[node as usize];
        while arc != NO {
            let other = self.head[arc as usize];
            let open = if own == Tree::Source { arc ^ 1 } else { arc };
            if self.left[open as usize] > 0 && self.tree[other as usize] == own {
                if let Some(depth) = self.rooted(other) {
                    if depth < best.0 {
                        best = (depth, arc);
                    }
                }
            }
            arc = self.next[arc as usize];
        }
        if best.1 != NO {
            self.parent[node as usize] = best.1;
            self.stamp[node as usize] = self.time;
            self.depth[node as usize] = best.0 + 1;
            return;
        }
        self.parent[node as usize] = NO;
        self.tree[node as usize] = Tree::Free;
        arc = self.first[node as usize];
        while arc != NO {
            let other = self.head[arc as usize];
            if self.tree[other as usize] == own {
                let open = if own == Tree::Source { arc ^ 1 } else { arc };
                if self.left[open as usize] > 0 {
                    self.wake(other);
                }
                let up = self.parent[other as usize];
                if up < ORPHAN && self.head[up as usize] == node {
                    self.orphan(other);
                }
            }
            arc = self.next[arc as usize];
        }
    }
}
