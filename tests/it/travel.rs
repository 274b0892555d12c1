//! Reach, routes, matrices, gaps and sites in tiny towns.

use serde_json::{Value as Json, json};

use crate::along::{at, parking, street, town};
use crate::nearest::metres;
use crate::support::{GEOJSON, Place, Service, collection};

/// A street of a kilometre with a side street in its middle; parking at its west end.
fn cross() -> (Place, Service) {
    let streets = [
        street("west", &[(0.0, 0.0), (5.0, 0.0)], json!({ "name": "Minzhu" })),
        street("east", &[(5.0, 0.0), (10.0, 0.0)], json!({})),
        street("north", &[(5.0, 0.0), (5.0, 4.0)], json!({})),
    ];
    town(&streets, &[parking("p", (0.0, 0.0), json!({ "capacity": 3 }))])
}

fn line_m(geometry: &Json) -> f64 {
    let place = |at: &Json| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    let line: Vec<(f64, f64)> = geometry.as_array().unwrap().iter().map(place).collect();
    line.windows(2).map(|pair| metres(pair[0], pair[1])).sum()
}

#[test]
fn reach_is_cut_where_the_limit_ends_and_its_area_holds_it() {
    let (_place, service) = cross();
    let (lon, lat) = at(5.0, 0.1);
    let path = format!("/api/reach?lon={lon}&lat={lat}");
    let answer = service.get(&format!("{path}&metres=110,310,5")).expect(200).json();
    let features = answer["features"].as_array().unwrap();
    assert_eq!(features.len(), 6);
    for (pair, (limit, wanted)) in features.chunks(2).zip([(110.0, 320.0), (310.0, 920.0), (5.0, 10.0)]) {
        assert_eq!(
            (&pair[0]["properties"]["what"], &pair[1]["properties"]["what"]),
            (&json!("area"), &json!("streets"))
        );
        assert_eq!(pair[0]["properties"]["metres"], limit);
        let lines = pair[1]["geometry"]["coordinates"].as_array().unwrap();
        let length: f64 = lines.iter().map(line_m).sum();
        // The asker stands on the side street, ten metres from the corner.
        assert!((length - pair[1]["properties"]["street_m"].as_f64().unwrap()).abs() < 0.1);
        assert!((length - wanted).abs() < 2.0, "{limit} {length}");
        let area = geometry(&pair[0]);
        for place in lines.iter().flat_map(|line| line.as_array().unwrap()) {
            use geo::Contains;
            let point = geo::Point::new(place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
            assert!(area.contains(&point), "{place}");
        }
    }
    let minutes = service.get(&format!("{path}&minutes=5")).expect(200).json();
    let same = service.get(&format!("{path}&metres=399")).expect(200).json();
    let street = |answer: &Json| answer["features"][1]["properties"]["street_m"].as_f64().unwrap();
    assert!((street(&minutes) - street(&same)).abs() < 0.5, "{} {}", street(&minutes), street(&same));
    for (query, status) in [
        ("metres=0", 400),
        ("metres=-1", 400),
        ("metres=x", 400),
        ("metres=NaN", 400),
        ("", 400),
        ("metres=1&minutes=1", 400),
        ("metres=1&by=line", 400),
        ("metres=1&by=drive&max_snap_m=1e9", 422),
        ("metres=1,2,3,4,5,6,7,8,9,10,11", 400),
        ("metres=1&colour=red", 400),
    ] {
        service.get(&format!("{path}&{query}")).expect(status);
    }
    service.get("/api/reach?lon=1&lat=2&metres=100").expect(422);
}

fn geometry(feature: &Json) -> geo::Polygon {
    let ring = |ring: &Json| -> geo::LineString {
        let place = |at: &Json| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        ring.as_array().unwrap().iter().map(place).collect::<Vec<_>>().into()
    };
    assert_eq!(feature["geometry"]["type"], "Polygon");
    let rings = feature["geometry"]["coordinates"].as_array().unwrap();
    geo::Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect())
}

