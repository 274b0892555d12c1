//! Where parking is missing: streets from which no suitable point lies near enough, the violations there, and where new
//! points would serve most of them.

use std::collections::HashMap;
use std::sync::Arc;

use geo::Coord;
use serde_json::{Value as Json, json};

use crate::analysis::nearest::{Candidate, CoverProblem, Demand, Gap, Search, cover, coverage, gaps, sites};
use crate::app::App;
use crate::app::nearest::{By, Measure, NearestQuestion, OpenAt, accepts, position};
use crate::app::travel::{FARTHEST_SNAP_M, TravelError, metres, positions};
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::spatial::crs::Crs;
use crate::spatial::network::{Network, Profile, UM};
use crate::world::{Condition, Query, Row, Snapshot, TimeWindow};

/// Streets are served in pieces of at most so many micrometres.
const PIECE_UM: u64 = 50_000_000;
/// Sections longer than this offer their middle as a site, micrometres.
const MIDDLE_UM: u64 = 100_000_000;
/// Looks at a demand before the search for the best sites gives up and tells how far it may be off.
const BUDGET: u64 = 400_000_000;

/// Which streets have no suitable point within so many metres on foot.
#[derive(Debug, Clone)]
pub struct GapQuestion {
    pub max_m: f64,
    /// Which parking points are suitable.
    pub conditions: Vec<Condition>,
    pub min_room: Option<i64>,
    pub open_at: Option<OpenAt>,
    /// Which violations speak of missing parking.
    pub violations: Vec<Condition>,
    pub time: Option<TimeWindow>,
}

/// The gaps of a snapshot, and what was recorded in them.
pub struct Gaps {
    snapshot: Arc<Snapshot>,
    all: Vec<Gap>,
    /// By section: the violations at their places along it.
    violations: HashMap<u32, Vec<u64>>,
    suitable: usize,
    limit_um: u64,
}

/// Finds the gaps. Slow at the first call after a change of streets or parking.
pub fn parking_gaps(
    app: &App,
    snapshot: Arc<Snapshot>,
    network: &Network,
    question: &GapQuestion,
) -> Result<Gaps, TravelError> {
    if network.graph(Profile::Walk).is_empty() {
        return Err(TravelError::NoStreets(Profile::Walk));
    }
    let shared = app.points(&snapshot, network, Layer::ParkingPoints, Profile::Walk, Measure::Entrance);
    let suits = NearestQuestion {
        layer: Layer::ParkingPoints,
        k: 1,
        by: By::Streets(Profile::Walk),
        max_m: None,
        max_snap_m: None,
        conditions: question.conditions.clone(),
        min_room: question.min_room,
        open_at: question.open_at.clone(),
        measure: Measure::Entrance,
        route: false,
    };
    let limit_um = (question.max_m * UM).round() as u64;
    let points = shared.get().expect("the points were just made");
    let layer = snapshot.layer(Layer::ParkingPoints);
    let suitable: Vec<bool> = (0..points.targets.len() as u32)
        .map(|target| {
            let id = FeatureId(points.targets.id(target));
            layer.with_row(id, |row| accepts(&suits, &row)).unwrap_or(false)
        })
        .collect();
    let all = gaps(network, Profile::Walk, &points.targets, &|target| suitable[target as usize], limit_um);
    let violations = violations(&snapshot, network, question);
    let suitable = suitable.iter().filter(|suits| **suits).count();
    Ok(Gaps { snapshot, all, violations, suitable, limit_um })
}

fn violations(snapshot: &Snapshot, network: &Network, question: &GapQuestion) -> HashMap<u32, Vec<u64>> {
    let mut found: HashMap<u32, Vec<u64>> = HashMap::new();
    let query = Query { conditions: question.violations.clone(), time: question.time, ..Query::default() };
    let at = Layer::Violations.declaration().position("section_id");
    snapshot.layer(Layer::Violations).for_each(&mut |row: Row<'_>| {
        let section = at.and_then(|at| row.declared(at).integer()).and_then(|id| network.section_of(id));
        if let Some(section) = section.filter(|_| query.accepts(&row))
            && let Some(place) = row.with_shape(|shape| shape.anchor().0)
        {
            found.entry(section as u32).or_default().push(network.along_at(section, place));
        }
    });
    found
}

