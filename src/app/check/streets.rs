//! Are the streets sound? Doubled, dangling, nameless and empty ones, and islands.

use std::collections::{BTreeMap, HashMap, HashSet};

use geo::{Coord, LineString};
use serde_json::Value as Json;

use crate::app::check::{Check, Finding, Networks, middle};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::road_section;
use crate::spatial::foot::distance_to_shape_m;
use crate::spatial::geodesic::{distance_m, length_m};
use crate::spatial::network::{Pieces, Profile, Street, junctions, pieces};
use crate::spatial::shape::Shape;
use crate::world::{LayerSnapshot, Row, Snapshot};

/// An end this near to another street without meeting it was probably meant to meet it, metres.
const NEAR_M: f64 = 2.0;
/// A section shorter than this has no length to speak of, metres.
const NO_LENGTH_M: f64 = 0.05;
/// Sections between the same ends that are nowhere farther apart than this are the same street twice, metres.
const SAME_M: f64 = 1.0;
/// A section that is nowhere farther than this from another lies on it, metres; shorter ones may meet it at an end.
const ON_M: f64 = 0.2;
const SHORTEST_ON_M: f64 = 2.0;
/// Stretches in which a section is compared with another, metres.
const STEP_M: f64 = 10.0;
/// Others that a section may lie on, nearest first.
const MOST_OTHERS: usize = 4;
/// Classes of streets that have names.
const NAMED: [&str; 11] = [
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "pedestrian",
    "trunk",
    "primary_link",
    "secondary_link",
    "tertiary_link",
];

/// Sections of an island that are named.
const TOLD: usize = 20;

/// Looks at all road sections. Cost: a nearest-street search a dead end, the rest linear.
pub(super) fn streets(snapshot: &Snapshot) -> (Vec<Finding>, Networks) {
    let layer = snapshot.layer(Layer::RoadSections);
    let mut sections: Vec<Feature> = Vec::with_capacity(layer.len());
    layer.for_each(&mut |row| sections.push(row.feature()));
    sections.sort_by_key(|section| section.id);
    let streets: Vec<Street> = sections.iter().filter_map(street).collect();
    let mut findings = Vec::new();
    findings.extend(sections.iter().flat_map(alone));
    findings.extend(duplicates(&sections, layer));
    findings.extend(dangling(&sections, &streets, layer));
    findings.extend(uncut(&sections, &streets, layer));
    let networks: Networks = Profile::ALL.into_iter().map(|profile| (profile, pieces(&streets, profile))).collect();
    findings.extend(islands(&sections, &networks[0].1));
    (findings, networks)
}

fn street(section: &Feature) -> Option<Street> {
    road_section::street(section.geometry.as_ref(), &section.values, &section.extras)
}

fn line_of(section: &Feature) -> Option<&LineString> {
    match &section.geometry {
        Some(Shape::LineString(line)) => Some(line),
        _ => None,
    }
}

fn finding(check: Check, at: Coord, sections: &[&Feature], detail: String) -> Finding {
    Finding::at(check, Layer::RoadSections, at, sections, detail)
}

/// What a section shows by itself.
fn alone(section: &Feature) -> Vec<Finding> {
    let mut found = Vec::new();
    let metres = line_of(section).map_or(0.0, length_m);
    if metres < NO_LENGTH_M {
        let detail = format!("is {metres:.3} m long: delete it, or join it to its neighbour");
        found.push(finding(Check::ZeroLength, middle(section), &[section], detail));
    }
    let class = section.value(Layer::RoadSections, "class").text().unwrap_or_default();
    if NAMED.contains(&class) && section.value(Layer::RoadSections, "name").is_null() {
        let detail = format!("is a {class} street of {metres:.0} m without a name");
        found.push(finding(Check::MissingName, middle(section), &[section], detail));
    }
    found
}

