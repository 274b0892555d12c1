//! Equal-split kernels, discontinuous and continuous: every way out of a section, with its share at each junction.
//!
//! The share of a way is the same in both directions, so the density at a place is gathered: ways are followed from the
//! places' section outwards, and the cases on the sections met are summed.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::atomic::{self, AtomicU64};

use super::moments::{Growing, Moments};
use super::{DeadEnd, Place, Split};
use crate::analysis::hotspots::error::HotspotError;
use crate::analysis::hotspots::streets::Streets;
use crate::analysis::parallel::look_up;

/// Shares below this are not followed.
const LEAST_SHARE: f64 = 1e-12;

/// Ways that are followed at most, in all: minutes of work.
const MOST_WAYS: u64 = 200_000_000;
/// Ways that may wait to be followed at a time: 64 MB a thread.
const MOST_WAITING: usize = 2_000_000;
/// Ways that are followed between two looks at whether to go on.
const BETWEEN_LOOKS: u64 = 1_024;

/// Ways that end in the same direction and differ by less than this in length (metres) go on as one.
const SAME_LENGTH_M: f64 = 1e-9;

pub(super) struct Ways<'a> {
    streets: &'a Streets,
    moments: &'a Moments,
    split: Split,
    queue: BinaryHeap<Way>,
    /// Ways that all threads have followed together.
    followed: &'a AtomicU64,
}

impl<'a> Ways<'a> {
    pub(super) fn new(streets: &'a Streets, moments: &'a Moments, split: Split, followed: &'a AtomicU64) -> Self {
        Self { streets, moments, split, queue: BinaryHeap::new(), followed }
    }

    /// Appends index and density of each place of a section.
    pub(super) fn densities(
        &mut self,
        section: u32,
        places: &[Place],
        found: &mut Vec<(u32, f64)>,
    ) -> Result<(), HotspotError> {
        let bandwidth = self.moments.bandwidth_m;
        let length = self.streets.length(section as usize) / bandwidth;
        let mut offsets: Vec<f64> = places.iter().map(|place| place.offset_m / bandwidth).collect();
        let mut sums: Vec<f64> = offsets
            .iter()
            .map(|offset| {
                self.moments.sum(section, *offset, f64::INFINITY, -offset, Growing::WithOffset)
                    + self.moments.sum(section, f64::NEG_INFINITY, *offset, *offset, Growing::AgainstOffset)
            })
            .collect();
        self.follow(2 * section + 1, &offsets, &mut sums)?;
        offsets.iter_mut().for_each(|offset| *offset = length - *offset);
        self.follow(2 * section, &offsets, &mut sums)?;
        found.extend(places.iter().zip(sums).map(|(place, sum)| (place.index, sum / bandwidth)));
        Ok(())
    }

    /// Adds what comes by the ways that leave the section in this direction; `to_end` are the places' distances to that
    /// end, in bandwidths.
    fn follow(&mut self, direction: u32, to_end: &[f64], sums: &mut [f64]) -> Result<(), HotspotError> {
        let nearest = to_end.iter().copied().fold(f64::INFINITY, f64::min);
        let limit_m = (1.0 - nearest) * self.moments.bandwidth_m;
        self.queue.clear();
        if limit_m > 0.0 {
            self.queue.push(Way::new(0.0, direction, 1.0));
        }
        let mut followed = 0_u64;
        while let Some(mut way) = self.queue.pop() {
            while let Some(other) = self.queue.peek().filter(|other| way.joins(other)) {
                way.share += other.share;
                self.queue.pop();
            }
            followed += 1;
            if followed.is_multiple_of(BETWEEN_LOOKS) {
                look_up();
                self.check_ways(BETWEEN_LOOKS)?;
            }
            self.pass_junction(&way, limit_m, to_end, sums);
        }
        self.check_ways(followed % BETWEEN_LOOKS)
    }

    /// Counts ways; whether there are too many does not depend on which thread comes first.
    fn check_ways(&self, more: u64) -> Result<(), HotspotError> {
        let followed = self.followed.fetch_add(more, atomic::Ordering::Relaxed) + more;
        if followed <= MOST_WAYS && self.queue.len() <= MOST_WAITING {
            return Ok(());
        }
        let why = "take a shorter bandwidth, or the simple kernel";
        let (given, most) = if followed > MOST_WAYS {
            (followed as usize, MOST_WAYS as usize)
        } else {
            (self.queue.len(), MOST_WAITING)
        };
        Err(HotspotError::TooMany { what: "ways through the network", given, most, why })
    }

    fn pass_junction(&mut self, way: &Way, limit_m: f64, to_end: &[f64], sums: &mut [f64]) {
        let bandwidth = self.moments.bandwidth_m;
        let junction = self.streets.head(way.direction);
        let degree = self.streets.degree(junction) as f64;
        let walked = way.walked_m / bandwidth;
        let apart = self.moments.on_junction(junction) * 2.0 / degree;
        if apart > 0.0 {
            for (sum, to_end) in sums.iter_mut().zip(to_end) {
                *sum += apart * way.share * self.moments.kernel(walked + to_end);
            }
        }
        for direction in self.streets.leaving(junction) {
            let share = way.share * self.factor(degree, *direction == way.direction ^ 1);
            if share.abs() < LEAST_SHARE {
                continue;
            }
            let section = direction / 2;
            let length_m = self.streets.length(section as usize);
            if !self.moments.is_empty(section) {
                let (from_tail, growing) = if direction % 2 == 0 {
                    (0.0, Growing::WithOffset)
                } else {
                    (length_m / bandwidth, Growing::AgainstOffset)
                };
                for (sum, to_end) in sums.iter_mut().zip(to_end) {
                    let before = walked + to_end;
                    if before < 1.0 {
                        let (all, at_zero) = ((f64::NEG_INFINITY, f64::INFINITY), before + from_tail);
                        *sum += share * self.moments.sum(section, all.0, all.1, at_zero, growing);
                    }
                }
            }
            if way.walked_m + length_m < limit_m {
                self.queue.push(Way::new(way.walked_m + length_m, *direction, share));
            }
        }
    }

    /// The share that goes on one way out of a junction of this degree.
    fn factor(&self, degree: f64, back: bool) -> f64 {
        match (self.split, back) {
            (Split::Continuous(DeadEnd::Absorbing), true) if degree == 1.0 => 0.0,
            (Split::Continuous(_), true) => 2.0 / degree - 1.0,
            (Split::Continuous(_), false) => 2.0 / degree,
            (_, true) => 0.0,
            (_, false) => 1.0 / (degree - 1.0),
        }
    }
}

/// A way that arrives at the head of a direction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Way {
    /// The length in steps of [`SAME_LENGTH_M`]: equal lengths summed in another order are equal here.
    rounded: u64,
    walked_m: f64,
    direction: u32,
    share: f64,
}

impl Way {
    fn new(walked_m: f64, direction: u32, share: f64) -> Self {
        Self { rounded: (walked_m / SAME_LENGTH_M).round() as u64, walked_m, direction, share }
    }

    fn joins(&self, other: &Self) -> bool {
        self.rounded == other.rounded && self.direction == other.direction
    }
}

impl Eq for Way {}

impl Ord for Way {
    /// The shortest is the greatest, as the heap wants it; then by direction, then by all the rest, for a fixed order.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.rounded.cmp(&self.rounded))
            .then(other.direction.cmp(&self.direction))
            .then(other.walked_m.total_cmp(&self.walked_m))
            .then(other.share.total_cmp(&self.share))
    }
}

impl PartialOrd for Way {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
