//! Long work that is come back for: progress, result, cancelling.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{cases_on, street};
use crate::support::{Place, Service};

const ASYNC: (&str, &str) = ("prefer", "respond-async");

fn finished(service: &Service, path: &str) -> Json {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let job = service.get(path).expect(200).json();
        let progress = job["progress"].as_f64().unwrap();
        assert!((0.0..=100.0).contains(&progress), "{job}");
        if !["accepted", "running"].contains(&job["status"].as_str().unwrap()) {
            return job;
        }
        assert!(Instant::now() < deadline, "{job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn work_is_asked_for_and_come_back_for() {
    let place = Place::new();
    street(&place, &cases_on(0, 25, 3, 18));
    let service = place.serve();
    let asked = service.send("GET", "/api/hotspots?method=near-repeat&seed=3", &[ASYNC], "");
    assert_eq!(asked.status.as_u16(), 202, "{}", asked.text());
    assert_eq!(asked.header("preference-applied"), "respond-async");
    let path = asked.header("location").to_owned();
    let job = finished(&service, &path);
    assert_eq!((job["status"].as_str(), job["progress"].as_f64()), (Some("successful"), Some(100.0)), "{job}");
    let result = service.get(&format!("{path}/result")).expect(200);
    assert_eq!(result.header("content-type"), "application/geo+json");
    assert_eq!(job["result"], result.json());
    // At once, it is the same.
    let at_once = service.get("/api/hotspots?method=near-repeat&seed=3").expect(200);
    assert_eq!(at_once.body, result.body);
    // What waits long enough gets it at once.
    let waited = service.send("GET", "/api/hotspots?method=moran", &[("prefer", "respond-async, wait=30")], "");
    assert_eq!(waited.status.as_u16(), 200, "{}", waited.text());
    service.get("/api/jobs/12345").expect(404);
    service.get("/api/jobs/x").expect(404);
    service.send("DELETE", "/api/jobs/12345", &[], "").expect(404);
}

#[test]
fn work_is_cancelled_and_ends() {
    let place = Place::new();
    let mut cases = Vec::new();
    for month in 1..=8 {
        for section in 0..4 {
            cases.extend(cases_on(section, 50, month, 18));
        }
    }
    street(&place, &cases);
    let service = place.serve();
    // More draws than anybody waits for.
    let long = "/api/hotspots?method=near-repeat&permutations=99999&distances=100,200,300,400&days=30,60,90,120,150,180,210,240";
    // More of them than are worked on at a time: if one went on, the last question would wait for it.
    let paths: Vec<String> = (0..10)
        .map(|seed| {
            let asked = service.send("GET", &format!("{long}&seed={seed}"), &[ASYNC], "");
            assert_eq!(asked.status.as_u16(), 202, "{}", asked.text());
            asked.header("location").to_owned()
        })
        .collect();
    for path in &paths {
        let early = service.get(&format!("{path}/result")).expect(404).json();
        assert!(early["detail"].as_str().unwrap().contains("not finished"), "{early}");
        let job = service.send("DELETE", path, &[], "").expect(200).json();
        assert_eq!(job["status"], "dismissed", "{job}");
        assert_eq!(service.get(path).expect(200).json()["status"], "dismissed");
        service.get(&format!("{path}/result")).expect(404);
        // Again is the same.
        assert_eq!(service.send("DELETE", path, &[], "").expect(200).json()["status"], "dismissed");
    }
    let started = Instant::now();
    service.get("/api/hotspots?method=gi-star").expect(200);
    assert!(started.elapsed() < Duration::from_secs(20), "cancelled work still works");
}
