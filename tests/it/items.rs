//! Reading a layer: windows, filters, order, pages, systems, formats, caching.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::support::{Place, Seeded, Service, collection, violation};

const ITEMS: &str = "/api/collections/violations/items";

fn filled(count: u64) -> (Place, Service, Vec<Json>) {
    let mut seeded = Seeded(5);
    let words = ["reported", "closed", "filed"];
    let features: Vec<Json> = (0..count)
        .map(|at| {
            let (lon, lat) = (105.6 + seeded.share() * 0.2, 34.5 + seeded.share() * 0.1);
            let (lon, lat) = ((lon * 1e7).round() / 1e7, (lat * 1e7).round() / 1e7);
            violation(
                lon,
                lat,
                json!({
                    "external_id": format!("v{at}"),
                    "status": words[seeded.below(3) as usize],
                    "occurred_at": format!("2026-{:02}-{:02}T12:00:00Z", 1 + seeded.below(12), 1 + seeded.below(28)),
                    "accuracy_m": seeded.below(20),
                    "colour": if seeded.below(2) == 0 { "red" } else { "blue" },
                }),
            )
        })
        .collect();
    let place = Place::new();
    place.import("violations", &collection(&features));
    let service = place.serve();
    (place, service, features)
}

fn names(features: &[Json]) -> BTreeSet<String> {
    features.iter().map(|feature| feature["properties"]["external_id"].as_str().unwrap().to_owned()).collect()
}

/// All pages from this address on; asserts that none repeats.
fn all_pages(service: &Service, path: &str) -> Vec<Json> {
    let mut all = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let answer = service.get(&path).expect(200);
        let json = answer.json();
        let page = json["features"].as_array().unwrap().clone();
        assert_eq!(json["numberReturned"], page.len());
        all.extend(page);
        let link = json["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").cloned();
        next = link.map(|link| link["href"].as_str().unwrap().split_once(&service.base).unwrap().1.to_owned());
    }
    assert_eq!(names(&all).len(), all.len(), "no feature comes twice");
    all
}

#[test]
fn windows_and_filters_equal_brute_force() {
    let (_place, service, features) = filled(3_000);
    let mut seeded = Seeded(9);
    for _ in 0..30 {
        let (west, south) = (105.6 + seeded.share() * 0.15, 34.5 + seeded.share() * 0.08);
        let (east, north) = (west + seeded.share() * 0.05, south + seeded.share() * 0.03);
        let inside = |feature: &&Json| {
            let (x, y) = (
                feature["geometry"]["coordinates"][0].as_f64().unwrap(),
                feature["geometry"]["coordinates"][1].as_f64().unwrap(),
            );
            x >= west && x <= east && y >= south && y <= north
        };
        let bbox = format!("{west},{south},{east},{north}");
        let wanted: Vec<Json> = features.iter().filter(inside).cloned().collect();
        let answer = service.get(&format!("{ITEMS}?bbox={bbox}&limit=10000")).expect(200);
        assert_eq!(names(&answer.features()), names(&wanted));
        assert_eq!(answer.json()["numberMatched"], wanted.len());
        assert_eq!(names(&all_pages(&service, &format!("{ITEMS}?bbox={bbox}&limit=7"))), names(&wanted));

        let filtered: Vec<Json> = wanted
            .into_iter()
            .filter(|feature| feature["properties"]["status"] != "filed" && feature["properties"]["colour"] == "red")
            .collect();
        let answer = service
            .get(&format!("{ITEMS}?bbox={bbox}&status=closed&status=reported&colour=red&limit=10000"))
            .expect(200);
        assert_eq!(names(&answer.features()), names(&filtered));
        assert_eq!(answer.json().get("numberMatched"), None, "counting would cost a scan");
    }
    let spring =
        service.get(&format!("{ITEMS}?datetime=2026-03-01T00:00:00Z/2026-06-01T00:00:00Z&limit=10000")).expect(200);
    let wanted: Vec<Json> = features
        .iter()
        .filter(|feature| {
            ("2026-03".."2026-06").contains(&&feature["properties"]["occurred_at"].as_str().unwrap()[..7])
        })
        .cloned()
        .collect();
    assert_eq!(names(&spring.features()), names(&wanted));
}

#[test]
fn order_is_kept_over_pages() {
    let (_place, service, features) = filled(400);
    let sorted = all_pages(&service, &format!("{ITEMS}?sortby=-accuracy_m,occurred_at&limit=33"));
    assert_eq!(sorted.len(), features.len());
    let key = |feature: &Json| {
        (
            -feature["properties"]["accuracy_m"].as_f64().unwrap(),
            feature["properties"]["occurred_at"].as_str().unwrap().to_owned(),
        )
    };
    assert!(sorted.windows(2).all(|pair| key(&pair[0]) <= key(&pair[1])));
}

