//! Sections live: split, merged and reversed through HTTP.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::support::{Answer, Place, Seeded, Service, collection, violation};

const JSON: (&str, &str) = ("content-type", "application/json");
const SECTIONS: &str = "/api/collections/road-sections";

/// A lattice of streets, crooked, some one-way.
fn lattice() -> String {
    let corner = |x: i32, y: i32| {
        let bend = f64::from((x * 7 + y * 13) % 5) * 0.000_171_3;
        [105.72 + f64::from(x) * 0.002 + bend, 34.58 + f64::from(y) * 0.001_7 - bend]
    };
    let mut features = Vec::new();
    for x in 0..5 {
        for y in 0..5 {
            for (to_x, to_y) in [(x + 1, y), (x, y + 1)] {
                if to_x < 5 && to_y < 5 {
                    let (a, b) = (corner(x, y), corner(to_x, to_y));
                    let middle = [f64::midpoint(a[0], b[0]) + 0.000_2, f64::midpoint(a[1], b[1])];
                    let oneway = if y == 2 { "forward" } else { "no" };
                    features.push(json!({ "type": "Feature",
                        "properties": { "external_id": format!("{x}.{y}.{to_x}.{to_y}"), "class": "residential",
                            "name": "民主路", "oneway": oneway, "shops": 7, "workload_min": 12.5 },
                        "geometry": { "type": "LineString", "coordinates": [a, middle, b] } }));
                }
            }
        }
    }
    collection(&features)
}

fn all(service: &Service, layer: &str) -> Vec<Json> {
    service.get(&format!("/api/collections/{layer}/items?limit=10000")).expect(200).features()
}

fn sum(sections: &[Json], name: &str) -> f64 {
    sections.iter().filter_map(|section| section["properties"][name].as_f64()).sum()
}

fn post(service: &Service, path: &str, body: &Json) -> Answer {
    service.send("POST", &format!("{SECTIONS}{path}"), &[JSON], body.to_string())
}

#[test]
fn any_order_of_splits_merges_and_turns_keeps_lengths_sections_and_lineage() {
    let place = Place::new();
    place.import("road-sections", &lattice());
    let mut random = Seeded(3);
    let cases: Vec<Json> = (0..300)
        .map(|_| violation(105.719 + random.share() * 0.01, 34.579 + random.share() * 0.008, json!({})))
        .collect();
    place.import("violations", &collection(&cases));
    let service = place.serve();
    let before = all(&service, "road-sections");
    let originals: BTreeSet<i64> = before.iter().map(|section| section["id"].as_i64().unwrap()).collect();
    let with_section = |violations: &[Json]| -> BTreeSet<i64> {
        let has = violations.iter().filter(|case| !case["properties"]["section_id"].is_null());
        has.map(|case| case["id"].as_i64().unwrap()).collect()
    };
    let snapped = with_section(&all(&service, "violations"));
    assert!(snapped.len() > 100);
    let (mut splits, mut merges) = (0, 0);
    for _ in 0..250 {
        let now = all(&service, "road-sections");
        let one = &now[random.below(now.len() as u64) as usize];
        let id = one["id"].as_i64().unwrap();
        match random.below(3) {
            0 => {
                let mut cuts: Vec<f64> = (0..=random.below(2)).map(|_| 0.1 + 0.8 * random.share()).collect();
                cuts.dedup();
                let answer = post(&service, &format!("/items/{id}/split"), &json!({ "share": cuts }));
                if answer.status == 201 {
                    splits += 1;
                    assert_eq!(answer.features().len(), cuts.len() + 1);
                } else {
                    answer.expect(422);
                }
            }
            1 => {
                let end = one["geometry"]["coordinates"].as_array().unwrap().last().unwrap().clone();
                let meets = |other: &&Json| {
                    let line = other["geometry"]["coordinates"].as_array().unwrap();
                    other["id"] != id && (line[0] == end || *line.last().unwrap() == end)
                };
                let Some(other) = now.iter().find(meets) else { continue };
                let force = random.below(2) == 0;
                let answer = post(&service, &format!("/merge?force={force}"), &json!({ "ids": [id, other["id"]] }));
                if answer.status == 201 {
                    merges += 1;
                } else {
                    answer.expect(422);
                }
            }
            _ => {
                post(&service, &format!("/items/{id}/reverse"), &json!({})).expect(200);
            }
        }
        // At once, not some time later.
        let sections: BTreeSet<i64> =
            all(&service, "road-sections").iter().map(|section| section["id"].as_i64().unwrap()).collect();
        for case in all(&service, "violations") {
            let section = case["properties"]["section_id"].as_i64();
            assert!(section.is_none_or(|id| sections.contains(&id)), "{case}");
        }
    }
    assert!(splits > 20 && merges > 20, "{splits} splits, {merges} merges");
    let after = all(&service, "road-sections");
    assert!((sum(&before, "length_m") - sum(&after, "length_m")).abs() < 0.01);
    assert!((sum(&before, "workload_min") - sum(&after, "workload_min")).abs() < 1e-6);
    assert_eq!(sum(&before, "shops"), sum(&after, "shops"));
    let lost: Vec<_> = snapped.difference(&with_section(&all(&service, "violations"))).copied().collect();
    assert!(lost.is_empty(), "{lost:?}");
    let mut led_to = BTreeSet::new();
    for section in &after {
        let id = section["id"].as_i64().unwrap();
        let lineage = service.get(&format!("{SECTIONS}/items/{id}/lineage")).expect(200).json();
        let ancestors: Vec<i64> = lineage["ancestors"].as_array().unwrap().iter().filter_map(Json::as_i64).collect();
        let roots: Vec<i64> = ancestors.into_iter().chain([id]).filter(|id| originals.contains(id)).collect();
        assert!(!roots.is_empty(), "{section}");
        led_to.extend(roots);
    }
    assert_eq!(led_to, originals, "every section lives on in some other");
    place.ok(&["doctor", "--server", &format!("http://{}", service.base)]);
}

