//! A plan: who answers for which section, what it costs, and what the bounds say. And the way to the first one.

use super::model::Model;
use super::prepare::{Prepared, prepare};
use super::problem::{Infeasible, Note, Problem};
use super::search::{Allowance, Effort, Search};
use super::seed::{from_hubs, from_prices};
use super::transport::transport;

#[derive(Debug, Clone)]
pub struct Options {
    /// Share of the target by which a load may differ, on both sides.
    pub band: f64,
    /// Share by which travel may exceed its lower bound; within it, seams are saved.
    pub travel_allowance: f64,
    pub seed: u64,
    /// Changes nothing but the time.
    pub threads: usize,
    /// What is tried; by default a count that grows with the problem.
    pub effort: Option<Effort>,
}

impl Default for Options {
    fn default() -> Self {
        Self { band: 0.02, travel_allowance: 0.014, seed: 1, threads: 1, effort: None }
    }
}

/// The caller's part while a search runs.
pub struct Progress<'a> {
    /// True ends the search: the best plan so far is the answer.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Hears the share of the work that is done, 0 to 1.
    pub told: &'a mut dyn FnMut(f64),
}

/// Prices of the objective `travel x metres + seams + handover x share`; a seam costs 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Prices {
    /// Of a metre of travel, averaged over all work.
    pub travel: f64,
    /// Of handing over all work.
    pub handover: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The squad of each section, by its place in the list.
    pub squad: Vec<u32>,
    pub prices: Prices,
    pub figures: Figures,
    pub notes: Vec<Note>,
}

/// What a plan amounts to, and what no plan within the band could do better.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub load: Vec<f64>,
    pub target: Vec<f64>,
    /// Largest share by which a load differs from its target; and by which one exceeds it.
    pub max_deviation: f64,
    pub max_over: f64,
    /// No plan has a smaller deviation than this, sections being indivisible.
    pub deviation_bound: f64,
    /// Pieces beyond one a squad and part of the network.
    pub extra_pieces: usize,
    /// Sum over junctions of (squads present - 1).
    pub seams: f64,
    /// Metres from base to section, averaged over all work; none without bases.
    pub travel_m: Option<f64>,
    /// The least travel of any sharing within the band, contiguous or not.
    pub travel_bound_m: Option<f64>,
    /// Share of the work that changes hands; 0 for a first plan.
    pub handover: f64,
    /// `travel x metres + seams + handover x share`.
    pub objective: f64,
}

/// The first plan. The same bytes for the same problem and options, whatever `threads` and unless stopped.
///
/// Hard: one squad a section, one piece a squad (in each part of the network), locks, forbidden pairs, groups. Then the
/// band; then the objective, in which travel has the price at which its allowance is used up. Cost: about 0.5 s for 7,000
/// sections on two threads; memory: some 200 bytes x squads a section.
pub fn solve(problem: &Problem, options: &Options, progress: &mut Progress<'_>) -> Result<Plan, Infeasible> {
    let mut prepared = prepare(problem, options.band, options.seed, options.threads)?;
    let bases = problem.has_bases();
    let bound = bases.then(|| transport(&prepared.model));
    let mut allowance = None;
    let mut start = Vec::new();
    if let Some(bound) = &bound {
        start = from_prices(&prepared.model, bound);
        let seams = prepared.model.net_cost(&start).max(1.0);
        prepared.model.cost_price = first_price(seams, bound.value, options.travel_allowance);
        allowance = Some(Allowance {
            most: bound.value * (1.0 + options.travel_allowance),
            least_price: 0.1 * prepared.model.cost_price,
            most_price: 50.0 * prepared.model.cost_price,
        });
    }
    let model = &prepared.model;
    let effort = options.effort.unwrap_or_else(|| Effort::usual(model.units(), bases));
    let search = Search { model, effort, allowance, seed: options.seed, threads: options.threads, stop: progress.stop };
    let (label, price) = search
        .run(&|_, random| if bases { start.clone() } else { from_hubs(model, random) }, progress.told)
        .map_err(|unit| cut_off(problem, &prepared, unit))?;
    let prices = Prices { travel: if bases { price } else { 0.0 }, handover: 0.0 };
    let squad = prepared.of_sections(&label);
    let travel_bound = bound.filter(|bound| !bound.infeasible).map(|bound| bound.proven.min(bound.value));
    let (figures, mut notes) = judge(problem, &prepared, squad.as_slice(), None, prices, travel_bound);
    if (progress.stop)() {
        notes.push(Note::Stopped);
    }
    Ok(Plan { squad, prices, figures, notes })
}

