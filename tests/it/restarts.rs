//! Any interleaving of changes, bulk imports, folds and restarts leaves what a rebuild gives.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, Seeded, Service, collection, violation};

const ITEMS: &str = "/api/collections/violations/items";

fn place_of(seeded: &mut Seeded) -> (f64, f64) {
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    (round(105.6 + seeded.share() * 0.2), round(34.5 + seeded.share() * 0.1))
}

/// External ids and where their features are.
type Model = BTreeMap<String, (f64, f64)>;

fn held(service: &Service) -> Model {
    let mut all = Model::new();
    let mut next = Some(format!("{ITEMS}?limit=1000"));
    while let Some(path) = next {
        let json = service.get(&path).expect(200).json();
        for feature in json["features"].as_array().unwrap() {
            let at = &feature["geometry"]["coordinates"];
            let name = feature["properties"]["external_id"].as_str().unwrap().to_owned();
            assert_eq!(all.insert(name, (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())), None);
        }
        let link = json["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").cloned();
        next = link.map(|link| link["href"].as_str().unwrap().split_once(&service.base).unwrap().1.to_owned());
    }
    all
}

/// One feature by its external id, as the service holds it.
fn path_of(service: &Service, name: &str) -> String {
    let found = service.get(&format!("{ITEMS}?external_id={name}")).expect(200).features();
    format!("{ITEMS}/{}", found[0]["id"])
}

fn step(place: &Place, service: &Service, model: &mut Model, seeded: &mut Seeded, count: &mut u64) {
    let some =
        (!model.is_empty()).then(|| model.keys().nth(seeded.below(model.len() as u64) as usize).cloned()).flatten();
    match (seeded.below(20), some) {
        (0, _) => {
            // More than the overlay takes: the world rebuilds the chunks it touches.
            let features: Vec<Json> = (0..2_500)
                .map(|_| {
                    *count += 1;
                    let (name, at) = (format!("b{count}"), place_of(seeded));
                    model.insert(name.clone(), at);
                    violation(at.0, at.1, json!({ "external_id": name }))
                })
                .collect();
            place.import("violations", &collection(&features));
            while service.get(&format!("{ITEMS}?limit=1")).json()["numberMatched"] != model.len() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
        (1..=4, Some(name)) => {
            service.send("DELETE", &path_of(service, &name), &[("if-match", "*")], "");
            model.remove(&name);
        }
        (5..=10, Some(name)) => {
            let at = place_of(seeded);
            let body = json!({ "geometry": { "type": "Point", "coordinates": [at.0, at.1] } }).to_string();
            service.send("PATCH", &path_of(service, &name), &[GEOJSON, ("if-match", "*")], body).expect(200);
            model.insert(name, at);
        }
        _ => {
            *count += 1;
            let (name, at) = (format!("v{count}"), place_of(seeded));
            service.post("violations", violation(at.0, at.1, json!({ "external_id": name })).to_string()).expect(201);
            model.insert(name, at);
        }
    }
}

#[test]
fn any_interleaving_equals_a_rebuild() {
    for seed in [1, 2] {
        let place = Place::new();
        let mut seeded = Seeded(seed);
        let (mut model, mut count) = (Model::new(), 0);
        for _life in 0..4 {
            let service = place.serve();
            assert_eq!(held(&service), model, "after a restart");
            for _ in 0..20 + seeded.below(60) {
                step(&place, &service, &mut model, &mut seeded, &mut count);
            }
            assert_eq!(held(&service), model, "while it runs");
            let told = place.ok(&["doctor", "--server", &format!("http://{}", service.base)]);
            assert!(told.contains("healthy"), "{told}");
            if seeded.below(2) == 0 {
                assert_eq!(service.end("-TERM"), 0);
            }
        }
    }
}