#[test]
fn turning_a_one_way_street_turns_its_direction_and_its_sides() {
    let place = Place::new();
    let line = json!([[105.72, 34.58], [105.725, 34.58]]);
    let street = json!({ "type": "Feature", "properties": { "class": "service", "oneway": "forward", "oneway_bicycle": "no" },
        "geometry": { "type": "LineString", "coordinates": line } });
    place.import("road-sections", &collection(&[street]));
    place.import("violations", &collection(&[violation(105.722, 34.580_1, json!({}))]));
    let service = place.serve();
    assert_eq!(all(&service, "violations")[0]["properties"]["side"], "left");
    let turned = service.send("POST", &format!("{SECTIONS}/items/1/reverse"), &[], "").expect(200);
    assert!(!turned.header("etag").is_empty());
    let turned = turned.json();
    assert_eq!(turned["geometry"]["coordinates"][0], json!([105.725, 34.58]));
    assert_eq!(
        (&turned["properties"]["oneway"], &turned["properties"]["oneway_bicycle"]),
        (&json!("backward"), &json!("no"))
    );
    assert_eq!(all(&service, "violations")[0]["properties"]["side"], "right");
}

#[test]
fn what_cannot_be_done_to_sections_is_told_and_changes_nothing() {
    let place = Place::new();
    place.import("road-sections", &lattice());
    let service = place.serve();
    let before = service.get(&format!("{SECTIONS}/items?limit=10000")).expect(200).text();
    for (path, body, status) in [
        ("/items/1/split", json!({}), 400),
        ("/items/1/split", json!({ "at": "middle" }), 400),
        ("/items/1/split", json!({ "at": [105.9, 34.9] }), 422),
        ("/items/1/split", json!({ "at": [105.9, 134.9] }), 422),
        ("/items/1/split", json!({ "share": 1.5 }), 422),
        ("/items/1/split", json!({ "share": [0.5, 0.5] }), 422),
        ("/items/1/split", json!({ "at_m": 0.3 }), 422),
        ("/items/1/split", json!({ "at_m": 1e9 }), 422),
        ("/items/1/split", json!({ "cut": 0.5 }), 400),
        ("/items/9999/split", json!({ "share": 0.5 }), 404),
        ("/items/9999/reverse", json!({}), 404),
        ("/merge", json!({ "ids": [1] }), 422),
        ("/merge", json!({ "ids": [1, 1] }), 422),
        ("/merge", json!({ "ids": [1, 9999] }), 404),
        ("/merge", json!({ "ids": "all" }), 400),
        ("/merge", json!({ "ids": [1, 30] }), 422),
        ("/merge", json!({ "ids": [1, 2], "revs": [1] }), 400),
        ("/merge", json!({ "ids": [1, 2], "revs": [1, 9999] }), 412),
    ] {
        let answer = post(&service, path, &body);
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.text());
        answer.expect(status);
    }
    let split = format!("{SECTIONS}/items/1/split");
    service.send("POST", &split, &[JSON, ("if-match", "\"9999\"")], r#"{"share":0.5}"#).expect(412);
    service.send("POST", &split, &[JSON], "{").expect(400);
    service.send("POST", &split, &[("content-type", "text/plain")], "{}").expect(415);
    service.send("POST", "/api/collections/squads/items/1/split", &[JSON], r#"{"share":0.5}"#).expect(404);
    service.get(&format!("{SECTIONS}/items/9999/lineage")).expect(404);
    assert_eq!(service.get(&format!("{SECTIONS}/items?limit=10000")).expect(200).text(), before);
}

#[test]
fn a_later_extract_leaves_sections_alone_that_were_split_here() {
    let place = Place::new();
    place.import("road-sections", &lattice());
    let service = place.serve();
    let pieces = post(&service, "/items/1/split", &json!({ "share": 0.5 })).expect(201).features();
    assert_eq!(pieces[0]["properties"]["predecessors"], json!([1]));
    let told = place.import("road-sections", &lattice());
    assert!(told.contains("1 were split or merged here since"), "{told}");
    assert!(told.contains("nothing changes"), "{told}");
}
