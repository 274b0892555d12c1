//! Killing a service while it writes, and looking at what is left.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, Seeded, Service, collection, violation};

/// Features of one collection that is written at once.
pub const BATCH: usize = 5;
const WRITERS: u64 = 4;

/// What the writers were told.
#[derive(Default)]
pub struct Told {
    /// Batches by name, and the last status that was acknowledged for each of their features.
    batches: BTreeMap<String, Vec<u64>>,
    /// Features whose change was acknowledged.
    closed: Vec<u64>,
}

/// Writes until the service is gone.
pub fn write(service: &Service, name: &str, told: &Mutex<Told>, stop: &AtomicBool) {
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        count += 1;
        let batch = format!("{name}-{count}");
        let features: Vec<Json> =
            (0..BATCH).map(|at| violation(105.7, 34.5 + at as f64 / 1e3, json!({ "batch": batch }))).collect();
        let Ok(answer) =
            service.try_send("POST", "/api/collections/violations/items", &[GEOJSON], collection(&features).into())
        else {
            return;
        };
        if answer.status != 201 {
            return;
        }
        let ids: Vec<u64> = answer.features().iter().map(|feature| feature["id"].as_u64().unwrap()).collect();
        let first = ids[0];
        told.lock().unwrap().batches.insert(batch, ids);
        let path = format!("/api/collections/violations/items/{first}");
        let body = r#"{"properties":{"status":"closed"}}"#;
        match service.try_send("PATCH", &path, &[GEOJSON, ("if-match", "*")], body.into()) {
            Ok(answer) if answer.status == 200 => told.lock().unwrap().closed.push(first),
            _ => return,
        }
    }
}

/// One life and violent death of a service; then everything acknowledged must be there, and nothing torn.
pub fn round(place: &Place, seed: u64) {
    let service = place.serve();
    let told = Mutex::new(Told::default());
    let stop = AtomicBool::new(false);
    let pid = service.child.id().to_string();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (service, told, stop) = (&service, &told, &stop);
            scope.spawn(move || write(service, &format!("{seed}-{writer}"), told, stop));
        }
        std::thread::sleep(Duration::from_millis(20 + Seeded(seed).below(150)));
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        stop.store(true, Ordering::Relaxed);
    });
    drop(service);
    let told = told.into_inner().unwrap();
    let lines = place.ok(&["export", "violations", "-f", "geojsonl"]);
    let mut stored: BTreeMap<u64, Json> = BTreeMap::new();
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines.lines() {
        let feature: Json = serde_json::from_str(line).unwrap();
        *sizes.entry(feature["properties"]["batch"].as_str().unwrap().to_owned()).or_default() += 1;
        stored.insert(feature["id"].as_u64().unwrap(), feature);
    }
    for (batch, ids) in &told.batches {
        for id in ids {
            assert_eq!(
                stored.get(id).map(|feature| &feature["properties"]["batch"]),
                Some(&json!(batch)),
                "an acknowledged write is lost"
            );
        }
    }
    for id in &told.closed {
        assert_eq!(stored[id]["properties"]["status"], "closed", "an acknowledged change is lost");
    }
    for (batch, size) in sizes {
        assert_eq!(size, BATCH, "{batch} is torn");
    }
}
