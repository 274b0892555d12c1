//! One layer of a snapshot: base and overlay as one.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use crate::domain::feature::{Feature, FeatureId, Flags, Rev};
use crate::domain::layer::Layer;
use crate::domain::value::Value;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::base::{Base, Incoming};
use crate::world::chunk::{Chunk, Key};
use crate::world::overlay::Overlay;
use crate::world::query::Field;
use crate::world::rows::Rows;
use crate::world::{Change, Encode, Entry};

/// More changes than this in one commit rebuild the chunks that they touch.
const BULK: usize = 2_000;
/// The overlay of a small layer may grow to this before it is folded.
const LEAST_FOLD: usize = 500;

#[derive(Debug, Clone)]
pub struct LayerSnapshot {
    pub(super) layer: Layer,
    pub(super) base: Arc<Base>,
    pub(super) overlay: Arc<Overlay>,
}

/// One feature as it lies in the snapshot.
#[derive(Clone, Copy)]
pub enum Row<'a> {
    #[doc(hidden)]
    Base(BaseRow<'a>),
    #[doc(hidden)]
    Overlay(Layer, &'a Entry),
}

/// A row of a chunk.
#[derive(Clone, Copy)]
pub struct BaseRow<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) at: usize,
}

impl<'a> Row<'a> {
    pub(super) fn base(chunk: &'a Chunk, at: usize) -> Self {
        Self::Base(BaseRow { chunk, at })
    }

    pub fn layer(&self) -> Layer {
        match self {
            Self::Base(row) => row.chunk.rows.layer(),
            Self::Overlay(layer, _) => *layer,
        }
    }

    pub fn id(&self) -> FeatureId {
        match self {
            Self::Base(row) => row.chunk.rows.id(row.at),
            Self::Overlay(_, entry) => entry.feature.id,
        }
    }

    pub fn rev(&self) -> Rev {
        match self {
            Self::Base(row) => row.chunk.rows.rev(row.at),
            Self::Overlay(_, entry) => entry.feature.rev,
        }
    }

    /// The whole record. Copies.
    pub fn feature(&self) -> Feature {
        match self {
            Self::Base(row) => row.chunk.rows.feature(row.at),
            Self::Overlay(_, entry) => entry.feature.clone(),
        }
    }

    pub fn shape(&self) -> Option<Shape> {
        self.with_shape(Shape::clone)
    }

    pub fn with_shape<T>(&self, look: impl FnOnce(&Shape) -> T) -> Option<T> {
        match self {
            Self::Base(row) => row.chunk.rows.with_shape(row.at, look),
            Self::Overlay(_, entry) => entry.feature.geometry.as_ref().map(look),
        }
    }

    pub fn payload(&self) -> Bytes {
        match self {
            Self::Base(row) => row.chunk.payload(row.at),
            Self::Overlay(_, entry) => entry.payload.clone(),
        }
    }

    pub fn flags(&self) -> Flags {
        match self {
            Self::Base(row) => row.chunk.rows.flags(row.at),
            Self::Overlay(_, entry) => entry.feature.flags,
        }
    }

    pub fn extras(&self) -> Map<String, Json> {
        match self {
            Self::Base(row) => row.chunk.rows.extras(row.at),
            Self::Overlay(_, entry) => entry.feature.extras.clone(),
        }
    }

    /// Value of a declared property, by its place.
    pub fn declared(&self, property: usize) -> Value {
        match self {
            Self::Base(row) => row.chunk.rows.value(row.at, property),
            Self::Overlay(_, entry) => entry.feature.values[property].clone(),
        }
    }

    /// The text of a declared property without a copy.
    pub fn declared_text(&self, property: usize) -> Option<&'a str> {
        match self {
            Self::Base(row) => row.chunk.rows.column(property).text(row.at),
            Self::Overlay(_, entry) => entry.feature.values[property].text(),
        }
    }

    /// Microseconds since 1970 of an instant, without making one.
    pub fn microseconds(&self, property: usize) -> Option<i64> {
        match self {
            Self::Base(row) => row.chunk.rows.column(property).microseconds(row.at),
            Self::Overlay(_, entry) => entry.feature.values[property].instant().map(jiff::Timestamp::as_microsecond),
        }
    }

    /// Value of any field but the flags and undeclared ones.
    pub fn value(&self, field: &Field) -> Value {
        match (field, self) {
            (Field::Id, _) => Value::Integer(self.id().0),
            (Field::Declared(at), _) => self.declared(*at),
            (Field::Rev, Self::Base(row)) => Value::Integer(row.chunk.rows.rev(row.at).0),
            (Field::Rev, Self::Overlay(_, entry)) => Value::Integer(entry.feature.rev.0),
            (Field::ExternalId, Self::Base(row)) => {
                row.chunk.rows.external_id(row.at).map_or(Value::Null, |id| Value::Text(id.to_owned()))
            }
            (Field::ExternalId, Self::Overlay(_, entry)) => {
                entry.feature.external_id.clone().map_or(Value::Null, Value::Text)
            }
            (Field::CreatedAt, Self::Base(row)) => instant(row.chunk.rows.created_microseconds(row.at)),
            (Field::UpdatedAt, Self::Base(row)) => instant(row.chunk.rows.updated_microseconds(row.at)),
            (Field::CreatedAt, Self::Overlay(_, entry)) => Value::Instant(entry.feature.created_at),
            (Field::UpdatedAt, Self::Overlay(_, entry)) => Value::Instant(entry.feature.updated_at),
            (Field::Flags | Field::Extra(_), _) => Value::Null,
        }
    }
}