/// Sections between the same two places that lie on each other, and sections that lie on a longer one.
fn duplicates(sections: &[Feature], layer: &LayerSnapshot) -> Vec<Finding> {
    let bits = |at: Coord| (at.x.to_bits(), at.y.to_bits());
    let mut by_ends: HashMap<[(u64, u64); 2], Vec<&Feature>> = HashMap::new();
    let mut found = Vec::new();
    for section in sections {
        let Some(line) = line_of(section) else { continue };
        let mut ends = [bits(line.0[0]), bits(line.0[line.0.len() - 1])];
        ends.sort_unstable();
        let group = by_ends.entry(ends).or_default();
        let is_short = length_m(line) < NO_LENGTH_M;
        let same = |other: &&&Feature| !is_short && lies_on(section, other, SAME_M) && lies_on(other, section, SAME_M);
        if let Some(other) = group.iter().find(same) {
            let detail = format!("is drawn twice: section {} is the same street", other.id.0);
            found.push(finding(Check::Duplicate, middle(section), &[section, other], detail));
        } else if let Some(other) = longer(section, sections, layer) {
            let detail = format!("is drawn twice: all of it lies on section {}", other.id.0);
            found.push(finding(Check::Duplicate, middle(section), &[section, other], detail));
        }
        group.push(section);
    }
    found
}

/// A longer section that a section lies on; where both are as long, the one of the smaller id.
fn longer<'a>(section: &Feature, sections: &'a [Feature], layer: &LayerSnapshot) -> Option<&'a Feature> {
    let metres = line_of(section).map(length_m).filter(|metres| *metres >= SHORTEST_ON_M)?;
    let at = middle(section);
    let measure = |row: &Row<'_>| row.with_shape(|shape| distance_to_shape_m(at, shape));
    let near = layer.nearest(at, MOST_OTHERS, Some(ON_M), &|row| row.id() != section.id, &measure);
    near.into_iter().find_map(|(_, id)| {
        let other = &sections[sections.binary_search_by_key(&id, |other| other.id).ok()?];
        // Between the same ends it is found as the same street.
        let is_later = other.id > section.id && lies_on(other, section, ON_M);
        let ends = |section: &'_ Feature| line_of(section).map(|line| [line.0[0], line.0[line.0.len() - 1]]);
        let (ours, theirs) = (ends(section)?, ends(other)?);
        let same_ends = ours == theirs || (ours[0] == theirs[1] && ours[1] == theirs[0]);
        let is_on = !same_ends && !is_later && line_of(other).map(length_m)? + ON_M >= metres;
        (is_on && lies_on(section, other, ON_M)).then_some(other)
    })
}

/// Whether a section is nowhere farther than this from another: its corners, and places between them.
fn lies_on(section: &Feature, other: &Feature, most_m: f64) -> bool {
    let (Some(line), Some(shape)) = (line_of(section), &other.geometry) else { return false };
    line.lines().all(|piece| {
        let count = (distance_m(piece.start, piece.end) / STEP_M).ceil().clamp(2.0, 1e4) as u32;
        (0..=count).all(|at| {
            let place = piece.start + (piece.end - piece.start) * (f64::from(at) / f64::from(count));
            distance_to_shape_m(place, shape) <= most_m
        })
    })
}

/// Ends where nothing else ends, beside another street.
fn dangling(sections: &[Feature], streets: &[Street], layer: &LayerSnapshot) -> Vec<Finding> {
    let (ends, count) = junctions(streets);
    let mut degree = vec![0_u32; count];
    ends.iter().flatten().for_each(|junction| degree[*junction as usize] += 1);
    let drawn: Vec<&Feature> = sections.iter().filter(|section| line_of(section).is_some()).collect();
    let ends_of: HashMap<FeatureId, [u32; 2]> =
        drawn.iter().map(|section| section.id).zip(ends.iter().copied()).collect();
    let mut found = Vec::new();
    for ((section, street), junctions) in drawn.into_iter().zip(streets).zip(&ends) {
        for (place, at) in [street.start, street.end].into_iter().enumerate() {
            let (junction, beyond) = (&junctions[place], junctions[1 - place]);
            if degree[*junction as usize] > 1 {
                continue;
            }
            // A stub is near the street that it comes from.
            let is_stub = street.metres < 2.0 * NEAR_M;
            let comes_from = |id: FeatureId| is_stub && ends_of.get(&id).is_some_and(|ends| ends.contains(&beyond));
            let other = |id: FeatureId| id != section.id && !comes_from(id);
            let nearest = layer.nearest(at, 1, Some(NEAR_M), &|row| other(row.id()), &|row| {
                row.with_shape(|shape| distance_to_shape_m(at, shape))
            });
            let Some(&(metres, id)) = nearest.first() else { continue };
            let other = sections.binary_search_by_key(&id, |section| section.id).ok().map(|place| &sections[place]);
            let detail = format!(
                "ends {metres:.2} m from section {} without meeting an end of it: join them, or split that one here",
                id.0
            );
            let concerned: Vec<&Feature> = std::iter::once(section).chain(other).collect();
            found.push(finding(Check::DanglingEnd, at, &concerned, detail));
        }
    }
    found
}

