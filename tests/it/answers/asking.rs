//! Bad questions get clear errors, empty ones a note; the same question gets the same bytes.

use serde_json::{Value as Json, json};

use super::{cases_on, street};
use crate::support::Place;

fn town() -> Place {
    let place = Place::new();
    let mut cases = cases_on(0, 20, 3, 18);
    cases.extend(cases_on(2, 5, 4, 9));
    street(&place, &cases);
    place
}

#[test]
fn what_is_wrong_is_said_and_what_would_be_right() {
    let place = town();
    let service = place.serve();
    let told = |query: &str| service.get(query).expect(400).json()["detail"].as_str().unwrap().to_owned();
    for path in ["hotspots", "recurrence", "time-patterns"] {
        for (query, parts) in [
            ("from=2026-05-01&to=2026-04-01", vec!["to: ", "(2026-04-01) before it begins (2026-05-01)"]),
            ("from=2026-05-01&to=2026-05-01", vec!["to: ", "exclusive"]),
            ("category=mobil-vendor", vec!["category: ", "mobile-vendor"]),
            ("hours=25", vec!["hours: ", "'25'", "0 to 23"]),
            ("hours=8-24", vec!["hours: ", "'24'"]),
            ("hours=17-", vec!["hours: ", "'17-'"]),
            ("weekdays=8", vec!["weekdays: ", "'8'", "1-5"]),
            ("category=xx", vec!["category: ", "mobile-vendor (无照经营游商)", "noise"]),
            ("squad_code=nope", vec!["squad_id: ", "squads"]),
            ("weekdays=0-5", vec!["weekdays: ", "'0'", "Monday"]),
            ("from=yesterday", vec!["from: ", "yesterday"]),
            ("from=2026-01-01&from=2026-02-01", vec!["from: ", "twice"]),
            ("catgory=noise", vec!["catgory", "category"]),
        ] {
            let detail = told(&format!("/api/{path}?{query}"));
            assert!(parts.iter().all(|part| detail.contains(part)), "{path}?{query}: {detail}");
        }
    }
    for (query, parts) in [
        ("method=gistar", vec!["method: ", "gi-star"]),
        ("alpha=2", vec!["alpha: ", "both excluded"]),
        ("unit=street", vec!["unit: ", "sections, grid"]),
        ("alpha=1", vec!["alpha: ", "0.05"]),
        ("alpha=0", vec!["alpha: "]),
        ("seed=-1", vec!["seed: "]),
        ("unit=grid&cell_m=0", vec!["cell_m: "]),
        ("unit=grid&grid_crs=wgs84", vec!["grid_crs: ", "metres"]),
        ("unit=grid&grid_crs=EPSG:1", vec!["grid_crs: ", "EPSG:1"]),
        ("unit=grid&grid_crs=EPSG:3857", vec!["grid_crs: ", "21.", "EPSG:32648"]),
        ("unit=grid&grid_crs=EPSG:32619", vec!["grid_crs: ", "EPSG:32648"]),
        ("unit=grid&grid_crs=EPSG:32650", vec!["grid_crs: ", "EPSG:32648"]),
        ("unit=grid&method=network-density", vec!["method: ", "unit=sections"]),
        ("unit=grid&exposure=effort", vec!["exposure: "]),
        ("exposure=effort", vec!["exposure: ", "import patrol-effort"]),
        ("method=near-repeat&distances=200,100", vec!["distances: ", "rising"]),
        ("method=density&bandwidth_m=90000", vec!["bandwidth_m: ", "larger than the whole city"]),
    ] {
        let detail = told(&format!("/api/hotspots?{query}"));
        assert!(parts.iter().all(|part| detail.contains(part)), "{query}: {detail}");
    }
    for (query, parts) in [
        ("", vec!["split_date: ", "missing"]),
        ("split_date=2026-04-01", vec!["sections: ", "missing"]),
        ("split_date=2026-04-01&sections=s9", vec!["sections: ", "'s9'"]),
        ("split_date=2030-01-01&sections=s0", vec!["split_date: ", "no cases after"]),
        ("before=2026-03-01/2026-04-01&after=2026-03-15/2026-05-01&sections=s0", vec!["after: ", "before"]),
        ("split_date=2026-04-01&sections=s0&control_sections=s0", vec!["control_sections: ", "target"]),
        ("split_date=2026-04-01&area=POLYGON((0%200,1%200,1%201,0%200))", vec!["area: ", "no road section"]),
        ("split_date=2025-04-01&sections=s0", vec!["split_date: ", "no cases before", "2026-03-01"]),
        ("split_date=2026-04-01&sections=s0&control_area=POLYGON((0%200,1%200,1%201,0%200))", vec!["control_area: "]),
        ("split_date=2026-04-01&sections=s0&rings=300,150", vec!["rings: ", "rising"]),
    ] {
        let detail = told(&format!("/api/before-after?{query}"));
        assert!(parts.iter().all(|part| detail.contains(part)), "{query}: {detail}");
    }
    // On the command line the same is a matter of usage.
    let ran = place.run(&["hotspots", "--hours", "25"]);
    assert_eq!(ran.code(), 2, "{}", ran.stderr());
    assert!(ran.stderr().contains("--hours: '25'"), "{}", ran.stderr());
    assert!(place.run(&["recurrence", "--category", "noize"]).stderr().contains("noise"));
}

