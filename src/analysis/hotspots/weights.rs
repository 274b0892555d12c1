//! Who is whose neighbour, and how much: sparse spatial weights in rows.
//!
//! A row lists a unit's neighbours by index, ascending, each once. A unit may be its own neighbour: statistics say
//! what they make of it. Builders: queen contiguity of a lattice, hexagons, sections that share an end, sections within
//! a distance along the network, and rows of the caller's own.

use crate::analysis::hotspots::error::{HotspotError, check_positive};
use crate::analysis::hotspots::streets::{Streets, Walk};
use crate::analysis::parallel::look_up;

/// Packed rows of neighbours; without values, every weight is 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    starts: Vec<u32>,
    neighbours: Vec<u32>,
    values: Option<Vec<f64>>,
}

/// One unit's neighbours.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub neighbours: &'a [u32],
    values: Option<&'a [f64]>,
}

impl<'a> Row<'a> {
    /// Neighbour and weight.
    pub fn iter(self) -> impl Iterator<Item = (usize, f64)> + 'a {
        let values = self.values;
        let weight = move |at: usize| values.map_or(1.0, |values| values[at]);
        self.neighbours.iter().enumerate().map(move |(at, neighbour)| (*neighbour as usize, weight(at)))
    }

    /// The sum of `value` over the neighbours, weighted.
    pub fn sum(self, values: &[f64]) -> f64 {
        match self.values {
            None => self.neighbours.iter().map(|neighbour| values[*neighbour as usize]).sum(),
            Some(_) => self.iter().map(|(neighbour, weight)| weight * values[neighbour]).sum(),
        }
    }
}

/// The most weights one set can hold: 120 MB of neighbours.
pub const MOST_WEIGHTS: usize = 30_000_000;

impl Weights {
    /// From rows of (neighbour, weight) in any order. A neighbour named twice counts with both weights together.
    pub fn from_rows(rows: &[Vec<(u32, f64)>]) -> Result<Self, HotspotError> {
        let mut all = Self { starts: vec![0], neighbours: Vec::new(), values: None };
        let mut values = Vec::new();
        for (unit, row) in rows.iter().enumerate() {
            let mut row = row.clone();
            row.sort_by_key(|(neighbour, _)| *neighbour);
            row.dedup_by(|later, first| {
                let same = later.0 == first.0;
                if same {
                    first.1 += later.1;
                }
                same
            });
            for (neighbour, weight) in row {
                if neighbour as usize >= rows.len() {
                    let range = format!("0 to {}: the indices of the units", rows.len() - 1);
                    let value = f64::from(neighbour);
                    return Err(HotspotError::OutOfRange { what: "a neighbour of unit", index: unit, value, range });
                }
                if !weight.is_finite() {
                    return Err(HotspotError::NotFinite { what: "a weight of unit", index: unit });
                }
                if weight < 0.0 {
                    return Err(HotspotError::Negative { what: "a weight of unit", index: unit, value: weight });
                }
                all.neighbours.push(neighbour);
                values.push(weight);
            }
            all.starts.push(all.neighbours.len() as u32);
        }
        if values.iter().any(|value| *value != 1.0) {
            all.values = Some(values);
        }
        Ok(all)
    }

