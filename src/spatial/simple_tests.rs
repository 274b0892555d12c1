//! The sweep against brute force and against another library.

use geo::{Coord, LineString, MultiPolygon, Polygon, Validation};
use proptest::prelude::*;

use super::*;

fn kind(polygons: &[GridPolygon]) -> Option<FlawKind> {
    check(polygons).err().map(|flaw| flaw.kind)
}

fn square(x: i64, y: i64, size: i64) -> Vec<GridPoint> {
    vec![(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
}

#[test]
fn rings_alone() {
    assert_eq!(kind(&[vec![square(0, 0, 10)]]), None);
    assert_eq!(kind(&[vec![vec![(0, 0), (10, 10), (10, 0), (0, 10)]]]), Some(FlawKind::SelfCrossing));
    // A figure of eight that touches itself in a corner, and one whose corner lies on an edge.
    assert_eq!(kind(&[vec![vec![(0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)]]]), Some(FlawKind::SelfTouch));
    assert_eq!(kind(&[vec![vec![(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)]]]), Some(FlawKind::SelfTouch));
    // A spike runs back along itself.
    assert!(kind(&[vec![vec![(0, 0), (10, 0), (10, 10), (10, 20), (10, 10), (0, 10)]]]).is_some());
}

#[test]
fn holes() {
    let shell = square(0, 0, 100);
    let with = |holes: &[Vec<GridPoint>]| {
        let mut polygon = vec![shell.clone()];
        polygon.extend_from_slice(holes);
        kind(&[polygon])
    };
    assert_eq!(with(&[square(10, 10, 10), square(50, 50, 10)]), None);
    assert_eq!(with(&[vec![(0, 50), (20, 40), (20, 60)]]), None, "touches the shell in one point");
    assert_eq!(with(&[vec![(0, 50), (50, 0), (50, 50)]]), Some(FlawKind::InteriorCut), "touches it in two");
    assert_eq!(with(&[square(10, 10, 10), square(20, 20, 10)]), None, "holes that touch in a corner");
    assert_eq!(
        with(&[vec![(0, 50), (20, 40), (20, 60)], vec![(20, 40), (60, 30), (60, 0)]]),
        Some(FlawKind::InteriorCut),
        "a chain of holes from wall to wall"
    );
    assert_eq!(with(&[square(200, 200, 10)]), Some(FlawKind::HoleOutside));
    assert_eq!(with(&[square(90, 90, 20)]), Some(FlawKind::RingsCross));
    assert_eq!(with(&[square(10, 10, 50), square(20, 20, 10)]), Some(FlawKind::NestedHoles));
    assert_eq!(with(&[square(0, 10, 10)]), Some(FlawKind::SharedEdge));
    assert_eq!(with(std::slice::from_ref(&shell)), Some(FlawKind::SharedEdge));
}

#[test]
fn parts() {
    let a = || vec![square(0, 0, 10)];
    assert_eq!(kind(&[a(), vec![square(20, 0, 10)]]), None);
    assert_eq!(kind(&[a(), vec![square(10, 10, 10)]]), None, "touch in a corner");
    assert_eq!(kind(&[a(), vec![square(10, 0, 10)]]), Some(FlawKind::SharedEdge));
    assert_eq!(kind(&[a(), vec![square(5, 5, 10)]]), Some(FlawKind::PartsOverlap));
    assert_eq!(kind(&[a(), vec![square(2, 2, 3)]]), Some(FlawKind::PartsOverlap));
    assert_eq!(kind(&[a(), vec![square(0, 0, 10)]]), Some(FlawKind::SharedEdge));
    let ring = vec![square(0, 0, 100), square(10, 10, 80)];
    assert_eq!(kind(&[ring.clone(), vec![square(20, 20, 10)]]), None, "an island in the hole");
    assert_eq!(kind(&[ring, vec![vec![(10, 50), (50, 10), (90, 50), (50, 90)]]]), None, "touches it all round");
    // Two diamonds through each other's corners.
    assert_eq!(
        kind(&[vec![vec![(0, 0), (10, -10), (20, 0), (10, 10)]], vec![vec![(10, -10), (20, -20), (20, 20), (10, 10)]]]),
        Some(FlawKind::PartsOverlap)
    );
}

/// Large rings of several forms are judged in well under a second, even in a debug build with some patience.
#[test]
fn large_rings() {
    let corners = 50_000;
    let wavy: Vec<GridPoint> = (0..corners)
        .map(|at| {
            let angle = f64::from(at) / f64::from(corners) * std::f64::consts::TAU;
            let radius = 1e8 * (1.0 + 0.05 * (angle * 2_000.0).sin());
            ((radius * angle.cos()) as i64, (radius * angle.sin()) as i64)
        })
        .collect();
    assert_eq!(kind(&[vec![wavy]]), None);
    let mut comb: Vec<GridPoint> = vec![(0, -10)];
    comb.extend((0..25_000).flat_map(|tooth| [(tooth * 2, 0), (tooth * 2 + 1, 1_000_000)]));
    comb.push((60_000, -10));
    assert_eq!(kind(&[vec![comb]]), None);
    let spaghetti: Vec<GridPoint> =
        (0..i64::from(corners)).map(|at| ((at * 7_919) % 100_003, (at * 104_729) % 99_991)).collect();
    assert!(kind(&[vec![spaghetti]]).is_some());
}

fn ring_of(corners: &[GridPoint]) -> LineString {
    corners.iter().chain(corners.first()).map(|&(x, y)| Coord { x: x as f64, y: y as f64 }).collect()
}

fn no_repeats(mut corners: Vec<GridPoint>) -> Option<Vec<GridPoint>> {
    corners.dedup();
    while corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    (corners.len() >= 3).then_some(corners)
}

/// By definition: edges of a ring share the corner between them and nothing else. (The crate's own check lets rings
/// pass that run back along themselves.)
fn simple_by_definition(ring: &[GridPoint]) -> bool {
    let edge = |at: usize| (ring[at % ring.len()], ring[(at + 1) % ring.len()]);
    let on = |(a, b): (GridPoint, GridPoint), c: GridPoint| {
        turn(a, b, c) == Ordering::Equal && c >= a.min(b) && c <= a.max(b)
    };
    (0..ring.len()).all(|i| {
        (i + 1..ring.len()).all(|j| {
            let ((a, b), (c, d)) = (edge(i), edge(j));
            let touching: BTreeSet<GridPoint> = [c, d]
                .into_iter()
                .filter(|&at| on((a, b), at))
                .chain([a, b].into_iter().filter(|&at| on((c, d), at)))
                .collect();
            let across = |one: Ordering, other: Ordering| one != Ordering::Equal && one == other.reverse();
            let crosses = across(turn(a, b, c), turn(a, b, d)) && across(turn(c, d, a), turn(c, d, b));
            let neighbours = j == i + 1 || (i == 0 && j == ring.len() - 1);
            !crosses && touching.len() == usize::from(neighbours)
        })
    })
}

fn small_ring() -> impl Strategy<Value = Vec<GridPoint>> {
    prop::collection::vec((0_i64..9, 0_i64..9), 3..7).prop_filter_map("too short", no_repeats)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn one_ring_agrees_with_the_quadratic_check(ring in small_ring()) {
        let polygon = Polygon::new(ring_of(&ring), Vec::new());
        prop_assert!(!simple_by_definition(&ring) || polygon.is_valid());
        prop_assert_eq!(check(&[vec![ring.clone()]]).is_ok(), simple_by_definition(&ring));
    }

    #[test]
    fn two_parts_agree_with_the_quadratic_check(a in small_ring(), b in small_ring()) {
        let (pa, pb) = (Polygon::new(ring_of(&a), Vec::new()), Polygon::new(ring_of(&b), Vec::new()));
        let both = MultiPolygon(vec![pa, pb]);
        let simple = simple_by_definition(&a) && simple_by_definition(&b);
        prop_assert_eq!(check(&[vec![a], vec![b]]).is_ok(), simple && both.is_valid());
    }

    #[test]
    fn a_hole_agrees_with_the_quadratic_check(hole in small_ring(), second in small_ring()) {
        let shell = square(0, 0, 8);
        let polygon = Polygon::new(ring_of(&shell), vec![ring_of(&hole), ring_of(&second)]);
        let ours = check(&[vec![shell, hole.clone(), second.clone()]]);
        // The crate does not see holes that together fence a piece of the interior off.
        if !matches!(&ours, Err(Flaw { kind: FlawKind::InteriorCut, .. })) {
            let simple = simple_by_definition(&hole) && simple_by_definition(&second);
            prop_assert_eq!(ours.is_ok(), simple && polygon.is_valid(), "{:?}", ours);
        }
    }
}
