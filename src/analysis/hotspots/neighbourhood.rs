//! What lies around each unit, in sums: cases, exposure and their spread, along lists of neighbours or in discs of cells.
//!
//! Discs need no lists: a disc is a few runs of cells, and a run is the difference of two running sums, so a fine lattice
//! costs memory for its cells and not for their pairs.

use crate::analysis::hotspots::error::{HotspotError, check_lengths, check_positive};
use crate::analysis::hotspots::weights::{Weights, disc};
use crate::analysis::parallel::{in_units, look_up};

/// Sums over the units with exposure around one, itself left out. `counts` are cases, `exposures` what they are weighed
/// against.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Around {
    pub cases: f64,
    pub exposure: f64,
    pub observed: f64,
    pub squared_cases: f64,
    pub squared_exposure: f64,
    pub cases_by_exposure: f64,
}

impl Around {
    fn add(&mut self, count: f64, exposure: f64) {
        if exposure > 0.0 {
            self.cases += count;
            self.exposure += exposure;
            self.observed += 1.0;
            self.squared_cases += count * count;
            self.squared_exposure += exposure * exposure;
            self.cases_by_exposure += count * exposure;
        }
    }

    /// Adds another sum so many times, 1 or -1.
    fn add_all(&mut self, other: &Self, times: f64) {
        self.cases += times * other.cases;
        self.exposure += times * other.exposure;
        self.observed += times * other.observed;
        self.squared_cases += times * other.squared_cases;
        self.squared_exposure += times * other.squared_exposure;
        self.cases_by_exposure += times * other.cases_by_exposure;
    }
}

/// Who lies around each unit.
pub trait Neighbourhood {
    /// How many units there are.
    fn units(&self) -> usize;

    /// The sums around each unit; both slices have an entry a unit.
    fn around(&self, counts: &[u32], exposures: &[f64]) -> Vec<Around>;
}

impl Neighbourhood for Weights {
    fn units(&self) -> usize {
        self.len()
    }

    fn around(&self, counts: &[u32], exposures: &[f64]) -> Vec<Around> {
        (0..self.len())
            .map(|unit| {
                if unit % 64 == 0 {
                    look_up();
                }
                let mut around = Around::default();
                for (other, _) in self.row(unit).iter().filter(|(other, _)| *other != unit) {
                    around.add(f64::from(counts[other]), exposures[other]);
                }
                around
            })
            .collect()
    }
}

/// Square cells of a lattice with all cells whose middles lie within a distance, both included.
#[derive(Debug, Clone, PartialEq)]
pub struct Discs {
    columns: usize,
    rows: usize,
    /// Cells to either side, by rows up or down.
    widths: Vec<usize>,
    threads: usize,
}

impl Discs {
    /// Cell `(column, row)` has index `row * columns + column`.
    pub fn new(
        columns: usize,
        rows: usize,
        cell_m: f64,
        distance_m: f64,
        threads: usize,
    ) -> Result<Self, HotspotError> {
        check_positive("cell size", cell_m)?;
        check_positive("distance", distance_m)?;
        Ok(Self { columns, rows, widths: disc(columns, rows, cell_m, distance_m), threads })
    }
}

impl Neighbourhood for Discs {
    fn units(&self) -> usize {
        self.columns * self.rows
    }

    /// Cost: for each cell, two looks a row of the disc. Counts and equal exposures that are whole numbers give exact sums.
    fn around(&self, counts: &[u32], exposures: &[f64]) -> Vec<Around> {
        // Row by row, `running[row][k]` is the sum of the first k cells.
        let running: Vec<Vec<Around>> = counts
            .chunks(self.columns.max(1))
            .zip(exposures.chunks(self.columns.max(1)))
            .map(|(counts, exposures)| {
                let mut sum = Around::default();
                let mut sums = vec![sum];
                for (count, exposure) in counts.iter().zip(exposures) {
                    sum.add(f64::from(*count), *exposure);
                    sums.push(sum);
                }
                sums
            })
            .collect();
        let reach = self.widths.len().saturating_sub(1);
        let rows = in_units(self.rows, self.threads, |row| {
            let mut all = vec![Around::default(); self.columns];
            let (first, last) = (row.saturating_sub(reach), (row + reach).min(self.rows - 1));
            for (other_row, sums) in running.iter().enumerate().take(last + 1).skip(first) {
                look_up();
                let half = self.widths[row.abs_diff(other_row)];
                for (column, around) in all.iter_mut().enumerate() {
                    around.add_all(&sums[(column + half).min(self.columns - 1) + 1], 1.0);
                    around.add_all(&sums[column.saturating_sub(half)], -1.0);
                }
            }
            for (column, around) in all.iter_mut().enumerate() {
                let mut own = Around::default();
                let unit = row * self.columns + column;
                own.add(f64::from(counts[unit]), exposures[unit]);
                around.add_all(&own, -1.0);
            }
            all
        });
        rows.concat()
    }
}

/// Both slices have an entry a unit.
pub(super) fn check_units(
    neighbourhood: &impl Neighbourhood,
    counts: &[u32],
    exposures: &[f64],
) -> Result<(), HotspotError> {
    check_lengths("exposures", exposures.len(), "the counts", counts.len())?;
    check_lengths("neighbourhoods", neighbourhood.units(), "the counts", counts.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn discs_sum_what_lists_of_neighbours_sum(
            columns in 1_usize..9, rows in 1_usize..9, cell in prop::sample::select(vec![10.0, 25.0, 250.0]),
            reach in 0.5_f64..12.0, seed in any::<u64>(),
        ) {
            let cells = columns * rows;
            let number = |at: usize| (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at as u32 % 64) >> 7) % 9;
            let counts: Vec<u32> = (0..cells).map(|at| number(at) as u32).collect();
            let exposures: Vec<f64> = (0..cells).map(|at| if number(at + 31) == 0 { 0.0 } else { cell * cell }).collect();
            let listed = Weights::within(columns, rows, cell, reach * cell).unwrap();
            for unit in 0..cells {
                let place = |at: usize| ((at % columns) as f64, (at / columns) as f64);
                let away = |other: usize| (place(other).0 - place(unit).0).hypot(place(other).1 - place(unit).1);
                let near: Vec<u32> =
                    (0..cells).filter(|other| *other != unit && away(*other) <= reach).map(|other| other as u32).collect();
                prop_assert_eq!(listed.row(unit).neighbours, &near[..]);
            }
            let summed = Discs::new(columns, rows, cell, reach * cell, 2).unwrap().around(&counts, &exposures);
            prop_assert_eq!(summed, listed.around(&counts, &exposures));
        }
    }

    #[test]
    fn lists_too_long_are_refused_before_they_are_made() {
        let refused = Weights::within(1_000, 300, 10.0, 600.0).unwrap_err().to_string();
        assert!(refused.contains("larger cells or a shorter distance"), "{refused}");
    }
}
