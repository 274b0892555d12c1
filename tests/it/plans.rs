//! Plans: proposed, changed, published, rolled back; who owned what when; two at once; killed on the way.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{GEOJSON, Place, Seeded, Service, collection, violation};

pub const WEST: f64 = 105.70;
pub const SOUTH: f64 = 34.57;
pub const BLOCK: f64 = 0.002;
/// Blocks on a side of the town.
const SIDE: usize = 5;

pub fn grid(at: f64) -> f64 {
    (at * 1e7).round() / 1e7
}

pub fn corner(column: usize, row: usize) -> [f64; 2] {
    [grid(WEST + column as f64 * BLOCK), grid(SOUTH + row as f64 * BLOCK)]
}

/// A town of square blocks, three squads with bases in it, a mobile squad, and a jurisdiction round it all.
pub fn town(place: &Place) {
    let edge = |at: f64| grid(at);
    let (west, south) = (edge(WEST - 0.003), edge(SOUTH - 0.003));
    let (east, north) = (edge(WEST + SIDE as f64 * BLOCK + 0.003), edge(SOUTH + SIDE as f64 * BLOCK + 0.003));
    let ring = json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
    let jurisdiction = json!({ "type": "Feature", "properties": { "code": "620502", "name": "Qinzhou" },
        "geometry": { "type": "Polygon", "coordinates": [ring] } });
    place.import("jurisdictions", &collection(&[jurisdiction]));
    let squad = |code: &str, kind: &str, strength: u32, at: [f64; 2]| {
        json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": at },
            "properties": { "code": code, "name": format!("Squad {code}"), "kind": kind, "status": "active", "strength": strength } })
    };
    let squads = [
        squad("A", "area", 10, corner(1, 1)),
        squad("B", "area", 10, corner(4, 1)),
        squad("C", "township", 10, corner(2, 4)),
        squad("M", "mobile", 5, corner(2, 2)),
    ];
    place.import("squads", &collection(&squads));
    let mut sections = Vec::new();
    let mut street = |name: String, from: [f64; 2], to: [f64; 2]| {
        sections.push(json!({ "type": "Feature", "geometry": { "type": "LineString", "coordinates": [from, to] },
            "properties": { "class": "residential", "name": name, "shops": sections.len() % 4 } }));
    };
    for row in 0..=SIDE {
        for column in 0..SIDE {
            street(format!("Row {row}"), corner(column, row), corner(column + 1, row));
            street(format!("Column {row}"), corner(row, column), corner(row, column + 1));
        }
    }
    place.import("road-sections", &collection(&sections));
}

pub fn plans(service: &Service, method: &str, path: &str, tag: Option<&str>, body: &Json) -> crate::support::Answer {
    let mut headers = vec![GEOJSON];
    headers.extend(tag.map(|tag| ("if-match", tag)));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    service.send(method, &format!("/api/plans{path}"), &headers, body)
}

pub fn propose(service: &Service, wish: &Json) -> (i64, String) {
    let made = plans(service, "POST", "", None, wish).expect(201);
    let id = made.json()["id"].as_i64().unwrap();
    assert_eq!(made.header("location"), format!("/api/plans/{id}"));
    (id, made.header("etag").to_owned())
}

pub fn publish(service: &Service, id: i64, tag: &str) -> String {
    plans(service, "POST", &format!("/{id}/publish"), Some(tag), &Json::Null).expect(200).header("etag").to_owned()
}

pub fn all(service: &Service, layer: &str) -> Vec<Json> {
    service.get(&format!("/api/collections/{layer}/items?limit=10000")).expect(200).features()
}

/// Squads by section.
pub fn owners(service: &Service) -> BTreeMap<i64, i64> {
    let squad = |section: &Json| section["properties"]["squad_id"].as_i64().unwrap_or(0);
    all(service, "road-sections").iter().map(|section| (section["id"].as_i64().unwrap(), squad(section))).collect()
}

pub fn squad(service: &Service, code: &str) -> i64 {
    let found = service.get(&format!("/api/collections/squads/items?code={code}")).expect(200).features();
    found[0]["id"].as_i64().unwrap()
}

