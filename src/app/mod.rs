//! Use cases: every write, and every read that joins rings. Opens transactions; knows no HTTP.
//!
//! One way in: a request is read and gated, waits in the writer's queue, is derived and written in one
//! transaction with others, and the change is applied to the world before the answer. One way out: a snapshot.

mod error;
mod settings;
mod facts;
mod jurisdiction;
mod load;
mod follow;
mod references;
mod write;
mod writer;
mod turn;
pub mod jobs;
pub mod selection;
pub mod texts;
pub mod answers;
mod effort;
pub mod patterns;
pub mod recurrence;
pub mod before_after;
pub mod hotspots;
pub mod import;
pub mod export;
pub mod nearest;
pub mod streets;
pub mod travel;
pub mod check;
pub mod doctor;
pub mod question;
pub mod read;
pub mod sections;
pub mod plan;
mod in_charge;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::app::nearest::OpenAt;
use crate::domain::category::Catalogue;
use crate::domain::feature::{Feature, Rev};
use crate::domain::layer::Layer;
use crate::domain::opening_hours::Calendar;
use crate::formats::geojson::{Encoding, write_feature};
use crate::store::{Mode, Store};
use crate::world::{Entry, Snapshot, World};

pub use error::AppError;
pub use settings::Settings;
pub use write::{Created, Guard, Idempotency, Stored, Target, Written};

/// The service without its doors. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub store: Store,
    pub world: World,
    pub settings: Settings,
    pub zone: TimeZone,
    /// Holidays, for opening hours.
    pub calendar: Arc<Calendar>,
    pub catalogue: Catalogue,
    /// Who is written down for changes.
    pub actor: String,
    /// The layers this process keeps in memory; changes of others are passed over.
    pub layers: Vec<Layer>,
    pub queue: writer::Queue,
    /// Held while the world moves: a writer's turn or a follower's step.
    pub moving: tokio::sync::Mutex<()>,
    pub published: watch::Sender<Rev>,
    pub reach: facts::Reach,
    pub fold: tokio::sync::Notify,
    pub jurisdictions: jurisdiction::Cache,
    pub streets: streets::Cache,
    /// Lets only a few large inputs be read at a time.
    pub reading: tokio::sync::Semaphore,
    pub publications: Publications,
    pub jobs: Arc<jobs::Jobs>,
    pub answers: answers::AnswerCache,
    pub towns: hotspots::TownCache,
    pub efforts: effort::EffortCache,
    pub desks: plan::Desks,
    /// What works in the background until [`App::close`].
    pub tasks: std::sync::Mutex<Vec<tokio::task::AbortHandle>>,
}

/// What getting commits into the world has cost, group by group.
#[derive(Debug, Default)]
pub struct Publications {
    count: AtomicU64,
    nanoseconds: AtomicU64,
    longest: AtomicU64,
}

impl Publications {
    fn note(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        self.longest.fetch_max(nanoseconds, Ordering::Relaxed);
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest.load(Ordering::Relaxed))
    }
}

/// How to open: where, as whom, and what to keep in memory.
pub struct Opening<'a> {
    pub directory: &'a Path,
    pub mode: Mode,
    pub settings: Settings,
    pub actor: String,
    pub layers: &'a [Layer],
}

impl App {
    /// Opens the store, loads the world and starts the writer, the follower and the folder.
    ///
    /// Cost: reads every feature of the named layers once (about 3 us each).
    pub async fn open(opening: Opening<'_>) -> Result<Self, AppError> {
        let store = Store::open(opening.directory, opening.mode).await?;
        let reach = facts::Reach::default();
        let snapshot = load::load(&store, opening.layers, &reach).await?;
        let zone = opening.settings.zone().map_err(AppError::Configuration)?;
        let calendar = Arc::new(opening.settings.calendar().map_err(AppError::Configuration)?);
        let (queue, jobs) = writer::Queue::new();
        let (published, _) = watch::channel(snapshot.seq());
        let app = Self(Arc::new(Inner {
            store,
            world: World::new(snapshot),
            zone,
            calendar,
            settings: opening.settings,
            catalogue: Catalogue::embedded(),
            actor: opening.actor,
            layers: opening.layers.to_vec(),
            queue,
            moving: tokio::sync::Mutex::new(()),
            published,
            reach,
            fold: tokio::sync::Notify::new(),
            jurisdictions: jurisdiction::Cache::default(),
            streets: streets::Cache::default(),
            reading: tokio::sync::Semaphore::new(2),
            publications: Publications::default(),
            jobs: Arc::default(),
            answers: answers::AnswerCache::default(),
            towns: hotspots::TownCache::default(),
            efforts: effort::EffortCache::default(),
            desks: plan::Desks::default(),
            tasks: std::sync::Mutex::default(),
        }));
        writer::start(&app, jobs);
        follow::start(&app).await?;
        Ok(app)
    }

    /// Ends the work in the background and lets go of the store. What was acknowledged is durable before this.
    pub async fn close(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        tasks.iter().for_each(tokio::task::AbortHandle::abort);
        self.0.jobs.close();
        self.0.store.close().await;
    }

    /// Starts something that works until [`App::close`].
    pub(crate) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(work).abort_handle();
        self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.world.snapshot()
    }

    pub fn world(&self) -> &World {
        &self.0.world
    }

    pub fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    /// A moment at which a place must not be closed.
    pub fn open_at(&self, at: Timestamp) -> OpenAt {
        OpenAt { at: self.zone().to_datetime(at), calendar: Arc::clone(&self.0.calendar) }
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Long work and what came out of it.
    pub fn jobs(&self) -> &Arc<jobs::Jobs> {
        &self.0.jobs
    }

    /// The newest sequence that readers can see.
    pub fn published(&self) -> watch::Receiver<Rev> {
        self.0.published.subscribe()
    }

    /// How long commits of this process took to get into the world.
    pub fn publications(&self) -> &Publications {
        &self.0.publications
    }

    /// Makes a snapshot the one that readers get, and says so.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        let seq = snapshot.seq();
        self.0.world.publish(snapshot);
        self.0.published.send_replace(seq);
        self.0.fold.notify_one();
    }
}

/// A feature with the bytes that answer for it.
pub(crate) fn entry(layer: Layer, feature: Feature) -> Entry {
    let mut payload = Vec::with_capacity(512);
    encode(layer, &feature, &mut payload);
    Entry { feature, payload: payload.into() }
}

/// The bytes that answer for a feature by default.
pub(crate) fn encode(layer: Layer, feature: &Feature, out: &mut Vec<u8>) {
    write_feature(layer, feature, &Encoding::STORED, out).expect("stored coordinates need no conversion");
}
