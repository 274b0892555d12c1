//! Any order of changes, bulk loads and folds equals a rebuild; the index equals brute force.

use std::collections::BTreeMap;

use geo::{Coord, LineString, Point};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::domain::feature::{Flags, Rev};
use crate::domain::layer::Layer;
use crate::domain::value::Value;
use crate::spatial::foot::distance_to_shape_m;
use crate::spatial::shape::{Envelope, Shape};
use crate::spatial::window;

const LAYER: Layer = Layer::Violations;

fn feature(id: i64, rev: i64, x: i32, y: i32, kind: u8) -> Feature {
    let at = |dx: i32, dy: i32| Coord { x: f64::from(x + dx) / 10.0, y: f64::from(y + dy) / 10.0 };
    let geometry = match kind {
        0 => Some(Shape::Point(Point(at(0, 0)))),
        1 => Some(Shape::LineString(LineString(vec![at(0, 0), at(7, 5), at(9, 1)]))),
        _ => None,
    };
    let mut feature = Feature {
        id: FeatureId(id),
        rev: Rev(rev),
        external_id: (id % 3 == 0).then(|| format!("e{id}")),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::from_second(rev).unwrap(),
        geometry,
        values: vec![Value::Null; LAYER.declaration().properties.len()],
        extras: Map::new(),
        flags: Flags((id % 4) as u32),
    };
    let category = ["noise", "other", "hanging"][(rev % 3) as usize];
    feature.set(LAYER, "category", Value::Text(category.to_owned()));
    feature.set(LAYER, "occurred_at", Value::Instant(Timestamp::from_second(i64::from(x)).unwrap()));
    if rev % 2 == 0 {
        feature.extras.insert("lot".to_owned(), (rev % 5).into());
    }
    feature
}

fn payload(feature: &Feature, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("<{} {}>", feature.id.0, feature.rev.0).as_bytes());
}

fn entry(feature: Feature) -> Entry {
    let mut bytes = Vec::new();
    payload(&feature, &mut bytes);
    Entry { feature, payload: bytes.into() }
}

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<(i64, i32, i32, u8)>),
    Bulk(Vec<(i64, i32, i32, u8)>),
    Fold,
    /// A fold that overlaps with a commit.
    SlowFold(Vec<(i64, i32, i32, u8)>),
}

fn changes() -> impl Strategy<Value = Vec<(i64, i32, i32, u8)>> {
    // Kind 3 deletes.
    prop::collection::vec((1_i64..60, -80_i32..80, -80_i32..80, 0_u8..4), 1..25)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => changes().prop_map(Step::Commit),
        1 => changes().prop_map(Step::Bulk),
        1 => Just(Step::Fold),
        1 => changes().prop_map(Step::SlowFold),
    ]
}

/// The world as a plain map.
#[derive(Default)]
struct Model {
    features: BTreeMap<FeatureId, Feature>,
    rev: i64,
}

impl Model {
    fn commit(&mut self, snapshot: &Snapshot, list: &[(i64, i32, i32, u8)]) -> Snapshot {
        let mut changes = Vec::new();
        for &(id, x, y, kind) in list {
            self.rev += 1;
            if kind == 3 {
                self.features.remove(&FeatureId(id));
                changes.push((LAYER, Change::Delete(FeatureId(id))));
            } else {
                let feature = feature(id, self.rev, x, y, kind);
                self.features.insert(feature.id, feature.clone());
                changes.push((LAYER, Change::Upsert(entry(feature))));
            }
        }
        snapshot.apply(Rev(self.rev), changes)
    }

    fn bulk(&mut self, snapshot: &Snapshot, list: &[(i64, i32, i32, u8)]) -> Snapshot {
        let last: BTreeMap<i64, (i64, i32, i32, u8)> = list.iter().map(|change| (change.0, *change)).collect();
        let mut bulk = Bulk::new(LAYER);
        for &(id, x, y, kind) in last.values() {
            self.rev += 1;
            if kind == 3 {
                self.features.remove(&FeatureId(id));
                bulk.delete(FeatureId(id));
            } else {
                let feature = feature(id, self.rev, x, y, kind);
                bulk.upsert(&feature);
                self.features.insert(feature.id, feature);
            }
        }
        snapshot.apply_bulk(Rev(self.rev), &[bulk], |_| Box::new(payload))
    }

