//! Files into a layer: read, gated, derived and staged in batches, then published in one transaction.
//!
//! Repeatable: a feature whose external id is stored already is merged into the stored one, and one that says nothing
//! new is left alone. All or nothing, unless wrong features are to be skipped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use crate::app::facts::{causes, dependents, derive, touched};
use crate::app::references::{Lookups, resolve};
use crate::app::settings::read_zone;
use crate::app::{App, AppError, encode, follow};
use crate::domain::draft::{self, Draft, FieldError, Given, Notes, Onto, Rules};
use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::moment::to_microseconds;
use crate::formats::csv::type_extras;
use crate::formats::mapping::Mapping;
use crate::formats::open::{OpenOptions, open};
use crate::formats::{FormatError, Source};
use crate::spatial::crs::Crs;
use crate::spatial::shape::{Envelope, Shape};
use crate::store::{Derivation, Rederive, Stage, Staged};
use crate::world::Snapshot;

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
    pub heights_dropped: u64,
    pub times_twice: u64,
    pub times_skipped: u64,
    pub outside_jurisdiction: u64,
    pub without_section: u64,
    /// Undeclared properties that were kept, and how many features had them.
    pub undeclared: BTreeMap<String, u64>,
    /// Sources of `--map` that no feature had.
    pub never_met: Vec<String>,
}

/// Layers that have to be in memory to import into one.
pub fn layers_needed(layer: Layer) -> Vec<Layer> {
    let mut needed = causes(layer);
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
    for _ in 0..ATTEMPTS {
        let attempt = Attempt::new(app, request).await?;
        if let Some(summary) = attempt.run(progress).await? {
            return Ok(summary);
        }
    }
    Err(AppError::Conflict {
        detail: "others keep changing the same features: nothing was stored, run the import again".to_owned(),
        pointer: None,
    })
}

/// One feature on its way: read well, or refused.
struct Item {
    file: usize,
    place: String,
    read: Result<Draft, Vec<FieldError>>,
    is_row: bool,
}

enum Parcel {
    Items(Vec<Item>),
    Failed(AppError),
    End { never_met: Vec<String> },
}

struct Attempt<'a> {
    app: &'a App,
    request: &'a ImportRequest,
    snapshot: std::sync::Arc<Snapshot>,
    stage: Stage,
    summary: Summary,
    seen: HashSet<String>,
    window: Envelope,
}

impl<'a> Attempt<'a> {
    async fn new(app: &'a App, request: &'a ImportRequest) -> Result<Self, AppError> {
        Ok(Self {
            app,
            request,
            snapshot: app.snapshot(),
            stage: app.0.store.stage(request.layer).await?,
            summary: Summary::default(),
            seen: HashSet::new(),
            window: Envelope::EMPTY,
        })
    }

    /// None when others were faster and it has to be done again.
    async fn run(mut self, progress: &(dyn Fn(u64) + Sync)) -> Result<Option<Summary>, AppError> {
        let (sender, mut parcels) = mpsc::channel(4);
        let reader = Reader::new(self.app, self.request)?;
        let reading = tokio::task::spawn_blocking(move || reader.run(&sender));
        let mut read = 0;
        while let Some(parcel) = parcels.recv().await {
            match parcel {
                Parcel::Items(items) => {
                    read += items.len() as u64;
                    self.take(items).await?;
                    progress(read);
                    if self.summary.stopped {
                        return Ok(Some(self.summary));
                    }
                }
                Parcel::Failed(error) => return Err(error),
                Parcel::End { never_met } => self.summary.never_met = never_met,
            }
        }
        reading.await.map_err(|_| AppError::Configuration("reading the file failed".to_owned()))?;
        self.publish().await
    }

    async fn take(&mut self, items: Vec<Item>) -> Result<(), AppError> {
        let mut places = Vec::with_capacity(items.len());
        let mut drafts = Vec::with_capacity(items.len());
        for item in items {
            match item.read {
                Ok(draft) => {
                    places.push((item.file, item.place, item.is_row));
                    drafts.push(draft);
                }
                Err(errors) => self.refuse(item.file, &item.place, &errors),
            }
        }
        let mut tx = self.app.0.store.read().await?;
        let missing = resolve(&mut drafts, &mut Lookups::Read(&mut tx)).await?;
        let keys: Vec<String> = drafts.iter().filter_map(|draft| external_id(draft).cloned()).collect();
        let known: HashMap<String, Feature> = if keys.is_empty() {
            HashMap::new()
        } else {
            let found = tx.by_external_ids(self.request.layer, &keys).await?;
            let ids: Vec<_> = found.iter().map(|(_, id)| *id).collect();
            let features = tx.features(self.request.layer, &ids).await?;
            features.into_iter().filter_map(|feature| Some((feature.external_id.clone()?, feature))).collect()
        };
        drop(tx);
        let mut staged = Vec::with_capacity(drafts.len());
        for ((draft, missing), (file, place, is_row)) in drafts.into_iter().zip(missing).zip(places) {
            if self.summary.stopped {
                return Ok(());
            }
            let notes = draft.notes;
            let settled = if missing.is_empty() { self.settle(draft, &known, is_row) } else { Err(missing) };
            match settled {
                Err(errors) => self.refuse(file, &place, &errors),
                Ok(Some(one)) => {
                    self.note(&notes, &one.feature);
                    staged.push(one);
                }
                Ok(None) => self.summary.unchanged += 1,
            }
        }
        self.stage.put(&staged).await?;
        Ok(())
    }

