//! What is written reads back as the same, for every layer and format, and as a stranger's library reads it.

use jiff::tz::TimeZone;
use patrolmap::domain::category::Catalogue;
use patrolmap::domain::draft::{self, Rules};
use patrolmap::domain::feature::Feature;
use patrolmap::domain::layer::Layer;
use patrolmap::domain::property::Kind;
use patrolmap::formats::Format;
use patrolmap::formats::csv::type_extras;
use patrolmap::formats::open::{OpenOptions, open};
use patrolmap::formats::writer::Writer;
use patrolmap::spatial::crs::Crs;
use patrolmap::spatial::shape::GeometryKind;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::support::Seeded;

/// A text with all that formats stumble over.
fn text(seeded: &mut Seeded) -> String {
    let pieces = ["street", "大城中队", "\"", ",", "\n", "'", "é", "🅿", "a b", "\\", "\t", ";", "<b>", "=1+1"];
    let mut text = String::from("t");
    for _ in 0..seeded.below(5) {
        text.push_str(pieces[seeded.below(pieces.len() as u64) as usize]);
    }
    text.push('t');
    text
}

fn degrees(seeded: &mut Seeded, low: f64, high: f64) -> f64 {
    ((low + seeded.share() * (high - low)) * 1e7).round() / 1e7
}

fn value(kind: Kind, catalogue: &Catalogue, seeded: &mut Seeded) -> Option<Json> {
    Some(match kind {
        Kind::Text => text(seeded).into(),
        Kind::Integer { .. } => seeded.below(1 << 40).into(),
        Kind::Number { .. } => ((seeded.share() * 1e6).round() / 1e3).into(),
        Kind::Boolean => (seeded.below(2) == 0).into(),
        Kind::Instant => format!(
            "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            seeded.below(40),
            1 + seeded.below(12),
            1 + seeded.below(28),
            seeded.below(24),
            seeded.below(60),
            seeded.below(60),
            seeded.below(1_000_000)
        )
        .into(),
        Kind::Date => {
            format!("20{:02}-{:02}-{:02}", seeded.below(40), 1 + seeded.below(12), 1 + seeded.below(28)).into()
        }
        Kind::MonthDay => format!("{:02}-{:02}", 1 + seeded.below(12), 1 + seeded.below(28)).into(),
        Kind::Choice(words) => words[seeded.below(words.len() as u64) as usize].into(),
        Kind::Category => {
            catalogue.entries()[seeded.below(catalogue.entries().len() as u64) as usize].slug.clone().into()
        }
        // References are resolved against a store; here there is none.
        Kind::Reference(_) => return None,
        Kind::Positions => json!([[degrees(seeded, 105.0, 106.0), degrees(seeded, 34.0, 35.0)], [105.5, 34.5]]),
    })
}

fn geometry(kind: GeometryKind, seeded: &mut Seeded) -> Json {
    let (x, y) = (degrees(seeded, -179.0, 178.0), degrees(seeded, -80.0, 80.0));
    let at = |dx: f64, dy: f64| json!([((x + dx) * 1e7).round() / 1e7, ((y + dy) * 1e7).round() / 1e7]);
    let ring = json!([at(0.0, 0.0), at(0.1, 0.0), at(0.1, 0.1), at(0.0, 0.1), at(0.0, 0.0)]);
    let hole = json!([at(0.02, 0.02), at(0.05, 0.05), at(0.05, 0.02), at(0.02, 0.02)]);
    match kind {
        GeometryKind::Point => json!({ "type": "Point", "coordinates": at(0.0, 0.0) }),
        GeometryKind::LineString => {
            json!({ "type": "LineString", "coordinates": [at(0.0, 0.0), at(0.1, 0.05), at(0.2, 0.0)] })
        }
        GeometryKind::Polygon => json!({ "type": "Polygon", "coordinates": [ring, hole] }),
        GeometryKind::MultiPolygon => {
            let second = json!([at(0.5, 0.5), at(0.6, 0.5), at(0.6, 0.6), at(0.5, 0.5)]);
            json!({ "type": "MultiPolygon", "coordinates": [[ring, hole], [second]] })
        }
    }
}

