//! Maps of confidence: Gi*, local Moran, excess over the neighbourhood, emerging hotspots.
//!
//! None of them ranks, and none of them says that a place is safe: few cases make no cold spot.

use serde_json::json;

use crate::analysis::hotspots::cube::{Cube, LatticeCube};
use crate::analysis::hotspots::emerging::{Category, emerging};
use crate::analysis::hotspots::excess::{Excess, excess};
use crate::analysis::hotspots::fdr::{confidence_classes, q_values};
use crate::analysis::hotspots::gi_star::gi_star;
use crate::analysis::hotspots::lattice::Shape as CellShape;
use crate::analysis::hotspots::moran::{Quadrant, local_moran};
use crate::analysis::hotspots::permutation::{Permutations, permuted};
use crate::analysis::hotspots::weights::Weights;
use crate::app::hotspots::grid::on_cells;
use crate::app::hotspots::question::{Figure, HotspotsQuestion, Step};
use crate::app::hotspots::steps::Calendar;
use crate::app::hotspots::units::{Ground, Units};
use crate::app::hotspots::{Failed, NOT_OBSERVED, THREADS, Told};
use crate::app::texts::question;
use crate::formats::sheet::{Cell, significant};

/// Fewer cases than this on a unit and its neighbours on average, and a low sum proves nothing.
const LEAST_FOR_COLD: f64 = 5.0;
/// How far a neighbourhood reaches, metres along the streets or between middles of cells.
pub(super) const AROUND_M: f64 = 600.0;
/// Digits of statistics; p-values beyond have no meaning.
const DIGITS: i32 = 10;

/// Units times steps, at most.
const MOST_BINS: usize = 10_000_000;
/// The class of a section with cases and without effort to weigh them against.
const NO_EFFORT: &str = "no-effort";

pub(super) const GI_STAR: [&str; 5] = ["z", "p", "p_adjusted", "significant", "class"];
pub(super) const MORAN: [&str; 7] = ["moran", "z", "quadrant", "p", "p_adjusted", "significant", "class"];
pub(super) const EXCESS: [&str; 6] = ["expected", "excess", "p", "p_adjusted", "significant", "class"];
pub(super) const EMERGING: [&str; 9] =
    ["z", "p", "p_adjusted", "hot_steps", "cold_steps", "steps", "trend_z", "trend_p", "class"];

