//! Which pieces of sections can be nearest to some place: a grid of the pieces, and short lists out of it.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::sections::{OnSection, Sections};

/// Straight pieces of sections, in the order of their sections, laid out for measuring.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces {
    from: Vec<Position>,
    step: Vec<Position>,
    /// 1 / length^2.
    inverse: Vec<f64>,
    origin: Vec<OnSection>,
}

impl Pieces {
    pub(crate) fn len(&self) -> usize {
        self.from.len()
    }

    pub(crate) fn section(&self, piece: usize) -> u32 {
        self.origin[piece].section
    }

    /// The share of the piece at which it is nearest, and the squared distance.
    pub(crate) fn measure(&self, piece: usize, [x, y]: Position) -> (f64, f64) {
        let ([fx, fy], [dx, dy]) = (self.from[piece], self.step[piece]);
        let (px, py) = (x - fx, y - fy);
        let share = ((px * dx + py * dy) * self.inverse[piece]).clamp(0.0, 1.0);
        let (ex, ey) = (px - share * dx, py - share * dy);
        (share, ex * ex + ey * ey)
    }

    pub(crate) fn place(&self, piece: usize, share: f64) -> OnSection {
        let [dx, dy] = self.step[piece];
        let origin = self.origin[piece];
        OnSection { section: origin.section, offset_m: origin.offset_m + share * dx.hypot(dy) }
    }

    fn clear(&mut self) {
        self.from.clear();
        self.step.clear();
        self.inverse.clear();
        self.origin.clear();
    }

    fn take(&mut self, other: &Self, piece: usize) {
        self.from.push(other.from[piece]);
        self.step.push(other.step[piece]);
        self.inverse.push(other.inverse[piece]);
        self.origin.push(other.origin[piece]);
    }

    fn of(sections: &Sections) -> Self {
        let mut all = Self::default();
        for section in 0..sections.len() {
            for (pair, along) in sections.vertices(section).windows(2).zip(sections.along(section)) {
                let step = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
                let square = step[0] * step[0] + step[1] * step[1];
                if square > 0.0 {
                    all.from.push(pair[0]);
                    all.step.push(step);
                    all.inverse.push(1.0 / square);
                    all.origin.push(OnSection { section: section as u32, offset_m: *along });
                }
            }
        }
        all
    }
}

/// Square cells over the extent of the sections, each with the pieces that pass through it.
pub(crate) struct SnapIndex {
    pieces: Pieces,
    corner: Position,
    far: Position,
    size: f64,
    columns: usize,
    rows: usize,
    starts: Vec<u32>,
    listed: Vec<u32>,
}

impl SnapIndex {
    pub(crate) fn new(sections: &Sections) -> Self {
        let pieces = Pieces::of(sections);
        let (mut corner, mut far) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for vertex in (0..sections.len()).flat_map(|section| sections.vertices(section)) {
            for axis in 0..2 {
                corner[axis] = corner[axis].min(vertex[axis]);
                far[axis] = far[axis].max(vertex[axis]);
            }
        }
        let (width, height) = (far[0] - corner[0], far[1] - corner[1]);
        // About four cells a piece, and never thinner than that along one axis.
        let budget = 4.0 * pieces.len() as f64;
        let size = (width * height / budget).sqrt().max(width.max(height) / budget).max(1e-6);
        let columns = (width / size) as usize + 1;
        let rows = (height / size) as usize + 1;
        let mut index = Self { pieces, corner, far, size, columns, rows, starts: Vec::new(), listed: Vec::new() };
        index.fill();
        index
    }

    pub(crate) fn cells(&self) -> usize {
        self.columns * self.rows
    }

    /// The cell of a position inside the extent.
    pub(crate) fn cell(&self, [x, y]: Position) -> Option<usize> {
        let inside = x >= self.corner[0] && x <= self.far[0] && y >= self.corner[1] && y <= self.far[1];
        inside.then(|| self.row(y) * self.columns + self.column(x))
    }

    /// All pieces that can be nearest, to a micrometre, to some position in the cell.
    pub(crate) fn near_cell(&self, cell: usize, limit: f64, near: &mut Pieces) {
        let (row, column) = (cell / self.columns, cell % self.columns);
        let x = self.corner[0] + (column as f64 + 0.5) * self.size;
        let y = self.corner[1] + (row as f64 + 0.5) * self.size;
        self.collect([x, y], (row, column), self.size * std::f64::consts::FRAC_1_SQRT_2, 0.5, limit, near);
    }

