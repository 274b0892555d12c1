//! Any sequence of plans, roll-backs, moves by hand, zones by hand, splits and merges: each section has one owner, zones
//! tile the jurisdiction to the last step of the grid, and the past stays what it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::plans::{BLOCK, SOUTH, WEST, all, grid, owners, owners_planned, plans, propose, publish, squad, town};
use crate::support::{GEOJSON, Place, Seeded, Service, violation};

/// Twice the area of a shape in squares of the grid.
fn squares(geometry: &Json) -> i128 {
    let at = |place: &Json, axis: usize| (place[axis].as_f64().unwrap() * 1e7).round() as i128;
    let ring = |ring: &Json| {
        let ring = ring.as_array().unwrap();
        let doubled = |ends: &[Json]| at(&ends[0], 0) * at(&ends[1], 1) - at(&ends[1], 0) * at(&ends[0], 1);
        ring.windows(2).map(doubled).sum::<i128>().abs()
    };
    let polygon = |rings: &Json| {
        let rings = rings.as_array().unwrap();
        ring(&rings[0]) - rings[1..].iter().map(ring).sum::<i128>()
    };
    match geometry["type"].as_str().unwrap() {
        "Polygon" => polygon(&geometry["coordinates"]),
        _ => geometry["coordinates"].as_array().unwrap().iter().map(polygon).sum(),
    }
}

fn check_tiling(service: &Service) {
    let whole: i128 = all(service, "jurisdictions").iter().map(|own| squares(&own["geometry"])).sum();
    let zones = all(service, "squad-zones");
    let open: Vec<&Json> = zones.iter().filter(|zone| zone["properties"]["valid_to"].is_null()).collect();
    let squads: BTreeSet<i64> = open.iter().map(|zone| zone["properties"]["squad_id"].as_i64().unwrap()).collect();
    assert_eq!(squads.len(), open.len(), "one zone a squad");
    assert_eq!(open.iter().map(|zone| squares(&zone["geometry"])).sum::<i128>(), whole, "zones tile the jurisdiction");
}

/// What the test believes, kept beside the service.
#[derive(Default)]
struct Replay {
    /// Owners from a moment on, oldest first.
    log: Vec<(String, i64, BTreeMap<i64, i64>)>,
    /// Squads of violations that happened before now.
    past: BTreeMap<i64, Json>,
}

impl Replay {
    fn in_force(&self) -> Option<i64> {
        self.log.last().map(|(_, plan, _)| *plan)
    }

    fn published(&mut self, service: &Service, plan: i64) {
        std::thread::sleep(Duration::from_millis(2));
        self.log.push((jiff::Timestamp::now().to_string(), plan, owners_planned(service, plan)));
    }

    /// Pieces have the owner of what they came from, in every plan in which all of those had the same.
    fn descended(&mut self, parents: &[i64], children: &[i64]) {
        for (_, _, owned) in &mut self.log {
            let squads: BTreeSet<Option<i64>> = parents.iter().map(|parent| owned.get(parent).copied()).collect();
            if let (1, Some(Some(squad))) = (squads.len(), squads.first()) {
                owned.extend(children.iter().map(|child| (*child, *squad)));
            }
        }
    }

    fn check(&mut self, service: &Service) {
        let there = owners(service);
        if let Some((_, plan, owned)) = self.log.last() {
            let expected: BTreeMap<i64, i64> =
                there.keys().map(|section| (*section, owned.get(section).copied().unwrap_or(0))).collect();
            assert_eq!(there, expected, "each section has the squad of plan {plan}, or none where it is new");
            check_tiling(service);
        }
        let violations = all(service, "violations");
        let known: BTreeMap<i64, Json> =
            violations.iter().map(|own| (own["id"].as_i64().unwrap(), own["properties"]["squad_id"].clone())).collect();
        for (id, before) in &self.past {
            assert_eq!(known[id], *before, "the owner of violation {id} has changed");
        }
        self.past = known;
    }

    /// As of any moment it is what a replay of the history says.
    fn check_as_of(&self, service: &Service, random: &mut Seeded) {
        for (moment, plan, owned) in &self.log {
            let then = service.get(&format!("/api/plans?at={moment}")).expect(200).json();
            assert_eq!(then["plans"][0]["id"], *plan, "at {moment}: {then}");
            let late = report(service, random, moment);
            let section = late["properties"]["section_id"].as_i64().unwrap();
            assert_eq!(late["properties"]["squad_id"].as_i64(), owned.get(&section).copied(), "{late}");
        }
    }
}

fn report(service: &Service, random: &mut Seeded, at: &str) -> Json {
    let place = [WEST + (random.below(5) as f64 + 0.4) * BLOCK, SOUTH + random.below(6) as f64 * BLOCK + 0.00003];
    let sent = violation(grid(place[0]), grid(place[1]), json!({ "occurred_at": at }));
    service.post("violations", sent.to_string()).expect(201).json()
}

fn tag(service: &Service, plan: i64) -> String {
    service.get(&format!("/api/plans/{plan}")).expect(200).header("etag").to_owned()
}

