//! Files into layers: formats, mappings, what is refused and how, what is repeatable.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};

use crate::support::{Place, collection, violation};

fn exported(place: &Place, layer: &str) -> Vec<Json> {
    place.ok(&["export", layer, "-f", "geojsonl"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_same_file_again_changes_nothing() {
    let place = Place::new();
    let features: Vec<Json> = (0..50)
        .map(|at| violation(105.7 + f64::from(at) / 1e3, 34.5, json!({ "external_id": format!("v{at}") })))
        .collect();
    let text = collection(&features);
    assert!(place.import("violations", &text).contains("50 created, 0 updated, 0 unchanged, 0 refused"));
    let before = exported(&place, "violations");
    let again = place.import("violations", &text);
    assert!(
        again.contains("0 created, 0 updated, 50 unchanged, 0 refused") && again.contains("nothing changes"),
        "{again}"
    );
    assert_eq!(exported(&place, "violations"), before);

    let mut changed = features;
    changed[7]["properties"]["status"] = json!("closed");
    changed.push(violation(105.0, 34.0, json!({ "external_id": "new" })));
    assert!(place.import("violations", &collection(&changed)).contains("1 created, 1 updated, 49 unchanged"));
    assert!(place.ok(&["doctor"]).contains("healthy"));
}

#[test]
fn a_table_is_mapped_set_and_read_in_its_zone() {
    let place = Place::new();
    let table = "nr;wann;x;y;note\n1;2024-06-01 08:30;331000;4689000;first\n2;2024-12-01 08:30;331100;4689100;\n";
    let mut zipped = GzEncoder::new(Vec::new(), Compression::default());
    zipped.write_all(table.as_bytes()).unwrap();
    let file = place.file("cases.csv.gz", zipped.finish().unwrap());
    let summary = place.ok(&[
        "import",
        "violations",
        file.to_str().unwrap(),
        "--crs",
        "EPSG:32619",
        "--xy",
        "x,y",
        "--tz",
        "America/New_York",
        "--map",
        "external_id=nr",
        "--map",
        "occurred_at=wann",
        "--set",
        "category=current:04-05",
    ]);
    assert!(summary.contains("2 created") && summary.contains("note"), "{summary}");
    let features = exported(&place, "violations");
    let first = &features[0];
    assert_eq!(first["properties"]["external_id"], "1");
    assert_eq!(first["properties"]["occurred_at"], "2024-06-01T12:30:00Z");
    assert_eq!(features[1]["properties"]["occurred_at"], "2024-12-01T13:30:00Z");
    assert_eq!(first["properties"]["category"], "shopfront-overflow");
    assert_eq!(first["properties"]["note"], "first");
    assert_eq!(features[1]["properties"].get("note"), None, "an empty cell says nothing");
    let lon = first["geometry"]["coordinates"][0].as_f64().unwrap();
    assert!((lon + 71.05).abs() < 0.02, "{first}");
}

#[test]
fn a_column_of_well_known_text_is_a_geometry() {
    let place = Place::new();
    let table = "code,name,shape\nA,North,\"POLYGON ((0 0, 1 0, 1 1, 0 0))\"\nB,South,\"MULTIPOLYGON (((2 2, 3 2, 3 3, 2 2)))\"\n";
    let file = place.file("j.csv", table);
    place.ok(&["import", "jurisdictions", file.to_str().unwrap(), "--wkt", "shape"]);
    let kinds: Vec<Json> =
        exported(&place, "jurisdictions").iter().map(|feature| feature["geometry"]["type"].clone()).collect();
    assert_eq!(kinds, ["Polygon", "MultiPolygon"]);
}

#[test]
fn one_wrong_feature_stores_nothing_unless_it_is_skipped() {
    let place = Place::new();
    let mut features: Vec<Json> = (0..5).map(|at| violation(105.7, 34.5 + f64::from(at) / 1e3, json!({}))).collect();
    features[3]["properties"]["category"] = json!("gardening");
    let file = place.file("v.geojson", collection(&features));
    let file = file.to_str().unwrap();
    let ran = place.run(&["import", "violations", file]);
    assert_eq!(ran.code(), 1);
    assert!(
        ran.stderr().contains("v.geojson, feature 3: category") && ran.stderr().contains("nothing was stored"),
        "{}",
        ran.stderr()
    );
    assert!(exported(&place, "violations").is_empty());

    let would = place.ok(&["import", "violations", file, "--on-error", "skip", "--dry-run"]);
    assert!(would.contains("would be 4 created") && would.contains("1 refused"), "{would}");
    assert!(exported(&place, "violations").is_empty());
    assert!(
        place
            .ok(&["import", "violations", file, "--on-error", "skip"])
            .contains("4 created, 0 updated, 0 unchanged, 1 refused")
    );
    assert_eq!(exported(&place, "violations").len(), 4);
}

#[test]
fn references_are_named_by_code_or_external_id() {
    let place = Place::new();
    let squad = json!({ "type": "Feature", "id": "s1", "geometry": null,
        "properties": { "code": "DC", "name": "Dacheng", "kind": "area", "status": "active" } });
    place.import("squads", &collection(&[squad]));
    let assistant = |code: &str, name: &str, key: &str| json!({ "type": "Feature", "geometry": null, "properties": { "code": code, name: key } });
    place.import(
        "assistants",
        &collection(&[
            assistant("a", "squad_code", "DC"),
            assistant("b", "squad_external_id", "s1"),
            assistant("c", "squad_id", "1"),
        ]),
    );
    for feature in exported(&place, "assistants") {
        assert_eq!(feature["properties"]["squad_id"], 1, "{feature}");
    }
    let file = place.file("x.geojson", collection(&[assistant("d", "squad_code", "XX")]));
    let ran = place.run(&["import", "assistants", file.to_str().unwrap()]);
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("squad_code") && ran.stderr().contains("import squads first"), "{}", ran.stderr());
}

#[test]
fn what_lies_far_outside_is_refused_with_a_hint() {
    let place = Place::new();
    let ring = json!([[[105.6, 34.5], [105.8, 34.5], [105.8, 34.7], [105.6, 34.7], [105.6, 34.5]]]);
    let jurisdiction = json!({ "type": "Feature", "properties": { "code": "620502", "name": "Qinzhou" },
        "geometry": { "type": "Polygon", "coordinates": ring } });
    place.import("jurisdictions", &collection(&[jurisdiction]));
    let swapped = place.file("swapped.geojson", collection(&[violation(34.6, 105.7 - 90.0, json!({}))]));
    let ran = place.run(&["import", "violations", swapped.to_str().unwrap()]);
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("--force") || ran.stderr().contains("force"), "{}", ran.stderr());
    place.ok(&["import", "violations", swapped.to_str().unwrap(), "--force"]);
    let near = place
        .import("violations", &collection(&[violation(105.81, 34.6, json!({})), violation(105.7, 34.6, json!({}))]));
    assert!(near.contains("1 lie outside every jurisdiction"), "{near}");
    assert!(place.ok(&["doctor"]).contains("healthy"));
}

#[test]
fn what_the_file_says_of_its_system_is_believed_and_gcj02_is_undone() {
    let place = Place::new();
    let declared = json!({ "type": "FeatureCollection",
        "crs": { "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::32648" } },
        "features": [{ "type": "Feature", "properties": { "category": "other", "occurred_at": "2026-01-01" },
            "geometry": { "type": "Point", "coordinates": [564_300.0, 3_826_000.0] } }] });
    place.import("violations", &declared.to_string());
    let shifted = place.file("gcj.geojson", collection(&[violation(105.724_4, 34.580_9, json!({}))]));
    place.ok(&["import", "violations", shifted.to_str().unwrap(), "--crs", "gcj02"]);
    let features = exported(&place, "violations");
    let at = |index: usize| features[index]["geometry"]["coordinates"][0].as_f64().unwrap();
    assert!((at(0) - 105.70).abs() < 0.01, "{}", at(0));
    let moved = at(1) - 105.724_4;
    assert!((-0.006..-0.003).contains(&moved), "GCJ-02 lies some hundred metres off: {moved}");
}

