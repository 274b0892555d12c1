//! What was planted in the drawn town is found, each by the method that is for it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::demo::path;
use crate::support::{Place, Service};

fn town() -> (Place, Json) {
    let place = Place::new();
    for (layer, file) in [
        ("jurisdictions", "jurisdictions.geojson"),
        ("road-sections", "road-sections.geojson.gz"),
        ("violations", "violations.geojson.gz"),
    ] {
        place.ok(&["import", layer, path(file).to_str().unwrap()]);
    }
    let truths = serde_json::from_str(&std::fs::read_to_string(path("truths.json")).unwrap()).unwrap();
    (place, truths)
}

fn names(json: &Json) -> Vec<&str> {
    json.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// Rows by external id.
fn rows(answer: &Json) -> BTreeMap<&str, &Json> {
    answer["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| (feature["properties"]["external_id"].as_str().unwrap(), &feature["properties"]))
        .collect()
}

fn ask(service: &Service, query: &str) -> Json {
    service.get(&format!("/api/{query}")).expect(200).json()
}

#[test]
fn the_planted_truths_are_found() {
    let (place, truths) = town();
    let service = place.serve();
    clusters(&service, &truths);
    new_ones(&service, &truths);
    season(&service, &truths);
    drift(&service, &truths);
    displacement(&service, &truths);
    near_repeat(&service, &truths);
}

/// Every planted stretch is hot for its category in its period by the excess test.
fn clusters(service: &Service, truths: &Json) {
    for cluster in truths["clusters"].as_array().unwrap() {
        let text = |name: &str| cluster[name].as_str().unwrap();
        let query =
            format!("hotspots?method=excess&category={}&from={}&to={}", text("category"), text("from"), text("to"));
        let answer = ask(service, &query);
        let rows = rows(&answer);
        for section in names(&cluster["sections"]) {
            assert!(rows[section]["class"].as_i64().unwrap_or(0) >= 2, "{}: {}", text("key"), rows[section]);
        }
        let hot = rows.values().filter(|row| row["class"].as_i64().unwrap_or(0) >= 2).count();
        assert!(hot <= 40, "{}: {hot} sections are hot", text("key"));
    }
}

/// What began in the last months emerges as new or consecutive, and a scan of the last weeks finds it.
fn new_ones(service: &Service, truths: &Json) {
    let new = |cluster: &&Json| cluster["key"].as_str().unwrap().starts_with("new-");
    for cluster in truths["clusters"].as_array().unwrap().iter().filter(new) {
        let (key, category) = (&cluster["key"], cluster["category"].as_str().unwrap());
        let sections = names(&cluster["sections"]);
        let emerging = ask(service, &format!("hotspots?method=emerging&category={category}&to=2026-10-01"));
        let rows = rows(&emerging);
        for section in &sections {
            let class = rows[section]["class"].as_str().unwrap();
            assert!(["new hot", "consecutive hot"].contains(&class), "{key}: {}", rows[section]);
        }
        let scan = ask(service, &format!("hotspots?method=scan&category={category}&to=2026-10-01"));
        let first: Vec<&Json> = scan["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| &feature["properties"])
            .filter(|row| row["class"] == "hot")
            .collect();
        for section in &sections {
            assert!(first.iter().any(|row| row["external_id"] == **section), "{key}: {}", scan["clusters"]);
        }
    }
}

fn season(service: &Service, truths: &Json) {
    let category = truths["season"]["category"].as_str().unwrap();
    let answer = ask(service, &format!("time-patterns?category={category}"));
    assert_eq!(answer["season"]["high_months"], truths["season"]["high"], "{}", answer["season"]);
    assert!(answer["season"]["strength"].as_f64().unwrap() > 0.6, "{}", answer["season"]);
    let by_month = truths["season"]["counted_by_month"].as_array().unwrap();
    for (month, counted) in by_month.iter().enumerate() {
        let name = format!("-{:02}", month + 1);
        let told: u64 = answer["months"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|told| told["month"].as_str().unwrap().ends_with(&name))
            .map(|told| told["count"].as_u64().unwrap())
            .sum();
        assert_eq!(told, counted.as_u64().unwrap(), "month {}", month + 1);
    }
}

/// Small ads leave the main streets for the lanes: before and after, by parts of the town.
fn drift(service: &Service, truths: &Json) {
    let drift = &truths["drift"];
    let sections = |part: &str| names(&drift["parts"][part]).join(",");
    let compare = |target: &str, control: &str| {
        ask(
            service,
            &format!(
                "before-after?category=small-ads&before=2023-01-01/2024-01-01&after=2025-01-01/2026-01-01&sections={}&control_sections={}",
                sections(target),
                sections(control)
            ),
        )
    };
    let answer = compare("main-streets", "lanes");
    for (part, name) in [("target", "main-streets"), ("control", "lanes")] {
        for (when, year) in [("before", "2023"), ("after", "2025")] {
            let (told, counted) = (&answer[part][when], &drift["counted"][year][name]);
            let apart = told.as_i64().unwrap().abs_diff(counted.as_i64().unwrap());
            assert!(apart <= 5, "{name} {year}: {told}, counted {counted}");
        }
    }
    assert!(answer["effect"]["ratio"].as_f64().unwrap() < 0.4, "{}", answer["effect"]);
    assert!(answer["effect"]["p"].as_f64().unwrap() < 1e-6);
    let outward = compare("outskirts", "main-streets");
    assert!(outward["effect"]["ratio"].as_f64().unwrap() > 4.0, "{}", outward["effect"]);
}

fn displacement(service: &Service, truths: &Json) {
    let planted = &truths["displacement"];
    let period = |name: &str| names(&planted["periods"][name]).join("/");
    let area = |name: &str| names(&planted["areas"][name]["sections"]).join(",");
    let answer = ask(
        service,
        &format!(
            "before-after?category=mobile-vendor&before={}&after={}&sections={}&control_sections={}&rings=250",
            period("before"),
            period("after"),
            area("treated"),
            area("control")
        ),
    );
    for (part, name) in [("target", "treated"), ("control", "control")] {
        for when in ["before", "after"] {
            let (told, counted) = (&answer[part][when], &planted["areas"][name]["counted"][when]);
            assert!(
                told.as_i64().unwrap().abs_diff(counted.as_i64().unwrap()) <= 3,
                "{name}: {told}, counted {counted}"
            );
        }
    }
    let ring = &answer["displacement"][0];
    assert!(ring["wdq"].as_f64().unwrap() < 0.0, "{ring}");
    assert!(ring["verdict"].as_str().unwrap().starts_with("displacement"), "{ring}");
    assert!(answer["effect"]["ratio"].as_f64().unwrap() < 0.5);
}

fn near_repeat(service: &Service, truths: &Json) {
    let planted = &truths["near_repeat"];
    let answer = ask(
        service,
        &format!(
            "hotspots?method=near-repeat&category={}&distances={}&days={}&permutations=199",
            planted["category"].as_str().unwrap(),
            planted["metres"],
            planted["days"]
        ),
    );
    let cell = &answer["features"][0]["properties"];
    assert_eq!(cell["class"], 3, "{cell}");
    assert!(cell["ratio"].as_f64().unwrap() > 2.0, "{cell}");
}