#[test]
fn no_case_is_a_note_and_not_an_error() {
    let place = town();
    let service = place.serve();
    for path in ["hotspots", "recurrence", "time-patterns"] {
        let answer = service.get(&format!("/api/{path}?from=2020-01-01&to=2020-02-01")).expect(200).json();
        assert_eq!(answer["cases"]["used"], 0, "{answer}");
        let note = answer["note"].as_str().unwrap();
        assert!(note.contains("no case") && note.contains("2026-03-01"), "{note}");
    }
    for method in ["gi-star", "moran", "excess", "clusters", "emerging", "scan", "near-repeat", "density"] {
        let one = "from=2026-03-01&to=2026-03-02";
        let answer = service.get(&format!("/api/hotspots?method={method}&{one}")).expect(200).json();
        assert_eq!(answer["cases"]["used"], 1, "{method}: {answer}");
        assert!(answer["note"].is_string() || !answer["features"].as_array().unwrap().is_empty(), "{method}: {answer}");
    }
}

#[test]
fn the_same_question_gets_the_same_bytes_and_a_change_is_seen() {
    let place = town();
    let service = place.serve();
    for query in [
        "hotspots",
        "hotspots?method=gi-star&permutations=99&seed=7",
        "hotspots?method=scan&permutations=99&period=month",
        "hotspots?unit=grid&cell_m=100&method=excess",
        "recurrence",
        "time-patterns",
    ] {
        let first = service.get(&format!("/api/{query}")).expect(200);
        let again = service.get(&format!("/api/{query}")).expect(200);
        assert_eq!(first.body, again.body, "{query}");
        let digest = first.json()["digest"].as_str().unwrap().to_owned();
        assert!(digest.starts_with("sha256:"));
        let (kept, etag) = (first.header("etag").to_owned(), again.header("etag").to_owned());
        assert_eq!(kept, etag);
        let unchanged = service.send("GET", &format!("/api/{query}"), &[("if-none-match", &kept)], "");
        assert_eq!(unchanged.status.as_u16(), 304, "{query}");
        // A run of its own says the same.
        let command: Vec<String> = as_command(query);
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let alone: Json = serde_json::from_str(&place.ok(&words)).unwrap();
        assert_eq!(alone["digest"], digest, "{query}");
    }
    let before = service.get("/api/hotspots?method=gi-star").expect(200).json();
    let new = cases_on(1, 1, 5, 12).pop().unwrap();
    service.post("violations", new.to_string()).expect(201);
    let after = service.get("/api/hotspots?method=gi-star").expect(200).json();
    assert_ne!(before["digest"], after["digest"]);
    assert_eq!(after["cases"]["used"], 26);
}

fn as_command(query: &str) -> Vec<String> {
    let (path, parameters) = query.split_once('?').unwrap_or((query, ""));
    let options = parameters.split('&').filter(|pair| !pair.is_empty()).flat_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        [format!("--{}", name.replace('_', "-")), value.to_owned()]
    });
    std::iter::once(path.to_owned()).chain(options).collect()
}

#[test]
fn rows_carry_what_they_are_about() {
    let place = town();
    let service = place.serve();
    let answer = service.get("/api/hotspots?method=gi-star").expect(200);
    let features = answer.features();
    assert_eq!(features.len(), 4);
    let first = &features[0];
    assert_eq!(first["properties"]["external_id"], "s0");
    assert_eq!(first["properties"]["count"], 20);
    let rate = first["properties"]["rate_per_100m"].as_f64().unwrap();
    let length = first["properties"]["length_m"].as_f64().unwrap();
    assert!((rate - 2000.0 / length).abs() < 1e-3, "{first}");
    assert!(first["id"].is_i64() && first["geometry"]["type"] == "LineString");
    for member in ["z", "p", "p_adjusted", "class"] {
        assert!(first["properties"][member].is_number(), "{member}: {first}");
    }
    assert_eq!(answer.json()["method"], "gi-star");
    let table = service.get("/api/hotspots?method=gi-star&f=csv").expect(200).text();
    let header = table.lines().next().unwrap();
    assert_eq!(header, "id,external_id,name,length_m,count,rate_per_100m,z,p,p_adjusted,significant,class,lon,lat,wkt");
    assert_eq!(table.lines().count(), 5);
    // Narrowed by hours, weekdays and properties.
    let used = |query: &str| service.get(&format!("/api/hotspots?{query}")).expect(200).json()["cases"]["used"].clone();
    assert_eq!((used("hours=17-18"), used("hours=19-8"), used("hours=9")), (json!(20), json!(0), json!(5)));
    // 2026-03-01 is a Sunday.
    assert_eq!((used("weekdays=7&to=2026-04-01"), used("weekdays=1-5&to=2026-04-01")), (json!(3), json!(15)));
    assert_eq!((used("status=reported"), used("status=closed")), (json!(25), json!(0)));
    let cells = service.get("/api/hotspots?unit=grid&cell_m=100&method=gi-star&empty=false").expect(200).json();
    assert_eq!(cells["parameters"]["grid_crs"], "EPSG:32648");
    let counted: i64 =
        cells["features"].as_array().unwrap().iter().map(|cell| cell["properties"]["count"].as_i64().unwrap()).sum();
    assert_eq!(counted, 25);
}

#[test]
fn hours_and_months_are_those_of_the_configured_zone() {
    let place = Place::new();
    // 23:30 in UTC is 7:30 of the next day in Shanghai, a Monday.
    let late = crate::support::violation(105.7, 34.5, json!({ "occurred_at": "2026-03-01T23:30:00Z" }));
    street(&place, &[late]);
    let service = place.serve();
    let answer = service.get("/api/time-patterns").expect(200).json();
    assert_eq!(answer["timezone"], "Asia/Shanghai");
    assert_eq!(answer["weekdays"][0]["by_hour"][7], 1);
    assert_eq!(
        answer["months"],
        json!([{ "month": "2026-03", "count": 1, "days": 1, "whole": false, "per_day": 1.0 }])
    );
    let table = service.get("/api/time-patterns?f=csv").expect(200).text();
    assert_eq!(table.lines().count(), 1 + 7 * 24 + 1);
}
