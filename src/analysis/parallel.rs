//! Work in fixed units on several threads, with answers in the order of the units: the thread count changes nothing.
//!
//! Whoever asks may look on and stop the work ([`watched`]): between units the callback is told the share that is done
//! and answers whether to go on. It changes no answer: there is the whole one, or none.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Is told the share done of the units at hand, 0 to 1, and answers whether to go on.
pub type Watch = Arc<dyn Fn(f64) -> bool + Send + Sync>;

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
    /// The share that was told last on this thread.
    static SHARE: Cell<f64> = const { Cell::new(0.0) };
}

/// What unwinds when the work is to end; not a panic, so nothing is reported.
struct Stopped;

/// Puts back what was looking on before, also when the work unwinds.
struct Restore(Option<Watch>);

impl Drop for Restore {
    fn drop(&mut self) {
        let before = self.0.take();
        WATCH.with(|own| *own.borrow_mut() = before);
    }
}

/// Does `work` with `watch` looking on; none when it said that the work should end.
///
/// The answer of stopped work is lost on the way: it must not leave anything behind that others see.
pub fn watched<T>(watch: Watch, work: impl FnOnce() -> T) -> Option<T> {
    let _restore = Restore(WATCH.with(|own| own.borrow_mut().replace(watch)));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(reason) if reason.is::<Stopped>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

fn look(watch: Option<&Watch>, done: usize, units: usize) {
    if let Some(watch) = watch {
        let share = done as f64 / units as f64;
        SHARE.with(|told| told.set(share));
        if !watch(share) {
            resume_unwind(Box::new(Stopped));
        }
    }
}

/// For long loops outside [`in_units`] and inside its units: the work ends here when whoever looks on says so.
///
/// Costs some tens of nanoseconds where somebody looks on; call it once in 10 us of work or more.
pub fn look_up() {
    let watch = WATCH.with(|own| own.borrow().clone());
    if let Some(watch) = watch
        && !watch(SHARE.with(Cell::get))
    {
        resume_unwind(Box::new(Stopped));
    }
}

/// `work(unit)` for each unit in `0..units`, on `threads` threads (at least one), answers in order.
///
/// `work` must depend on its unit only. Cost: one atomic step and one slot a unit; make units of 0.1 ms or more.
pub fn in_units<T: Send>(units: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads.clamp(1, units.max(1));
    let watch = WATCH.with(|own| own.borrow().clone());
    if threads == 1 {
        let watched = |unit| {
            look(watch.as_ref(), unit, units);
            work(unit)
        };
        return (0..units).map(watched).collect();
    }
    let next = AtomicUsize::new(0);
    let done = std::thread::scope(|scope| {
        let take = || {
            let mut own = Vec::new();
            loop {
                let unit = next.fetch_add(1, Ordering::Relaxed);
                if unit >= units {
                    return own;
                }
                look(watch.as_ref(), unit, units);
                own.push((unit, work(unit)));
            }
        };
        let watch = &watch;
        let beside = move || {
            // What looks on here looks on there.
            WATCH.with(|own| own.borrow_mut().clone_from(watch));
            take()
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(beside)).collect();
        let mut done = take();
        for other in others {
            match other.join() {
                Ok(own) => done.extend(own),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    });
    let mut ordered: Vec<Option<T>> = (0..units).map(|_| None).collect();
    for (unit, answer) in done {
        ordered[unit] = Some(answer);
    }
    ordered.into_iter().map(|answer| answer.expect("each unit is taken once")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 3, 8] {
            assert_eq!(
                in_units(100, threads, |unit| unit * unit),
                (0..100).map(|unit| unit * unit).collect::<Vec<_>>()
            );
        }
        assert!(in_units(0, 4, |unit| unit).is_empty());
    }

    #[test]
    fn watched_work_is_whole_or_not_at_all() {
        for threads in [1, 4] {
            let told = Arc::new(AtomicUsize::new(0));
            let seen = told.clone();
            let all: Watch = Arc::new(move |share| {
                assert!((0.0..=1.0).contains(&share));
                seen.fetch_add(1, Ordering::Relaxed);
                true
            });
            assert_eq!(watched(all, || in_units(50, threads, |unit| unit)), Some((0..50).collect()));
            assert_eq!(told.load(Ordering::Relaxed), 50);
            let first_half: Watch = Arc::new(|share| share < 0.5);
            assert_eq!(watched(first_half, || in_units(50, threads, |unit| unit)), None);
            // Nobody looks on afterwards.
            assert_eq!(in_units(3, threads, |unit| unit), [0, 1, 2]);
        }
        // A long loop of its own ends, too, also inside units on other threads.
        let asked = Arc::new(AtomicUsize::new(0));
        let seen = asked.clone();
        let some: Watch = Arc::new(move |_| seen.fetch_add(1, Ordering::Relaxed) < 1_000);
        let endless = |_: usize| {
            loop {
                look_up();
            }
        };
        assert_eq!(watched(some.clone(), || in_units::<()>(4, 3, endless)), None);
        assert_eq!(watched(some, || endless(0)), None::<()>);
        let quiet: Watch = Arc::new(|_| true);
        let failing = || watched(quiet, || in_units(2, 1, |unit| assert_eq!(unit, 0)));
        let panic = catch_unwind(AssertUnwindSafe(failing));
        assert!(panic.is_err(), "a panic stays a panic");
    }
}