    fn run(&mut self, snapshot: &Snapshot, step: &Step) -> Snapshot {
        match step {
            Step::Commit(list) => self.commit(snapshot, list),
            Step::Bulk(list) => self.bulk(snapshot, list),
            Step::Fold => snapshot.fold(LAYER).rebase(snapshot).unwrap(),
            Step::SlowFold(list) => {
                let plan = snapshot.fold(LAYER);
                let newer = self.commit(snapshot, list);
                plan.rebase(&newer).unwrap()
            }
        }
    }

    fn in_order(&self) -> Vec<&Feature> {
        let mut all: Vec<&Feature> = self.features.values().collect();
        all.sort_by_key(|feature| feature.place());
        all
    }

    fn wanted(&self, query: &Query) -> Vec<FeatureId> {
        self.in_order()
            .into_iter()
            .filter(|feature| {
                let here = query.windows.is_empty()
                    || feature
                        .geometry
                        .as_ref()
                        .is_some_and(|shape| query.windows.iter().any(|window| window::intersects(shape, *window)));
                let entry = entry((*feature).clone());
                here && query.accepts(&Row::Overlay(LAYER, &entry))
            })
            .map(|feature| feature.id)
            .collect()
    }
}

fn ids(selection: &Selection) -> Vec<FeatureId> {
    let mut ids = Vec::new();
    selection.for_each(&mut |row| ids.push(row.id()));
    ids
}

/// All pages of a query, and that each page is what it says.
fn paged(snapshot: &Snapshot, query: &Query, limit: usize) -> Vec<FeatureId> {
    let mut query = Query { limit, ..query.clone() };
    let mut all = Vec::new();
    loop {
        let page = snapshot.layer(LAYER).select(&query);
        assert!(page.features <= limit);
        let mut bytes = Vec::new();
        page.write_payloads(&mut bytes);
        let joined = page
            .payloads()
            .iter()
            .map(|payload| String::from_utf8(payload.to_vec()).unwrap())
            .collect::<Vec<_>>()
            .join(",");
        assert_eq!(String::from_utf8(bytes).unwrap(), joined);
        all.extend(ids(&page));
        match page.next {
            None => return all,
            Some(next) => query.after = Some(Token::parse(&next.to_string()).unwrap()),
        }
    }
}

fn check(model: &Model, snapshot: &Snapshot, queries: &[Query], at: Coord) {
    let layer = snapshot.layer(LAYER);
    assert_eq!(layer.len(), model.features.len());
    for id in 0..70 {
        assert_eq!(layer.get(FeatureId(id)), model.features.get(&FeatureId(id)).cloned());
    }
    for query in queries {
        let wanted = model.wanted(query);
        for limit in [1, 3, 1000] {
            let mut found = paged(snapshot, query, limit);
            if !query.sort.is_empty() {
                let by_rev: Vec<i64> = found.iter().map(|id| -model.features[id].rev.0).collect();
                assert!(by_rev.is_sorted(), "sorted by revision, greatest first");
                found.sort_by_key(|id| model.features[id].place());
            }
            assert_eq!(found, wanted, "{query:?} by {limit}");
        }
        if !query.looks_at_rows() {
            assert_eq!(layer.count(&query.windows), wanted.len() as u64);
        }
    }
    let mut near: Vec<(f64, FeatureId)> = model
        .features
        .values()
        .filter_map(|feature| Some((distance_to_shape_m(at, feature.geometry.as_ref()?), feature.id)))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    near.truncate(5);
    assert_eq!(
        layer.nearest(at, 5, None, &|_| true, &|row| row.with_shape(|shape| distance_to_shape_m(at, shape))),
        near
    );
}