    /// All pieces that can be nearest, to a micrometre, to the position, wherever it lies.
    pub(crate) fn near_position(&self, position: Position, limit: f64, near: &mut Pieces) {
        // Every cell is at least as far from the position as from the place of the extent nearest to it.
        self.collect(position, (self.row(position[1]), self.column(position[0])), 0.0, 1.0, limit, near);
    }

    /// Pieces near a disc, ring by ring of cells. Cells of ring k are at least `(k - slack) * size` away from `centre`.
    fn collect(
        &self,
        centre: Position,
        (row, column): (usize, usize),
        radius: f64,
        slack: f64,
        limit: f64,
        near: &mut Pieces,
    ) {
        let margin = 1e-5;
        let mut reach = limit + radius + margin;
        let mut found: Vec<(u32, f64)> = Vec::new();
        for ring in 0..self.columns.max(self.rows) {
            if ring > 0 && (ring as f64 - slack) * self.size > reach {
                break;
            }
            self.ring(row, column, ring, |cell| {
                for piece in &self.listed[self.starts[cell] as usize..self.starts[cell + 1] as usize] {
                    let away = self.pieces.measure(*piece as usize, centre).1.sqrt();
                    if away <= reach {
                        found.push((*piece, away));
                        reach = reach.min(away + 2.0 * radius + margin);
                    }
                }
            });
        }
        found.retain(|(_, away)| *away <= reach);
        found.sort_unstable_by_key(|(piece, _)| *piece);
        found.dedup_by_key(|(piece, _)| *piece);
        near.clear();
        found.iter().for_each(|(piece, _)| near.take(&self.pieces, *piece as usize));
    }

    /// Cells of the grid at this Chebyshev distance.
    fn ring(&self, row: usize, column: usize, ring: usize, mut each: impl FnMut(usize)) {
        let (low, left) = (row as i64 - ring as i64, column as i64 - ring as i64);
        let (high, right) = ((row + ring) as i64, (column + ring) as i64);
        let columns = left.max(0)..=right.min(self.columns as i64 - 1);
        for at in low.max(0)..=high.min(self.rows as i64 - 1) {
            let start = at as usize * self.columns;
            if at == low || at == high {
                columns.clone().for_each(|column| each(start + column as usize));
                continue;
            }
            if left >= 0 {
                each(start + left as usize);
            }
            if right < self.columns as i64 {
                each(start + right as usize);
            }
        }
    }

    fn fill(&mut self) {
        let mut passes: Vec<(u32, u32)> = Vec::new();
        for piece in 0..self.pieces.len() {
            self.passes(piece, |cell| passes.push((cell as u32, piece as u32)));
        }
        self.starts = vec![0; self.cells() + 1];
        for (cell, _) in &passes {
            self.starts[*cell as usize + 1] += 1;
        }
        for cell in 0..self.cells() {
            self.starts[cell + 1] += self.starts[cell];
        }
        let mut next = self.starts.clone();
        self.listed = vec![0; passes.len()];
        for (cell, piece) in passes {
            self.listed[next[cell as usize] as usize] = piece;
            next[cell as usize] += 1;
        }
    }

    /// Cells that a piece passes through (a few more do no harm): row by row, so that long slanting pieces are cheap.
    fn passes(&self, piece: usize, mut each: impl FnMut(usize)) {
        let ([fx, fy], [dx, dy]) = (self.pieces.from[piece], self.pieces.step[piece]);
        let (low, high) = (fy.min(fy + dy), fy.max(fy + dy));
        for row in self.row(low)..=self.row(high) {
            let bottom = self.corner[1] + row as f64 * self.size;
            let share = |y: f64| if dy == 0.0 { None } else { Some(((y - fy) / dy).clamp(0.0, 1.0)) };
            let at = [share(bottom - 1e-6).unwrap_or(0.0), share(bottom + self.size + 1e-6).unwrap_or(1.0)];
            let [a, b] = at.map(|share| fx + share * dx);
            for column in self.column(a.min(b) - 1e-6)..=self.column(a.max(b) + 1e-6) {
                each(row * self.columns + column);
            }
        }
    }

    /// The row of a y, the nearest one for those outside.
    fn row(&self, y: f64) -> usize {
        (((y - self.corner[1]) / self.size) as usize).min(self.rows - 1)
    }

    fn column(&self, x: f64) -> usize {
        (((x - self.corner[0]) / self.size) as usize).min(self.columns - 1)
    }
}
