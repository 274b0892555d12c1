//! The demonstration keeps to its figures, tiles, hangs together, and is what its generator draws.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use geo::{Coord, LineString, Point, Polygon};
use patrolmap::spatial::foot::{contains, distance_to_shape_m};
use patrolmap::spatial::geodesic::area_m2;
use patrolmap::spatial::shape::{Envelope, Shape};
use serde_json::Value as Json;

use crate::support::{Place, read_gzip, say_skipped, shared};

pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/qinzhou").join(name)
}

/// Files by layer, in the order in which they refer to each other.
pub const FILES: [(&str, &str); 10] = [
    ("jurisdictions", "jurisdictions.geojson"),
    ("squads", "squads.geojson"),
    ("squad-zones", "squad-zones.geojson"),
    ("road-sections", "road-sections.geojson.gz"),
    ("parking-points", "parking-points.geojson"),
    ("shops", "shops.geojson.gz"),
    ("vending-sites", "vending-sites.geojson"),
    ("construction-sites", "construction-sites.geojson"),
    ("assistants", "assistants.geojson"),
    ("violations", "violations.geojson.gz"),
];

pub fn drawn(layer: &str) -> Vec<Json> {
    let (_, name) = FILES.iter().find(|(of, _)| *of == layer).unwrap();
    let path = path(name);
    let text = if path.extension().is_some_and(|ending| ending == "gz") {
        read_gzip(&path)
    } else {
        std::fs::read_to_string(path).unwrap()
    };
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["description"], "Drawn for demonstration; not surveyed, not official.", "{name}");
    json["features"].as_array().unwrap().clone()
}

fn coord(at: &Json) -> Coord {
    Coord { x: at[0].as_f64().unwrap(), y: at[1].as_f64().unwrap() }
}

fn line(coordinates: &Json) -> LineString {
    LineString::new(coordinates.as_array().unwrap().iter().map(coord).collect())
}

pub fn shape(feature: &Json) -> Shape {
    let coordinates = &feature["geometry"]["coordinates"];
    match feature["geometry"]["type"].as_str().unwrap() {
        "Point" => Shape::Point(Point(coord(coordinates))),
        "LineString" => Shape::LineString(line(coordinates)),
        "Polygon" => Shape::Polygon(Polygon::new(line(&coordinates[0]), Vec::new())),
        other => panic!("{other}"),
    }
}

fn property<'a>(feature: &'a Json, name: &str) -> &'a Json {
    &feature["properties"][name]
}

fn text<'a>(feature: &'a Json, name: &str) -> &'a str {
    property(feature, name).as_str().unwrap_or_else(|| panic!("{name} of {feature}"))
}

#[test]
fn the_bureau_has_its_squads_people_parking_and_shops() {
    let squads = drawn("squads");
    let of_kind = |kind: &str, status: &str| {
        squads.iter().filter(|squad| text(squad, "kind") == kind && text(squad, "status") == status).count()
    };
    assert_eq!(squads.len(), 11);
    assert_eq!((of_kind("area", "active"), of_kind("mobile", "active")), (6, 1));
    assert_eq!((of_kind("special", "active"), of_kind("township", "forming")), (1, 3));
    let staff: u64 = squads.iter().map(|squad| property(squad, "strength").as_u64().unwrap()).sum();
    assert_eq!(staff, 171);

    let assistants = drawn("assistants");
    let sections: BTreeSet<String> =
        drawn("road-sections").iter().map(|section| text(section, "external_id").to_owned()).collect();
    let answered: BTreeSet<&str> = assistants.iter().map(|one| text(one, "answers_for")).collect();
    assert_eq!((assistants.len(), answered.len()), (151, 151), "each answers for a section of his own");
    assert!(answered.iter().all(|section| sections.contains(*section)));

    let parking = drawn("parking-points");
    let kind = |kind: &str| parking.iter().filter(|point| text(point, "kind") == kind).count();
    assert_eq!((kind("bicycle"), kind("motor")), (46, 11));
    let count = |point: &Json, name: &str| property(point, name).as_u64().unwrap();
    assert!(parking.iter().all(|point| count(point, "occupied") <= count(point, "capacity")));
    assert!(parking.iter().any(|point| count(point, "occupied") < count(point, "capacity")));
    assert!(parking.iter().any(|point| !property(point, "entrances").is_null()));

    let shops = drawn("shops");
    let agreed = shops.iter().filter(|shop| !property(shop, "agreement_signed_on").is_null()).count();
    assert!(agreed > 1_000, "{agreed}");
    assert!(drawn("vending-sites").iter().any(|site| !property(site, "season_from").is_null()));
    assert!(!drawn("construction-sites").is_empty());
}

