//! What is asked about hotspots, read out of what was written.

use std::sync::Arc;

use crate::app::answers::{Form, Question};
use crate::app::hotspots::units::{ON_CELLS, ON_SECTIONS};
use crate::app::hotspots::{density, events, rank, scan, significance};
use crate::app::patterns::read_selection;
use crate::app::selection::Selection;
use crate::app::texts::{Texts, question};
use crate::app::{App, AppError};
use crate::domain::layer::Layer;
use crate::spatial::crs::Crs;
use crate::world::{Condition, Snapshot};

/// What `hotspots` takes.
pub const PARAMETERS: [&str; 26] = [
    "category",
    "from",
    "to",
    "hours",
    "weekdays",
    "method",
    "unit",
    "cell_m",
    "grid_crs",
    "bandwidth_m",
    "alpha",
    "seed",
    "permutations",
    "value",
    "exposure",
    "period",
    "split",
    "algorithm",
    "eps_m",
    "min_points",
    "eps_days",
    "model",
    "distances",
    "days",
    "empty",
    "limit",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Ranking,
    GiStar,
    Excess,
    Moran,
    Density,
    NetworkDensity,
    Clusters,
    Emerging,
    Scan,
    NearRepeat,
}

pub const METHODS: [(&str, Method); 10] = [
    ("ranking", Method::Ranking),
    ("gi-star", Method::GiStar),
    ("excess", Method::Excess),
    ("moran", Method::Moran),
    ("density", Method::Density),
    ("network-density", Method::NetworkDensity),
    ("clusters", Method::Clusters),
    ("emerging", Method::Emerging),
    ("scan", Method::Scan),
    ("near-repeat", Method::NearRepeat),
];

