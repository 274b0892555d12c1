//! 950 reference cases of nearest parking, through the door: real streets, on foot and by car.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, shared};

const NEAREST: &str = "/api/collections/parking-points/nearest";

/// The reference reckons on a sphere: another earth may differ by so much.
fn tolerance(metres: f64) -> f64 {
    0.006 * metres + 1.0
}

#[test]
fn all_reference_cases_are_right() {
    let mut count = 0;
    for name in ["monaco", "liechtenstein", "andorra"] {
        let (Some(extract), Some(cases)) = (
            shared("reference::cases", &format!("networks/{name}.osm.pbf")),
            shared("reference::cases", &format!("parking/{name}.nearest.jsonl")),
        ) else {
            return;
        };
        let place = Place::new();
        place.ok(&["import-osm", extract.to_str().unwrap()]);
        let service = place.serve();
        let mut groups: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for line in std::fs::read_to_string(cases).unwrap().lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            groups.entry(format!("{} {}", case["profile"], case["kinds"])).or_default().push(case);
        }
        for cases in groups.values() {
            let points: Vec<Json> = cases.iter().map(|case| json!([case["lon"], case["lat"]])).collect();
            let body = json!({
                "points": points, "by": cases[0]["profile"], "kind": cases[0]["kinds"], "measure": "centroid",
            });
            let answer = service.send("POST", NEAREST, &[GEOJSON], body.to_string()).expect(200).json();
            let results = answer["results"].as_array().unwrap();
            assert_eq!(results.len(), cases.len());
            for (case, found) in cases.iter().zip(results) {
                check(case, found["features"].as_array().unwrap());
                count += 1;
            }
        }
    }
    assert_eq!(count, 950);
}

fn check(case: &Json, found: &[Json]) {
    let wanted: Vec<(&str, f64)> = case["nearest"]
        .as_array()
        .unwrap()
        .iter()
        .map(|near| (near["id"].as_str().unwrap(), near["m"].as_f64().unwrap()))
        .collect();
    let found: Vec<(&str, f64)> = found
        .iter()
        .map(|feature| {
            let properties = &feature["properties"];
            (properties["external_id"].as_str().unwrap(), properties["distance_m"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(found.len(), wanted.len(), "{case}");
    for ((id, metres), (own, own_m)) in wanted.iter().zip(&found) {
        assert!((metres - own_m).abs() <= tolerance(*metres), "{case} {found:?}");
        // Another order only among those that are equally far within the tolerance.
        if id != own {
            let theirs =
                wanted.iter().find(|(wanted, _)| wanted == own).map_or(wanted[wanted.len() - 1].1, |near| near.1);
            assert!((theirs - metres).abs() <= 2.0 * tolerance(*metres), "{case} {found:?}");
        }
    }
}

#[test]
fn the_search_and_the_tables_say_the_same() {
    let Some(extract) = shared("reference::search", "networks/liechtenstein.osm.pbf") else { return };
    let place = Place::new();
    place.ok(&["import-osm", extract.to_str().unwrap()]);
    let service = place.serve();
    let points: Vec<Json> =
        (0..150).map(|at| json!([9.48 + f64::from(at % 15) * 0.008, 47.06 + f64::from(at / 15) * 0.02])).collect();
    for by in ["walk", "bicycle", "drive"] {
        let ask = |more: (&str, Json)| -> Vec<Vec<Json>> {
            let mut body = json!({ "points": points, "by": by });
            body[more.0] = more.1;
            let answer = service.send("POST", NEAREST, &[GEOJSON], body.to_string()).expect(200).json();
            let told = |result: &Json| {
                let features = result["features"].as_array().unwrap().iter().take(5);
                features
                    .map(|one| json!([one["id"], one["properties"]["distance_m"], one["properties"]["duration_s"]]))
                    .collect()
            };
            answer["results"].as_array().unwrap().iter().map(told).collect()
        };
        let tables = ask(("k", 5.into()));
        // A larger k than the tables hold, and a filter that they do not know.
        assert_eq!(tables, ask(("k", 9.into())));
        assert_eq!(tables, ask(("open_at", "2026-11-25T10:00".into())));
    }
}