/// Every edge of a zone is the edge of one neighbour, run the other way, or of the jurisdiction: nothing is left open.
#[test]
fn zones_tile_the_jurisdiction_edge_by_edge() {
    let jurisdiction = drawn("jurisdictions").remove(0);
    let whole = area_m2(&shape(&jurisdiction));
    assert!((29e6..31e6).contains(&whole), "{whole}");
    let edges = |feature: &Json| -> Vec<(String, String)> {
        let ring = feature["geometry"]["coordinates"][0].as_array().unwrap().clone();
        ring.windows(2).map(|pair| (pair[0].to_string(), pair[1].to_string())).collect()
    };
    let rim: BTreeSet<(String, String)> = edges(&jurisdiction).into_iter().collect();
    let zones = drawn("squad-zones");
    let mut all = BTreeSet::new();
    for edge in zones.iter().flat_map(edges) {
        assert!(all.insert(edge.clone()), "{edge:?} is run twice");
    }
    for (from, to) in &all {
        let back = (to.clone(), from.clone());
        assert!(all.contains(&back) != rim.contains(&(from.clone(), to.clone())), "{from} {to} is open");
    }
    assert!(rim.iter().all(|edge| all.contains(edge)));
    let parts: f64 = zones.iter().map(|zone| area_m2(&shape(zone))).sum();
    assert!((parts / whole - 1.0).abs() < 1e-9, "{parts} {whole}");
}

#[test]
fn the_town_lies_in_its_district() {
    let Some(file) = shared("demo::district", "boundary/qinzhou_maiji.wgs84.valid.geojson") else { return };
    let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let district = json["features"].as_array().unwrap().iter().find(|one| property(one, "adcode") == "620502").unwrap();
    let (district, town) = (shape(district), shape(&drawn("jurisdictions")[0]));
    let Shape::Polygon(town) = town else { panic!() };
    for edge in town.exterior().lines() {
        for step in 0..50 {
            let at = edge.start + edge.delta() * (f64::from(step) / 50.0);
            assert!(contains(&district, at), "{at:?}");
        }
    }
}

/// Half of the carriageway by class, metres (data/qinzhou/README.md).
const HALF_WIDTH_M: [(&str, f64); 10] = [
    ("trunk", 14.0),
    ("primary", 12.0),
    ("secondary", 9.0),
    ("tertiary", 6.5),
    ("pedestrian", 6.0),
    ("residential", 4.5),
    ("living_street", 3.5),
    ("service", 2.5),
    ("footway", 1.5),
    ("steps", 1.5),
];

#[test]
fn parking_is_off_the_carriageway_and_inside() {
    let sections: Vec<(f64, Shape)> = drawn("road-sections")
        .iter()
        .map(|section| {
            let class = text(section, "class");
            (HALF_WIDTH_M.iter().find(|(name, _)| *name == class).unwrap().1, shape(section))
        })
        .collect();
    let jurisdiction = shape(&drawn("jurisdictions")[0]);
    for point in drawn("parking-points") {
        let mut corners = Vec::new();
        shape(&point).for_each_coordinate(|at| corners.push(at));
        for at in corners {
            assert!(contains(&jurisdiction, at), "{point}");
            let around = Envelope { west: at.x - 1e-3, south: at.y - 1e-3, east: at.x + 1e-3, north: at.y + 1e-3 };
            let near = sections.iter().filter(|(_, line)| line.envelope().intersects(around));
            let nearest = near.map(|(half, line)| distance_to_shape_m(at, line) - half).fold(f64::INFINITY, f64::min);
            assert!((0.5..40.0).contains(&nearest), "{nearest} m beside a carriageway: {point}");
        }
    }
}

