//! Does a file lie where the streets are? A file in GCJ-02 or BD-09 that is called WGS 84 is off by a known shift, one
//! with swapped axes is elsewhere: undoing it brings the file onto the stored streets.

use geo::Coord;

use crate::spatial::china;
use crate::spatial::crs::Crs;
use crate::spatial::foot::distance_to_shape_m;
use crate::spatial::shape::Shape;
use crate::world::{LayerSnapshot, Row};

/// Places that are looked at, spread over the whole input.
const MOST: usize = 1_000;
/// Fewer tell nothing.
const LEAST: usize = 5;
/// Farther from every street a place tells nothing more, metres.
const BEYOND_M: f64 = 300.0;
/// How far things of a street lie from its middle line, metres: the scale of an exponential distribution.
const SCALE_M: f64 = 8.0;
/// Share of things that may lie anywhere.
const STRAY: f64 = 0.1;
/// Logarithm of the odds from which on a file counts as moved: one in a hundred million.
const CERTAIN: f64 = 18.0;
/// Logarithm of the odds by which another reading must be better than the same places carried elsewhere.
const AHEAD: f64 = 9.0;
/// Places lie on the streets when they fit at least as if each were so far from one, metres.
const ON_M: f64 = 16.0;
/// Directions in which the places are carried for that, and how far, by the length of the shift.
const DIRECTIONS: u32 = 16;
const FAR: [f64; 4] = [1.0, 0.75, 0.5, 0.25];
/// Metres of a degree of latitude, near enough to carry places about.
const METRES_A_DEGREE: f64 = 111_320.0;

/// Places of the input, as read and as they would be read otherwise.
#[derive(Default)]
pub(super) struct Sample {
    places: Vec<(Coord, Written)>,
    /// Every so many features one is taken.
    stride: usize,
    met: usize,
}

/// How the positions of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Written {
    #[default]
    Wgs84,
    Gcj02,
    Bd09,
    /// Metres of a projection.
    Projected,
}

/// What a file may really be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    Wgs84,
    Gcj02,
    Bd09,
    Swapped,
}

const READINGS: [Reading; 4] = [Reading::Gcj02, Reading::Bd09, Reading::Wgs84, Reading::Swapped];

impl Sample {
    pub fn add(&mut self, shape: &Shape, crs: Option<&Crs>) {
        self.met += 1;
        if self.stride > 1 && !self.met.is_multiple_of(self.stride) {
            return;
        }
        let written = crs.map_or(Written::Wgs84, written);
        match shape {
            Shape::LineString(line) => {
                // The middle of a street tells more than its junctions, which others share.
                let step = line.0.len().div_ceil(3).max(1);
                self.places.extend(line.0.iter().step_by(step).map(|at| (*at, written)));
            }
            other => self.places.push((other.anchor().0, written)),
        }
        while self.places.len() > MOST {
            let mut keep = false;
            self.places.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride = self.stride.max(1) * 2;
        }
    }

    /// A refusal with the best guess, when the file as it is read lies beside the streets and read otherwise on them.
    ///
    /// Likelihood ratio: the distance of a thing to its nearest street is exponential, or anything for strays. Things
    /// that are set back from their street lie better nearly anywhere else in a dense network, so another reading has
    /// to stand out from the same places carried as far in other directions, too. Cost: a nearest-street search a
    /// place and reading, at most 5,000; 64,000 more for each reading that seems better.
    pub fn judge(&self, streets: &LayerSnapshot) -> Option<String> {
        if self.places.len() < LEAST || streets.is_empty() {
            return None;
        }
        let as_read: Vec<f64> = self.places.iter().map(|(at, _)| likelihood(metres_to_street(streets, *at))).collect();
        let mut best: Option<(Reading, f64, f64)> = None;
        for reading in READINGS {
            let (mut fit, mut before, mut shifts, mut others) = (0.0, 0.0, Vec::new(), Vec::new());
            for ((at, written), likelihood_as_read) in self.places.iter().zip(&as_read) {
                if let Some(other) = read_as(*at, *written, reading) {
                    fit += likelihood(metres_to_street(streets, other));
                    before += likelihood_as_read;
                    shifts.push(crate::spatial::geodesic::distance_m(*at, other));
                    others.push(other);
                }
            }
            let odds = fit - before;
            if odds <= best.map_or(CERTAIN, |(_, most, _)| most) {
                continue;
            }
            shifts.sort_by(f64::total_cmp);
            let shift = shifts.get(shifts.len() / 2).copied().unwrap_or(0.0);
            // Swapped axes lead to another part of the world: there is no such neighbourhood to be compared with.
            if reading == Reading::Swapped || stands_out(streets, &others, fit, shift) {
                best = Some((reading, odds, shift));
            }
        }
        best.map(|(reading, _, metres)| refusal(reading, metres))
    }
}

