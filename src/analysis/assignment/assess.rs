//! What any assignment of a problem amounts to, asked again and again: for looking at moves before they are made.
//!
//! It does not search.

use super::model::NONE;
use super::plan::{Figures, Prices, judge};
use super::prepare::{Prepared, prepare};
use super::problem::{Infeasible, Note, Problem};

/// A problem made ready once.
pub struct Assessor {
    problem: Problem,
    prepared: Prepared,
}

impl Assessor {
    /// Cost: a search for the ways from each base.
    pub fn new(problem: Problem, band: f64, seed: u64, threads: usize) -> Result<Self, Infeasible> {
        let prepared = prepare(&problem, band, seed, threads)?;
        Ok(Self { problem, prepared })
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Figures and notes. `squad` is a squad a section, `last` the plan that hand-overs are counted from (`NONE`: new).
    /// Cost: a few steps a section.
    pub fn assess(&self, squad: &[u32], last: Option<&[u32]>, prices: Prices) -> (Figures, Vec<Note>) {
        let known = last.map(|last| -> Vec<u32> {
            squad.iter().zip(last).map(|(now, last)| if *last == NONE { *now } else { *last }).collect()
        });
        judge(&self.problem, &self.prepared, squad, known.as_deref(), prices, None)
    }
}
