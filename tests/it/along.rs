//! Nearest along the streets in tiny towns, one idea each.

use serde_json::{Value as Json, json};

use crate::nearest::metres;
use crate::support::{GEOJSON, Place, Service, collection};

const NEAREST: &str = "/api/collections/parking-points/nearest";

/// A place of a plain town: hundreds of metres east and north of a corner.
pub fn at(east: f64, north: f64) -> (f64, f64) {
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    (round(105.7 + east * 1.09e-3), round(34.5 + north * 9.01e-4))
}

#[allow(clippy::needless_pass_by_value, reason = "it reads better where it is called")]
pub fn street(name: &str, places: &[(f64, f64)], extra: Json) -> Json {
    let line: Vec<Json> = places.iter().map(|(east, north)| at(*east, *north)).map(|(x, y)| json!([x, y])).collect();
    let mut properties = json!({ "external_id": name, "class": "residential" });
    for (name, value) in extra.as_object().unwrap() {
        properties[name] = value.clone();
    }
    json!({ "type": "Feature", "properties": properties, "geometry": { "type": "LineString", "coordinates": line } })
}

#[allow(clippy::needless_pass_by_value, reason = "it reads better where it is called")]
pub fn parking(name: &str, place: (f64, f64), extra: Json) -> Json {
    let (x, y) = at(place.0, place.1);
    let mut properties = json!({ "external_id": name, "kind": "bicycle" });
    for (name, value) in extra.as_object().unwrap() {
        properties[name] = value.clone();
    }
    json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Point", "coordinates": [x, y] } })
}

pub fn town(streets: &[Json], parking: &[Json]) -> (Place, Service) {
    let place = Place::new();
    if !streets.is_empty() {
        place.import("road-sections", &collection(streets));
    }
    place.import("parking-points", &collection(parking));
    let service = place.serve();
    (place, service)
}

fn ask(service: &Service, from: (f64, f64), query: &str) -> Vec<Json> {
    let (lon, lat) = at(from.0, from.1);
    service.get(&format!("{NEAREST}?lon={lon}&lat={lat}&{query}")).expect(200).features()
}

fn names(features: &[Json]) -> Vec<&str> {
    features.iter().map(|feature| feature["properties"]["external_id"].as_str().unwrap()).collect()
}

fn figure(feature: &Json, name: &str) -> f64 {
    feature["properties"][name].as_f64().unwrap_or_else(|| panic!("{name}: {feature}"))
}

/// A ladder: two long streets with a rung at each end, and a way through the middle.
fn ladder(middle: Json) -> Vec<Json> {
    vec![
        street("south", &[(0.0, 0.0), (5.0, 0.0), (10.0, 0.0)], json!({})),
        street("west", &[(0.0, 0.0), (0.0, 1.0)], json!({})),
        street("east", &[(10.0, 0.0), (10.0, 1.0)], json!({})),
        street("north-west", &[(0.0, 1.0), (5.0, 1.0)], json!({})),
        street("north-east", &[(5.0, 1.0), (10.0, 1.0)], json!({})),
        street("south-middle", &[(5.0, 0.0), (5.0, -0.5)], json!({})),
        street("middle", &[(5.0, -0.5), (5.0, 1.0)], middle),
    ]
}

#[test]
fn a_way_for_bicycles_alone_and_a_closed_road_are_no_way_on_foot() {
    let (_place, service) = {
        let mut streets = ladder(json!({ "class": "cycleway", "foot": false }));
        // The south street meets the stub where it is cut.
        streets[0] = street("south-1", &[(0.0, 0.0), (5.0, 0.0)], json!({}));
        streets.push(street("south-2", &[(5.0, 0.0), (10.0, 0.0)], json!({})));
        town(&streets, &[parking("up", (5.0, 1.0), json!({}))])
    };
    let walk = ask(&service, (5.0, 0.0), "by=walk");
    let bicycle = ask(&service, (5.0, 0.0), "by=bicycle");
    let drive = ask(&service, (5.0, 0.0), "by=drive");
    assert!((figure(&walk[0], "distance_m") - 1_100.0).abs() < 3.0, "{walk:?}");
    assert!((figure(&bicycle[0], "distance_m") - 200.0).abs() < 1.0, "{bicycle:?}");
    assert!((figure(&drive[0], "distance_m") - 1_100.0).abs() < 3.0, "{drive:?}");
    assert!((figure(&walk[0], "duration_s") - figure(&walk[0], "distance_m") / 1.33).abs() < 0.2);
    assert!((figure(&bicycle[0], "duration_s") - 200.0 / 4.2).abs() < 0.3);
    // The street is opened, and closed for good.
    let section =
        service.get("/api/collections/road-sections/items?external_id=middle").expect(200).features().remove(0);
    let path = format!("/api/collections/road-sections/items/{}", section["id"]);
    let etag = format!("\"{}\"", section["properties"]["rev"]);
    let patch = |etag: &str, foot: bool| {
        let body = json!({ "properties": { "foot": foot, "bicycle": foot } }).to_string();
        let headers = [("content-type", "application/merge-patch+json"), ("if-match", etag)];
        service.send("PATCH", &path, &headers, body).expect(200).header("etag").to_owned()
    };
    let etag = patch(&etag, true);
    assert!((figure(&ask(&service, (5.0, 0.0), "by=walk")[0], "distance_m") - 200.0).abs() < 1.0);
    patch(&etag, false);
    for by in ["walk", "bicycle"] {
        let closed = ask(&service, (5.0, 0.0), &format!("by={by}"));
        assert!((figure(&closed[0], "distance_m") - 1_100.0).abs() < 3.0, "{closed:?}");
    }
}

