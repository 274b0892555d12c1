//! Facts of violations: section, side, owner, flags; worked out when written and again when their causes change.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, Service, collection, violation};

fn section(external_id: &str, coordinates: &Json) -> Json {
    json!({ "type": "Feature", "id": external_id, "properties": { "class": "residential" },
        "geometry": { "type": "LineString", "coordinates": coordinates } })
}

fn properties(service: &Service, id: u64) -> Json {
    service.get(&format!("/api/collections/violations/items/{id}")).expect(200).json()["properties"].clone()
}

/// Waits until the work that follows a change is done.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn cases_imported_before_the_roads_get_their_section_when_the_roads_come() {
    let place = Place::new();
    let cases = [
        violation(105.7005, 34.5001, json!({})),
        violation(105.7005, 34.4999, json!({})),
        violation(105.7005, 34.5, json!({})),
        violation(105.7005, 34.52, json!({})),
    ];
    let summary = place.import("violations", &collection(&cases));
    assert!(summary.contains("4 have no road section"), "{summary}");
    place.import(
        "road-sections",
        &collection(&[
            section("east", &json!([[105.70, 34.5], [105.71, 34.5]])),
            section("far", &json!([[105.70, 34.51], [105.71, 34.51]])),
        ]),
    );
    let service = place.serve();
    let (left, right, on, none) =
        (properties(&service, 1), properties(&service, 2), properties(&service, 3), properties(&service, 4));
    assert_eq!((&left["section_id"], &left["side"]), (&json!(1), &json!("left")), "{left}");
    assert_eq!((&right["section_id"], &right["side"]), (&json!(1), &json!("right")));
    assert_eq!((&on["side"], &on["snap_m"]), (&json!("on"), &json!(0)));
    assert!((left["snap_m"].as_f64().unwrap() - 11.09).abs() < 0.02, "{left}");
    assert_eq!((&none["section_id"], &none["flags"]), (&Json::Null, &json!(["no-section"])));

    // The section moves away: its cases lose it; another stands where it stood.
    let moved =
        json!({ "geometry": { "type": "LineString", "coordinates": [[105.70, 34.6], [105.71, 34.6]] } }).to_string();
    service.send("PATCH", "/api/collections/road-sections/items/1", &[GEOJSON, ("if-match", "*")], moved).expect(200);
    wait_for("losing the section", || properties(&service, 1)["section_id"].is_null());
    service
        .post("road-sections", section("new", &json!([[105.70, 34.5002], [105.71, 34.5002]])).to_string())
        .expect(201);
    wait_for("the new section", || properties(&service, 1)["section_id"] == 3);
    assert_eq!(properties(&service, 1)["side"], "right");
    drop(service);
    assert!(place.ok(&["doctor"]).contains("healthy"));
}

#[test]
fn the_zone_in_force_at_the_time_decides_the_owner() {
    let place = Place::new();
    let squad = |code: &str| json!({ "type": "Feature", "geometry": null, "properties": { "code": code, "name": code, "kind": "area", "status": "active" } });
    place.import("squads", &collection(&[squad("A"), squad("B")]));
    let zone = |code: &str, from: Json, to: Json| {
        json!({ "type": "Feature", "properties": { "squad_code": code, "valid_from": from, "valid_to": to },
            "geometry": { "type": "Polygon", "coordinates": [[[105.6, 34.4], [105.8, 34.4], [105.8, 34.6], [105.6, 34.6], [105.6, 34.4]]] } })
    };
    place.import(
        "squad-zones",
        &collection(&[
            zone("A", Json::Null, json!("2026-03-01T00:00:00Z")),
            zone("B", json!("2026-03-01T00:00:00Z"), Json::Null),
        ]),
    );
    let at = |time: &str| violation(105.7, 34.5, json!({ "occurred_at": time }));
    place.import("violations", &collection(&[at("2026-02-28T23:59:59Z"), at("2026-03-01T00:00:00Z")]));
    let service = place.serve();
    assert_eq!((&properties(&service, 1)["squad_id"], &properties(&service, 2)["squad_id"]), (&json!(1), &json!(2)));
    let found = service.get("/api/collections/violations/items?squad_code=B").expect(200).features();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], 2);
    assert_eq!(service.get("/api/collections/squad-zones/items?datetime=2026-01-01").expect(200).features().len(), 1);
    service.send("DELETE", "/api/collections/squad-zones/items/2", &[("if-match", "*")], "");
    wait_for("nobody in charge", || properties(&service, 2)["squad_id"].is_null());
}

#[test]
fn a_road_knows_its_length_and_an_area_its_size() {
    let place = Place::new();
    let service = place.serve();
    let road = service
        .post("road-sections", section("x", &json!([[105.7, 34.5], [105.71, 34.5]])).to_string())
        .expect(201)
        .json();
    let wanted = crate::nearest::metres((105.7, 34.5), (105.71, 34.5));
    assert!((road["properties"]["length_m"].as_f64().unwrap() - wanted).abs() < 0.01);
    assert_eq!(road["properties"]["cost_m"], road["properties"]["length_m"]);
    let mut area = violation(0.0, 0.0, json!({}));
    area["geometry"] = json!({ "type": "Polygon", "coordinates": [[[105.7, 34.5], [105.701, 34.5], [105.701, 34.501], [105.7, 34.501], [105.7, 34.5]]] });
    let area = service.post("violations", area.to_string()).expect(201).json();
    let size = area["properties"]["area_m2"].as_f64().unwrap();
    assert!((size - 91.83 * 110.93).abs() < 20.0, "{size}");
}
