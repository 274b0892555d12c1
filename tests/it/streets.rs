//! Streets from OpenStreetMap, and what `check` says of them.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::support::{Place, collection, shared};

fn exported(place: &Place, layer: &str) -> Vec<Json> {
    let json: Json = serde_json::from_str(&place.ok(&["export", layer])).unwrap();
    json["features"].as_array().unwrap().clone()
}

/// The figure after a word in the summary: `largest piece 458.4`.
fn figure(text: &str, line: &str, before: &str) -> f64 {
    let line = text.lines().find(|found| found.starts_with(line)).unwrap_or_else(|| panic!("{text}"));
    let rest = line.split_once(before).unwrap().1.trim_start();
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn three_real_extracts_give_the_reference_figures_and_again_nothing() {
    for (name, km, motor, bicycle) in
        [("monaco", 458.0, 122, 0), ("liechtenstein", 1092.0, 158, 5), ("andorra", 652.0, 105, 0)]
    {
        let Some(extract) = shared("streets::extracts", &format!("networks/{name}.osm.pbf")) else { return };
        let extract = extract.to_str().unwrap();
        let place = Place::new();
        let told = place.ok(&["import-osm", extract]);
        let largest = figure(&told, "walk:", "largest piece");
        assert!((largest / km - 1.0).abs() < 0.005, "{name}: {largest} km, not {km}");
        let parking = exported(&place, "parking-points");
        let count = |kind: &str| parking.iter().filter(|point| point["properties"]["kind"] == kind).count();
        assert_eq!((count("motor"), count("bicycle")), (motor, bicycle), "{name}");
        let again = place.ok(&["import-osm", extract]);
        assert_eq!(again.matches("nothing changes").count(), 2, "{again}");
        let before = exported(&place, "road-sections");
        let checked: Json = serde_json::from_str(&place.ok(&["check"])).unwrap();
        let walk = checked["networks"]["walk"]["largest_piece_km"].as_f64().unwrap();
        assert!((walk - largest).abs() < 0.1, "{walk} {largest}");
        let findings = checked["features"].as_array().unwrap();
        let islands = findings.iter().filter(|finding| finding["properties"]["check"] == "island").count();
        assert_eq!(checked["networks"]["walk"]["islands"], islands);
        let ids: BTreeSet<&str> = before.iter().filter_map(|one| one["properties"]["external_id"].as_str()).collect();
        assert_eq!(ids.len(), before.len());
        assert!(ids.iter().all(|id| id.starts_with('w') && id.contains(':')));
    }
}

#[test]
fn a_boundary_keeps_what_touches_it_and_prune_takes_the_rest() {
    let Some(extract) = shared("streets::boundary", "networks/monaco.osm.pbf") else { return };
    let extract = extract.to_str().unwrap();
    let place = Place::new();
    place.ok(&["import-osm", extract]);
    let all = exported(&place, "road-sections");
    let ring = json!([[7.415, 43.73], [7.425, 43.73], [7.425, 43.74], [7.415, 43.74], [7.415, 43.73]]);
    let area = json!({ "type": "Feature", "properties": {}, "geometry": { "type": "Polygon", "coordinates": [ring] } });
    let boundary = place.file("boundary.geojson", collection(&[area]));
    let arguments = ["import-osm", extract, "--boundary", boundary.to_str().unwrap()];
    let told = place.ok(&arguments);
    assert!(told.contains("are kept: --prune removes them"), "{told}");
    assert_eq!(exported(&place, "road-sections").len(), all.len());
    let dry: Vec<&str> = arguments.iter().copied().chain(["--prune", "--dry-run"]).collect();
    place.ok(&dry);
    assert_eq!(exported(&place, "road-sections").len(), all.len());
    let told = place.ok(&arguments.iter().copied().chain(["--prune"]).collect::<Vec<_>>());
    assert!(told.contains("and were removed"), "{told}");
    let kept = exported(&place, "road-sections");
    assert!(kept.len() > 100 && kept.len() < all.len() / 2);
    // Every kept section was there before, under the same id and unchanged.
    for section in &kept {
        assert!(all.contains(section), "{section}");
    }
    let inside = |at: &Json| {
        let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        (7.415..=7.425).contains(&x) && (43.73..=43.74).contains(&y)
    };
    let touching = |section: &&Json| section["geometry"]["coordinates"].as_array().unwrap().iter().any(inside);
    let with_vertex_inside = all.iter().filter(touching).count();
    assert!(kept.len() >= with_vertex_inside && kept.len() < with_vertex_inside + 50);
    place.ok(&["doctor"]);
    place.ok(&["import-osm", extract]);
    assert_eq!(exported(&place, "road-sections").len(), all.len());
}

#[test]
fn a_torn_extract_is_refused_and_leaves_nothing() {
    let Some(extract) = shared("streets::torn", "networks/monaco.osm.pbf") else { return };
    let bytes = std::fs::read(extract).unwrap();
    let place = Place::new();
    for length in [bytes.len() / 2, bytes.len() - 1, 100, 10, 0] {
        let file = place.file("torn.osm.pbf", &bytes[..length]);
        let ran = place.run(&["import-osm", file.to_str().unwrap()]);
        assert_eq!(ran.code(), 1, "{length} bytes: {}", ran.stdout());
        assert!(ran.stderr().contains("torn.osm.pbf"), "{}", ran.stderr());
        assert!(exported(&place, "road-sections").is_empty());
    }
    let other = place.file("table.osm.pbf", "lon,lat\n1,2\n");
    assert_eq!(place.run(&["import-osm", other.to_str().unwrap()]).code(), 1);
}

#[test]
fn spoiled_streets_are_found_each_at_its_place() {
    let place = Place::new();
    let section = |name: &str, line: Json, class: &str| {
        json!({ "type": "Feature", "properties": { "external_id": name, "class": class, "name": (name != "nameless").then_some(name) },
            "geometry": { "type": "LineString", "coordinates": line } })
    };
    let sound = [
        section("main", json!([[105.72, 34.58], [105.73, 34.58]]), "residential"),
        section("side", json!([[105.73, 34.58], [105.73, 34.59]]), "residential"),
        section("back", json!([[105.73, 34.59], [105.72, 34.58]]), "residential"),
        section("path", json!([[105.72, 34.58], [105.71, 34.58]]), "footway"),
    ];
    place.import("road-sections", &collection(&sound));
    let found = || -> Vec<Json> {
        let json: Json = serde_json::from_str(&place.ok(&["check"])).unwrap();
        json["features"].as_array().unwrap().clone()
    };
    assert!(found().is_empty(), "{:?}", found());
    let spoiled = [
        section("again", json!([[105.73, 34.58], [105.72, 34.58]]), "residential"),
        section("dangling", json!([[105.725, 34.579], [105.725, 34.579_99]]), "residential"),
        section("nameless", json!([[105.72, 34.58], [105.72, 34.57]]), "tertiary"),
        section("short", json!([[105.72, 34.57], [105.720_000_1, 34.57]]), "service"),
        section("island", json!([[105.8, 34.6], [105.81, 34.6]]), "residential"),
    ];
    place.import("road-sections", &collection(&spoiled));
    let found = found();
    for (check, x, y) in [
        ("duplicate", 105.725, 34.58),
        ("dangling-end", 105.725, 34.579_99),
        ("missing-name", 105.72, 34.575),
        ("zero-length", 105.72, 34.57),
        ("island", 105.805, 34.6),
    ] {
        let here = |finding: &&Json| {
            let at = &finding["geometry"]["coordinates"];
            finding["properties"]["check"] == check
                && (at[0].as_f64().unwrap() - x).abs() < 1e-5
                && (at[1].as_f64().unwrap() - y).abs() < 1e-5
        };
        assert_eq!(found.iter().filter(here).count(), 1, "{check}: {found:#?}");
    }
    // The dangling street is an island, too.
    assert_eq!(found.len(), 6, "{found:#?}");
    assert!(place.ok(&["check", "--format", "csv"]).lines().count() == 7);
}

/// Findings of `check` on streets that are drawn in metres from a place: each one's kind, and its place in metres.
fn found_on(streets: &[(&[(f64, f64)], Json)]) -> Vec<(String, i64, i64)> {
    let (east, north) = (1.0 / (111_320.0 * 34.58_f64.to_radians().cos()), 1.0 / 110_940.0);
    let features: Vec<Json> = streets
        .iter()
        .enumerate()
        .map(|(at, (line, more))| {
            let line: Vec<Json> = line.iter().map(|(x, y)| json!([105.72 + x * east, 34.58 + y * north])).collect();
            let mut properties = json!({ "external_id": format!("s{at}"), "class": "residential", "name": "n" });
            properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "type": "Feature", "properties": properties,
                "geometry": { "type": "LineString", "coordinates": line } })
        })
        .collect();
    let place = Place::new();
    place.import("road-sections", &collection(&features));
    let checked: Json = serde_json::from_str(&place.ok(&["check"])).unwrap();
    let findings = checked["features"].as_array().unwrap().iter();
    findings
        .filter(|one| one["properties"]["check"] != "island")
        .map(|one| {
            let part = |at: usize, from: f64, scale: f64| {
                ((one["geometry"]["coordinates"][at].as_f64().unwrap() - from) / scale).round() as i64
            };
            (one["properties"]["check"].as_str().unwrap().to_owned(), part(0, 105.72, east), part(1, 34.58, north))
        })
        .collect()
}

