//! `check`: each kind of defect is found in a spoiled copy of the demonstration, and nothing else.

use patrolmap::spatial::foot::contains;
use patrolmap::spatial::geodesic::area_m2;
use serde_json::{Value as Json, json};

use crate::demo::{FILES, drawn, path, shape};
use crate::support::{Place, Seeded, collection};

fn checked(place: &Place) -> Json {
    serde_json::from_str(&place.ok(&["check"])).unwrap()
}

fn called(features: &[Json], external_id: &str) -> Json {
    features.iter().find(|one| one["properties"]["external_id"] == external_id).unwrap().clone()
}

fn new(external_id: &str, geometry: &Json, mut properties: Json) -> Json {
    properties["external_id"] = json!(external_id);
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

fn street(external_id: &str, coordinates: &Json) -> Json {
    let geometry = json!({ "type": "LineString", "coordinates": coordinates });
    new(external_id, &geometry, json!({ "class": "residential", "name": external_id }))
}

/// A corner of a zone's ring that lies at least so far from the ring's ends, moved.
fn moved(zone: &Json, corner: &Json, east: f64, north: f64) -> Json {
    let mut zone = zone.clone();
    let ring = zone["geometry"]["coordinates"][0].as_array_mut().unwrap();
    let found: Vec<usize> = (0..ring.len()).filter(|at| ring[*at] == *corner).collect();
    assert_eq!(found.len(), 1, "{corner}");
    let part = |at: usize, by: f64| json!(((corner[at].as_f64().unwrap() + by) * 1e7).round() / 1e7);
    ring[found[0]] = json!([part(0, east), part(1, north)]);
    zone
}

/// The corners of a ring but the one that closes it, and the first.
fn corners(zone: &Json) -> Vec<Json> {
    let ring = zone["geometry"]["coordinates"][0].as_array().unwrap();
    ring[1..ring.len() - 1].to_vec()
}

/// The corner that lies farthest in a direction.
fn farthest(zone: &Json, east: f64, north: f64) -> Json {
    let reach = |at: &Json| at[0].as_f64().unwrap() * east + at[1].as_f64().unwrap() * north;
    corners(zone).into_iter().max_by(|a, b| reach(a).total_cmp(&reach(b))).unwrap()
}

/// Streets that are wrong each in its way, and which of the sound ones has lost its name.
fn spoiled_streets(sections: &[Json]) -> (Vec<Json>, String) {
    let straight = sections
        .iter()
        .find(|section| {
            let line = section["geometry"]["coordinates"].as_array().unwrap();
            section["properties"]["class"] == "secondary" && line.len() == 2
        })
        .unwrap();
    let line = straight["geometry"]["coordinates"].as_array().unwrap();
    let number = |at: &Json, place: usize| at[place].as_f64().unwrap();
    let between = |share: f64, north: f64| {
        let part = |at: usize| number(&line[0], at) * (1.0 - share) + number(&line[1], at) * share;
        json!([part(0), part(1) + north])
    };
    let nameless = sections.iter().find(|section| section["properties"]["class"] == "tertiary").unwrap();
    let nameless = nameless["properties"]["external_id"].as_str().unwrap();
    let mut without_name = called(sections, nameless);
    without_name["properties"]["name"] = Json::Null;
    let mut doubled = called(sections, nameless);
    doubled["properties"]["external_id"] = json!("doubled");
    doubled["geometry"]["coordinates"].as_array_mut().unwrap().reverse();
    // Out over the northern hills from the northernmost junction.
    let junctions = sections.iter().map(|section| section["geometry"]["coordinates"][0].clone());
    let top = junctions.max_by(|a, b| number(a, 1).total_cmp(&number(b, 1))).unwrap();
    let start = &line[0];
    let streets = vec![
        doubled,
        without_name,
        // Ends a metre beside the middle of another without meeting it.
        street("dangling", &json!([start, between(0.3, 0.000_3), between(0.5, 0.000_009)])),
        new(
            "empty",
            &json!({ "type": "LineString", "coordinates": [start, [number(start, 0) + 1e-7, number(start, 1)]] }),
            json!({ "class": "service" }),
        ),
        street("island", &json!([[105.652, 34.563], [105.653, 34.5635]])),
        street("beyond", &json!([top, [number(&top, 0), number(&top, 1) + 0.02]])),
    ];
    (streets, nameless.to_owned())
}

#[test]
fn every_kind_of_defect_is_found_in_a_spoiled_copy() {
    let place = Place::new();
    for (layer, file) in FILES.iter().filter(|(layer, _)| *layer != "violations") {
        place.ok(&["import", layer, path(file).to_str().unwrap()]);
    }
    let sound = checked(&place);
    assert_eq!(sound["features"], json!([]));
    let whole = &sound["zones"];
    assert!(whole["miss"].as_f64().unwrap() < 1e-9, "{whole}");

    let (sections, zones, parking) = (drawn("road-sections"), drawn("squad-zones"), drawn("parking-points"));
    let (streets, nameless) = spoiled_streets(&sections);
    place.import("road-sections", &collection(&streets));
    let mut full = parking[0].clone();
    full["properties"]["occupied"] = json!(full["properties"]["capacity"].as_i64().unwrap() + 1);
    let at = json!({ "type": "Point", "coordinates": [105.70, 34.60] });
    place.import("parking-points", &collection(&[full.clone(), new("far", &at, json!({ "kind": "bicycle" }))]));
    let squad = json!({ "code": "NEW", "name": "new", "kind": "area", "status": "active" });
    place.import("squads", &collection(&[new("new", &at, squad)]));
    let zone = |squad: &str| called(&zones, &format!("qz-z-{squad}"));
    // A corner of the rim drawn in leaves a gap, one drawn out lies outside; one that neighbours share moves onto one.
    let gap = moved(&zone("TSJ"), &farthest(&zone("TSJ"), 0.0, -1.0), 0.0, 0.001);
    let outside = moved(&zone("QLD"), &farthest(&zone("QLD"), 1.0, 0.5), 0.001, 0.001);
    let others: Vec<Json> = corners(&zone("YQ"));
    let common: Vec<Json> = corners(&zone("XG")).into_iter().filter(|at| others.contains(at)).collect();
    let overlap = moved(&zone("XG"), &common[common.len() / 2], -0.000_1, 0.0);
    place.import("squad-zones", &collection(&[gap.clone(), outside.clone(), overlap.clone()]));

    let spoiled = checked(&place);
    let found = spoiled["features"].as_array().unwrap();
    let of = |check: &str| -> Vec<&Json> { found.iter().filter(|one| one["properties"]["check"] == check).collect() };
    for (check, external_id) in [
        ("duplicate", "doubled"),
        ("dangling-end", "dangling"),
        ("zero-length", "empty"),
        ("missing-name", nameless.as_str()),
        ("island", "island"),
        ("zone-outside", "qz-z-QLD"),
        ("zone-overlap", "qz-z-XG"),
        ("squad-without-zone", "new"),
        ("overfull", full["properties"]["external_id"].as_str().unwrap()),
    ] {
        let here = of(check);
        assert_eq!(here.len(), 1, "{check}: {here:#?}");
        let ids = here[0]["properties"]["external_ids"].as_array().unwrap();
        assert!(ids.contains(&json!(external_id)), "{check}: {ids:?}");
    }
    let beyond: Vec<&Json> = of("outside-jurisdiction");
    let layers: Vec<&str> = beyond.iter().map(|one| one["properties"]["layer"].as_str().unwrap()).collect();
    assert_eq!(layers, ["road-sections", "parking-points"]);
    assert_eq!(of("zone-gap").len(), 1);
    assert_eq!(found.len(), 12, "{found:#?}");

    let changed = |before: &str, after: &Json| area_m2(&shape(&zone(before))) - area_m2(&shape(after));
    for (check, m2) in [
        ("zone-gap", changed("TSJ", &gap)),
        ("zone-outside", -changed("QLD", &outside)),
        ("zone-overlap", -changed("XG", &overlap)),
    ] {
        let told = of(check)[0];
        let area = told["properties"]["area_m2"].as_f64().unwrap();
        assert!((area / m2 - 1.0).abs() < 1e-3, "{check}: {area}, not {m2}");
        let piece = area_m2(&shape(told));
        assert!((piece / m2 - 1.0).abs() < 1e-3, "{check}: a piece of {piece}, not {m2}");
    }
    let figure = |name: &str| spoiled["zones"][name].as_f64().unwrap();
    let sum = figure("zones_m2") + figure("gaps_m2") - figure("overlaps_m2");
    assert!((sum / figure("jurisdiction_m2") - 1.0).abs() < 1e-6, "{}", spoiled["zones"]);
    assert!(figure("miss") < 1e-6);
    assert_eq!(place.ok(&["check", "-f", "csv"]).lines().count(), 13);
    // Before the zones hold there is nothing to say of them.
    place.import("squad-zones", &collection(&zones.iter().map(in_force_later).collect::<Vec<_>>()));
    let early: Json = serde_json::from_str(&place.ok(&["check", "--at", "2029-12-31"])).unwrap();
    assert_eq!(early["zones"], Json::Null);
    let late: Json = serde_json::from_str(&place.ok(&["check", "--at", "2030-01-02"])).unwrap();
    assert!(late["zones"]["miss"].as_f64().unwrap() < 1e-9);
}

fn in_force_later(zone: &Json) -> Json {
    let mut zone = zone.clone();
    zone["properties"]["valid_from"] = json!("2030-01-01");
    zone
}

/// Zones drawn without sense, over each other and over the rim: the sum holds, and so does a count of places.
#[test]
fn any_zones_add_up_with_their_gaps_and_overlaps() {
    let place = Place::new();
    for (layer, file) in FILES.iter().filter(|(layer, _)| ["jurisdictions", "squads"].contains(layer)) {
        place.ok(&["import", layer, path(file).to_str().unwrap()]);
    }
    let mut random = Seeded(11);
    let zones: Vec<Json> = (0..24)
        .map(|number| {
            let (x, y) = (105.65 + 0.135 * random.share(), 34.56 + 0.025 * random.share());
            let corners = 3 + random.below(9);
            let mut ring: Vec<Json> = (0..corners)
                .map(|corner| {
                    let angle = std::f64::consts::TAU * corner as f64 / corners as f64;
                    let reach = 0.002 + 0.012 * random.share();
                    let grid = |degrees: f64| (degrees * 1e7).round() / 1e7;
                    json!([grid(x + reach * angle.cos()), grid(y + reach * angle.sin())])
                })
                .collect();
            ring.push(ring[0].clone());
            let geometry = json!({ "type": "Polygon", "coordinates": [ring] });
            new(&format!("zone {number}"), &geometry, json!({ "squad_code": "DC" }))
        })
        .collect();
    place.import("squad-zones", &collection(&zones));
    let found = checked(&place);
    let figure = |name: &str| found["zones"][name].as_f64().unwrap();
    assert!(figure("miss") < 1e-6, "{}", found["zones"]);
    let told = |check: &str| -> f64 {
        let findings = found["features"].as_array().unwrap().iter();
        findings
            .filter(|one| one["properties"]["check"] == check)
            .map(|one| one["properties"]["area_m2"].as_f64().unwrap())
            .sum()
    };
    assert!((told("zone-gap") - figure("gaps_m2")).abs() < 1.0);
    // Places in a lattice over the town: how many zones hold each.
    let (jurisdiction, shapes) = (shape(&drawn("jurisdictions")[0]), zones.iter().map(shape).collect::<Vec<_>>());
    let (mut inside, mut bare, mut again) = (0_u32, 0_u32, 0_u32);
    for step in 0..200 * 100 {
        let (column, row) = (f64::from(step % 200), f64::from(step / 200));
        let at = geo::Coord { x: 105.645 + 0.146 * column / 200.0, y: 34.54 + 0.054 * row / 100.0 };
        if contains(&jurisdiction, at) {
            let holding = shapes.iter().filter(|zone| contains(zone, at)).count() as u32;
            inside += 1;
            bare += u32::from(holding == 0);
            again += holding.saturating_sub(1);
        }
    }
    for (places, m2) in [(bare, figure("gaps_m2")), (again, figure("overlaps_m2"))] {
        let (counted, told) = (f64::from(places) / f64::from(inside), m2 / figure("jurisdiction_m2"));
        assert!((counted - told).abs() < 0.01, "{counted} of the places, {told} of the ground");
    }
}
