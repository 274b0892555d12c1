//! All chunks of a layer in order, and where each id is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::spatial::shape::Envelope;
use crate::world::chunk::{Chunk, ChunkBuilder, Key, MOST_ROWS};
use crate::world::rows::Rows;
use crate::world::{Encode, Entry};

/// Ids on one page of the index.
const PAGE: usize = 1024;
/// Row bits of a place.
const ROW_BITS: u32 = 12;

/// The immutable base of a layer.
#[derive(Debug, Clone)]
pub(super) struct Base {
    layer: Layer,
    pub chunks: Vec<Arc<Chunk>>,
    pub envelopes: Vec<Envelope>,
    slot_of: HashMap<u64, usize>,
    /// By id: chunk's uid and row, plus one; 0 = not here. Pages are shared between bases.
    pages: Vec<Option<Arc<Vec<u64>>>>,
    pub len: usize,
}

/// A row to come into the base.
pub(super) enum Incoming<'a> {
    Entry(&'a Entry),
    Row(&'a Rows, usize),
}

/// Where a row of the new base comes from.
#[derive(Clone, Copy)]
enum Source {
    Old(usize, usize),
    New(usize),
}

impl Base {
    pub fn empty(layer: Layer) -> Self {
        Self { layer, chunks: Vec::new(), envelopes: Vec::new(), slot_of: HashMap::new(), pages: Vec::new(), len: 0 }
    }

    /// Slot of the chunk and row of an id.
    pub fn find(&self, id: FeatureId) -> Option<(usize, usize)> {
        let at = usize::try_from(id.0).ok()?;
        let place = *self.pages.get(at / PAGE)?.as_ref()?.get(at % PAGE)?;
        let place = place.checked_sub(1)?;
        let slot = *self.slot_of.get(&(place >> ROW_BITS))?;
        Some((slot, (place & ((1 << ROW_BITS) - 1)) as usize))
    }

    /// The first chunk that may hold a key above this one.
    pub fn first_slot_after(&self, key: Key) -> usize {
        self.chunks.partition_point(|chunk| chunk.last_key() <= key)
    }

    /// A new base without the ids in `gone` and with the incoming rows, which are sorted by key and have no id that
    /// stays. Chunks that nothing touches are shared.
    ///
    /// Cost: proportional to the rows of the touched chunks.
    pub fn rebuild(&self, gone: &HashSet<FeatureId>, incoming: &[(Key, Incoming<'_>)], encode: Encode<'_>) -> Self {
        let mut touched: Vec<bool> = vec![false; self.chunks.len()];
        for id in gone {
            if let Some((slot, _)) = self.find(*id) {
                touched[slot] = true;
            }
        }
        let mut next = Self { pages: self.pages.clone(), ..Self::empty(self.layer) };
        gone.iter().for_each(|id| next.set_place(*id, 0));
        let mut group: Vec<(Key, Source)> = Vec::new();
        let mut at = 0;
        for (slot, chunk) in self.chunks.iter().enumerate() {
            // Rows up to the next chunk's first key belong here.
            let end = match self.chunks.get(slot + 1) {
                Some(following) => at + incoming[at..].partition_point(|(key, _)| *key < following.first_key()),
                None => incoming.len(),
            };
            if !touched[slot] && at == end {
                next.append_group(&mut group, self, incoming, encode);
                next.append(chunk.clone());
                continue;
            }
            for row in 0..chunk.len() {
                let key = chunk.key(row);
                while at < end && incoming[at].0 < key {
                    group.push((incoming[at].0, Source::New(at)));
                    at += 1;
                }
                if !gone.contains(&key.1) {
                    group.push((key, Source::Old(slot, row)));
                }
            }
            group.extend((at..end).map(|at| (incoming[at].0, Source::New(at))));
            at = end;
        }
        group.extend((at..incoming.len()).map(|at| (incoming[at].0, Source::New(at))));
        next.append_group(&mut group, self, incoming, encode);
        next
    }

    /// Cuts a run of rows into chunks of about equal size.
    fn append_group(
        &mut self,
        group: &mut Vec<(Key, Source)>,
        old: &Self,
        incoming: &[(Key, Incoming<'_>)],
        encode: Encode<'_>,
    ) {
        if group.is_empty() {
            return;
        }
        let parts = group.len().div_ceil(MOST_ROWS);
        let size = group.len().div_ceil(parts);
        let cuts: Vec<&[(Key, Source)]> = group.chunks(size).collect();
        let build = |cut: &&[(Key, Source)]| Arc::new(build_chunk(self.layer, cut, old, incoming, encode));
        // Two hands for bulk; a fold of a few chunks is not worth a thread.
        let chunks: Vec<Arc<Chunk>> = if cuts.len() > 8 {
            let (left, right) = cuts.split_at(cuts.len() / 2);
            std::thread::scope(|scope| {
                let other = scope.spawn(|| right.iter().map(build).collect::<Vec<_>>());
                let mut chunks: Vec<_> = left.iter().map(build).collect();
                chunks.extend(other.join().expect("building a chunk does not panic"));
                chunks
            })
        } else {
            cuts.iter().map(build).collect()
        };
        for chunk in chunks {
            for row in 0..chunk.len() {
                self.set_place(chunk.rows.id(row), (chunk.uid << ROW_BITS | row as u64) + 1);
            }
            self.append(chunk);
        }
        group.clear();
    }

    fn append(&mut self, chunk: Arc<Chunk>) {
        self.len += chunk.len();
        self.slot_of.insert(chunk.uid, self.chunks.len());
        self.envelopes.push(chunk.envelope());
        self.chunks.push(chunk);
    }

    fn set_place(&mut self, id: FeatureId, place: u64) {
        let Ok(at) = usize::try_from(id.0) else { return };
        if self.pages.len() <= at / PAGE {
            self.pages.resize(at / PAGE + 1, None);
        }
        let page = self.pages[at / PAGE].get_or_insert_with(|| Arc::new(vec![0; PAGE]));
        Arc::make_mut(page)[at % PAGE] = place;
    }
}

fn build_chunk(
    layer: Layer,
    cut: &[(Key, Source)],
    old: &Base,
    incoming: &[(Key, Incoming<'_>)],
    encode: Encode<'_>,
) -> Chunk {
    // A chunk's number is its identity for the index; it only has to be new.
    static NEXT_UID: AtomicU64 = AtomicU64::new(0);
    let mut builder = ChunkBuilder::new(layer);
    let mut last_slot = usize::MAX;
    for &((curve, _), source) in cut {
        match source {
            Source::Old(slot, row) => {
                if slot != last_slot {
                    builder.include_names(&old.chunks[slot].rows);
                    last_slot = slot;
                }
                builder.push_old(&old.chunks[slot], row);
            }
            Source::New(at) => match &incoming[at].1 {
                Incoming::Entry(entry) => builder.push(curve, &entry.feature, &entry.payload),
                Incoming::Row(rows, row) => {
                    builder.include_names(rows);
                    builder.push_row(curve, rows, *row, encode);
                }
            },
        }
    }
    builder.finish(NEXT_UID.fetch_add(1, Ordering::Relaxed))
}