fn input(layer: Layer, catalogue: &Catalogue, seeded: &mut Seeded) -> Json {
    let declaration = layer.declaration();
    let mut properties = Map::new();
    properties.insert("external_id".to_owned(), text(seeded).into());
    for property in declaration.properties.iter().filter(|property| !property.computed) {
        if property.required || seeded.below(3) > 0 {
            properties.extend(value(property.kind, catalogue, seeded).map(|value| (property.name.to_owned(), value)));
        }
    }
    // Order in time is a rule of its own.
    for (first, last) in [("valid_from", "valid_to"), ("started_on", "ended_on")] {
        if properties.contains_key(first) {
            properties.remove(last);
        }
    }
    // Hours and weekdays have a form of their own.
    for (name, text) in [("hours", ["17-21", "8,9,22-2"]), ("weekdays", ["1-5", "6,7"])] {
        if declaration.property(name).is_some_and(|property| property.kind == Kind::Text)
            && properties.contains_key(name)
        {
            properties.insert(name.to_owned(), text[seeded.below(2) as usize].into());
        }
    }
    properties.insert("remark".to_owned(), text(seeded).into());
    properties.insert("count".to_owned(), json!(seeded.below(1000)));
    let kinds = declaration.geometry;
    let geometry = if !declaration.geometry_required && seeded.below(3) == 0 {
        Json::Null
    } else {
        geometry(kinds[seeded.below(kinds.len() as u64) as usize], seeded)
    };
    json!({ "type": "Feature", "properties": properties, "geometry": geometry })
}

/// Reads features out of a file, as an import does, references aside.
fn read(path: &std::path::Path, layer: Layer, catalogue: &Catalogue) -> Vec<Feature> {
    let (zone, crs) = (TimeZone::UTC, Crs::default());
    let rules = Rules { zone: &zone, catalogue, scheme: "current", crs: &crs, id_is_external: true };
    let source = open(path, &OpenOptions::default()).unwrap();
    let is_row = source.columns.is_some();
    source
        .features
        .map(|located| {
            let mut raw = located.unwrap().raw;
            if is_row {
                type_extras(layer, &mut raw);
            }
            let mut draft = draft::read(layer, raw, &rules).unwrap();
            if is_row {
                draft.extras.retain(|_, value| !value.is_null());
            }
            draft.lookups.clear();
            for (place, property) in draft.values.iter_mut().zip(layer.declaration().properties) {
                if property.required && place.is_none() {
                    *place = Some(patrolmap::domain::value::Value::Integer(1));
                }
            }
            draft.create(layer).unwrap()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_gives_back_what_it_was_given(seed in any::<u64>()) {
        let catalogue = Catalogue::embedded();
        let directory = tempfile::tempdir().unwrap();
        let mut seeded = Seeded(seed);
        for layer in Layer::ALL {
            let inputs: Vec<Json> = (0..4).map(|_| input(layer, &catalogue, &mut seeded)).collect();
            let path = directory.path().join("in.geojson");
            std::fs::write(&path, crate::support::collection(&inputs)).unwrap();
            let features = read(&path, layer, &catalogue);
            for (format, name) in [(Format::GeoJson, "out.geojson"), (Format::GeoJsonSeq, "out.geojsonl"), (Format::Csv, "out.csv")] {
                let extras = vec!["count".to_owned(), "remark".to_owned()];
                let mut writer = Writer::new(Vec::new(), format, layer, Crs::default(), extras).unwrap();
                for feature in &features {
                    writer.write(feature).unwrap();
                }
                let path = directory.path().join(name);
                let bytes = writer.finish().unwrap();
                if format == Format::GeoJson {
                    a_stranger_reads_the_same(&bytes, &inputs);
                }
                std::fs::write(&path, bytes).unwrap();
                let back = read(&path, layer, &catalogue);
                prop_assert_eq!(back.len(), features.len());
                for (a, b) in features.iter().zip(&back) {
                    prop_assert!(a.says_the_same(b), "{} {}: {:?} {:?}", layer.name(), name, a, b);
                }
            }
        }
    }
}

/// The geojson crate finds the geometries that went in.
fn a_stranger_reads_the_same(bytes: &[u8], inputs: &[Json]) {
    let text = std::str::from_utf8(bytes).unwrap();
    let collection = geojson::FeatureCollection::try_from(text.parse::<geojson::GeoJson>().unwrap()).unwrap();
    for (feature, input) in collection.features.iter().zip(inputs) {
        let geometry = feature.geometry.as_ref().map_or(Json::Null, |geometry| serde_json::to_value(geometry).unwrap());
        assert_eq!(geometry, input["geometry"]);
    }
}
