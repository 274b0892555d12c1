//! Long work: a few at a time, with progress, cancelling and deadlines, and a bounded store of what came out.
//!
//! Work that is pure gets a [`Monitor`]'s look as a plain callback. Knows no HTTP; jobs are of this process alone and
//! do not outlive it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use crate::app::AppError;

/// Jobs that wait for their turn, at most.
const MOST_WAITING: usize = 64;
/// Jobs that are remembered, at most, and bytes of their results.
const MOST_KEPT: usize = 256;
const MOST_BYTES: usize = 256 << 20;
/// How long a result is kept.
const KEPT: Duration = Duration::from_hours(1);
/// Numbers of jobs stay exact in JavaScript.
const ID_BITS: u64 = (1 << 53) - 1;

/// What came out of work: bytes and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub media_type: &'static str,
    pub body: Bytes,
    /// Where what was made can be found, if something was.
    pub location: Option<String>,
}

pub type Outcome = Result<Done, Arc<AppError>>;

/// What work is watched and stopped by. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    stopped: AtomicBool,
    stopping: Notify,
    /// Ten-thousandths of the work.
    share: AtomicU32,
    stage: Mutex<&'static str>,
    deadline: Instant,
    patience: Duration,
}

impl Monitor {
    /// A monitor that gives up after `patience`.
    pub fn new(patience: Duration) -> Self {
        Self(Arc::new(Watched {
            stopped: AtomicBool::new(false),
            stopping: Notify::new(),
            share: AtomicU32::new(0),
            stage: Mutex::new(""),
            deadline: Instant::now() + patience,
            patience,
        }))
    }

    /// Notes the share done, 0 to 1; false when the work should end. For plain callbacks of pure functions.
    pub fn tell(&self, share: f64) -> bool {
        self.0.share.store((share.clamp(0.0, 1.0) * 1e4) as u32, Ordering::Relaxed);
        self.goes_on()
    }

    /// Says what is being done now.
    pub fn stage(&self, name: &'static str) {
        *lock(&self.0.stage) = name;
    }

    pub fn share(&self) -> f64 {
        f64::from(self.0.share.load(Ordering::Relaxed)) / 1e4
    }

    pub fn stage_name(&self) -> &'static str {
        *lock(&self.0.stage)
    }

    pub fn goes_on(&self) -> bool {
        !self.0.stopped.load(Ordering::Relaxed) && Instant::now() < self.0.deadline
    }

    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
        self.0.stopping.notify_waiters();
    }

    /// The error to end with when [`Monitor::goes_on`] says no.
    pub fn checked(&self) -> Result<(), AppError> {
        if self.goes_on() {
            return Ok(());
        }
        Err(self.reason())
    }

    /// Why the work is to end.
    pub(crate) fn reason(&self) -> AppError {
        if self.0.stopped.load(Ordering::Relaxed) {
            AppError::Cancelled
        } else {
            AppError::TooLong { seconds: self.0.patience.as_secs() }
        }
    }

    /// Ends when the work is to be stopped, or its time is up.
    async fn ended(&self) {
        let stopping = self.0.stopping.notified();
        if self.goes_on() {
            drop(tokio::time::timeout(self.0.deadline.saturating_duration_since(Instant::now()), stopping).await);
        }
    }
}

/// Stops the work when whoever waits for it goes away.
struct StopWhenDropped(Monitor);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// A job as it is now.
#[derive(Debug, Clone)]
pub struct Status {
    pub id: i64,
    pub kind: &'static str,
    pub state: State,
    /// 0 to 1.
    pub share: f64,
    /// What is being done; empty when that is not said.
    pub stage: &'static str,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    /// None while it is not finished, and when it was cancelled.
    pub outcome: Option<Outcome>,
}

struct Job {
    kind: &'static str,
    monitor: Monitor,
    created: Timestamp,
    started: Option<Timestamp>,
    finished: Option<(Timestamp, Instant)>,
    cancelled: bool,
    outcome: Option<Outcome>,
    ended: watch::Sender<bool>,
}

/// The jobs of this process.
pub struct Jobs {
    /// In the order in which they came.
    known: Mutex<BTreeMap<u64, (i64, Job)>>,
    /// All work; each holds its turn until it has really ended, also when nobody waits for it any more.
    turns: Arc<Semaphore>,
    /// Of these, what may be jobs: one turn less, so that a question answered at once never waits for jobs.
    job_turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    count: AtomicU64,
    /// Makes numbers that nobody guesses.
    numbers: RandomState,
}

impl Default for Jobs {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8))
    }
}

impl Jobs {
    /// At most `at_once` work at a time, two at least; one of it is never a job.
    pub fn new(at_once: usize) -> Self {
        let at_once = at_once.max(2);
        Self {
            known: Mutex::default(),
            turns: Arc::new(Semaphore::new(at_once)),
            job_turns: Arc::new(Semaphore::new(at_once - 1)),
            waiting: AtomicUsize::new(0),
            count: AtomicU64::new(0),
            numbers: RandomState::new(),
        }
    }

    /// Does `work` off the async threads and waits for it; it is stopped when the caller goes away.
    ///
    /// Errors: [`AppError::TooLong`] after `patience`, [`AppError::QuestionsWait`] when too many wait already.
    pub async fn run(
        &self,
        patience: Duration,
        work: impl FnOnce(&Monitor) -> Result<Done, AppError> + Send + 'static,
    ) -> Result<Done, AppError> {
        let monitor = Monitor::new(patience);
        let _guard = StopWhenDropped(monitor.clone());
        let mut done = std::pin::pin!(self.turn(&monitor, false, work));
        tokio::select! {
            outcome = &mut done => outcome,
            () = monitor.ended() => Err(monitor.reason()),
        }
    }

