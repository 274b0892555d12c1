//! Cells that stay where they are when data grow: squares and hexagons at multiples of the cell size.
//!
//! The lattice lies in a metric system that it names; the caller projects. Cells are numbered by whole columns and
//! rows from the system's origin, so the same place is in the same cell in every answer, whatever the data.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::error::{HotspotError, check_positions, check_positive};
use crate::analysis::hotspots::weights::Weights;

/// More cells than this are refused: a stray position at the other end of the world would otherwise fill the memory.
pub const MOST_CELLS: usize = 20_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Cell (0, 0) has its lower left corner at the origin.
    Square,
    /// With a corner up; cell (0, 0) has its centre at the origin, odd rows are shifted right by half a cell.
    Hexagon,
}

/// A lattice over the whole plane of a metric system.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    pub shape: Shape,
    /// The side of a square; the distance between opposite sides of a hexagon. Metres.
    pub size_m: f64,
    /// The metric system of the positions, `EPSG:32648` for instance.
    pub system: String,
}

/// A cell's place in its lattice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    pub row: i64,
    pub column: i64,
}

/// The smallest block of cells around some positions, with the count in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The cell of least row and least column.
    pub first: Cell,
    pub columns: usize,
    pub rows: usize,
    /// Row by row from `first`: cell `(column, row)` of the block has index `row * columns + column`.
    pub counts: Vec<u32>,
}

impl Lattice {
    pub fn new(shape: Shape, size_m: f64, system: &str) -> Result<Self, HotspotError> {
        check_positive("cell size", size_m)?;
        Ok(Self { shape, size_m, system: system.to_owned() })
    }

    /// The cell of a position. A position on a border belongs to the cell above or to the right (squares), or to that
    /// of the lesser row (hexagons).
    pub fn cell(&self, [x, y]: Position) -> Cell {
        match self.shape {
            Shape::Square => Cell { row: (y / self.size_m).floor() as i64, column: (x / self.size_m).floor() as i64 },
            Shape::Hexagon => {
                let below = (y / self.row_height_m()).floor() as i64;
                let candidates = [below, below + 1].map(|row| {
                    let column = ((x / self.size_m) - shift(row)).round() as i64;
                    Cell { row, column }
                });
                let away = candidates.map(|cell| {
                    let [cx, cy] = self.centre(cell);
                    (x - cx).powi(2) + (y - cy).powi(2)
                });
                candidates[usize::from(away[1] < away[0])]
            }
        }
    }

    pub fn centre(&self, cell: Cell) -> Position {
        let (column, row) = (cell.column as f64, cell.row as f64);
        match self.shape {
            Shape::Square => [(column + 0.5) * self.size_m, (row + 0.5) * self.size_m],
            Shape::Hexagon => [(column + shift(cell.row)) * self.size_m, row * self.row_height_m()],
        }
    }

    /// The cell's corners, counter-clockwise, the first not repeated.
    pub fn corners(&self, cell: Cell) -> Vec<Position> {
        let [x, y] = self.centre(cell);
        let half = self.size_m / 2.0;
        match self.shape {
            Shape::Square => {
                vec![[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]]
            }
            Shape::Hexagon => {
                let (low, high) = (half / 3.0_f64.sqrt(), self.size_m / 3.0_f64.sqrt());
                vec![
                    [x, y - high],
                    [x + half, y - low],
                    [x + half, y + low],
                    [x, y + high],
                    [x - half, y + low],
                    [x - half, y - low],
                ]
            }
        }
    }

    pub fn area_m2(&self) -> f64 {
        match self.shape {
            Shape::Square => self.size_m * self.size_m,
            Shape::Hexagon => self.size_m * self.row_height_m(),
        }
    }

    /// Counts of positions in the smallest block of cells that holds them all.
    pub fn count(&self, positions: &[Position]) -> Result<Block, HotspotError> {
        check_positions("case", positions)?;
        if positions.is_empty() {
            return Err(HotspotError::NoCases);
        }
        let cells: Vec<Cell> = positions.iter().map(|position| self.cell(*position)).collect();
        let span = |part: fn(&Cell) -> i64| {
            let least = cells.iter().map(part).min().expect("there is a cell");
            let most = cells.iter().map(part).max().expect("there is a cell");
            (least, usize::try_from(most.saturating_sub(least).saturating_add(1)).unwrap_or(usize::MAX))
        };
        let ((row, rows), (column, columns)) = (span(|cell| cell.row), span(|cell| cell.column));
        let given = rows.saturating_mul(columns);
        if given > MOST_CELLS {
            let why = "take larger cells, or leave out the positions far away";
            return Err(HotspotError::TooMany { what: "cells", given, most: MOST_CELLS, why });
        }
        let mut counts = vec![0; given];
        for cell in cells {
            counts[(cell.row - row) as usize * columns + (cell.column - column) as usize] += 1;
        }
        Ok(Block { first: Cell { row, column }, columns, rows, counts })
    }

    /// The neighbours inside a block: queen contiguity of squares, shared sides of hexagons.
    pub fn neighbours(&self, block: &Block) -> Result<Weights, HotspotError> {
        match self.shape {
            Shape::Square => Weights::queen(block.columns, block.rows),
            Shape::Hexagon => Weights::hexagons(block.columns, block.rows, block.first.row),
        }
    }

    /// From the centres of one row of hexagons to those of the next.
    fn row_height_m(&self) -> f64 {
        self.size_m * 3.0_f64.sqrt() / 2.0
    }
}

impl Block {
    /// The lattice's name of the cell at `index`.
    pub fn cell(&self, index: usize) -> Cell {
        Cell {
            row: self.first.row + (index / self.columns) as i64,
            column: self.first.column + (index % self.columns) as i64,
        }
    }

    pub fn values(&self) -> Vec<f64> {
        self.counts.iter().map(|count| f64::from(*count)).collect()
    }
}

/// Odd rows of hexagons lie half a cell to the right.
fn shift(row: i64) -> f64 {
    if row.rem_euclid(2) == 1 { 0.5 } else { 0.0 }
}
