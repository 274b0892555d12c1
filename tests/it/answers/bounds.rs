//! No question takes all memory, all threads or all turns: what is too much is refused, and what nobody waits for ends.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{cases_on, street};
use crate::support::{Place, Service, collection, violation};

/// A figure of the service's process in kB.
fn kilobytes(service: &Service, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Hundredths of a second that the service has worked.
fn ticks(service: &Service) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", service.child.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn detail(service: &Service, query: &str) -> String {
    service.get(&format!("/api/hotspots?{query}")).expect(400).json()["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_grid_too_fine_is_refused_with_one_that_goes() {
    let place = Place::new();
    let mut cases: Vec<Json> =
        [1, 2, 4, 5, 7, 8, 10, 11].iter().flat_map(|month| cases_on(0, 20, *month, 18)).collect();
    // The town is 16 km by 11 km.
    cases.push(violation(105.8755, 34.6, json!({ "occurred_at": "2026-03-05T09:00:00+08:00" })));
    cases.push(violation(105.87, 34.5, json!({ "occurred_at": "2026-11-28T09:00:00+08:00" })));
    place.import("violations", &collection(&cases));
    let service = place.serve();
    let refused = detail(&service, "unit=grid&cell_m=10");
    assert!(refused.starts_with("cell_m: "), "{refused}");
    let enough: f64 = refused.split("cell_m=").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    for method in ["ranking", "excess", "gi-star"] {
        let answer = service.get(&format!("/api/hotspots?unit=grid&cell_m={enough}&method={method}&empty=false"));
        let answer = answer.expect(200).json();
        assert!(
            (200_000..=300_000).contains(&answer["parameters"]["units"].as_u64().unwrap()),
            "{}",
            answer["parameters"]
        );
        assert!(answer["backtest"].is_object() || method != "ranking", "{answer}");
    }
    // Lists of neighbours are bounded, too; sums do without them.
    let lists = detail(&service, &format!("unit=grid&cell_m={enough}&method=gi-star&bandwidth_m=600"));
    assert!(lists.contains("larger cells or a shorter distance"), "{lists}");
    let peak = kilobytes(&service, "VmHWM");
    assert!(peak < 700_000, "{peak} kB");
}

#[test]
fn a_stray_case_is_named() {
    let place = Place::new();
    let mut cases = cases_on(0, 40, 3, 18);
    cases.extend(cases_on(3, 20, 4, 18));
    let stray = json!({ "occurred_at": "2026-03-05T09:00:00+08:00", "external_id": "out-1" });
    cases.push(violation(110.1, 39.0, stray));
    place.import("violations", &collection(&cases));
    let service = place.serve();
    let refused = detail(&service, "unit=grid");
    assert!(refused.contains("(out-1)") && refused.contains("110.1"), "{refused}");
    // One stray does not move the grid: the zone is that of the middle case.
    let answer = service.get("/api/hotspots?unit=grid&cell_m=2000&method=gi-star&empty=false").expect(200).json();
    assert_eq!(answer["parameters"]["grid_crs"], "EPSG:32648");
}

/// Streets of a town of blocks, so many junctions each way.
fn blocks(place: &Place, junctions: usize) {
    let at = |column: usize, row: usize| [105.7 + column as f64 * 0.001, 34.5 + row as f64 * 0.001];
    let mut sections = Vec::new();
    for row in 0..junctions {
        for column in 0..junctions {
            for end in [(column + 1, row), (column, row + 1)] {
                if end.0 < junctions && end.1 < junctions {
                    sections.push(json!({ "type": "Feature", "properties": { "class": "residential" },
                        "geometry": { "type": "LineString", "coordinates": [at(column, row), at(end.0, end.1)] } }));
                }
            }
        }
    }
    place.import("road-sections", &collection(&sections));
    place.import("violations", &collection(&cases_on(0, 25, 3, 18)));
}

#[test]
fn jobs_leave_a_turn_to_others_and_end_when_they_are_cancelled() {
    let place = Place::new();
    blocks(&place, 18);
    let service = place.serve();
    let jobs: Vec<String> = (0..6)
        .map(|job| {
            let query = format!("/api/hotspots?method=network-density&bandwidth_m={}", 5_000 + job);
            let asked = service.send("GET", &query, &[("prefer", "respond-async")], "");
            assert_eq!(asked.status.as_u16(), 202, "{}", asked.text());
            asked.header("location").to_owned()
        })
        .collect();
    let started = Instant::now();
    while service.get(&jobs[0]).json()["status"] != "running" {
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    service.get("/api/hotspots?method=gi-star").expect(200);
    assert!(started.elapsed() < Duration::from_secs(30), "a question waited for jobs");
    for job in &jobs {
        service.send("DELETE", job, &[], "").expect(200);
    }
    std::thread::sleep(Duration::from_secs(1));
    let before = ticks(&service);
    std::thread::sleep(Duration::from_secs(1));
    let worked = ticks(&service) - before;
    assert!(worked < 20, "cancelled work went on: {worked} ticks in a second");
    let peak = kilobytes(&service, "VmHWM");
    assert!(peak < 700_000, "{peak} kB");
}

#[test]
fn nobody_waits_for_what_is_asked_in_vain() {
    let place = Place::new();
    street(&place, &cases_on(0, 20, 3, 18));
    let service = place.serve();
    let answer = service.get("/api/hotspots?method=excess&from=2031-01-01&f=csv").expect(200);
    assert_eq!(
        answer.text(),
        "external_id,name,length_m,count,rate_per_100m,expected,excess,p,p_adjusted,significant,class\n"
    );
    let ran = place.run(&["hotspots", "--from", "2031-01-01", "--format", "csv"]);
    assert!(ran.stdout().starts_with("external_id,") && ran.stderr().contains("no rows"), "{}", ran.stderr());
    // A table and a collection share an address.
    let varying = service.send("GET", "/api/hotspots", &[("accept-encoding", "gzip")], "");
    let vary: Vec<&str> = varying.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(
        ["accept", "accept-encoding"].iter().all(|name| vary.join(",").split([',', ' ']).any(|word| word == *name)),
        "{vary:?}"
    );
    let told = place.run(&["hotspots", "--unit", "grid", "--method", "network-density"]);
    assert!(told.stderr().contains("--unit sections") && !told.stderr().contains("unit="), "{}", told.stderr());
}
