//! Up to 4,096 neighbours on the Hilbert curve: their columns, a packed tree over their envelopes, their payloads.

use bytes::Bytes;

use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::spatial::shape::Envelope;
use crate::spatial::window;
use crate::world::Encode;
use crate::world::rows::Rows;

pub(super) const MOST_ROWS: usize = 4096;
/// Children of a node of the packed tree.
pub(super) const FANOUT: usize = 16;
/// A chunk whose payloads lie in more pieces than this is laid out anew.
const MOST_SEGMENTS: usize = 16;

/// Place of a feature in the default order: curve key, id.
pub(super) type Key = (u64, FeatureId);

/// Where a payload lies. The byte after it is a comma, so that neighbours in one segment are copied as one.
#[derive(Debug, Clone, Copy)]
struct Piece {
    segment: u32,
    start: u32,
    length: u32,
}

#[derive(Debug)]
pub(super) struct Chunk {
    pub uid: u64,
    pub rows: Rows,
    curves: Vec<u64>,
    pieces: Vec<Piece>,
    segments: Vec<Bytes>,
    /// Level 0 covers 16 rows a node, each level above 16 nodes of the one below; the last level has one node.
    levels: Vec<Vec<Envelope>>,
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.curves.len()
    }

    pub fn key(&self, at: usize) -> Key {
        (self.curves[at], self.rows.id(at))
    }

    pub fn first_key(&self) -> Key {
        self.key(0)
    }

    pub fn last_key(&self) -> Key {
        self.key(self.len() - 1)
    }

    pub fn envelope(&self) -> Envelope {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or(Envelope::EMPTY)
    }

    /// The first row whose key is above `key`.
    pub fn first_after(&self, key: Key) -> usize {
        let mut low = 0;
        let mut high = self.len();
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.key(middle) <= key { low = middle + 1 } else { high = middle }
        }
        low
    }

    pub fn payload(&self, at: usize) -> Bytes {
        let piece = self.pieces[at];
        self.segments[piece.segment as usize].slice(piece.start as usize..(piece.start + piece.length) as usize)
    }

    /// Appends the payloads of rows `start..end` with commas between: one copy a run of neighbours.
    pub fn write_payloads(&self, start: usize, end: usize, out: &mut Vec<u8>) {
        let mut at = start;
        while at < end {
            let first = self.pieces[at];
            let mut last = first;
            let mut next = at + 1;
            while next < end
                && self.pieces[next].segment == last.segment
                && self.pieces[next].start == last.start + last.length + 1
            {
                last = self.pieces[next];
                next += 1;
            }
            let bytes = &self.segments[first.segment as usize];
            out.extend_from_slice(&bytes[first.start as usize..(last.start + last.length) as usize]);
            at = next;
            if at < end {
                out.push(b',');
            }
        }
    }

    /// Bytes of the payloads of a run, commas included.
    pub fn payload_bytes(&self, start: usize, end: usize) -> usize {
        self.pieces[start..end].iter().map(|piece| piece.length as usize + 1).sum()
    }

    /// Rows of `start..` that share a point with any of the windows, in order, as runs.
    pub fn runs(&self, windows: &[Envelope], start: usize, visit: &mut dyn FnMut(usize, usize)) {
        let mut open: Option<(usize, usize)> = None;
        let mut add = |from: usize, to: usize| {
            let from = from.max(start);
            if from >= to {
                return;
            }
            match &mut open {
                Some((_, end)) if *end == from => *end = to,
                other => {
                    if let Some((from, to)) = other.replace((from, to)) {
                        visit(from, to);
                    }
                }
            }
        };
        if let Some(top) = self.levels.len().checked_sub(1) {
            for node in 0..self.levels[top].len() {
                self.descend(windows, top, node, &mut add);
            }
        }
        if let Some((from, to)) = open {
            visit(from, to);
        }
    }

    fn descend(&self, windows: &[Envelope], level: usize, node: usize, add: &mut dyn FnMut(usize, usize)) {
        let envelope = self.levels[level][node];
        if !windows.iter().any(|window| window.intersects(envelope)) {
            return;
        }
        let span = FANOUT.pow(level as u32 + 1);
        let (start, end) = (node * span, ((node + 1) * span).min(self.len()));
        if windows.iter().any(|window| window.contains(envelope)) && !self.has_gaps(start, end) {
            return add(start, end);
        }
        if level == 0 {
            for row in start..end {
                if self.meets(windows, row) {
                    add(row, row + 1);
                }
            }
            return;
        }
        let below = node * FANOUT;
        for child in below..(below + FANOUT).min(self.levels[level - 1].len()) {
            self.descend(windows, level - 1, child, add);
        }
    }

    /// Rows without geometry come first in the order, so only the first of a span needs a look.
    fn has_gaps(&self, start: usize, end: usize) -> bool {
        start < end && self.rows.envelope(start).is_empty()
    }

    /// Exact, on the row's geometry.
    pub fn meets(&self, windows: &[Envelope], row: usize) -> bool {
        let envelope = self.rows.envelope(row);
        windows.iter().any(|window| {
            window.intersects(envelope)
                && (self.rows.is_point(row)
                    || self.rows.with_shape(row, |shape| window::intersects(shape, *window)).unwrap_or(false))
        })
    }

    pub fn levels(&self) -> &[Vec<Envelope>] {
        &self.levels
    }
}