#[test]
fn sections_look_like_those_of_a_town() {
    let sections = drawn("road-sections");
    assert!((1_500..=1_900).contains(&sections.len()), "{}", sections.len());
    let lengths: Vec<f64> = sections
        .iter()
        .map(|section| {
            let Shape::LineString(line) = shape(section) else { panic!() };
            patrolmap::spatial::geodesic::length_m(&line)
        })
        .collect();
    let usual = lengths.iter().filter(|metres| (60.0..=260.0).contains(*metres)).count();
    assert!(usual * 4 > lengths.len() * 3, "{usual} of {}", lengths.len());
    let names: BTreeSet<&str> = sections.iter().filter_map(|section| property(section, "name").as_str()).collect();
    assert!(["民主路", "建设路", "工农路", "桃园路"].iter().all(|name| names.contains(name)));
    let classes: BTreeSet<&str> = sections.iter().map(|section| text(section, "class")).collect();
    assert!(classes.len() >= 9, "{classes:?}");
    let oneway = |way: &str| sections.iter().any(|section| property(section, "oneway") == way);
    assert!(oneway("forward") && oneway("backward"));
    let shops: u64 = sections.iter().filter_map(|section| property(section, "shops").as_u64()).sum();
    assert_eq!(shops as usize, drawn("shops").len());
}

#[test]
fn the_files_are_what_the_generator_draws() {
    let drawn = std::process::Command::new("python3").arg(path("draw/draw.py")).args(["--check"]).output();
    match drawn {
        Ok(ran) => assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr)),
        Err(error) => say_skipped("demo::generator", &format!("python3 does not run: {error}")),
    }
}

/// The first start fills the store; what the program derives agrees with what was planted.
#[test]
fn the_demonstration_starts_sound_and_with_its_figures() {
    let place = Place::new();
    let data = place.data();
    let service = place.start(&["demo", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    for (layer, name) in FILES {
        let window = service.get(&format!("/api/collections/{layer}/items?limit=1")).expect(200).json();
        assert_eq!(window["numberMatched"].as_u64().unwrap() as usize, drawn(layer).len(), "{name}");
    }
    let built = service
        .get("/api/collections/violations/items?category=illegal-construction&limit=1000")
        .expect(200)
        .features();
    let m2: f64 = built.iter().map(|one| property(one, "area_m2").as_f64().unwrap()).sum();
    assert_eq!(built.len(), 711);
    assert!((m2 / 60_831.902 - 1.0).abs() < 1e-6, "{m2}");
    drop(service);

    let checked: Json = serde_json::from_str(&place.ok(&["check"])).unwrap();
    assert_eq!(checked["features"], Json::Array(Vec::new()));
    assert_eq!(checked["networks"]["walk"]["islands"], 0);
    assert!(checked["sections"].as_u64().unwrap() >= 1_500);
    assert!(checked["zones"]["miss"].as_f64().unwrap() < 1e-6, "{}", checked["zones"]);

    let sections: BTreeMap<i64, String> = place
        .ok(&["export", "road-sections", "-f", "geojsonl"])
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .map(|section| (section["id"].as_i64().unwrap(), text(&section, "external_id").to_owned()))
        .collect();
    let cases: Vec<Json> = place
        .ok(&["export", "violations", "-f", "geojsonl"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cases.len(), 33_014);
    // A case in the yards behind a street has a section all the same, and every case is somebody's.
    assert!(cases.iter().all(|case| property(case, "flags").as_array().is_none_or(Vec::is_empty)));
    assert!(cases.iter().all(|case| property(case, "squad_id").is_i64()));
    let mut by_section: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for case in &cases {
        let section = &sections[&property(case, "section_id").as_i64().unwrap()];
        *by_section.entry((section, text(case, "category"))).or_insert(0) += 1;
    }
    let truths: Json = serde_json::from_str(&std::fs::read_to_string(path("truths.json")).unwrap()).unwrap();
    let mut looked_at = 0;
    for cluster in truths["clusters"].as_array().unwrap() {
        if (cluster["from"] != truths["from"]) || (cluster["to"] != truths["to"]) {
            continue;
        }
        for (section, counted) in cluster["counted"].as_object().unwrap() {
            let found = by_section[&(section.as_str(), cluster["category"].as_str().unwrap())];
            assert!(found.abs_diff(counted.as_u64().unwrap()) <= 2, "{section}: {found}, not {counted}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 10);
}
