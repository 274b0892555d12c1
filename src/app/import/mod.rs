//! Files into a layer: read, gated, derived and staged in batches, then published in one transaction.
//!
//! Repeatable: a feature whose external id is stored already is merged into the stored one, and one that says nothing
//! new is left alone. All or nothing, unless wrong features are to be skipped.

mod attempt;
pub mod effort;
mod given_back;
mod moved;
pub mod osm;
mod reader;
mod resected;

use std::collections::BTreeMap;
use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::app::facts::{causes, dependents};
use crate::app::{App, AppError};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::layer::Layer;
use crate::domain::plan::PlanId;
use crate::formats::Written;
use crate::formats::open::OpenOptions;
use crate::formats::text::Found;
use crate::spatial::crs::Crs;

use attempt::Attempt;
use reader::Reader;

const BATCH: usize = 1_000;
/// Refusals that are told one by one; more are only counted.
const TOLD: usize = 20;
/// How often an import starts again because others changed the same features meanwhile.
const ATTEMPTS: usize = 3;

#[derive(Debug, Clone)]
pub struct ImportRequest {
    pub layer: Layer,
    pub files: Vec<PathBuf>,
    pub open: OpenOptions,
    /// Name of the coordinate system; what the file says, else WGS 84, when none.
    pub crs: Option<String>,
    pub map: Vec<String>,
    pub set: Vec<String>,
    /// For local times; the configured zone when none.
    pub timezone: Option<String>,
    /// Leave wrong features out instead of stopping at the first.
    pub skip_errors: bool,
    pub dry_run: bool,
    /// Take features that look misplaced.
    pub force: bool,
}

/// A feature that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub file: PathBuf,
    /// `feature 7` or `line 12`.
    pub place: String,
    pub reason: String,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// The first refusals.
    pub refusals: Vec<Refusal>,
    /// The refusal at which it stopped, with nothing stored.
    pub stopped: bool,
    /// Files in which all refused features stand with their reasons, and files that could not be written.
    pub given_back: Vec<PathBuf>,
    pub not_given_back: Vec<String>,
    pub heights_dropped: u64,
    pub times_twice: u64,
    pub times_skipped: u64,
    pub serial_dates: u64,
    pub outside_jurisdiction: u64,
    pub without_section: u64,
    /// Undeclared properties that were kept, and how many features had them.
    pub undeclared: BTreeMap<String, u64>,
    /// Sources of `--map` that no feature had.
    pub never_met: Vec<String>,
    /// Files in another encoding than UTF-8, and its name.
    pub encodings: Vec<(PathBuf, &'static str)>,
    /// Columns that were taken for a property by its title, and the property.
    pub titled: BTreeMap<String, String>,
    /// Features of the same source that are stored and not in the input: the first external ids and the count.
    pub vanished: Vanished,
    /// Sections that were split or merged here since: left as they are.
    pub superseded: u64,
    /// Zones of the plan in force that the input would change: they became a draft.
    pub redrawn: Option<RedrawnZones>,
}

/// What became of zones that the plan in force draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedrawnZones {
    pub zones: usize,
    /// Sections that change hands in the draft.
    pub moved: usize,
    /// Sections that zones have left and nobody else has: they stay.
    pub left: usize,
    /// None in a dry run, and where no section changes hands.
    pub plan: Option<PlanId>,
    /// All that as a sentence.
    pub detail: String,
    /// What is to be known of the draft.
    pub notes: Vec<String>,
}

/// Features that a newer extract does not have any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vanished {
    pub count: u64,
    pub first: Vec<String>,
    /// They are taken away.
    pub removed: bool,
}

/// Layers that have to be in memory to import into one.
pub fn layers_needed(layer: Layer) -> Vec<Layer> {
    let mut needed = causes(layer);
    // Whether a file is misplaced is seen by the roads.
    needed.push(Layer::RoadSections);
    if layer == Layer::SquadZones {
        // While a plan is in force a draft is made of them.
        needed.extend([Layer::Squads, Layer::Shops]);
    }
    if !dependents(layer).is_empty() {
        needed.push(layer);
        // What depends on the layer is derived again, which asks for all that it depends on.
        for dependent in dependents(layer) {
            needed.push(*dependent);
            needed.extend(causes(*dependent));
        }
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// Imports files. `progress` is told how many features have been read.
///
/// Memory stays bounded by the batches, whatever the size of the files, apart from the set of external ids.
pub async fn import(app: &App, request: &ImportRequest, progress: &(dyn Fn(u64) + Sync)) -> Result<Summary, AppError> {
    let terms = Terms {
        layer: request.layer,
        files: request.files.clone(),
        skip_errors: request.skip_errors,
        dry_run: request.dry_run,
        force: request.force,
        osm: None,
    };
    attempts(app, &terms, progress, || {
        let reader = Reader::new(app, request)?;
        Ok(Box::new(move |parcels: &mpsc::Sender<Parcel>| reader.run(parcels)))
    })
    .await
}

/// What hands over parcels, on a thread of its own.
type Feed = Box<dyn FnOnce(&mpsc::Sender<Parcel>) + Send>;

/// Tries until nobody else changes the same features meanwhile.
async fn attempts(
    app: &App,
    terms: &Terms,
    progress: &(dyn Fn(u64) + Sync),
    feed: impl Fn() -> Result<Feed, AppError>,
) -> Result<Summary, AppError> {
    for _ in 0..ATTEMPTS {
        let attempt = Attempt::new(app, terms).await?.prepare(feed()?, progress).await?;
        if attempt.summary().stopped {
            return Ok(attempt.summary().clone());
        }
        if let Some(summary) = attempt.publish().await? {
            return Ok(summary);
        }
    }
    Err(AppError::Conflict {
        detail: "others keep changing the same features: nothing was stored, run the import again".to_owned(),
        pointer: None,
    })
}

/// What is to be done with the features, wherever they come from.
struct Terms {
    layer: Layer,
    /// Names of the inputs, for refusals.
    files: Vec<PathBuf>,
    skip_errors: bool,
    dry_run: bool,
    force: bool,
    osm: Option<osm::Terms>,
}

/// One feature on its way: read well, or refused.
struct Item {
    file: usize,
    place: String,
    read: Result<Draft, Vec<FieldError>>,
    is_row: bool,
    written: Option<Box<Written>>,
}

/// What is known of a file when it is opened.
struct Opened {
    file: usize,
    crs: Crs,
    columns: Option<Vec<String>>,
    declared_crs: Option<String>,
    encoding: Found,
    encoding_is_named: bool,
    titled: BTreeMap<String, String>,
}

enum Parcel {
    Opened(Opened),
    Items(Vec<Item>),
    Failed(AppError),
    End { never_met: Vec<String> },
}
