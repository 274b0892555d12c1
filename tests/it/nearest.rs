//! Nearest by the straight line: the same as looking at every feature.

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, Seeded, collection};

const NEAREST: &str = "/api/collections/parking-points/nearest";

#[allow(clippy::needless_pass_by_value, reason = "it reads better where it is called")]
fn parking(lon: f64, lat: f64, extra: Json) -> Json {
    let mut properties = json!({ "kind": "bicycle" });
    for (name, value) in extra.as_object().unwrap() {
        properties[name] = value.clone();
    }
    json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Point", "coordinates": [lon, lat] } })
}

/// WGS 84 geodesic by another's formula (Karney through the library that the service does not rank with).
pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    use geo::{Distance, Geodesic, Point};
    Geodesic.distance(Point::new(a.0, a.1), Point::new(b.0, b.1))
}

#[test]
fn it_equals_looking_at_every_point() {
    let place = Place::new();
    let mut seeded = Seeded(3);
    let points: Vec<(f64, f64)> = (0..800)
        .map(|_| {
            let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
            (round(105.6 + seeded.share() * 0.3), round(34.4 + seeded.share() * 0.3))
        })
        .collect();
    let features: Vec<Json> = points
        .iter()
        .enumerate()
        .map(|(at, (lon, lat))| {
            parking(
                *lon,
                *lat,
                json!({ "external_id": at.to_string(), "kind": if at % 3 == 0 { "car" } else { "bicycle" } }),
            )
        })
        .collect();
    place.import("parking-points", &collection(&features));
    let service = place.serve();
    for _ in 0..40 {
        let from = (105.5 + seeded.share() * 0.5, 34.3 + seeded.share() * 0.5);
        let mut wanted: Vec<(f64, usize)> = points
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 3 != 0)
            .map(|(at, point)| (metres(from, *point), at))
            .collect();
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let answer =
            service.get(&format!("{NEAREST}?lon={}&lat={}&k=7&by=line&kind=bicycle", from.0, from.1)).expect(200);
        let found = answer.features();
        assert_eq!(found.len(), 7);
        for (rank, (feature, (distance, at))) in found.iter().zip(&wanted).enumerate() {
            let properties = &feature["properties"];
            assert_eq!(properties["external_id"], at.to_string());
            assert_eq!(properties["rank"], rank + 1);
            assert!((properties["line_m"].as_f64().unwrap() - distance).abs() < 0.002, "{feature}");
            assert_eq!((&properties["network_m"], &properties["duration_s"]), (&Json::Null, &Json::Null));
        }
        let limit = wanted[3].0 + 0.001;
        let near = service
            .get(&format!("{NEAREST}?lon={}&lat={}&k=50&by=line&kind=bicycle&max_m={limit}", from.0, from.1))
            .expect(200);
        assert_eq!(near.features().len(), 4);
    }
}

#[test]
fn room_entrances_and_centroids_count() {
    let place = Place::new();
    let ring = json!([[[105.700, 34.500], [105.702, 34.500], [105.702, 34.501], [105.700, 34.501], [105.700, 34.500]]]);
    let area = |extra: Json| {
        let mut feature = parking(0.0, 0.0, extra);
        feature["geometry"] = json!({ "type": "Polygon", "coordinates": ring });
        feature
    };
    place.import(
        "parking-points",
        &collection(&[
            area(json!({ "external_id": "gate", "entrances": [[105.702, 34.5005]] })),
            area(json!({ "external_id": "fence", "kind": "motor" })),
            parking(105.699, 34.5, json!({ "external_id": "full", "capacity": 5, "occupied": 5 })),
            parking(105.698, 34.5, json!({ "external_id": "free", "capacity": 5, "occupied": 1 })),
        ]),
    );
    let service = place.serve();
    let ask = |query: &str| {
        service.get(&format!("{NEAREST}?lon=105.6995&lat=34.5005&by=line&{query}")).expect(200).features()
    };
    let named = |features: &[Json], name: &str| {
        features.iter().find(|feature| feature["properties"]["external_id"] == name).cloned().unwrap()
    };
    let line = |feature: &Json| feature["properties"]["line_m"].as_f64().unwrap();
    let all = ask("");
    assert!((line(&named(&all, "gate")) - metres((105.6995, 34.5005), (105.702, 34.5005))).abs() < 0.01);
    assert!((line(&named(&all, "fence")) - metres((105.6995, 34.5005), (105.7, 34.5005))).abs() < 0.01);
    let centroids = ask("measure=centroid");
    assert!((line(&named(&centroids, "gate")) - metres((105.6995, 34.5005), (105.701, 34.5005))).abs() < 0.01);
    let free = ask("min_room=1");
    assert_eq!(free.len(), 1, "who does not say how many places there are may be full");
    assert_eq!(free[0]["properties"]["external_id"], "free");
    let inside = service.get(&format!("{NEAREST}?lon=105.701&lat=34.5002&by=line&kind=car")).expect(200).features();
    assert_eq!(inside[0]["properties"]["line_m"], 0.0);
}

