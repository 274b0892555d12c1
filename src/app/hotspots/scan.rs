//! Clusters that a scan finds, with one p-value each: what has flared up in the last weeks, or where there are too many
//! cases for the length or effort.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::permutation::Permutations;
use crate::analysis::hotspots::scan::{Balls, Extent, Model, Observed, ScanCluster, Zones, scan};
use crate::app::hotspots::question::{HotspotsQuestion, ScanModel, Step};
use crate::app::hotspots::steps::Calendar;
use crate::app::hotspots::units::{Ground, Units};
use crate::app::hotspots::{Failed, NOT_OBSERVED, THREADS, Told};
use crate::formats::sheet::{Cell, significant};

/// Scanned zones reach this far unless bandwidth_m says otherwise, metres.
const SCAN_M: f64 = 500.0;
/// Windows are the last steps, at most so many, out of so many in all.
const LONGEST_WINDOW: usize = 13;
const BASELINE_STEPS: usize = 104;
/// Clusters that are told.
const MOST_CLUSTERS: usize = 20;
const DIGITS: i32 = 10;

/// What is scanned: sections, or cells with cases (empty cells would only add circles without cases).
struct Locations {
    units: Vec<u32>,
    /// By unit; the largest number where the unit is no location.
    of_unit: Vec<u32>,
}

impl Locations {
    fn new(units: &Units) -> Self {
        let all = 0..units.len() as u32;
        let wanted: Vec<u32> = match &units.ground {
            Ground::Sections(_) => all.collect(),
            Ground::Grid(_) => all.filter(|unit| units.counts[*unit as usize] > 0).collect(),
        };
        let mut of_unit = vec![u32::MAX; units.len()];
        for (location, unit) in wanted.iter().enumerate() {
            of_unit[*unit as usize] = location as u32;
        }
        Self { units: wanted, of_unit }
    }

    fn values(&self, of_units: &[f64]) -> Vec<f64> {
        self.units.iter().map(|unit| of_units[*unit as usize]).collect()
    }
}

/// Steps that are looked at: the last ones of the calendar, or the period as one.
struct Baseline {
    calendar: Calendar,
    steps: usize,
    days: (Date, Date),
}

impl Baseline {
    fn new(asked: &HotspotsQuestion, told: &mut Told) -> Result<Self, Failed> {
        let days = told.days();
        let calendar = Calendar::new(asked.period.unwrap_or(Step::Week), days.0, days.1);
        if asked.model == ScanModel::Poisson {
            told.parameter("model", "poisson");
            return Ok(Self { calendar, steps: 1, days });
        }
        told.parameter("model", "space-time permutation");
        told.parameter("period", calendar.step.name());
        let steps = calendar.whole.min(BASELINE_STEPS);
        if steps < 2 {
            let detail = "there are fewer than 2 whole steps to compare: take a longer period";
            return Err(Failed::Note(detail.to_owned()));
        }
        Ok(Self { calendar, steps, days })
    }

    fn step(&self, date: Date) -> Option<usize> {
        if self.steps == 1 {
            return Some(0);
        }
        self.calendar.place(date)?.checked_sub(self.calendar.whole - self.steps)
    }

    /// First and last day of a cluster's window.
    fn window(&self, cluster: &ScanCluster) -> (Date, Date) {
        if self.steps == 1 {
            return self.days;
        }
        let last = self.calendar.whole - 1;
        (self.calendar.first_day(last + 1 - cluster.steps), self.calendar.last_day(last))
    }
}

pub(super) const SCAN: [&str; 10] =
    ["cluster", "observed", "expected", "llr", "relative_risk", "window_from", "window_to", "p", "p_adjusted", "class"];