impl Gaps {
    fn recorded(&self, gap: &Gap) -> &[u64] {
        self.violations.get(&gap.section).map_or(&[], Vec::as_slice)
    }

    fn recorded_inside(&self, gap: &Gap) -> impl Iterator<Item = u64> {
        let inside = |along: &u64| gap.parts.iter().any(|(from, to)| from <= along && along <= to);
        self.recorded(gap).iter().copied().filter(inside)
    }

    /// At most `limit` sections with a gap, those with the most violations in it first, then the longest.
    pub fn features(&self, network: &Network, limit: usize, crs: &Crs) -> Result<Json, TravelError> {
        let mut order: Vec<(usize, &Gap)> =
            self.all.iter().filter(|gap| gap.gap_um > 0).map(|gap| (self.recorded_inside(gap).count(), gap)).collect();
        order.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.gap_um.cmp(&a.1.gap_um)).then(a.1.section.cmp(&b.1.section)));
        let features: Vec<Json> = order
            .iter()
            .take(limit)
            .map(|(inside, gap)| self.feature(network, gap, *inside, crs))
            .collect::<Result<_, _>>()?;
        let (street, gap): (u64, u64) = self
            .all
            .iter()
            .fold((0, 0), |(street, all), gap| (street + network.length_um(gap.section as usize), all + gap.gap_um));
        let islands_m = network.graph(Profile::Walk).islands_m;
        Ok(json!({
            "type": "FeatureCollection",
            "features": features,
            "numberReturned": features.len(),
            "numberMatched": order.len(),
            "max_m": metres(self.limit_um),
            "suitable_points": self.suitable,
            "street_m": metres(street),
            "gap_m": metres(gap),
            "gap_share": share(gap, street),
            "islands_m": (islands_m * 1e3).round() / 1e3,
            "violations": self.all.iter().map(|gap| self.recorded(gap).len()).sum::<usize>(),
            "violations_in_gaps": order.iter().map(|(inside, _)| inside).sum::<usize>(),
        }))
    }

    fn feature(&self, network: &Network, gap: &Gap, inside: usize, crs: &Crs) -> Result<Json, TravelError> {
        let section = gap.section as usize;
        let id = network.id(section);
        let stored = self.snapshot.layer(Layer::RoadSections).get(FeatureId(id));
        let text = |name: &str| {
            let value = stored.as_ref().and_then(|stored| stored.value(Layer::RoadSections, name).text());
            value.map_or(Json::Null, Json::from)
        };
        let parts = gap.parts.iter().map(|(from, to)| positions(crs, &network.part(section, *from, *to)));
        let parts: Vec<Json> = parts.collect::<Result<_, _>>()?;
        Ok(json!({
            "type": "Feature",
            "id": id,
            "geometry": { "type": "MultiLineString", "coordinates": parts },
            "properties": {
                "external_id": stored.as_ref().and_then(|stored| stored.external_id.clone()),
                "name": text("name"),
                "class": text("class"),
                "length_m": metres(network.length_um(section)),
                "gap_m": metres(gap.gap_um),
                "gap_share": share(gap.gap_um, network.length_um(section)),
                "violations": self.recorded(gap).len(),
                "violations_in_gap": inside,
            },
        }))
    }

    /// What wants a point: each violation in a gap, or each piece of street with its length in centimetres.
    fn demands(&self, serve: Serve) -> Vec<Demand> {
        let mut demands = Vec::new();
        for gap in &self.all {
            let section = gap.section;
            match serve {
                Serve::Violations => {
                    let at = self.recorded_inside(gap);
                    demands.extend(at.map(|along_um| Demand { section, along_um, weight: 1 }));
                }
                Serve::Streets => {
                    for (from, to) in &gap.parts {
                        let count = (to - from).div_ceil(PIECE_UM).max(1);
                        let piece = (to - from) / count;
                        demands.extend((0..count).map(|number| Demand {
                            section,
                            along_um: from + number * piece + piece / 2,
                            weight: piece / 10_000,
                        }));
                    }
                }
            }
        }
        demands
    }
}

