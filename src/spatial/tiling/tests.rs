//! Parts tile their area, and lines lie in their owner's part.

use std::collections::BTreeMap;

use geo::polygon;
use proptest::prelude::*;

use super::*;
use crate::spatial::simple;
use crate::spatial::window;

fn street(x: f64, y: f64, east: f64, north: f64) -> LineString {
    let grid = |degrees: f64| (degrees * GRID).round() / GRID;
    let corner = |share: f64| Coord { x: grid(105.7 + x + share * east), y: grid(34.58 + y + share * north) };
    LineString(vec![corner(0.0), corner(0.5), corner(1.0)])
}

/// A valley with an island that is not part of it.
fn area() -> Shape {
    let shell = polygon![
        (x: 105.70, y: 34.57), (x: 105.74, y: 34.565), (x: 105.75, y: 34.59), (x: 105.735, y: 34.58),
        (x: 105.72, y: 34.60), (x: 105.69, y: 34.59),
    ];
    let hole = vec![(105.715, 34.58), (105.717, 34.583), (105.72, 34.58), (105.715, 34.58)];
    Shape::Polygon(Polygon::new(shell.exterior().clone(), vec![hole.into()]))
}

fn grid_polygons(parts: &MultiPolygon) -> Vec<simple::GridPolygon> {
    parts.0.iter().map(|part| rings_of(&Shape::Polygon(part.clone()))).collect()
}

/// Valid parts, whose areas add up to the whole, and whose every edge has one owner on each side.
fn check_tiling(area: &Shape, tiles: &BTreeMap<usize, MultiPolygon>) {
    let mut sides: BTreeMap<(GridPoint, GridPoint), usize> = BTreeMap::new();
    let mut sum = 0;
    for (owner, parts) in tiles {
        let polygons = grid_polygons(parts);
        assert_eq!(simple::check(&polygons), Ok(()), "owner {owner}");
        sum += doubled_area(&polygons);
        for ring in polygons.iter().flatten() {
            for at in 0..ring.len() {
                let edge = (ring[at], ring[(at + 1) % ring.len()]);
                assert_eq!(sides.insert(edge, *owner), None, "the left of an edge belongs to one");
            }
        }
    }
    let whole = doubled_area(&[rings_of(area)]);
    // New corners lie within half a step of the edge of the area.
    let perimeter: f64 = rings_of(area)
        .iter()
        .flat_map(|ring| (0..ring.len()).map(|at| (ring[at], ring[(at + 1) % ring.len()])))
        .map(|(a, b)| ((b.0 - a.0) as f64).hypot((b.1 - a.1) as f64))
        .sum();
    assert!(((sum - whole) as f64).abs() < perimeter, "{sum} {whole}");
    // What has nobody on its right side is the edge of the area.
    let ring_steps: f64 = 2.0;
    let rings = rings_of(area);
    for (a, b) in sides.keys().filter(|(a, b)| !sides.contains_key(&(*b, *a))) {
        for end in [a, b] {
            let near = rings.iter().any(|ring| {
                (0..ring.len()).any(|at| steps_from(*end, ring[at], ring[(at + 1) % ring.len()]) < ring_steps)
            });
            assert!(near, "{end:?} is on no edge of the area");
        }
    }
}

/// In steps of the grid, straight edges: cutting an edge changes nothing, as it does on the ellipsoid.
fn doubled_area(polygons: &[simple::GridPolygon]) -> i128 {
    let of = |ring: &Vec<GridPoint>| -> i128 {
        let cross =
            |(a, b): (GridPoint, GridPoint)| i128::from(a.0) * i128::from(b.1) - i128::from(b.0) * i128::from(a.1);
        (0..ring.len()).map(|at| cross((ring[at], ring[(at + 1) % ring.len()]))).sum()
    };
    polygons
        .iter()
        .flat_map(|rings| rings.iter().enumerate())
        .map(|(at, ring)| if at == 0 { of(ring).abs() } else { -of(ring).abs() })
        .sum()
}

fn steps_from(at: GridPoint, a: GridPoint, b: GridPoint) -> f64 {
    let flat = |p: GridPoint| (p.0 as f64, p.1 as f64);
    let ((x, y), (ax, ay), (bx, by)) = (flat(at), flat(a), flat(b));
    let (dx, dy) = (bx - ax, by - ay);
    let share = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - ax - share * dx).hypot(y - ay - share * dy)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_tile_the_area(
        drawn in prop::collection::vec(
            (-0.02..0.06_f64, -0.02..0.03_f64, -0.004..0.004_f64, -0.004..0.004_f64, 0_usize..4), 1..25),
    ) {
        let lines: Vec<(LineString, usize)> =
            drawn.iter().map(|(x, y, east, north, owner)| (street(*x, *y, *east, *north), *owner)).collect();
        let owned: Vec<Owned<'_>> = lines.iter().map(|(line, owner)| Owned { line, owner: *owner }).collect();
        let tiles = tile(&[&area()], &owned);
        check_tiling(&area(), &tiles);
        prop_assert_eq!(tile(&[&area()], &owned), tiles);
    }
}

#[test]
fn lines_lie_in_their_owners_part() {
    let mut lines = Vec::new();
    for row in 0..10 {
        for column in 0..20 {
            let (x, y) = (-0.005 + 0.002 * f64::from(column), -0.005 + 0.0015 * f64::from(row));
            let owner = usize::from(row > 4) + 2 * usize::from(column > 9);
            lines.push((street(x, y, 0.002, 0.0), owner));
            lines.push((street(x, y, 0.0, 0.0015), owner));
        }
    }
    let owned: Vec<Owned<'_>> = lines.iter().map(|(line, owner)| Owned { line, owner: *owner }).collect();
    let area = area();
    let tiles = tile(&[&area], &owned);
    check_tiling(&area, &tiles);
    for (line, owner) in &lines {
        let middle = line.0[1];
        if window::contains(&area, middle) {
            assert!(window::contains(&Shape::MultiPolygon(tiles[owner].clone()), middle), "{middle:?} {owner}");
        }
    }
}

#[test]
fn one_owner_gets_all_and_nobody_gets_nothing() {
    let line = street(0.01, 0.0, 0.002, 0.001);
    let tiles = tile(&[&area()], &[Owned { line: &line, owner: 7 }]);
    check_tiling(&area(), &tiles);
    assert_eq!(tiles.keys().copied().collect::<Vec<_>>(), [7]);
    assert!(tile(&[&area()], &[]).is_empty());
    assert!(tile(&[], &[Owned { line: &line, owner: 7 }]).is_empty());
}

/// A part that lies wholly inside another's.
#[test]
fn an_enclave_is_a_hole_of_its_neighbour() {
    let inner = street(0.03, -0.006, 0.0005, 0.0);
    let ring: Vec<LineString> = (0..12)
        .map(|at| {
            let angle = f64::from(at) * std::f64::consts::TAU / 12.0;
            street(0.03 + 0.003 * angle.cos(), -0.006 + 0.003 * angle.sin(), 0.0005, 0.0005)
        })
        .collect();
    let mut owned: Vec<Owned<'_>> = ring.iter().map(|line| Owned { line, owner: 1 }).collect();
    owned.push(Owned { line: &inner, owner: 0 });
    let tiles = tile(&[&area()], &owned);
    check_tiling(&area(), &tiles);
    assert_eq!(tiles[&0].0.len(), 1);
    assert!(tiles[&1].0.iter().any(|part| part.interiors().len() == 2), "the island and the enclave");
}