#[test]
fn one_way_streets_bind_vehicles_and_the_way_is_drawn_as_long_as_it_is() {
    let streets = [
        street("out", &[(0.0, 0.0), (4.0, 0.0)], json!({ "oneway": "forward" })),
        street("back-1", &[(4.0, 0.0), (4.0, 2.0)], json!({})),
        street("back-2", &[(4.0, 2.0), (0.0, 2.0)], json!({ "oneway": "forward", "class": "primary" })),
        street("back-3", &[(0.0, 2.0), (0.0, 0.0)], json!({})),
    ];
    let (_place, service) = town(&streets, &[parking("p", (1.0, 0.1), json!({ "kind": "motor" }))]);
    let far = ask(&service, (3.0, 0.05), "by=drive&route=true").remove(0);
    let near = ask(&service, (3.0, 0.05), "by=walk&route=true").remove(0);
    assert!((figure(&far, "network_m") - 1_000.0).abs() < 5.0 && (figure(&near, "network_m") - 200.0).abs() < 1.0);
    for feature in [&far, &near] {
        let (distance, access, network) =
            (figure(feature, "distance_m"), figure(feature, "access_m"), figure(feature, "network_m"));
        assert!((distance - access - network).abs() < 0.002 && (access - 15.0).abs() < 0.1, "{feature}");
        let line: Vec<(f64, f64)> = feature["properties"]["route"]["coordinates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap()))
            .collect();
        let length: f64 = line.windows(2).map(|pair| metres(pair[0], pair[1])).sum();
        // Corners of the answer are rounded to a centimetre.
        assert!((length - distance).abs() < 0.05, "{length} {distance}");
        assert_eq!((line[0], line[line.len() - 1]), (at(3.0, 0.05), at(1.0, 0.1)));
    }
    // 100 m at 25 km/h, 200 at 25, 400 at 50, 200 at 25, 100 at 25, and 15 m on foot.
    assert!((figure(&far, "duration_s") - (600.0 / 25.0 + 400.0 / 50.0) * 3.6 - 15.0 / 1.33).abs() < 1.0, "{far}");
}

#[test]
fn islands_swallow_no_question_and_are_named() {
    let streets = [
        street("main-1", &[(0.0, 0.0), (5.0, 0.0)], json!({})),
        street("main-2", &[(5.0, 0.0), (10.0, 0.0)], json!({})),
        street("island", &[(1.0, 0.5), (2.0, 0.5)], json!({})),
    ];
    let points = [parking("on-main", (8.0, 0.0), json!({})), parking("on-island", (1.5, 0.5), json!({}))];
    let (_place, service) = town(&streets, &points);
    let (lon, lat) = at(1.0, 0.5);
    let answer = service.get(&format!("{NEAREST}?lon={lon}&lat={lat}")).expect(200).json();
    assert_eq!(answer["origin"]["on_island"], true);
    assert!((answer["origin"]["access_m"].as_f64().unwrap() - 50.0).abs() < 0.2, "{answer}");
    let found = answer["features"].as_array().unwrap();
    assert_eq!(names(found), ["on-island", "on-main"]);
    assert_eq!(
        (&found[0]["properties"]["on_island"], &found[1]["properties"]["on_island"]),
        (&json!(true), &json!(false))
    );
    assert!((figure(&found[0], "distance_m") - 150.0).abs() < 0.5, "{found:?}");
}

#[test]
fn areas_are_entered_where_their_entrances_are_or_anywhere_along_their_edge() {
    let ring: Vec<Json> = [(1.0, 0.1), (5.0, 0.1), (5.0, 1.0), (1.0, 1.0), (1.0, 0.1)]
        .into_iter()
        .map(|(east, north)| at(east, north))
        .map(|(x, y)| json!([x, y]))
        .collect();
    let area = |name: &str, entrances: Json| {
        let mut feature = parking(name, (0.0, 0.0), json!({ "entrances": entrances, "kind": "motor" }));
        feature["geometry"] = json!({ "type": "Polygon", "coordinates": [ring] });
        feature
    };
    let gate = at(5.0, 0.1);
    let streets = [street("s", &[(0.0, 0.0), (10.0, 0.0)], json!({}))];
    let points = [area("gated", json!([[gate.0, gate.1]])), area("open", Json::Null)];
    let (_place, service) = town(&streets, &points);
    let found = ask(&service, (0.0, 0.0), "by=walk");
    assert_eq!(names(&found), ["open", "gated"]);
    assert!((figure(&found[0], "distance_m") - 110.0).abs() < 0.5, "{found:?}");
    assert!((figure(&found[1], "distance_m") - 510.0).abs() < 1.0, "{found:?}");
    let centroids = ask(&service, (0.0, 0.0), "by=walk&measure=centroid");
    assert!(centroids.iter().all(|one| (figure(one, "distance_m") - 355.0).abs() < 1.0), "{centroids:?}");
    let inside = ask(&service, (2.0, 0.5), "by=walk");
    assert_eq!((names(&inside)[0], figure(&inside[0], "distance_m")), ("open", 0.0));
    assert!(figure(&inside[1], "distance_m") > 300.0);
}

#[test]
fn what_cannot_be_reached_has_a_reason_and_no_distance() {
    let (_place, service) = town(&[], &[parking("p", (1.0, 0.0), json!({}))]);
    let alone = ask(&service, (0.0, 0.0), "by=walk");
    assert!(alone[0]["properties"]["reason"].as_str().unwrap().contains("no streets"), "{alone:?}");
    for name in ["distance_m", "access_m", "network_m", "duration_s"] {
        assert_eq!(alone[0]["properties"][name], Json::Null);
    }
    assert!((figure(&alone[0], "line_m") - 100.0).abs() < 0.5);
    assert!(ask(&service, (0.0, 0.0), "by=walk&max_m=1000").is_empty(), "what is not known is not within 1000 m");

    let streets = [street("path", &[(0.0, 0.0), (5.0, 0.0)], json!({ "class": "footway" }))];
    let far = parking("far", (70_000.0 / 100.0, 0.0), json!({}));
    let (_place, service) = town(&streets, &[parking("p", (1.0, 0.0), json!({})), far]);
    assert!(ask(&service, (0.0, 0.0), "by=drive")[0]["properties"]["reason"].as_str().unwrap().contains("drive"));
    let walk = ask(&service, (0.0, 0.0), "by=walk");
    assert_eq!(names(&walk), ["p", "far"]);
    assert!(walk[1]["properties"]["reason"].as_str().unwrap().contains("50 km"));
    assert_eq!(walk[1]["properties"]["distance_m"], Json::Null);
    let off = ask(&service, (1.0, 2.0), "by=walk&max_snap_m=100&k=1");
    assert!(off[0]["properties"]["reason"].as_str().unwrap().contains("max_snap_m"), "{off:?}");
    assert_eq!(names(&ask(&service, (1.0, 2.0), "by=walk&max_snap_m=201&k=1&max_m=300")), ["p"]);

    // A thousand kilometres off; in a batch the others are answered.
    let away = service.get(&format!("{NEAREST}?lon=115.7&lat=34.5")).expect(422);
    assert!(away.json()["detail"].as_str().unwrap().contains("50 km"));
    let body = r#"{"points":[[105.7,34.5],[115.7,34.5],[null,1],[105.701,34.5]],"k":1}"#;
    let many = service.send("POST", NEAREST, &[GEOJSON], body.to_owned()).expect(200).json();
    let status = |at: usize| many["results"][at]["problem"]["status"].clone();
    assert_eq!((status(0), status(1), status(2), status(3)), (Json::Null, json!(422), json!(400), Json::Null));
    assert_eq!(many["results"][3]["features"][0]["properties"]["external_id"], "p");
    let points: Vec<Json> = (0..10_001).map(|_| json!([105.7, 34.5])).collect();
    let body = |count: usize| json!({ "points": points[..count], "k": 1 }).to_string();
    service.send("POST", NEAREST, &[GEOJSON], body(10_001)).expect(413);
    let wide = json!({ "points": points[..2_001], "k": 100 }).to_string();
    service.send("POST", NEAREST, &[GEOJSON], wide).expect(413);
    let all = service.send("POST", NEAREST, &[GEOJSON], body(10_000)).expect(200).json();
    assert_eq!(all["results"].as_array().unwrap().len(), 10_000);
}

#[test]
fn holidays_are_as_configured_or_it_is_said_that_they_would_matter() {
    let streets = [street("s", &[(0.0, 0.0), (10.0, 0.0)], json!({}))];
    let hours = [
        ("plain", "24/7"),
        ("workdays", "Mo-Su 08:00-18:00; PH off"),
        ("school", "Mo-Su 08:00-18:00; SH 09:00-11:00 off"),
    ];
    let points: Vec<Json> = (1..)
        .zip(hours)
        .map(|(place, (name, hours))| parking(name, (f64::from(place), 0.0), json!({ "opening_hours": hours })))
        .collect();
    let (place, service) = town(&streets, &points);
    let when = "open_at=2026-10-01T10:00";
    let found = ask(&service, (0.0, 0.0), when);
    assert_eq!(names(&found), ["plain", "workdays", "school"]);
    let told = |feature: &Json| {
        let of = |name: &str| feature["properties"].get(name).cloned();
        (of("open"), of("open_on_public_holiday"), of("open_on_school_holiday"))
    };
    assert_eq!(told(&found[0]), (Some(json!(true)), None, None));
    assert_eq!(told(&found[1]), (Some(json!(true)), Some(json!(false)), None));
    assert_eq!(told(&found[2]), (Some(json!(true)), None, Some(json!(false))));
    drop(service);
    let holidays = "public_holidays = ['2026-10-01/2026-10-07']\nschool_holidays = ['2026-07-01/2026-08-31']\n";
    std::fs::write(place.data().join("patrolmap.toml"), holidays).unwrap();
    let service = place.serve();
    let found = ask(&service, (0.0, 0.0), when);
    assert_eq!(names(&found), ["plain", "school"]);
    assert_eq!(told(&found[1]), (Some(json!(true)), None, None));
}

#[test]
fn room_hours_and_kinds_narrow_and_a_change_counts_at_once() {
    let streets = [street("s", &[(0.0, 0.0), (10.0, 0.0)], json!({}))];
    let points = [
        parking("full", (1.0, 0.0), json!({ "capacity": 4, "occupied": 4, "opening_hours": "24/7" })),
        parking("night", (2.0, 0.0), json!({ "capacity": 4, "occupied": 1, "opening_hours": "Mo-Su 20:00-06:00" })),
        parking("car", (3.0, 0.0), json!({ "kind": "motor", "capacity": 9 })),
        parking("motorcycle", (4.0, 0.0), json!({ "kind": "motorcycle" })),
    ];
    let (_place, service) = town(&streets, &points);
    let told = |query: &str| {
        let found = ask(&service, (0.0, 0.0), query);
        names(&found).join(" ")
    };
    assert_eq!(told("by=walk"), "full night car motorcycle");
    assert_eq!(told("kind=car&kind=motorcycle"), "car motorcycle");
    assert_eq!(told("kind=bicycle&kind=motorcycle&k=2"), "full night");
    assert_eq!(told("min_room=1"), "night car");
    assert_eq!(told("open_at=2026-11-25T10:00"), "full car motorcycle");
    assert_eq!(told("open_at=2026-11-25T23:00&kind=bicycle"), "full night");
    assert_eq!(told("k=100&max_m=250"), "full night");
    let open = ask(&service, (0.0, 0.0), "open_at=2026-11-25T10:00");
    assert_eq!((&open[0]["properties"]["open"], &open[1]["properties"]["open"]), (&json!(true), &Json::Null));
    assert_eq!(open[0]["properties"].get("open_on_public_holiday"), None);
    let created = parking("new", (0.5, 0.0), json!({}));
    service.send("POST", "/api/collections/parking-points/items", &[GEOJSON], created.to_string()).expect(201);
    assert_eq!(told("kind=bicycle"), "new full night");
    let csv = {
        let (lon, lat) = at(0.0, 0.0);
        service.get(&format!("{NEAREST}?lon={lon}&lat={lat}&f=csv")).expect(200).text()
    };
    assert!(csv.lines().next().unwrap().contains(",distance_m,") && csv.lines().count() == 6, "{csv}");
}