    /// Cells that touch at a side or a corner, clipped at the edge. Cell `(column, row)` has index
    /// `row * columns + column`.
    pub fn queen(columns: usize, rows: usize) -> Result<Self, HotspotError> {
        Self::lattice(columns, rows, |row, push| {
            for other_row in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
                let middle = other_row == row;
                push(other_row, if middle { &[-1, 1] } else { &[-1, 0, 1] });
            }
        })
    }

    /// Hexagons that share a side, clipped at the edge; rows with odd numbers are shifted right by half a cell.
    /// `first_row` is the number of the lowest row.
    pub fn hexagons(columns: usize, rows: usize, first_row: i64) -> Result<Self, HotspotError> {
        Self::lattice(columns, rows, |row, push| {
            let shifted = (first_row + row as i64).rem_euclid(2) == 1;
            for other_row in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
                let aside: &[i64] = if shifted { &[0, 1] } else { &[-1, 0] };
                push(other_row, if other_row == row { &[-1, 1] } else { aside });
            }
        })
    }

    /// Sections that share an end.
    pub fn sharing_ends(streets: &Streets) -> Self {
        let mut all = Self::empty();
        let mut row: Vec<u32> = Vec::new();
        for section in 0..streets.sections() {
            row.clear();
            for junction in streets.ends(section) {
                row.extend(streets.leaving(junction).iter().map(|direction| direction / 2));
            }
            row.retain(|other| *other as usize != section);
            all.push(&mut row);
        }
        all
    }

    /// Sections whose middle lies within `distance_m` of the section's own middle, along the network.
    ///
    /// Cost: one bounded walk a section.
    pub fn network_band(streets: &Streets, distance_m: f64) -> Result<Self, HotspotError> {
        check_positive("distance along the network", distance_m)?;
        let mut all = Self::empty();
        let mut walk = Walk::new(streets);
        let mut row: Vec<u32> = Vec::new();
        for section in 0..streets.sections() {
            look_up();
            let half = streets.length(section) / 2.0;
            walk.run(streets, &streets.ends(section).map(|junction| (junction, half)), distance_m);
            row.clear();
            for junction in walk.reached() {
                for direction in streets.leaving(*junction) {
                    let other = direction / 2;
                    let to_middle = walk.to(*junction) + streets.length(other as usize) / 2.0;
                    if other as usize != section && to_middle <= distance_m {
                        row.push(other);
                    }
                }
            }
            row.sort_unstable();
            row.dedup();
            if all.neighbours.len() + row.len() > MOST_WEIGHTS {
                let (given, why) = (all.neighbours.len() + row.len(), "take a shorter distance");
                return Err(HotspotError::TooMany { what: "pairs of neighbours", given, most: MOST_WEIGHTS, why });
            }
            all.push(&mut row);
        }
        Ok(all)
    }

    /// Square cells whose middles lie within a distance of each other, both included; a cell is not its own neighbour.
    /// Cell `(column, row)` has index `row * columns + column`.
    ///
    /// Errors: more neighbours than fit. Where only sums are wanted, [`Discs`] needs no list.
    ///
    /// [`Discs`]: crate::analysis::hotspots::neighbourhood::Discs
    pub fn within(columns: usize, rows: usize, cell_m: f64, distance_m: f64) -> Result<Self, HotspotError> {
        check_positive("cell size", cell_m)?;
        check_positive("distance", distance_m)?;
        let widths = disc(columns, rows, cell_m, distance_m);
        let pairs = |(up, half): (usize, &usize)| {
            let aside: usize = (1..=*half).map(|step| columns - step).sum();
            (rows - up) * (columns + 2 * aside) * if up == 0 { 1 } else { 2 }
        };
        let given = widths.iter().enumerate().map(pairs).sum::<usize>() - columns * rows;
        if given > MOST_WEIGHTS {
            let why = "take larger cells or a shorter distance";
            return Err(HotspotError::TooMany { what: "pairs of neighbours", given, most: MOST_WEIGHTS, why });
        }
        let mut all = Self { starts: Vec::with_capacity(columns * rows + 1), ..Self::empty() };
        all.starts.push(0);
        all.neighbours.reserve(given);
        for row in 0..rows {
            look_up();
            let reach = widths.len() - 1;
            for column in 0..columns {
                for other_row in row.saturating_sub(reach)..=(row + reach).min(rows - 1) {
                    let half = widths[row.abs_diff(other_row)];
                    let run = column.saturating_sub(half)..=(column + half).min(columns - 1);
                    let others = run.filter(|other| (other_row, *other) != (row, column));
                    all.neighbours.extend(others.map(|other| (other_row * columns + other) as u32));
                }
                all.starts.push(all.neighbours.len() as u32);
            }
        }
        Ok(all)
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many weights there are in all rows.
    pub fn entries(&self) -> usize {
        self.neighbours.len()
    }

    pub fn row(&self, unit: usize) -> Row<'_> {
        let range = self.starts[unit] as usize..self.starts[unit + 1] as usize;
        Row { neighbours: &self.neighbours[range.clone()], values: self.values.as_ref().map(|values| &values[range]) }
    }

    /// The same rows, each divided by its sum; rows without weight stay as they are.
    pub fn row_standardised(&self) -> Self {
        let mut values = Vec::with_capacity(self.entries());
        for unit in 0..self.len() {
            let sum: f64 = self.row(unit).iter().map(|(_, weight)| weight).sum();
            let divisor = if sum > 0.0 { sum } else { 1.0 };
            values.extend(self.row(unit).iter().map(|(_, weight)| weight / divisor));
        }
        Self { values: Some(values), ..self.clone() }
    }

    fn empty() -> Self {
        Self { starts: vec![0], neighbours: Vec::new(), values: None }
    }

    fn push(&mut self, row: &mut Vec<u32>) {
        row.sort_unstable();
        row.dedup();
        self.neighbours.extend_from_slice(row);
        self.starts.push(self.neighbours.len() as u32);
    }

    fn lattice(
        columns: usize,
        rows: usize,
        around: impl Fn(usize, &mut dyn FnMut(usize, &[i64])),
    ) -> Result<Self, HotspotError> {
        let most = u32::MAX as usize / 8;
        let given = columns.saturating_mul(rows);
        if given == 0 {
            return Err(HotspotError::TooFew { what: "cells", given: 0, needed: 1 });
        }
        if given > most {
            return Err(HotspotError::TooMany { what: "cells", given, most, why: "take larger cells" });
        }
        let mut all = Self { starts: Vec::with_capacity(given + 1), ..Self::empty() };
        all.starts.push(0);
        all.neighbours.reserve(8 * given);
        for row in 0..rows {
            for column in 0..columns {
                around(row, &mut |other_row, steps| {
                    for step in steps {
                        let other = column as i64 + step;
                        if other >= 0 && other < columns as i64 {
                            all.neighbours.push((other_row * columns) as u32 + other as u32);
                        }
                    }
                });
                all.starts.push(all.neighbours.len() as u32);
            }
        }
        Ok(all)
    }
}

/// How far a disc around a cell reaches to either side, in cells, by the number of rows up or down; no farther than a
/// lattice of so many columns and rows.
pub(super) fn disc(columns: usize, rows: usize, cell_m: f64, distance_m: f64) -> Vec<usize> {
    let squared = distance_m * distance_m * (1.0 + 1e-12);
    let inside = |up: usize, aside: usize| {
        let (up, aside) = (up as f64 * cell_m, aside as f64 * cell_m);
        up * up + aside * aside <= squared
    };
    let mut half = columns.saturating_sub(1).min((distance_m / cell_m).min(1e9) as usize + 1);
    let mut widths = Vec::new();
    for up in (0..rows).take_while(|up| inside(*up, 0)) {
        while half > 0 && !inside(up, half) {
            half -= 1;
        }
        widths.push(half);
    }
    widths
}