#[test]
fn a_street_drawn_whole_and_again_in_halves_is_found_twice() {
    let none = json!({});
    let main: &[(f64, f64)] = &[(0.0, 0.0), (100.0, 0.0)];
    let halves: [&[(f64, f64)]; 2] = [&[(0.0, 0.0), (50.0, 0.0)], &[(50.0, 0.0), (100.0, 0.0)]];
    let found = found_on(&[(main, none.clone()), (halves[0], none.clone()), (halves[1], none.clone())]);
    let doubled: Vec<_> = found.iter().filter(|one| one.0 == "duplicate").map(|one| (one.1, one.2)).collect();
    assert_eq!(doubled, [(25, 0), (75, 0)], "{found:?}");
    // The halves first: they lie on the whole all the same, and it is told once of each.
    let found = found_on(&[(halves[0], none.clone()), (halves[1], none.clone()), (main, none.clone())]);
    assert_eq!(found.iter().filter(|one| one.0 == "duplicate").count(), 2, "{found:?}");
    assert_eq!(found_on(&[(main, none.clone()), (main, none.clone())]), [("duplicate".to_owned(), 50, 0)]);
    let corner: &[(f64, f64)] = &[(100.0, 0.0), (0.0, 20.0)];
    assert_eq!(found_on(&[(main, none.clone()), (corner, none)]), []);
}

