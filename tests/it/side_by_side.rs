//! Two processes on one store: a service, and an import beside it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Place, collection, violation};

#[test]
fn an_import_beside_the_service_appears_whole_and_holds_up_nobody() {
    let place = Place::new();
    let service = place.serve();
    let count: u64 = 20_000;
    let features: Vec<Json> = (0..count)
        .map(|at| {
            violation(105.7 + at as f64 / 1e6, 34.5, json!({ "external_id": format!("v{at}"), "source": "video" }))
        })
        .collect();
    let file = place.file("many.geojson", collection(&features));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (place, done) = (&place, &done);
        scope.spawn(move || {
            place.ok(&["import", "violations", file.to_str().unwrap()]);
            done.store(true, Ordering::Release);
        });
        let mut written = 0;
        while !done.load(Ordering::Acquire) {
            service.post("violations", violation(105.0, 34.0, json!({ "source": "patrol" })).to_string()).expect(201);
            written += 1;
            let there =
                service.get("/api/collections/violations/items?bbox=105.69,34.4,105.8,34.6&limit=1").expect(200).json()
                    ["numberMatched"]
                    .as_u64()
                    .unwrap();
            assert!(there == 0 || there == count, "{there}: a bulk commit appears whole");
        }
        assert!(written > 0, "small writes go on");
    });
    let deadline = Instant::now() + Duration::from_secs(5);
    while service.get("/api/collections/violations/items?bbox=105.69,34.4,105.8,34.6&limit=1").json()["numberMatched"]
        != count
    {
        assert!(Instant::now() < deadline, "the service follows");
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = place.ok(&["doctor", "--server", &format!("http://{}", service.base)]);
    assert!(told.contains("healthy"), "{told}");
}

#[test]
fn two_services_on_one_store_hold_the_same() {
    let place = Place::new();
    let (first, second) = (place.serve(), place.serve());
    for at in 0..20 {
        let writer = if at % 2 == 0 { &first } else { &second };
        let stored = writer
            .post("violations", violation(105.7, 34.5, json!({ "external_id": at.to_string() })).to_string())
            .expect(201);
        assert_eq!(
            writer.get(stored.header("location")).expect(200).body,
            stored.body,
            "who got the answer sees his own write"
        );
    }
    first.post("violations", violation(105.7, 34.5, json!({ "external_id": "7" })).to_string()).expect(409);
    let server = format!("http://{}", second.base);
    assert!(place.ok(&["doctor", "--server", &server]).contains("healthy"));
}
