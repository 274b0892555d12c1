//! What follows from a plan: beats and walks of assistants, who is in charge; and plans on the command line.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::plans::{BLOCK, SOUTH, WEST, all, corner, grid, owners, plans, propose, publish, squad, town};
use crate::support::{GEOJSON, Place, Service, collection};

/// Two assistants a squad, the first with a post.
fn assistants(place: &Place) {
    let mut all = Vec::new();
    for (squad, post) in [("A", corner(1, 0)), ("B", corner(5, 1)), ("C", corner(1, 5)), ("M", corner(3, 2))] {
        let one = |code: String, geometry: Json| json!({ "type": "Feature", "geometry": geometry, "properties": { "code": code, "squad_code": squad } });
        all.push(one(format!("{squad}1"), json!({ "type": "Point", "coordinates": post })));
        all.push(one(
            format!("{squad}2"),
            if squad == "M" { json!({ "type": "Point", "coordinates": corner(0, 0) }) } else { Json::Null },
        ));
    }
    place.import("assistants", &collection(&all));
}

/// The town with its assistants, in which one section is more work than all others: it has to be cut. And that section.
fn town_with_a_heavy_section(place: &Place) -> (Service, i64) {
    town(place);
    assistants(place);
    let service = place.serve();
    let heavy = all(&service, "road-sections")[0]["id"].as_i64().unwrap();
    let path = format!("/api/collections/road-sections/items/{heavy}");
    service.send("PATCH", &path, &[GEOJSON, ("if-match", "*")], r#"{"properties":{"shops":400}}"#).expect(200);
    (service, heavy)
}

#[test]
fn assistants_share_out_what_their_squad_owns_and_have_closed_walks() {
    let place = Place::new();
    let (service, _) = town_with_a_heavy_section(&place);
    let (id, tag) = propose(&service, &json!({ "band": 0.3 }));
    let report = plans(&service, "POST", &format!("/{id}/beats"), None, &Json::Null).expect(200).json();
    assert_eq!(report["assistants"], 8, "{report}");
    let cuts: usize =
        report["squads"].as_array().unwrap().iter().map(|squad| squad["cuts"].as_array().map_or(0, Vec::len)).sum();
    assert!(cuts > 0, "{report}");
    let beats = service.get(&format!("/api/plans/{id}/beats")).expect(200).features();
    let mobile = squad(&service, "M");
    let people: BTreeMap<i64, i64> = all(&service, "assistants")
        .iter()
        .map(|person| (person["id"].as_i64().unwrap(), person["properties"]["squad_id"].as_i64().unwrap()))
        .collect();
    let planned = service.get(&format!("/api/plans/{id}/sections")).expect(200).features();
    // Each section is somebody's of its squad, from one end to the other, once.
    for section in &planned {
        let own: Vec<&Json> = beats
            .iter()
            .filter(|beat| beat["properties"]["section_id"] == section["id"])
            .filter(|beat| people[&beat["properties"]["assistant_id"].as_i64().unwrap()] != mobile)
            .collect();
        let mut at = 0.0;
        for beat in &own {
            assert_eq!(beat["properties"]["from_share"].as_f64().unwrap(), at, "{own:?}");
            at = beat["properties"]["to_share"].as_f64().unwrap();
            let person = beat["properties"]["assistant_id"].as_i64().unwrap();
            assert_eq!(people[&person], section["properties"]["squad_id"].as_i64().unwrap());
        }
        assert_eq!(at, 1.0, "section {} is shared out whole", section["id"]);
    }
    for person in people.keys() {
        let route = service.get(&format!("/api/plans/{id}/route?assistant={person}")).expect(200).json();
        let line = route["geometry"]["coordinates"].as_array().unwrap();
        assert_eq!(line.first(), line.last(), "closed");
        let steps = route["properties"]["steps"].as_array().unwrap();
        for beat in beats.iter().filter(|beat| beat["properties"]["assistant_id"] == *person) {
            let (low, high) = (&beat["properties"]["from_share"], &beat["properties"]["to_share"]);
            let walked = steps.iter().any(|step| {
                let ends = [&step["from_share"], &step["to_share"]];
                step["section_id"] == beat["properties"]["section_id"] && ends.contains(&low) && ends.contains(&high)
            });
            assert!(walked, "assistant {person} passes {beat}");
        }
        let (all, own, passed) = ("distance_m", "own_m", "passed_m");
        let metres = |name: &str| route["properties"][name].as_f64().unwrap();
        assert!((metres(all) - metres(own) - metres(passed)).abs() < 0.5, "{route}");
    }
    let gpx = service.get(&format!("/api/plans/{id}/route?assistant=A1&f=gpx")).expect(200);
    assert_eq!(gpx.header("content-type"), "application/gpx+xml");
    assert!(gpx.text().contains("<trkpt") && gpx.text().contains("<name>A1</name>"));
    service.get(&format!("/api/plans/{id}/route?assistant=nobody")).expect(400);
    publish(&service, id, &tag);
    assert_eq!(service.get(&format!("/api/plans/{id}/beats")).expect(200).features().len(), beats.len());
}

/// Who walks a place of a section; none where it is too near to an end of a stretch to tell.
fn who(beats: &[Json], section: i64, share: f64) -> Option<Vec<i64>> {
    let own = beats.iter().map(|beat| &beat["properties"]).filter(|beat| beat["section_id"] == section);
    let mut people = Vec::new();
    for beat in own {
        let (from, to) = (beat["from_share"].as_f64().unwrap(), beat["to_share"].as_f64().unwrap());
        if (share - from).abs().min((share - to).abs()) < 2e-3 {
            return None;
        }
        if from < share && share < to {
            people.push(beat["assistant_id"].as_i64().unwrap());
        }
    }
    people.sort_unstable();
    Some(people)
}

#[test]
fn beats_stay_on_the_street_when_sections_are_split_turned_and_merged() {
    let place = Place::new();
    let (service, street) = town_with_a_heavy_section(&place);
    let sections = "/api/collections/road-sections";
    let (plan, tag) = propose(&service, &json!({ "band": 0.3 }));
    plans(&service, "POST", &format!("/{plan}/beats"), None, &Json::Null).expect(200);
    publish(&service, plan, &tag);
    let beats = || service.get(&format!("/api/plans/{plan}/beats")).expect(200).features();
    let before = beats();
    let places: Vec<f64> = (0..100).map(|at| (f64::from(at) + 0.5) / 100.0).collect();
    let different: std::collections::BTreeSet<_> = places.iter().filter_map(|at| who(&before, street, *at)).collect();
    assert!(different.len() > 1, "the street is shared: {different:?}");
    let ids = |answer: crate::support::Answer| -> Vec<i64> {
        answer.features().iter().map(|section| section["id"].as_i64().unwrap()).collect()
    };
    let send =
        |path: String, body: Json| service.send("POST", &format!("{sections}{path}"), &[GEOJSON], body.to_string());
    // Places of the street as places of the section that is there now.
    let check = |lie: &dyn Fn(f64) -> (i64, f64), what: &str| {
        let now = beats();
        let mut told = 0;
        for &at in &places {
            let (section, share) = lie(at);
            if let (Some(then), Some(people)) = (who(&before, street, at), who(&now, section, share)) {
                assert!(!people.is_empty(), "{what}: nobody at {at}");
                assert_eq!(people, then, "{what}: at {at}");
                told += 1;
            }
        }
        assert!(told > 80, "{what}: {told}");
        assert!(now.iter().all(|beat| beat["properties"]["section_id"] != street), "{what}: the street is gone");
    };
    let pieces = ids(send(format!("/items/{street}/split"), json!({ "share": [0.3, 0.8] })).expect(201));
    let [a, b, c] = pieces[..] else { panic!("{pieces:?}") };
    check(
        &|at| {
            if at < 0.3 {
                (a, at / 0.3)
            } else if at < 0.8 {
                (b, (at - 0.3) / 0.5)
            } else {
                (c, (at - 0.8) / 0.2)
            }
        },
        "cut",
    );
    send(format!("/items/{b}/reverse"), json!({})).expect(200);
    check(
        &|at| {
            if at < 0.3 {
                (a, at / 0.3)
            } else if at < 0.8 {
                (b, (0.8 - at) / 0.5)
            } else {
                (c, (at - 0.8) / 0.2)
            }
        },
        "turned",
    );
    // The first one named gives the direction, and that is the turned one.
    let whole = send("/merge".to_owned(), json!({ "ids": [b, c, a] })).expect(201).json()["id"].as_i64().unwrap();
    check(&|at| (whole, 1.0 - at), "merged");
    let joined = beats().iter().filter(|beat| beat["properties"]["section_id"] == whole).count();
    assert_eq!(joined, before.iter().filter(|beat| beat["properties"]["section_id"] == street).count());
}

#[test]
fn who_is_in_charge_is_told_with_reasons() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let duty = |properties: Json, geometry: Json| {
        json!({ "type": "Feature", "properties": properties, "geometry": geometry }).to_string()
    };
    let (x, y) = (grid(WEST + BLOCK / 2.0), SOUTH);
    let ring = json!([[x - 0.001, y - 0.001], [x + 0.002, y - 0.001], [x, y + 0.002], [x - 0.001, y - 0.001]]);
    let here = json!({ "type": "Polygon", "coordinates": [ring] });
    let evening = json!({ "squad_code": "M", "hours": "17-21", "weekdays": "1-5" });
    service.post("squad-duties", duty(evening, here)).expect(201);
    let barbecue = json!({ "squad_code": "M", "category": "barbecue", "hours": "22-2" });
    service.post("squad-duties", duty(barbecue, Json::Null)).expect(201);
    for (name, text) in [("hours", "17-25"), ("weekdays", "0"), ("hours", "late")] {
        let mut wrong = json!({ "squad_code": "M" });
        wrong[name] = text.into();
        service.post("squad-duties", duty(wrong, Json::Null)).expect(422);
    }
    let ask = |more: &str| service.get(&format!("/api/in-charge?lon={x}&lat={y}{more}")).expect(200).json();
    assert_eq!(ask("")["owner"], Json::Null);
    let (id, tag) = propose(&service, &json!({}));
    publish(&service, id, &tag);
    let now = ask("");
    assert_eq!(
        now["owner"]["squad_id"].as_i64(),
        owners(&service).get(&now["section"]["id"].as_i64().unwrap()).copied()
    );
    assert_eq!(now["owner"]["reason"]["plan_id"], id);
    assert_eq!(ask("&at=2020-01-01T00:00:00Z")["owner"], Json::Null, "before the plan");
    // Times are local: a Monday evening, a Monday morning, a Saturday evening.
    for (at, count) in [
        ("2026-03-02T18:30", 1),
        ("2026-03-02T09:30", 0),
        ("2026-03-07T18:30", 0),
        ("2026-03-02T23:00", 1),
        ("2026-03-03T02:59", 1),
    ] {
        assert_eq!(ask(&format!("&at={at}"))["on_duty"].as_array().unwrap().len(), count, "{at}");
    }
    assert_eq!(ask("&at=2026-03-02T23:00&category=small-ads")["on_duty"].as_array().unwrap().len(), 0);
    assert_eq!(ask("&at=2026-03-02T23:00&category=01-29")["on_duty"].as_array().unwrap().len(), 1, "by its code");
    service.get(&format!("/api/in-charge?lon={x}&lat={y}&category=barbeque")).expect(400);
    // Off the streets the zone says who.
    let away = service.get(&format!("/api/in-charge?lon={}&lat={}", WEST - 0.002, SOUTH - 0.002)).expect(200).json();
    assert_eq!(away["section"], Json::Null);
    assert_eq!(away["owner"]["reason"]["kind"], "zone", "{away}");
    service.get("/api/in-charge?lon=1").expect(400);
}