pub(super) fn by_scan(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.columns(units, &SCAN);
    let permutations = Permutations { draws: asked.draws(999), seed: asked.seed };
    let radius = asked.bandwidth_m.unwrap_or(SCAN_M);
    told.parameter("permutations", permutations.draws);
    told.parameter("seed", permutations.seed);
    told.parameter("bandwidth_m", radius);
    let baseline = Baseline::new(asked, told)?;
    let locations = Locations::new(units);
    let mut cases = vec![0_u32; locations.units.len() * baseline.steps];
    let (mut outside, mut unweighed) = (0, 0);
    for (number, (case, unit)) in units.cases.iter().zip(&units.unit_of).enumerate() {
        // Against effort, what happened where none is on record cannot be weighed.
        if asked.model == ScanModel::Poisson && !units.is_weighed(number) {
            unweighed += 1;
            continue;
        }
        let location = locations.of_unit[*unit as usize] as usize;
        match baseline.step(case.date) {
            Some(step) => cases[location * baseline.steps + step] += 1,
            None => outside += 1,
        }
    }
    if outside > 0 {
        told.drop("outside-baseline", outside);
    }
    if unweighed > 0 {
        told.drop("without-effort", unweighed);
    }
    if unweighed + outside == units.cases.len() {
        return Err(Failed::Note(
            "no case is left to scan: take a longer period, or ask with exposure=length".to_owned(),
        ));
    }
    let exposures = locations.values(units.exposures());
    let counts: Vec<f64> = units.counts.iter().map(|count| f64::from(*count)).collect();
    let (model, population) = match asked.model {
        ScanModel::Permutation => (Model::Permutation, locations.values(&counts)),
        ScanModel::Poisson => (Model::Poisson { population: &exposures }, exposures.clone()),
    };
    let extent = Extent { population_share: 0.5, radius: Some(radius) };
    let zones = match &units.ground {
        Ground::Sections(town) => Zones::along_streets(&town.streets, Balls::Sections, &population, extent)?,
        Ground::Grid(_) => {
            let middles: Vec<Position> = locations.units.iter().map(|unit| units.middles[*unit as usize]).collect();
            Zones::circles(&middles, &population, extent)?
        }
    };
    let longest_window = LONGEST_WINDOW.min(baseline.steps / 2).max(1);
    let observed = Observed { cases: &cases, steps: baseline.steps, longest_window };
    let found = scan(&zones, observed, model, MOST_CLUSTERS, permutations, THREADS)?;
    tell(units, &locations, &baseline, &found.clusters, asked.alpha, told);
    Ok(())
}

/// A row for each member of each cluster, and the clusters themselves as a member of the answer.
fn tell(
    units: &Units,
    locations: &Locations,
    baseline: &Baseline,
    clusters: &[ScanCluster],
    alpha: f64,
    told: &mut Told,
) {
    let mut all: Vec<Json> = Vec::new();
    for (number, cluster) in clusters.iter().enumerate() {
        let (from, to) = baseline.window(cluster);
        let risk = cluster.relative_risk.map(|risk| significant(risk, DIGITS));
        let (expected, llr) = (significant(cluster.expected, DIGITS), significant(cluster.llr, DIGITS));
        all.push(json!({
            "cluster": number + 1, "members": cluster.members.len(), "radius_m": significant(cluster.radius, 6),
            "observed": cluster.observed, "expected": expected, "relative_risk": risk, "llr": llr, "p": cluster.p,
            "window": [from.to_string(), to.to_string()],
        }));
        for member in &cluster.members {
            let unit = locations.units[*member as usize] as usize;
            let class = match () {
                () if !units.observed(unit) => NOT_OBSERVED,
                () if cluster.p <= alpha => "hot",
                () => "not-significant",
            };
            let cells = vec![
                (number + 1).into(),
                (cluster.observed as i64).into(),
                expected.into(),
                llr.into(),
                risk.into(),
                from.to_string().into(),
                to.to_string().into(),
                cluster.p.into(),
                Cell::Null,
                class.into(),
            ];
            told.row(units, unit, cells);
        }
    }
    told.member("clusters", all.into());
}