/// A price at which, on street networks, the allowance is about used up; the search corrects it.
fn first_price(seams: f64, travel: f64, allowance: f64) -> f64 {
    seams / (12.0 * allowance.max(1e-4) * travel.max(1e-300))
}

/// Names a locked unit that cannot be joined to its squad.
pub(super) fn cut_off(problem: &Problem, prepared: &Prepared, unit: u32) -> Infeasible {
    let section = prepared.unit.iter().position(|&own| own == unit).unwrap_or(0) as u32;
    let squad = (0..prepared.model.labels as u32).find(|&label| prepared.model.allows(unit, label)).unwrap_or(0);
    Infeasible::LockCutOff { section, squad: problem.squads[squad as usize].code.clone() }
}

/// Figures and notes of any assignment of a prepared problem; `last` is the plan that hand-overs are counted from.
pub(super) fn judge(
    problem: &Problem,
    prepared: &Prepared,
    squad: &[u32],
    last: Option<&[u32]>,
    prices: Prices,
    travel_bound_m: Option<f64>,
) -> (Figures, Vec<Note>) {
    let model = &prepared.model;
    let squads = problem.squads.len();
    let total = problem.total_load();
    let work = |section: usize| problem.sections[section].workload.total();
    let label = prepared.of_units(squad);
    let load = model.loads(&label);
    let deviation = |at: usize| load[at] / model.target[at] - 1.0;
    let travel_m = (!prepared.metres.is_empty()).then(|| {
        let sum: f64 =
            squad.iter().enumerate().map(|(at, &own)| work(at) * prepared.metres[at * squads + own as usize]).sum();
        sum / total
    });
    let handover = last.map_or(0.0, |last| {
        let moved = squad.iter().zip(last).enumerate().filter(|(_, (now, before))| now != before);
        moved.map(|(at, _)| work(at)).sum::<f64>() / total
    });
    let seams = model.net_cost(&label);
    let figures = Figures {
        max_deviation: (0..squads).map(|at| deviation(at).abs()).fold(0.0, f64::max),
        max_over: (0..squads).map(deviation).fold(f64::NEG_INFINITY, f64::max),
        deviation_bound: deviation_bound(model),
        extra_pieces: model.pieces(&label).1.saturating_sub(squads),
        seams,
        travel_m,
        travel_bound_m,
        handover,
        objective: prices.travel * travel_m.unwrap_or(0.0) + seams + prices.handover * handover,
        target: model.target.clone(),
        load,
    };
    let mut notes = prepared.notes.clone();
    for at in (0..squads).filter(|&at| model.outside(at, figures.load[at]) > 0.0) {
        let deviation = figures.load[at] / model.target[at] - 1.0;
        notes.push(Note::BandNotKept { squad: problem.squads[at].code.clone(), deviation });
    }
    (figures, notes)
}

/// The heaviest unit is some squad's: it exceeds that target by at least what it exceeds the largest one by.
fn deviation_bound(model: &Model) -> f64 {
    let heaviest = model.weight.iter().copied().fold(0.0, f64::max);
    let largest = model.target.iter().copied().fold(0.0, f64::max);
    (heaviest / largest - 1.0).max(0.0)
}
