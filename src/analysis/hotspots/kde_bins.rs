//! Cases in square bins a fraction of the bandwidth wide, row by row, so that the cases near a place are a few runs.

use crate::analysis::hotspots::Position;

/// Bins that are made at most: with a small bandwidth in a wide city they are made wider.
const MOST_BINS: f64 = 4e6;

/// Cases in units of the bandwidth from a corner of their extent, sorted by bin.
pub(crate) struct Bins {
    corner: Position,
    scale: f64,
    per_unit: f64,
    columns: usize,
    rows: usize,
    starts: Vec<u32>,
    xs: Vec<f64>,
    ys: Vec<f64>,
}

impl Bins {
    /// `per_bandwidth`: bins along one bandwidth. More of them follow a circle more closely, but make shorter runs.
    pub(crate) fn new(cases: &[Position], bandwidth_m: f64, per_bandwidth: f64) -> Self {
        let least = |axis: usize| cases.iter().map(|case| case[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| cases.iter().map(|case| case[axis]).fold(f64::NEG_INFINITY, f64::max);
        let corner = [least(0), least(1)];
        let scale = 1.0 / bandwidth_m;
        let (width, height) = ((most(0) - corner[0]) * scale, (most(1) - corner[1]) * scale);
        let by_area = (MOST_BINS / (width * height).max(f64::MIN_POSITIVE)).sqrt();
        let per_unit = per_bandwidth.min(by_area).min(MOST_BINS / width.max(height).max(f64::MIN_POSITIVE));
        let (columns, rows) = ((width * per_unit) as usize + 1, (height * per_unit) as usize + 1);
        let bin = |case: &Position| {
            let column = ((case[0] - corner[0]) * scale * per_unit) as usize;
            let row = ((case[1] - corner[1]) * scale * per_unit) as usize;
            row.min(rows - 1) * columns + column.min(columns - 1)
        };
        let bins: Vec<u32> = cases.iter().map(|case| bin(case) as u32).collect();
        let mut starts = vec![0_u32; columns * rows + 1];
        bins.iter().for_each(|bin| starts[*bin as usize + 1] += 1);
        for bin in 0..columns * rows {
            starts[bin + 1] += starts[bin];
        }
        let mut next = starts.clone();
        let (mut xs, mut ys) = (vec![0.0; cases.len()], vec![0.0; cases.len()]);
        for (case, bin) in cases.iter().zip(bins) {
            let at = next[bin as usize] as usize;
            xs[at] = (case[0] - corner[0]) * scale;
            ys[at] = (case[1] - corner[1]) * scale;
            next[bin as usize] += 1;
        }
        Self { corner, scale, per_unit, columns, rows, starts, xs, ys }
    }

    /// All cases.
    pub(crate) fn len(&self) -> usize {
        self.xs.len()
    }

    /// The sum of `sum_of_run` over runs of cases (their x and y, and those of the place, in bandwidths) that together hold
    /// every case nearer than `reach` bandwidths, and some others near by.
    pub(crate) fn sum_within(
        &self,
        place: Position,
        reach: f64,
        sum_of_run: impl Fn(&[f64], &[f64], f64, f64) -> f64,
    ) -> f64 {
        let x = (place[0] - self.corner[0]) * self.scale;
        let y = (place[1] - self.corner[1]) * self.scale;
        let Some(rows) = self.span(y - reach, y + reach, self.rows) else { return 0.0 };
        let mut sum = 0.0;
        for row in rows {
            let (bottom, top) = (row as f64 / self.per_unit, (row + 1) as f64 / self.per_unit);
            let away = (bottom - y).max(y - top).max(0.0);
            // The circle's half chord over this row of bins, a hair wider against rounding.
            let half = (reach * reach - away * away).max(0.0).sqrt() + 1e-9;
            let Some(columns) = self.span(x - half, x + half, self.columns) else { continue };
            let start = self.starts[row * self.columns + columns.start()] as usize;
            let end = self.starts[row * self.columns + columns.end() + 1] as usize;
            sum += sum_of_run(&self.xs[start..end], &self.ys[start..end], x, y);
        }
        sum
    }

    /// Bins that meet a range, along one axis.
    fn span(&self, low: f64, high: f64, bins: usize) -> Option<std::ops::RangeInclusive<usize>> {
        if high < 0.0 || low * self.per_unit >= bins as f64 {
            return None;
        }
        let first = (low * self.per_unit).max(0.0) as usize;
        let last = ((high * self.per_unit) as usize).min(bins - 1);
        Some(first..=last)
    }
}
