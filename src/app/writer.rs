//! The one writer: drains its queue into one transaction, one fsync, one snapshot, then answers all.

use tokio::sync::{mpsc, oneshot};

use crate::app::plan::{Publication, ZoneEdit};
use crate::app::sections::Resection;
use crate::app::turn::Turn;
use crate::app::write::{Idempotency, Stored, Target};
use crate::app::{App, AppError};
use crate::domain::draft::{Draft, Onto};
use crate::domain::layer::Layer;
use crate::store::{Remembered, StoreError};

/// Writes that may wait; one more is told to come back.
const QUEUE: usize = 1_024;
/// Writes that go into one transaction.
const GROUP: usize = 128;

/// What is to be written.
pub(super) enum Work {
    Create { layer: Layer, drafts: Vec<Draft>, force: bool, in_collection: bool },
    Change { target: Target, draft: Box<Draft>, how: Onto, force: bool },
    Delete { target: Target },
    Resect(Resection),
    Publish(Publication),
}

impl Work {
    /// Whether it changes one row, with one statement.
    pub fn is_one_row(&self) -> bool {
        match self {
            Self::Create { drafts, .. } => drafts.len() == 1,
            Self::Change { .. } | Self::Delete { .. } => true,
            Self::Resect(_) | Self::Publish(_) => false,
        }
    }
}

/// What a turn made of a request.
pub(super) enum Done {
    Stored(Vec<Stored>),
    /// The same request was answered before.
    Before(Remembered),
    /// Nothing was written: zones of the plan in force were edited, which is for a draft to take up.
    Redrawn(Vec<ZoneEdit>, Option<Idempotency>),
}

pub(super) type Outcome = Result<Done, AppError>;

pub(crate) struct Job {
    pub(super) work: Work,
    pub(super) again: Option<Idempotency>,
    pub(super) answer: oneshot::Sender<Outcome>,
}

impl Job {
    pub(super) fn new(work: Work, again: Option<Idempotency>) -> (Self, oneshot::Receiver<Outcome>) {
        let (answer, answered) = oneshot::channel();
        (Self { work, again, answer }, answered)
    }
}

pub(crate) struct Queue(mpsc::Sender<Job>);

impl Queue {
    pub fn new() -> (Self, mpsc::Receiver<Job>) {
        let (sender, jobs) = mpsc::channel(QUEUE);
        (Self(sender), jobs)
    }

    pub fn push(&self, job: Job) -> Result<(), AppError> {
        self.0.try_send(job).map_err(|_| AppError::Overloaded)
    }

    /// Writes that wait now.
    pub fn waiting(&self) -> usize {
        QUEUE - self.0.capacity()
    }
}

pub(super) fn start(app: &App, jobs: mpsc::Receiver<Job>) {
    app.in_background(run(app.clone(), jobs));
}

async fn run(app: App, mut jobs: mpsc::Receiver<Job>) {
    // There may be work left from before the last stop.
    let mut rest = true;
    loop {
        let first = if rest {
            jobs.try_recv().ok()
        } else {
            match jobs.recv().await {
                Some(job) => Some(job),
                None => return,
            }
        };
        let Some(first) = first else {
            rest = derive_some(&app).await;
            continue;
        };
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        rest |= write_group(&app, group).await;
    }
}

/// Answers whether there is derived work to do afterwards.
async fn write_group(app: &App, group: Vec<Job>) -> bool {
    let _moving = app.0.moving.lock().await;
    let mut turn = match Turn::begin(app).await {
        Ok(turn) => turn,
        Err(error) => {
            refuse_all(group.into_iter().map(|job| job.answer), &error);
            return false;
        }
    };
    let mut waiting = Vec::with_capacity(group.len());
    let mut group = group.into_iter();
    while let Some(job) = group.next() {
        match turn.take(job.work, job.again).await {
            Ok(created) => waiting.push((job.answer, created)),
            Err(error) if is_fatal(&error) => {
                let unanswered = waiting.into_iter().map(|(answer, _)| answer);
                refuse_all(unanswered.chain([job.answer]).chain(group.map(|job| job.answer)), &error);
                turn.abandon().await;
                return false;
            }
            Err(error) => drop(job.answer.send(Err(error))),
        }
    }
    match turn.commit(app).await {
        Ok(rest) => {
            for (answer, created) in waiting {
                // Whoever asked may have gone.
                drop(answer.send(Ok(created)));
            }
            rest
        }
        Err(error) => {
            refuse_all(waiting.into_iter().map(|(answer, _)| answer), &error);
            false
        }
    }
}

/// The transaction as a whole is lost, not one request.
fn is_fatal(error: &AppError) -> bool {
    matches!(error, AppError::DiskFull | AppError::Store(_) | AppError::Overloaded)
}

fn refuse_all(answers: impl Iterator<Item = oneshot::Sender<Outcome>>, error: &AppError) {
    for answer in answers {
        drop(answer.send(Err(match error {
            AppError::DiskFull => AppError::DiskFull,
            AppError::Store(cause) => AppError::Store(StoreError::Corrupt(format!("the write was given up: {cause}"))),
            _ => AppError::Overloaded,
        })));
    }
    if !matches!(error, AppError::DiskFull) {
        tracing::error!(error = error as &dyn std::error::Error, "a group of writes was given up");
    }
}

/// One bounded batch of derived facts. Answers whether there is more.
async fn derive_some(app: &App) -> bool {
    let _moving = app.0.moving.lock().await;
    match derive_batch(app).await {
        Ok(more) => more,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "deriving again has to wait");
            false
        }
    }
}

async fn derive_batch(app: &App) -> Result<bool, AppError> {
    if app.0.store.read().await?.count_derivations().await? == 0 {
        return Ok(false);
    }
    let mut turn = Turn::begin(app).await?;
    if let Err(error) = turn.derive_batch().await {
        turn.abandon().await;
        return Err(error);
    }
    turn.commit(app).await
}

impl App {
    /// Derives everything that waits, for a process that ends afterwards. Needs the layers concerned in memory.
    pub async fn derive_all(&self) -> Result<(), AppError> {
        loop {
            let _moving = self.0.moving.lock().await;
            if !derive_batch(self).await? {
                return Ok(());
            }
        }
    }

    /// Writes that wait for their turn.
    pub fn writes_waiting(&self) -> usize {
        self.0.queue.waiting()
    }
}