fn ring_area(ring: &Json) -> f64 {
    let at = |point: &Json| (point[0].as_f64().unwrap() - WEST, point[1].as_f64().unwrap() - SOUTH);
    let ring = ring.as_array().unwrap();
    ring.windows(2).map(|ends| (at(&ends[0]), at(&ends[1]))).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs()
        / 2.0
}

/// Square degrees of a polygon or several.
fn area(geometry: &Json) -> f64 {
    let polygon = |rings: &Json| {
        let rings = rings.as_array().unwrap();
        ring_area(&rings[0]) - rings[1..].iter().map(ring_area).sum::<f64>()
    };
    match geometry["type"].as_str().unwrap() {
        "Polygon" => polygon(&geometry["coordinates"]),
        _ => geometry["coordinates"].as_array().unwrap().iter().map(polygon).sum(),
    }
}

/// Squads by section in a plan.
pub fn owners_planned(service: &Service, plan: i64) -> BTreeMap<i64, i64> {
    let planned = service.get(&format!("/api/plans/{plan}/sections")).expect(200).features();
    planned
        .iter()
        .map(|section| (section["id"].as_i64().unwrap(), section["properties"]["squad_id"].as_i64().unwrap()))
        .collect()
}

/// Zones that hold now: one a squad, together the jurisdiction; and every section has the plan's squad.
pub fn check_in_force(service: &Service, plan: i64) {
    assert_eq!(
        owners(service),
        owners_planned(service, plan),
        "each section once, with the squad of the plan in force"
    );
    let whole: f64 = all(service, "jurisdictions").iter().map(|area_of| area(&area_of["geometry"])).sum();
    let zones = all(service, "squad-zones");
    let open: Vec<&Json> = zones.iter().filter(|zone| zone["properties"]["valid_to"].is_null()).collect();
    let mut squads: Vec<i64> = open.iter().map(|zone| zone["properties"]["squad_id"].as_i64().unwrap()).collect();
    squads.sort_unstable();
    squads.dedup();
    assert_eq!(squads.len(), open.len(), "one zone a squad");
    let sum: f64 = open.iter().map(|zone| area(&zone["geometry"])).sum();
    assert!((sum / whole - 1.0).abs() < 1e-4, "zones tile the jurisdiction: {sum} of {whole}");
}