    /// The feature to write; none when the stored one says the same.
    fn settle(
        &mut self,
        mut draft: Draft,
        known: &HashMap<String, Feature>,
        is_row: bool,
    ) -> Result<Option<Staged>, Vec<FieldError>> {
        let layer = self.request.layer;
        let external = external_id(&draft).cloned();
        if let Some(id) = &external
            && !self.seen.insert(id.clone())
        {
            return Err(vec![FieldError::new("/properties/external_id", format!("'{id}' stands twice in the input"))]);
        }
        let base = external.as_ref().and_then(|id| known.get(id));
        let mut feature = if let Some(base) = base {
            draft.onto(layer, base, Onto::Merge)?
        } else {
            if is_row {
                // An empty cell of a table says nothing.
                draft.extras.retain(|_, value| !value.is_null());
            }
            draft.create(layer)?
        };
        let moved = base.is_none_or(|base| base.geometry != feature.geometry);
        let jurisdictions = self.app.0.jurisdictions.of(&self.snapshot);
        let standing = match jurisdictions.admit(layer, &feature, self.request.force || !moved) {
            Ok(standing) => standing,
            Err(AppError::Invalid(errors)) => return Err(errors),
            Err(other) => return Err(vec![FieldError::new("", other.to_string())]),
        };
        derive(&self.snapshot, layer, &mut feature, standing);
        if let Some(base) = base {
            if feature.says_the_same(base) {
                return Ok(None);
            }
            self.summary.updated += 1;
        } else {
            self.summary.created += 1;
        }
        for shape in [base.and_then(|base| base.geometry.as_ref()), feature.geometry.as_ref()].into_iter().flatten() {
            self.window = self.window.union(Shape::envelope(shape));
        }
        let previous = base.map(|base| {
            let mut body = Vec::new();
            encode(layer, base, &mut body);
            String::from_utf8_lossy(&body).into_owned()
        });
        Ok(Some(Staged { base: base.map(|base| (base.id, base.rev)), feature, previous }))
    }

    fn note(&mut self, notes: &Notes, feature: &Feature) {
        self.summary.heights_dropped += u64::from(notes.dropped_z);
        self.summary.times_twice += u64::from(notes.times_twice);
        self.summary.times_skipped += u64::from(notes.times_skipped);
        for name in feature.flags.names() {
            match name {
                "outside-jurisdiction" => self.summary.outside_jurisdiction += 1,
                "no-section" => self.summary.without_section += 1,
                _ => {}
            }
        }
        for name in feature.extras.keys() {
            match self.summary.undeclared.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(self.summary.undeclared.insert(name.clone(), 1)),
            }
        }
    }

    fn refuse(&mut self, file: usize, place: &str, errors: &[FieldError]) {
        self.summary.refused += 1;
        if self.summary.refusals.len() < TOLD {
            let reasons: Vec<String> = errors.iter().take(5).map(told).collect();
            self.summary.refusals.push(Refusal {
                file: self.request.files[file].clone(),
                place: place.to_owned(),
                reason: reasons.join("; "),
            });
        }
        self.summary.stopped |= !self.request.skip_errors;
    }

    async fn publish(mut self) -> Result<Option<Summary>, AppError> {
        if self.request.dry_run || self.stage.is_empty() {
            return Ok(Some(self.summary));
        }
        let layer = self.request.layer;
        let effects = self.effects();
        let again = Rederive {
            derived_at: self.snapshot.seq(),
            causes: &causes(layer),
            window: self.window,
            effects: &effects,
        };
        let at = to_microseconds(Timestamp::now());
        let published = self.stage.publish(&self.app.0.actor, at, again).await?;
        if !published.conflicts.is_empty() {
            return Ok(None);
        }
        {
            let _moving = self.app.0.moving.lock().await;
            follow::catch_up(self.app).await?;
        }
        self.app.derive_all().await?;
        self.app.0.store.optimize().await?;
        Ok(Some(self.summary))
    }

    fn effects(&self) -> Vec<Derivation> {
        let layer = self.request.layer;
        let first = layer == Layer::Jurisdictions && self.snapshot.layer(layer).is_empty();
        let window = if first { Envelope::WORLD } else { touched(layer, self.window, &self.app.0.reach) };
        dependents(layer)
            .iter()
            .filter(|dependent| self.snapshot.layer(**dependent).count(&[window]) > 0)
            .map(|dependent| Derivation::new(*dependent, window))
            .collect()
    }
}

