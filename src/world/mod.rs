//! What is in memory: immutable snapshots for readers, one `Arc` each, all layers of one moment.
//!
//! Per layer a packed base in Hilbert order (typed columns, a packed tree over envelopes, payload bytes laid out in
//! the same order) and a small overlay of what has changed since. Knows no SQL and no HTTP; payloads are bytes that
//! the caller had encoded.

mod columns;
mod rows;
mod chunk;
mod base;
mod overlay;
mod layer;
mod nearest;
mod query;
mod select;
mod token;
mod snapshot;

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;

use crate::domain::feature::{Feature, FeatureId};

pub use layer::{LayerSnapshot, Row};
pub use query::{Condition, Field, Query, TimeWindow};
pub use select::Selection;
pub use snapshot::{Bulk, FoldPlan, Snapshot};
pub use token::Token;

/// A feature and the bytes that answer for it by default.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub feature: Feature,
    pub payload: Bytes,
}

/// One change of a layer.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "changes come as lists of nearly only the large one")]
pub enum Change {
    Upsert(Entry),
    Delete(FeatureId),
}

/// Makes a feature's payload, for rows that come in bulk without one.
pub type Encode<'a> = &'a (dyn Fn(&Feature, &mut Vec<u8>) + Sync);

/// The place where readers take the newest snapshot. Taking it costs nanoseconds and blocks nobody.
pub struct World(ArcSwap<Snapshot>);

impl World {
    pub fn new(snapshot: Snapshot) -> Self {
        Self(ArcSwap::from_pointee(snapshot))
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// Replaces the newest snapshot. Writers take turns before they call this.
    pub fn publish(&self, snapshot: Snapshot) {
        self.0.store(Arc::new(snapshot));
    }
}

#[cfg(test)]
mod tests;
