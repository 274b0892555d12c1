//! The k nearest features, exactly: best first through the packed tree and the overlay's tree (Hjaltason and Samet 1999).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use geo::Coord;
use rstar::{ParentNode, RTreeNode};

use crate::domain::feature::FeatureId;
use crate::spatial::foot::least_distance_m;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Entry;
use crate::world::chunk::FANOUT;
use crate::world::layer::{LayerSnapshot, Row};
use crate::world::overlay::Leaf;

/// Something that may hold near features, by the least metres that it can be away.
struct Candidate<'a> {
    metres: f64,
    what: What<'a>,
}

enum What<'a> {
    Node {
        slot: usize,
        level: usize,
        node: usize,
    },
    OverlayNode(&'a ParentNode<Leaf>),
    Row(usize, usize),
    Entry(&'a Entry),
    /// Its metres are measured.
    Found(FeatureId),
}

impl What<'_> {
    /// At equal metres whatever may still hold something as near comes first, then the lower id.
    fn rank(&self) -> (u8, FeatureId) {
        match self {
            Self::Found(id) => (1, *id),
            _ => (0, FeatureId(0)),
        }
    }
}

impl Ord for Candidate<'_> {
    /// Reversed: the heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.metres.total_cmp(&self.metres).then_with(|| other.what.rank().cmp(&self.what.rank()))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate<'_> {}

impl LayerSnapshot {
    /// At most `k` features that `filter` accepts, nearest first, ties by id, with their metres by `measure`.
    ///
    /// `measure` must never answer less than the geodesic metres to the feature's envelope. Features farther than
    /// `max_m` are left out. Cost: O(k log n) for clustered data; no feature far away is looked at.
    pub fn nearest(
        &self,
        from: Coord,
        k: usize,
        max_m: Option<f64>,
        filter: &dyn Fn(&Row<'_>) -> bool,
        measure: &dyn Fn(&Row<'_>) -> Option<f64>,
    ) -> Vec<(f64, FeatureId)> {
        let mut search = Search { layer: self, from, most: max_m.unwrap_or(f64::INFINITY), queue: BinaryHeap::new() };
        search.start();
        let mut found = Vec::with_capacity(k);
        while let Some(Candidate { metres, what }) = search.queue.pop() {
            match what {
                What::Found(id) => {
                    found.push((metres, id));
                    if found.len() == k {
                        break;
                    }
                }
                What::Node { slot, level, node } => search.open(slot, level, node),
                What::OverlayNode(parent) => search.open_overlay(parent),
                What::Row(slot, at) => {
                    let chunk = &self.base.chunks[slot];
                    let row = Row::base(chunk, at);
                    if !self.overlay.hides(chunk.uid, at) && filter(&row) {
                        search.measure(&row, measure);
                    }
                }
                What::Entry(entry) => {
                    let row = Row::Overlay(self.layer, entry);
                    if filter(&row) {
                        search.measure(&row, measure);
                    }
                }
            }
        }
        found
    }
}

struct Search<'a> {
    layer: &'a LayerSnapshot,
    from: Coord,
    most: f64,
    queue: BinaryHeap<Candidate<'a>>,
}

impl<'a> Search<'a> {
    fn add(&mut self, envelope: Envelope, what: What<'a>) {
        if !envelope.is_empty() {
            let metres = least_distance_m(self.from, envelope);
            if metres <= self.most {
                self.queue.push(Candidate { metres, what });
            }
        }
    }

    fn measure(&mut self, row: &Row<'_>, measure: &dyn Fn(&Row<'_>) -> Option<f64>) {
        if let Some(metres) = measure(row)
            && metres <= self.most
        {
            self.queue.push(Candidate { metres, what: What::Found(row.id()) });
        }
    }

    fn start(&mut self) {
        for (slot, chunk) in self.layer.base.chunks.iter().enumerate() {
            let level = chunk.levels().len() - 1;
            self.add(self.layer.base.envelopes[slot], What::Node { slot, level, node: 0 });
        }
        if self.layer.overlay.tree.size() > 0 {
            self.add(Envelope::WORLD, What::OverlayNode(self.layer.overlay.tree.root()));
        }
    }

    fn open(&mut self, slot: usize, level: usize, node: usize) {
        let chunk = &self.layer.base.chunks[slot];
        let below = node * FANOUT;
        if level == 0 {
            for at in below..(below + FANOUT).min(chunk.len()) {
                self.add(chunk.rows.envelope(at), What::Row(slot, at));
            }
            return;
        }
        for child in below..(below + FANOUT).min(chunk.levels()[level - 1].len()) {
            self.add(chunk.levels()[level - 1][child], What::Node { slot, level: level - 1, node: child });
        }
    }

    fn open_overlay(&mut self, parent: &'a ParentNode<Leaf>) {
        for child in parent.children() {
            match child {
                RTreeNode::Leaf(leaf) => {
                    if let Some(entry) = self.layer.overlay.entries.get(&leaf.key) {
                        let envelope = entry.feature.geometry.as_ref().map_or(Envelope::EMPTY, Shape::envelope);
                        self.add(envelope, What::Entry(entry));
                    }
                }
                RTreeNode::Parent(inner) => {
                    let (low, high) = (inner.envelope().lower(), inner.envelope().upper());
                    let envelope = Envelope { west: low[0], south: low[1], east: high[0], north: high[1] };
                    self.add(envelope, What::OverlayNode(inner));
                }
            }
        }
    }
}