    /// Begins `work` and answers its number at once.
    pub fn submit(
        self: &Arc<Self>,
        kind: &'static str,
        patience: Duration,
        work: impl FnOnce(&Monitor) -> Result<Done, AppError> + Send + 'static,
    ) -> Result<i64, AppError> {
        if self.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            return Err(AppError::QuestionsWait);
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let id = (self.numbers.hash_one(number) & ID_BITS).max(1) as i64;
        let monitor = Monitor::new(patience);
        let job = Job {
            kind,
            monitor: monitor.clone(),
            created: Timestamp::now(),
            started: None,
            finished: None,
            cancelled: false,
            outcome: None,
            ended: watch::channel(false).0,
        };
        {
            let mut jobs = lock(&self.known);
            jobs.insert(number, (id, job));
            make_room(&mut jobs);
        }
        let jobs = self.clone();
        tokio::spawn(async move {
            let started = {
                let jobs = jobs.clone();
                move || jobs.with_number(number, |job| job.started = Some(Timestamp::now()))
            };
            let watched = move |monitor: &Monitor| {
                started();
                work(monitor)
            };
            let outcome = tokio::select! {
                outcome = jobs.turn(&monitor, true, watched) => outcome,
                () = monitor.ended() => Err(monitor.reason()),
            };
            jobs.with_number(number, |job| {
                job.finished = Some((Timestamp::now(), Instant::now()));
                job.cancelled = matches!(outcome, Err(AppError::Cancelled));
                job.outcome = (!job.cancelled).then(|| outcome.map_err(Arc::new));
                job.ended.send_replace(true);
            });
            make_room(&mut lock(&jobs.known));
        });
        Ok(id)
    }

    pub fn status(&self, id: i64) -> Option<Status> {
        let mut jobs = lock(&self.known);
        make_room(&mut jobs);
        jobs.values().find(|(own, _)| *own == id).map(|(id, job)| job.status(*id))
    }

    /// The job as it is when it has ended, or when `patience` is over.
    pub async fn wait(&self, id: i64, patience: Duration) -> Option<Status> {
        let mut ended = lock(&self.known).values().find(|(own, _)| *own == id).map(|(_, job)| job.ended.subscribe())?;
        drop(tokio::time::timeout(patience, ended.wait_for(|ended| *ended)).await);
        self.status(id)
    }

    /// Stops a job, or forgets the result of one that has ended. The job as it is then; none when there is none.
    pub fn cancel(&self, id: i64) -> Option<Status> {
        let mut jobs = lock(&self.known);
        let (_, job) = jobs.values_mut().find(|(own, _)| *own == id)?;
        job.monitor.stop();
        job.cancelled = true;
        job.outcome = None;
        job.finished.get_or_insert((Timestamp::now(), Instant::now()));
        Some(job.status(id))
    }

    /// Stops all work.
    pub fn close(&self) {
        lock(&self.known).values().for_each(|(_, job)| job.monitor.stop());
        self.turns.close();
        self.job_turns.close();
    }

    async fn turn(
        &self,
        monitor: &Monitor,
        is_job: bool,
        work: impl FnOnce(&Monitor) -> Result<Done, AppError> + Send + 'static,
    ) -> Result<Done, AppError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(AppError::QuestionsWait);
        }
        let waits = Waits(&self.waiting);
        let job_turn = if is_job { Some(taken(&self.job_turns).await?) } else { None };
        let turn = taken(&self.turns).await?;
        drop(waits);
        monitor.checked()?;
        let watched = monitor.clone();
        // The turns go with the work: who gives up waiting does not make room for more of it.
        let done = tokio::task::spawn_blocking(move || {
            let _turns = (turn, job_turn);
            work(&watched)
        });
        let broken = |_| AppError::Configuration("the work broke off: this is a fault of the service".to_owned());
        done.await.map_err(broken)?
    }

    fn with_number(&self, number: u64, change: impl FnOnce(&mut Job)) {
        if let Some((_, job)) = lock(&self.known).get_mut(&number)
            && !job.cancelled
        {
            change(job);
        }
    }
}

async fn taken(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, AppError> {
    turns.clone().acquire_owned().await.map_err(|_| AppError::QuestionsWait)
}

/// Counts itself out, also when whoever waits gives up.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Job {
    fn status(&self, id: i64) -> Status {
        let state = match (&self.outcome, self.cancelled) {
            (_, true) => State::Cancelled,
            (Some(Ok(_)), _) => State::Done,
            (Some(Err(_)), _) => State::Failed,
            (None, _) if self.started.is_some() => State::Running,
            (None, _) => State::Waiting,
        };
        Status {
            id,
            kind: self.kind,
            state,
            share: if state == State::Done { 1.0 } else { self.monitor.share() },
            stage: self.monitor.stage_name(),
            created: self.created,
            started: self.started,
            finished: self.finished.map(|(at, _)| at),
            outcome: self.outcome.clone(),
        }
    }

    fn bytes(&self) -> usize {
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().ok()).map_or(0, |done| done.body.len())
    }
}

/// Lets go of results that are old, then of the oldest until the rest fits. What still works stays.
fn make_room(jobs: &mut BTreeMap<u64, (i64, Job)>) {
    jobs.retain(|_, (_, job)| job.finished.is_none_or(|(_, at)| at.elapsed() < KEPT));
    let (mut kept, mut bytes) = (jobs.len(), jobs.values().map(|(_, job)| job.bytes()).sum::<usize>());
    jobs.retain(|_, (_, job)| {
        let stays = job.finished.is_none() || (kept <= MOST_KEPT && bytes <= MOST_BYTES);
        if !stays {
            kept -= 1;
            bytes -= job.bytes();
        }
        stays
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
