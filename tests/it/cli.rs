//! The command line: exit codes, messages that help, backup and restore, the configuration.

use crate::support::{Place, collection, violation};
use serde_json::json;

#[test]
fn what_makes_no_sense_is_a_usage_error_that_helps() {
    let place = Place::new();
    let file = place.file("a.geojson", collection(&[]));
    let file = file.to_str().unwrap();
    let cases: [(&[&str], &str); 11] = [
        (&["import", "violation", file], "violations"),
        (&["import", "violations"], "FILE"),
        (&["import", "violations", file, "--crs", "EPSG:1"], "EPSG:1"),
        (&["import", "violations", file, "--tz", "Mars"], "IANA"),
        (&["import", "violations", file, "--map", "id"], "--map"),
        (&["import", "violations", file, "--xy", "x"], "lon,lat"),
        (&["export", "violations", "--bbox", "1,2"], "west,south,east,north"),
        (&["export", "violations", "-f", "shp"], "geojson"),
        (&["nearest", "parking-points", "--at", "1", "--by", "line"], "LON,LAT"),
        (&["nearest", "parking-points", "--by", "line"], "--at"),
        (&["wander"], "wander"),
    ];
    for (arguments, hint) in cases {
        let ran = place.run(arguments);
        assert_eq!(ran.code(), 2, "{arguments:?}: {}", ran.stderr());
        assert!(ran.stderr().contains(hint), "{arguments:?}: {}", ran.stderr());
        assert_eq!(ran.stdout(), "", "{arguments:?}");
    }
}

#[test]
fn what_fails_says_why() {
    let place = Place::new();
    let note = place.file("note.geojson", "this is no map");
    let cases: [(&[&str], &str); 5] = [
        (&["export", "violations"], "no store"),
        (&["doctor"], "no store"),
        (&["restore", note.to_str().unwrap()], "not a backup"),
        (&["import", "violations", "nowhere.geojson"], "nowhere.geojson"),
        (&["import", "violations", note.to_str().unwrap()], "note.geojson"),
    ];
    for (arguments, hint) in cases {
        let ran = place.run(arguments);
        assert_eq!(ran.code(), 1, "{arguments:?}: {}", ran.stderr());
        assert!(ran.stderr().contains(hint), "{arguments:?}: {}", ran.stderr());
    }
}

#[test]
fn global_options_stand_before_or_after() {
    let place = Place::new();
    let file = place.file("v.geojson", collection(&[violation(1.0, 2.0, json!({}))]));
    let (file, other) = (file.to_str().unwrap(), place.path().join("other"));
    let other = other.to_str().unwrap();
    place.ok(&["--data", other, "--actor", "li", "import", "violations", file]);
    place.ok(&["import", "violations", file, "--data", other, "--actor", "wang"]);
    assert_eq!(place.ok(&["export", "violations", "--data", other, "-f", "geojsonl"]).lines().count(), 2);
    assert!(!place.data().exists());
}

#[test]
fn a_backup_restores_to_the_same() {
    let place = Place::new();
    place.import("violations", &collection(&[violation(105.7, 34.5, json!({ "external_id": "a" }))]));
    let before = place.ok(&["export", "violations"]);
    place.ok(&["backup", "copy.db"]);
    assert_eq!(place.run(&["backup", "copy.db"]).code(), 1, "a backup does not overwrite");
    assert_eq!(place.run(&["restore", "copy.db"]).code(), 1, "a store is not overwritten");
    place.ok(&["restore", "copy.db", "--data", "new"]);
    assert_eq!(place.ok(&["export", "violations", "--data", "new"]), before);
    assert!(place.ok(&["doctor", "--data", "new"]).contains("healthy"));
}

#[test]
fn a_wrong_configuration_is_named() {
    let place = Place::new();
    std::fs::create_dir_all(place.data()).unwrap();
    std::fs::write(place.data().join("patrolmap.toml"), "lisen = '127.0.0.1:0'\n").unwrap();
    let ran = place.run(&["serve"]);
    assert_eq!(ran.code(), 2);
    assert!(ran.stderr().contains("patrolmap.toml") && ran.stderr().contains("listen"), "{}", ran.stderr());
}

#[test]
fn a_taken_address_is_told() {
    let place = Place::new();
    let service = place.serve();
    let ran = place.run(&["serve", "--listen", &service.base, "--data", "other"]);
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("--listen"), "{}", ran.stderr());
}

#[test]
fn the_service_stops_when_told() {
    for signal in ["-TERM", "-INT"] {
        assert_eq!(Place::new().serve().end(signal), 0, "{signal}");
    }
}

#[test]
fn the_description_is_printed() {
    let json: serde_json::Value = serde_json::from_str(&Place::new().ok(&["openapi"])).unwrap();
    assert_eq!(json["openapi"], "3.1.0");
}
