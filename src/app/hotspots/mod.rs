//! Where the hotspots are: cases out of a snapshot, counted on sections or cells, and one of ten methods.
//!
//! Every answer says its method and parameters, how many cases were used and dropped and why, and a digest. What cannot
//! be said (no cases, one case, no variation) is said as a note, never as an empty map.

mod density;
mod events;
mod grid;
mod question;
mod rank;
mod scan;
mod significance;
mod steps;
mod town;
mod units;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use crate::analysis::hotspots::HotspotError;
use crate::analysis::parallel::{Watch, watched};
use crate::app::answers::encode_sheet;
use crate::app::effort::{Efforts, Exposure};
use crate::app::jobs::{Done, Monitor};
use crate::app::selection::Cases;
use crate::app::texts;
use crate::app::{App, AppError};
use crate::formats::sheet::{Cell, Sheet};
use crate::spatial::crs::Crs;
use crate::spatial::shape::Shape;
use crate::world::Snapshot;

pub(crate) use events::median;
pub(crate) use question::{Against, Step};
pub use question::{HotspotsQuestion, METHODS, Method, PARAMETERS, Unit};
pub(crate) use town::{Town, TownCache};
pub(crate) use units::{Frame, envelope_of};

use units::Units;

/// The class of a unit where nobody looked.
pub(crate) const NOT_OBSERVED: &str = "not-observed";
/// Effort has to cover this share of the period and of the cases to be used without being asked for.
const MOSTLY: f64 = 0.8;
/// Threads of one answer: several are worked on at a time.
pub(crate) const THREADS: usize = 2;

/// Why a method gives no rows.
pub(crate) enum Failed {
    /// The question has to be put otherwise.
    Asked(AppError),
    /// The data do not say anything; the sentence stands in the answer.
    Note(String),
}

impl From<HotspotError> for Failed {
    fn from(error: HotspotError) -> Self {
        match error {
            HotspotError::NoCases
            | HotspotError::OneCase
            | HotspotError::OnePlace
            | HotspotError::NoVariation
            | HotspotError::TooFew { .. } => Self::Note(error.to_string()),
            other => Self::Asked(units::refused(&other)),
        }
    }
}

/// An answer that grows.
pub(crate) struct Told {
    sheet: Sheet,
    parameters: Map<String, Json>,
    members: Map<String, Json>,
    dropped: Vec<(&'static str, usize)>,
    days: (Date, Date),
    empty: bool,
    zone: TimeZone,
    /// Sentences that stand in the answer.
    notes: Vec<String>,
}

impl Told {
    /// First and last day that the question is about.
    pub fn days(&self) -> (Date, Date) {
        self.days
    }

