//! One try at an import: features are settled against what is stored, staged, judged as a whole, and published.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::app::facts::{causes, dependents, derive, touched};
use crate::app::import::given_back::{GivenBack, Returned};
use crate::app::import::moved::Sample;
use crate::app::import::resected::Resected;
use crate::app::import::{Feed, Item, Opened, Parcel, RedrawnZones, Refusal, Summary, TOLD, Terms, Vanished};
use crate::app::plan::{Redrawn, ZoneEdit, check_zone, is_drawn_by_plan};
use crate::app::references::{Lookups, resolve};
use crate::app::{App, AppError, encode, follow};
use crate::domain::draft::{Draft, FieldError, Given, Notes, Onto};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::moment::to_microseconds;
use crate::domain::resection;
use crate::formats::Written;
use crate::formats::refused;
use crate::spatial::shape::{Envelope, Shape};
use crate::store::{Derivation, Rederive, Stage, Staged};
use crate::world::Snapshot;

pub(super) struct Attempt<'a> {
    app: &'a App,
    terms: &'a Terms,
    snapshot: std::sync::Arc<Snapshot>,
    stage: Stage,
    summary: Summary,
    seen: HashSet<String>,
    window: Envelope,
    /// Places by input.
    samples: BTreeMap<usize, Sample>,
    opened: Vec<Opened>,
    /// Files of refused features by input; none where one could not be made.
    given_back: GivenBack,
    /// What was split or merged here.
    resected: Resected,
    /// Zones that the plan in force draws: they are for a draft.
    edits: Vec<ZoneEdit>,
}

/// A feature's place in the inputs.
struct Origin {
    file: usize,
    place: String,
    is_row: bool,
    written: Option<Box<Written>>,
}

impl<'a> Attempt<'a> {
    pub async fn new(app: &'a App, terms: &'a Terms) -> Result<Self, AppError> {
        let snapshot = app.snapshot();
        let mut stage = app.0.store.stage(terms.layer).await?;
        let mut resected = Resected::default();
        if terms.layer == Layer::RoadSections {
            let extract = terms.osm.as_ref().map(|osm| &*osm.items);
            resected = Resected::find(&mut app.0.store.read().await?, extract).await?;
            stage.watch_lineage(resected.seen);
        }
        Ok(Self {
            app,
            terms,
            snapshot,
            stage,
            summary: Summary::default(),
            seen: HashSet::new(),
            window: Envelope::EMPTY,
            samples: BTreeMap::new(),
            opened: Vec::new(),
            given_back: GivenBack::default(),
            resected,
            edits: Vec::new(),
        })
    }

    /// Reads and judges everything. Nothing is stored yet; where the summary says that it stopped, nothing will be.
    pub async fn prepare(mut self, feed: Feed, progress: &(dyn Fn(u64) + Sync)) -> Result<Self, AppError> {
        let (sender, mut parcels) = mpsc::channel(4);
        let reading = tokio::task::spawn_blocking(move || feed(&sender));
        let mut read = 0;
        while let Some(parcel) = parcels.recv().await {
            match parcel {
                Parcel::Opened(opened) => {
                    self.summary.titled.extend(opened.titled.clone());
                    self.opened.push(opened);
                }
                Parcel::Items(items) => {
                    read += items.len() as u64;
                    self.take(items).await?;
                    progress(read);
                    if self.summary.stopped {
                        return Ok(self);
                    }
                }
                Parcel::Failed(error) => return Err(error),
                Parcel::End { never_met } => self.summary.never_met = never_met,
            }
        }
        reading.await.map_err(|_| AppError::Configuration("reading the file failed".to_owned()))?;
        self.note_encodings();
        if !self.terms.force && self.terms.osm.is_none() {
            self.look_for_moved()?;
        }
        self.look_for_vanished().await?;
        Ok(self)
    }

    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Each input by itself, so that a moved one is not hidden by others that are right.
    fn look_for_moved(&self) -> Result<(), AppError> {
        let streets = self.snapshot.layer(Layer::RoadSections);
        for (file, sample) in &self.samples {
            if let Some(detail) = sample.judge(streets) {
                let detail = match &self.terms.files[..] {
                    [_] => detail,
                    files => format!("{}: {detail}", files[*file].display()),
                };
                return Err(AppError::Invalid(vec![FieldError::new("", detail)]));
            }
        }
        Ok(())
    }

