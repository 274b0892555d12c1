//! A newer extract over streets that were split, merged and reversed here, and over what it does not have any more.

use serde_json::{Value as Json, json};

use crate::extract::Extract;
use crate::support::{Place, Service, collection};

const STREET: [(&str, &str); 2] = [("highway", "residential"), ("name", "Minzhu")];
const SERVICE: [(&str, &str); 1] = [("highway", "service")];

/// A street of five nodes, 92 m apart, and a side street from the third: `w1:0` is 1 to 3, `w1:1` is 3 to 5.
fn town() -> Extract {
    let mut town = Extract::default();
    for node in 1..=5 {
        town = town.node(node, 105.72 + 0.001 * node as f64, 34.58, &[]);
    }
    let town = town.node(20, 105.723, 34.581, &[]).node(21, 105.722, 34.581, &[]).node(22, 105.724, 34.581, &[]);
    town.way(1, &[1, 2, 3, 4, 5], &STREET).way(2, &[3, 20], &SERVICE)
}

fn import(place: &Place, extract: &Extract, more: &[&str]) -> String {
    let file = place.file("town.osm.pbf", extract.pbf());
    place.ok(&[&["import-osm", file.to_str().unwrap()], more].concat())
}

fn sections(place: &Place) -> Vec<Json> {
    let json: Json = serde_json::from_str(&place.ok(&["export", "road-sections"])).unwrap();
    json["features"].as_array().unwrap().clone()
}

fn of(sections: &[Json], external_id: &str) -> Json {
    sections.iter().find(|one| one["properties"]["external_id"] == external_id).cloned().unwrap_or(Json::Null)
}

/// First and last node of the sections of the long street, by their longitude, in order.
fn stretches(place: &Place) -> Vec<(i64, i64)> {
    let node = |at: &Json| ((at[0].as_f64().unwrap() - 105.72) * 1e3).round() as i64;
    let on_street = |one: &&Json| one["properties"]["class"] == "residential";
    let ends = |one: &Json| {
        let line = one["geometry"]["coordinates"].as_array().unwrap();
        let (a, b) = (node(&line[0]), node(&line[line.len() - 1]));
        (a.min(b), a.max(b))
    };
    let mut found: Vec<(i64, i64)> = sections(place).iter().filter(on_street).map(ends).collect();
    found.sort_unstable();
    found
}

fn resect(service: &Service, id: &Json, what: &str, body: &Json) -> Json {
    let path = format!("/api/collections/road-sections/items/{id}/{what}");
    let answer = service.send("POST", &path, &[("content-type", "application/json")], body.to_string());
    assert!(answer.status.is_success(), "{}", answer.text());
    answer.json()
}

/// The town imported, and `w1:1` split in its middle, at node 4.
fn split_town() -> (Place, Vec<Json>) {
    let place = Place::new();
    import(&place, &town(), &[]);
    let service = place.serve();
    let id = of(&sections(&place), "w1:1")["id"].clone();
    let pieces = resect(&service, &id, "split", &json!({ "share": 0.5 }))["features"].as_array().unwrap().clone();
    (place, pieces)
}

#[test]
fn pieces_of_a_split_stand_when_a_junction_elsewhere_numbers_the_parts_anew() {
    let (place, pieces) = split_town();
    let told = import(&place, &town(), &["--prune"]);
    assert!(told.contains("1 were split or merged here since") && told.contains("nothing changes"), "{told}");
    let newer = town().way(3, &[2, 21], &SERVICE);
    for _ in 0..2 {
        import(&place, &newer, &["--prune"]);
        assert_eq!(stretches(&place), [(1, 2), (2, 3), (3, 4), (4, 5)]);
        let ids: Vec<Json> = sections(&place).iter().map(|one| one["id"].clone()).collect();
        assert!(pieces.iter().all(|piece| ids.contains(&piece["id"])));
    }
    import(&place, &town(), &["--prune"]);
    assert_eq!(stretches(&place), [(1, 3), (3, 4), (4, 5)]);
}

#[test]
fn pieces_of_a_split_stand_when_the_extract_is_cut_at_the_same_place() {
    let (place, _) = split_town();
    let told = import(&place, &town().way(4, &[4, 22], &SERVICE), &["--prune"]);
    assert!(told.contains("2 were split or merged here since"), "{told}");
    assert_eq!(stretches(&place), [(1, 3), (3, 4), (4, 5)]);
}

