//! Features out of bytes of JSON. Every position is counted here and judged by the gate; nothing is converted on trust.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use crate::domain::draft::{Given, RawFeature};
use crate::formats::{DEEPEST, FormatError};
use crate::spatial::gate::{MOST_RINGS, MOST_VERTICES};
use crate::spatial::raw::{RawGeometry, RawPosition};

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    Feature(RawFeature),
    Collection(Vec<RawFeature>),
}

/// Reads one Feature or one FeatureCollection. Errors name the feature (from 0) or the place in the text.
pub fn parse_document(bytes: &[u8]) -> Result<(Document, Option<String>), FormatError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    check_depth(bytes).map_err(|detail| broken(&detail))?;
    let top: Top<'_> = serde_json::from_slice(bytes).map_err(|error| broken(&error.to_string()))?;
    let declared = top.crs.and_then(|crs| declared_crs_name(crs.get()));
    match top.kind.as_deref() {
        Some("Feature") => Ok((Document::Feature(parse_feature(bytes).map_err(|detail| broken(&detail))?), declared)),
        Some("FeatureCollection") => {
            let features = top.features.ok_or_else(|| broken("a FeatureCollection needs the member features"))?;
            let mut raw = Vec::with_capacity(features.len());
            for (at, feature) in features.iter().enumerate() {
                raw.push(parse_feature(feature.get().as_bytes()).map_err(|detail| FormatError::Feature {
                    place: format!("feature {at}"),
                    detail,
                    written: None,
                })?);
            }
            Ok((Document::Collection(raw), declared))
        }
        Some(other) => Err(broken(&not_a_feature(other))),
        None => Err(broken("the member type is missing: send a GeoJSON Feature or FeatureCollection")),
    }
}

/// Reads the bytes of one Feature. The error is a sentence.
pub fn parse_feature(bytes: &[u8]) -> Result<RawFeature, String> {
    check_depth(bytes)?;
    let feature: RawMembers<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match feature.kind.as_deref() {
        Some("Feature") => raw_feature(feature),
        Some(other) => Err(not_a_feature(other)),
        None => Err("the member type is missing: it must be Feature".to_owned()),
    }
}

/// Reads the bytes of a merge patch of a Feature, which need not say its type. The error is a sentence.
pub fn parse_patch(bytes: &[u8]) -> Result<RawFeature, String> {
    check_depth(bytes)?;
    let feature: RawMembers<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match feature.kind.as_deref() {
        Some("Feature") | None => raw_feature(feature),
        Some(other) => Err(not_a_feature(other)),
    }
}

fn raw_feature(feature: RawMembers<'_>) -> Result<RawFeature, String> {
    let geometry = match feature.geometry {
        None => Given::Absent,
        Some(text) if text.get() == "null" => Given::Null,
        Some(text) => Given::Value(parse_geometry(text.get())?),
    };
    Ok(RawFeature { id: feature.id, geometry, properties: feature.properties.unwrap_or_default() })
}

fn not_a_feature(kind: &str) -> String {
    let kind: String = kind.chars().take(40).collect();
    format!(
        "is a {kind}, not a Feature: wrap the geometry as {{\"type\":\"Feature\",\"properties\":{{...}},\"geometry\":{{...}}}}"
    )
}

fn broken(detail: &str) -> FormatError {
    FormatError::Broken { place: "the document".to_owned(), detail: detail.to_owned() }
}

/// The system's name out of the member `crs` of GeoJSON 2008. Its EPSG names mean x,y order there, whatever the
/// authority says: that is how every writer of that time used them.
pub fn declared_crs_name(json: &str) -> Option<String> {
    let json: Json = serde_json::from_str(json).ok()?;
    let name = json.get("properties")?.get("name")?.as_str()?;
    let lower = name.to_ascii_lowercase();
    match lower.strip_prefix("urn:ogc:def:crs:epsg:") {
        Some(rest) => Some(format!("EPSG:{}", rest.rsplit(':').next().unwrap_or(rest))),
        None => Some(name.to_owned()),
    }
}