#[test]
fn routes_go_by_their_places_and_a_matrix_says_the_same() {
    let (place, service) = cross();
    let text = |(lon, lat): (f64, f64)| format!("{lon},{lat}");
    let (from, via, to) = (at(1.0, 0.1), at(5.0, 3.0), at(9.0, 0.0));
    let path = format!("/api/route?from={}&to={}", text(from), text(to));
    let straight = service.get(&path).expect(200).json();
    let round = service.get(&format!("{path}&via={}", text(via))).expect(200).json();
    for (route, wanted) in [(&straight, 810.0), (&round, 1_410.0)] {
        let distance = route["properties"]["distance_m"].as_f64().unwrap();
        assert!((distance - wanted).abs() < 5.0, "{route}");
        assert!((line_m(&route["geometry"]["coordinates"]) - distance).abs() < 0.05);
    }
    assert_eq!(round["properties"]["legs"].as_array().unwrap().len(), 2);
    let body = json!({ "origins": [from, "x", via], "destinations": [to, from, [0.0, 0.0]] });
    let matrix = service.send("POST", "/api/matrix", &[GEOJSON], body.to_string()).expect(200).json();
    let cell = |row: usize, column: usize| matrix["distance_m"][row][column].clone();
    assert_eq!(cell(0, 0), straight["properties"]["distance_m"]);
    assert_eq!(cell(2, 0), round["properties"]["legs"][1]["distance_m"]);
    assert_eq!(cell(0, 1).as_f64().unwrap().round(), 20.0, "there and back to the street");
    assert_eq!((cell(1, 0), cell(0, 2)), (Json::Null, Json::Null));
    assert!(matrix["origins"][1]["problem"]["status"] == 400 && matrix["destinations"][2]["problem"]["status"] == 422);
    for (path, status) in [
        ("/api/route?from=1,2", 400),
        ("/api/route?from=1,2&to=x", 400),
        ("/api/route?from=NaN,2&to=1,2", 400),
        ("/api/route?from=105.7,34.5&to=1,2", 422),
        ("/api/route?from=105.7,34.5&to=300,2", 422),
    ] {
        service.get(path).expect(status);
    }
    for body in ["[]", "{}", r#"{"origins":3}"#, r#"{"origins":[[1,2]],"by":"fly"}"#] {
        service.send("POST", "/api/matrix", &[GEOJSON], body.to_owned()).expect(400);
    }
    let many = json!({ "origins": vec![from; 400] });
    service.send("POST", "/api/matrix", &[GEOJSON], many.to_string()).expect(413);
    let told = place.ok(&["route", "--from", &text(from), "--to", &text(to), "--via", &text(via)]);
    assert_eq!(serde_json::from_str::<Json>(&told).unwrap(), round);
}

