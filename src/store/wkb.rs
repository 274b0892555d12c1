//! Geometry as a blob: ISO well-known binary, little endian, two dimensions.
//!
//! Our own bounded reader: a blob is damaged or hostile until it is read. Nothing recurses, and no count is believed
//! beyond the bytes that are there.

use geo::{Coord, LineString, MultiPolygon, Point, Polygon};

use crate::spatial::shape::Shape;

const POINT: u32 = 1;
const LINE_STRING: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored geometry is damaged: {0}")]
pub struct WkbError(&'static str);

pub fn write(shape: &Shape) -> Vec<u8> {
    let mut out = Vec::with_capacity(21);
    match shape {
        Shape::Point(point) => {
            head(POINT, &mut out);
            position(point.0, &mut out);
        }
        Shape::LineString(line) => {
            head(LINE_STRING, &mut out);
            positions(line, &mut out);
        }
        Shape::Polygon(area) => polygon(area, &mut out),
        Shape::MultiPolygon(areas) => {
            head(MULTI_POLYGON, &mut out);
            count(areas.0.len(), &mut out);
            areas.iter().for_each(|area| polygon(area, &mut out));
        }
    }
    out
}

fn head(kind: u32, out: &mut Vec<u8>) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
}

fn count(items: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(items as u32).to_le_bytes());
}

fn position(at: Coord, out: &mut Vec<u8>) {
    out.extend_from_slice(&at.x.to_le_bytes());
    out.extend_from_slice(&at.y.to_le_bytes());
}

fn positions(line: &LineString, out: &mut Vec<u8>) {
    count(line.0.len(), out);
    line.0.iter().for_each(|at| position(*at, out));
}

fn polygon(area: &Polygon, out: &mut Vec<u8>) {
    head(POLYGON, out);
    count(1 + area.interiors().len(), out);
    positions(area.exterior(), out);
    area.interiors().iter().for_each(|ring| positions(ring, out));
}

/// Reads what [`write`] wrote, in either byte order. Cost: linear in the bytes, memory too.
pub fn read(blob: &[u8]) -> Result<Shape, WkbError> {
    let mut reader = Reader { rest: blob, big_endian: false };
    let shape = match reader.head()? {
        POINT => Shape::Point(Point(reader.position()?)),
        LINE_STRING => Shape::LineString(reader.positions()?),
        POLYGON => Shape::Polygon(reader.polygon()?),
        MULTI_POLYGON => {
            let parts = reader.count(13)?;
            let mut areas = Vec::with_capacity(parts);
            for _ in 0..parts {
                if reader.head()? != POLYGON {
                    return Err(WkbError("a part is not a polygon"));
                }
                areas.push(reader.polygon()?);
            }
            Shape::MultiPolygon(MultiPolygon(areas))
        }
        _ => return Err(WkbError("its type is not one that is stored")),
    };
    if reader.rest.is_empty() { Ok(shape) } else { Err(WkbError("there are bytes after its end")) }
}

struct Reader<'a> {
    rest: &'a [u8],
    big_endian: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WkbError> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(WkbError("it is cut off"))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn head(&mut self) -> Result<u32, WkbError> {
        self.big_endian = match self.take::<1>()? {
            [0] => true,
            [1] => false,
            _ => return Err(WkbError("its byte order is unknown")),
        };
        self.number()
    }

    fn number(&mut self) -> Result<u32, WkbError> {
        let bytes = self.take()?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// A count of items that take at least `least` bytes each.
    fn count(&mut self, least: usize) -> Result<usize, WkbError> {
        let count = self.number()? as usize;
        if count > self.rest.len() / least {
            return Err(WkbError("it counts more than it holds"));
        }
        Ok(count)
    }

    fn ordinate(&mut self) -> Result<f64, WkbError> {
        let bytes = self.take()?;
        let ordinate = if self.big_endian { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) };
        if ordinate.is_finite() { Ok(ordinate) } else { Err(WkbError("a number is not finite")) }
    }

    fn position(&mut self) -> Result<Coord, WkbError> {
        let (x, y) = (self.ordinate()?, self.ordinate()?);
        if !(-180.0..=180.0).contains(&x) || !(-90.0..=90.0).contains(&y) {
            return Err(WkbError("a position is not on the globe"));
        }
        Ok(Coord { x, y })
    }

    fn positions(&mut self) -> Result<LineString, WkbError> {
        let count = self.count(16)?;
        (0..count).map(|_| self.position()).collect::<Result<Vec<_>, _>>().map(LineString)
    }

    fn polygon(&mut self) -> Result<Polygon, WkbError> {
        let rings = self.count(4)?;
        if rings == 0 {
            return Err(WkbError("a polygon has no ring"));
        }
        let shell = self.ring()?;
        let holes = (1..rings).map(|_| self.ring()).collect::<Result<Vec<_>, _>>()?;
        Ok(Polygon::new(shell, holes))
    }

    fn ring(&mut self) -> Result<LineString, WkbError> {
        let ring = self.positions()?;
        if ring.0.len() < 4 || ring.0.first() != ring.0.last() {
            return Err(WkbError("a ring is not closed"));
        }
        Ok(ring)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nested_thirty_thousand_levels() {
        let mut blob = Vec::new();
        for _ in 0..30_000 {
            blob.extend_from_slice(&[1, 7, 0, 0, 0, 1, 0, 0, 0]);
        }
        assert!(read(&blob).is_err());
    }

    #[test]
    fn a_count_bomb_of_nine_bytes() {
        for kind in [2_u8, 3, 6] {
            assert!(read(&[1, kind, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn shapes_come_back(corners in prop::collection::vec((-1_800_000_000_i64..1_800_000_000, -900_000_000_i64..900_000_000), 3..20)) {
            let ring: LineString = corners.iter().chain(corners.first()).map(|&(x, y)| Coord { x: x as f64 / 1e7, y: y as f64 / 1e7 }).collect();
            let area = Polygon::new(ring.clone(), vec![ring.clone()]);
            for shape in [Shape::Point(Point(ring.0[0])), Shape::LineString(ring), Shape::Polygon(area.clone()), Shape::MultiPolygon(MultiPolygon(vec![area.clone(), area]))] {
                let blob = write(&shape);
                prop_assert_eq!(read(&blob), Ok(shape));
                prop_assert!(read(&blob[..blob.len() - 1]).is_err());
            }
        }
    }
}
