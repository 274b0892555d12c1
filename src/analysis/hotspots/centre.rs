//! Where the cases lie on the whole, and along which direction: centres, standard distance, directional ellipse.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::error::{HotspotError, check_cases};
use crate::analysis::hotspots::sections::distance;

/// How the axes of a directional ellipse follow from the variances l along them. Programs differ: name the one shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scaling {
    /// `sqrt(l)`: one standard deviation along each axis.
    StandardDeviation,
    /// `sqrt(2 l)`: the ellipse of one standard distance, as in Esri's programs.
    Esri,
    /// `sqrt(2 l n / (n - 2))`: the same corrected for the two axes estimated, as in CrimeStat and pointpats.
    CrimeStat,
}

/// An ellipse around the mean centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ellipse {
    pub centre: Position,
    pub semi_major_m: f64,
    pub semi_minor_m: f64,
    /// The direction of the major axis, counter-clockwise from east, 0 included, 180 excluded.
    pub angle_degrees: f64,
    pub scaling: Scaling,
}

/// The mean of the coordinates.
pub fn mean_centre(cases: &[Position]) -> Result<Position, HotspotError> {
    check_cases(cases)?;
    Ok(mean(cases))
}

/// The square root of the mean squared distance from the mean centre, metres.
pub fn standard_distance_m(cases: &[Position]) -> Result<f64, HotspotError> {
    check_cases(cases)?;
    let [xx, _, yy] = covariance(cases);
    Ok((xx + yy).sqrt())
}

/// The place with the least sum of distances to the cases, to about a micrometre.
///
/// Weiszfeld's iteration with the step of Vardi and Zhang (2000), which does not stick at a case, each step lengthened
/// while that helps; once it is near, Newton's, because the sum is so flat that its digits end early. On a line with
/// an even number of cases any place between the middle two serves.
pub fn median_centre(cases: &[Position]) -> Result<Position, HotspotError> {
    check_cases(cases)?;
    let origin = mean(cases);
    let cases: Vec<Position> = cases.iter().map(|case| [case[0] - origin[0], case[1] - origin[1]]).collect();
    let extent = cases.iter().map(|case| case[0].hypot(case[1])).fold(0.0, f64::max);
    let near = descended(&cases, [0.0; 2], 1e-3 * extent);
    let place = polished(&cases, descended(&cases, polished(&cases, near), 1e-12 * extent));
    Ok([origin[0] + place[0], origin[1] + place[1]])
}

/// Weiszfeld's steps until they are as short as `shortest`.
fn descended(cases: &[Position], mut place: Position, shortest: f64) -> Position {
    let total = |place: Position| cases.iter().map(|case| distance(*case, place)).sum::<f64>();
    let mut least = total(place);
    for _ in 0..10_000 {
        let step = weiszfeld_step(cases, place);
        if step[0].hypot(step[1]) <= shortest {
            break;
        }
        let mut factor = 1.0;
        let before = least;
        loop {
            let there = [place[0] + factor * step[0], place[1] + factor * step[1]];
            let sum = total(there);
            if sum >= least {
                break;
            }
            (place, least) = (there, sum);
            factor *= 2.0;
        }
        if least >= before {
            break;
        }
    }
    place
}

/// The directional ellipse: eigenvectors of the covariance (denominator n) around the mean centre.
///
/// Needs at least three cases. Cases on one line have a semi-minor axis of 0.
pub fn ellipse(cases: &[Position], scaling: Scaling) -> Result<Ellipse, HotspotError> {
    check_cases(cases)?;
    if cases.len() < 3 {
        return Err(HotspotError::TooFew { what: "cases", given: cases.len(), needed: 3 });
    }
    let [xx, xy, yy] = covariance(cases);
    let half_trace = f64::midpoint(xx, yy);
    let half_gap = ((xx - yy) / 2.0).hypot(xy);
    let n = cases.len() as f64;
    let factor = match scaling {
        Scaling::StandardDeviation => 1.0,
        Scaling::Esri => 2.0,
        Scaling::CrimeStat => 2.0 * n / (n - 2.0),
    };
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy).to_degrees();
    Ok(Ellipse {
        centre: mean(cases),
        semi_major_m: (factor * (half_trace + half_gap)).sqrt(),
        semi_minor_m: (factor * (half_trace - half_gap).max(0.0)).sqrt(),
        angle_degrees: if angle < 0.0 { (angle + 180.0) % 180.0 } else { angle },
        scaling,
    })
}

fn mean(cases: &[Position]) -> Position {
    let n = cases.len() as f64;
    let first = cases[0];
    // Sums of differences: coordinates of millions of metres would cost digits.
    let sum = cases.iter().fold([0.0, 0.0], |sum, case| [sum[0] + case[0] - first[0], sum[1] + case[1] - first[1]]);
    [first[0] + sum[0] / n, first[1] + sum[1] / n]
}

/// Variance of x, covariance, variance of y, with denominator n.
fn covariance(cases: &[Position]) -> [f64; 3] {
    let centre = mean(cases);
    let n = cases.len() as f64;
    let sums = cases.iter().fold([0.0; 3], |[xx, xy, yy], case| {
        let (x, y) = (case[0] - centre[0], case[1] - centre[1]);
        [xx + x * x, xy + x * y, yy + y * y]
    });
    sums.map(|sum| sum / n)
}

/// From `place` towards the median; nothing where a case at the place outweighs the pull of the others.
fn weiszfeld_step(cases: &[Position], place: Position) -> Position {
    let (mut pull, mut weight, mut here) = ([0.0; 2], 0.0, 0.0);
    for case in cases {
        let (x, y) = (case[0] - place[0], case[1] - place[1]);
        let away = (x * x + y * y).sqrt();
        if away == 0.0 {
            here += 1.0;
        } else {
            pull = [pull[0] + x / away, pull[1] + y / away];
            weight += 1.0 / away;
        }
    }
    let force = pull[0].hypot(pull[1]);
    if weight == 0.0 || force <= here {
        return [0.0; 2];
    }
    let share = (1.0 - here / force) / weight;
    [share * pull[0], share * pull[1]]
}

/// Newton's steps while they lessen the pull on the place.
fn polished(cases: &[Position], mut place: Position) -> Position {
    let Some((mut pull, mut step)) = newton_step(cases, place) else { return place };
    for _ in 0..50 {
        let there = [place[0] + step[0], place[1] + step[1]];
        match newton_step(cases, there) {
            Some((less, next)) if less < pull => (place, pull, step) = (there, less, next),
            _ => break,
        }
    }
    place
}

/// The pull of all cases on a place, and the step that would end it; none at a case, or where all lie on a line with it.
fn newton_step(cases: &[Position], place: Position) -> Option<(f64, Position)> {
    let (mut pull, mut xx, mut xy, mut yy) = ([0.0; 2], 0.0, 0.0, 0.0);
    for case in cases {
        let away = distance(*case, place);
        if away == 0.0 {
            return None;
        }
        let (x, y) = ((case[0] - place[0]) / away, (case[1] - place[1]) / away);
        pull = [pull[0] + x, pull[1] + y];
        (xx, xy, yy) = (xx + y * y / away, xy - x * y / away, yy + x * x / away);
    }
    let determinant = xx * yy - xy * xy;
    let step = [(yy * pull[0] - xy * pull[1]) / determinant, (xx * pull[1] - xy * pull[0]) / determinant];
    (determinant > 1e-12 * xx * yy && step[0].is_finite() && step[1].is_finite())
        .then(|| (pull[0].hypot(pull[1]), step))
}
