//! Real input, as a user would type it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::nearest::metres;
use crate::support::{BOSTON, Place, Seeded, import_of_boston, shared};

#[test]
fn thirty_three_thousand_cases_and_again() {
    let Some(file) = shared("thirty_three_thousand_cases", BOSTON) else {
        return;
    };
    let place = Place::new();
    let arguments = import_of_boston(&file);
    assert!(place.ok(&arguments).contains("33014 created, 0 updated, 0 unchanged, 0 refused"));
    let again = place.ok(&arguments);
    assert!(
        again.contains("0 created, 0 updated, 33014 unchanged, 0 refused") && again.contains("nothing changes"),
        "{again}"
    );
    // The file gives each place twice, in metres and in degrees: both must agree to the digits it has.
    let text = crate::support::read_gzip(&file);
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let column = |name: &str, headers: &csv::StringRecord| headers.iter().position(|header| header == name).unwrap();
    let headers = table.headers().unwrap().clone();
    let (id, lon, lat) = (column("id", &headers), column("lon", &headers), column("lat", &headers));
    let mut places: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for row in table.records() {
        let row = row.unwrap();
        places.insert(row[id].to_owned(), (row[lon].parse().unwrap(), row[lat].parse().unwrap()));
    }
    for line in place.ok(&["export", "violations", "-f", "geojsonl"]).lines() {
        let feature: Json = serde_json::from_str(line).unwrap();
        let wanted = places[feature["properties"]["external_id"].as_str().unwrap()];
        let at = (
            feature["geometry"]["coordinates"][0].as_f64().unwrap(),
            feature["geometry"]["coordinates"][1].as_f64().unwrap(),
        );
        assert!(metres(at, wanted) < 0.2, "{feature} {wanted:?}");
    }
}

#[test]
fn the_five_nearest_of_real_parking_equal_brute_force() {
    for name in ["monaco.parking", "liechtenstein.parking", "andorra.parking", "cambridge_racks"] {
        let Some(file) = shared("the_five_nearest", &format!("parking/{name}.geojson")) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        let source: Json = serde_json::from_str(&text).unwrap();
        let points: Vec<(String, (f64, f64))> = source["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| {
                let place = &feature["geometry"]["coordinates"];
                (feature["id"].as_str().unwrap().to_owned(), (place[0].as_f64().unwrap(), place[1].as_f64().unwrap()))
            })
            .collect();
        let place = Place::new();
        assert!(place.ok(&["import", "parking-points", file.to_str().unwrap()]).contains("0 refused"));
        let service = place.serve();
        let mut seeded = Seeded(11);
        for _ in 0..40 {
            let near = points[seeded.below(points.len() as u64) as usize].1;
            let from = (near.0 + (seeded.share() - 0.5) * 0.02, near.1 + (seeded.share() - 0.5) * 0.02);
            let mut wanted: Vec<f64> = points.iter().map(|(_, at)| metres(from, *at)).collect();
            wanted.sort_by(f64::total_cmp);
            let path = format!("/api/collections/parking-points/nearest?lon={}&lat={}&by=line", from.0, from.1);
            let found = service.get(&path).expect(200).features();
            assert_eq!(found.len(), 5);
            for (feature, wanted) in found.iter().zip(&wanted) {
                let line = feature["properties"]["line_m"].as_f64().unwrap();
                assert!((line - wanted).abs() < 0.002, "{name}: {line} {wanted}");
                let own = points.iter().find(|(id, _)| *id == feature["properties"]["external_id"]).unwrap();
                assert!((metres(from, own.1) - line).abs() < 0.002);
            }
        }
    }
}

#[test]
fn a_boundary_that_crosses_itself_is_refused_and_the_repaired_one_taken() {
    let (Some(broken), Some(sound)) = (
        shared("a_boundary", "boundary/qinzhou_maiji.gcj02.geojson"),
        shared("a_boundary", "boundary/qinzhou_maiji.wgs84.valid.geojson"),
    ) else {
        return;
    };
    let place = Place::new();
    let ran =
        place.run(&["import", "jurisdictions", broken.to_str().unwrap(), "--crs", "gcj02", "--map", "code=adcode"]);
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("crosses itself near 105.44") && ran.stderr().contains("34.65"), "{}", ran.stderr());
    assert!(
        place.ok(&["import", "jurisdictions", sound.to_str().unwrap(), "--map", "code=adcode"]).contains("2 created")
    );
    let service = place.serve();
    let codes: Vec<Json> = service
        .get("/api/collections/jurisdictions/items")
        .expect(200)
        .features()
        .iter()
        .map(|feature| feature["properties"]["code"].clone())
        .collect();
    assert!(codes.contains(&Json::from("620502")), "{codes:?}");
}
