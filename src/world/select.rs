//! Answering a query: rows in order, as runs of neighbours where nothing has to be looked at one by one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::domain::feature::FeatureId;
use crate::domain::value::Value;
use crate::world::Entry;
use crate::world::chunk::Key;
use crate::world::layer::{LayerSnapshot, Row};
use crate::world::query::{Field, Query};
use crate::world::token::Token;

/// What a query found, in order. Keeps the snapshot's layer alive.
pub struct Selection {
    layer: LayerSnapshot,
    pieces: Vec<Piece>,
    /// How many features there are in it.
    pub features: usize,
    /// Where to go on, when there is more.
    pub next: Option<Token>,
    /// How many features answer on all pages, when that costs little.
    pub matched: Option<u64>,
}

enum Piece {
    Run { slot: usize, start: usize, end: usize },
    One(Arc<Entry>),
}

impl LayerSnapshot {
    /// Cost: what it answers for windows alone; a scan of the layer for other conditions and for `sort`.
    pub fn select(&self, query: &Query) -> Selection {
        let matched = (!query.looks_at_rows()).then(|| self.count(&query.windows));
        let mut selection = Selection { layer: self.clone(), pieces: Vec::new(), features: 0, next: None, matched };
        if query.sort.is_empty() {
            selection.in_place_order(query);
        } else {
            selection.in_sorted_order(query);
        }
        selection
    }

    /// Walks the rows that answer the query after a key, in order, until `visit` says false.
    fn walk(
        &self,
        query: &Query,
        after: Option<Key>,
        visit: &mut dyn FnMut(usize, usize, usize, Option<&Arc<Entry>>) -> bool,
    ) {
        let after = after.unwrap_or((0, FeatureId(i64::MIN)));
        let entries = self.entries_after(query, after);
        let mut pending = entries.into_iter().peekable();
        let mut going = true;
        let first = self.base.first_slot_after(after);
        for slot in first..self.base.chunks.len() {
            let chunk = &self.base.chunks[slot];
            let meets = query.windows.is_empty()
                || query.windows.iter().any(|window| window.intersects(self.base.envelopes[slot]));
            if !meets {
                continue;
            }
            let start = if slot == first { chunk.first_after(after) } else { 0 };
            let hidden = self.overlay.hidden_rows(chunk.uid);
            let mut take = |mut from: usize, to: usize| {
                while going && from < to {
                    while let Some((_, entry)) = pending.next_if(|(key, _)| *key < chunk.key(from)) {
                        going = going && visit(0, 0, 0, Some(entry));
                    }
                    let mut end = to;
                    if let Some((key, _)) = pending.peek() {
                        end = end.min(chunk.first_after(*key)).max(from + 1);
                    }
                    if going {
                        going = visit(slot, from, end, None);
                    }
                    from = end;
                }
            };
            let mut shown = |from: usize, to: usize| {
                split_hidden(from, to, hidden, &mut |from, to| {
                    if query.looks_at_rows() {
                        accepted_runs(from, to, |at| query.accepts(&Row::base(chunk, at)), &mut take);
                    } else {
                        take(from, to);
                    }
                });
            };
            if query.windows.is_empty() {
                shown(start, chunk.len());
            } else {
                chunk.runs(&query.windows, start, &mut shown);
            }
            if !going {
                return;
            }
        }
        for (_, entry) in pending {
            if !visit(0, 0, 0, Some(entry)) {
                return;
            }
        }
    }

    fn entries_after(&self, query: &Query, after: Key) -> Vec<(Key, &Arc<Entry>)> {
        let wanted = |entry: &Arc<Entry>| query.accepts(&Row::Overlay(self.layer, entry));
        if query.windows.is_empty() {
            let bounds = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
            return self
                .overlay
                .entries
                .range(bounds)
                .filter(|(_, entry)| wanted(entry))
                .map(|(key, entry)| (*key, entry))
                .collect();
        }
        self.overlay
            .keys_in(&query.windows)
            .into_iter()
            .filter(|key| *key > after)
            .filter_map(|key| self.overlay.entries.get(&key).map(|entry| (key, entry)))
            .filter(|(_, entry)| wanted(entry))
            .collect()
    }
}

/// Leaves hidden rows out of a run.
fn split_hidden(from: usize, to: usize, hidden: &[u16], visit: &mut dyn FnMut(usize, usize)) {
    let mut start = from;
    let first = hidden.partition_point(|row| (*row as usize) < from);
    for row in hidden[first..].iter().map(|row| *row as usize).take_while(|row| *row < to) {
        if start < row {
            visit(start, row);
        }
        start = row + 1;
    }
    if start < to {
        visit(start, to);
    }
}

fn accepted_runs(from: usize, to: usize, accepts: impl Fn(usize) -> bool, visit: &mut dyn FnMut(usize, usize)) {
    let mut start = from;
    for at in from..to {
        if !accepts(at) {
            if start < at {
                visit(start, at);
            }
            start = at + 1;
        }
    }
    if start < to {
        visit(start, to);
    }
}

impl Selection {
    fn in_place_order(&mut self, query: &Query) {
        let after = match &query.after {
            Some(Token::Place { curve, id }) => Some((*curve, *id)),
            _ => None,
        };
        let layer = self.layer.clone();
        let mut more = false;
        let mut last: Option<Key> = None;
        layer.walk(query, after, &mut |slot, start, end, entry| {
            let room = query.limit - self.features;
            if room == 0 {
                more = true;
                return false;
            }
            if let Some(entry) = entry {
                last = Some(entry.feature.place());
                self.pieces.push(Piece::One(entry.clone()));
                self.features += 1;
                return true;
            }
            let taken = (end - start).min(room);
            last = Some(layer.base.chunks[slot].key(start + taken - 1));
            self.features += taken;
            self.push_run(slot, start, start + taken);
            more = taken < end - start;
            !more
        });
        if more {
            self.next = last.map(|(curve, id)| Token::Place { curve, id });
        }
    }

