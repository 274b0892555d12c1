//! Nearest along the streets: tables for the common question, a search for the others; what cannot be reached last.

use geo::Coord;
use serde_json::{Map, Value as Json, json};

use crate::analysis::nearest::{Near, Search, Weight, line_of};
use crate::app::nearest::{Answers, NearestError, NearestQuestion, Prepared, accepts, line, metres};
use crate::app::streets::{Points, TABLE_K, kinds};
use crate::domain::feature::FeatureId;
use crate::spatial::foot::contains;
use crate::spatial::geodesic::distance_m;
use crate::spatial::network::{Network, Profile, Spot, UM, WALK_M_S};
use crate::world::Field;

/// Farther from any street nobody starts, metres.
pub const FARTHEST_SNAP_M: f64 = 50_000.0;

/// The kinds that the question asks for, as groups of the tables; none when it asks for more than kinds.
pub(super) fn kinds_asked(question: &NearestQuestion) -> Option<Vec<u16>> {
    if question.min_room.is_some() || question.open_at.is_some() {
        return None;
    }
    let Some((at, names)) = kinds(question.layer) else {
        return question.conditions.is_empty().then(|| vec![0]);
    };
    let mut groups: Vec<u16> = (0..names.len() as u16).collect();
    for condition in &question.conditions {
        if condition.field != Field::Declared(at) {
            return None;
        }
        let wanted =
            |group: &u16| condition.any_of.iter().any(|value| value.text() == Some(names[usize::from(*group)]));
        groups.retain(wanted);
    }
    Some(groups)
}

pub(super) fn answers(
    asked: &Prepared,
    profile: Profile,
    network: &Network,
    points: &Points,
    from: Coord,
) -> Result<Answers, NearestError> {
    let question = &asked.question;
    let graph = network.graph(profile);
    let spot = network.snap(profile, from, FARTHEST_SNAP_M);
    if spot.is_none() && !graph.is_empty() {
        return Err(NearestError::FarFromStreets);
    }
    let most_um = question.max_snap_m.map_or(u64::MAX, |metres| (metres * UM).round() as u64);
    let mut answers =
        Answers { features: Vec::new(), origin: spot.as_ref().map(|spot| origin(asked, network, spot)).transpose()? };
    let near_enough = spot.filter(|spot| spot.access_um <= most_um);
    let mut seen: Vec<FeatureId> = Vec::new();
    if let Some(spot) = near_enough {
        inside_areas(asked, points, from, &mut answers, &mut seen);
        let wanted = question.k - answers.features.len();
        let found = search(asked, profile, network, points, &spot, question.k);
        let found: Vec<Near> = found
            .into_iter()
            .filter(|near| !seen.contains(&FeatureId(points.targets.id(near.target))))
            .take(wanted)
            .collect();
        along_streets(asked, profile, network, points, (from, &spot), &found, &mut answers)?;
        seen.extend(found.iter().map(|near| FeatureId(points.targets.id(near.target))));
    }
    // Nothing that cannot be reached is nearer than so many metres.
    if answers.features.len() < question.k
        && question.max_m.is_none()
        && (near_enough.is_none() || points.some_unreachable)
    {
        let reason = match spot {
            None => format!("there are no streets to {} on", verb(profile)),
            Some(spot) if near_enough.is_none() => {
                format!(
                    "the place is {:.1} m from the nearest street, farther than max_snap_m",
                    spot.access_um as f64 / UM
                )
            }
            Some(_) => "no street lies within 50 km of it".to_owned(),
        };
        out_of_reach(asked, from, &reason, &seen, &mut answers);
    }
    Ok(answers)
}

fn verb(profile: Profile) -> &'static str {
    match profile {
        Profile::Walk => "walk",
        Profile::Bicycle => "ride",
        Profile::Drive => "drive",
    }
}

fn origin(asked: &Prepared, network: &Network, spot: &Spot) -> Result<Map<String, Json>, NearestError> {
    let mut origin = Map::new();
    origin.insert("section_id".to_owned(), network.id(spot.section as usize).into());
    origin.insert("foot".to_owned(), asked.position(spot.at)?);
    origin.insert("access_m".to_owned(), metres(spot.access_um as f64 / UM));
    origin.insert("on_island".to_owned(), spot.on_island.into());
    Ok(origin)
}

