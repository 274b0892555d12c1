//! Questions about cases as people ask them: hotspots, recurrence, time, before and after, effort, jobs.

mod asking;
mod boston;
mod bounds;
mod effort;
mod jobs;
mod fairness;
mod qinzhou;
mod recurring;

use serde_json::{Value as Json, json};

use crate::support::{Place, collection, violation};

/// A street of four sections along a parallel, about 92 m each, and cases on them.
pub fn street(place: &Place, cases: &[Json]) {
    let sections: Vec<Json> = (0..4)
        .map(|at| {
            let west = 105.7 + f64::from(at) * 0.001;
            json!({ "type": "Feature", "properties": { "external_id": format!("s{at}"), "class": "residential", "name": format!("路{at}") },
                "geometry": { "type": "LineString", "coordinates": [[west, 34.5], [west + 0.001, 34.5]] } })
        })
        .collect();
    place.import("road-sections", &collection(&sections));
    place.import("violations", &collection(cases));
}

/// Cases on the middle of section `at`, one a day from the first of a month of 2026, at a local hour.
pub fn cases_on(at: usize, count: usize, month: u32, hour: u32) -> Vec<Json> {
    (0..count)
        .map(|day| {
            let time = format!("2026-{month:02}-{:02}T{hour:02}:{:02}:00+08:00", day % 28 + 1, day / 28);
            violation(105.7005 + at as f64 * 0.001, 34.500_01, json!({ "occurred_at": time }))
        })
        .collect()
}