    fn push_run(&mut self, slot: usize, start: usize, end: usize) {
        if let Some(Piece::Run { slot: last_slot, end: last_end, .. }) = self.pieces.last_mut()
            && *last_slot == slot
            && *last_end == start
        {
            *last_end = end;
            return;
        }
        self.pieces.push(Piece::Run { slot, start, end });
    }

    /// A scan that keeps the best `limit + 1` rows.
    fn in_sorted_order(&mut self, query: &Query) {
        let layer = self.layer.clone();
        let descending: Arc<[bool]> = query.sort.iter().map(|(_, descending)| *descending).collect();
        let after = match &query.after {
            Some(Token::Sorted { values, id }) => {
                Some(Ranked { values: values.clone(), id: *id, descending: descending.clone(), place: None })
            }
            _ => None,
        };
        let mut best: BinaryHeap<Ranked> = BinaryHeap::new();
        let mut consider = |row: Row<'_>, place: (usize, usize, Option<&Arc<Entry>>)| {
            let ranked = Ranked {
                values: query.sort.iter().map(|(field, _)| sort_value(&row, field)).collect(),
                id: row.id(),
                descending: descending.clone(),
                place: Some((place.0, place.1, place.2.cloned())),
            };
            if after.as_ref().is_some_and(|after| ranked <= *after) {
                return;
            }
            best.push(ranked);
            if best.len() > query.limit + 1 {
                best.pop();
            }
        };
        layer.walk(query, None, &mut |slot, start, end, entry| {
            match entry {
                Some(entry) => consider(Row::Overlay(layer.layer, entry), (0, 0, Some(entry))),
                None => {
                    for at in start..end {
                        consider(Row::base(&layer.base.chunks[slot], at), (slot, at, None));
                    }
                }
            }
            true
        });
        let mut sorted = best.into_sorted_vec();
        let more = sorted.len() > query.limit;
        sorted.truncate(query.limit);
        if let (true, Some(last)) = (more, sorted.last()) {
            self.next = Some(Token::Sorted { values: last.values.clone(), id: last.id });
        }
        self.features = sorted.len();
        for ranked in sorted {
            match ranked.place {
                Some((_, _, Some(entry))) => self.pieces.push(Piece::One(entry)),
                Some((slot, at, None)) => self.pieces.push(Piece::Run { slot, start: at, end: at + 1 }),
                None => {}
            }
        }
    }

    /// Appends the payloads with commas between.
    pub fn write_payloads(&self, out: &mut Vec<u8>) {
        let bytes: usize = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Run { slot, start, end } => self.layer.base.chunks[*slot].payload_bytes(*start, *end),
                Piece::One(entry) => entry.payload.len() + 1,
            })
            .sum();
        out.reserve(bytes + 64);
        for (at, piece) in self.pieces.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match piece {
                Piece::Run { slot, start, end } => self.layer.base.chunks[*slot].write_payloads(*start, *end, out),
                Piece::One(entry) => out.extend_from_slice(&entry.payload),
            }
        }
    }

    /// Visits each feature's row in order.
    pub fn for_each(&self, visit: &mut dyn FnMut(Row<'_>)) {
        for piece in &self.pieces {
            match piece {
                Piece::Run { slot, start, end } => {
                    for at in *start..*end {
                        visit(Row::base(&self.layer.base.chunks[*slot], at));
                    }
                }
                Piece::One(entry) => visit(Row::Overlay(self.layer.layer, entry)),
            }
        }
    }

    pub fn payloads(&self) -> Vec<Bytes> {
        let mut all = Vec::with_capacity(self.features);
        self.for_each(&mut |row| all.push(row.payload()));
        all
    }
}

/// A row by its sort values; the heap's greatest is the last in the order asked for.
struct Ranked {
    values: Vec<Json>,
    id: FeatureId,
    descending: Arc<[bool]>,
    place: Option<(usize, usize, Option<Arc<Entry>>)>,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((a, b), descending) in self.values.iter().zip(&other.values).zip(self.descending.iter()) {
            let order = compare(a, b);
            let order = if *descending { order.reverse() } else { order };
            if order != Ordering::Equal {
                return order;
            }
        }
        self.id.cmp(&other.id)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// Null before false, true, numbers, texts, and whatever else last by its text.
fn compare(a: &Json, b: &Json) -> Ordering {
    let class = |json: &Json| match json {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) | Json::Object(_) => 4,
    };
    match (a, b) {
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().unwrap_or(0.0).total_cmp(&b.as_f64().unwrap_or(0.0)),
        },
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Array(_) | Json::Object(_), Json::Array(_) | Json::Object(_)) => a.to_string().cmp(&b.to_string()),
        _ => class(a).cmp(&class(b)),
    }
}

/// A field's value in the form that a token carries.
fn sort_value(row: &Row<'_>, field: &Field) -> Json {
    match field {
        Field::Extra(name) => row.extras().get(name).cloned().unwrap_or(Json::Null),
        Field::Flags => Json::from(row.flags().names().collect::<Vec<_>>().join(" ")),
        other => match row.value(other) {
            Value::Null => Json::Null,
            Value::Text(text) => Json::String(text),
            Value::Integer(number) => Json::from(number),
            Value::Number(number) => Json::from(number),
            Value::Boolean(truth) => Json::from(truth),
            Value::Instant(at) => Json::from(at.as_microsecond()),
            Value::Date(date) => Json::from(date.to_string()),
            Value::Positions(positions) => Json::from(positions.len()),
        },
    }
}