fn search(asked: &Prepared, profile: Profile, network: &Network, points: &Points, spot: &Spot, k: usize) -> Vec<Near> {
    let question = &asked.question;
    let limit_um = question.max_m.map_or(u64::MAX / 4, |metres| (metres * UM).round() as u64);
    let targets = &points.targets;
    let groups = kinds_asked(question);
    match groups {
        Some(groups) if k <= TABLE_K => {
            points.tables(network, profile).nearest(network, targets, spot, &groups, k, limit_um)
        }
        Some(groups) => {
            let wanted = |target: u32| groups.contains(&targets.group(target));
            Search::new(network, profile).nearest(targets, spot, &wanted, k, limit_um)
        }
        None => {
            let layer = asked.snapshot.layer(question.layer);
            let wanted = |target: u32| {
                layer.with_row(FeatureId(targets.id(target)), |row| accepts(question, &row)).unwrap_or(false)
            };
            Search::new(network, profile).nearest(targets, spot, &wanted, k, limit_um)
        }
    }
}

/// Who stands in an area without mapped entrances is there.
fn inside_areas(asked: &Prepared, points: &Points, from: Coord, answers: &mut Answers, seen: &mut Vec<FeatureId>) {
    let layer = asked.snapshot.layer(asked.question.layer);
    let mut inside = points.areas_at(from);
    inside.sort_unstable();
    for id in inside {
        let is_in = layer.with_row(id, |row| {
            accepts(&asked.question, &row) && row.with_shape(|shape| contains(shape, from)).unwrap_or(false)
        });
        if is_in == Some(true) && seen.len() < asked.question.k {
            let zero = || metres(0.0);
            let figures = [json!(seen.len() + 1), zero(), zero(), zero(), zero(), zero()];
            answers.features.extend(asked.feature(id, figures).map(|mut feature| {
                if asked.question.route {
                    feature.extras.insert("route".to_owned(), Json::Null);
                }
                feature
            }));
            seen.push(id);
        }
    }
}

fn along_streets(
    asked: &Prepared,
    profile: Profile,
    network: &Network,
    points: &Points,
    (from, spot): (Coord, &Spot),
    found: &[Near],
    answers: &mut Answers,
) -> Result<(), NearestError> {
    let feet: Vec<_> = found.iter().map(|near| *points.targets.foot(near.foot)).collect();
    let mut routes = if asked.question.route && !found.is_empty() {
        let goals: Vec<Spot> = feet.iter().map(|foot| foot.spot).collect();
        Search::new(network, profile).ways(spot, &goals, Weight::Metres, u64::MAX)
    } else {
        Vec::new()
    };
    for (at, (near, foot)) in found.iter().zip(&feet).enumerate() {
        let access_um = spot.access_um + foot.spot.access_um;
        let access_m = access_um as f64 / UM;
        let duration = access_m / WALK_M_S + near.ms as f64 / 1e3;
        let figures = [
            json!(answers.features.len() + 1),
            metres(near.total_um as f64 / UM),
            metres(access_m),
            metres((near.total_um - access_um) as f64 / UM),
            metres(distance_m(from, foot.entrance)),
            json!((duration * 10.0).round() / 10.0),
        ];
        let Some(mut feature) = asked.feature(FeatureId(points.targets.id(near.target)), figures) else { continue };
        feature.extras.insert("foot".to_owned(), asked.position(foot.spot.at)?);
        feature.extras.insert("on_island".to_owned(), foot.spot.on_island.into());
        if let Some(way) = routes.get_mut(at).and_then(Option::take) {
            let line = line_of(network, from, &way.parts, foot.entrance);
            let positions = line.into_iter().map(|at| asked.position(at)).collect::<Result<Vec<_>, _>>()?;
            feature.extras.insert("route".to_owned(), json!({ "type": "LineString", "coordinates": positions }));
        }
        answers.features.push(feature);
    }
    Ok(())
}

/// What answers the question and has no way, by the straight line: its distance is not known.
fn out_of_reach(asked: &Prepared, from: Coord, reason: &str, seen: &[FeatureId], answers: &mut Answers) {
    let wanted = asked.question.k - answers.features.len();
    for (line_m, id) in line::nearest(&asked.snapshot, &asked.question, from, wanted, &|id| !seen.contains(&id)) {
        let rank = json!(answers.features.len() + 1);
        let figures = [rank, Json::Null, Json::Null, Json::Null, metres(line_m), Json::Null];
        answers.features.extend(asked.feature(id, figures).map(|mut feature| {
            feature.extras.insert("reason".to_owned(), reason.into());
            feature
        }));
    }
}