/// Splits a section, or merges the pieces of an earlier split; says what came of what.
fn resect(service: &Service, random: &mut Seeded, pieces: &mut Vec<Vec<i64>>) -> (Vec<i64>, Vec<i64>) {
    let ids = |answer: &Json| -> Vec<i64> {
        let many = answer["features"].as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
        many.iter().map(|one| one["id"].as_i64().unwrap()).collect()
    };
    let base = "/api/collections/road-sections";
    if let Some(parts) = pieces.pop() {
        let body = json!({ "ids": parts }).to_string();
        let merged = service.send("POST", &format!("{base}/merge?force=true"), &[GEOJSON, ("if-match", "*")], body);
        if merged.status.as_u16() == 201 {
            return (parts, ids(&merged.json()));
        }
    }
    let all: Vec<i64> = owners(service).into_keys().collect();
    let section = all[random.below(all.len() as u64) as usize];
    let body = json!({ "share": 0.25 + 0.5 * random.share() }).to_string();
    let path = format!("{base}/items/{section}/split");
    let parts = ids(&service.send("POST", &path, &[GEOJSON, ("if-match", "*")], body).expect(201).json());
    pieces.push(parts.clone());
    (vec![section], parts)
}

#[test]
fn any_sequence_keeps_one_owner_a_section_zones_that_tile_and_the_past() {
    for seed in [1, 2] {
        live(seed);
    }
}

/// A few sections, each to some squad.
fn moves(random: &mut Seeded, planned: &[i64], squads: &[i64]) -> Vec<Json> {
    let mut chosen = BTreeMap::new();
    for _ in 0..3 {
        let section = planned[random.below(planned.len() as u64) as usize];
        chosen.insert(section, squads[random.below(squads.len() as u64) as usize]);
    }
    chosen.iter().map(|(section, squad)| json!({ "section_id": section, "squad_id": squad })).collect()
}

fn live(seed: u64) {
    let place = Place::new();
    town(&place);
    let mut service = place.serve();
    let codes = ["A", "B", "C"];
    let squads = codes.map(|code| squad(&service, code));
    let mut random = Seeded(seed);
    let mut replay = Replay::default();
    let mut drafts: Vec<i64> = Vec::new();
    let mut pieces: Vec<Vec<i64>> = Vec::new();
    let mut did = [0; 7];
    report(&service, &mut random, "2020-01-01T00:00:00Z");
    for _ in 0..28 {
        let step = if replay.log.is_empty() { 0 } else { random.below(7) as usize };
        did[step] += 1;
        match step {
            0 | 1 => {
                let wishes = [
                    json!({ "from": "fresh", "seed": random.below(9) }),
                    json!({ "strengths": { codes[random.below(3) as usize]: 6 } }),
                    json!({ "from": "rotate", "seed": random.below(9) }),
                ];
                let choice = if replay.log.is_empty() { 0 } else { random.below(3) as usize };
                drafts.push(propose(&service, &wishes[choice]).0);
                if replay.log.is_empty() {
                    let first = drafts.remove(0);
                    publish(&service, first, "\"1\"");
                    replay.published(&service, first);
                }
            }
            2 => {
                // Some plan, draft or old: an old one that misses new streets is refused, and changes nothing.
                let known: Vec<i64> =
                    replay.log.iter().map(|(_, plan, _)| *plan).chain(drafts.iter().copied()).collect();
                let plan = known[random.below(known.len() as u64) as usize];
                let answer =
                    plans(&service, "POST", &format!("/{plan}/publish"), Some(&tag(&service, plan)), &Json::Null);
                match answer.status.as_u16() {
                    200 => {
                        drafts.retain(|own| *own != plan);
                        replay.published(&service, plan);
                    }
                    409 => assert_eq!(Some(plan), replay.in_force()),
                    other => assert_eq!(other, 422, "{}", answer.text()),
                }
            }
            3 => {
                let Some(&plan) = drafts.last() else { continue };
                let planned: Vec<i64> = owners_planned(&service, plan).into_keys().collect();
                let moves = moves(&mut random, &planned, &squads);
                plans(
                    &service,
                    "PATCH",
                    &format!("/{plan}/sections"),
                    Some(&tag(&service, plan)),
                    &json!({ "sections": moves }),
                )
                .expect(200);
            }
            4 => {
                let (x, y) = (WEST + random.below(4) as f64 * BLOCK, SOUTH + random.below(4) as f64 * BLOCK);
                let [west, south, east, north] = [x - 0.0005, y - 0.0005, x + 2.5 * BLOCK, y + 1.5 * BLOCK].map(grid);
                let ring = json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
                let zone = json!({ "type": "Feature", "properties": { "squad_id": squads[random.below(3) as usize] },
                    "geometry": { "type": "Polygon", "coordinates": [ring] } });
                let answer = service.post("squad-zones", zone.to_string());
                if answer.status.as_u16() == 202 {
                    drafts.push(answer.json()["id"].as_i64().unwrap());
                } else {
                    answer.expect(409);
                }
            }
            5 => {
                let (parents, children) = resect(&service, &mut random, &mut pieces);
                replay.descended(&parents, &children);
            }
            _ => {
                drop(service);
                service = place.serve();
            }
        }
        replay.check(&service);
        let now = jiff::Timestamp::now().to_string();
        report(&service, &mut random, &now);
        std::thread::sleep(Duration::from_millis(2));
        replay.past = all(&service, "violations")
            .iter()
            .map(|own| (own["id"].as_i64().unwrap(), own["properties"]["squad_id"].clone()))
            .collect();
    }
    replay.check_as_of(&service, &mut random);
    assert!(
        replay.log.len() > 2 && did.iter().all(|count| *count > 0),
        "seed {seed}: {did:?}, {} terms",
        replay.log.len()
    );
    drop(service);
    assert!(place.ok(&["doctor"]).contains("healthy"));
}