impl Method {
    pub fn name(self) -> &'static str {
        METHODS.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

impl Method {
    /// Whether a parameter changes anything in its answers.
    fn uses(self, parameter: &str, unit: Unit) -> bool {
        let of_units = !matches!(self, Self::Clusters | Self::NearRepeat);
        match parameter {
            "unit" | "exposure" | "empty" => of_units,
            "cell_m" | "grid_crs" => of_units && unit == Unit::Grid,
            "bandwidth_m" => of_units && !matches!(self, Self::Ranking | Self::Emerging),
            "alpha" => matches!(self, Self::GiStar | Self::Moran | Self::Excess | Self::Emerging | Self::Scan),
            "seed" | "permutations" => matches!(self, Self::GiStar | Self::Moran | Self::Scan | Self::NearRepeat),
            "value" => matches!(self, Self::GiStar | Self::Moran),
            "period" => matches!(self, Self::Ranking | Self::Emerging | Self::Scan),
            "split" => self == Self::NetworkDensity,
            "algorithm" | "eps_m" | "eps_days" | "min_points" => self == Self::Clusters,
            "model" => self == Self::Scan,
            "distances" | "days" => self == Self::NearRepeat,
            _ => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Sections,
    Grid,
}

/// What Gi* and Moran's I look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Count,
    Rate,
}

/// What cases are weighed against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    Length,
    Effort,
}

/// Steps of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Week,
    Month,
    Quarter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitName {
    Simple,
    Discontinuous,
    Continuous,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Dbscan,
    StDbscan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanModel {
    /// Space-time permutation, windows that end now.
    Permutation,
    /// All of the period against length or effort.
    Poisson,
}

#[derive(Debug, Clone)]
pub struct HotspotsQuestion {
    pub selection: Selection,
    pub method: Method,
    pub unit: Unit,
    pub cell_m: f64,
    /// Name of the lattice's system; the UTM zone of the jurisdiction when none.
    pub grid_crs: Option<String>,
    pub bandwidth_m: Option<f64>,
    pub alpha: f64,
    pub seed: u64,
    /// Draws; each method has its own default.
    pub permutations: Option<u32>,
    pub value: Figure,
    /// Effort where there is some in the period, else length, when none.
    pub exposure: Option<Against>,
    pub period: Option<Step>,
    pub split: SplitName,
    pub algorithm: Algorithm,
    pub eps_m: f64,
    pub eps_days: f64,
    pub min_points: usize,
    pub model: ScanModel,
    /// Edges of the bands of the near-repeat table, metres and days.
    pub distances: Vec<f64>,
    pub days: Vec<f64>,
    /// Cells without cases stand in the answer, too.
    pub empty: bool,
    pub limit: Option<usize>,
    /// What was written and has no meaning for the method; the answer says so.
    pub ignored: Vec<&'static str>,
    /// Name of the system of the answer.
    pub crs: String,
    pub form: Form,
}

/// A lattice cell is so wide unless it is said otherwise, metres.
const CELL_M: f64 = 250.0;
const DISTANCES: [f64; 4] = [50.0, 100.0, 200.0, 400.0];
const DAYS: [f64; 4] = [7.0, 14.0, 28.0, 56.0];

impl HotspotsQuestion {
    /// Errors: [`AppError::Question`] with the parameter that is wrong.
    pub fn read(
        app: &App,
        texts: &mut Texts,
        form: Form,
        crs: &Crs,
        conditions: Vec<Condition>,
    ) -> Result<Self, AppError> {
        let written: Vec<&'static str> = PARAMETERS.into_iter().filter(|name| texts.has(name)).collect();
        let selection = read_selection(app, texts, conditions)?;
        let method = texts.choice("method", &METHODS)?.unwrap_or(Method::Ranking);
        let unit = texts.choice("unit", &[("sections", Unit::Sections), ("grid", Unit::Grid)])?;
        let grid_crs = texts.one("grid_crs")?;
        if let Some(name) = &grid_crs {
            let crs = Crs::parse(name).map_err(|error| question("grid_crs", error.to_string()))?;
            if crs.decimals() > 3 {
                let detail = "must be in metres, such as EPSG:32648 (UTM) or EPSG:4543 (CGCS2000 Gauss-Kruger)";
                return Err(question("grid_crs", detail));
            }
        }
        let cell_m = texts.number("cell_m", 10.0, 100_000.0)?.unwrap_or(CELL_M);
        let between = || question("alpha", "must be a number between 0 and 1, both excluded, such as 0.05");
        let alpha = match texts.one("alpha")? {
            None => 0.05,
            Some(text) => text.parse::<f64>().ok().filter(|alpha| *alpha > 0.0 && *alpha < 1.0).ok_or_else(between)?,
        };
        let split = [
            ("simple", SplitName::Simple),
            ("discontinuous", SplitName::Discontinuous),
            ("continuous", SplitName::Continuous),
        ];
        let unit = unit.unwrap_or(Unit::Sections);
        Ok(Self {
            selection,
            method,
            ignored: written.into_iter().filter(|name| !method.uses(name, unit)).collect(),
            unit,
            cell_m,
            grid_crs,
            bandwidth_m: texts.number("bandwidth_m", 1.0, 100_000.0)?,
            alpha,
            seed: texts.whole("seed", 0, u64::MAX)?.unwrap_or(1),
            permutations: texts.whole("permutations", 1, 99_999)?.map(|draws| draws as u32),
            value: texts.choice("value", &[("count", Figure::Count), ("rate", Figure::Rate)])?.unwrap_or(Figure::Count),
            exposure: texts.choice("exposure", &[("length", Against::Length), ("effort", Against::Effort)])?,
            period: texts
                .choice("period", &[("week", Step::Week), ("month", Step::Month), ("quarter", Step::Quarter)])?,
            split: texts.choice("split", &split)?.unwrap_or(SplitName::Continuous),
            algorithm: texts
                .choice("algorithm", &[("dbscan", Algorithm::Dbscan), ("st-dbscan", Algorithm::StDbscan)])?
                .unwrap_or(Algorithm::Dbscan),
            eps_m: texts.number("eps_m", 0.1, 10_000.0)?.unwrap_or(50.0),
            eps_days: texts.number("eps_days", 0.01, 3_650.0)?.unwrap_or(28.0),
            min_points: texts.whole("min_points", 1, 1_000_000)?.unwrap_or(10) as usize,
            model: texts
                .choice("model", &[("permutation", ScanModel::Permutation), ("poisson", ScanModel::Poisson)])?
                .unwrap_or(ScanModel::Permutation),
            distances: edges(texts, "distances", &DISTANCES, 100_000.0)?,
            days: edges(texts, "days", &DAYS, 36_500.0)?,
            empty: texts.truth("empty")?.unwrap_or(true),
            limit: texts.whole("limit", 1, 10_000_000)?.map(|limit| limit as usize),
            crs: crs.name().to_owned(),
            form,
        })
    }

    /// The cache's place for the question. `effort` is the version of the patrol effort.
    pub fn ask(&self, snapshot: Arc<Snapshot>, effort: i64) -> Question {
        let layers = [Layer::Violations, Layer::RoadSections, Layer::Jurisdictions];
        Question::new(snapshot, format!("hotspots {self:?}"), &layers, effort)
    }

    /// Columns of an answer without rows.
    pub fn columns(&self) -> Vec<&'static str> {
        let more: &[&'static str] = match self.method {
            Method::Ranking => &rank::RANKING,
            Method::GiStar => &significance::GI_STAR,
            Method::Excess => &significance::EXCESS,
            Method::Moran => &significance::MORAN,
            Method::Density => &density::DENSITY,
            Method::NetworkDensity => &density::NETWORK_DENSITY,
            Method::Emerging => &significance::EMERGING,
            Method::Scan => &scan::SCAN,
            Method::Clusters => return events::CLUSTERS.to_vec(),
            Method::NearRepeat => return events::NEAR_REPEAT.to_vec(),
        };
        let first: &[&'static str] = if self.unit == Unit::Grid { &ON_CELLS } else { &ON_SECTIONS };
        [first, more].concat()
    }

    /// Draws of a method that cannot do without.
    pub fn draws(&self, default: u32) -> u32 {
        self.permutations.unwrap_or(default)
    }
}

/// Numbers that rise, with commas between.
fn edges(texts: &mut Texts, name: &'static str, default: &[f64], most: f64) -> Result<Vec<f64>, AppError> {
    let Some(text) = texts.one(name)? else { return Ok(default.to_vec()) };
    let read: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let wrong =
        || question(name, format!("write rising numbers from 0 to {most} with commas between, such as 50,100,200"));
    let edges = read.ok_or_else(wrong)?;
    let rise = edges.windows(2).all(|pair| pair[0] < pair[1]);
    let inside = edges.iter().all(|edge| (0.0..=most).contains(edge)) && edges.last().is_some_and(|last| *last > 0.0);
    if rise && inside && edges.len() <= 30 { Ok(edges) } else { Err(wrong()) }
}