#[test]
fn the_command_line_assigns_publishes_compares_and_rolls_back() {
    let place = Place::new();
    town(&place);
    let squads = place.file("squads.csv", "code,strength,lon,lat\nX,3,105.7,34.57\nY,1,105.71,34.58\n");
    let answer: Json =
        serde_json::from_str(&place.ok(&["assign", "--squads", squads.to_str().unwrap(), "--seed", "5"])).unwrap();
    let features = answer["features"].as_array().unwrap();
    assert_eq!(features.len(), 60);
    assert!(features.iter().all(|own| own["properties"]["squad_id"].is_null()));
    let of_x = features.iter().filter(|own| own["properties"]["squad_code"] == "X").count();
    assert!((40..50).contains(&of_x), "{of_x}");
    assert!(answer["plan"]["max_deviation"].as_f64().unwrap() < 0.1);
    assert_eq!(
        place.ok(&["assign", "--squads", squads.to_str().unwrap(), "--seed", "5"]),
        place.ok(&["assign", "--squads", squads.to_str().unwrap(), "--seed", "5"])
    );
    assert_eq!(
        place.run(&["assign", "--squads", squads.to_str().unwrap(), "--publish"]).code(),
        1,
        "unknown squads own nothing"
    );
    let published: Json = serde_json::from_str(&place.ok(&["assign", "--publish"])).unwrap();
    let first = published["plan"]["id"].to_string();
    place.ok(&["assign", "--strength", "A=6", "--save"]);
    let listed = place.ok(&["plans"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    let second = (first.parse::<i64>().unwrap() + 1).to_string();
    let compared: Json = serde_json::from_str(&place.ok(&["plans", "compare", &second])).unwrap();
    assert!(!compared["changes"].as_array().unwrap().is_empty());
    place.ok(&["plans", "publish", &second]);
    place.ok(&["plans", "publish", &first]);
    assert_eq!(place.run(&["plans", "drop", &second]).code(), 1, "what was in force stays");
    let shown: Json = serde_json::from_str(&place.ok(&["plans", "show", &first])).unwrap();
    assert_eq!((&shown["status"], shown["in_force"].as_array().unwrap().len()), (&json!("published"), 2));
    assert!(place.ok(&["doctor"]).contains("healthy"));
}

/// Stretches with their assistants, but for those on duty over the owners.
fn stretches(service: &Service, plan: i64) -> Vec<(String, i64)> {
    let beats = service.get(&format!("/api/plans/{plan}/beats")).expect(200).features();
    let stretch = |beat: &Json| {
        let own = &beat["properties"];
        let place = format!("{} {} {} {}", own["section_id"], own["from_share"], own["to_share"], own["squad_id"]);
        (place, own["assistant_id"].as_i64().unwrap())
    };
    let owns = |beat: &&Json| !beat["properties"]["assistant_code"].as_str().unwrap().starts_with('M');
    beats.iter().filter(owns).map(stretch).collect()
}

#[test]
fn assistants_change_places_over_beats_that_stay() {
    let place = Place::new();
    town(&place);
    assistants(&place);
    let more = ["A3", "A4", "B3"].map(
        |code| json!({ "type": "Feature", "geometry": null, "properties": { "code": code, "squad_code": &code[..1] } }),
    );
    place.import("assistants", &collection(&more));
    let service = place.serve();
    let ids: BTreeMap<String, i64> = all(&service, "assistants")
        .iter()
        .map(|person| (person["properties"]["code"].as_str().unwrap().to_owned(), person["id"].as_i64().unwrap()))
        .collect();
    let (id, tag) = propose(&service, &json!({ "band": 0.3 }));
    publish(&service, id, &tag);
    let path = format!("/{id}/beats");
    let rotate = |body: &Json| plans(&service, "POST", &path, None, body);
    assert!(rotate(&json!({ "mode": "rotate" })).expect(422).text().contains("no beats yet"));
    plans(&service, "POST", &path, None, &Json::Null).expect(200);
    let before = stretches(&service, id);
    // By lot: A2, A3 and A4 go round, B2 and B3 change; whoever has a post stays.
    let told = rotate(&json!({ "mode": "rotate", "seed": 4 })).expect(200).json();
    assert_eq!(told["assistants"], 5, "{told}");
    let after = stretches(&service, id);
    let mut went: BTreeMap<i64, i64> = BTreeMap::new();
    for ((place, was), (same, now)) in before.iter().zip(&after) {
        assert_eq!(place, same, "beats stay");
        assert_eq!(*went.entry(*was).or_insert(*now), *now, "a beat goes as a whole");
    }
    let free: Vec<i64> = ["A2", "A3", "A4", "B2", "B3"].iter().map(|code| ids[*code]).collect();
    assert!(went.iter().all(|(was, now)| (was != now) == free.contains(was)), "{went:?} {ids:?}");
    let taken: std::collections::BTreeSet<&i64> = went.values().collect();
    assert_eq!(taken.len(), went.len(), "nobody has two beats");
    for squad in told["squads"].as_array().unwrap() {
        for step in squad["moves"].as_array().unwrap() {
            assert_eq!(step["assistant_id"], went[&step["takes_beat_of_id"].as_i64().unwrap()]);
        }
    }
    // By name, and back.
    let swap = json!({ "mode": "rotate", "permutation": { "A1": "A2", "A2": "A1" }, "keep_posts": false });
    rotate(&swap).expect(200);
    assert_ne!(stretches(&service, id), after);
    rotate(&swap).expect(200);
    assert_eq!(stretches(&service, id), after);
    for (wish, word) in [
        (json!({ "mode": "rotate", "permutation": { "A1": "A2", "A2": "A1" } }), "A1 has a post"),
        (json!({ "mode": "rotate", "permutation": { "A2": "B2", "B2": "A2" } }), "of two squads"),
        (json!({ "mode": "rotate", "permutation": { "A2": "A3" } }), "two beats"),
        (json!({ "mode": "rotate", "permutation": { "A2": "A3", "A4": "A3" } }), "would take the beat of A3"),
        (json!({ "mode": "rotate", "permutation": { "A2": "Z" } }), "no assistant Z"),
        (json!({ "permutation": { "A2": "A3" } }), "only where"),
        (json!({ "mode": "nonsense" }), "nonsense"),
    ] {
        let refused = rotate(&wish).expect(422);
        assert!(refused.text().contains(word), "{wish}: {}", refused.text());
    }
    assert_eq!(stretches(&service, id), after);
    // The command line does the same.
    let plan = id.to_string();
    place.ok(&["plans", "beats", &plan, "--rotate", "--takes", "A3=A4", "--takes", "A4=A3"]);
    let last = stretches(&service, id);
    let swapped = |id: i64| match id {
        id if id == ids["A3"] => ids["A4"],
        id if id == ids["A4"] => ids["A3"],
        id => id,
    };
    assert_eq!(last, after.iter().map(|(place, own)| (place.clone(), swapped(*own))).collect::<Vec<_>>());
    assert_eq!(place.run(&["plans", "beats", &plan, "--takes", "A3=A4"]).code(), 2);
    let turned: Json =
        serde_json::from_str(&place.ok(&["assign", "--rotate", "--takes", "A=B", "--takes", "B=A"])).unwrap();
    assert_eq!(turned["plan"]["parameters"]["from"], "rotate");
    assert!(turned["plan"]["handover_share"].as_f64().unwrap() > 0.3);
}