#[test]
fn curves_that_cross_in_their_middle_are_two_streets() {
    let curve = |side: f64| [(0.0, 0.0), (25.0, side), (50.0, 0.0), (75.0, -side), (100.0, 0.0)];
    assert_eq!(found_on(&[(&curve(20.0), json!({})), (&curve(-20.0), json!({}))]), []);
}

#[test]
fn streets_that_meet_on_a_street_that_is_not_cut_there_are_found() {
    let main: &[(f64, f64)] = &[(0.0, 0.0), (100.0, 0.0)];
    for off in [0.0, 1.0] {
        let (up, on): ([(f64, f64); 2], [(f64, f64); 2]) = ([(50.0, off), (50.0, 50.0)], [(50.0, off), (20.0, 50.0)]);
        let found = found_on(&[(main, json!({})), (&up, json!({})), (&on, json!({}))]);
        assert_eq!(found, [("dangling-end".to_owned(), 50, off as i64)]);
        let bridge = found_on(&[(main, json!({ "bridge": "yes", "layer": "1" })), (&up, json!({})), (&on, json!({}))]);
        assert_eq!(bridge, []);
    }
    let (left, right) = ([(0.0, 0.0), (50.0, 0.0)], [(50.0, 0.0), (100.0, 0.0)]);
    let up = [(50.0, 0.0), (50.0, 50.0)];
    assert_eq!(found_on(&[(&left, json!({})), (&right, json!({})), (&up, json!({}))]), []);
}
