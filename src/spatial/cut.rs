//! Cutting lines at places on them, and joining lines end to end.

use geo::{Coord, LineString};

use crate::spatial::foot::{foot_on_line, plane_at};
use crate::spatial::geodesic::{distance_m, length_m};
use crate::spatial::shape::GRID;

/// A corner this near to a wanted cut is taken for it, metres: rounding a cut to the grid then moves the line by a
/// tenth of a millimetre of length at most.
const CORNER_M: f64 = 0.25;

/// A place on a line: after this corner, at this coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    pub corner: usize,
    pub at: Coord,
}

/// The place of the line nearest to `from`, and the metres between.
pub fn spot_near(line: &LineString, from: Coord) -> (Spot, f64) {
    let foot = foot_on_line(line, from);
    (settled(line, foot.piece, foot.at), foot.metres)
}

/// The place so many metres from the start, along the line; its end when it is shorter.
pub fn spot_at(line: &LineString, metres: f64) -> Spot {
    let mut left = metres;
    for (corner, piece) in line.lines().enumerate() {
        let here = distance_m(piece.start, piece.end);
        if left <= here && here > 0.0 {
            let share = left / here;
            let at = Coord {
                x: piece.start.x + share * (piece.end.x - piece.start.x),
                y: piece.start.y + share * (piece.end.y - piece.start.y),
            };
            return settled(line, corner, at);
        }
        left -= here;
    }
    let corner = line.0.len().saturating_sub(1);
    Spot { corner, at: line.0.last().copied().unwrap_or_default() }
}

/// On the grid, and on a corner where one is near.
fn settled(line: &LineString, piece: usize, at: Coord) -> Spot {
    for corner in [piece, piece + 1] {
        if let Some(&here) = line.0.get(corner)
            && distance_m(here, at) <= CORNER_M
        {
            return Spot { corner, at: here };
        }
    }
    Spot { corner: piece, at: on_grid_beside(at, line.0[piece], line.0[piece + 1]) }
}