    fn note_encodings(&mut self) {
        for opened in &self.opened {
            if let Some(name) = opened.encoding.other_than_utf8() {
                self.summary.encodings.push((self.terms.files[opened.file].clone(), name));
            }
        }
    }

    async fn take(&mut self, items: Vec<Item>) -> Result<(), AppError> {
        let mut places = Vec::with_capacity(items.len());
        let mut drafts = Vec::with_capacity(items.len());
        for Item { file, place, read, is_row, written } in items {
            let place = Origin { file, place, is_row, written };
            match read {
                Ok(draft) => {
                    places.push(place);
                    drafts.push(draft);
                }
                Err(errors) => self.refuse(&place, &errors),
            }
        }
        let mut tx = self.app.0.store.read().await?;
        let missing = resolve(&mut drafts, &mut Lookups::Read(&mut tx)).await?;
        let keys: Vec<String> = drafts.iter().filter_map(|draft| external_id(draft).cloned()).collect();
        let known: HashMap<String, Feature> = if keys.is_empty() {
            HashMap::new()
        } else {
            let found = tx.by_external_ids(self.terms.layer, &keys).await?;
            let ids: Vec<_> = found.iter().map(|(_, id)| *id).collect();
            let features = tx.features(self.terms.layer, &ids).await?;
            features.into_iter().filter_map(|feature| Some((feature.external_id.clone()?, feature))).collect()
        };
        drop(tx);
        let mut staged = Vec::with_capacity(drafts.len());
        for ((draft, missing), place) in drafts.into_iter().zip(missing).zip(places) {
            if self.summary.stopped {
                return Ok(());
            }
            let notes = draft.notes;
            let settled = if missing.is_empty() { self.settle(draft, &known, &place) } else { Err(missing) };
            match settled {
                Err(errors) => self.refuse(&place, &errors),
                Ok(Some(one)) => {
                    self.note(&notes, &one.feature);
                    staged.push(one);
                }
                Ok(None) => {}
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
        place: &Origin,
    ) -> Result<Option<Staged>, Vec<FieldError>> {
        let layer = self.terms.layer;
        let external = external_id(&draft).cloned();
        if let Some(id) = &external {
            // In an extract, what is stored under the name of a section that stands in pieces is another one.
            let is_kept = self.resected.kept.contains(id) && (self.terms.osm.is_some() || !known.contains_key(id));
            if is_kept {
                self.summary.superseded += 1;
                return Ok(None);
            }
            if !self.seen.insert(id.clone()) {
                return Err(vec![FieldError::new(
                    "/properties/external_id",
                    format!("'{id}' stands twice in the input"),
                )]);
            }
        }
        let base = external.as_ref().and_then(|id| known.get(id));
        let mut feature = if let Some(base) = base {
            draft.onto(layer, base, Onto::Merge)?
        } else {
            if place.is_row {
                // An empty cell of a table says nothing.
                draft.extras.retain(|_, value| !value.is_null());
            }
            draft.create(layer)?
        };
        if self.terms.osm.is_some()
            && let Some(base) = base
            && is_mirror(base, &feature)
        {
            // The section was reversed here: it stays so.
            feature = resection::reverse(&feature)?;
        }
        let moved = base.is_none_or(|base| base.geometry != feature.geometry);
        if moved
            && lies_along_streets(layer)
            && let Some(shape) = &feature.geometry
        {
            let crs = self.opened.iter().rev().find(|opened| opened.file == place.file).map(|opened| &opened.crs);
            self.samples.entry(place.file).or_default().add(shape, crs);
        }
        let jurisdictions = self.app.0.jurisdictions.of(&self.snapshot);
        let standing = match jurisdictions.admit(layer, &feature, self.terms.force || !moved) {
            Ok(standing) => standing,
            Err(AppError::Invalid(errors)) => return Err(errors),
            Err(other) => return Err(vec![FieldError::new("", other.to_string())]),
        };
        derive(&self.snapshot, layer, &mut feature, standing);
        if base.is_some_and(|base| feature.says_the_same(base)) {
            self.summary.unchanged += 1;
            return Ok(None);
        }
        let now = Timestamp::now();
        let is_of_plan = |zone: &Feature| is_drawn_by_plan(&self.snapshot, zone, now);
        if layer == Layer::SquadZones && base.into_iter().chain([&feature]).any(is_of_plan) {
            check_zone(&self.snapshot, &feature, now).map_err(|error| vec![error])?;
            self.edits.push(ZoneEdit { before: base.cloned(), after: Some(feature) });
            return Ok(None);
        }
        if base.is_some() {
            self.summary.updated += 1;
        } else {
            self.summary.created += 1;
        }
        for shape in [base.and_then(|base| base.geometry.as_ref()), feature.geometry.as_ref()].into_iter().flatten() {
            self.window = self.window.union(Shape::envelope(shape));
        }
        Ok(Some(Staged {
            base: base.map(|base| (base.id, base.rev)),
            feature,
            previous: base.map(|base| body(layer, base)),
        }))
    }

    fn note(&mut self, notes: &Notes, feature: &Feature) {
        self.summary.heights_dropped += u64::from(notes.dropped_z);
        self.summary.times_twice += u64::from(notes.times_twice);
        self.summary.times_skipped += u64::from(notes.times_skipped);
        self.summary.serial_dates += u64::from(notes.serial_dates);
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

    fn refuse(&mut self, place: &Origin, errors: &[FieldError]) {
        self.summary.refused += 1;
        let reasons: Vec<String> = errors.iter().take(5).map(told).collect();
        let reason = reasons.join("; ");
        if self.terms.skip_errors && !self.terms.dry_run && self.terms.osm.is_none() {
            self.give_back(place, &reason);
        }
        if self.summary.refusals.len() < TOLD {
            self.summary.refusals.push(Refusal {
                file: self.terms.files[place.file].clone(),
                place: place.place.clone(),
                reason,
            });
        }
        self.summary.stopped |= !self.terms.skip_errors;
    }

    fn give_back(&mut self, place: &Origin, reason: &str) {
        let opened = self.opened.iter().find(|opened| opened.file == place.file);
        let returned = Returned {
            inputs: &self.terms.files,
            file: place.file,
            origin: refused::Origin {
                input: &self.terms.files[place.file],
                columns: opened.and_then(|opened| opened.columns.as_deref()),
                declared_crs: opened.and_then(|opened| opened.declared_crs.as_deref()),
                encoding_is_named: opened.is_some_and(|opened| opened.encoding_is_named),
            },
            written: place.written.as_deref(),
            place: &place.place,
            reason,
        };
        self.given_back.write(&returned, &mut self.summary);
    }

    /// Features of OpenStreetMap that are stored and were not in the extract.
    async fn look_for_vanished(&mut self) -> Result<(), AppError> {
        let Some(osm) = &self.terms.osm else { return Ok(()) };
        let layer = self.terms.layer;
        let mut vanished: Vec<Feature> = Vec::new();
        self.snapshot.layer(layer).for_each(&mut |row| {
            let feature = row.feature();
            let gone = |id: &String| osm.is_own(id) && !self.seen.contains(id);
            if feature.external_id.as_ref().is_some_and(gone) || self.resected.orphans.contains(&feature.id) {
                vanished.push(feature);
            }
        });
        vanished.sort_by_key(|feature| feature.id);
        let told =
            |feature: &Feature| feature.external_id.clone().unwrap_or_else(|| format!("section {}", feature.id.0));
        self.summary.vanished = Vanished {
            count: vanished.len() as u64,
            first: vanished.iter().take(TOLD).map(told).collect(),
            removed: osm.prune,
        };
        if osm.prune {
            let gone: Vec<(FeatureId, crate::domain::feature::Rev, String)> =
                vanished.iter().map(|feature| (feature.id, feature.rev, body(layer, feature))).collect();
            for shape in vanished.iter().filter_map(|feature| feature.geometry.as_ref()) {
                self.window = self.window.union(shape.envelope());
            }
            self.stage.remove(&gone).await?;
        }
        Ok(())
    }

    /// None when others were faster and it has to be done again.
    pub async fn publish(mut self) -> Result<Option<Summary>, AppError> {
        // What cannot become a draft stops the import before anything is stored.
        let redrawn = match std::mem::take(&mut self.edits) {
            edits if edits.is_empty() => None,
            edits => Some(self.app.redrawn(edits).await?),
        };
        if !self.terms.dry_run && !self.stage.is_empty() && !self.store().await? {
            return Ok(None);
        }
        if let Some(redrawn) = redrawn {
            self.summary.redrawn = Some(self.keep(redrawn).await?);
        }
        self.given_back.finish(&mut self.summary);
        Ok(Some(self.summary))
    }

    /// Keeps the draft that edits of zones became.
    async fn keep(&self, mut redrawn: Redrawn) -> Result<RedrawnZones, AppError> {
        let new = redrawn.new.take();
        let notes = new.as_ref().and_then(|new| new.figures.get("notes")?.as_array());
        let notes = notes.into_iter().flatten().filter_map(|note| note.as_str().map(str::to_owned)).collect();
        let plan = match new {
            Some(new) if !self.terms.dry_run => Some(self.app.create_plan(new).await?.id),
            _ => None,
        };
        let (zones, moved, left) = (redrawn.zones, redrawn.moved, redrawn.left);
        Ok(RedrawnZones { zones, moved, left, plan, detail: redrawn.detail(plan), notes })
    }

    /// Publishes the stage. False when others were faster.
    async fn store(&mut self) -> Result<bool, AppError> {
        let layer = self.terms.layer;
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
            return Ok(false);
        }
        {
            let _moving = self.app.0.moving.lock().await;
            follow::catch_up(self.app).await?;
        }
        self.app.derive_all().await?;
        self.app.0.store.optimize().await?;
        Ok(true)
    }

    fn effects(&self) -> Vec<Derivation> {
        let layer = self.terms.layer;
        let first = layer == Layer::Jurisdictions && self.snapshot.layer(layer).is_empty();
        let window = if first { Envelope::WORLD } else { touched(layer, self.window, &self.app.0.reach) };
        dependents(layer)
            .iter()
            .filter(|dependent| self.snapshot.layer(**dependent).count(&[window]) > 0)
            .map(|dependent| Derivation::new(*dependent, window))
            .collect()
    }
}

/// Whether the streets tell where things of a layer should be: not of what lies between them or holds many.
fn lies_along_streets(layer: Layer) -> bool {
    !matches!(
        layer,
        Layer::Jurisdictions | Layer::Squads | Layer::SquadZones | Layer::ConstructionSites | Layer::SquadDuties
    )
}

/// Whether a section is drawn the other way.
fn is_mirror(stored: &Feature, incoming: &Feature) -> bool {
    match (&stored.geometry, &incoming.geometry) {
        (Some(Shape::LineString(stored)), Some(Shape::LineString(incoming))) => {
            stored != incoming && stored.0.iter().eq(incoming.0.iter().rev())
        }
        _ => false,
    }
}

/// A feature as the history keeps it.
fn body(layer: Layer, feature: &Feature) -> String {
    let mut body = Vec::new();
    encode(layer, feature, &mut body);
    String::from_utf8_lossy(&body).into_owned()
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
