//! Which cases can be near each other: cases sorted into square cells, alone in space or in layers of time.
//!
//! The cells are so small that all cases of one cell are near each other, and so large that a near case is never more
//! than two cells (and one layer) away. Used by the density clusterings; it answers nothing by itself.

use crate::analysis::hotspots::{HotspotError, Position};

/// Cells are this little smaller than the largest cell whose diagonal is the reach, so that rounding cannot matter.
const MARGIN: f64 = 1.0 - 1e-6;
const ACROSS: u64 = 2;

/// What "near" means: at most `space` metres apart and, where `TIMED`, at most `time` apart, both inclusive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    pub space: f64,
    pub time: f64,
}

/// Cases in the order of their cells.
pub(super) struct Cells<const TIMED: bool> {
    reach: Reach,
    /// The case at each sorted place.
    pub order: Vec<u32>,
    pub places: Vec<Position>,
    /// Empty unless `TIMED`.
    times: Vec<f64>,
    /// Sorted places of cell `c` are `starts[c]..starts[c + 1]`.
    pub starts: Vec<u32>,
    neighbours: Vec<u32>,
    neighbour_starts: Vec<u32>,
}

impl<const TIMED: bool> Cells<TIMED> {
    /// Cost: O(n log n) time; about 60 bytes a case. `times` is not read unless `TIMED`.
    pub fn new(cases: &[Position], times: &[f64], reach: Reach) -> Result<Self, HotspotError> {
        let lattice = Lattice::over(cases, if TIMED { times } else { &[] }, reach)?;
        let mut keyed: Vec<(u64, u32)> = (0..cases.len())
            .map(|case| (lattice.key(cases[case], if TIMED { times[case] } else { 0.0 }), case as u32))
            .collect();
        keyed.sort_unstable();
        let mut keys = Vec::new();
        let mut starts = Vec::new();
        for (at, (key, _)) in keyed.iter().enumerate() {
            if keys.last() != Some(key) {
                keys.push(*key);
                starts.push(at as u32);
            }
        }
        starts.push(cases.len() as u32);
        let order: Vec<u32> = keyed.into_iter().map(|(_, case)| case).collect();
        let (neighbours, neighbour_starts) = lattice.neighbours(&keys);
        Ok(Self {
            reach,
            places: order.iter().map(|case| cases[*case as usize]).collect(),
            times: if TIMED { order.iter().map(|case| times[*case as usize]).collect() } else { Vec::new() },
            order,
            starts,
            neighbours,
            neighbour_starts,
        })
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn range(&self, cell: usize) -> std::ops::Range<usize> {
        self.starts[cell] as usize..self.starts[cell + 1] as usize
    }

    /// The other cells in which a case may be near one of `cell`.
    pub fn neighbours(&self, cell: usize) -> impl Iterator<Item = usize> + '_ {
        let range = self.neighbour_starts[cell] as usize..self.neighbour_starts[cell + 1] as usize;
        self.neighbours[range].iter().map(|other| *other as usize)
    }

    pub fn squared_distance(&self, a: usize, b: usize) -> f64 {
        let (dx, dy) = (self.places[a][0] - self.places[b][0], self.places[a][1] - self.places[b][1]);
        dx * dx + dy * dy
    }

    /// Of two sorted places.
    pub fn near(&self, a: usize, b: usize) -> bool {
        self.squared_distance(a, b) <= self.reach.space * self.reach.space
            && (!TIMED || (self.times[a] - self.times[b]).abs() <= self.reach.time)
    }

    /// Whether a sorted place may be near anything in a frame.
    pub fn may_reach(&self, place: usize, frame: &Frame) -> bool {
        let offset = |axis: usize| {
            let at = self.places[place][axis];
            (frame.low[axis] - at).max(at - frame.high[axis]).max(0.0)
        };
        let (dx, dy) = (offset(0), offset(1));
        dx * dx + dy * dy <= self.reach.space * self.reach.space
    }

