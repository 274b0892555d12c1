//! Travel along the streets: what can be reached, the way from place to place, times and metres between many places.
//!
//! Answers are GeoJSON and JSON documents with positions in the coordinate system asked for.

mod places;

use geo::Coord;
use serde_json::{Map, Value as Json, json};

use crate::analysis::nearest::{Outline, Search, Way, Weight, line_of, outline, reach};
use crate::app::nearest::position;
use crate::spatial::crs::{Crs, CrsError};
use crate::spatial::network::{Network, Profile, Spot, UM, WALK_M_S};

pub use places::{GapQuestion, Gaps, Serve, SiteQuestion, parking_gaps, siting};

/// Farther from any street nobody starts, metres.
pub const FARTHEST_SNAP_M: f64 = 50_000.0;

#[derive(Debug, thiserror::Error)]
pub enum TravelError {
    #[error("there are no streets for by={}: import road sections that it may use", .0.name())]
    NoStreets(Profile),
    #[error("the place {lon:.5},{lat:.5} is more than {within_m} m from any street for by={}", profile.name())]
    FarFromStreets { lon: f64, lat: f64, within_m: f64, profile: Profile },
    #[error("{0}")]
    Crs(#[from] CrsError),
}

/// Limits of one kind, in the order asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Limits {
    Metres(Vec<f64>),
    Minutes(Vec<f64>),
}

/// Where a place meets the streets.
pub fn snap(network: &Network, profile: Profile, from: Coord, within_m: f64) -> Result<Spot, TravelError> {
    if network.graph(profile).is_empty() {
        return Err(TravelError::NoStreets(profile));
    }
    let far = || TravelError::FarFromStreets { lon: from.x, lat: from.y, within_m, profile };
    network.snap(profile, from, within_m).ok_or_else(far)
}

/// Metres with three digits after the point.
pub(super) fn metres(um: u64) -> Json {
    Json::from((um as f64 / 1e3).round() / 1e3)
}

fn seconds(seconds: f64) -> Json {
    Json::from((seconds * 10.0).round() / 10.0)
}

/// Seconds on foot to the street.
fn access_s(spot: &Spot) -> f64 {
    spot.access_um as f64 / UM / WALK_M_S
}

fn positions(crs: &Crs, line: &[Coord]) -> Result<Json, CrsError> {
    line.iter().map(|at| position(crs, *at)).collect::<Result<Vec<_>, _>>().map(Json::from)
}

/// Where the asker met the streets.
pub(super) fn origin(network: &Network, spot: &Spot, crs: &Crs) -> Result<Json, CrsError> {
    Ok(json!({
        "section_id": network.id(spot.section as usize),
        "foot": position(crs, spot.at)?,
        "access_m": metres(spot.access_um),
        "on_island": spot.on_island,
    }))
}

/// The streets that can be reached within each limit, access included, and an area that holds them: two features a
/// limit, in the order of the limits.
pub fn reach_from(
    network: &Network,
    profile: Profile,
    from: Coord,
    limits: &Limits,
    within_m: f64,
    crs: &Crs,
) -> Result<Json, TravelError> {
    let spot = snap(network, profile, from, within_m)?;
    let mut search = Search::new(network, profile);
    // What access leaves of each limit; none when the street is not reached at all.
    let (weight, asked, rests): (Weight, &[f64], Vec<Option<u64>>) = match limits {
        Limits::Metres(asked) => {
            let rest = |metres: &f64| ((metres * UM).round() as u64).checked_sub(spot.access_um);
            (Weight::Metres, asked, asked.iter().map(rest).collect())
        }
        Limits::Minutes(asked) => {
            let access_ms = (access_s(&spot) * 1e3).round() as u64;
            let rest = |minutes: &f64| ((minutes * 60e3).round() as u64).checked_sub(access_ms);
            (Weight::Time, asked, asked.iter().map(rest).collect())
        }
    };
    let known: Vec<u64> = rests.iter().flatten().copied().collect();
    let mut reached = reach(&mut search, &spot, weight, &known).into_iter();
    let name = if weight == Weight::Metres { "metres" } else { "minutes" };
    let mut features = Vec::new();
    for (limit, rest) in asked.iter().zip(&rests) {
        let found = rest.and_then(|_| reached.next()).unwrap_or_default();
        let mut lines: Vec<Vec<Coord>> =
            found.stretches.iter().map(|part| network.part(part.section as usize, part.from_um, part.to_um)).collect();
        let streets = lines.iter().map(|line| positions(crs, line)).collect::<Result<Vec<_>, _>>()?;
        if rest.is_some() {
            lines.push(vec![from, spot.at]);
        }
        let area = area(&outline(&lines), crs)?;
        let streets = json!({ "type": "MultiLineString", "coordinates": streets });
        for (what, geometry) in [("area", area), ("streets", streets)] {
            features.push(json!({
                "type": "Feature",
                "geometry": geometry,
                "properties": { "what": what, name: limit, "by": profile.name(), "street_m": metres(found.street_um) },
            }));
        }
    }
    Ok(json!({ "type": "FeatureCollection", "features": features, "origin": origin(network, &spot, crs)? }))
}