fn external_id(draft: &Draft) -> Option<&String> {
    match &draft.external_id {
        Given::Value(id) => Some(id),
        Given::Absent | Given::Null => None,
    }
}

fn told(error: &FieldError) -> String {
    let name = error.pointer.trim_start_matches("/properties/").trim_start_matches('/');
    if name.is_empty() { error.detail.clone() } else { format!("{name}: {}", error.detail) }
}

/// Reads the files on a thread of its own, so that reading and storing go side by side.
struct Reader {
    app: App,
    request: ImportRequest,
    mapping: Mapping,
    zone: TimeZone,
}

impl Reader {
    fn new(app: &App, request: &ImportRequest) -> Result<Self, AppError> {
        let zone = match &request.timezone {
            None => app.0.zone.clone(),
            Some(name) => read_zone(name).map_err(AppError::Configuration)?,
        };
        let mapping = Mapping::parse(&request.map, &request.set)?;
        if let Some(name) = &request.crs {
            Crs::parse(name).map_err(|error| AppError::Configuration(error.to_string()))?;
        }
        Ok(Self { app: app.clone(), request: request.clone(), mapping, zone })
    }

    fn run(mut self, parcels: &mpsc::Sender<Parcel>) {
        for file in 0..self.request.files.len() {
            if let Err(error) = self.read(file, parcels) {
                // Nobody listens any more when the import has stopped.
                drop(parcels.blocking_send(Parcel::Failed(error)));
                return;
            }
        }
        let never_met = self.mapping.never_met().into_iter().map(str::to_owned).collect();
        drop(parcels.blocking_send(Parcel::End { never_met }));
    }

    fn read(&mut self, file: usize, parcels: &mpsc::Sender<Parcel>) -> Result<(), AppError> {
        let path = self.request.files[file].clone();
        let Source { features, declared_crs, columns } =
            open(&path, &self.request.open).map_err(|error| in_file(&path, error))?;
        let crs = self.crs(declared_crs.as_deref())?;
        if let Some(columns) = &columns {
            let missing = self.mapping.missing_from(columns);
            if let Some(name) = missing.first() {
                return Err(AppError::Format(FormatError::Usage(format!(
                    "{}: there is no column '{name}' for --map: the table has {}",
                    path.display(),
                    columns.join(", ")
                ))));
            }
        }
        let is_row = columns.is_some();
        let app = self.app.clone();
        let rules = Rules {
            zone: &self.zone.clone(),
            catalogue: &app.0.catalogue,
            scheme: &app.0.settings.category_scheme,
            crs: &crs,
            id_is_external: true,
        };
        let mut items = Vec::with_capacity(BATCH);
        for feature in features {
            let item = match feature {
                Ok(located) => {
                    let mut raw = located.raw;
                    self.mapping.apply(&mut raw);
                    if is_row {
                        type_extras(self.request.layer, &mut raw);
                    }
                    Item { file, place: located.place, read: draft::read(self.request.layer, raw, &rules), is_row }
                }
                Err(FormatError::Feature { place, detail }) => {
                    Item { file, place, read: Err(vec![FieldError::new("", detail)]), is_row }
                }
                Err(error) => return Err(in_file(&path, error)),
            };
            items.push(item);
            if items.len() == BATCH
                && parcels
                    .blocking_send(Parcel::Items(std::mem::replace(&mut items, Vec::with_capacity(BATCH))))
                    .is_err()
            {
                return Ok(());
            }
        }
        drop(parcels.blocking_send(Parcel::Items(items)));
        Ok(())
    }

    fn crs(&self, declared: Option<&str>) -> Result<Crs, AppError> {
        match (&self.request.crs, declared) {
            (Some(name), _) => Crs::parse(name).map_err(|error| AppError::Configuration(error.to_string())),
            (None, Some(name)) => Crs::parse(name).map_err(|error| {
                AppError::Configuration(format!(
                    "the file names its coordinate system, but {error}; --crs overrides it"
                ))
            }),
            (None, None) => Ok(Crs::default()),
        }
    }
}

/// Says in which file it was.
fn in_file(path: &std::path::Path, error: FormatError) -> AppError {
    AppError::Format(match error {
        FormatError::Broken { place, detail } => {
            FormatError::Broken { place: format!("{}, {place}", path.display()), detail }
        }
        FormatError::Read { place, source } => {
            FormatError::Read { place: format!("{}, {place}", path.display()), source }
        }
        other => other,
    })
}
