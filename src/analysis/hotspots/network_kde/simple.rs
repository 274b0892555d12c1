//! The simple kernel: the shortest way from each place to each case, and the kernel of its length.

use super::Place;
use super::moments::{Growing, Moments};
use crate::analysis::hotspots::streets::{Streets, Walk};

pub(super) struct Search<'a> {
    streets: &'a Streets,
    moments: &'a Moments,
    /// Walks from the first and the second end of the places' section.
    walks: [Walk; 2],
    near: Vec<u32>,
}

impl<'a> Search<'a> {
    pub(super) fn new(streets: &'a Streets, moments: &'a Moments) -> Self {
        Self { streets, moments, walks: [Walk::new(streets), Walk::new(streets)], near: Vec::new() }
    }

    /// Appends index and density of each place of a section.
    pub(super) fn densities(&mut self, section: u32, places: &[Place], found: &mut Vec<(u32, f64)>) {
        let bandwidth = self.moments.bandwidth_m;
        self.near.clear();
        self.near.push(section);
        for (walk, junction) in self.walks.iter_mut().zip(self.streets.ends(section as usize)) {
            walk.run(self.streets, &[(junction, 0.0)], bandwidth);
            for reached in walk.reached() {
                let touching = self.streets.leaving(*reached).iter().map(|direction| direction / 2);
                self.near.extend(touching.filter(|section| !self.moments.is_empty(*section)));
            }
        }
        self.near.sort_unstable();
        self.near.dedup();
        for place in places {
            let sum: f64 = self.near.iter().map(|other| self.over_section(section, place, *other)).sum();
            found.push((place.index, sum / bandwidth));
        }
    }

    fn over_section(&self, section: u32, place: &Place, other: u32) -> f64 {
        let bandwidth = self.moments.bandwidth_m;
        let to_ends = [place.offset_m, self.streets.length(section as usize) - place.offset_m];
        let away = |junction: u32| {
            let by_end = |end: usize| to_ends[end] + self.walks[end].to(junction);
            by_end(0).min(by_end(1)) / bandwidth
        };
        let [first, second] = self.streets.ends(other as usize).map(away);
        let length = self.streets.length(other as usize) / bandwidth;
        if section != other {
            if first >= 1.0 && second >= 1.0 {
                return 0.0;
            }
            // Up to here the way by the first end is the shorter one. Both may be out of reach: then so is all.
            let parting = if second.is_infinite() {
                f64::INFINITY
            } else if first.is_infinite() {
                f64::NEG_INFINITY
            } else {
                (length + second - first) / 2.0
            };
            return self.by_first(other, f64::NEG_INFINITY, parting, first)
                + self.by_second(other, parting, f64::INFINITY, second + length);
        }
        // On the own section: straight on, or round by the other end where that is shorter.
        let own = place.offset_m / bandwidth;
        let (low, high) = ((own - first) / 2.0, (length + second + own) / 2.0);
        self.by_first(other, f64::NEG_INFINITY, low, first)
            + self.by_second(other, low, own, own)
            + self.by_first(other, own, high, -own)
            + self.by_second(other, high, f64::INFINITY, second + length)
    }

    fn by_first(&self, section: u32, from: f64, to: f64, at_zero: f64) -> f64 {
        if at_zero >= 1.0 { 0.0 } else { self.moments.sum(section, from, to, at_zero, Growing::WithOffset) }
    }

    fn by_second(&self, section: u32, from: f64, to: f64, at_zero: f64) -> f64 {
        if at_zero.is_finite() { self.moments.sum(section, from, to, at_zero, Growing::AgainstOffset) } else { 0.0 }
    }
}
