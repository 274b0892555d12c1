//! Files that lie beside the streets because their coordinate system is another than they say, or their axes are
//! swapped: refused with the right guess; right files never.

use patrolmap::spatial::china::{bd09_from_wgs84, gcj02_from_wgs84};
use patrolmap::spatial::crs::Crs;
use serde_json::{Value as Json, json};

use crate::support::{Place, Seeded, Service, collection, shared};

/// Monaco, carried to the middle of the district.
const CARRIED: (f64, f64) = (105.72 - 7.42, 34.58 - 43.735);

type Position = (f64, f64);

fn carried(coordinates: &mut Json) {
    match coordinates.as_array_mut() {
        Some(items) if items.first().is_some_and(Json::is_number) => {
            items[0] = json!(items[0].as_f64().unwrap() + CARRIED.0);
            items[1] = json!(items[1].as_f64().unwrap() + CARRIED.1);
        }
        Some(items) => items.iter_mut().for_each(carried),
        None => {}
    }
}

/// A service with Monaco's streets in China, its parking there, and places beside its streets.
fn town(test: &str) -> Option<(Place, Service, Vec<Position>, Vec<Position>)> {
    let extract = shared(test, "networks/monaco.osm.pbf")?;
    let place = Place::new();
    place.ok(&["--data", "away", "import-osm", extract.to_str().unwrap()]);
    let mut streets: Json = serde_json::from_str(&place.ok(&["--data", "away", "export", "road-sections"])).unwrap();
    let mut beside = Vec::new();
    let mut random = Seeded(5);
    for feature in streets["features"].as_array_mut().unwrap() {
        carried(&mut feature["geometry"]["coordinates"]);
        let first = feature["geometry"]["coordinates"][0].clone();
        // As a patrol's phone puts them: some metres off the middle of the street.
        let off = |random: &mut Seeded| (random.share() - 0.5) * 2e-4;
        beside.push((first[0].as_f64().unwrap() + off(&mut random), first[1].as_f64().unwrap() + off(&mut random)));
    }
    place.import("road-sections", &streets.to_string());
    let mut parking: Json = serde_json::from_str(&place.ok(&["--data", "away", "export", "parking-points"])).unwrap();
    let mut points = Vec::new();
    for feature in parking["features"].as_array_mut().unwrap() {
        carried(&mut feature["geometry"]["coordinates"]);
        let mut at = &feature["geometry"]["coordinates"];
        while at[0].is_array() {
            at = &at[0];
        }
        points.push((at[0].as_f64().unwrap(), at[1].as_f64().unwrap()));
    }
    let service = place.serve();
    Some((place, service, points, beside))
}

fn file(points: &[Position]) -> String {
    let features: Vec<Json> = points
        .iter()
        .map(|(x, y)| {
            json!({ "type": "Feature", "properties": { "kind": "motor" },
                "geometry": { "type": "Point", "coordinates": [x, y] } })
        })
        .collect();
    collection(&features)
}

/// The refusal of a file; none when it is taken.
fn refusal(service: &Service, points: &[Position], parameters: &str) -> Option<String> {
    let path = format!("/api/imports?layer=parking-points&dry_run=true&name=a.geojson{parameters}");
    let answer = service.send("POST", &path, &[("content-type", "application/geo+json")], file(points));
    match answer.status.as_u16() {
        200 => None,
        422 => Some(answer.json()["detail"].as_str().unwrap().to_owned()),
        other => panic!("{other}: {}", answer.text()),
    }
}

fn subset(points: &[Position], random: &mut Seeded) -> Vec<Position> {
    let count = 1 + random.below(points.len() as u64) as usize;
    let mut drawn = points.to_vec();
    for at in 0..count {
        let other = at + random.below((drawn.len() - at) as u64) as usize;
        drawn.swap(at, other);
    }
    drawn.truncate(count);
    drawn
}

#[test]
fn a_moved_file_is_refused_with_the_right_guess() {
    let Some((_place, service, parking, beside)) = town("moved::guess") else { return };
    let apply = |points: &[Position], how: fn(f64, f64) -> Position| -> Vec<Position> {
        points.iter().map(|(x, y)| how(*x, *y)).collect()
    };
    for points in [&parking[..], &beside[..400]] {
        for (how, parameters, guess) in [
            (gcj02_from_wgs84 as fn(f64, f64) -> Position, "", "GCJ-02"),
            (bd09_from_wgs84, "", "BD-09"),
            (gcj02_from_wgs84, "&crs=bd09", "GCJ-02"),
            (bd09_from_wgs84, "&crs=gcj02", "BD-09"),
            (|x, y| (x, y), "&crs=gcj02", "WGS 84"),
            (|x, y| (x, y), "&crs=bd09", "WGS 84"),
        ] {
            let moved = apply(points, how);
            let told = refusal(&service, &moved, parameters);
            assert!(told.as_ref().is_some_and(|told| told.contains(guess)), "{guess} {parameters}: {told:?}");
            assert_eq!(refusal(&service, &moved, &format!("{parameters}&force=true")), None);
        }
        let swapped = refusal(&service, &apply(points, |x, y| (y, x)), "").unwrap();
        assert!(swapped.contains("swapped"), "{swapped}");
        assert_eq!(refusal(&service, &apply(points, gcj02_from_wgs84), "&crs=gcj02"), None);
        assert_eq!(refusal(&service, &apply(points, bd09_from_wgs84), "&crs=bd09"), None);
    }
}