#[test]
fn a_plan_is_proposed_explained_changed_published_and_rolled_back() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let (first, tag) = propose(&service, &json!({ "name": "first" }));
    let plan = service.get(&format!("/api/plans/{first}")).expect(200).json();
    assert_eq!(plan["status"], "draft");
    assert_eq!(plan["parameters"]["from"], "fresh");
    let sheet = plan["figures"]["squads"].as_array().unwrap();
    assert_eq!(sheet.len(), 3, "the mobile squad has no sections: {sheet:?}");
    let count: i64 = sheet.iter().map(|row| row["sections"].as_i64().unwrap()).sum();
    assert_eq!(count, 60);
    assert!(plan["figures"]["max_deviation"].as_f64().unwrap() < 0.1, "{plan}");
    assert_eq!(plan["figures"]["extra_pieces"], 0);
    // Costs of sections add up to the objective.
    let sections = service.get(&format!("/api/plans/{first}/sections")).expect(200).features();
    let sum: f64 = sections.iter().map(|own| own["properties"]["cost"]["total"].as_f64().unwrap()).sum();
    let objective = plan["figures"]["objective"].as_f64().unwrap();
    assert!((sum - objective).abs() < 1e-6 * objective.max(1.0), "{sum} {objective}");
    assert!(sections.iter().all(|own| own["properties"]["runner_up"]["squad_id"].is_i64()));

    // What a move would do, and the move.
    let runner_up = |own: &&Json| own["properties"]["runner_up"]["is_adjacent"] == true;
    let border = sections.iter().find(runner_up).unwrap();
    let (section, other) =
        (border["id"].as_i64().unwrap(), border["properties"]["runner_up"]["squad_id"].as_i64().unwrap());
    let moves = json!({ "sections": [{ "section_id": section, "squad_id": other }] });
    let path = format!("/{first}/sections");
    let dry = plans(&service, "PATCH", &format!("{path}?dry_run=true"), None, &moves).expect(200).json();
    assert_eq!((&dry["dry_run"], &dry["version"], &dry["sections_moved"]), (&json!(true), &json!(1), &json!(1)));
    plans(&service, "PATCH", &path, None, &moves).expect(428);
    let moved = plans(&service, "PATCH", &path, Some(&tag), &moves).expect(200);
    assert_eq!(moved.json()["figures"], dry["figures"], "what it would do is what it does");
    plans(&service, "PATCH", &path, Some(&tag), &moves).expect(412);
    plans(&service, "POST", &format!("/{first}/publish"), Some(&tag), &Json::Null).expect(412);
    let first_tag = publish(&service, first, moved.header("etag"));
    check_in_force(&service, first);
    plans(&service, "DELETE", &format!("/{first}"), Some(&first_tag), &Json::Null).expect(409);
    plans(&service, "PATCH", &path, Some(&first_tag), &moves).expect(409);
    plans(&service, "POST", &format!("/{first}/publish"), Some(&first_tag), &Json::Null).expect(409);

    // A squad loses people: few hand-overs, each with its reason.
    let (second, tag) = propose(&service, &json!({ "strengths": { "B": 7 } }));
    let plan = service.get(&format!("/api/plans/{second}")).expect(200).json();
    assert_eq!(plan["parameters"]["from"], "published");
    let changes = plan["changes"].as_array().unwrap();
    assert!(!changes.is_empty() && changes.len() < 8, "{changes:?}");
    assert!(changes.iter().all(|change| change["reason"]["text"].is_string() && change["km"].as_f64().unwrap() > 0.0));
    let share = plan["figures"]["handover_share"].as_f64().unwrap();
    assert!(share > 0.02 && share < 0.3, "{share}");
    let compared = service.get(&format!("/api/plans/{second}/compare?with={first}")).expect(200).json();
    assert_eq!(compared["changes"], plan["changes"]);
    publish(&service, second, &tag);
    check_in_force(&service, second);
    assert_eq!(service.get(&format!("/api/plans/{first}")).expect(200).json()["status"], "superseded");

    // Rolling back is publishing the old one.
    let tag = service.get(&format!("/api/plans/{first}")).expect(200).header("etag").to_owned();
    publish(&service, first, &tag);
    check_in_force(&service, first);
    let terms = service.get(&format!("/api/plans/{first}")).expect(200).json()["in_force"].clone();
    assert_eq!(terms.as_array().unwrap().len(), 2, "{terms}");
    let (draft, tag) = propose(&service, &json!({ "from": "rotate", "permutation": { "A": "B", "B": "A" } }));
    plans(&service, "DELETE", &format!("/{draft}"), Some(&tag), &Json::Null).expect(204);
    service.get(&format!("/api/plans/{draft}")).expect(404);
    drop(service);
    assert!(place.ok(&["doctor"]).contains("healthy"));
}