    fn day(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    pub fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    pub fn parameter(&mut self, name: &str, value: impl Into<Json>) {
        self.parameters.insert(name.to_owned(), value.into());
    }

    pub fn member(&mut self, name: &str, value: Json) {
        self.members.insert(name.to_owned(), value);
    }

    /// Cases that a method leaves out.
    pub fn drop(&mut self, reason: &'static str, count: usize) {
        self.dropped.push((reason, count));
    }

    /// Columns of a method that tells units.
    pub fn columns(&mut self, units: &Units, more: &[&'static str]) {
        self.sheet.columns = units.columns();
        self.sheet.columns.extend(more);
    }

    pub fn sheet_columns(&mut self, columns: &[&'static str]) {
        self.sheet.columns = columns.to_vec();
    }

    pub fn row(&mut self, units: &Units, unit: usize, cells: Vec<Cell>) {
        if self.empty || units.counts[unit] > 0 || units.town().is_some() {
            let mut all = units.cells(unit);
            all.extend(cells);
            self.sheet.push(units.id(unit), units.shape(unit), all);
        }
    }

    pub fn plain_row(&mut self, id: Option<i64>, shape: Option<Shape>, cells: Vec<Cell>) {
        self.sheet.push(id, shape, cells);
    }
}

/// The answer to a question about hotspots.
///
/// Cost: a look at each violation, then what the method costs; no method without permutations takes more than 300 ms
/// for 33,014 cases.
pub fn hotspots(
    app: &App,
    snapshot: &Arc<Snapshot>,
    efforts: &Efforts,
    asked: &HotspotsQuestion,
    monitor: &Monitor,
) -> Result<Done, AppError> {
    let crs = Crs::parse(&asked.crs).map_err(|error| texts::question("crs", error.to_string()))?;
    monitor.stage("cases");
    let mut cases = asked.selection.cases(snapshot, app.zone());
    monitor.tell(0.1);
    let mut told = Told {
        sheet: Sheet::default(),
        parameters: asked.selection.told(),
        members: Map::new(),
        dropped: Vec::new(),
        days: asked.selection.days(app.zone(), &cases).unwrap_or_default(),
        empty: asked.empty,
        zone: app.zone().clone(),
        notes: Vec::new(),
    };
    told.parameter("limit", asked.limit);
    let mut used = cases.all.len();
    if cases.all.is_empty() {
        told.note(asked.selection.without_cases(snapshot, app.zone()));
    } else {
        let looking = monitor.clone();
        let watch: Watch = Arc::new(move |share| looking.tell(0.2 + 0.75 * share));
        let work = || answer(app, snapshot, efforts, asked, &mut cases, &mut told, &mut used, monitor);
        match watched(watch, work) {
            Some(Ok(())) => {}
            Some(Err(Failed::Asked(error))) => return Err(error),
            Some(Err(Failed::Note(sentence))) => told.note(sentence),
            None => return Err(monitor.reason()),
        }
    }
    monitor.checked()?;
    for (reason, count) in &told.dropped {
        cases.dropped.insert(reason, *count);
        used -= count;
    }
    let Told { mut sheet, parameters, members, notes, .. } = told;
    if sheet.columns.is_empty() {
        sheet.columns = asked.columns();
    }
    if let Some(limit) = asked.limit {
        sheet.rows.truncate(limit);
    }
    let mut head = Map::new();
    head.insert("method".to_owned(), asked.method.name().into());
    head.insert("parameters".to_owned(), Json::Object(parameters));
    head.insert("cases".to_owned(), cases.told(used));
    if !asked.ignored.is_empty() {
        head.insert("ignored".to_owned(), json!(asked.ignored));
    }
    head.extend(members);
    if !notes.is_empty() {
        head.insert("note".to_owned(), notes.join("; ").into());
    }
    sheet.members = head;
    monitor.stage("writing");
    let done = encode_sheet(&sheet, asked.form, &crs)?;
    monitor.tell(1.0);
    Ok(done)
}

#[expect(clippy::too_many_arguments, reason = "one call, which splits the answer from its frame")]
fn answer(
    app: &App,
    snapshot: &Arc<Snapshot>,
    efforts: &Efforts,
    asked: &HotspotsQuestion,
    cases: &mut Cases,
    told: &mut Told,
    used: &mut usize,
    monitor: &Monitor,
) -> Result<(), Failed> {
    match asked.method {
        Method::Clusters => return events::by_clusters(cases, asked, told),
        Method::NearRepeat => return events::by_near_repeat(cases, asked, told),
        _ => {}
    }
    let exposure = exposure(snapshot, efforts, asked, cases, told)?;
    let units = Units::new(app, snapshot, asked, cases, exposure).map_err(Failed::Asked)?;
    *used = units.cases.len();
    match &units.ground {
        units::Ground::Sections(_) => told.parameter("unit", "sections"),
        units::Ground::Grid(grid) => {
            told.parameter("unit", "grid");
            told.parameter("cell_m", grid.lattice.size_m);
            told.parameter("grid_crs", grid.crs.name());
        }
    }
    told.parameter("alpha", asked.alpha);
    told.parameter("empty", asked.empty);
    told.parameter("units", units.len());
    if units.cases.is_empty() {
        return Err(Failed::Note("no case lies on a road section: ask with unit=grid".to_owned()));
    }
    monitor.tell(0.2);
    monitor.checked().map_err(Failed::Asked)?;
    monitor.stage(asked.method.name());
    match asked.method {
        Method::Ranking => rank::by_ranking(&units, asked, told, monitor),
        Method::GiStar => significance::by_gi_star(&units, asked, told),
        Method::Moran => significance::by_moran(&units, asked, told),
        Method::Excess => significance::by_excess(&units, asked, told),
        Method::Emerging => significance::by_emerging(&units, asked, told),
        Method::Density => density::in_plane(&units, asked, told),
        Method::NetworkDensity => density::along_streets(&units, asked, told),
        Method::Scan => scan::by_scan(&units, asked, told),
        Method::Clusters | Method::NearRepeat => Ok(()),
    }
}

/// Patrol effort in the period, when it is asked for, or nothing is asked for and it covers most of the question: a
/// month's minutes say nothing of four years' cases, and a few sections' minutes nothing of the town.
fn exposure(
    snapshot: &Snapshot,
    efforts: &Efforts,
    asked: &HotspotsQuestion,
    cases: &Cases,
    told: &mut Told,
) -> Result<Option<Exposure>, Failed> {
    if asked.unit == Unit::Grid {
        if asked.exposure == Some(Against::Effort) {
            let detail = "effort is of sections: ask with unit=sections";
            return Err(Failed::Asked(texts::question("exposure", detail)));
        }
        return Ok(None);
    }
    let found = match asked.exposure {
        Some(Against::Length) => None,
        _ => efforts.exposure(snapshot, asked.selection.from, asked.selection.to),
    };
    let found = match (found, asked.exposure) {
        (Some(found), None) => covering(found, asked, cases, told),
        (found, _) => found,
    };
    if found.is_none() && asked.exposure == Some(Against::Effort) {
        let detail = "there is no patrol effort in the period: import some (patrolmap import patrol-effort), or ask with \
                      exposure=length";
        return Err(Failed::Asked(texts::question("exposure", detail)));
    }
    told.parameter("exposure", found.as_ref().map_or("length", |found| found.measure.name()));
    Ok(found)
}

/// Effort that covers most of the period and of the cases; else none, and a note with the way to use it.
fn covering(found: Exposure, asked: &HotspotsQuestion, cases: &Cases, told: &mut Told) -> Option<Exposure> {
    let (oldest, newest) = cases.stored?;
    let from = asked.selection.from.map_or(oldest, |from| from.max(oldest));
    let to = asked.selection.to.map_or(newest, |to| to.min(newest));
    let on_sections = || cases.all.iter().filter_map(|case| Some((case.section?, case.at)));
    let covered = on_sections().filter(|(section, at)| found.covers(*section, *at)).count();
    let (of_time, of_cases) = (found.share_of(from, to), covered as f64 / on_sections().count().max(1) as f64);
    if of_time >= MOSTLY && of_cases >= MOSTLY {
        return Some(found);
    }
    let (first, last) = found.whole()?;
    told.notes.push(format!(
        "cases are weighed against length: patrol effort is on record for {:.0} % of the period ({} to {}) and {:.0} % of \
         the cases; ask for that period, or with exposure=effort",
        of_time * 100.0,
        told.day(first),
        told.day(last),
        of_cases * 100.0
    ));
    None
}