fn share(part: u64, all: u64) -> Json {
    if all == 0 { Json::Null } else { Json::from((part as f64 / all as f64 * 1e4).round() / 1e4) }
}

/// What new points are to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serve {
    Violations,
    Streets,
}

#[derive(Debug, Clone)]
pub struct SiteQuestion {
    pub p: usize,
    pub serve: Serve,
    /// Where points could be; none: junctions and the middles of long sections.
    pub candidates: Option<Vec<Coord>>,
}

/// Where p new points serve the most violations in gaps or the most street in them, within the gaps' own distance.
///
/// The best choice of all candidates, or one with a bound that no choice exceeds.
pub fn siting(network: &Network, gaps: &Gaps, question: &SiteQuestion, crs: &Crs) -> Result<Json, TravelError> {
    let graph = network.graph(Profile::Walk);
    let candidates: Vec<Candidate> = match &question.candidates {
        None => sites(network, graph, MIDDLE_UM),
        Some(places) => places
            .iter()
            .map(|place| super::snap(network, Profile::Walk, *place, FARTHEST_SNAP_M).map(|spot| Candidate { spot }))
            .collect::<Result<_, _>>()?,
    };
    let demands = gaps.demands(question.serve);
    let mut search = Search::new(network, Profile::Walk);
    let covers = coverage(&mut search, &candidates, &demands, gaps.limit_um);
    let weights: Vec<u64> = demands.iter().map(|demand| demand.weight).collect();
    let problem = CoverProblem { weights, covers, p: question.p };
    let found = cover(&problem, BUDGET);
    // In the order in which they add most.
    let mut served = vec![false; demands.len()];
    let mut left = found.chosen.clone();
    let mut features = Vec::new();
    while !left.is_empty() {
        let gain = |candidate: usize, served: &[bool]| -> u64 {
            let new = problem.covers[candidate].iter().filter(|demand| !served[**demand as usize]);
            new.map(|demand| problem.weights[*demand as usize]).sum()
        };
        let best = (0..left.len()).max_by_key(|at| (gain(left[*at], &served), std::cmp::Reverse(left[*at])));
        let candidate = left.remove(best.unwrap_or(0));
        let adds = gain(candidate, &served);
        problem.covers[candidate].iter().for_each(|demand| served[*demand as usize] = true);
        let spot = &candidates[candidate].spot;
        let at = question.candidates.as_ref().map_or(spot.at, |places| places[candidate]);
        let alone: u64 = problem.covers[candidate].iter().map(|demand| problem.weights[*demand as usize]).sum();
        features.push(json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": position(crs, at)? },
            "properties": {
                "rank": features.len() + 1,
                "candidate": question.candidates.as_ref().map(|_| candidate),
                "section_id": network.id(spot.section as usize),
                "serves": amount(question.serve, alone),
                "adds": amount(question.serve, adds),
            },
        }));
    }
    let total: u64 = problem.weights.iter().sum();
    Ok(json!({
        "type": "FeatureCollection",
        "features": features,
        "serve": if question.serve == Serve::Violations { "violations" } else { "streets" },
        "max_m": metres(gaps.limit_um),
        "candidates": candidates.len(),
        "wanted": amount(question.serve, total),
        "served": amount(question.serve, found.covered),
        "bound": amount(question.serve, found.bound),
        "proven": found.bound == found.covered,
    }))
}

/// Violations as they are counted, street in metres.
fn amount(serve: Serve, weight: u64) -> Json {
    match serve {
        Serve::Violations => weight.into(),
        Serve::Streets => (weight as f64 / 100.0).into(),
    }
}