#[test]
fn what_happened_before_a_plan_keeps_its_squad() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let (a, b, c) = (squad(&service, "A"), squad(&service, "B"), squad(&service, "C"));
    let ids: Vec<i64> = owners(&service).into_keys().collect();
    let mut random = Seeded(7);
    let report = |at: &str, column: f64, row: f64| {
        let [lon, lat] = [grid(WEST + column * BLOCK), grid(SOUTH + row * BLOCK + 0.00005)];
        let made = service.post("violations", violation(lon, lat, json!({ "occurred_at": at })).to_string());
        made.expect(201).json()["id"].as_i64().unwrap()
    };
    let facts = |service: &Service| -> BTreeMap<i64, Json> {
        let all = all(service, "violations");
        all.iter().map(|own| (own["id"].as_i64().unwrap(), own["properties"]["squad_id"].clone())).collect()
    };
    let now = || jiff::Timestamp::now().to_string();
    let mut past: BTreeMap<i64, Json> = BTreeMap::new();
    // Which squads sections had by what was published, oldest first.
    let mut log: Vec<(String, BTreeMap<i64, i64>)> = Vec::new();
    let mut published: Vec<i64> = Vec::new();
    report("2020-01-01T00:00:00Z", 0.5, 1.0);
    report("2199-01-01T00:00:00Z", 2.5, 2.0);
    for round in 0..6 {
        let again = round > 2 && random.below(2) == 0;
        let (id, tag) = if again {
            let old: Vec<i64> = published.iter().copied().filter(|id| Some(id) != published.last()).collect();
            let id = old[random.below(old.len() as u64) as usize];
            (id, service.get(&format!("/api/plans/{id}")).expect(200).header("etag").to_owned())
        } else {
            let pairs: Vec<Json> = ids
                .iter()
                .map(|id| {
                    let owner = [a, b, c][random.below(3) as usize];
                    json!({ "section_id": id, "squad_id": owner })
                })
                .collect();
            propose(&service, &json!({ "from": "given", "sections": pairs }))
        };
        publish(&service, id, &tag);
        published.push(id);
        check_in_force(&service, id);
        let time = now();
        log.push((time.clone(), owners(&service)));
        for _ in 0..3 {
            report(&time, 0.5 + random.below(4) as f64, random.below(6) as f64);
        }
        // Facts of times gone by are never changed by what is published later.
        let known = facts(&service);
        for (id, before) in &past {
            assert_eq!(known[id], *before, "violation {id} after round {round}");
        }
        past = known.into_iter().filter(|(id, _)| *id != 2).collect();
        let future = all(&service, "violations").into_iter().find(|own| own["id"] == 2).unwrap();
        let section = future["properties"]["section_id"].as_i64().unwrap();
        assert_eq!(future["properties"]["squad_id"].as_i64(), log.last().unwrap().1.get(&section).copied());
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(past[&1], Json::Null, "before the first plan nobody was in charge");
    // Asked later, every past moment has the plan that was in force then.
    for ((time, _), id) in log.iter().zip(&published) {
        let then = service.get(&format!("/api/plans?at={time}")).expect(200).json();
        assert_eq!(then["plans"][0]["id"], *id, "{then}");
    }
    // What is reported late belongs to the squad of its time.
    for (time, owned) in &log {
        let id = report(time, 1.5, 3.0);
        let late = service.get(&format!("/api/collections/violations/items/{id}")).expect(200).json();
        let section = late["properties"]["section_id"].as_i64().unwrap();
        assert_eq!(late["properties"]["squad_id"].as_i64(), owned.get(&section).copied());
    }
    // Pieces of a section have its owners, now and then.
    let section = all(&service, "violations").last().unwrap()["properties"]["section_id"].as_i64().unwrap();
    let before = facts(&service);
    let pieces = service
        .send(
            "POST",
            &format!("/api/collections/road-sections/items/{section}/split"),
            &[GEOJSON, ("if-match", "*")],
            r#"{"share": 0.3}"#,
        )
        .expect(201)
        .features();
    let owner = log.last().unwrap().1[&section];
    assert!(pieces.iter().all(|piece| piece["properties"]["squad_id"] == owner), "{pieces:?}");
    assert_eq!(facts(&service), before);
    drop(service);
    assert!(place.ok(&["doctor"]).contains("healthy"));
    let service = place.serve();
    assert_eq!(facts(&service), before, "a restart knows the same");
}

#[test]
fn zones_are_drawn_by_the_plan_while_one_is_in_force() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let ring = json!([[105.70, 34.57], [105.71, 34.57], [105.71, 34.58], [105.70, 34.57]]);
    let zone = |from: Json, to: Json| {
        json!({ "type": "Feature", "properties": { "squad_code": "A", "valid_from": from, "valid_to": to },
            "geometry": { "type": "Polygon", "coordinates": [ring] } })
        .to_string()
    };
    let by_hand = service.post("squad-zones", zone(Json::Null, Json::Null)).expect(201).json()["id"].as_i64().unwrap();
    let (id, tag) = propose(&service, &json!({}));
    publish(&service, id, &tag);
    check_in_force(&service, id);
    let ended = service.get(&format!("/api/collections/squad-zones/items/{by_hand}")).expect(200).json();
    assert!(ended["properties"]["valid_to"].is_string(), "{ended}");
}