/// Junctions beside or on another street that is not cut there and meets none of the streets of the junction.
///
/// Streets of another level pass: where one of them is a bridge, a tunnel or has a layer, and the other has not.
fn uncut(sections: &[Feature], streets: &[Street], layer: &LayerSnapshot) -> Vec<Finding> {
    let (ends, count) = junctions(streets);
    let drawn: Vec<&Feature> = sections.iter().filter(|section| line_of(section).is_some()).collect();
    let mut meeting: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, junctions) in ends.iter().enumerate() {
        junctions.iter().for_each(|junction| meeting[*junction as usize].push(at));
    }
    let place_of: HashMap<FeatureId, usize> = drawn.iter().map(|section| section.id).zip(0..).collect();
    let mut found = Vec::new();
    for (junction, here) in meeting.iter().enumerate().filter(|(_, here)| here.len() > 1) {
        let first = here[0];
        let at = if ends[first][0] as usize == junction { streets[first].start } else { streets[first].end };
        let around: HashSet<u32> = here.iter().flat_map(|street| ends[*street]).collect();
        let is_apart = |id: FeatureId| {
            place_of.get(&id).is_some_and(|street| {
                let ends_here = [streets[*street].start, streets[*street].end].contains(&at);
                !ends_here && ends[*street].iter().all(|junction| !around.contains(junction))
            })
        };
        let measure = |row: &Row<'_>| row.with_shape(|shape| distance_to_shape_m(at, shape));
        let nearest = layer.nearest(at, 1, Some(NEAR_M), &|row| is_apart(row.id()), &measure);
        let Some(&(metres, id)) = nearest.first() else { continue };
        let Ok(other) = sections.binary_search_by_key(&id, |section| section.id) else { continue };
        let other = &sections[other];
        if here.iter().all(|street| level(drawn[*street]) != level(other)) {
            continue;
        }
        let detail = format!(
            "meets others {metres:.2} m from section {}, which is not cut there: split that one here, and join them",
            id.0
        );
        found.push(finding(Check::DanglingEnd, at, &[drawn[first], other], detail));
    }
    found
}

/// What tells streets above and below each other apart.
fn level(section: &Feature) -> [Option<&Json>; 3] {
    ["bridge", "tunnel", "layer"].map(|name| section.extras.get(name).filter(|value| !value.is_null()))
}

/// Pieces of the network for people on foot beside the largest.
fn islands(sections: &[Feature], walk: &Pieces) -> Vec<Finding> {
    let drawn: Vec<&Feature> = sections.iter().filter(|section| line_of(section).is_some()).collect();
    let mut members: BTreeMap<u32, Vec<&Feature>> = BTreeMap::new();
    for (section, piece) in drawn.iter().zip(&walk.piece_of) {
        if let Some(piece) = piece.filter(|piece| *piece > 0) {
            members.entry(piece).or_default().push(section);
        }
    }
    let longest = |island: &[&Feature]| {
        let lengths = island.iter().map(|section| (line_of(section).map_or(0.0, length_m), *section));
        lengths.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(Coord::default(), |(_, section)| middle(section))
    };
    members
        .into_iter()
        .map(|(piece, island)| {
            let metres = walk.lengths.get(piece as usize).copied().unwrap_or(0.0);
            let detail = format!(
                "{} sections of {metres:.0} m together cannot be reached on foot from the largest piece",
                island.len()
            );
            finding(Check::Island, longest(&island), &island[..island.len().min(TOLD)], detail)
        })
        .collect()
}