    /// Swaps two sorted places.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.order.swap(a, b);
        self.places.swap(a, b);
        if TIMED {
            self.times.swap(a, b);
        }
    }
}

/// The smallest upright rectangle round some places.
pub(super) struct Frame {
    low: Position,
    high: Position,
}

impl Frame {
    pub fn around(places: &[Position]) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for place in places {
            for axis in 0..2 {
                low[axis] = low[axis].min(place[axis]);
                high[axis] = high[axis].max(place[axis]);
            }
        }
        Self { low, high }
    }
}

struct Lattice {
    origin: Position,
    side: f64,
    since: f64,
    layer: f64,
    columns: u64,
    rows: u64,
    layers: u64,
}

impl Lattice {
    fn over(cases: &[Position], times: &[f64], reach: Reach) -> Result<Self, HotspotError> {
        let bounds = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let (west, east) = bounds(&mut cases.iter().map(|case| case[0]));
        let (south, north) = bounds(&mut cases.iter().map(|case| case[1]));
        let (first, last) = if times.is_empty() { (0.0, 0.0) } else { bounds(&mut times.iter().copied()) };
        let side = reach.space * std::f64::consts::FRAC_1_SQRT_2 * MARGIN;
        let layer = reach.time * MARGIN;
        let count = |low: f64, high: f64, size: f64| if high > low { ((high - low) / size).floor() + 1.0 } else { 1.0 };
        let (columns, rows, layers) = (count(west, east, side), count(south, north, side), count(first, last, layer));
        if columns * rows * layers >= 9e15 {
            let must = "large enough that fewer than 9,000,000,000,000,000 of its squares cover all cases";
            return Err(HotspotError::Parameter { what: "the distance", value: reach.space, must });
        }
        let (columns, rows, layers) = (columns as u64, rows as u64, layers as u64);
        Ok(Self { origin: [west, south], side, since: first, layer, columns, rows, layers })
    }

    fn key(&self, place: Position, time: f64) -> u64 {
        let index = |offset: f64, size: f64, count: u64| if count == 1 { 0 } else { (offset / size) as u64 };
        let column = index(place[0] - self.origin[0], self.side, self.columns);
        let row = index(place[1] - self.origin[1], self.side, self.rows);
        let layer = index(time - self.since, self.layer, self.layers);
        (layer * self.rows + row) * self.columns + column
    }

    /// For each of these cells in the order of their keys the others in reach, as one list with its starts.
    ///
    /// The run of keys that a row of neighbours spans moves forward with the cell, so one pointer a row suffices.
    fn neighbours(&self, keys: &[u64]) -> (Vec<u32>, Vec<u32>) {
        let mut pointers = [0usize; 15];
        let mut neighbours = Vec::new();
        let mut starts = Vec::with_capacity(keys.len() + 1);
        for (cell, key) in keys.iter().enumerate() {
            starts.push(neighbours.len() as u32);
            let (line, column) = (key / self.columns, key % self.columns);
            let (layer, row) = (line / self.rows, line % self.rows);
            for (at, pointer) in pointers.iter_mut().enumerate() {
                let (Some(other_layer), Some(other_row)) =
                    ((layer + at as u64 / 5).checked_sub(1), (row + at as u64 % 5).checked_sub(ACROSS))
                else {
                    continue;
                };
                if other_layer >= self.layers || other_row >= self.rows {
                    continue;
                }
                let base = (other_layer * self.rows + other_row) * self.columns;
                let first = base + column.saturating_sub(ACROSS);
                let last = base + (column + ACROSS).min(self.columns - 1);
                while *pointer < keys.len() && keys[*pointer] < first {
                    *pointer += 1;
                }
                let run = (*pointer..).take_while(|other| *other < keys.len() && keys[*other] <= last);
                neighbours.extend(run.filter(|other| *other != cell).map(|other| other as u32));
            }
        }
        starts.push(neighbours.len() as u32);
        (neighbours, starts)
    }
}
