//! The Hilbert curve over the fixed world square, so that a feature's place in the order outlives folds, restarts
//! and growth of the data.

use geo::Coord;

use crate::spatial::shape::GRID;

/// Key of a feature without geometry: before every place (no place on the globe has it, since the square's first
/// cell lies at latitude -180).
pub const NOWHERE: u64 = 0;

/// Distance along the curve of order 32 over the square [-180, 180] x [-180, 180] degrees, in cells of the storage
/// grid. Two places share a key only when they share a grid cell.
pub fn key(at: Coord) -> u64 {
    let cell = |degrees: f64| ((degrees + 180.0) * GRID).round().clamp(0.0, f64::from(u32::MAX)) as u32;
    distance(cell(at.x), cell(at.y))
}

/// The classic rotate-and-fold walk from the highest bit down (Warren, Hacker's Delight, 16-2).
fn distance(x: u32, y: u32) -> u64 {
    let (mut x, mut y) = (x, y);
    let mut along = 0_u64;
    for bit in (0..32).rev() {
        let right = (x >> bit) & 1;
        let upper = (y >> bit) & 1;
        along = (along << 2) | u64::from((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    along
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_along_the_curve_are_neighbours_on_the_grid() {
        // Walks all 16 x 16 cells of the first corner: the curve must visit each once, one step at a time.
        let mut cells: Vec<(u64, u32, u32)> =
            (0..16).flat_map(|x| (0..16).map(move |y| (distance(x, y), x, y))).collect();
        cells.sort_unstable();
        for pair in cells.windows(2) {
            let (_, ax, ay) = pair[0];
            let (_, bx, by) = pair[1];
            assert_eq!(ax.abs_diff(bx) + ay.abs_diff(by), 1, "{pair:?}");
        }
    }

    #[test]
    fn the_first_cell_is_never_a_place() {
        assert_ne!(key(Coord { x: -180.0, y: -90.0 }), NOWHERE);
    }
}