fn instant(microseconds: i64) -> Value {
    jiff::Timestamp::from_microsecond(microseconds).map_or(Value::Null, Value::Instant)
}

impl LayerSnapshot {
    pub fn empty(layer: Layer) -> Self {
        Self { layer, base: Arc::new(Base::empty(layer)), overlay: Arc::default() }
    }

    pub fn len(&self) -> usize {
        self.base.len - self.overlay.hidden_count + self.overlay.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs `look` on a feature's row. Cost: a look into a page.
    pub fn with_row<T>(&self, id: FeatureId, look: impl FnOnce(Row<'_>) -> T) -> Option<T> {
        if let Some(entry) = self.overlay.get(id) {
            return Some(look(Row::Overlay(self.layer, entry)));
        }
        let (slot, at) = self.base.find(id)?;
        let chunk = &self.base.chunks[slot];
        if self.overlay.hides(chunk.uid, at) {
            return None;
        }
        Some(look(Row::base(chunk, at)))
    }

    pub fn get(&self, id: FeatureId) -> Option<Feature> {
        self.with_row(id, |row| row.feature())
    }

    pub fn payload(&self, id: FeatureId) -> Option<Bytes> {
        self.with_row(id, |row| row.payload())
    }

    pub fn shape(&self, id: FeatureId) -> Option<Shape> {
        self.with_row(id, |row| row.shape()).flatten()
    }

    /// Names of undeclared properties that features may carry.
    pub fn extra_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for chunk in &self.base.chunks {
            names.extend(chunk.rows.extra_names().iter().cloned());
        }
        for entry in self.overlay.entries.values() {
            names.extend(entry.feature.extras.keys().cloned());
        }
        names
    }

    /// A box round all features: tight, but for deletions that have not been folded yet.
    pub fn envelope(&self) -> Envelope {
        let base = self.base.envelopes.iter().fold(Envelope::EMPTY, |all, envelope| all.union(*envelope));
        let shapes = self.overlay.entries.values().filter_map(|entry| entry.feature.geometry.as_ref());
        shapes.fold(base, |all, shape| all.union(shape.envelope()))
    }

    /// The first and the last instant of a declared property. Cost: a look at each feature.
    pub fn time_extent(&self, property: usize) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
        let mut extent: Option<(i64, i64)> = None;
        self.for_each(&mut |row| {
            if let Some(at) = row.microseconds(property) {
                extent = Some(extent.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            }
        });
        let (first, last) = extent?;
        Some((jiff::Timestamp::from_microsecond(first).ok()?, jiff::Timestamp::from_microsecond(last).ok()?))
    }

    /// Visits every feature in order.
    pub fn for_each(&self, visit: &mut dyn FnMut(Row<'_>)) {
        let mut pending = self.overlay.entries.iter().peekable();
        for chunk in &self.base.chunks {
            for at in 0..chunk.len() {
                if self.overlay.hides(chunk.uid, at) {
                    continue;
                }
                while let Some((_, entry)) = pending.next_if(|(key, _)| **key < chunk.key(at)) {
                    visit(Row::Overlay(self.layer, entry));
                }
                visit(Row::base(chunk, at));
            }
        }
        for (_, entry) in pending {
            visit(Row::Overlay(self.layer, entry));
        }
    }

    /// Visits every feature that shares a point with the window, in no particular order.
    pub fn in_window(&self, window: Envelope, visit: &mut dyn FnMut(Row<'_>)) {
        let windows = [window];
        for (slot, chunk) in self.base.chunks.iter().enumerate() {
            if window.intersects(self.base.envelopes[slot]) {
                chunk.runs(&windows, 0, &mut |start, end| {
                    for at in start..end {
                        if !self.overlay.hides(chunk.uid, at) {
                            visit(Row::base(chunk, at));
                        }
                    }
                });
            }
        }
        for key in self.overlay.keys_in(&windows) {
            if let Some(entry) = self.overlay.entries.get(&key) {
                visit(Row::Overlay(self.layer, entry));
            }
        }
    }

    /// How many features share a point with any of the windows; exact. Cost: nodes on the windows' edges.
    pub fn count(&self, windows: &[Envelope]) -> u64 {
        if windows.is_empty() {
            return self.len() as u64;
        }
        let mut count = 0;
        for (slot, chunk) in self.base.chunks.iter().enumerate() {
            if !windows.iter().any(|window| window.intersects(self.base.envelopes[slot])) {
                continue;
            }
            chunk.runs(windows, 0, &mut |start, end| count += end - start);
            let hidden = self.overlay.hidden_rows(chunk.uid);
            count -= hidden.iter().filter(|row| chunk.meets(windows, **row as usize)).count();
        }
        (count + self.overlay.keys_in(windows).len()) as u64
    }

    /// A new state with the changes; this one stays as it is.
    pub(super) fn apply(&self, changes: Vec<Change>) -> Self {
        let bulk = changes.len() > BULK;
        let mut overlay = Overlay::clone(&self.overlay);
        for change in changes {
            match change {
                Change::Upsert(entry) => {
                    self.remove(&mut overlay, entry.feature.id);
                    overlay.put(Arc::new(entry));
                }
                Change::Delete(id) => self.remove(&mut overlay, id),
            }
        }
        let next = Self { overlay: Arc::new(overlay), ..self.clone() };
        if bulk { next.folded() } else { next }
    }

    fn remove(&self, overlay: &mut Overlay, id: FeatureId) {
        overlay.take(id);
        hide_in(&self.base, overlay, id);
    }

    /// A new state with rows that come in bulk, without payloads. `gone` are the ids that are deleted.
    pub(super) fn apply_bulk(&self, parts: &[Rows], gone: &HashSet<FeatureId>, encode: Encode<'_>) -> Self {
        let mut incoming: Vec<(Key, Incoming<'_>)> = Vec::with_capacity(parts.iter().map(Rows::len).sum());
        let mut replaced = gone.clone();
        for rows in parts {
            for at in 0..rows.len() {
                replaced.insert(rows.id(at));
                let curve = rows.with_shape(at, Shape::curve_key).unwrap_or(crate::spatial::hilbert::NOWHERE);
                incoming.push(((curve, rows.id(at)), Incoming::Row(rows, at)));
            }
        }
        for entry in self.overlay.entries.values().filter(|entry| !replaced.contains(&entry.feature.id)) {
            incoming.push((entry.feature.place(), Incoming::Entry(entry)));
        }
        incoming.sort_unstable_by_key(|(key, _)| *key);
        replaced.extend(self.hidden_ids());
        let base = self.base.rebuild(&replaced, &incoming, encode);
        Self { layer: self.layer, base: Arc::new(base), overlay: Arc::default() }
    }

    fn hidden_ids(&self) -> Vec<FeatureId> {
        let chunks: std::collections::HashMap<u64, &Arc<Chunk>> =
            self.base.chunks.iter().map(|chunk| (chunk.uid, chunk)).collect();
        self.overlay.all_hidden().filter_map(|(uid, row)| chunks.get(&uid).map(|chunk| chunk.rows.id(row))).collect()
    }

    pub(super) fn is_due(&self) -> bool {
        let most = ((self.base.len as f64).sqrt() as usize).max(LEAST_FOLD);
        self.overlay.weight() > most
    }

    /// The same features with an empty overlay.
    pub(super) fn folded(&self) -> Self {
        if self.overlay.is_empty() {
            return self.clone();
        }
        let gone: HashSet<FeatureId> = self.hidden_ids().into_iter().collect();
        let incoming: Vec<(Key, Incoming<'_>)> =
            self.overlay.entries.iter().map(|(key, entry)| (*key, Incoming::Entry(entry))).collect();
        // Entries bring their payloads, so nothing is encoded.
        let base = self.base.rebuild(&gone, &incoming, &|_, _| {});
        Self { layer: self.layer, base: Arc::new(base), overlay: Arc::default() }
    }

    /// `self` is newer than `before`, from which `folded` was made: the newest features on the folded base.
    pub(super) fn rebased(&self, before: &Self, folded: &Self) -> Option<Self> {
        if !Arc::ptr_eq(&self.base, &before.base) {
            return None;
        }
        let mut overlay = Overlay::default();
        let same = |id: FeatureId| match (self.overlay.get(id), before.overlay.get(id)) {
            (Some(now), Some(then)) => Arc::ptr_eq(now, then),
            _ => false,
        };
        for entry in before.overlay.entries.values().filter(|entry| !same(entry.feature.id)) {
            hide_in(&folded.base, &mut overlay, entry.feature.id);
        }
        for id in self.hidden_ids().into_iter().filter(|id| !same(*id)) {
            hide_in(&folded.base, &mut overlay, id);
        }
        for entry in self.overlay.entries.values().filter(|entry| !same(entry.feature.id)) {
            overlay.put(entry.clone());
        }
        Some(Self { layer: self.layer, base: folded.base.clone(), overlay: Arc::new(overlay) })
    }
}

fn hide_in(base: &Base, overlay: &mut Overlay, id: FeatureId) {
    if let Some((slot, row)) = base.find(id) {
        overlay.hide(base.chunks[slot].uid, row);
    }
}