#[test]
fn where_the_extract_has_another_street_it_is_taken_and_pieces_go_with_prune() {
    let (place, _) = split_town();
    let newer = town().without_way(2);
    let told = import(&place, &newer, &[]);
    assert!(told.contains("3 of an earlier extract are not in this one and are kept"), "{told}");
    let dry = import(&place, &newer, &["--prune", "--dry-run"]);
    assert!(dry.contains("would be removed"), "{dry}");
    import(&place, &newer, &["--prune"]);
    assert_eq!(stretches(&place), [(1, 5)]);
    assert!(import(&place, &newer, &["--prune"]).contains("nothing changes"));
}

#[test]
fn a_street_comes_back_when_its_pieces_were_deleted() {
    let (place, pieces) = split_town();
    let service = place.serve();
    for piece in &pieces {
        let path = format!("/api/collections/road-sections/items/{}", piece["id"]);
        let rev = service.get(&path).header("etag").to_owned();
        service.send("DELETE", &path, &[("if-match", &rev)], "").expect(204);
    }
    assert_eq!(stretches(&place), [(1, 3)]);
    import(&place, &town(), &[]);
    assert_eq!(stretches(&place), [(1, 3), (3, 5)]);
}

#[test]
fn a_merged_street_stands_until_one_of_its_parts_changes() {
    let place = Place::new();
    import(&place, &town().without_way(2).way(3, &[3, 20], &SERVICE).way(5, &[5, 22], &STREET), &[]);
    let service = place.serve();
    let stored = sections(&place);
    let ids = [of(&stored, "w1:1")["id"].clone(), of(&stored, "w5:0")["id"].clone()];
    let body = json!({ "ids": ids }).to_string();
    let path = "/api/collections/road-sections/merge?force=true";
    let answer = service.send("POST", path, &[("content-type", "application/json")], body);
    assert!(answer.status.is_success(), "{}", answer.text());
    let same = town().without_way(2).way(3, &[3, 20], &SERVICE).way(5, &[5, 22], &STREET);
    let before = sections(&place);
    let told = import(&place, &same, &["--prune"]);
    assert!(told.contains("2 were split or merged here since"), "{told}");
    assert_eq!(sections(&place), before);
    // The second part is gone: the first comes back by itself.
    import(&place, &same.without_way(5), &["--prune"]);
    assert_eq!(stretches(&place), [(1, 3), (3, 5)]);
}

#[test]
fn a_reversed_section_stays_reversed() {
    let place = Place::new();
    let oneway = [("highway", "residential"), ("name", "Minzhu"), ("oneway", "yes")];
    let extract = town().way(1, &[1, 2, 3, 4, 5], &oneway);
    import(&place, &extract, &[]);
    let service = place.serve();
    let id = of(&sections(&place), "w1:1")["id"].clone();
    resect(&service, &id, "reverse", &json!({}));
    let turned = of(&sections(&place), "w1:1");
    assert_eq!(turned["properties"]["oneway"], "backward");
    let told = import(&place, &extract, &["--prune"]);
    assert!(told.contains("nothing changes"), "{told}");
    // What else changes is taken, in the direction of the section.
    import(&place, &town().way(1, &[1, 2, 3, 4, 5], &STREET), &[]);
    let after = of(&sections(&place), "w1:1");
    assert_eq!((&after["geometry"], &after["properties"]["oneway"]), (&turned["geometry"], &json!("no")));
}

#[test]
fn tags_that_a_newer_extract_does_not_have_are_cleared() {
    let place = Place::new();
    let full =
        [("amenity", "parking"), ("name", "P"), ("capacity", "12"), ("access", "yes"), ("opening_hours", "24/7")];
    let bare = [("amenity", "parking")];
    let corners = |extract: Extract, entrance: &[(&str, &str)]| {
        let extract = extract.node(40, 105.7240, 34.5805, entrance).node(41, 105.7245, 34.5805, &[]);
        extract.node(42, 105.7245, 34.5809, &[]).node(30, 105.7215, 34.5802, &[])
    };
    let older = corners(town(), &[("entrance", "yes")]).node(30, 105.7215, 34.5802, &full);
    import(&place, &older.way(9, &[40, 41, 42, 40], &full), &[]);
    let newer = corners(town(), &[]).node(30, 105.7215, 34.5802, &bare);
    let newer = newer.way(9, &[40, 41, 42, 40], &bare).way(1, &[1, 2, 3, 4, 5], &[("highway", "residential")]);
    import(&place, &newer, &[]);
    assert_eq!(of(&sections(&place), "w1:0")["properties"]["name"], Json::Null);
    let json: Json = serde_json::from_str(&place.ok(&["export", "parking-points"])).unwrap();
    let parking = json["features"].as_array().unwrap();
    assert_eq!(parking.len(), 2);
    for point in parking {
        for name in ["name", "capacity", "access", "opening_hours", "entrances"] {
            assert_eq!(point["properties"][name], Json::Null, "{name} of {point}");
        }
    }
    assert_eq!(import(&place, &newer, &[]).matches("nothing changes").count(), 2);
}

