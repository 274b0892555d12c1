//! One turn of the writer: a transaction, and the state of the world as the transaction leaves it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::app::plan::{ZoneEdit, check_zone, is_drawn_by_plan};
use crate::app::references::{Lookups, resolve};
use crate::app::write::{Guard, Idempotency, Stored, Target, Written, placed};
use crate::app::writer::{Done, Outcome, Work};
use crate::app::{App, AppError, entry, facts, follow};
use crate::domain::draft::{Draft, Onto};
use crate::domain::feature::{Feature, Rev};
use crate::domain::layer::Layer;
use crate::domain::moment::to_microseconds;
use crate::spatial::shape::{Envelope, Shape};
use crate::store::{Derivation, WriteTx};
use crate::world::{Change, Query, Snapshot, Token};

/// Features derived again in one batch: a few milliseconds.
const BATCH: usize = 500;

/// What a request did to the turn.
enum Effect {
    Stored(Vec<Stored>),
    /// Nothing: zones of the plan in force were edited.
    Redrawn(Vec<ZoneEdit>),
}

pub(super) struct Turn {
    pub(super) app: App,
    pub(super) tx: WriteTx,
    /// The newest state, this turn's changes included.
    pub(super) state: Snapshot,
    /// Layers and areas whose facts may have changed.
    pub(super) touched: BTreeMap<Layer, Envelope>,
    /// More is left to derive than this turn does.
    rest: bool,
    /// Time that the changes took to get into the state.
    applying: Duration,
}

impl Turn {
    /// Opens the transaction and brings the world up to it. The caller holds `moving`.
    pub async fn begin(app: &App) -> Result<Self, AppError> {
        let tx = app.0.store.write(&app.0.actor, to_microseconds(Timestamp::now())).await?;
        if tx.before() != app.snapshot().seq() {
            // Another process has written: nobody can write now, so what is committed stays the newest.
            follow::catch_up(app).await?;
        }
        let state = Snapshot::clone(&app.snapshot());
        Ok(Self { app: app.clone(), tx, state, touched: BTreeMap::new(), rest: false, applying: Duration::ZERO })
    }

    /// Does one request, or leaves no trace of it.
    pub async fn take(&mut self, work: Work, again: Option<Idempotency>) -> Outcome {
        if let Some(again) = &again
            && let Some(before) = self.tx.remembered(&again.key).await?
        {
            return if before.digest == again.digest { Ok(Done::Before(before)) } else { Err(AppError::KeyReused) };
        }
        let (state, touched) = (self.state.clone(), self.touched.clone());
        let savepoint = self.tx.savepoint(again.is_none() && work.is_one_row()).await?;
        match self.work(work, again).await {
            Ok(done) => {
                self.tx.release(savepoint).await?;
                Ok(done)
            }
            Err(error) => {
                (self.state, self.touched) = (state, touched);
                // After a full disk the transaction is gone, and this fails; the first error is what matters.
                if self.tx.roll_back_to(savepoint).await.is_err() && !matches!(error, AppError::DiskFull) {
                    return Err(AppError::Overloaded);
                }
                Err(error)
            }
        }
    }

    async fn work(&mut self, work: Work, again: Option<Idempotency>) -> Outcome {
        let effect = match work {
            Work::Create { layer, drafts, force, in_collection } => {
                self.create(layer, drafts, force, in_collection).await?
            }
            Work::Change { target, draft, how, force } => self.change(&target, *draft, how, force).await?,
            Work::Delete { target } => self.delete(&target).await?,
            Work::Resect(resection) => Effect::Stored(self.resect(resection).await?),
            Work::Publish(publication) => {
                self.publish_plan(publication).await?;
                Effect::Stored(Vec::new())
            }
        };
        let stored = match effect {
            Effect::Redrawn(edits) => return Ok(Done::Redrawn(edits, again)),
            Effect::Stored(stored) => stored,
        };
        let Some(Idempotency { key, digest, answer }) = again else { return Ok(Done::Stored(stored)) };
        let written = Written::Stored(stored);
        let remembered = answer(&written);
        debug_assert_eq!(remembered.digest, digest);
        self.tx.remember(&key, &remembered).await?;
        let Written::Stored(stored) = written else { return Err(AppError::Overloaded) };
        Ok(Done::Stored(stored))
    }