/// Fills one chunk, rows in key order.
pub(super) struct ChunkBuilder {
    rows: Rows,
    curves: Vec<u64>,
    pieces: Vec<Piece>,
    segments: Vec<Bytes>,
    /// Payloads that are laid out here.
    fresh: Vec<u8>,
}

/// Marks pieces of the segment that is still being filled.
const FRESH: u32 = u32::MAX;

impl ChunkBuilder {
    pub fn new(layer: Layer) -> Self {
        Self { rows: Rows::new(layer), curves: Vec::new(), pieces: Vec::new(), segments: Vec::new(), fresh: Vec::new() }
    }

    pub fn push(&mut self, curve: u64, feature: &Feature, payload: &[u8]) {
        self.rows.push(feature);
        self.curves.push(curve);
        self.lay_out(payload);
    }

    /// A row that has no payload yet.
    pub fn push_row(&mut self, curve: u64, rows: &Rows, at: usize, encode: Encode<'_>) {
        self.rows.push_from(rows, at);
        self.curves.push(curve);
        let start = self.fresh.len();
        encode(&rows.feature(at), &mut self.fresh);
        let length = (self.fresh.len() - start) as u32;
        self.fresh.push(b',');
        self.pieces.push(Piece { segment: FRESH, start: start as u32, length });
    }

    /// A row of an old chunk, whose payload bytes stay where they are.
    pub fn push_old(&mut self, old: &Chunk, at: usize) {
        self.rows.push_from(&old.rows, at);
        self.curves.push(old.curves[at]);
        let piece = old.pieces[at];
        let bytes = &old.segments[piece.segment as usize];
        let known = self.segments.iter().rposition(|segment| segment.as_ptr() == bytes.as_ptr());
        let segment = known.unwrap_or_else(|| {
            self.segments.push(bytes.clone());
            self.segments.len() - 1
        });
        self.pieces.push(Piece { segment: segment as u32, ..piece });
    }

    pub fn include_names(&mut self, rows: &Rows) {
        self.rows.include_names(rows);
    }

    fn lay_out(&mut self, payload: &[u8]) {
        self.pieces.push(Piece { segment: FRESH, start: self.fresh.len() as u32, length: payload.len() as u32 });
        self.fresh.extend_from_slice(payload);
        self.fresh.push(b',');
    }

    pub fn finish(mut self, uid: u64) -> Chunk {
        let fresh_at = self.segments.len() as u32;
        if !self.fresh.is_empty() {
            self.fresh.shrink_to_fit();
            self.segments.push(std::mem::take(&mut self.fresh).into());
        }
        for piece in &mut self.pieces {
            if piece.segment == FRESH {
                piece.segment = fresh_at;
            }
        }
        if self.is_scattered() {
            self.compact();
        }
        self.rows.shrink();
        let levels = pack(&self.rows);
        Chunk { uid, rows: self.rows, curves: self.curves, pieces: self.pieces, segments: self.segments, levels }
    }

    /// Payloads in many pieces, or most of the bytes that are held no longer used.
    fn is_scattered(&self) -> bool {
        let used: usize = self.pieces.iter().map(|piece| piece.length as usize + 1).sum();
        let held: usize = self.segments.iter().map(Bytes::len).sum();
        self.segments.len() > MOST_SEGMENTS || held > 2 * used + 4096
    }

    fn compact(&mut self) {
        let used: usize = self.pieces.iter().map(|piece| piece.length as usize + 1).sum();
        let mut bytes = Vec::with_capacity(used);
        for piece in &mut self.pieces {
            let from = &self.segments[piece.segment as usize];
            let payload = &from[piece.start as usize..(piece.start + piece.length) as usize];
            *piece = Piece { segment: 0, start: bytes.len() as u32, length: piece.length };
            bytes.extend_from_slice(payload);
            bytes.push(b',');
        }
        self.segments = vec![bytes.into()];
    }
}

/// The packed tree, from the rows up.
fn pack(rows: &Rows) -> Vec<Vec<Envelope>> {
    let leaves: Vec<Envelope> = (0..rows.len()).map(|row| rows.envelope(row)).collect();
    let mut levels = vec![parents(&leaves)];
    while levels.last().is_some_and(|top| top.len() > 1) {
        let above = levels.last().map(|top| parents(top)).unwrap_or_default();
        levels.push(above);
    }
    levels
}

fn parents(children: &[Envelope]) -> Vec<Envelope> {
    children.chunks(FANOUT).map(|group| group.iter().fold(Envelope::EMPTY, |all, one| all.union(*one))).collect()
}