/// The grid point round `at` that lengthens the way from `a` to `b` least.
fn on_grid_beside(at: Coord, a: Coord, b: Coord) -> Coord {
    let scale = plane_at(at.y);
    let metres = |p: Coord, q: Coord| ((q.x - p.x) * scale.0).hypot((q.y - p.y) * scale.1);
    let (west, south) = ((at.x * GRID).floor(), (at.y * GRID).floor());
    [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
        .into_iter()
        .map(|(east, north)| Coord { x: (west + east) / GRID, y: (south + north) / GRID })
        .min_by(|p, q| (metres(a, *p) + metres(*p, b)).total_cmp(&(metres(a, *q) + metres(*q, b))))
        .unwrap_or(at)
}

/// Cuts a line at spots, which may come in any order. Cuts at its ends are passed over.
pub fn cut(line: &LineString, spots: &[Spot]) -> Vec<LineString> {
    let mut spots: Vec<Spot> = spots.to_vec();
    let along = |spot: &Spot| distance_m(line.0[spot.corner], spot.at);
    spots.sort_by(|a, b| a.corner.cmp(&b.corner).then(along(a).total_cmp(&along(b))));
    let mut pieces = Vec::new();
    let mut piece: Vec<Coord> = vec![line.0[0]];
    let mut next = spots.into_iter().peekable();
    for corner in 0..line.0.len() {
        if corner > 0 && piece.last() != Some(&line.0[corner]) {
            piece.push(line.0[corner]);
        }
        while let Some(spot) = next.next_if(|spot| spot.corner == corner) {
            if piece.last() != Some(&spot.at) {
                piece.push(spot.at);
            }
            if piece.len() > 1 && spot.corner + 1 < line.0.len() {
                pieces.push(LineString(std::mem::replace(&mut piece, vec![spot.at])));
            }
        }
    }
    pieces.push(LineString(piece));
    pieces
}

/// Joins lines into one, in an order and with directions that are found; the first keeps its own direction.
///
/// Answers the line, and for each given line, in the order in which they follow each other, its index and whether it
/// was turned round. `Err` names a line that meets no end of those before. Cost: quadratic in the lines.
pub fn chain(lines: &[&LineString]) -> Result<(LineString, Vec<(usize, bool)>), usize> {
    let mut joined: Vec<Coord> = lines.first().map_or_else(Vec::new, |line| line.0.clone());
    let mut order = vec![(0, false)];
    let mut left: Vec<usize> = (1..lines.len()).collect();
    while !left.is_empty() {
        let found = left.iter().enumerate().find_map(|(place, &which)| {
            let line = lines[which];
            let (start, end) = (line.0.first(), line.0.last());
            let (head, tail) = (joined.first(), joined.last());
            // At the tail, as drawn or turned; else at the head.
            [
                (tail == start, true, false),
                (tail == end, true, true),
                (head == end, false, false),
                (head == start, false, true),
            ]
            .into_iter()
            .find(|(fits, ..)| *fits)
            .map(|(_, at_tail, turned)| (place, which, at_tail, turned))
        });
        let Some((place, which, at_tail, turned)) = found else { return Err(left[0]) };
        left.remove(place);
        let mut corners = lines[which].0.clone();
        if turned {
            corners.reverse();
        }
        if at_tail {
            joined.extend(corners.into_iter().skip(1));
            order.push((which, turned));
        } else {
            corners.pop();
            corners.append(&mut joined);
            joined = corners;
            order.insert(0, (which, turned));
        }
    }
    Ok((LineString(joined), order))
}

/// Shares of the whole length, adding up to 1.
pub fn shares(lines: &[LineString]) -> Vec<f64> {
    let lengths: Vec<f64> = lines.iter().map(length_m).collect();
    let total: f64 = lengths.iter().sum();
    lengths.into_iter().map(|metres| if total > 0.0 { metres / total } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pieces_join_to_the_line_again(
            steps in prop::collection::vec((1_i32..4_000, -3_000_i32..3_000), 1..8),
            cuts in prop::collection::vec(0.0..1.0_f64, 0..5),
        ) {
            let mut corners = vec![Coord { x: 105.72, y: 34.58 }];
            for (x, y) in steps {
                let last = corners[corners.len() - 1];
                let grid = |degrees: f64, step: i32| ((degrees * GRID).round() + f64::from(step)) / GRID;
                corners.push(Coord { x: grid(last.x, x), y: grid(last.y, y) });
            }
            let line = LineString(corners);
            let total = length_m(&line);
            let spots: Vec<Spot> = cuts.iter().map(|share| spot_at(&line, share * total)).collect();
            let pieces = cut(&line, &spots);
            let sum: f64 = pieces.iter().map(length_m).sum();
            prop_assert!((sum - total).abs() < 0.0005 * (1 + spots.len()) as f64, "{} {}", sum, total);
            prop_assert!(pieces.iter().all(|piece| piece.0.len() > 1));
            let (joined, order) = chain(&pieces.iter().collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(order, (0..pieces.len()).map(|at| (at, false)).collect::<Vec<_>>());
            prop_assert_eq!(joined.0.first(), line.0.first());
            prop_assert_eq!(joined.0.last(), line.0.last());
            // Cutting moves no corner.
            let mut rest = joined.0.iter();
            prop_assert!(line.0.iter().all(|corner| rest.any(|at| at == corner)));
        }
    }

    #[test]
    fn lines_are_turned_and_ordered() {
        let line = |corners: &[(f64, f64)]| LineString::from(corners.to_vec());
        let (a, b, c) =
            (line(&[(1.0, 0.0), (2.0, 0.0)]), line(&[(3.0, 0.0), (2.0, 0.0)]), line(&[(0.0, 0.0), (1.0, 0.0)]));
        let (joined, order) = chain(&[&a, &b, &c]).unwrap();
        assert_eq!(joined, line(&[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]));
        assert_eq!(order, [(2, false), (0, false), (1, true)]);
        assert_eq!(chain(&[&a, &line(&[(9.0, 9.0), (8.0, 8.0)])]), Err(1));
    }
}