#[test]
fn wrong_questions_are_told_what_is_wrong() {
    let place = Place::new();
    place.import("parking-points", &collection(&[parking(105.7, 34.5, json!({}))]));
    let service = place.serve();
    for (query, status, hint) in [
        ("lon=1&lat=2&by=line&max_snap_m=60000", 422, "50000"),
        ("lon=1&lat=2&by=fly", 400, "by"),
        ("lat=2&by=line", 400, "lon"),
        ("lon=x&lat=2&by=line", 400, "lon"),
        ("lon=1&lat=2&by=line&k=0", 400, "k"),
        ("lon=1&lat=2&by=line&k=101", 400, "k"),
        ("lon=200&lat=2&by=line", 422, "globe"),
        ("lon=NaN&lat=2&by=line", 400, "lon"),
        ("lon=1&lat=2&by=line&max_m=-1", 400, "max_m"),
        ("lon=1&lat=2&by=line&kidn=bicycle", 400, "kind"),
        ("lon=1&lat=2&by=line&measure=roof", 400, "measure"),
        ("lon=1&lat=2&by=line&open_at=soon", 400, "open_at"),
        ("lon=1&lat=2&by=line&route=perhaps", 400, "route"),
    ] {
        let answer = service.get(&format!("{NEAREST}?{query}")).expect(status);
        assert!(answer.json()["detail"].as_str().unwrap().contains(hint), "{query}: {}", answer.text());
    }
    let ask = |body: &str, status| service.send("POST", NEAREST, &[GEOJSON], body.to_owned()).expect(status);
    let many = ask(r#"{"points":[[105.7,34.5],[200,0],"x"],"k":1,"by":"line","kind":["bicycle","motor"]}"#, 200).json();
    assert_eq!(many["results"][0]["features"][0]["properties"]["rank"], 1);
    assert_eq!(many["results"][1]["problem"]["status"], 422);
    assert_eq!(many["results"][2]["problem"]["status"], 400);
    ask(r#"{"points":[[1,2]],"k":0}"#, 400);
    ask(r#"{"points":{}}"#, 400);
    ask("[]", 400);
    ask(r#"{"points":[[1,2]],"by":"line","kind":{"a":1}}"#, 400);
    assert!(service.get(&format!("{NEAREST}?lon=105.7&lat=34.5&by=line&f=csv")).expect(200).text().contains(",rank,"));
}

#[test]
fn the_command_answers_the_same() {
    let place = Place::new();
    let points: Vec<Json> =
        (0..30).map(|at| parking(105.7 + f64::from(at) / 1e3, 34.5, json!({ "capacity": at }))).collect();
    place.import("parking-points", &collection(&points));
    let service = place.serve();
    let by_http = service
        .get(&format!("{NEAREST}?lon=105.7123&lat=34.5&by=line&k=3&capacity=11&capacity=14&capacity=20"))
        .expect(200)
        .features();
    let told = place.ok(&[
        "nearest",
        "parking-points",
        "--at",
        "105.7123,34.5",
        "--by",
        "line",
        "-k",
        "3",
        "--where",
        "capacity=11",
        "--where",
        "capacity=14",
        "--where",
        "capacity=20",
    ]);
    let by_command: Json = serde_json::from_str(&told).unwrap();
    assert_eq!(by_command["features"].as_array().unwrap(), &by_http);
    let from = place.file("from.csv", "lon,lat\n105.7,34.5\n105.72,34.5\n");
    let lines = place.ok(&[
        "nearest",
        "parking-points",
        "--from",
        from.to_str().unwrap(),
        "--by",
        "line",
        "-k",
        "2",
        "-f",
        "geojsonl",
    ]);
    let froms: Vec<Json> =
        lines.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["properties"]["from"].clone()).collect();
    assert_eq!(froms, [0, 0, 1, 1]);
}
