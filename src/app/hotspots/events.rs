//! Groups of cases rather than units: drawn clusters, and when cases come again nearby.

use geo::{ConvexHull, Coord, LineString, MultiPoint, Point, Polygon};
use serde_json::json;

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::dbscan::{Border, Dbscan, dbscan, st_dbscan};
use crate::analysis::hotspots::near_repeat::near_repeat;
use crate::analysis::hotspots::permutation::Permutations;
use crate::app::hotspots::question::{Algorithm, HotspotsQuestion};
use crate::app::hotspots::units::{Frame, envelope_of};
use crate::app::hotspots::{Failed, THREADS, Told};
use crate::app::selection::{Case, Cases};
use crate::domain::moment::write_instant;
use crate::formats::sheet::{Cell, significant};
use crate::spatial::shape::Shape;

pub(super) const CLUSTERS: [&str; 9] =
    ["cluster", "count", "core", "first", "last", "median_gap_days", "p", "p_adjusted", "class"];
pub(super) const NEAR_REPEAT: [&str; 8] =
    ["distance_m", "days", "count", "expected", "ratio", "p", "p_adjusted", "class"];
/// A cluster with more than this share of the cases draws nothing.
const TOO_LARGE: f64 = 1.0 / 3.0;
const LEAST_TO_JUDGE: usize = 100;
/// With more cases, each permutation looks at millions of pairs: fewer of them unless more are asked for.
const MANY: usize = 10_000;
const SECONDS_A_DAY: f64 = 86_400.0;
const DIGITS: i32 = 10;

fn days_of(cases: &[Case]) -> Vec<f64> {
    let first = cases.iter().map(|case| case.at).min().unwrap_or_default();
    cases.iter().map(|case| case.at.duration_since(first).as_secs_f64() / SECONDS_A_DAY).collect()
}

/// Positions in a plane over the cases.
fn in_plane(cases: &[Case]) -> Vec<Position> {
    let frame = Frame::over(envelope_of(cases.iter().map(|case| &case.place)));
    cases.iter().map(|case| frame.of(case.place)).collect()
}

pub(super) fn by_clusters(cases: &Cases, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.sheet_columns(&CLUSTERS);
    let all = &cases.all;
    let positions = in_plane(all);
    let question = Dbscan { eps: asked.eps_m, min_points: asked.min_points, border: Border::Nearest };
    told.parameter("eps_m", asked.eps_m);
    told.parameter("min_points", asked.min_points);
    let found = match asked.algorithm {
        Algorithm::Dbscan => {
            told.parameter("algorithm", "dbscan");
            dbscan(&positions, question)?
        }
        Algorithm::StDbscan => {
            told.parameter("algorithm", "st-dbscan");
            told.parameter("eps_days", asked.eps_days);
            st_dbscan(&positions, &days_of(all), question, asked.eps_days)?
        }
    };
    told.member("noise", found.noise().into());
    if found.count == 0 {
        let detail = "no cluster: take a larger eps_m, a smaller min_points or a longer period";
        return Err(Failed::Note(detail.to_owned()));
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); found.count];
    for (case, label) in found.labels.iter().enumerate() {
        if let Some(label) = label {
            members[*label as usize].push(case);
        }
    }
    let largest = members.iter().map(Vec::len).max().unwrap_or(0);
    if all.len() >= LEAST_TO_JUDGE && largest as f64 > TOO_LARGE * all.len() as f64 {
        told.note(format!(
            "the largest cluster holds {:.0} % of the cases and so draws nothing: ask for one category or a shorter period, \
             with a smaller eps_m, a larger min_points, or algorithm=st-dbscan",
            largest as f64 * 100.0 / all.len() as f64
        ));
    }
    // The largest first; equal ones by their first case in time.
    let mut order: Vec<usize> = (0..found.count).collect();
    order.sort_by_key(|cluster| std::cmp::Reverse(members[*cluster].len()));
    for (number, cluster) in order.into_iter().enumerate() {
        let own = &members[cluster];
        let mut times: Vec<jiff::Timestamp> = own.iter().map(|case| all[*case].at).collect();
        times.sort_unstable();
        let mut gaps: Vec<f64> =
            times.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64() / SECONDS_A_DAY).collect();
        let gap = median(&mut gaps);
        let core = own.iter().filter(|case| found.core[**case]).count();
        let cells = vec![
            (number + 1).into(),
            own.len().into(),
            core.into(),
            times.first().map(|at| write_instant(*at)).into(),
            times.last().map(|at| write_instant(*at)).into(),
            gap.map(|gap| significant(gap, 6)).into(),
            Cell::Null,
            Cell::Null,
            "cluster".into(),
        ];
        told.plain_row(None, hull(own.iter().map(|case| all[*case].place)), cells);
    }
    Ok(())
}

/// The lower middle value.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// The convex hull; a line or a point where it has no area.
pub(crate) fn hull(places: impl Iterator<Item = Coord>) -> Option<Shape> {
    let mut distinct: Vec<Coord> = places.collect();
    distinct.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    distinct.dedup();
    match distinct.as_slice() {
        [] => None,
        [one] => Some(Shape::Point(Point(*one))),
        [one, other] => Some(Shape::LineString(LineString(vec![*one, *other]))),
        _ => {
            let points = MultiPoint(distinct.iter().map(|at| Point(*at)).collect());
            let hull: Polygon = points.convex_hull();
            let (first, last) = (distinct[0], distinct[distinct.len() - 1]);
            // All on one line: a ring there and back is no polygon.
            let flat = hull.exterior().0.len() < 4;
            Some(if flat { Shape::LineString(LineString(vec![first, last])) } else { Shape::Polygon(hull) })
        }
    }
}

pub(super) fn by_near_repeat(cases: &Cases, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.sheet_columns(&NEAR_REPEAT);
    let usual = if cases.all.len() <= MANY { 999 } else { 199 };
    let permutations = Permutations { draws: asked.draws(usual), seed: asked.seed };
    told.parameter("permutations", permutations.draws);
    told.parameter("seed", permutations.seed);
    told.parameter("distances", json!(asked.distances));
    told.parameter("days", json!(asked.days));
    let (positions, times) = (in_plane(&cases.all), days_of(&cases.all));
    let found = near_repeat(&positions, &times, &asked.distances, &asked.days, permutations, THREADS)?;
    let p: Vec<f64> = found.cells.iter().map(|cell| cell.p).collect();
    let q = crate::analysis::hotspots::fdr::q_values(&p)?;
    for (cell, q) in found.cells.iter().zip(q) {
        let more = cell.ratio.is_some_and(|ratio| ratio > 1.0);
        let class = match q {
            q if q <= 0.01 && more => 3_i64,
            q if q <= 0.05 && more => 2,
            q if q <= 0.10 && more => 1,
            _ => 0,
        };
        let cells = vec![
            cell.distance.into(),
            cell.time.into(),
            (cell.observed as i64).into(),
            significant(cell.expected, DIGITS).into(),
            cell.ratio.map(|ratio| significant(ratio, DIGITS)).into(),
            cell.p.into(),
            significant(q, DIGITS).into(),
            class.into(),
        ];
        told.plain_row(None, None, cells);
    }
    Ok(())
}
