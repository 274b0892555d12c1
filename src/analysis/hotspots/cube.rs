//! Cases by place and by step of time: the space-time cube that trends, emerging hotspots and scans read.
//!
//! Places are whatever the caller numbers (sections, zones) or the cells of a lattice that hold a case in the period.
//! Steps are given by their edges, so that calendar months are as good as weeks. Cases outside the period are counted
//! and left out; nothing is lost unseen.

use std::collections::HashMap;

use crate::analysis::hotspots::error::{check_finite, check_lengths, check_positions};
use crate::analysis::hotspots::lattice::{Cell, Lattice, Shape};
use crate::analysis::hotspots::weights::Weights;
use crate::analysis::hotspots::{HotspotError, Position};

/// Counts laid out as `place * steps + step`, steps in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cube {
    pub steps: usize,
    pub counts: Vec<u32>,
    /// Cases before the first edge, or at or after the last.
    pub outside: usize,
}

/// A cube over the cells of a lattice that hold at least one case in the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatticeCube {
    pub cube: Cube,
    /// The cell of each place, ascending by row, then by column.
    pub cells: Vec<Cell>,
}

impl Cube {
    /// From the place of each case and its time, in the unit of `edges`. Step `k` is from edge `k`, included, to edge
    /// `k + 1`, not included.
    ///
    /// Errors: no cases, slices of different length, a place that does not exist, a time that is not finite, fewer
    /// than two edges or edges that do not ascend.
    pub fn of_places(places: usize, place_of: &[u32], times: &[f64], edges: &[f64]) -> Result<Self, HotspotError> {
        check_period(edges)?;
        check_times(place_of.len(), times)?;
        if let Some(index) = place_of.iter().position(|place| *place as usize >= places) {
            let range = format!("the numbers of the {places} places");
            return Err(HotspotError::OutOfRange {
                what: "place of case",
                index,
                value: f64::from(place_of[index]),
                range,
            });
        }
        let steps = edges.len() - 1;
        let mut cube = Self { steps, counts: vec![0; places * steps], outside: 0 };
        for (place, time) in place_of.iter().zip(times) {
            match step_of(edges, *time) {
                Some(step) => cube.counts[*place as usize * steps + step] += 1,
                None => cube.outside += 1,
            }
        }
        Ok(cube)
    }

    pub fn places(&self) -> usize {
        self.counts.len() / self.steps
    }

    /// The counts of a place, step by step.
    pub fn series(&self, place: usize) -> &[u32] {
        &self.counts[place * self.steps..(place + 1) * self.steps]
    }

    /// All cases of each place.
    pub fn totals(&self) -> Vec<u32> {
        self.counts.chunks(self.steps).map(|series| series.iter().sum()).collect()
    }
}

impl LatticeCube {
    /// From cases in the lattice's system and their times. Errors as for [`Cube::of_places`].
    pub fn new(lattice: &Lattice, cases: &[Position], times: &[f64], edges: &[f64]) -> Result<Self, HotspotError> {
        check_period(edges)?;
        check_times(cases.len(), times)?;
        check_positions("case", cases)?;
        let inside = |time: f64| step_of(edges, time).is_some();
        let of_case: Vec<Cell> = cases.iter().map(|case| lattice.cell(*case)).collect();
        let mut cells: Vec<Cell> =
            of_case.iter().zip(times).filter(|(_, time)| inside(**time)).map(|(cell, _)| *cell).collect();
        cells.sort_unstable();
        cells.dedup();
        if cells.is_empty() {
            return Err(HotspotError::NoCases);
        }
        let numbers = numbers(&cells);
        let (mut place_of, mut kept) = (Vec::new(), Vec::new());
        for (cell, time) in of_case.iter().zip(times).filter(|(_, time)| inside(**time)) {
            place_of.push(numbers[cell]);
            kept.push(*time);
        }
        let mut cube = Cube::of_places(cells.len(), &place_of, &kept, edges)?;
        cube.outside = cases.len() - kept.len();
        Ok(Self { cube, cells })
    }

    /// Which of the cube's cells touch: at a side or a corner for squares, at a side for hexagons.
    pub fn neighbours(&self, shape: Shape) -> Result<Weights, HotspotError> {
        let numbers = numbers(&self.cells);
        let rows: Vec<Vec<(u32, f64)>> = self
            .cells
            .iter()
            .map(|cell| {
                let near = around(shape, *cell).filter_map(|other| numbers.get(&other));
                near.map(|place| (*place, 1.0)).collect()
            })
            .collect();
        Weights::from_rows(&rows)
    }
}

fn numbers(cells: &[Cell]) -> HashMap<Cell, u32> {
    cells.iter().enumerate().map(|(place, cell)| (*cell, place as u32)).collect()
}

/// The cells that touch a cell.
fn around(shape: Shape, cell: Cell) -> impl Iterator<Item = Cell> {
    let offsets = (-1..=1).flat_map(|row| (-1..=1).map(move |column| (row, column)));
    offsets
        .filter(move |(row, column)| match shape {
            Shape::Square => (*row, *column) != (0, 0),
            // Odd rows are shifted right by half a cell.
            Shape::Hexagon if *row == 0 => *column != 0,
            Shape::Hexagon => (0..=1).contains(&(column + i64::from(cell.row.rem_euclid(2) == 0))),
        })
        .filter_map(move |(row, column)| {
            Some(Cell { row: cell.row.checked_add(row)?, column: cell.column.checked_add(column)? })
        })
}

fn step_of(edges: &[f64], time: f64) -> Option<usize> {
    let step = edges.partition_point(|edge| *edge <= time);
    (step > 0 && step < edges.len()).then(|| step - 1)
}

fn check_times(cases: usize, times: &[f64]) -> Result<(), HotspotError> {
    check_lengths("times", times.len(), "cases", cases)?;
    check_finite("time", times)?;
    if cases == 0 {
        return Err(HotspotError::NoCases);
    }
    Ok(())
}

/// Edges of the steps of a period: at least two, each later than the one before.
pub(super) fn check_period(edges: &[f64]) -> Result<(), HotspotError> {
    check_finite("edge of the period", edges)?;
    if edges.len() < 2 {
        return Err(HotspotError::TooFew { what: "edges of the period", given: edges.len(), needed: 2 });
    }
    if let Some(at) = edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        let range = "the order of time, later than the edge before it".to_owned();
        return Err(HotspotError::OutOfRange {
            what: "edge of the period",
            index: at + 1,
            value: edges[at + 1],
            range,
        });
    }
    Ok(())
}