fn area(outline: &Outline, crs: &Crs) -> Result<Json, CrsError> {
    let mut polygons = Vec::new();
    for rings in &outline.polygons {
        polygons.push(rings.iter().map(|ring| positions(crs, ring)).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(match polygons.len() {
        0 => Json::Null,
        1 => json!({ "type": "Polygon", "coordinates": polygons[0] }),
        _ => json!({ "type": "MultiPolygon", "coordinates": polygons }),
    })
}

/// The way through all places in their order, as one feature; each leg goes from place to place, accesses included.
pub fn route(
    network: &Network,
    profile: Profile,
    places: &[Coord],
    within_m: f64,
    crs: &Crs,
) -> Result<Json, TravelError> {
    let spots: Vec<Spot> =
        places.iter().map(|place| snap(network, profile, *place, within_m)).collect::<Result<_, _>>()?;
    let mut search = Search::new(network, profile);
    let (mut line, mut legs): (Vec<Coord>, Vec<Json>) = (Vec::new(), Vec::new());
    let (mut network_um, mut access_um, mut duration_s) = (0, 0, 0.0);
    for (from, to) in (0..spots.len()).zip(1..spots.len()) {
        let (start, end) = (&spots[from], &spots[to]);
        let way = search.ways(start, std::slice::from_ref(end), Weight::Metres, u64::MAX).pop().flatten();
        let way = way.unwrap_or(Way { um: 0, ms: 0, parts: Vec::new() });
        let leg = line_of(network, places[from], &way.parts, places[to]);
        line.extend(leg.into_iter().skip(usize::from(!line.is_empty())));
        let access = start.access_um + end.access_um;
        let time = access_s(start) + access_s(end) + way.ms as f64 / 1e3;
        legs.push(json!({
            "distance_m": metres(access + way.um),
            "access_m": metres(access),
            "network_m": metres(way.um),
            "duration_s": seconds(time),
            "sections": way.parts.iter().map(|part| network.id(part.section as usize)).collect::<Vec<_>>(),
        }));
        network_um += way.um;
        access_um += access;
        duration_s += time;
    }
    Ok(json!({
        "type": "Feature",
        "geometry": { "type": "LineString", "coordinates": positions(crs, &line)? },
        "properties": {
            "by": profile.name(),
            "distance_m": metres(access_um + network_um),
            "access_m": metres(access_um),
            "network_m": metres(network_um),
            "duration_s": seconds(duration_s),
            "legs": legs,
        },
    }))
}

/// Metres and seconds from each place to each; null where a place has no street near enough, with its problem.
pub fn matrix(
    network: &Network,
    profile: Profile,
    origins: &[Result<Coord, Json>],
    destinations: &[Result<Coord, Json>],
    within_m: f64,
    crs: &Crs,
) -> Result<Json, TravelError> {
    if network.graph(profile).is_empty() {
        return Err(TravelError::NoStreets(profile));
    }
    let laid = |places: &[Result<Coord, Json>]| -> Result<(Vec<Option<Spot>>, Vec<Json>), TravelError> {
        let (mut spots, mut told) = (Vec::new(), Vec::new());
        for place in places {
            let spot = match place {
                Ok(place) => snap(network, profile, *place, within_m)
                    .map_err(|error| json!({ "detail": error.to_string(), "status": 422 })),
                Err(problem) => Err(problem.clone()),
            };
            told.push(match &spot {
                Ok(spot) => origin(network, spot, crs)?,
                Err(problem) => json!({ "problem": problem }),
            });
            spots.push(spot.ok());
        }
        Ok((spots, told))
    };
    let ((from, origins), (to, destinations)) = (laid(origins)?, laid(destinations)?);
    let goals: Vec<Spot> = to.iter().flatten().copied().collect();
    let mut search = Search::new(network, profile);
    let (mut distances, mut durations) = (Vec::new(), Vec::new());
    for start in &from {
        let costs = start.as_ref().map(|start| search.costs(start, &goals, Weight::Metres, u64::MAX));
        let mut costs = costs.into_iter().flatten();
        let (mut row_m, mut row_s) = (Vec::new(), Vec::new());
        for end in &to {
            let cost = end.as_ref().and_then(|_| costs.next()).flatten();
            let told = start.as_ref().zip(end.as_ref()).zip(cost).map(|((start, end), (um, ms))| {
                let time = access_s(start) + access_s(end) + ms as f64 / 1e3;
                (metres(start.access_um + um + end.access_um), seconds(time))
            });
            let (distance, duration) = told.unwrap_or((Json::Null, Json::Null));
            row_m.push(distance);
            row_s.push(duration);
        }
        distances.push(row_m);
        durations.push(row_s);
    }
    let mut answer = Map::new();
    answer.insert("by".to_owned(), profile.name().into());
    answer.insert("distance_m".to_owned(), distances.into());
    answer.insert("duration_s".to_owned(), durations.into());
    answer.insert("origins".to_owned(), origins.into());
    answer.insert("destinations".to_owned(), destinations.into());
    Ok(answer.into())
}
