//! Extracts of OpenStreetMap (PBF): streets cut at junctions, and places to park.

mod frames;
mod read;
pub mod tags;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use crate::domain::draft::{Given, RawFeature};
use crate::domain::road_section::{FROM_NODE, TO_NODE};
use crate::formats::Located;
use crate::formats::osm::tags::{Tags, oneway};
use crate::spatial::network::Ways;
use crate::spatial::raw::{RawGeometry, RawPosition};

pub use read::read;

/// A position in steps of 1e-7 degrees, longitude first: as OpenStreetMap stores it.
pub type Position = (i32, i32);

/// What an extract holds of streets and parking, in the order of its ids.
#[derive(Debug, Default)]
pub struct Extract {
    ways: Vec<Way>,
    parking_nodes: Vec<(i64, Position, Tags)>,
    parking_ways: Vec<Way>,
    positions: HashMap<i64, Position>,
    entrances: HashMap<i64, Position>,
}

/// A way with the nodes it passes.
#[derive(Debug)]
struct Way {
    id: i64,
    nodes: Vec<i64>,
    tags: Tags,
}

/// A place to park, and the point that stands for it where its area cannot be taken.
pub struct Parking {
    pub located: Located,
    pub centroid: RawPosition,
}

/// Undeclared properties that a section keeps.
const STREET_EXTRAS: [&str; 8] = ["name:zh", "name:en", "ref", "maxspeed", "bridge", "tunnel", "layer", "surface"];
const PARKING_EXTRAS: [&str; 8] =
    ["amenity", "fee", "parking", "operator", "covered", "bicycle_parking", "name:zh", "name:en"];

impl Extract {
    /// Nodes that ways pass and that are not in the extract.
    pub fn missing_nodes(&self) -> usize {
        let mut missing: Vec<i64> = self
            .ways
            .iter()
            .flat_map(|way| &way.nodes)
            .filter(|node| !self.positions.contains_key(node))
            .copied()
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing.len()
    }

    pub fn has_streets(&self) -> bool {
        !self.ways.is_empty()
    }

    /// Streets, cut at every node that two of them (or one twice) share. Parts count from 0 in way order.
    pub fn sections(&self) -> impl Iterator<Item = Located> {
        let uses = self.uses();
        let parts: Vec<(&Way, Vec<Part>)> = self.ways.iter().map(|way| (way, self.parts(way, &uses))).collect();
        let doubles = doubles(&parts);
        parts.into_iter().flat_map(move |(way, parts)| {
            parts
                .into_iter()
                .enumerate()
                .map(|(number, part)| section(way, number, &part, &doubles))
                .collect::<Vec<_>>()
        })
    }

    fn uses(&self) -> HashMap<i64, u32> {
        let mut uses = HashMap::with_capacity(self.positions.len());
        for way in &self.ways {
            let mut before = None;
            for node in &way.nodes {
                if before != Some(node) {
                    *uses.entry(*node).or_insert(0) += 1;
                }
                before = Some(node);
            }
        }
        uses
    }

    /// A node that is not in the extract breaks the way, and so does a stretch without length.
    fn parts(&self, way: &Way, uses: &HashMap<i64, u32>) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut part = Part::default();
        for node in &way.nodes {
            let Some(&at) = self.positions.get(node) else {
                part.close(&mut parts);
                part = Part::default();
                continue;
            };
            // Another node at the same place is another junction: a stretch without length joins nothing.
            if part.line.last() == Some(&at) && part.to != *node {
                part.close(&mut parts);
                part = Part::default();
            }
            if part.line.is_empty() {
                part.from = *node;
            }
            if part.line.last() != Some(&at) {
                part.line.push(at);
            }
            part.to = *node;
            if uses.get(node).is_some_and(|uses| *uses > 1) {
                part.close(&mut parts);
            }
        }
        part.close(&mut parts);
        parts
    }

    /// Places to park, nodes before ways. An area keeps the entrances on its edge.
    pub fn parking(&self) -> impl Iterator<Item = Parking> {
        let nodes = self.parking_nodes.iter().map(|(id, at, tags)| {
            let place = position(*at);
            parking(format!("n{id}"), RawGeometry::Point(place), place, tags, &[])
        });
        nodes.chain(self.parking_ways.iter().filter_map(|way| self.parking_way(way)))
    }

    fn parking_way(&self, way: &Way) -> Option<Parking> {
        let ring: Vec<Position> = way.nodes.iter().filter_map(|node| self.positions.get(node).copied()).collect();
        let closed = ring.len() > 3 && way.nodes.first() == way.nodes.last();
        let corners = if closed { &ring[..ring.len() - 1] } else { &ring[..] };
        let centroid = centroid(corners)?;
        let geometry = if closed {
            RawGeometry::Polygon(vec![ring.iter().map(|at| position(*at)).collect()])
        } else {
            RawGeometry::Point(centroid)
        };
        let mut entrances = Vec::new();
        for node in way.nodes.iter().filter(|_| closed) {
            if let Some(at) = self.entrances.get(node).map(|at| degrees(*at))
                && !entrances.contains(&at)
            {
                entrances.push(at);
            }
        }
        Some(parking(format!("w{}", way.id), geometry, centroid, &way.tags, &entrances))
    }
}

/// A stretch of a way between two nodes.
#[derive(Default)]
struct Part {
    line: Vec<Position>,
    from: i64,
    to: i64,
}

