//! Work in fixed units on several threads, with answers in the order of the units: the thread count changes nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

/// `work(unit)` for each unit in `0..units`, on `threads` threads (at least one), answers in order.
///
/// `work` must depend on its unit only. Cost: one atomic step and one slot a unit; make units of 0.1 ms or more.
pub fn in_units<T: Send>(units: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads.clamp(1, units.max(1));
    if threads == 1 {
        return (0..units).map(work).collect();
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
                own.push((unit, work(unit)));
            }
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            match other.join() {
                Ok(own) => done.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
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
}
