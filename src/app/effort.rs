//! Patrol effort as analysis wants it: one figure a section for a period.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jiff::Timestamp;

use crate::app::{App, AppError};
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::domain::patrol_effort::PatrolEffort;
use crate::world::{LayerSnapshot, Snapshot};

/// All rows of one version of the table.
pub struct Efforts {
    version: i64,
    /// The sections as they were: what was made of which changes with them.
    sections: Weak<LayerSnapshot>,
    rows: Vec<PatrolEffort>,
    /// What was made of sections that were split or merged.
    children: HashMap<FeatureId, Vec<FeatureId>>,
}

/// The rows of the newest version that was asked for.
#[derive(Default)]
pub(crate) struct EffortCache(Mutex<Option<Arc<Efforts>>>);

/// What effort is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Minutes,
    Passes,
}

impl Measure {
    pub fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Passes => "passes",
        }
    }
}

/// From inclusive, to exclusive.
type Span = (Timestamp, Timestamp);

/// Effort in a period, by section; sections that are not in it have none on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    pub measure: Measure,
    pub by_section: HashMap<FeatureId, f64>,
    /// The times for which each section's effort is on record, within the period.
    spans: HashMap<FeatureId, Vec<Span>>,
}

impl Exposure {
    /// Whether the section's effort at a moment is on record.
    pub fn covers(&self, section: FeatureId, at: Timestamp) -> bool {
        self.spans.get(&section).is_some_and(|spans| spans.iter().any(|(from, to)| *from <= at && at < *to))
    }

    /// The first and the last moment on record for any section.
    pub fn whole(&self) -> Option<Span> {
        let all = || self.spans.values().flatten();
        Some((all().map(|span| span.0).min()?, all().map(|span| span.1).max()?))
    }

    /// The share of a period in which effort of any section is on record, 0 to 1.
    pub fn share_of(&self, from: Timestamp, to: Timestamp) -> f64 {
        let mut spans: Vec<Span> = self.spans.values().flatten().copied().collect();
        spans.sort_unstable();
        let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64().max(0.0);
        let (mut covered, mut until) = (0.0, from);
        for (start, end) in spans {
            covered += seconds(start.max(until), end.min(to));
            until = until.max(end.min(to));
        }
        if to > from { covered / seconds(from, to) } else { 1.0 }
    }
}

impl App {
    /// The rows as they are now. Cost: a look at one row when nothing has changed.
    ///
    /// The snapshot is taken before the rows are read, so the rows are at least as new as the sections they belong to.
    pub(crate) async fn efforts(&self) -> Result<Arc<Efforts>, AppError> {
        let sections = Arc::downgrade(&self.snapshot().layer_handle(Layer::RoadSections));
        let mut tx = self.0.store.read().await?;
        let version = tx.effort_version().await?;
        let known = self.0.efforts.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.version == version && known.sections.ptr_eq(&sections)) {
            return Ok(known);
        }
        let (rows, children) = (tx.efforts().await?, tx.section_children().await?);
        let efforts = Arc::new(Efforts { version, sections, rows, children });
        *self.0.efforts.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(efforts.clone());
        Ok(efforts)
    }
}

impl Efforts {
    /// Rises with each import.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Effort between two instants, rows that reach beyond by their share; none when there is no row in the period.
    ///
    /// Minutes when any row has them, else passes. Rows that overlap add up: two squads, or two imports. What was split
    /// hands its effort down by length; what was merged adds up.
    pub fn exposure(&self, snapshot: &Snapshot, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Exposure> {
        let inside: Vec<(&PatrolEffort, f64)> =
            self.rows.iter().map(|row| (row, row.share_within(from, to))).filter(|(_, share)| *share > 0.0).collect();
        let measure =
            if inside.iter().any(|(row, _)| row.minutes.is_some()) { Measure::Minutes } else { Measure::Passes };
        let mut found = Exposure { measure, by_section: HashMap::new(), spans: HashMap::new() };
        for (row, share) in &inside {
            let amount = match measure {
                Measure::Minutes => row.minutes,
                Measure::Passes => row.passes,
            };
            // No minutes at all is as good as nobody there.
            if let Some(amount) = amount.filter(|amount| *amount > 0.0) {
                let span = (from.map_or(row.from, |from| from.max(row.from)), to.map_or(row.to, |to| to.min(row.to)));
                self.hand_down(snapshot, row.section, amount * share, span, &mut found, 0);
            }
        }
        (!inside.is_empty()).then_some(found)
    }

    fn hand_down(
        &self,
        snapshot: &Snapshot,
        section: FeatureId,
        amount: f64,
        span: Span,
        into: &mut Exposure,
        depth: usize,
    ) {
        /// Longer lines of descent than any street has.
        const DEEPEST: usize = 50;
        let layer = snapshot.layer(Layer::RoadSections);
        if layer.with_row(section, |_| ()).is_some() {
            *into.by_section.entry(section).or_insert(0.0) += amount;
            into.spans.entry(section).or_default().push(span);
            return;
        }
        let Some(children) = self.children.get(&section).filter(|_| depth < DEEPEST) else { return };
        let length_at = Layer::RoadSections.declaration().position("length_m").unwrap_or(0);
        let lengths: Vec<f64> = children
            .iter()
            .map(|child| layer.with_row(*child, |row| row.declared(length_at).number()).flatten().unwrap_or(1.0))
            .collect();
        let all: f64 = lengths.iter().sum();
        for (child, length) in children.iter().zip(&lengths) {
            // Whoever passed the whole passed each piece.
            let share = if into.measure == Measure::Minutes && all > 0.0 { length / all } else { 1.0 };
            self.hand_down(snapshot, *child, amount * share, span, into, depth + 1);
        }
    }
}
