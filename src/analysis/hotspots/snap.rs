//! On which section a case lies: the nearest one within a limit, the place along it, and how many cases found none.
//!
//! Distances are compared after rounding to a micrometre, and among equal ones the lowest id wins, so that the answer
//! does not hang on the order of work.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::error::{HotspotError, check_positions, check_positive};
use crate::analysis::hotspots::sections::{OnSection, Sections};
use crate::analysis::hotspots::snap_index::{Pieces, SnapIndex};

/// A case's place on its section, and how far the case lies from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapped {
    pub place: OnSection,
    pub distance_m: f64,
}

/// Cases on sections, in the order of the cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapping {
    /// None where no section lies within the limit.
    pub cases: Vec<Option<Snapped>>,
    /// How many cases have no section.
    pub rejected: usize,
    sections: usize,
}

impl Snapping {
    /// Cases on each section.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.sections];
        for snapped in self.cases.iter().flatten() {
            counts[snapped.place.section as usize] += 1;
        }
        counts
    }

    /// Places of the cases that have a section.
    pub fn places(&self) -> Vec<OnSection> {
        self.cases.iter().flatten().map(|snapped| snapped.place).collect()
    }
}

/// Each case on the nearest section within `limit_m`, both included.
///
/// Exact: cases are grouped by the cells of a grid, each cell has a short list of the pieces that can be nearest to
/// some place in it, and each case is measured against that list. Cost: one list a cell with cases, a few pieces a case.
pub fn snap(cases: &[Position], sections: &Sections, limit_m: f64) -> Result<Snapping, HotspotError> {
    check_positive("limit of snapping", limit_m)?;
    check_positions("case", cases)?;
    let index = SnapIndex::new(sections);
    let mut snapped: Vec<Option<Snapped>> = vec![None; cases.len()];
    let mut near = Pieces::default();
    let groups = Groups::new(cases, &index);
    for (cell, group) in groups.inside() {
        index.near_cell(cell, limit_m, &mut near);
        for case in group {
            snapped[*case as usize] = nearest(cases[*case as usize], &near, limit_m);
        }
    }
    for case in groups.outside {
        index.near_position(cases[case as usize], limit_m, &mut near);
        snapped[case as usize] = nearest(cases[case as usize], &near, limit_m);
    }
    let rejected = snapped.iter().filter(|snapped| snapped.is_none()).count();
    Ok(Snapping { cases: snapped, rejected, sections: sections.len() })
}

/// Cases by the cell of the grid in which they lie.
struct Groups {
    /// Where each cell's cases start in `order`; one more at the end.
    starts: Vec<u32>,
    order: Vec<u32>,
    outside: Vec<u32>,
}

impl Groups {
    fn new(cases: &[Position], index: &SnapIndex) -> Self {
        const OUTSIDE: u32 = u32::MAX;
        let cells: Vec<u32> = cases.iter().map(|case| index.cell(*case).map_or(OUTSIDE, |cell| cell as u32)).collect();
        let mut starts = vec![0_u32; index.cells() + 1];
        for cell in cells.iter().filter(|cell| **cell != OUTSIDE) {
            starts[*cell as usize + 1] += 1;
        }
        for cell in 0..index.cells() {
            starts[cell + 1] += starts[cell];
        }
        let mut next = starts.clone();
        let mut order = vec![0; starts[index.cells()] as usize];
        let mut outside = Vec::new();
        for (case, cell) in cells.into_iter().enumerate() {
            if cell == OUTSIDE {
                outside.push(case as u32);
            } else {
                order[next[cell as usize] as usize] = case as u32;
                next[cell as usize] += 1;
            }
        }
        Self { starts, order, outside }
    }

    /// Cells with cases.
    fn inside(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let filled = self.starts.windows(2).enumerate().filter(|(_, range)| range[0] < range[1]);
        filled.map(|(cell, range)| (cell, &self.order[range[0] as usize..range[1] as usize]))
    }
}

/// The best of the pieces, which stand in the order of their sections: a later one wins only by a micrometre or more.
fn nearest(case: Position, near: &Pieces, limit_m: f64) -> Option<Snapped> {
    let mut best: Option<(usize, f64)> = None;
    let (mut best_square, mut best_rounded) = (f64::INFINITY, u64::MAX);
    for piece in 0..near.len() {
        let (share, square) = near.measure(piece, case);
        if square >= best_square {
            continue;
        }
        let rounded = (square.sqrt() * 1e6).round() as u64;
        let same_section = best.is_some_and(|(other, _)| near.section(other) == near.section(piece));
        if rounded < best_rounded || same_section {
            best = Some((piece, share));
            best_square = square;
            best_rounded = rounded;
        }
    }
    let (piece, share) = best?;
    let distance_m = best_square.sqrt();
    (distance_m <= limit_m).then(|| Snapped { place: near.place(piece, share), distance_m })
}