    async fn create(
        &mut self,
        layer: Layer,
        mut drafts: Vec<Draft>,
        force: bool,
        in_collection: bool,
    ) -> Result<Effect, AppError> {
        let missing = resolve(&mut drafts, &mut Lookups::Write(&mut self.tx)).await?;
        let mut stored = Vec::with_capacity(drafts.len());
        let mut changes = Vec::with_capacity(drafts.len());
        let mut errors = Vec::new();
        let mut edits = Vec::new();
        for (at, (draft, missing)) in drafts.into_iter().zip(missing).enumerate() {
            if !missing.is_empty() {
                errors.extend(placed(missing, at, in_collection));
                continue;
            }
            match draft.create(layer) {
                Err(found) => errors.extend(placed(found, at, in_collection)),
                Ok(mut feature) => {
                    let derived = self.derive(layer, &mut feature, force);
                    let is_edit = derived.map(|()| self.is_of_plan(layer, &feature));
                    let is_edit = is_edit.and_then(|is_edit| self.check_edit(is_edit, &feature).map(|()| is_edit));
                    if let Err(error) = is_edit {
                        let AppError::Invalid(found) = error else { return Err(error) };
                        errors.extend(placed(found, at, in_collection));
                    } else if matches!(is_edit, Ok(true)) {
                        edits.push(ZoneEdit { before: None, after: Some(feature) });
                    } else if errors.is_empty() {
                        self.tx
                            .insert(layer, &mut feature)
                            .await
                            .map_err(|error| at_place(error.into(), at, in_collection))?;
                        self.touch(layer, None, feature.geometry.as_ref());
                        changes.push(Self::stored(layer, feature, &mut stored));
                    }
                }
            }
        }
        if !errors.is_empty() {
            return Err(AppError::Invalid(errors));
        }
        if !edits.is_empty() && !changes.is_empty() {
            let detail = "some of these zones have ended and would be stored, others are drawn by the plan in force and would make \
                          a draft: send them apart";
            return Err(AppError::Conflict { detail: detail.to_owned(), pointer: None });
        }
        if !edits.is_empty() {
            return Ok(Effect::Redrawn(edits));
        }
        self.apply(self.tx.newest(), changes);
        Ok(Effect::Stored(stored))
    }

    async fn change(&mut self, target: &Target, draft: Draft, how: Onto, force: bool) -> Result<Effect, AppError> {
        let layer = target.layer;
        let (before, previous) = self.guarded(target)?;
        let mut drafts = [draft];
        let missing = resolve(&mut drafts, &mut Lookups::Write(&mut self.tx)).await?.swap_remove(0);
        if !missing.is_empty() {
            return Err(AppError::Invalid(missing));
        }
        let [draft] = drafts;
        let mut feature = draft.onto(layer, &before, how).map_err(AppError::Invalid)?;
        let moved = feature.geometry != before.geometry;
        // A place that was taken before stays taken.
        self.derive(layer, &mut feature, force || !moved)?;
        if self.is_of_plan(layer, &before) || self.is_of_plan(layer, &feature) {
            self.check_edit(true, &feature)?;
            return Ok(Effect::Redrawn(vec![ZoneEdit { before: Some(before), after: Some(feature) }]));
        }
        self.tx.update(layer, &mut feature, &previous).await?;
        self.touch(layer, before.geometry.as_ref(), feature.geometry.as_ref());
        let mut stored = Vec::with_capacity(1);
        let change = Self::stored(layer, feature, &mut stored);
        self.apply(self.tx.newest(), vec![change]);
        Ok(Effect::Stored(stored))
    }

    async fn delete(&mut self, target: &Target) -> Result<Effect, AppError> {
        let (before, previous) = self.guarded(target)?;
        if self.is_of_plan(target.layer, &before) {
            return Ok(Effect::Redrawn(vec![ZoneEdit { before: Some(before), after: None }]));
        }
        let rev = self.tx.delete(target.layer, target.id, &previous).await?;
        self.touch(target.layer, before.geometry.as_ref(), None);
        self.apply(rev, vec![(target.layer, Change::Delete(target.id))]);
        Ok(Effect::Stored(Vec::new()))
    }

    /// Whether it is a zone that the plan in force draws.
    fn is_of_plan(&self, layer: Layer, feature: &Feature) -> bool {
        layer == Layer::SquadZones && is_drawn_by_plan(&self.state, feature, self.tx.at())
    }

    fn check_edit(&self, is_edit: bool, zone: &Feature) -> Result<(), AppError> {
        let checked = if is_edit { check_zone(&self.state, zone, self.tx.at()) } else { Ok(()) };
        checked.map_err(|error| AppError::Invalid(vec![error]))
    }

    /// The feature and its body, when the guard lets the change be made.
    pub(super) fn guarded(&self, target: &Target) -> Result<(Feature, String), AppError> {
        let found = self.state.layer(target.layer).with_row(target.id, |row| (row.feature(), row.payload()));
        let (feature, payload) = found.ok_or(AppError::NotFound { layer: target.layer, id: target.id })?;
        match &target.guard {
            Guard::OneOf(revs) if !revs.contains(&feature.rev) => Err(AppError::Stale { current: feature.rev }),
            _ => Ok((feature, String::from_utf8_lossy(&payload).into_owned())),
        }
    }

