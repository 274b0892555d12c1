//! The street network and the points on it, made of a snapshot and kept for as long as its layers stay the same.
//!
//! Whoever asks holds one snapshot and gets the network and the points of that snapshot's versions: never a new
//! network with old points. A change of points redoes the points; many changes of streets between two questions cost
//! one new network.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use geo::{Coord, LineString};
use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};

use crate::analysis::nearest::{Place, Tables, Targets};
use crate::app::nearest::{Measure, centroid};
use crate::app::{App, Settings};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::property::Kind;
use crate::domain::road_section::{self, default_kmh};
use crate::domain::value::Value;
use crate::spatial::geodesic::distance_m;
use crate::spatial::network::{Network, Profile};
use crate::spatial::shape::Shape;
use crate::world::{Row, Snapshot};

/// Points that a junction knows by heart: as many as are asked for when nobody says how many.
pub const TABLE_K: usize = 5;
/// Sets of points that are kept: a few layers, by each profile.
const MOST_KEPT: usize = 24;
/// Places along the boundary of an area are so far apart, metres; farther where there would be too many.
const BOUNDARY_STEP_M: f64 = 10.0;
const MOST_BOUNDARY: f64 = 300.0;

/// The points of a layer as one profile reaches them.
pub struct Points {
    pub targets: Targets,
    /// Whether some point is out of reach.
    pub some_unreachable: bool,
    /// Boxes of areas without mapped entrances: inside them one is there.
    areas: RTree<GeomWithData<Rectangle<[f64; 2]>, i64>>,
    tables: OnceLock<Tables>,
}

impl Points {
    /// The tables of the k best points, made at the first call.
    pub fn tables(&self, network: &Network, profile: Profile) -> &Tables {
        self.tables.get_or_init(|| Tables::new(network, profile, &self.targets, TABLE_K))
    }

    /// Whether nothing has to be made before a question can be answered.
    pub fn is_ready(&self) -> bool {
        self.tables.get().is_some()
    }

    /// Areas without entrances whose box holds the place.
    pub fn areas_at(&self, at: Coord) -> Vec<FeatureId> {
        self.areas.locate_all_at_point([at.x, at.y]).map(|area| FeatureId(area.data)).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PointsKey {
    streets: Rev,
    layer: Layer,
    version: Rev,
    profile: Profile,
    measure: Measure,
}

struct Kept<K, T> {
    key: K,
    value: Arc<OnceLock<T>>,
}

/// What was made, newest last.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    network: Option<Kept<Rev, Network>>,
    points: Vec<Kept<PointsKey, Points>>,
}

/// A network that is made once, by whoever asks first; others wait for it.
pub type SharedNetwork = Arc<OnceLock<Network>>;
pub type SharedPoints = Arc<OnceLock<Points>>;

impl App {
    /// The street network of the snapshot. Slow at the first call after a change of streets: call it off the threads
    /// that serve.
    pub fn network(&self, snapshot: &Snapshot) -> SharedNetwork {
        let network = self.network_cell(snapshot);
        network.get_or_init(|| build(snapshot, self.settings()));
        network
    }

    fn network_cell(&self, snapshot: &Snapshot) -> SharedNetwork {
        let key = snapshot.version(Layer::RoadSections);
        let mut kept = self.0.streets.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &kept.network {
            Some(network) if network.key == key => network.value.clone(),
            // A reader of an older snapshot makes his own and keeps the newer for the others.
            Some(network) if network.key > key => Arc::default(),
            _ => {
                let value = SharedNetwork::default();
                kept.network = Some(Kept { key, value: value.clone() });
                kept.points.clear();
                value
            }
        }
    }

    /// The points of a layer on the snapshot's network.
    pub fn points(
        &self,
        snapshot: &Snapshot,
        network: &Network,
        layer: Layer,
        profile: Profile,
        measure: Measure,
    ) -> SharedPoints {
        let points = self.points_cell(snapshot, layer, profile, measure);
        points.get_or_init(|| lay_out(snapshot, network, layer, profile, measure));
        points
    }

    fn points_cell(&self, snapshot: &Snapshot, layer: Layer, profile: Profile, measure: Measure) -> SharedPoints {
        let (streets, version) = (snapshot.version(Layer::RoadSections), snapshot.version(layer));
        let key = PointsKey { streets, layer, version, profile, measure };
        let mut kept = self.0.streets.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(points) = kept.points.iter().find(|points| points.key == key) {
            return points.value.clone();
        }
        let newer = |points: &Kept<PointsKey, Points>| points.key.layer == layer && points.key.version > version;
        if kept.network.as_ref().is_none_or(|network| network.key != streets) || kept.points.iter().any(newer) {
            return Arc::default();
        }
        kept.points.retain(|points| points.key.layer != layer || points.key.version == version);
        if kept.points.len() >= MOST_KEPT {
            kept.points.remove(0);
        }
        let value = SharedPoints::default();
        kept.points.push(Kept { key, value: value.clone() });
        value
    }

    /// Whether a common question can be answered at once.
    pub fn has_points_ready(&self, snapshot: &Snapshot, layer: Layer, profile: Profile, measure: Measure) -> bool {
        let ready = |points: &Points| points.is_ready();
        self.network_cell(snapshot).get().is_some()
            && self.points_cell(snapshot, layer, profile, measure).get().is_some_and(ready)
    }