/// Whether places lie on the streets, and better than when they are carried elsewhere.
///
/// Places of one neighbourhood lie better or worse all at once, so one direction may be the best by chance; but then
/// they lie no better than near the streets.
fn stands_out(streets: &LayerSnapshot, places: &[Coord], fit: f64, shift_m: f64) -> bool {
    if fit < likelihood(ON_M) * places.len() as f64 {
        return false;
    }
    FAR.iter().all(|far| {
        (0..DIRECTIONS).all(|direction| {
            let (north, east) = (std::f64::consts::TAU * f64::from(direction) / f64::from(DIRECTIONS)).sin_cos();
            let degrees = shift_m * far / METRES_A_DEGREE;
            let carried = |at: &Coord| Coord {
                x: at.x + east * degrees / at.y.to_radians().cos().max(0.01),
                y: at.y + north * degrees,
            };
            let elsewhere: f64 = places.iter().map(|at| likelihood(metres_to_street(streets, carried(at)))).sum();
            fit > elsewhere + AHEAD
        })
    })
}

/// Metres to the nearest street, at most [`BEYOND_M`].
fn metres_to_street(streets: &LayerSnapshot, at: Coord) -> f64 {
    if at.x.abs() > 180.0 || at.y.abs() > 90.0 {
        return BEYOND_M;
    }
    let measure = |row: &Row<'_>| row.with_shape(|shape| distance_to_shape_m(at, shape));
    let nearest = streets.nearest(at, 1, Some(BEYOND_M), &|_| true, &measure);
    nearest.first().map_or(BEYOND_M, |(metres, _)| *metres)
}

fn written(crs: &Crs) -> Written {
    match crs.name() {
        name if name.starts_with("gcj") => Written::Gcj02,
        name if name.starts_with("bd") => Written::Bd09,
        _ if crs.decimals() == 7 => Written::Wgs84,
        _ => Written::Projected,
    }
}

/// Where a place would be, were the file what `reading` says; none where that is what was read.
fn read_as(at: Coord, written: Written, reading: Reading) -> Option<Coord> {
    let (x, y) = match written {
        Written::Wgs84 | Written::Projected => (at.x, at.y),
        Written::Gcj02 => china::gcj02_from_wgs84(at.x, at.y),
        Written::Bd09 => china::bd09_from_wgs84(at.x, at.y),
    };
    let (lon, lat) = match (reading, written) {
        (Reading::Wgs84, Written::Wgs84 | Written::Projected)
        | (Reading::Gcj02, Written::Gcj02)
        | (Reading::Bd09, Written::Bd09)
        | (Reading::Swapped, Written::Projected) => return None,
        (Reading::Wgs84, _) => (x, y),
        (Reading::Gcj02, _) => china::wgs84_from_gcj02(x, y),
        (Reading::Bd09, _) => china::wgs84_from_bd09(x, y),
        (Reading::Swapped, Written::Gcj02) => china::wgs84_from_gcj02(y, x),
        (Reading::Swapped, Written::Bd09) => china::wgs84_from_bd09(y, x),
        (Reading::Swapped, Written::Wgs84) => (y, x),
    };
    // Where the shift does not apply there is nothing to tell apart.
    ((lon, lat) != (at.x, at.y)).then_some(Coord { x: lon, y: lat })
}

fn likelihood(metres: f64) -> f64 {
    let near = (1.0 - STRAY) / SCALE_M * (-metres / SCALE_M).exp();
    (near + STRAY / BEYOND_M).ln()
}

fn refusal(reading: Reading, metres: f64) -> String {
    let guess = match reading {
        Reading::Wgs84 => "the coordinates are WGS 84: say --crs wgs84 (crs=wgs84)",
        Reading::Gcj02 => "the coordinates are GCJ-02: say --crs gcj02 (crs=gcj02)",
        Reading::Bd09 => "the coordinates are BD-09: say --crs bd09 (crs=bd09)",
        Reading::Swapped => {
            return "the file lies far from the stored streets, and on them with longitude and latitude swapped: put the \
                    longitude first, or --force (force=true) takes it as it is"
                .to_owned();
        }
    };
    format!(
        "the file lies about {metres:.0} m beside the stored streets, and on them if {guess}; --force (force=true) takes \
         it as it is"
    )
}