impl Part {
    /// Ends the part here; the next one starts at the same place.
    fn close(&mut self, parts: &mut Vec<Self>) {
        if self.line.len() > 1
            && let Some(&last) = self.line.last()
        {
            let next = Self { line: vec![last], from: self.to, to: self.to };
            parts.push(std::mem::replace(self, next));
        }
    }

    fn ends(&self) -> [(Option<&Position>, i64); 2] {
        [(self.line.first(), self.from), (self.line.last(), self.to)]
    }
}

/// Places where parts end at different nodes: drawn on each other, not joined.
fn doubles(ways: &[(&Way, Vec<Part>)]) -> HashSet<Position> {
    let mut node_at: HashMap<Position, i64> = HashMap::new();
    let mut doubles = HashSet::new();
    for (at, node) in ways.iter().flat_map(|(_, parts)| parts).flat_map(Part::ends) {
        if let Some(&at) = at
            && *node_at.entry(at).or_insert(node) != node
        {
            doubles.insert(at);
        }
    }
    doubles
}

fn section(way: &Way, number: usize, part: &Part, doubles: &HashSet<Position>) -> Located {
    let tags = &way.tags;
    let (drive, ride) = (tags.drive(), tags.ride());
    let mut properties = Map::new();
    properties.insert("external_id".into(), format!("w{}:{number}", way.id).into());
    properties.insert("class".into(), tags.get("highway").into());
    properties.insert("name".into(), tags.get("name").or_else(|| tags.get("name:zh")).into());
    properties.insert("oneway".into(), oneway(drive).into());
    // Where nobody rides, the direction of the vehicles stands.
    properties.insert("oneway_bicycle".into(), oneway(if ride == Ways::NONE { drive } else { ride }).into());
    properties.insert("foot".into(), tags.walk().into());
    properties.insert("bicycle".into(), ride.any().into());
    properties.insert("motor".into(), drive.any().into());
    for (name, (at, node)) in [FROM_NODE, TO_NODE].into_iter().zip(part.ends()) {
        let node = at.filter(|at| doubles.contains(at)).map(|_| node);
        properties.insert(name.into(), node.into());
    }
    keep(&mut properties, tags, &STREET_EXTRAS);
    let geometry = Given::Value(RawGeometry::LineString(part.line.iter().map(|at| position(*at)).collect()));
    let place = format!("way {}, part {number}", way.id);
    Located { place, raw: RawFeature { id: None, geometry, properties }, written: None }
}

fn parking(id: String, geometry: RawGeometry, centroid: RawPosition, tags: &Tags, entrances: &[[f64; 2]]) -> Parking {
    let mut properties = Map::new();
    properties.insert("kind".into(), tags.parking().into());
    keep(&mut properties, tags, &["name", "access", "opening_hours"]);
    // What is no number ("yes", "20;4 disabled") is kept as it is written.
    let (number, words) = match tags.get("capacity") {
        Some(capacity) if capacity.parse::<u32>().is_ok() => (Some(capacity), None),
        other => (None, other),
    };
    properties.insert("capacity".into(), number.into());
    properties.insert("capacity:osm".into(), words.into());
    properties.insert("entrances".into(), (!entrances.is_empty()).then(|| json!(entrances)).into());
    keep(&mut properties, tags, &PARKING_EXTRAS);
    let place = format!("{} {}", if id.starts_with('n') { "node" } else { "way" }, &id[1..]);
    properties.insert("external_id".into(), id.into());
    Parking {
        located: Located {
            place,
            raw: RawFeature { id: None, geometry: Given::Value(geometry), properties },
            written: None,
        },
        centroid,
    }
}

fn keep(properties: &mut Map<String, Json>, tags: &Tags, keys: &[&str]) {
    for key in keys {
        // A tag that a newer extract does not have any more goes here, too.
        properties.insert((*key).to_owned(), tags.get(key).into());
    }
}

fn degrees((lon, lat): Position) -> [f64; 2] {
    [f64::from(lon) / 1e7, f64::from(lat) / 1e7]
}

fn position(at: Position) -> RawPosition {
    let [x, y] = degrees(at);
    RawPosition::xy(x, y)
}

/// Shoelace centroid of a ring in degrees (its last corner not repeated); the mean of the corners when it has no area.
fn centroid(corners: &[Position]) -> Option<RawPosition> {
    let first = degrees(*corners.first()?);
    let flat = |at: Position| {
        let [x, y] = degrees(at);
        (x - first[0], y - first[1])
    };
    let (mut twice, mut x, mut y) = (0.0, 0.0, 0.0);
    for (place, corner) in corners.iter().enumerate() {
        let (a, b) = (flat(*corner), flat(corners[(place + 1) % corners.len()]));
        let cross = a.0 * b.1 - b.0 * a.1;
        twice += cross;
        x += (a.0 + b.0) * cross;
        y += (a.1 + b.1) * cross;
    }
    if twice.abs() < 1e-18 {
        let count = corners.len() as f64;
        let mean = |axis: usize| corners.iter().map(|at| degrees(*at)[axis]).sum::<f64>() / count;
        return Some(RawPosition::xy(mean(0), mean(1)));
    }
    Some(RawPosition::xy(first[0] + x / (3.0 * twice), first[1] + y / (3.0 * twice)))
}
