//! Recurrence through the door equals looking at every pair of the stored cases.

use serde_json::{Value as Json, json};

use crate::nearest::metres;
use crate::support::{Place, Seeded, collection, violation};

/// Groups by joining labels until nothing changes.
fn groups(cases: &[(f64, f64, i64, &str)], distance: f64, seconds: i64) -> Vec<usize> {
    let mut label: Vec<usize> = (0..cases.len()).collect();
    loop {
        let mut changed = false;
        for a in 0..cases.len() {
            for b in 0..a {
                let near = cases[a].3 == cases[b].3
                    && (cases[a].2 - cases[b].2).abs() <= seconds
                    && metres((cases[a].0, cases[a].1), (cases[b].0, cases[b].1)) <= distance;
                if near && label[a] != label[b] {
                    let least = label[a].min(label[b]);
                    (label[a], label[b]) = (least, least);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut sizes = vec![0; cases.len()];
    label.iter().for_each(|label| sizes[*label] += 1);
    sizes.retain(|size| *size > 0);
    sizes.sort_unstable();
    sizes
}

#[test]
fn in_a_straight_line_it_equals_looking_at_every_pair() {
    let place = Place::new();
    let mut seeded = Seeded(11);
    let categories = ["noise", "dumping"];
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    let cases: Vec<(f64, f64, i64, &str)> = (0..400)
        .map(|_| {
            let at = (round(105.70 + seeded.share() * 0.01), round(34.50 + seeded.share() * 0.01));
            (at.0, at.1, 1_770_000_000 + seeded.below(90 * 86_400) as i64, categories[seeded.below(2) as usize])
        })
        .collect();
    let features: Vec<Json> = cases
        .iter()
        .map(|(lon, lat, time, category)| {
            let at = jiff::Timestamp::from_second(*time).unwrap().to_string();
            violation(*lon, *lat, json!({ "category": category, "occurred_at": at }))
        })
        .collect();
    place.import("violations", &collection(&features));
    let service = place.serve();
    for (distance, days) in [(40.0, 10.0), (90.0, 30.0), (150.0, 3.0)] {
        let query = format!("/api/recurrence?by=line&distance_m={distance}&window_days={days}&limit=1000");
        let answer = service.get(&query).expect(200).json();
        let wanted = groups(&cases, distance, (days * 86_400.0) as i64);
        let large: Vec<usize> = wanted.iter().copied().filter(|size| *size >= 3).collect();
        let told = &answer["recurrence"];
        assert_eq!(told["groups"], wanted.len(), "{query}");
        assert_eq!(told["groups_of_3"], large.len(), "{query}");
        let inside: usize = large.iter().sum();
        assert_eq!(told["cases_in_groups_of_3"], inside);
        assert!((told["share_in_groups_of_3"].as_f64().unwrap() - inside as f64 / 400.0).abs() < 1e-6);
        let mut sizes: Vec<usize> = answer["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["properties"]["count"].as_u64().unwrap() as usize)
            .collect();
        assert!(sizes.is_sorted_by(|a, b| a >= b), "the largest first: {sizes:?}");
        sizes.sort_unstable();
        assert_eq!(sizes, large, "{query}");
        let months: u64 =
            answer["months"].as_array().unwrap().iter().map(|month| month["count"].as_u64().unwrap()).sum();
        assert_eq!(months, 400);
    }
}

#[test]
fn along_the_streets_a_wall_parts_what_is_near() {
    let place = Place::new();
    // Two streets 20 m apart that meet only at a far end.
    let line = |name: &str, ends: [[f64; 2]; 3]| {
        json!({ "type": "Feature", "properties": { "external_id": name, "class": "residential" },
            "geometry": { "type": "LineString", "coordinates": ends } })
    };
    let north = 34.500_18;
    let streets = [
        line("near", [[105.700, 34.5], [105.705, 34.5], [105.710, 34.5]]),
        line("far", [[105.710, 34.5], [105.710, north], [105.700, north]]),
    ];
    place.import("road-sections", &collection(&streets));
    let at = |lon: f64, lat: f64, day: usize| {
        violation(lon, lat, json!({ "occurred_at": format!("2026-03-{:02}T08:00:00Z", day + 1) }))
    };
    let cases = [at(105.701, 34.5, 0), at(105.701, north, 1), at(105.7012, 34.5, 2), at(105.7013, 34.5, 3)];
    place.import("violations", &collection(&cases));
    let service = place.serve();
    let told = |query: &str| service.get(&format!("/api/recurrence?distance_m=30&{query}")).expect(200).json();
    let along = told("");
    assert_eq!(along["parameters"]["by"], "walk");
    assert_eq!(along["recurrence"]["groups"], 2, "{along}");
    assert_eq!(along["features"][0]["properties"]["count"], 3);
    assert_eq!(along["features"][0]["properties"]["section_external_id"], "near");
    assert_eq!(along["recurrence"]["days_to_recur"]["median"], 1.0);
    assert_eq!(told("by=line")["recurrence"]["groups"], 1);
    assert_eq!(told("window_days=1.5")["recurrence"]["groups"], 3, "the first and the third are two days apart");
}
