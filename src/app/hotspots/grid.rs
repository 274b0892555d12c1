//! Whether a grid can be drawn over the cases: a system that holds the town, cells that are not too many, edges that
//! do not depend on how coordinates are stored. Counts nothing.

use geo::Coord;

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::lattice::Lattice;
use crate::app::AppError;
use crate::app::selection::Case;
use crate::app::texts::question;
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::spatial::crs::Crs;
use crate::spatial::geodesic::distance_m;
use crate::spatial::shape::Shape;
use crate::world::{Field, Snapshot};

/// Cells of an answer, at most: with more, an answer is hundreds of megabytes that nobody draws.
const MOST_CELLS: f64 = 300_000.0;
/// Metres of a grid may differ from metres on the ground by this share in the middle of the town.
const MOST_STRETCHED: f64 = 0.005;
/// Stored coordinates are rounded to about a centimetre: what lies so little below an edge lies on it.
const EDGE_M: f64 = 0.01;

/// The middle of the jurisdiction; where there is none, the middle case of all that are stored, so that neither a
/// filter nor a stray case moves the grid.
pub(super) fn middle(snapshot: &Snapshot) -> Coord {
    let jurisdictions = snapshot.layer(Layer::Jurisdictions);
    if !jurisdictions.is_empty() {
        return jurisdictions.envelope().centre();
    }
    let mut places: Vec<Coord> = Vec::new();
    snapshot.layer(Layer::Violations).for_each(&mut |row| {
        places.extend(row.with_shape(Shape::anchor).map(|point| point.0));
    });
    let mut median = |axis: fn(&Coord) -> f64| {
        let half = places.len() / 2;
        if places.is_empty() {
            0.0
        } else {
            axis(places.select_nth_unstable_by(half, |a, b| axis(a).total_cmp(&axis(b))).1)
        }
    };
    Coord { x: median(|at| at.x), y: median(|at| at.y) }
}

fn utm_code(Coord { x, y }: Coord) -> i64 {
    let zone = (((x + 180.0) / 6.0).floor() as i64).rem_euclid(60) + 1;
    if y < 0.0 { 32_700 + zone } else { 32_600 + zone }
}

/// The UTM zone of a place.
pub(super) fn utm_zone(middle: Coord) -> Result<Crs, AppError> {
    Crs::parse(&format!("EPSG:{}", utm_code(middle))).map_err(|error| question("grid_crs", error.to_string()))
}

/// A system that was asked for, when its metres are metres here.
pub(super) fn chosen(name: &str, middle: Coord) -> Result<Crs, AppError> {
    let crs = Crs::parse(name).map_err(|error| question("grid_crs", error.to_string()))?;
    let stretch = stretch(&crs, middle);
    if stretch.is_some_and(|stretch| stretch <= MOST_STRETCHED) {
        return Ok(crs);
    }
    let why = match stretch {
        Some(stretch) if stretch < 10.0 => format!("its metres are off by {:.1} % here", stretch * 100.0),
        _ => "the town does not lie in it".to_owned(),
    };
    let detail = format!("{name} cannot hold the grid: {why}; take EPSG:{}, or leave grid_crs out", utm_code(middle));
    Err(question("grid_crs", detail))
}

/// By which share lengths of the system differ from lengths on the ground, the larger of east and north.
fn stretch(crs: &Crs, middle: Coord) -> Option<f64> {
    const STEP: f64 = 0.005;
    let planar = |at: Coord| {
        let (x, y) = crs.from_wgs84(at.x, at.y).ok()?;
        // What does not come back is not in the system.
        let (lon, lat) = crs.to_wgs84(x, y).ok()?;
        let back = (lon - at.x).abs() < 1e-6 && (lat - at.y).abs() < 1e-6;
        back.then_some((x, y))
    };
    let along = |dx: f64, dy: f64| {
        let ends = [-1.0, 1.0].map(|side| Coord { x: middle.x + side * dx, y: middle.y + side * dy });
        let ((ax, ay), (bx, by)) = (planar(ends[0])?, planar(ends[1])?);
        Some(((ax - bx).hypot(ay - by) / distance_m(ends[0], ends[1]) - 1.0).abs())
    };
    Some(along(STEP, 0.0)?.max(along(0.0, STEP)?)).filter(|stretch| stretch.is_finite())
}

/// Positions as cells see them: an edge is an edge although coordinates were rounded when they were stored.
pub(super) fn on_cells(positions: &[Position]) -> Vec<Position> {
    positions.iter().map(|[x, y]| [x + EDGE_M, y + EDGE_M]).collect()
}

/// Refuses a grid of too many cells before anything is made, with cells that would do, and the case that lies far out.
pub(super) fn check_extent(
    snapshot: &Snapshot,
    lattice: &Lattice,
    positions: &[Position],
    cases: &[Case],
) -> Result<(), AppError> {
    let span = |axis: usize| {
        let of = |start: f64, pick: fn(f64, f64) -> f64| positions.iter().map(|at| at[axis]).fold(start, pick);
        (of(f64::INFINITY, f64::min) + EDGE_M, of(f64::NEG_INFINITY, f64::max) + EDGE_M)
    };
    let spans = [span(0), span(1)];
    let cells = |size: f64| -> f64 {
        spans.iter().map(|(least, most)| (most / size).floor() - (least / size).floor() + 1.0).product()
    };
    let given = cells(lattice.size_m);
    if given <= MOST_CELLS {
        return Ok(());
    }
    let mut enough = (lattice.size_m * (given / MOST_CELLS).sqrt() / 5.0).floor() * 5.0;
    while enough <= lattice.size_m || cells(enough) > MOST_CELLS {
        enough += 5.0;
    }
    let mut detail = format!(
        "{given} cells of {} m are needed to cover the cases, and at most {MOST_CELLS} can be answered: take cell_m={enough} or more",
        lattice.size_m
    );
    if let Some((case, away_m)) = stray(positions, cases) {
        let name = external_id(snapshot, case.id).map_or_else(String::new, |name| format!(" ({name})"));
        let (at, km) = (case.place, away_m / 1e3);
        let stray = format!(
            "; case {}{name} at {}, {} lies {km:.0} km from the middle of the others: if it is misplaced, mend it first",
            case.id.0, at.x, at.y
        );
        detail.push_str(&stray);
    }
    Err(question("cell_m", detail))
}

/// The case farthest out, when it lies much farther out than nearly all others.
fn stray<'a>(positions: &[Position], cases: &'a [Case]) -> Option<(&'a Case, f64)> {
    let middle = |axis: usize| {
        let mut values: Vec<f64> = positions.iter().map(|at| at[axis]).collect();
        let half = values.len() / 2;
        *values.select_nth_unstable_by(half, f64::total_cmp).1
    };
    let (x, y) = (middle(0), middle(1));
    let away: Vec<f64> = positions.iter().map(|at| (at[0] - x).hypot(at[1] - y)).collect();
    let farthest = (0..away.len()).max_by(|a, b| away[*a].total_cmp(&away[*b]))?;
    let mut sorted = away.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let usual = sorted[(sorted.len() - 1) * 99 / 100];
    (away[farthest] > 2.0 * usual).then(|| (&cases[farthest], away[farthest]))
}

fn external_id(snapshot: &Snapshot, id: FeatureId) -> Option<String> {
    snapshot.layer(Layer::Violations).with_row(id, |row| row.value(&Field::ExternalId).text().map(str::to_owned))?
}
