//! How much a road section was patrolled in a period: what cases have to be weighed against.

use jiff::Timestamp;

use crate::domain::feature::FeatureId;

/// Minutes or passes, or both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatrolEffort {
    pub section: FeatureId,
    /// Inclusive.
    pub from: Timestamp,
    /// Exclusive, later than `from`.
    pub to: Timestamp,
    pub minutes: Option<f64>,
    pub passes: Option<f64>,
}

impl PatrolEffort {
    /// The share of the period that lies within another, 0 to 1.
    pub fn share_within(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> f64 {
        let start = from.map_or(self.from, |from| from.max(self.from));
        let end = to.map_or(self.to, |to| to.min(self.to));
        let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
        if start >= end { 0.0 } else { seconds(start, end) / seconds(self.from, self.to) }
    }
}