#[test]
fn gaps_are_where_parking_is_far_and_sites_are_put_where_they_serve_most() {
    let (place, service) = cross();
    let violation = |name: &str, place: (f64, f64), category: &str| {
        let (x, y) = at(place.0, place.1);
        json!({
            "type": "Feature", "geometry": { "type": "Point", "coordinates": [x, y] },
            "properties": { "external_id": name, "category": category, "occurred_at": "2026-03-01T08:00:00Z" },
        })
    };
    place.import(
        "violations",
        &collection(&[
            violation("near", (1.0, 0.05), "bicycle-parking"),
            violation("east-1", (9.0, 0.05), "bicycle-parking"),
            violation("east-2", (9.5, 0.05), "motor-parking"),
            violation("north", (5.05, 4.0), "bicycle-parking"),
            violation("other", (8.0, 0.05), "dumping"),
        ]),
    );
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let gaps = loop {
        let gaps = service.get("/api/parking-gaps?max_m=300").expect(200).json();
        if gaps["violations"] == 4 || std::time::Instant::now() > deadline {
            break gaps;
        }
    };
    let told: Vec<(String, f64, i64, i64)> = gaps["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| {
            let properties = &feature["properties"];
            let count = |name: &str| properties[name].as_i64().unwrap();
            let name = properties["external_id"].as_str().unwrap().to_owned();
            (name, properties["gap_share"].as_f64().unwrap(), count("violations"), count("violations_in_gap"))
        })
        .collect();
    let names: Vec<&str> = told.iter().map(|one| one.0.as_str()).collect();
    assert_eq!(names, ["east", "north", "west"], "{gaps}");
    assert_eq!((told[0].1, told[0].2, told[0].3), (1.0, 2, 2));
    assert!((told[2].1 - 0.4).abs() < 0.002 && told[2].3 == 0, "{told:?}");
    assert_eq!(
        (&gaps["violations"], &gaps["violations_in_gaps"], &gaps["suitable_points"]),
        (&json!(4), &json!(3), &json!(1))
    );
    // A point that is full serves nobody.
    let roomy = service.get("/api/parking-gaps?max_m=300&min_room=4").expect(200).json();
    assert_eq!((&roomy["gap_share"], &roomy["suitable_points"]), (&json!(1.0), &json!(0)));

    let site = |body: Json, status| service.send("POST", "/api/siting", &[GEOJSON], body.to_string()).expect(status);
    let one = site(json!({ "p": 1, "max_m": 300 }), 200).json();
    assert_eq!((&one["served"], &one["proven"], &one["wanted"]), (&json!(2), &json!(true), &json!(3)));
    let two = site(json!({ "p": 2, "max_m": 300 }), 200).json();
    assert_eq!((&two["served"], &two["features"][0]["properties"]["adds"]), (&json!(3), &json!(2)));
    let given = site(json!({ "p": 1, "max_m": 300, "candidates": [at(5.0, 3.9), at(9.0, 0.0)] }), 200).json();
    assert_eq!(given["features"][0]["properties"]["candidate"], 1);
    let streets = site(json!({ "p": 1, "max_m": 300, "serve": "streets" }), 200).json();
    assert!(streets["served"].as_f64().unwrap() > 600.0 && streets["proven"] == true, "{streets}");
    for (body, status) in [
        (json!({}), 400),
        (json!({ "p": 0 }), 400),
        (json!({ "p": 1, "max_m": -1 }), 400),
        (json!({ "p": 1, "max_m": 1e6 }), 422),
        (json!({ "p": 1, "serve": "cake" }), 400),
        (json!({ "p": 1, "candidates": [[1, 2]] }), 422),
        (json!({ "p": 1, "candidates": ["x"] }), 422),
    ] {
        site(body, status);
    }
    let by_command: Json = serde_json::from_str(&place.ok(&["siting", "-p", "2", "--max-m", "300"])).unwrap();
    assert_eq!(by_command, two);
    let table = place.ok(&["parking-gaps", "--max-m", "300", "-f", "csv"]);
    assert!(table.starts_with("id,lon,lat,external_id,name,") && table.lines().count() == 4, "{table}");
    let (lon, lat) = at(5.0, 0.1);
    let reach = place.ok(&["reach", "--at", &format!("{lon},{lat}"), "--minutes", "2,4", "--by", "bicycle"]);
    assert_eq!(serde_json::from_str::<Json>(&reach).unwrap()["features"].as_array().unwrap().len(), 4);
}

#[test]
fn without_streets_nothing_is_reached_and_it_is_said() {
    let (_place, service) = town(&[], &[parking("p", (0.0, 0.0), json!({}))]);
    for path in
        ["/api/reach?lon=105.7&lat=34.5&metres=100", "/api/route?from=105.7,34.5&to=105.71,34.5", "/api/parking-gaps"]
    {
        let problem = service.get(path).expect(422).json();
        assert!(problem["detail"].as_str().unwrap().contains("no streets"), "{problem}");
    }
    for (path, body) in [("/api/matrix", json!({ "origins": [[105.7, 34.5]] })), ("/api/siting", json!({ "p": 1 }))] {
        service.send("POST", path, &[GEOJSON], body.to_string()).expect(422);
    }
}
