//! What has changed since the base was built: small, copied at every commit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rstar::{AABB, RTree, RTreeObject};

use crate::domain::feature::FeatureId;
use crate::spatial::shape::{Envelope, Shape};
use crate::spatial::window;
use crate::world::Entry;
use crate::world::chunk::Key;

#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    /// Changed and new features in order.
    pub entries: BTreeMap<Key, Arc<Entry>>,
    keys: HashMap<FeatureId, Key>,
    /// Rows of the base that no longer count, by chunk uid, sorted.
    hidden: HashMap<u64, Vec<u16>>,
    pub hidden_count: usize,
    pub tree: RTree<Leaf>,
}

/// An entry's envelope in the tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    envelope: AABB<[f64; 2]>,
    pub key: Key,
}

impl RTreeObject for Leaf {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

pub(super) fn aabb(envelope: Envelope) -> AABB<[f64; 2]> {
    AABB::from_corners([envelope.west, envelope.south], [envelope.east, envelope.north])
}

fn leaf(key: Key, entry: &Entry) -> Option<Leaf> {
    let envelope = entry.feature.geometry.as_ref()?.envelope();
    Some(Leaf { envelope: aabb(envelope), key })
}

impl Overlay {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.hidden_count == 0
    }

    /// How much there is to fold.
    pub fn weight(&self) -> usize {
        self.entries.len() + self.hidden_count
    }

    pub fn get(&self, id: FeatureId) -> Option<&Arc<Entry>> {
        self.entries.get(self.keys.get(&id)?)
    }

    pub fn put(&mut self, entry: Arc<Entry>) {
        let key = entry.feature.place();
        if let Some(leaf) = leaf(key, &entry) {
            self.tree.insert(leaf);
        }
        self.keys.insert(key.1, key);
        self.entries.insert(key, entry);
    }

    pub fn take(&mut self, id: FeatureId) -> Option<Arc<Entry>> {
        let key = self.keys.remove(&id)?;
        let entry = self.entries.remove(&key)?;
        if let Some(leaf) = leaf(key, &entry) {
            self.tree.remove(&leaf);
        }
        Some(entry)
    }

    pub fn hide(&mut self, uid: u64, row: usize) {
        let rows = self.hidden.entry(uid).or_default();
        if let Err(at) = rows.binary_search(&(row as u16)) {
            rows.insert(at, row as u16);
            self.hidden_count += 1;
        }
    }

    pub fn hides(&self, uid: u64, row: usize) -> bool {
        self.hidden.get(&uid).is_some_and(|rows| rows.binary_search(&(row as u16)).is_ok())
    }

    /// Rows of a chunk that do not count, sorted.
    pub fn hidden_rows(&self, uid: u64) -> &[u16] {
        self.hidden.get(&uid).map_or(&[], Vec::as_slice)
    }

    pub fn all_hidden(&self) -> impl Iterator<Item = (u64, usize)> + '_ {
        self.hidden.iter().flat_map(|(uid, rows)| rows.iter().map(|row| (*uid, *row as usize)))
    }

    /// Keys of entries that share a point with any of the windows, sorted.
    pub fn keys_in(&self, windows: &[Envelope]) -> Vec<Key> {
        let mut keys: Vec<Key> = windows
            .iter()
            .filter(|window| !window.is_empty())
            .flat_map(|window| {
                self.tree
                    .locate_in_envelope_intersecting(aabb(*window))
                    .filter(|leaf| self.shape(leaf.key).is_some_and(|shape| window::intersects(shape, *window)))
                    .map(|leaf| leaf.key)
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn shape(&self, key: Key) -> Option<&Shape> {
        self.entries.get(&key)?.feature.geometry.as_ref()
    }
}