#[test]
fn prepared_and_encoded_answers_are_equal() {
    let (_place, service, _) = filled(300);
    let prepared = service.get(&format!("{ITEMS}?limit=300")).expect(200).features();
    let all: Vec<&str> = prepared[0]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let encoded = service.get(&format!("{ITEMS}?limit=300&properties={}", all.join(","))).expect(200).features();
    assert_eq!(prepared, encoded);
    let lines = service.get(&format!("{ITEMS}?limit=300&f=geojsonl")).expect(200);
    assert_eq!(lines.header("content-type"), "application/geo+json-seq");
    let lines: Vec<Json> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(prepared, lines);
    let narrowed = service.get(&format!("{ITEMS}?limit=1&properties=status")).expect(200).features();
    assert_eq!(narrowed[0]["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["status"]);
}

#[test]
fn other_systems_are_answered_and_asked_in() {
    let (_place, service, _) = filled(50);
    let plain = service.get(&format!("{ITEMS}?limit=50")).expect(200).features();
    let mercator = service.get(&format!("{ITEMS}?limit=50&crs=EPSG:3857")).expect(200);
    assert!(mercator.header("content-crs").contains("EPSG/0/3857"));
    for (a, b) in plain.iter().zip(mercator.features()) {
        let lon = a["geometry"]["coordinates"][0].as_f64().unwrap();
        let x = b["geometry"]["coordinates"][0].as_f64().unwrap();
        assert!((lon.to_radians() * 6_378_137.0 - x).abs() < 0.01, "{lon} {x}");
    }
    let north_first =
        service.get(&format!("{ITEMS}?limit=1&crs=http://www.opengis.net/def/crs/EPSG/0/4326")).expect(200).features();
    assert_eq!(north_first[0]["geometry"]["coordinates"][0], plain[0]["geometry"]["coordinates"][1]);
    let box_m = "11755000,4097000,11780000,4110000";
    let some = service.get(&format!("{ITEMS}?bbox={box_m}&bbox-crs=EPSG:3857&limit=100")).expect(200).features();
    assert!(!some.is_empty() && some.len() <= 50);
}

#[test]
fn a_client_that_has_the_answer_is_told_so() {
    let (_place, service, _) = filled(10);
    for path in [
        ITEMS,
        "/api/collections/violations/items/1",
        "/api/collections/violations",
        "/api/collections/violations/nearest?lon=105&lat=34&by=line",
    ] {
        let first = service.get(path).expect(200);
        let etag = first.header("etag").to_owned();
        assert!(
            !etag.is_empty() && !first.header("cache-control").is_empty() && !first.header("vary").is_empty(),
            "{path}"
        );
        let again = service.send("GET", path, &[("if-none-match", &etag)], "");
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
    }
    let etag = service.get(ITEMS).header("etag").to_owned();
    service.post("violations", violation(105.7, 34.5, json!({})).to_string()).expect(201);
    service.send("GET", ITEMS, &[("if-none-match", &etag)], "").expect(200);
}

#[test]
fn every_wrong_question_is_told_what_is_wrong() {
    let (_place, service, _) = filled(10);
    let cases = [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=0,1,0,-1", "bbox"),
        ("bbox=NaN,0,1,1", "bbox"),
        ("bbox=0,0,400,1", "bbox"),
        ("crs=EPSG:99999", "crs"),
        ("bbox-crs=mars", "bbox-crs"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2026-02-01/2026-01-01", "datetime"),
        ("sortby=colur", "colour"),
        ("properties=colur", "colour"),
        ("token=zzz", "token"),
        ("token=s00.1", "token"),
        ("f=shp", "geojson"),
        ("filter=status='closed'", "CQL2"),
        ("filter-lang=cql2-json", "CQL2"),
        ("limt=3", "limit"),
        ("status=sleeping", "status"),
        ("accuracy_m=near", "accuracy_m"),
        ("category=04-99", "category"),
        ("section_id=x", "section_id"),
        ("statsu=closed", "status"),
    ];
    for (query, hint) in cases {
        let answer = service.get(&format!("{ITEMS}?{}", query.replace('\'', "%27"))).expect(400);
        assert!(answer.json()["detail"].as_str().unwrap().contains(hint), "{query}: {}", answer.text());
    }
    for (path, status) in [
        ("/api/collections/violation/items", 404),
        ("/api/collections/violations/items/0", 404),
        ("/api/collections/violations/items/abc", 404),
        ("/api/collections/violations/items/999999", 404),
        ("/api/nothing", 404),
        ("/api/collections/%ff/items", 400),
    ] {
        service.get(path).expect(status);
    }
    assert!(service.get("/api/collections/violation/items").text().contains("is violations meant?"));
    service.send("GET", ITEMS, &[("accept", "image/png")], "").expect(406);
    let refused = service.send("DELETE", ITEMS, &[], "").expect(405);
    assert!(refused.header("allow").contains("GET") && refused.header("allow").contains("POST"), "{refused:?}");
    let large = service.get(&format!("{ITEMS}?limit=99999999999")).expect(200);
    assert_eq!(large.features().len(), 10);
}

#[test]
fn formats_are_chosen_and_answers_compressed() {
    let (_place, service, _) = filled(200);
    let table = service.send("GET", ITEMS, &[("accept", "text/csv")], "").expect(200);
    assert!(table.header("content-type").starts_with("text/csv") && table.text().starts_with("id,external_id,rev"));
    assert_eq!(table.text().lines().count(), 101);
    let narrow = service.get(&format!("{ITEMS}?f=csv&properties=colour,status&limit=2")).expect(200).text();
    assert_eq!(narrow.lines().next(), Some("id,status,lon,lat,wkt,colour"));
    assert!(narrow.lines().all(|line| line.split(',').count() == 6), "{narrow}");
    assert!(table.header("link").contains("rel=\"next\""), "tables have pages, too");
    for encoding in ["zstd", "br", "gzip"] {
        let packed = service.send("GET", ITEMS, &[("accept-encoding", encoding)], "").expect(200);
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(packed.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("accept-encoding")));
        assert!(packed.body.len() < 20_000, "{encoding}: {}", packed.body.len());
    }
    let head = service.send("HEAD", ITEMS, &[], "");
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(service.send("OPTIONS", ITEMS, &[], "").status.as_u16() / 100, 2);
    let preflight = [("origin", "http://elsewhere.example"), ("access-control-request-method", "GET")];
    assert_eq!(service.send("OPTIONS", ITEMS, &preflight, "").header("access-control-allow-origin"), "*");
}

#[test]
fn paging_under_writes_neither_skips_nor_repeats() {
    let (_place, service, features) = filled(1_500);
    let mut untouched = names(&features);
    let mut seeded = Seeded(77);
    let mut seen: Vec<String> = Vec::new();
    let mut next = Some(format!("{ITEMS}?limit=40"));
    while let Some(path) = next {
        let json = service.get(&path).expect(200).json();
        seen.extend(
            json["features"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|feature| feature["properties"]["external_id"].as_str().map(str::to_owned)),
        );
        let link = json["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").cloned();
        next = link.map(|link| link["href"].as_str().unwrap().split_once(&service.base).unwrap().1.to_owned());
        for _ in 0..3 {
            let id = 1 + seeded.below(1_500);
            let path = format!("{ITEMS}/{id}");
            let found = service.get(&path);
            if found.status != 200 {
                continue;
            }
            untouched.remove(found.json()["properties"]["external_id"].as_str().unwrap());
            let geometry =
                json!({ "type": "Point", "coordinates": [105.6 + seeded.share() * 0.2, 34.5 + seeded.share() * 0.1] });
            if seeded.below(3) == 0 {
                service.send("DELETE", &path, &[("if-match", "*")], "");
            } else {
                let body = json!({ "geometry": geometry }).to_string();
                service.send("PATCH", &path, &[("if-match", "*"), crate::support::GEOJSON], body).expect(200);
            }
        }
        service
            .post(
                "violations",
                violation(105.6 + seeded.share() * 0.2, 34.5 + seeded.share() * 0.1, json!({})).to_string(),
            )
            .expect(201);
    }
    for name in &untouched {
        assert_eq!(seen.iter().filter(|one| *one == name).count(), 1, "{name}");
    }
}

#[test]
fn a_box_across_the_antimeridian_is_two() {
    let place = Place::new();
    let at = |lon: f64, name: &str| violation(lon, 0.0, json!({ "external_id": name }));
    place.import("violations", &collection(&[at(179.5, "east"), at(-179.5, "west"), at(0.0, "middle")]));
    let service = place.serve();
    let found = service.get(&format!("{ITEMS}?bbox=179,-1,-179,1")).expect(200);
    assert_eq!(names(&found.features()), ["east", "west"].map(str::to_owned).into());
    assert_eq!(found.json()["numberMatched"], 2);
}