#[test]
fn a_right_file_is_never_refused() {
    let Some((_place, service, parking, beside)) = town("moved::right") else { return };
    let mut random = Seeded(2026);
    for round in 0..500 {
        let points = if round % 2 == 0 { &parking } else { &beside };
        let points = subset(points, &mut random);
        let told = refusal(&service, &points[..points.len().min(300)], "");
        assert_eq!(told, None, "round {round}, {} points", points.len());
    }
}

/// Places that lie 25 to 80 m from the nearest street: buildings set back, courts, hillsides.
fn set_back(place: &Place, count: usize) -> Vec<Position> {
    let streets: Json = serde_json::from_str(&place.ok(&["export", "road-sections"])).unwrap();
    let scale = (111_320.0 * 34.58_f64.to_radians().cos(), 110_940.0);
    let mut pieces: Vec<[Position; 2]> = Vec::new();
    for feature in streets["features"].as_array().unwrap() {
        let line: Vec<Position> = feature["geometry"]["coordinates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| ((at[0].as_f64().unwrap() - 105.72) * scale.0, (at[1].as_f64().unwrap() - 34.58) * scale.1))
            .collect();
        pieces.extend(line.windows(2).map(|ends| [ends[0], ends[1]]));
    }
    let metres = |(x, y): Position, [a, b]: [Position; 2]| {
        let (u, v) = (b.0 - a.0, b.1 - a.1);
        let along = (((x - a.0) * u + (y - a.1) * v) / (u * u + v * v).max(1e-12)).clamp(0.0, 1.0);
        (x - a.0 - along * u).hypot(y - a.1 - along * v)
    };
    let mut random = Seeded(7);
    let mut found = Vec::with_capacity(count);
    while found.len() < count {
        let near = pieces[random.below(pieces.len() as u64) as usize][0];
        let at = (near.0 + 200.0 * (random.share() - 0.5), near.1 + 200.0 * (random.share() - 0.5));
        let nearest = pieces.iter().map(|piece| metres(at, *piece)).fold(f64::INFINITY, f64::min);
        if (25.0..80.0).contains(&nearest) {
            found.push((105.72 + at.0 / scale.0, 34.58 + at.1 / scale.1));
        }
    }
    found
}

#[test]
fn a_right_file_of_places_set_back_from_the_streets_is_not_refused() {
    let Some((place, service, ..)) = town("moved::set_back") else { return };
    let points = set_back(&place, 600);
    let mut random = Seeded(11);
    for round in 0..40 {
        let points = subset(&points, &mut random);
        for parameters in ["", "&crs=cgcs2000"] {
            assert_eq!(refusal(&service, &points, parameters), None, "round {round}, {} points", points.len());
        }
    }
    // One neighbourhood, where all lie alike.
    for middle in points.iter().step_by(20) {
        let mut near = points.clone();
        near.sort_by(|a, b| {
            let far = |at: &Position| (at.0 - middle.0).hypot(at.1 - middle.1);
            far(a).total_cmp(&far(b))
        });
        assert_eq!(refusal(&service, &near[..40], ""), None, "{middle:?}");
    }
}

#[test]
fn a_moved_file_is_not_hidden_by_right_ones() {
    let Some((place, _service, _, beside)) = town("moved::hidden") else { return };
    let moved: Vec<Position> = beside[..100].iter().map(|(x, y)| gcj02_from_wgs84(*x, *y)).collect();
    place.file("right.geojson", file(&beside[100..500]));
    place.file("moved.geojson", file(&moved));
    let ran = place.run(&["import", "parking-points", "right.geojson", "moved.geojson", "--dry-run"]);
    assert_eq!(ran.code(), 1, "{}", ran.stdout());
    assert!(ran.stderr().contains("moved.geojson") && ran.stderr().contains("GCJ-02"), "{}", ran.stderr());
    place.ok(&["import", "parking-points", "right.geojson", "--dry-run"]);
}

/// The published points: forward to the decimals given, back to a millimetre.
#[test]
fn reference_points_of_the_shifted_systems() {
    let Some(table) = shared("moved::reference", "crs/gcj02_bd09.csv") else { return };
    let mut rows = csv::Reader::from_path(table).unwrap();
    let columns = rows.headers().unwrap().clone();
    let mut count = 0;
    for row in rows.records() {
        let row = row.unwrap();
        let number =
            |name: &str| -> f64 { row[columns.iter().position(|column| column == name).unwrap()].parse().unwrap() };
        let (lon, lat) = (number("wgs84_lon"), number("wgs84_lat"));
        for name in ["gcj02", "bd09"] {
            let crs = Crs::parse(name).unwrap();
            let (x, y) = crs.from_wgs84(lon, lat).unwrap();
            let expected = (number(&format!("{name}_lon")), number(&format!("{name}_lat")));
            // Half of the last decimal, and rounding of the reference.
            let close = (x - expected.0).abs() < 1.1e-9 && (y - expected.1).abs() < 1.1e-9;
            assert!(close, "{name} of {}: {x} {y}, not {expected:?}", &row[0]);
            let (again_lon, again_lat) = crs.to_wgs84(x, y).unwrap();
            let metres = ((again_lon - lon) * 111_320.0 * lat.to_radians().cos()).hypot((again_lat - lat) * 111_320.0);
            assert!(metres < 1e-3, "{name} of {}: {metres} m", &row[0]);
        }
        count += 1;
    }
    assert_eq!(count, 48);
}
