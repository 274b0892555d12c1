//! An area divided among owners of lines: every place goes to the owner of the nearest line, and the parts tile the area.
//!
//! The borders are those of the Voronoi diagram of places along the lines, simplified chain by chain and rounded to the
//! storage grid together with the edge of the area, so that neighbours share every corner. It does not ask who the
//! owners are.

mod borders;
mod arrangement;
mod faces;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use crate::spatial::area::PreparedArea;
use crate::spatial::shape::{GRID, Shape};
use crate::spatial::simple::GridPoint;
use crate::spatial::tiling::arrangement::Border;

/// A line and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Owned<'a> {
    pub line: &'a LineString,
    pub owner: usize,
}

/// The parts of `areas` by owner; together they are the areas, and no two of them overlap.
///
/// Degrees of WGS 84 in and out; corners on the 1e-7 grid. Where a border meets the edge of an area, the new corner lies
/// within half a step of the grid (6 mm) of that edge. An owner without a place of his own gets nothing. Distances are
/// measured in the plane that touches the ellipsoid in the middle, borders are straightened by up to 2 m.
/// Cost: O(n log n) in the lines' metres, of which only
/// those near another owner's line count much: 100,000 lines take a few seconds.
pub fn tile(areas: &[&Shape], lines: &[Owned<'_>]) -> BTreeMap<usize, MultiPolygon> {
    let rings: Vec<Vec<GridPoint>> = areas.iter().flat_map(|area| rings_of(area)).collect();
    let Some(frame) = borders::Frame::around(rings.iter().flatten().copied()) else { return BTreeMap::new() };
    let places = borders::places(lines, &frame);
    if places.is_empty() {
        return BTreeMap::new();
    }
    let mut edges = borders::between(&places, &frame);
    for ring in &rings {
        let edge = |at: usize| Border { ends: (ring[at], ring[(at + 1) % ring.len()]), sides: None };
        edges.extend((0..ring.len()).map(edge));
    }
    let prepared: Vec<PreparedArea> = areas.iter().map(|area| PreparedArea::new(area)).collect();
    let owners = borders::Owners::new(places, &frame);
    let is_inside = |at: Coord| {
        let degrees = Coord { x: at.x / GRID, y: at.y / GRID };
        prepared.iter().any(|area| area.contains(degrees))
    };
    faces::parts(&arrangement::noded(edges), &is_inside, &|at| owners.nearest(at))
        .into_iter()
        .map(|(owner, polygons)| (owner, MultiPolygon(polygons.into_iter().map(polygon).collect())))
        .collect()
}

/// Rings on the grid, not closed.
fn rings_of(shape: &Shape) -> Vec<Vec<GridPoint>> {
    let on_grid = |at: &Coord| ((at.x * GRID).round() as i64, (at.y * GRID).round() as i64);
    let of = |polygon: &Polygon| -> Vec<Vec<GridPoint>> {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings.map(|ring| ring.0.iter().skip(1).map(on_grid).collect()).collect()
    };
    match shape {
        Shape::Polygon(polygon) => of(polygon),
        Shape::MultiPolygon(polygons) => polygons.0.iter().flat_map(of).collect(),
        Shape::Point(_) | Shape::LineString(_) => Vec::new(),
    }
}

fn polygon(rings: Vec<Vec<GridPoint>>) -> Polygon {
    let mut lines = rings.into_iter().map(|mut ring| {
        ring.extend(ring.first().copied());
        LineString(ring.into_iter().map(|(x, y)| Coord { x: x as f64 / GRID, y: y as f64 / GRID }).collect())
    });
    let shell = lines.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(shell, lines.collect())
}
