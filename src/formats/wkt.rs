//! Well-known text (OGC Simple Features), read into positions for the gate and written from shapes.

use std::fmt::Write;

use geo::{LineString, Polygon};

use crate::formats::geojson::Encoding;
use crate::spatial::crs::CrsError;
use crate::spatial::raw::{RawGeometry, RawPosition};
use crate::spatial::shape::Shape;

/// Reads `POINT (105.7 34.5)` and the other five simple kinds, with Z or without, in any case of letters.
///
/// The error is a sentence. A fourth ordinate (M) is left for the gate to refuse.
pub fn read(text: &str) -> Result<RawGeometry, String> {
    let text = text.trim();
    let open = text.find('(').unwrap_or(text.len());
    let head = text[..open].trim().to_ascii_uppercase();
    let kind = head.split_whitespace().next().unwrap_or("");
    let kind = if kind.len() > 1 && kind != "POINT" { kind.strip_suffix('Z').unwrap_or(kind) } else { kind };
    let mut rest = Text { text: &text[open..] };
    let geometry = match kind {
        "POINT" => RawGeometry::Point(rest.list(Text::position)?.pop().ok_or("a POINT needs a position")?),
        "LINESTRING" => RawGeometry::LineString(rest.list(Text::position)?),
        "POLYGON" => RawGeometry::Polygon(rest.list(Text::positions)?),
        "MULTIPOINT" => RawGeometry::MultiPoint(rest.list(Text::bracketed_position)?),
        "MULTILINESTRING" => RawGeometry::MultiLineString(rest.list(Text::positions)?),
        "MULTIPOLYGON" => RawGeometry::MultiPolygon(rest.list(|rest| rest.list(Text::positions))?),
        "GEOMETRYCOLLECTION" => return Ok(RawGeometry::GeometryCollection),
        _ => return Err("is not well-known text, such as POINT (105.72 34.58)".to_owned()),
    };
    if !rest.text.trim().is_empty() {
        return Err("has something after its end".to_owned());
    }
    Ok(geometry)
}

struct Text<'a> {
    text: &'a str,
}

impl<'a> Text<'a> {
    fn starts(&mut self, letter: char) -> bool {
        self.text = self.text.trim_start();
        let rest = self.text.strip_prefix(letter);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        if !self.starts('(') {
            return Err("a bracket is missing".to_owned());
        }
        let mut items = Vec::new();
        if self.starts(')') {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.starts(')') {
                return Ok(items);
            }
            if !self.starts(',') {
                return Err("a comma or a bracket is missing".to_owned());
            }
        }
    }

    fn positions(&mut self) -> Result<Vec<RawPosition>, String> {
        self.list(Self::position)
    }

    /// Both `MULTIPOINT ((1 2), (3 4))` and `MULTIPOINT (1 2, 3 4)` are written.
    fn bracketed_position(&mut self) -> Result<RawPosition, String> {
        let bracketed = self.starts('(');
        let position = self.position()?;
        if bracketed && !self.starts(')') {
            return Err("a bracket is missing".to_owned());
        }
        Ok(position)
    }

    fn position(&mut self) -> Result<RawPosition, String> {
        let end = self.text.find([',', ')']).ok_or("a bracket is missing")?;
        let (numbers, rest): (&'a str, &'a str) = self.text.split_at(end);
        self.text = rest;
        let mut position = RawPosition { ordinates: [0.0; 3], count: 0 };
        for word in numbers.split_whitespace() {
            let number: f64 =
                word.parse().map_err(|_| format!("'{}' is not a number", word.chars().take(40).collect::<String>()))?;
            if let Some(place) = position.ordinates.get_mut(position.count) {
                *place = number;
            }
            position.count += 1;
        }
        Ok(position)
    }
}

/// Writes a shape, positions x y in the system's order.
pub fn write(shape: &Shape, encoding: &Encoding<'_>) -> Result<String, CrsError> {
    let mut out = String::new();
    match shape {
        Shape::Point(point) => {
            out.push_str("POINT ");
            line(&LineString(vec![point.0]), encoding, &mut out)?;
        }
        Shape::LineString(positions) => {
            out.push_str("LINESTRING ");
            line(positions, encoding, &mut out)?;
        }
        Shape::Polygon(area) => {
            out.push_str("POLYGON ");
            polygon(area, encoding, &mut out)?;
        }
        Shape::MultiPolygon(areas) => {
            out.push_str("MULTIPOLYGON ");
            let mut separator = '(';
            for area in areas {
                out.push(separator);
                separator = ',';
                polygon(area, encoding, &mut out)?;
            }
            out.push(')');
        }
    }
    Ok(out)
}

fn polygon(area: &Polygon, encoding: &Encoding<'_>, out: &mut String) -> Result<(), CrsError> {
    let mut separator = '(';
    for ring in std::iter::once(area.exterior()).chain(area.interiors()) {
        out.push(separator);
        separator = ',';
        line(ring, encoding, out)?;
    }
    out.push(')');
    Ok(())
}

fn line(positions: &LineString, encoding: &Encoding<'_>, out: &mut String) -> Result<(), CrsError> {
    let decimals = encoding.crs.decimals();
    let mut separator = '(';
    for at in &positions.0 {
        let (x, y) = encoding.crs.from_wgs84(at.x, at.y)?;
        write!(out, "{separator}{x:.decimals$} {y:.decimals$}").expect("writing to memory cannot fail");
        separator = ',';
    }
    out.push(')');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_faults() {
        assert_eq!(read("POINT (1 2)"), Ok(RawGeometry::Point(RawPosition::xy(1.0, 2.0))));
        assert_eq!(
            read("point z(1 2 3)"),
            Ok(RawGeometry::Point(RawPosition { ordinates: [1.0, 2.0, 3.0], count: 3 }))
        );
        assert!(
            matches!(read("PolygonZ ((0 0 1,1 0 1,1 1 1,0 0 1))"), Ok(RawGeometry::Polygon(rings)) if rings[0].len() == 4)
        );
        assert!(matches!(read("MULTIPOINT (1 2, 3 4)"), Ok(RawGeometry::MultiPoint(points)) if points.len() == 2));
        assert!(matches!(read("MULTIPOINT ((1 2), (3 4))"), Ok(RawGeometry::MultiPoint(points)) if points.len() == 2));
        for text in [
            "",
            "POINT",
            "POINT (",
            "POINT ()",
            "POINT (1 x)",
            "POINT (1 2) x",
            "CIRCLE (1 2)",
            "POLYGON ((0 0,1 1)",
            "(",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
