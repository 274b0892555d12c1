//! Features into bytes of JSON: one form, no spaces, properties in the order of the declaration.

use std::io::Write;

use geo::{Coord, LineString, Polygon};
use serde_json::Value as Json;

use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::domain::value::Value;
use crate::spatial::crs::{Crs, CrsError, WGS84};
use crate::spatial::shape::Shape;

/// How features are written.
#[derive(Clone, Copy)]
pub struct Encoding<'a> {
    pub crs: &'a Crs,
    /// Only these properties; all when `None`.
    pub properties: Option<&'a [String]>,
}

impl Encoding<'static> {
    /// The form that is kept in memory and answered by default.
    pub const STORED: Self = Self { crs: &WGS84, properties: None };
}

impl Encoding<'_> {
    fn wants(&self, name: &str) -> bool {
        self.properties.is_none_or(|names| names.iter().any(|wanted| wanted == name))
    }
}

/// Appends a Feature. Errors only when a place lies outside the domain of `encoding.crs`; then `out` is as it was.
pub fn write_feature(
    layer: Layer,
    feature: &Feature,
    encoding: &Encoding<'_>,
    out: &mut Vec<u8>,
) -> Result<(), CrsError> {
    let start = out.len();
    let written = write_members(layer, feature, encoding, out);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn write_members(layer: Layer, feature: &Feature, encoding: &Encoding<'_>, out: &mut Vec<u8>) -> Result<(), CrsError> {
    out.extend_from_slice(br#"{"type":"Feature","id":"#);
    write_integer(feature.id.0, out);
    out.extend_from_slice(br#","geometry":"#);
    match &feature.geometry {
        None => out.extend_from_slice(b"null"),
        Some(shape) => write_geometry(shape, encoding.crs, out)?,
    }
    out.extend_from_slice(br#","properties":"#);
    write_properties(layer, feature, encoding, out)?;
    out.push(b'}');
    Ok(())
}

/// Appends the object of properties.
pub fn write_properties(
    layer: Layer,
    feature: &Feature,
    encoding: &Encoding<'_>,
    out: &mut Vec<u8>,
) -> Result<(), CrsError> {
    let start = out.len();
    let name_of = |name: &str, out: &mut Vec<u8>| {
        if !encoding.wants(name) {
            return false;
        }
        out.push(if out.len() == start { b'{' } else { b',' });
        write_text(name, out);
        out.push(b':');
        true
    };
    if name_of("external_id", out) {
        match &feature.external_id {
            None => out.extend_from_slice(b"null"),
            Some(id) => write_text(id, out),
        }
    }
    if name_of("rev", out) {
        write_integer(feature.rev.0, out);
    }
    for (name, at) in [("created_at", feature.created_at), ("updated_at", feature.updated_at)] {
        if name_of(name, out) {
            write_text(&write_instant(at), out);
        }
    }
    for (property, value) in layer.declaration().properties.iter().zip(&feature.values) {
        if name_of(property.name, out) {
            write_value(value, encoding.crs, out)?;
        }
    }
    for (name, value) in &feature.extras {
        if name_of(name, out) {
            write_json(value, out);
        }
    }
    if name_of("flags", out) {
        let names: Vec<&str> = feature.flags.names().collect();
        write_json(&Json::from(names), out);
    }
    if out.len() == start {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}

/// Appends one value as JSON.
pub fn write_value(value: &Value, crs: &Crs, out: &mut Vec<u8>) -> Result<(), CrsError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(text) => write_text(text, out),
        Value::Integer(number) => write_integer(*number, out),
        Value::Number(number) => write_number(*number, out),
        Value::Boolean(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Instant(at) => write_text(&write_instant(*at), out),
        Value::Date(date) => write_text(&date.to_string(), out),
        Value::Positions(positions) => {
            out.push(b'[');
            for (at, position) in positions.iter().enumerate() {
                comma(at, out);
                write_position(Coord { x: position[0], y: position[1] }, crs, out)?;
            }
            out.push(b']');
        }
    }
    Ok(())
}

/// Appends a geometry object.
pub fn write_geometry(shape: &Shape, crs: &Crs, out: &mut Vec<u8>) -> Result<(), CrsError> {
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(shape.kind().name().as_bytes());
    out.extend_from_slice(br#"","coordinates":"#);
    match shape {
        Shape::Point(point) => write_position(point.0, crs, out)?,
        Shape::LineString(line) => write_line(line, crs, out)?,
        Shape::Polygon(polygon) => write_polygon(polygon, crs, out)?,
        Shape::MultiPolygon(polygons) => {
            out.push(b'[');
            for (at, polygon) in polygons.iter().enumerate() {
                comma(at, out);
                write_polygon(polygon, crs, out)?;
            }
            out.push(b']');
        }
    }
    out.push(b'}');
    Ok(())
}

fn write_polygon(polygon: &Polygon, crs: &Crs, out: &mut Vec<u8>) -> Result<(), CrsError> {
    out.push(b'[');
    for (at, ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
        comma(at, out);
        write_line(ring, crs, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_line(line: &LineString, crs: &Crs, out: &mut Vec<u8>) -> Result<(), CrsError> {
    out.push(b'[');
    for (at, position) in line.0.iter().enumerate() {
        comma(at, out);
        write_position(*position, crs, out)?;
    }
    out.push(b']');
    Ok(())
}

fn comma(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn write_position(at: Coord, crs: &Crs, out: &mut Vec<u8>) -> Result<(), CrsError> {
    let (x, y) = if crs.is_stored() { (at.x, at.y) } else { crs.from_wgs84(at.x, at.y)? };
    let decimals = crs.decimals();
    out.push(b'[');
    write_fixed(x, decimals, out);
    out.push(b',');
    write_fixed(y, decimals, out);
    out.push(b']');
    Ok(())
}

/// A number with at most so many decimals, without trailing zeros.
pub fn write_fixed(number: f64, decimals: usize, out: &mut Vec<u8>) {
    let scale = 10_u64.pow(decimals as u32);
    let steps = (number * scale as f64).round() as i64;
    if steps < 0 {
        out.push(b'-');
    }
    let steps = steps.unsigned_abs();
    write_unsigned(steps / scale, out);
    let mut fraction = steps % scale;
    if fraction == 0 {
        return;
    }
    let mut digits = decimals;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        digits -= 1;
    }
    out.push(b'.');
    let start = out.len();
    out.resize(start + digits, b'0');
    for place in out[start..].iter_mut().rev() {
        *place = b'0' + (fraction % 10) as u8;
        fraction /= 10;
    }
}

fn write_integer(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    write_unsigned(number.unsigned_abs(), out);
}

fn write_unsigned(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// The shortest digits that read back as the same number; whole numbers without a fraction.
fn write_number(number: f64, out: &mut Vec<u8>) {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        write_integer(number as i64, out);
    } else {
        write_json(&Json::from(number), out);
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        write_json(&Json::from(text), out);
    }
}

fn write_json(json: &Json, out: &mut Vec<u8>) {
    // A `Vec` takes every write, and a `Value` has only keys that are texts.
    write!(out, "{json}").expect("writing to memory cannot fail");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fixed(number: f64, decimals: usize) -> String {
        let mut out = Vec::new();
        write_fixed(number, decimals, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fixed_numbers() {
        assert_eq!(fixed(105.7, 7), "105.7");
        assert_eq!(fixed(-0.000_000_1, 7), "-0.0000001");
        assert_eq!(fixed(180.0, 7), "180");
        assert_eq!(fixed(-0.000_000_01, 7), "0");
        assert_eq!(fixed(331_433.08, 3), "331433.08");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn grid_numbers_read_back_the_same(steps in -1_800_000_000_i64..1_800_000_000) {
            let degrees = steps as f64 / 1e7;
            prop_assert_eq!(fixed(degrees, 7).parse::<f64>().unwrap(), degrees);
        }
    }
}