    /// Makes anew what a change has outdated, so that the next question finds it: the network, and parking on foot and
    /// whatever else was asked for before. Changes that come while it works are taken together.
    pub(crate) fn keep_streets_warm(&self) {
        let app = self.clone();
        self.in_background(async move {
            let mut published = app.published();
            loop {
                let (again, started) = (app.clone(), std::time::Instant::now());
                let warmed = tokio::task::spawn_blocking(move || again.warm()).await;
                // While changes come without end, half of a core is enough.
                tokio::time::sleep(started.elapsed()).await;
                if warmed.is_err() || published.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    fn warm(&self) {
        let snapshot = self.snapshot();
        if snapshot.layer(Layer::RoadSections).is_empty() {
            return;
        }
        let mut wanted: Vec<(Layer, Profile, Measure)> = {
            let kept = self.0.streets.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.points.iter().map(|points| (points.key.layer, points.key.profile, points.key.measure)).collect()
        };
        let usual = (Layer::ParkingPoints, Profile::Walk, Measure::Entrance);
        if !wanted.contains(&usual) {
            wanted.push(usual);
        }
        let shared = self.network(&snapshot);
        let Some(network) = shared.get() else { return };
        for (layer, profile, measure) in wanted {
            if let Some(points) = self.points(&snapshot, network, layer, profile, measure).get() {
                points.tables(network, profile);
            }
        }
    }
}

/// Cost: a look at each section, about 5 us.
fn build(snapshot: &Snapshot, settings: &Settings) -> Network {
    let layer = snapshot.layer(Layer::RoadSections);
    let declared = Layer::RoadSections.declaration().properties.len();
    let names = layer.extra_names();
    let has_nodes = names.contains(road_section::FROM_NODE) || names.contains(road_section::TO_NODE);
    let kmh = |class: &str| settings.drive_kmh.get(class).copied().unwrap_or_else(|| default_kmh(class));
    let mut sections = Vec::with_capacity(layer.len());
    layer.for_each(&mut |row: Row<'_>| {
        let values: Vec<Value> = (0..declared).map(|at| row.declared(at)).collect();
        let extras = if has_nodes { row.extras() } else { serde_json::Map::new() };
        sections.extend(
            row.with_shape(|shape| road_section::section(row.id().0, Some(shape), &values, &extras, &kmh)).flatten(),
        );
    });
    Network::new(sections, settings.join_ends_m)
}

/// The kinds of a layer's features, by which tables are kept apart, and the property that says them.
pub fn kinds(layer: Layer) -> Option<(usize, &'static [&'static str])> {
    let at = layer.declaration().position("kind")?;
    match layer.declaration().properties[at].kind {
        Kind::Choice(names) => Some((at, names)),
        _ => None,
    }
}

fn lay_out(snapshot: &Snapshot, network: &Network, layer: Layer, profile: Profile, measure: Measure) -> Points {
    let kinds = kinds(layer);
    let entrances_at = layer.declaration().position("entrances");
    let (mut places, mut areas) = (Vec::new(), Vec::new());
    snapshot.layer(layer).for_each(&mut |row: Row<'_>| {
        let group = kinds.and_then(|(at, names)| {
            let kind = row.declared_text(at)?;
            names.iter().position(|name| *name == kind)
        });
        let id = row.id();
        let entrances = row.with_shape(|shape| {
            let mapped = entrances_at.map_or(Value::Null, |at| row.declared(at));
            entrances(shape, &mapped, measure).unwrap_or_else(|| {
                let window = shape.envelope();
                areas.push(GeomWithData::new(
                    Rectangle::from_corners([window.west, window.south], [window.east, window.north]),
                    id.0,
                ));
                boundary(shape)
            })
        });
        if let Some(entrances) = entrances {
            places.push(Place { id: id.0, group: group.unwrap_or(0) as u16, entrances });
        }
    });
    let targets = Targets::new(network, profile, places);
    let some_unreachable = (0..targets.len() as u32).any(|target| !targets.is_reachable(target));
    Points { targets, some_unreachable, areas: RTree::bulk_load(areas), tables: OnceLock::new() }
}

/// Where a shape is entered; none for an area that is entered anywhere along its boundary.
fn entrances(shape: &Shape, mapped: &Value, measure: Measure) -> Option<Vec<Coord>> {
    match shape {
        Shape::Polygon(_) | Shape::MultiPolygon(_) if measure == Measure::Entrance => {
            let Value::Positions(positions) = mapped else { return None };
            let window = shape.envelope();
            let places = positions.iter().map(|at| Coord { x: at[0], y: at[1] });
            let inside: Vec<Coord> = places.filter(|at| window.holds(*at)).collect();
            if inside.is_empty() { None } else { Some(inside) }
        }
        _ => Some(vec![centroid(shape)]),
    }
}

/// Places along the outer edge of an area: its corners and between them one every ten metres.
fn boundary(shape: &Shape) -> Vec<Coord> {
    let rings: Vec<&LineString> = match shape {
        Shape::Polygon(polygon) => vec![polygon.exterior()],
        Shape::MultiPolygon(polygons) => polygons.iter().map(geo::Polygon::exterior).collect(),
        Shape::Point(_) | Shape::LineString(_) => Vec::new(),
    };
    let pieces = || rings.iter().flat_map(|ring| ring.lines());
    let length: f64 = pieces().map(|piece| distance_m(piece.start, piece.end)).sum();
    let step = BOUNDARY_STEP_M.max(length / MOST_BOUNDARY);
    let mut places = Vec::new();
    for piece in pieces() {
        let parts = (distance_m(piece.start, piece.end) / step).ceil().max(1.0) as usize;
        places.extend((0..parts).map(|part| {
            let share = part as f64 / parts as f64;
            Coord {
                x: piece.start.x + share * (piece.end.x - piece.start.x),
                y: piece.start.y + share * (piece.end.y - piece.start.y),
            }
        }));
    }
    places
}
