//! Use cases that write: create, replace, merge, delete. Each waits for its turn in the writer's queue.

use bytes::Bytes;

use crate::app::plan::DraftOfZones;
use crate::app::writer::{Done, Job, Work};
use crate::app::{App, AppError};
use crate::domain::draft::{self, Draft, FieldError, Onto, RawFeature, Rules};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::spatial::crs::Crs;
use crate::store::Remembered;

/// A feature as it is stored now.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: FeatureId,
    pub rev: Rev,
    /// GeoJSON in WGS 84.
    pub payload: Bytes,
}

/// Which revisions a change may be made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Nothing was said.
    None,
    /// Any, as long as the feature is there.
    Any,
    OneOf(Vec<Rev>),
}

/// The feature that a change is for.
#[derive(Debug, Clone)]
pub struct Target {
    pub layer: Layer,
    pub id: FeatureId,
    pub guard: Guard,
}

/// What became of a write.
#[derive(Debug, Clone)]
pub enum Written {
    /// The features as they are now; none where one was deleted.
    Stored(Vec<Stored>),
    /// Zones are drawn by the plan in force: they stay, and a draft says what was wanted.
    Drafted(DraftOfZones),
}

/// Makes the answer that is kept from what was written.
pub type Answer = Box<dyn FnOnce(&Written) -> Remembered + Send + Sync>;

/// A request that may come again.
pub struct Idempotency {
    pub key: String,
    /// Of what was asked.
    pub digest: Vec<u8>,
    pub answer: Answer,
}

/// What came of a creation.
pub enum Created {
    Now(Written),
    /// The same request was answered before.
    Before(Remembered),
}

impl App {
    /// Creates features, all or none. `prefix` goes before pointers: `/features/3` for collections.
    pub async fn create(
        &self,
        layer: Layer,
        raw: Vec<RawFeature>,
        crs: Crs,
        force: bool,
        in_collection: bool,
        again: Option<Idempotency>,
    ) -> Result<Created, AppError> {
        let drafts = self.read_drafts(layer, raw, crs, in_collection).await?;
        self.write(Work::Create { layer, drafts, force, in_collection }, again).await
    }

    async fn write(&self, work: Work, again: Option<Idempotency>) -> Result<Created, AppError> {
        let (job, answer) = Job::new(work, again);
        self.0.queue.push(job)?;
        match answer.await.map_err(|_| AppError::Overloaded)?? {
            Done::Stored(stored) => Ok(Created::Now(Written::Stored(stored))),
            Done::Before(before) => Ok(Created::Before(before)),
            Done::Redrawn(edits, again) => self.draft_of_zones(edits, again).await,
        }
    }

    /// Changes a feature by replacement or by merge.
    pub async fn change(
        &self,
        target: Target,
        raw: RawFeature,
        crs: Crs,
        how: Onto,
        force: bool,
    ) -> Result<Written, AppError> {
        self.check_guard(&target)?;
        let mut drafts = self.read_drafts(target.layer, vec![raw], crs, false).await?;
        let draft = drafts.pop().ok_or(AppError::Invalid(Vec::new()))?;
        now(self.write(Work::Change { target, draft: Box::new(draft), how, force }, None).await?)
    }

    pub async fn delete(&self, target: Target) -> Result<Written, AppError> {
        self.check_guard(&target)?;
        now(self.write(Work::Delete { target }, None).await?)
    }

    fn check_guard(&self, target: &Target) -> Result<(), AppError> {
        if self.snapshot().layer(target.layer).with_row(target.id, |_| ()).is_none() {
            return Err(AppError::NotFound { layer: target.layer, id: target.id });
        }
        if self.0.settings.require_if_match && target.guard == Guard::None {
            return Err(AppError::GuardRequired);
        }
        Ok(())
    }

    /// Reads and gates input off the async threads, a few at a time.
    pub(super) async fn read_drafts(
        &self,
        layer: Layer,
        raw: Vec<RawFeature>,
        crs: Crs,
        in_collection: bool,
    ) -> Result<Vec<Draft>, AppError> {
        let _turn = self.0.reading.acquire().await.map_err(|_| AppError::Overloaded)?;
        let app = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            let rules = Rules {
                zone: &app.0.zone,
                catalogue: &app.0.catalogue,
                scheme: &app.0.settings.category_scheme,
                crs: &crs,
                id_is_external: false,
            };
            let mut drafts = Vec::with_capacity(raw.len());
            let mut errors = Vec::new();
            for (at, feature) in raw.into_iter().enumerate() {
                match draft::read(layer, feature, &rules) {
                    Ok(draft) => drafts.push(draft),
                    Err(found) => errors.extend(placed(found, at, in_collection)),
                }
                if errors.len() > MOST_ERRORS {
                    break;
                }
            }
            if errors.is_empty() { Ok(drafts) } else { Err(AppError::Invalid(errors)) }
        });
        read.await.map_err(|_| AppError::Configuration("reading the input failed".to_owned()))?
    }
}

/// Errors of a collection that are told before the rest is left out.
const MOST_ERRORS: usize = 100;

/// Errors of the feature at this place of a collection.
pub(super) fn placed(errors: Vec<FieldError>, at: usize, in_collection: bool) -> Vec<FieldError> {
    if !in_collection {
        return errors;
    }
    errors.into_iter().map(|error| FieldError::new(format!("/features/{at}{}", error.pointer), error.detail)).collect()
}

fn now(created: Created) -> Result<Written, AppError> {
    match created {
        Created::Now(written) => Ok(written),
        Created::Before(_) => Err(AppError::Overloaded),
    }
}
