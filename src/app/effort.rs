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

/// Effort in a period, by section; sections that are not in it were not looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    pub measure: Measure,
    pub by_section: HashMap<FeatureId, f64>,
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
    /// Minutes when any row has them, else passes. What was split hands its effort down by length; what was merged adds up.
    pub fn exposure(&self, snapshot: &Snapshot, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Exposure> {
        let inside: Vec<(&PatrolEffort, f64)> =
            self.rows.iter().map(|row| (row, row.share_within(from, to))).filter(|(_, share)| *share > 0.0).collect();
        let measure =
            if inside.iter().any(|(row, _)| row.minutes.is_some()) { Measure::Minutes } else { Measure::Passes };
        let mut by_section: HashMap<FeatureId, f64> = HashMap::new();
        for (row, share) in &inside {
            let amount = match measure {
                Measure::Minutes => row.minutes,
                Measure::Passes => row.passes,
            };
            if let Some(amount) = amount {
                self.hand_down(snapshot, row.section, amount * share, measure, &mut by_section, 0);
            }
        }
        // No minutes at all is as good as nobody there.
        by_section.retain(|_, amount| *amount > 0.0);
        (!inside.is_empty()).then_some(Exposure { measure, by_section })
    }

    fn hand_down(
        &self,
        snapshot: &Snapshot,
        section: FeatureId,
        amount: f64,
        measure: Measure,
        into: &mut HashMap<FeatureId, f64>,
        depth: usize,
    ) {
        /// Longer lines of descent than any street has.
        const DEEPEST: usize = 50;
        let layer = snapshot.layer(Layer::RoadSections);
        if layer.with_row(section, |_| ()).is_some() {
            *into.entry(section).or_insert(0.0) += amount;
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
            let share = if measure == Measure::Minutes && all > 0.0 { length / all } else { 1.0 };
            self.hand_down(snapshot, *child, amount * share, measure, into, depth + 1);
        }
    }
}