#[test]
fn of_two_who_publish_at_once_one_wins_and_the_other_loses_nothing() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let (id, tag) = propose(&service, &json!({}));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    plans(&service, "POST", &format!("/{id}/publish"), Some(&tag), &Json::Null).status.as_u16()
                })
            })
            .collect();
        tries.into_iter().map(|each| each.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 3, "{statuses:?}");
    check_in_force(&service, id);
    // Two drafts: what the second would change is not what its author saw, and nothing of it is lost.
    let drafts =
        [json!({ "strengths": { "A": 8 } }), json!({ "strengths": { "B": 8 } })].map(|body| propose(&service, &body));
    let statuses = std::thread::scope(|scope| {
        let tries = drafts.each_ref().map(|(id, tag)| {
            let service = &service;
            scope.spawn(move || {
                plans(service, "POST", &format!("/{id}/publish"), Some(tag), &Json::Null).status.as_u16()
            })
        });
        tries.map(|each| each.join().unwrap())
    });
    let mut sorted = statuses;
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 412]);
    let loser = usize::from(statuses[0] == 200);
    check_in_force(&service, drafts[1 - loser].0);
    let seen = plans(&service, "GET", &format!("/{}", drafts[loser].0), None, &Json::Null).expect(200);
    assert_eq!(seen.json()["status"], "draft");
    publish(&service, drafts[loser].0, &format!("\"{}\"", seen.json()["version"]));
    let listed = service.get("/api/plans").expect(200).json();
    let in_force: Vec<i64> = listed["plans"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|plan| plan["status"] == "published")
        .map(|plan| plan["id"].as_i64().unwrap())
        .collect();
    assert_eq!(in_force.len(), 1, "{listed}");
    check_in_force(&service, in_force[0]);
    // Plans can be looked at when a squad of theirs is gone.
    let retired = format!("/api/collections/squads/items/{}", squad(&service, "B"));
    service
        .send("PATCH", &retired, &[GEOJSON, ("if-match", "*")], r#"{"properties":{"status":"retired"}}"#)
        .expect(200);
    for (id, _) in &drafts {
        for path in ["", "/sections", "/zones", "/compare"] {
            plans(&service, "GET", &format!("/{id}{path}"), None, &Json::Null).expect(200);
        }
    }
}

#[test]
fn a_kill_while_publishing_leaves_the_old_plan_or_the_new_one_whole() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let (first, tag) = propose(&service, &json!({}));
    publish(&service, first, &tag);
    let (second, _) = propose(&service, &json!({ "from": "rotate", "seed": 3 }));
    drop(service);
    let mut seen = [0, 0];
    for round in 0..6_u64 {
        let service = place.serve();
        let before = in_force(&service);
        let next = if before == first { second } else { first };
        let tag = service.get(&format!("/api/plans/{next}")).expect(200).header("etag").to_owned();
        let pid = service.child.id().to_string();
        std::thread::scope(|scope| {
            let path = format!("/api/plans/{next}/publish");
            let (service, tag) = (&service, tag.as_str());
            scope.spawn(move || drop(service.try_send("POST", &path, &[("if-match", tag)], "".into())));
            std::thread::sleep(Duration::from_millis(round * round * 4));
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        });
        drop(service);
        assert!(place.ok(&["doctor"]).contains("healthy"));
        let service = place.serve();
        let now = in_force(&service);
        assert!(now == before || now == next);
        seen[usize::from(now == next)] += 1;
        check_in_force(&service, now);
    }
    assert!(seen[0] > 0, "every kill came too late: {seen:?}");
}

fn in_force(service: &Service) -> i64 {
    let now = jiff::Timestamp::now();
    service.get(&format!("/api/plans?at={now}")).expect(200).json()["plans"][0]["id"].as_i64().unwrap()
}

#[test]
fn another_process_publishes_and_the_service_follows() {
    let place = Place::new();
    town(&place);
    let (one, two) = (place.serve(), place.serve());
    let (id, tag) = propose(&one, &json!({}));
    publish(&one, id, &tag);
    let expected = owners(&one);
    let deadline = Instant::now() + Duration::from_secs(10);
    while owners(&two) != expected {
        assert!(Instant::now() < deadline, "the other service does not follow");
        std::thread::sleep(Duration::from_millis(20));
    }
    let now = jiff::Timestamp::now().to_string();
    let made =
        two.post("violations", violation(grid(WEST + BLOCK / 2.0), SOUTH, json!({ "occurred_at": now })).to_string());
    let made = made.expect(201).json();
    let section = made["properties"]["section_id"].as_i64().unwrap();
    assert_eq!(made["properties"]["squad_id"].as_i64(), Some(expected[&section]));
    check_in_force(&two, id);
}