fn queries(west: i32, south: i32, wide: i32, high: i32) -> Vec<Query> {
    let window = |dx: i32| Envelope {
        west: f64::from(west + dx) / 10.0,
        south: f64::from(south) / 10.0,
        east: f64::from(west + dx + wide) / 10.0,
        north: f64::from(south + high) / 10.0,
    };
    let category = Field::named(LAYER, "category", |_| false).unwrap();
    let noise = Condition { field: category, any_of: vec![Value::Text("noise".to_owned())] };
    let lot = Condition { field: Field::Extra("lot".to_owned()), any_of: vec![Value::Text("2".to_owned())] };
    let time = TimeWindow {
        from: Timestamp::from_second(i64::from(west)).ok(),
        to: Timestamp::from_second(i64::from(west + wide)).ok(),
        ..TimeWindow::default()
    };
    vec![
        Query::default(),
        Query { windows: vec![window(0)], ..Query::default() },
        Query { windows: vec![window(0), window(wide + 5)], ..Query::default() },
        Query { windows: vec![window(0)], conditions: vec![noise.clone()], ..Query::default() },
        Query { conditions: vec![lot], time: Some(time), ..Query::default() },
        Query { conditions: vec![noise], sort: vec![(Field::Rev, true)], ..Query::default() },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn any_order_of_changes_and_folds_equals_a_rebuild(
        steps in prop::collection::vec(step(), 1..12),
        west in -80_i32..80, south in -80_i32..80, wide in 0_i32..120, high in 0_i32..120,
    ) {
        let mut model = Model::default();
        let mut snapshot = Snapshot::empty();
        for step in &steps {
            let held = snapshot.clone();
            let before: Vec<_> = held.layer(LAYER).select(&Query { limit: 1000, ..Query::default() }).payloads();
            snapshot = model.run(&snapshot, step);
            // What a reader held has not changed.
            prop_assert_eq!(held.layer(LAYER).select(&Query { limit: 1000, ..Query::default() }).payloads(), before);
        }
        check(&model, &snapshot, &queries(west, south, wide, high), Coord { x: f64::from(west) / 10.0, y: f64::from(south) / 10.0 });
    }
}

#[test]
fn chunks_split_merge_and_are_shared() {
    let mut bulk = Bulk::new(LAYER);
    for id in 1..=20_000 {
        bulk.upsert(&feature(id, id, (id % 700) as i32, (id / 700) as i32, 0));
    }
    let first = Snapshot::empty().apply_bulk(Rev(1), &[bulk], |_| Box::new(payload));
    let base = first.layer(LAYER).base.clone();
    assert_eq!(base.chunks.len(), 5);
    let changed = first.apply(Rev(2), vec![(LAYER, Change::Upsert(entry(feature(20_001, 2, 1, 1, 0))))]);
    let folded = changed.fold(LAYER).rebase(&changed).unwrap();
    let shared = folded
        .layer(LAYER)
        .base
        .chunks
        .iter()
        .filter(|chunk| base.chunks.iter().any(|old| Arc::ptr_eq(old, chunk)))
        .count();
    assert_eq!(shared, 4, "one chunk is touched");
    let whole = Query { limit: 100_000, ..Query::default() };
    assert_eq!(folded.layer(LAYER).select(&whole).features, 20_001);
    let deleted: Vec<(Layer, Change)> = (1..=19_990).map(|id| (LAYER, Change::Delete(FeatureId(id)))).collect();
    let few = folded.apply(Rev(3), deleted);
    assert_eq!(few.layer(LAYER).base.chunks.len(), 1);
    assert_eq!(few.layer(LAYER).len(), 11);
}

#[test]
fn a_layers_version_moves_with_its_own_changes_alone() {
    let upsert = |id: i64| (LAYER, Change::Upsert(entry(feature(id, 1, 0, 0, 0))));
    let first = Snapshot::empty().apply(Rev(3), vec![upsert(1)]);
    assert_eq!((first.version(LAYER), first.version(Layer::RoadSections)), (Rev(3), Rev(0)));
    let other = first.apply(Rev(5), Vec::new());
    assert_eq!((other.seq(), other.version(LAYER)), (Rev(5), Rev(3)));
    let mut bulk = Bulk::new(LAYER);
    bulk.upsert(&feature(2, 6, 1, 1, 0));
    let grown = other.apply_bulk(Rev(6), &[bulk], |_| Box::new(payload));
    assert_eq!((grown.version(LAYER), grown.version(Layer::RoadSections)), (Rev(6), Rev(0)));
    let folded = grown.fold(LAYER).rebase(&grown).unwrap();
    assert_eq!((folded.version(LAYER), folded.layer(LAYER).len()), (Rev(6), 2));
}
