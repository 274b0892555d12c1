//! The shifted systems of Chinese web maps: GCJ-02 and BD-09.
//!
//! The published formula, inside the published rectangle; it was never checked against an official
//! transformation, here or anywhere else. The rectangle wrongly holds Seoul and Hanoi, as everybody's does.

use std::f64::consts::PI;

/// Semi-major axis and squared eccentricity of the formula (Krasovsky 1940).
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
/// Step of BD-09, in degrees.
const BD09_STEP: (f64, f64) = (0.0065, 0.006);
/// Fixed-point steps stop when the answer moves less than this: about 0.1 micrometres.
const SETTLED_DEGREES: f64 = 1e-12;
const MOST_STEPS: usize = 40;

/// Whether the shift of GCJ-02 applies at this place (longitude 72.004-137.8347, latitude 0.8293-55.8271).
pub fn in_rectangle(lon: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

/// Outside the rectangle the identity.
pub fn gcj02_from_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    if in_rectangle(lon, lat) { shifted(lon, lat) } else { (lon, lat) }
}

/// Inverse of [`gcj02_from_wgs84`], by fixed-point steps, to less than a millimetre.
///
/// A place outside the rectangle is its own original. The forward map tears at the rectangle's edge: a place
/// just inside that nothing maps to gets the original that the shift alone would give.
pub fn wgs84_from_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if in_rectangle(lon, lat) { invert(shifted, lon, lat) } else { (lon, lat) }
}

pub fn bd09_from_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    let (lon, lat) = gcj02_from_wgs84(lon, lat);
    bd09_from_gcj02(lon, lat)
}

/// Inverse of [`bd09_from_wgs84`]; the closed inverse of BD-09's own step is off by 0.2 m, so it is iterated too.
pub fn wgs84_from_bd09(lon: f64, lat: f64) -> (f64, f64) {
    let (lon, lat) = invert(bd09_from_gcj02, lon, lat);
    wgs84_from_gcj02(lon, lat)
}

fn bd09_from_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    let turn = PI * 3000.0 / 180.0;
    let radius = lon.hypot(lat) + 0.00002 * (lat * turn).sin();
    let angle = lat.atan2(lon) + 0.000_003 * (lon * turn).cos();
    (radius * angle.cos() + BD09_STEP.0, radius * angle.sin() + BD09_STEP.1)
}

fn invert(forward: impl Fn(f64, f64) -> (f64, f64), lon: f64, lat: f64) -> (f64, f64) {
    let mut guess = (lon, lat);
    for _ in 0..MOST_STEPS {
        let (x, y) = forward(guess.0, guess.1);
        let step = (lon - x, lat - y);
        guess = (guess.0 + step.0, guess.1 + step.1);
        if step.0.abs() < SETTLED_DEGREES && step.1.abs() < SETTLED_DEGREES {
            break;
        }
    }
    guess
}

fn shifted(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let sine = lat.to_radians().sin();
    let magic = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    let meridian = AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * magic.sqrt());
    let parallel = AXIS_M / magic.sqrt() * lat.to_radians().cos();
    (lon + (east_shift_m(x, y) / parallel).to_degrees(), lat + (north_shift_m(x, y) / meridian).to_degrees())
}

fn waves(along: f64, amplitudes: [(f64, f64); 2]) -> f64 {
    amplitudes.iter().map(|(size, length)| size * (along / length * PI).sin()).sum::<f64>() * 2.0 / 3.0
}

fn east_shift_m(x: f64, y: f64) -> f64 {
    300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + waves(x, [(20.0, 1.0 / 6.0), (20.0, 0.5)])
        + waves(x, [(20.0, 1.0), (40.0, 3.0)])
        + waves(x, [(150.0, 12.0), (300.0, 30.0)])
}

fn north_shift_m(x: f64, y: f64) -> f64 {
    -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + waves(x, [(20.0, 1.0 / 6.0), (20.0, 0.5)])
        + waves(y, [(20.0, 1.0), (40.0, 3.0)])
        + waves(y, [(160.0, 12.0), (320.0, 30.0)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_inverse_leads_back(lon in 72.1..137.7_f64, lat in 0.9..55.7_f64) {
            for (forward, back) in [
                (gcj02_from_wgs84 as fn(f64, f64) -> (f64, f64), wgs84_from_gcj02 as fn(f64, f64) -> (f64, f64)),
                (bd09_from_wgs84, wgs84_from_bd09),
            ] {
                let (x, y) = forward(lon, lat);
                // Next to the edge the shift leads out of the rectangle, where a place is its own original.
                prop_assume!(in_rectangle(x, y) && in_rectangle(x - 0.02, y - 0.02) && in_rectangle(x + 0.02, y + 0.02));
                let (lon_again, lat_again) = back(x, y);
                prop_assert!((lon_again - lon).abs() < 1e-9 && (lat_again - lat).abs() < 1e-9);
            }
        }

        #[test]
        fn every_place_on_the_globe_gets_an_answer(lon in -180.0..180.0_f64, lat in -90.0..90.0_f64) {
            let (x, y) = wgs84_from_bd09(lon, lat);
            prop_assert!(x.is_finite() && y.is_finite());
        }
    }
}
