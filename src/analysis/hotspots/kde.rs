//! The familiar surface: kernel density of cases in the plane, exact at every place asked for.
//!
//! Straight-line distances jump across rivers and railways: on streets prefer
//! [`crate::analysis::hotspots::network_kde`]. No edge correction: near the border of the city, density leaks out.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::error::{HotspotError, check_cases, check_positions, check_positive};
use crate::analysis::hotspots::kde_bins::Bins;
use crate::analysis::parallel::in_units;

const PER_KM2: f64 = 1e6;

/// Places that one thread does in one go.
const BATCH: usize = 256;

/// The shape of the bump around a case; `d` is the distance to it, `h` the bandwidth. Each has mass 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// `3 / (pi h^2) (1 - d^2/h^2)^2` for d < h, as in CrimeStat and desktop programs: h is the whole reach.
    Quartic,
    /// `1 / (2 pi h^2) exp(-d^2 / (2 h^2))`, never cut off: h is one standard deviation, a quartic of about 2.65 h
    /// looks alike.
    Gaussian,
}

/// Cases per km2 at each place.
///
/// Errors: fewer than two cases, all cases at one place, coordinates that are not finite, a bandwidth that is not above 0
/// or that is larger than the diagonal of the rectangle around cases and places.
/// Cost: quartic, the cases within h of each place; gaussian, those within about 10 h, where the others would not change
/// the last digit.
pub fn kde(
    cases: &[Position],
    places: &[Position],
    kernel: Kernel,
    bandwidth_m: f64,
    threads: usize,
) -> Result<Vec<f64>, HotspotError> {
    check_positive("bandwidth", bandwidth_m)?;
    check_cases(cases)?;
    check_positions("place", places)?;
    let extent = extent_m(cases.iter().chain(places));
    if bandwidth_m > extent {
        return Err(HotspotError::LargerThanCity { what: "bandwidth", value: bandwidth_m, extent });
    }
    let density = match kernel {
        Kernel::Quartic => {
            let bins = Bins::new(cases, bandwidth_m, 4.0);
            in_batches(places, threads, |place| bins.sum_within(place, 1.0, quartic_run))
        }
        Kernel::Gaussian => {
            let bins = Bins::new(cases, bandwidth_m, 1.0);
            in_batches(places, threads, |place| gaussian_sum(&bins, place))
        }
    };
    let factor = PER_KM2 / (std::f64::consts::PI * bandwidth_m * bandwidth_m)
        * match kernel {
            Kernel::Quartic => 3.0,
            Kernel::Gaussian => 0.5,
        };
    Ok(density.into_iter().map(|sum| sum * factor).collect())
}

/// The diagonal of the rectangle around the positions.
pub(crate) fn extent_m<'a>(positions: impl Iterator<Item = &'a Position>) -> f64 {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for position in positions {
        for axis in 0..2 {
            low[axis] = low[axis].min(position[axis]);
            high[axis] = high[axis].max(position[axis]);
        }
    }
    (high[0] - low[0]).hypot(high[1] - low[1])
}

fn in_batches(places: &[Position], threads: usize, sum: impl Fn(Position) -> f64 + Sync) -> Vec<f64> {
    let batches = in_units(places.len().div_ceil(BATCH), threads, |batch| {
        let range = batch * BATCH..((batch + 1) * BATCH).min(places.len());
        places[range].iter().map(|place| sum(*place)).collect::<Vec<f64>>()
    });
    batches.concat()
}

/// The sum of `exp(-d^2 / 2)` over all cases, d in bandwidths.
///
/// Cases so far away that all of them together would not change the last digit of the sum are left out: first by a sum of
/// 1, then, where the sum is less, by the sum found.
fn gaussian_sum(bins: &Bins, place: Position) -> f64 {
    let reach = |sum: f64| (2.0 * (bins.len() as f64 / (sum * f64::EPSILON)).ln()).max(0.0).sqrt() + 0.1;
    let sum = bins.sum_within(place, reach(1.0), gaussian_run);
    if sum >= 1.0 {
        return sum;
    }
    let wider = if sum > 0.0 { reach(sum) } else { 1e12 };
    bins.sum_within(place, wider, gaussian_run)
}

/// The sum of `(1 - d^2)^2` where d < 1.
fn quartic_run(xs: &[f64], ys: &[f64], x: f64, y: f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (xs, ys) = (xs.chunks_exact(LANES), ys.chunks_exact(LANES));
    let rest = xs.remainder().iter().zip(ys.remainder());
    let rest: f64 = rest.map(|(cx, cy)| (1.0 - (cx - x).powi(2) - (cy - y).powi(2)).max(0.0).powi(2)).sum();
    for (xs, ys) in xs.zip(ys) {
        for lane in 0..LANES {
            let (dx, dy) = (xs[lane] - x, ys[lane] - y);
            let inside = (1.0 - dx * dx - dy * dy).max(0.0);
            sums[lane] += inside * inside;
        }
    }
    sums.iter().sum::<f64>() + rest
}

fn gaussian_run(xs: &[f64], ys: &[f64], x: f64, y: f64) -> f64 {
    let mut sums = [0.0; LANES];
    for (xs, ys) in xs.chunks(LANES).zip(ys.chunks(LANES)) {
        let mut halves = [f64::INFINITY; LANES];
        for (half, (cx, cy)) in halves.iter_mut().zip(xs.iter().zip(ys)) {
            let (dx, dy) = (cx - x, cy - y);
            *half = 0.5 * (dx * dx + dy * dy);
        }
        let values = exp_of_minus(halves);
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

/// Cases that are done together.
const LANES: usize = 8;

/// `exp(-square)` for squares of 0 or more, without branches and lane by lane, so that the compiler does several at once.
///
/// Relative error below 1e-14; 0 from 700 on, where it would be 1e-304.
fn exp_of_minus(squares: [f64; LANES]) -> [f64; LANES] {
    // ln 2 in two parts, so that the reduction loses nothing (fdlibm).
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // Adding 1.5 * 2^52 rounds to a whole number, which stands in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    // exp on [-ln 2 / 2, ln 2 / 2] by its series: 1 / n!, from n = 12 down.
    const SERIES: [f64; 13] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let (mut rests, mut powers) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let kept = if squares[lane] < 700.0 { squares[lane] } else { 700.0 };
        let shifted = ROUNDER - kept * std::f64::consts::LOG2_E;
        let whole = shifted - ROUNDER;
        rests[lane] = (-kept - whole * LN2_HIGH) - whole * LN2_LOW;
        let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
        powers[lane] = if squares[lane] < 700.0 { power } else { 0.0 };
    }
    let mut values = [0.0; LANES];
    for factor in SERIES {
        for lane in 0..LANES {
            values[lane] = values[lane] * rests[lane] + factor;
        }
    }
    for lane in 0..LANES {
        values[lane] *= powers[lane];
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_exponential_is_the_exponential() {
        for step in 0..70_000 {
            let square = f64::from(step) * 0.009_999;
            let exact = (-square).exp();
            let given = exp_of_minus([square, 800.0, 0.0, square, 0.0, 0.0, 0.0, square]);
            assert!((given[7] - exact).abs() <= 1e-13 * exact, "{square}");
            assert!(given[1] == 0.0 && given[2] == 1.0);
        }
    }
}