/// What Gi* and Moran's I look at.
fn values(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<Vec<f64>, Failed> {
    let rates = asked.value == Figure::Rate;
    told.parameter("value", if rates { "rate" } else { "count" });
    if rates && (0..units.len()).filter(|unit| units.patrolled(*unit)).count() < 2 {
        let detail = "fewer than 2 sections have patrol effort in the period, so there are no rates to compare: take another \
                      period, or ask with exposure=length";
        return Err(Failed::Note(detail.to_owned()));
    }
    Ok(units.values(asked.value))
}

fn figure(number: f64) -> Cell {
    significant(number, DIGITS).into()
}

fn neighbours(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<std::sync::Arc<Weights>, Failed> {
    if let Some(distance) = asked.bandwidth_m {
        told.parameter("bandwidth_m", distance);
        return Ok(units.band(distance)?);
    }
    told.parameter("neighbours", "touching");
    Ok(units.touching()?)
}

/// Draws instead of the normal distribution, when they are asked for.
fn drawn(
    asked: &HotspotsQuestion,
    values: &[f64],
    weights: &Weights,
    told: &mut Told,
) -> Result<Option<(Vec<f64>, Vec<f64>)>, Failed> {
    let Some(draws) = asked.permutations else { return Ok(None) };
    told.parameter("permutations", draws);
    told.parameter("seed", asked.seed);
    let p = permuted(values, weights, Permutations { draws, seed: asked.seed }, THREADS)?.p;
    let q = q_values(&p)?;
    Ok(Some((p, q)))
}

/// Cold classes only where the cases of unit and neighbours could have been many.
fn without_false_cold(class: i8, unit: usize, units: &Units, weights: &Weights, mean: f64) -> i8 {
    let around = weights.row(unit).iter().filter(|(other, _)| *other != unit).count() + 1;
    if class < 0 && mean * (around as f64) < LEAST_FOR_COLD || !units.patrolled(unit) { class.max(0) } else { class }
}

pub(super) fn by_gi_star(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.columns(units, &GI_STAR);
    let weights = neighbours(units, asked, told)?;
    let values = values(units, asked, told)?;
    let found = gi_star(&values, &weights)?;
    let drawn = drawn(asked, &values, &weights, told)?;
    let (p, q) = drawn.as_ref().map_or((&found.p, &found.q), |(p, q)| (p, q));
    let classes = confidence_classes(&found.z, q)?;
    let mean = f64::from(units.counts.iter().sum::<u32>()) / units.len() as f64;
    for unit in 0..units.len() {
        let class = without_false_cold(classes[unit], unit, units, &weights, mean);
        let class = if units.observed(unit) { Cell::Integer(i64::from(class)) } else { NOT_OBSERVED.into() };
        let significant = Cell::Truth(q[unit] <= asked.alpha);
        told.row(units, unit, vec![figure(found.z[unit]), figure(p[unit]), figure(q[unit]), significant, class]);
    }
    Ok(())
}

pub(super) fn by_moran(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.columns(units, &MORAN);
    let weights = neighbours(units, asked, told)?.row_standardised();
    let values = values(units, asked, told)?;
    let found = local_moran(&values, &weights)?;
    let drawn = drawn(asked, &values, &weights, told)?;
    let (p, q) = drawn.as_ref().map_or((&found.p, &found.q), |(p, q)| (p, q));
    for unit in 0..units.len() {
        let quadrant = match found.quadrant[unit] {
            Quadrant::HighHigh => "high-high",
            Quadrant::LowHigh => "low-high",
            Quadrant::LowLow => "low-low",
            Quadrant::HighLow => "high-low",
        };
        let class = match () {
            () if !units.observed(unit) => NOT_OBSERVED,
            // Low among low is where few cases are everywhere: nothing that stands out, and not to be drawn as safe.
            () if q[unit] > asked.alpha || found.quadrant[unit] == Quadrant::LowLow => "not-significant",
            () => quadrant,
        };
        let cells = vec![
            figure(found.index[unit]),
            figure(found.z[unit]),
            quadrant.into(),
            figure(p[unit]),
            figure(q[unit]),
            Cell::Truth(q[unit] <= asked.alpha),
            class.into(),
        ];
        told.row(units, unit, cells);
    }
    Ok(())
}

pub(super) fn by_excess(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.columns(units, &EXCESS);
    let distance = asked.bandwidth_m.unwrap_or(AROUND_M);
    told.parameter("bandwidth_m", distance);
    let found = excess(units.weighed(), units.exposures(), &units.neighbourhood(distance)?, None, asked.alpha)?;
    told.member("dispersion", json!(found.dispersion.is_finite().then(|| significant(found.dispersion, DIGITS))));
    for unit in 0..units.len() {
        let cells = match found.sections[unit] {
            Excess::NotObserved => {
                let class = if units.observed(unit) { NO_EFFORT } else { NOT_OBSERVED };
                vec![Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null, class.into()]
            }
            Excess::Alone => vec![Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null, "alone".into()],
            Excess::Tested(tested) => {
                let class = match tested.q {
                    q if q <= 0.01 => 3_i64,
                    q if q <= 0.05 => 2,
                    q if q <= 0.10 => 1,
                    _ => 0,
                };
                let over = f64::from(units.weighed()[unit]) - tested.expected;
                vec![
                    figure(tested.expected),
                    figure(over),
                    figure(tested.p),
                    figure(tested.q),
                    Cell::Truth(tested.hot),
                    class.into(),
                ]
            }
        };
        told.row(units, unit, cells);
    }
    Ok(())
}

pub(super) fn by_emerging(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.columns(units, &EMERGING);
    let (first, last) = told.days();
    let calendar = Calendar::new(asked.period.unwrap_or(Step::Month), first, last);
    told.parameter("period", calendar.step.name());
    told.member(
        "steps",
        json!({ "count": calendar.whole, "first_day": calendar.first_day(0).to_string(),
            "last_day": calendar.last_day(calendar.whole.max(1) - 1).to_string() }),
    );
    if calendar.whole < 2 {
        return Err(Failed::Note(format!(
            "there are {} whole steps, and at least 2 are needed: take a longer period",
            calendar.whole
        )));
    }
    if units.len() * calendar.whole > MOST_BINS {
        let detail = format!(
            "{} units in {} steps are more than {MOST_BINS} bins: take longer steps or larger cells",
            units.len(),
            calendar.whole
        );
        return Err(Failed::Asked(question("period", detail)));
    }
    let times: Vec<f64> =
        units.cases.iter().map(|case| f64::from(calendar.step.number(case.date) - calendar.first) + 0.5).collect();
    let edges: Vec<f64> = (0..=calendar.whole).map(|edge| edge as f64).collect();
    let (cube, numbers, weights) = match &units.ground {
        Ground::Sections(town) => {
            let cube = Cube::of_places(units.len(), &units.unit_of, &times, &edges)?;
            (cube, (0..units.len()).collect::<Vec<_>>(), town.touching())
        }
        Ground::Grid(grid) => {
            let made = LatticeCube::new(&grid.lattice, &on_cells(&units.positions), &times, &edges)?;
            let first = grid.block.first;
            let number = |row: i64, column: i64| {
                ((row - first.row) as usize) * grid.block.columns + (column - first.column) as usize
            };
            let numbers = made.cells.iter().map(|cell| number(cell.row, cell.column)).collect();
            let weights = made.neighbours(CellShape::Square)?;
            (made.cube, numbers, std::sync::Arc::new(weights))
        }
    };
    if cube.outside > 0 {
        told.drop("unfinished-step", cube.outside);
    }
    let found = emerging(&cube, &weights, asked.alpha, asked.alpha)?;
    for (place, unit) in numbers.into_iter().enumerate() {
        let about = &found.places[place];
        let last = place * cube.steps + cube.steps - 1;
        let class = match about.category {
            _ if !units.observed(unit) => NOT_OBSERVED,
            // Sparse counts make no cold spots; the library says so itself, and it stays so when they do.
            Category::Cold(_) | Category::None => "none",
            hot @ Category::Hot(_) => hot.name(),
        };
        let cells = vec![
            figure(found.bins.z[last]),
            figure(found.bins.p[last]),
            figure(found.bins.q[last]),
            about.hot_steps.into(),
            about.cold_steps.into(),
            cube.steps.into(),
            figure(about.trend.z),
            figure(about.trend.p),
            class.into(),
        ];
        told.row(units, unit, cells);
    }
    Ok(())
}