/// Refuses nesting deeper than [`DEEPEST`] before any parser recurses. Cost: one pass over the bytes.
pub fn check_depth(bytes: &[u8]) -> Result<(), String> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for &byte in bytes {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("is nested deeper than {DEEPEST} levels"));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Members of the outermost object that decide what it is.
#[derive(Default)]
struct Top<'a> {
    kind: Option<Cow<'a, str>>,
    features: Option<Vec<&'a RawValue>>,
    crs: Option<&'a RawValue>,
}

/// Members of a Feature, the geometry still as text.
#[derive(Default)]
struct RawMembers<'a> {
    kind: Option<Cow<'a, str>>,
    id: Option<Json>,
    geometry: Option<&'a RawValue>,
    properties: Option<Map<String, Json>>,
}

/// Takes a member once.
fn once<T, E: Error>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    if place.is_some() {
        return Err(E::duplicate_field(name));
    }
    *place = Some(value);
    Ok(())
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
        let mut top = Top::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match name.as_ref() {
                "type" => once(&mut top.kind, "type", map.next_value::<Name<'de>>()?.0)?,
                "features" => once(&mut top.features, "features", map.next_value()?)?,
                "crs" => top.crs = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(top)
    }
}

impl<'de> Deserialize<'de> for Top<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TopVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = RawMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON Feature")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawMembers<'de>, A::Error> {
        let mut members = RawMembers::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match name.as_ref() {
                "type" => once(&mut members.kind, "type", map.next_value::<Name<'de>>()?.0)?,
                "id" => match map.next_value::<Json>()? {
                    Json::Null => {}
                    id @ (Json::String(_) | Json::Number(_)) => once(&mut members.id, "id", id)?,
                    _ => return Err(A::Error::custom("the id of a Feature is a text or a number")),
                },
                "geometry" => once(&mut members.geometry, "geometry", map.next_value()?)?,
                "properties" => {
                    let properties = map.next_value::<Option<Properties>>()?.unwrap_or_default();
                    once(&mut members.properties, "properties", properties.0)?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(members)
    }
}

impl<'de> Deserialize<'de> for RawMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A text that borrows when it can.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Properties with each name once.
#[derive(Default)]
struct Properties(Map<String, Json>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PropertiesVisitor;
        impl<'de> Visitor<'de> for PropertiesVisitor {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of properties")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut properties = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Json>()? {
                    if properties.contains_key(&name) {
                        return Err(A::Error::custom(format!("the property '{name}' stands twice")));
                    }
                    properties.insert(name, value);
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

#[derive(Default)]
struct GeometryMembers<'a> {
    kind: Option<Cow<'a, str>>,
    coordinates: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for GeometryMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GeometryVisitor;
        impl<'de> Visitor<'de> for GeometryVisitor {
            type Value = GeometryMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a GeoJSON geometry")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GeometryMembers<'de>, A::Error> {
                let mut members = GeometryMembers::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    match name.as_ref() {
                        "type" => once(&mut members.kind, "type", map.next_value::<Name<'de>>()?.0)?,
                        "coordinates" => once(&mut members.coordinates, "coordinates", map.next_value()?)?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(GeometryVisitor)
    }
}

fn parse_geometry(text: &str) -> Result<RawGeometry, String> {
    let members: GeometryMembers<'_> =
        serde_json::from_str(text).map_err(|error| format!("the geometry is not readable: {error}"))?;
    let kind = members.kind.ok_or("the geometry's type is missing")?;
    if kind == "GeometryCollection" {
        return Ok(RawGeometry::GeometryCollection);
    }
    let coordinates = members.coordinates.ok_or("the geometry's coordinates are missing")?.get();
    check_brackets(coordinates)?;
    let wrong = |error: serde_json::Error| format!("the coordinates are not those of a {kind}: {error}");
    Ok(match kind.as_ref() {
        "Point" => RawGeometry::Point(serde_json::from_str(coordinates).map_err(wrong)?),
        "LineString" => RawGeometry::LineString(serde_json::from_str(coordinates).map_err(wrong)?),
        "Polygon" => RawGeometry::Polygon(serde_json::from_str(coordinates).map_err(wrong)?),
        "MultiPoint" => RawGeometry::MultiPoint(serde_json::from_str(coordinates).map_err(wrong)?),
        "MultiLineString" => RawGeometry::MultiLineString(serde_json::from_str(coordinates).map_err(wrong)?),
        "MultiPolygon" => RawGeometry::MultiPolygon(serde_json::from_str(coordinates).map_err(wrong)?),
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(format!("'{other}' is not a type of geometry"));
        }
    })
}

/// Refuses far too many positions before memory is given to them.
fn check_brackets(coordinates: &str) -> Result<(), String> {
    let brackets = coordinates.bytes().filter(|byte| *byte == b'[').count();
    if brackets > MOST_VERTICES + 2 * MOST_RINGS + 1_000 {
        return Err(format!(
            "the geometry has more than {MOST_VERTICES} vertices or {MOST_RINGS} rings: simplify or split it"
        ));
    }
    Ok(())
}

impl<'de> Deserialize<'de> for RawPosition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PositionVisitor;
        impl<'de> Visitor<'de> for PositionVisitor {
            type Value = RawPosition;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position, such as [105.72, 34.58]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawPosition, A::Error> {
                let mut position = RawPosition { ordinates: [0.0; 3], count: 0 };
                while let Some(ordinate) = seq.next_element::<f64>()? {
                    if let Some(place) = position.ordinates.get_mut(position.count) {
                        *place = ordinate;
                    }
                    position.count += 1;
                }
                Ok(position)
            }
        }
        deserializer.deserialize_seq(PositionVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_documents_are_refused_in_words() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "null",
            "[]",
            "7",
            "{}",
            r#"{"type":"Point","coordinates":[1,2]}"#,
            &deep,
            r#"{"type":"Feature","type":"Feature","properties":{},"geometry":null}"#,
            r#"{"type":"Feature","geometry":null,"geometry":null,"properties":{}}"#,
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1e400,2]},"properties":{}}"#,
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[NaN,2]},"properties":{}}"#,
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[null,2]},"properties":{}}"#,
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2],"coordinates":[3,4]},"properties":{}}"#,
            r#"{"type":"Feature","geometry":{"type":"Circle","coordinates":[1,2]},"properties":{}}"#,
            r#"{"type":"Feature","geometry":null,"properties":{"a":1,"a":2}}"#,
            r#"{"type":"Feature","geometry":null,"properties":[]}"#,
            r#"{"type":"FeatureCollection"}"#,
            r#"{"type":"FeatureCollection","features":[{}]}"#,
            "{\"type\":\"Feature\"",
        ] {
            let error = parse_document(text.as_bytes()).unwrap_err();
            assert!(!error.to_string().is_empty(), "{text}");
        }
    }

    #[test]
    fn short_and_long_positions_are_counted_for_the_gate() {
        let text = br#"{"type":"Feature","geometry":{"coordinates":[[[[0,0],[41],[1,0.5,2,3],[]]]],"type":"MultiPolygon"},"properties":null}"#;
        let (Document::Feature(feature), None) = parse_document(text).unwrap() else { panic!() };
        let Given::Value(RawGeometry::MultiPolygon(parts)) = feature.geometry else { panic!() };
        assert_eq!(parts[0][0].iter().map(|position| position.count).collect::<Vec<_>>(), [2, 1, 4, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_document(&bytes);
        }

        #[test]
        fn no_mutated_document_panics(at in 0_usize..150, byte in any::<u8>()) {
            let mut text = br#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"a","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]},"properties":{"a":[1,{"b":null}]}}]}"#.to_vec();
            text[at] = byte;
            let _ = parse_document(&text);
        }
    }
}
