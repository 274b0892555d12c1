//! Writing over HTTP: create, replace, merge, delete, guards, repetition, history, who may.

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, Service, collection, violation};

const ITEMS: &str = "/api/collections/violations/items";
const ANY: (&str, &str) = ("if-match", "*");

fn one() -> String {
    violation(105.7, 34.5, json!({ "external_id": "a", "colour": { "h": 1, "s": 2 } })).to_string()
}

fn patch(service: &Service, path: &str, guard: &str, body: &Json) -> crate::support::Answer {
    service.send(
        "PATCH",
        path,
        &[("if-match", guard), ("content-type", "application/merge-patch+json")],
        body.to_string(),
    )
}

#[test]
fn a_feature_lives_its_life() {
    let place = Place::new();
    let service = place.serve_with(&["--actor", "li"]);
    let created = service.post("violations", one()).expect(201);
    let path = created.header("location").to_owned();
    let first = created.header("etag").to_owned();
    assert_eq!(service.get(&path).expect(200).body, created.body);
    assert_eq!(created.json()["properties"]["status"], "reported", "defaults are taken");

    service.send("PATCH", &path, &[GEOJSON], "{}").expect(428);
    let patched =
        patch(&service, &path, &first, &json!({ "properties": { "status": "closed", "colour": { "h": null } } }))
            .expect(200);
    assert_eq!(patched.json()["properties"]["colour"], json!({ "s": 2 }));
    assert_eq!(patched.json()["properties"]["external_id"], "a");
    let stale = patch(&service, &path, &first, &json!({})).expect(412);
    assert_eq!(stale.header("etag"), patched.header("etag"));

    let replaced = violation(105.71, 34.5, json!({ "category": "04-06" })).to_string();
    let replaced = service.send("PUT", &path, &[GEOJSON, ("if-match", patched.header("etag"))], replaced).expect(200);
    assert_eq!(replaced.json()["properties"]["category"], "street-encroachment");
    assert_eq!(replaced.json()["properties"].get("colour"), None);
    assert_eq!(replaced.json()["properties"]["external_id"], "a", "identity stays");

    // What was read can be written back.
    let again = service
        .send("PUT", &path, &[GEOJSON, ("if-match", replaced.header("etag"))], replaced.body.clone())
        .expect(200);
    assert_ne!(again.header("etag"), replaced.header("etag"), "every write takes a new revision");

    service.send("DELETE", &path, &[], "").expect(428);
    assert_eq!(service.send("DELETE", &path, &[ANY], "").status, 204);
    service.get(&path).expect(404);
    service.send("DELETE", &path, &[ANY], "").expect(404);
    let history = service.get(&format!("{path}/history")).expect(200).json();
    let operations: Vec<&str> =
        history["history"].as_array().unwrap().iter().map(|entry| entry["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["create", "update", "update", "update", "delete"]);
    assert_eq!(history["history"][0]["actor"], "li");
    assert_eq!(history["history"][0]["feature"], created.json());
    assert_eq!(history["history"][1]["feature"], patched.json());
    assert_eq!(history["history"][4]["feature"], Json::Null);
    let next = service.post("violations", one()).expect(201);
    assert_ne!(next.header("location"), path, "ids are never reused");
}

#[test]
fn a_collection_is_stored_whole_or_not_at_all() {
    let place = Place::new();
    let service = place.serve();
    let good = violation(105.7, 34.5, json!({}));
    let stored = service.post("violations", collection(&[good.clone(), good.clone(), good.clone()])).expect(201);
    assert_eq!(stored.features().len(), 3);
    let mut bad = good.clone();
    bad["properties"]["category"] = json!("x");
    let refused = service.post("violations", collection(&[good.clone(), bad])).expect(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/features/1/properties/category");
    let named = violation(105.7, 34.5, json!({ "external_id": "same" }));
    let refused = service.post("violations", collection(&[good, named.clone(), named])).expect(409);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/features/2/properties/external_id");
    assert_eq!(service.get(&format!("{ITEMS}?limit=1")).json()["numberMatched"], 3);
}

#[test]
fn a_repeated_request_gets_the_same_answer() {
    let place = Place::new();
    let service = place.serve();
    let key = [GEOJSON, ("idempotency-key", "k-1")];
    let body = violation(105.7, 34.5, json!({})).to_string();
    let first = service.send("POST", ITEMS, &key, body.clone()).expect(201);
    let again = service.send("POST", ITEMS, &key, body.clone()).expect(201);
    assert_eq!(
        (first.body.clone(), first.header("location"), first.header("etag")),
        (again.body.clone(), again.header("location"), again.header("etag"))
    );
    service.send("POST", ITEMS, &key, one()).expect(422);
    drop(service);
    let service = place.serve();
    assert_eq!(service.send("POST", ITEMS, &key, body.clone()).expect(201).body, first.body, "also after a restart");
    assert_eq!(service.get(ITEMS).json()["numberMatched"], 1);
    service.send("POST", ITEMS, &[GEOJSON, ("idempotency-key", "")], body.clone()).expect(400);
    // A refused request may come again, mended, under its key.
    let other = [GEOJSON, ("idempotency-key", "k-2")];
    service.send("POST", ITEMS, &other, violation(105.7, 34.5, json!({ "category": "x" })).to_string()).expect(422);
    service.send("POST", ITEMS, &other, body).expect(201);
}

#[test]
fn conflicts_name_what_is_in_the_way() {
    let place = Place::new();
    let service = place.serve();
    service.post("violations", one()).expect(201);
    let taken = service.post("violations", one()).expect(409);
    assert_eq!(taken.json()["errors"][0]["pointer"], "/properties/external_id");
    let squad = json!({ "type": "Feature", "geometry": null, "properties": { "code": "A", "name": "A", "kind": "area", "status": "active" } });
    let path = service.post("squads", squad.to_string()).expect(201).header("location").to_owned();
    assert_eq!(
        service.post("squads", squad.to_string()).expect(409).json()["errors"][0]["pointer"],
        "/properties/code"
    );
    let assistant = json!({ "type": "Feature", "geometry": null, "properties": { "code": "x", "squad_code": "A" } });
    service.post("assistants", assistant.to_string()).expect(201);
    service.send("DELETE", &path, &[ANY], "").expect(409);
    let lost = json!({ "type": "Feature", "geometry": null, "properties": { "code": "y", "squad_id": 99 } });
    assert!(service.post("assistants", lost.to_string()).expect(422).text().contains("squad_id"));
}

#[test]
fn bodies_are_bounded_and_typed() {
    let place = Place::new();
    let service = place.serve();
    service.send("POST", ITEMS, &[("content-type", "text/csv")], "a,b").expect(415);
    service.send("POST", ITEMS, &[], one()).expect(415);
    service.send("POST", ITEMS, &[GEOJSON, ("content-encoding", "gzip")], one()).expect(415);
    let long = violation(105.7, 34.5, json!({ "note": "x".repeat(1 << 20) })).to_string();
    service.post("violations", long.clone()).expect(413);
    let path = service.post("violations", one()).expect(201).header("location").to_owned();
    service.send("PUT", &path, &[GEOJSON, ANY], long).expect(413);
    service.send("POST", &format!("{ITEMS}?frce=true"), &[GEOJSON], one()).expect(400);
    service.send("POST", &format!("{ITEMS}?force=perhaps"), &[GEOJSON], one()).expect(400);
    service.send("PUT", &path, &[GEOJSON, ANY], collection(&[])).expect(400);
    let in_utm = r#"{"type":"Feature","properties":{"category":"other","occurred_at":"2026-01-01"},"geometry":{"type":"Point","coordinates":[564300,3826000]}}"#;
    let stored = service.send("POST", &format!("{ITEMS}?crs=EPSG:32648"), &[GEOJSON], in_utm).expect(201);
    assert!((stored.json()["geometry"]["coordinates"][0].as_f64().unwrap() - 105.70).abs() < 0.01);
    assert_eq!(
        stored.json()["properties"]["occurred_at"],
        "2025-12-31T16:00:00Z",
        "local times are read in the configured zone"
    );
}

#[test]
fn strangers_do_not_write() {
    let place = Place::new();
    let service = place.serve();
    for header in [("host", "evil.example"), ("origin", "http://evil.example"), ("origin", "null")] {
        service.send("POST", ITEMS, &[GEOJSON, header], one()).expect(403);
    }
    let own = format!("http://{}", service.base);
    service.send("POST", ITEMS, &[GEOJSON, ("origin", &own)], one()).expect(201);
    service.send("GET", ITEMS, &[("host", "evil.example"), ("origin", "http://evil.example")], "").expect(200);
}

#[test]
fn another_address_than_loopback_is_read_only_unless_open() {
    let place = Place::new();
    for (arguments, status) in [(vec!["--listen", "0.0.0.0:0"], 403), (vec!["--listen", "0.0.0.0:0", "--open"], 201)] {
        let mut child = place
            .command(&[&["serve"], arguments.as_slice()].concat())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
        let said = lines.next().unwrap().unwrap();
        let port = said.split("0.0.0.0:").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let warned = lines.next().unwrap().unwrap();
        assert!(warned.contains("--open") || warned.starts_with("open"), "{warned}");
        let service = Service { child, base: format!("127.0.0.1:{port}") };
        while service.get("/readyz").status != 200 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        service.post("violations", violation(1.0, 1.0, json!({})).to_string()).expect(status);
        service.get(ITEMS).expect(200);
    }
}

#[test]
fn the_guard_can_be_lifted_by_configuration() {
    let place = Place::new();
    std::fs::create_dir_all(place.data()).unwrap();
    std::fs::write(place.data().join("patrolmap.toml"), "require_if_match = false\n").unwrap();
    let service = place.serve();
    let path = service.post("violations", one()).expect(201).header("location").to_owned();
    service.send("PATCH", &path, &[GEOJSON], r#"{"properties":{"status":"closed"}}"#).expect(200);
    service.send("PATCH", &path, &[GEOJSON, ("if-match", "\"1\"")], "{}").expect(412);
    assert_eq!(service.send("DELETE", &path, &[], "").status, 204);
}

#[test]
fn while_it_loads_the_service_says_so() {
    let place = Place::new();
    let features: Vec<Json> = (0..20_000).map(|at| violation(105.0 + f64::from(at) / 1e5, 34.0, json!({}))).collect();
    place.import("violations", &collection(&features));
    let mut child =
        place.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let said = lines.next().unwrap().unwrap();
    let base = said.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let service = Service { child, base };
    service.get("/healthz").expect(200);
    let mut early = 0;
    loop {
        let answer = service.get(ITEMS);
        if answer.status == 200 {
            assert_eq!(answer.json()["numberMatched"], 20_000);
            break;
        }
        assert_eq!(answer.header("retry-after"), "1");
        answer.expect(503);
        early += 1;
    }
    assert!(early > 0, "twenty thousand features are not loaded before the first request");
}