#[test]
fn sections_are_not_stored_when_parking_is_refused() {
    let place = Place::new();
    let ring = json!([[105.70, 34.5], [105.75, 34.5], [105.75, 34.6], [105.70, 34.6], [105.70, 34.5]]);
    let area = json!({ "type": "Feature", "properties": { "code": "1", "name": "J" },
        "geometry": { "type": "Polygon", "coordinates": [ring] } });
    place.import("jurisdictions", &collection(&[area]));
    let far = town().node(99, 106.72, 34.58, &[("amenity", "parking")]);
    let file = place.file("far.osm.pbf", far.pbf());
    let ran = place.run(&["import-osm", file.to_str().unwrap()]);
    assert_eq!(ran.code(), 1, "{}", ran.stdout());
    assert!(ran.stderr().contains("node 99") && ran.stderr().contains("nothing was stored"), "{}", ran.stderr());
    assert!(sections(&place).is_empty());
}

#[test]
fn a_section_that_is_split_while_an_extract_is_imported_does_not_come_back() {
    // A grid of 40 by 40 junctions: enough to take a while.
    let mut grid = Extract::default();
    let node = |x: i64, y: i64| x * 100 + y + 1;
    for x in 0..40 {
        for y in 0..40 {
            grid = grid.node(node(x, y), 105.7 + 0.001 * x as f64, 34.5 + 0.001 * y as f64, &[]);
        }
    }
    for at in 0..40 {
        let (down, along) = ((0..40).map(|y| node(at, y)), (0..40).map(|x| node(x, at)));
        grid = grid.way(1_000 + at, &down.collect::<Vec<_>>(), &STREET);
        grid = grid.way(2_000 + at, &along.collect::<Vec<_>>(), &STREET);
    }
    let place = Place::new();
    import(&place, &grid, &[]);
    let service = place.serve();
    let mut all = sections(&place).into_iter();
    let metres =
        |sections: &[Json]| -> f64 { sections.iter().map(|one| one["properties"]["length_m"].as_f64().unwrap()).sum() };
    let total = metres(&sections(&place));
    let mut split = Vec::new();
    for _ in 0..3 {
        let mut running =
            place.command(&["import-osm", "town.osm.pbf"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        while running.try_wait().unwrap().is_none() {
            let Some(section) = all.next() else { break };
            resect(&service, &section["id"], "split", &json!({ "share": 0.5 }));
            split.push(section["properties"]["external_id"].clone());
        }
        running.wait().unwrap();
    }
    assert!(split.len() > 10, "only {} splits", split.len());
    let after = sections(&place);
    assert!(after.iter().all(|one| !split.contains(&one["properties"]["external_id"])));
    assert!((metres(&after) - total).abs() < 0.5, "{} m, not {total} m", metres(&after));
}

#[test]
fn bytes_behind_the_end_of_an_extract_and_a_wrong_boundary_are_told_of() {
    let place = Place::new();
    for more in 1..=4 {
        let file = place.file("more.osm.pbf", [&town().pbf()[..], &vec![0; more]].concat());
        let ran = place.run(&["import-osm", file.to_str().unwrap()]);
        assert_eq!(ran.code(), 1, "{more} bytes: {}", ran.stdout());
        assert!(ran.stderr().contains("more.osm.pbf"), "{}", ran.stderr());
    }
    let extract = place.file("town.osm.pbf", town().pbf());
    let boundary = place.file("boundary.geojson", "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":");
    let ran = place.run(&["import-osm", extract.to_str().unwrap(), "--boundary", boundary.to_str().unwrap()]);
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("boundary.geojson"), "{}", ran.stderr());
}