#[test]
fn an_export_comes_back_as_the_same_in_every_format() {
    let place = Place::new();
    let mut features: Vec<Json> = (0..20)
        .map(|at| {
            violation(
                105.7 + f64::from(at) / 1e4,
                34.5,
                json!({ "external_id": format!("v{at}"), "colour": "red, \"bright\"" }),
            )
        })
        .collect();
    features[3]["geometry"] =
        json!({ "type": "Polygon", "coordinates": [[[105.7, 34.5], [105.71, 34.5], [105.71, 34.51], [105.7, 34.5]]] });
    place.import("violations", &collection(&features));
    for format in ["geojson", "geojsonl", "csv"] {
        let file = place.path().join(format!("out.{format}"));
        place.ok(&["export", "violations", "-o", file.to_str().unwrap()]);
        let again = place.ok(&["import", "violations", file.to_str().unwrap()]);
        assert!(again.contains("0 created, 0 updated, 20 unchanged"), "{format}: {again}");
    }
    let utm = place.path().join("utm.geojson");
    place.ok(&["export", "violations", "--crs", "EPSG:32648", "-o", utm.to_str().unwrap()]);
    let text = std::fs::read_to_string(&utm).unwrap();
    assert!(text.contains("EPSG:32648"), "a file in another system says so");
    assert!(
        place.ok(&["export", "violations", "--bbox", "105.7,34.4,105.7005,34.6", "-f", "geojsonl"]).lines().count()
            < 20
    );
}