    /// Checks where the feature stands and works out its facts from the newest state.
    pub(super) fn derive(&self, layer: Layer, feature: &mut Feature, force: bool) -> Result<(), AppError> {
        let standing = self.app.0.jurisdictions.of(&self.state).admit(layer, feature, force)?;
        facts::derive(&self.state, layer, feature, standing);
        self.app.0.reach.include(layer, feature);
        Ok(())
    }

    pub(super) fn apply(&mut self, seq: Rev, changes: Vec<(Layer, Change)>) {
        let started = Instant::now();
        self.state = self.state.apply(seq, changes);
        self.applying += started.elapsed();
    }

    pub(super) fn stored(layer: Layer, feature: Feature, into: &mut Vec<Stored>) -> (Layer, Change) {
        let entry = entry(layer, feature);
        into.push(Stored { id: entry.feature.id, rev: entry.feature.rev, payload: entry.payload.clone() });
        (layer, Change::Upsert(entry))
    }

    /// Notes the area in which facts of other layers may have changed.
    fn touch(&mut self, layer: Layer, before: Option<&Shape>, after: Option<&Shape>) {
        if facts::dependents(layer).is_empty() {
            return;
        }
        let area =
            [before, after].into_iter().flatten().fold(Envelope::EMPTY, |all, shape| all.union(shape.envelope()));
        let area = facts::touched(layer, area, &self.app.0.reach);
        let all = self.touched.entry(layer).or_insert(Envelope::EMPTY);
        *all = all.union(area);
    }

    /// Enters the derived work that this turn causes: only where there is something to derive.
    async fn push_derivations(&mut self) -> Result<(), AppError> {
        let first_or_last = |now: &Snapshot, then: &Snapshot| {
            now.layer(Layer::Jurisdictions).is_empty() != then.layer(Layer::Jurisdictions).is_empty()
        };
        let everywhere = first_or_last(&self.state, &self.app.snapshot());
        for (cause, area) in std::mem::take(&mut self.touched) {
            let area = if cause == Layer::Jurisdictions && everywhere { Envelope::WORLD } else { area };
            for layer in facts::dependents(cause) {
                // A layer that is not in memory here may hold anything.
                let unknown = !self.app.0.layers.contains(layer);
                if unknown || self.state.layer(*layer).count(&[area]) > 0 {
                    self.tx.push_derivation(&Derivation::new(*layer, area)).await?;
                    self.rest = true;
                }
            }
        }
        Ok(())
    }

    /// Derives a bounded number of features of the oldest piece of work again.
    pub async fn derive_batch(&mut self) -> Result<(), AppError> {
        let Some(work) = self.tx.derivations(1).await?.pop() else { return Ok(()) };
        if !self.app.0.layers.contains(&work.layer) {
            // Left for a process that has the layer in memory.
            return Ok(());
        }
        let query = Query {
            windows: vec![work.window],
            after: Some(Token::Place { curve: work.after_curve, id: work.after_id }),
            limit: BATCH,
            ..Query::default()
        };
        let page = self.state.layer(work.layer).select(&query);
        let mut rows: Vec<(Feature, bytes::Bytes)> = Vec::with_capacity(page.features);
        page.for_each(&mut |row| rows.push((row.feature(), row.payload())));
        let mut changes = Vec::new();
        for (before, payload) in rows {
            let mut feature = before.clone();
            self.derive(work.layer, &mut feature, true)?;
            if !feature.says_the_same(&before) {
                self.tx.update(work.layer, &mut feature, &String::from_utf8_lossy(&payload)).await?;
                changes.push((work.layer, Change::Upsert(entry(work.layer, feature))));
            }
        }
        if !changes.is_empty() {
            self.apply(self.tx.newest(), changes);
        }
        match page.next {
            Some(Token::Place { curve, id }) => self.tx.advance_derivation(work.id, curve, id).await?,
            _ => self.tx.finish_derivation(work.id).await?,
        }
        self.rest = true;
        Ok(())
    }

    /// Makes the turn durable and visible. Answers whether there is derived work left.
    pub async fn commit(mut self, app: &App) -> Result<bool, AppError> {
        self.push_derivations().await?;
        let seq: Rev = self.tx.newest();
        let other_owners = !Arc::ptr_eq(self.state.owners(), app.snapshot().owners());
        let changed = self.tx.commit().await?.is_some();
        if changed || other_owners {
            debug_assert_eq!(self.state.seq(), seq);
            let started = Instant::now();
            app.publish(self.state);
            app.0.publications.note(self.applying + started.elapsed());
        }
        Ok(self.rest)
    }

    pub async fn abandon(self) {
        if let Err(error) = self.tx.roll_back().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a given-up transaction could not be rolled back");
        }
    }
}

/// Says which feature of a collection a conflict is about.
fn at_place(error: AppError, at: usize, in_collection: bool) -> AppError {
    match error {
        AppError::Conflict { detail, pointer: Some(pointer) } if in_collection => {
            AppError::Conflict { detail, pointer: Some(format!("/features/{at}{pointer}")) }
        }
        other => other,
    }
}
