//! Commits over a large world: how long one takes to become visible, here and in another process, and what readers and
//! small writers feel while a bulk import goes on beside them. `commits [FEATURES]`, 1,000,000 unless told otherwise.

#[path = "../it/support.rs"]
#[allow(dead_code)]
mod support;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use support::{GEOJSON, Place, Seeded, Service, collection, violation};

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let place = Place::new();
    let file = lines(&place, "v", count);
    let started = Instant::now();
    place.ok(&["import", "violations", file.to_str().unwrap()]);
    println!("import of {count}: {:.1} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let first = place.serve();
    println!(
        "ready after a restart: {:.1} s, {} MiB resident",
        started.elapsed().as_secs_f64(),
        first.resident() >> 20
    );
    one_by_one(&first);
    let second = place.serve();
    followed(&first, &second);
    drop(second);
    beside_a_bulk_import(&place, &first, count / 10);
    println!("at the end: {} MiB resident", first.resident() >> 20);
}

/// A file of clustered cases, one a line.
fn lines(place: &Place, prefix: &str, count: u64) -> PathBuf {
    let path = place.path().join(format!("{prefix}.geojsonl"));
    let mut out = BufWriter::new(std::fs::File::create(&path).unwrap());
    let mut seeded = Seeded(count);
    for at in 0..count {
        let (lon, lat) = (105.6 + seeded.share() * seeded.share() * 0.2, 34.5 + seeded.share() * seeded.share() * 0.1);
        let extra =
            json!({ "external_id": format!("{prefix}{at}"), "source": "patrol", "description": format!("case {at}") });
        writeln!(out, "{}", violation(lon, lat, extra)).unwrap();
    }
    out.flush().unwrap();
    path
}

fn percentiles(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what}: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms of {}", at(0.5), at(0.99), at(1.0), times.len());
}

fn one_by_one(service: &Service) {
    let times = (0..2_000)
        .map(|at| {
            let body = violation(105.7, 34.5, json!({ "external_id": format!("one{at}") })).to_string();
            let started = Instant::now();
            service.post("violations", body).expect(201);
            started.elapsed()
        })
        .collect();
    percentiles("a durable commit of one, acknowledged and visible (with a connection of its own)", times);
    let metrics = service.get("/metrics").text();
    for line in metrics.lines().filter(|line| line.starts_with("patrolmap_publish")) {
        println!("  {line}");
    }
}

fn matched(service: &Service) -> u64 {
    let path = "/api/collections/violations/items?bbox=10,10,11,11&limit=1";
    service.get(path).expect(200).json()["numberMatched"].as_u64().unwrap()
}

/// A commit of 1,000 by one process, until another has it.
fn followed(writer: &Service, follower: &Service) {
    let mut times = Vec::new();
    for round in 0..30 {
        let features: Vec<_> =
            (0..1_000).map(|at| violation(10.5, 10.0 + f64::from(at) / 1e3, json!({ "round": round }))).collect();
        let before = matched(follower);
        writer.send("POST", "/api/collections/violations/items", &[GEOJSON], collection(&features)).expect(201);
        let started = Instant::now();
        while matched(follower) != before + 1_000 {}
        times.push(started.elapsed());
    }
    percentiles("a commit of 1,000, from its acknowledgement until another process shows it", times);
}

fn beside_a_bulk_import(place: &Place, service: &Service, count: u64) {
    let file = lines(place, "bulk", count);
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let took = std::thread::scope(|scope| {
        let importing = scope.spawn(|| import(place, &file));
        while !importing.is_finished() {
            let started = Instant::now();
            service.get("/api/collections/violations/items?bbox=105.65,34.52,105.651,34.521&limit=1000").expect(200);
            reads.push(started.elapsed());
            let body = violation(105.7, 34.5, json!({})).to_string();
            let started = Instant::now();
            service.post("violations", body).expect(201);
            writes.push(started.elapsed());
        }
        importing.join().unwrap()
    });
    println!("a bulk import of {count} beside the service: {:.1} s", took.as_secs_f64());
    percentiles("reads meanwhile", reads);
    percentiles("small writes meanwhile", writes);
}

fn import(place: &Place, file: &Path) -> Duration {
    let started = Instant::now();
    place.ok(&["import", "violations", file.to_str().unwrap()]);
    started.elapsed()
}
