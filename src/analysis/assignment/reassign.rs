//! A plan from the last one, changed as little as the new numbers ask for: new demand, squads stronger, weaker, formed or
//! dissolved, roads closed or added, locks. With the steps that lead there and the least that any change must hand over.

use super::handover::{HandoverBound, handover_bound};
use super::model::{Model, NONE};
use super::near_borders::NearBorders;
use super::plan::{Options, Plan, Prices, Progress, cut_off, judge};
use super::prepare::{Prepared, prepare};
use super::problem::{Infeasible, Note, Problem};
use super::rebalance::{BATCHES, Flow, Known, Rebalance, sum_of, usual};
use super::repair::make_whole;
use super::search::Effort;
use super::steps::steps;
use super::transport::transport;

/// Limits of one change.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// The largest share of all work that may change hands.
    pub handover: Option<f64>,
    /// The largest number of squads that gain or lose a section.
    pub squads: Option<usize>,
}

/// Sections that go over together. After each step every squad is one piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// None in a step that moves several squads' sections at once: what has no squad any more, a squad that is formed, or
    /// an exchange that no order of single steps allows.
    pub way: Option<(u32, u32)>,
    pub sections: Vec<u32>,
    pub squads: Vec<u32>,
    /// Work that changes hands.
    pub load: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reassigned {
    pub plan: Plan,
    pub bound: HandoverBound,
    pub steps: Vec<Step>,
    /// Squads that gain or lose a section.
    pub touched: Vec<u32>,
}

/// What travel counts beside hand-overs: as much travel as its lower bound is worth this share of all work. Little: travel
/// hardly changes with it, and where units are heavy more of it costs hand-overs.
const TRAVEL: f64 = 0.01;
/// The part of the prices of loads by which the search is led: half leaves it free to find that a border costs more than the
/// flow knows.
const LEAD: f64 = 0.5;
/// How far prices of hand-overs lie apart at first.
const SPREAD: f64 = 4.0;
const NARROW_SPREAD: f64 = 1.4;
/// Sections next to the borders that are looked at one by one; the rest in blocks.
const FINE: usize = 5_500;

/// `last[section]` is the squad of the last plan by its place in the list now. Numbers from the number of squads on are squads
/// that are gone (each its own number), `NONE` a section that is new. Closed roads are left out of `problem`.
///
/// Hard rules as in `solve`; then the band; then hand-overs within 1.25 times their bound and seams within 1.1 times the last
/// plan's, as few of both as can be had; travel counts a little as well.
/// Cost: some 0.17 s for 7,000 sections on two threads, and up to 0.5 s where an allowance is hard to keep.
pub fn reassign(
    problem: &Problem,
    last: &[u32],
    limits: &Limits,
    options: &Options,
    progress: &mut Progress<'_>,
) -> Result<Reassigned, Infeasible> {
    let prepared = prepare(problem, options.band, options.seed, options.threads)?;
    let travel = problem.has_bases().then(|| transport(&prepared.model)).filter(|bound| !bound.infeasible);
    let travel_share = travel.as_ref().map_or(0.0, |bound| TRAVEL / bound.value.max(1e-300));
    let (bound, price_of_load) = bound_of(problem, &prepared.model, last);
    let model = priced(problem, &prepared, last, travel_share);
    let mut start = first_label(problem, &prepared, &model, last);
    make_whole(&model, &mut start).map_err(|unit| cut_off(problem, &prepared, unit))?;
    let forced = share_of_forced(problem, &prepared, last, &start);
    let flow = Flow { share: bound.flow.max(forced), lead: price_of_load.iter().map(|price| LEAD * price).collect() };
    let (mut end, mut price) = search(&model, &prepared, travel_share, &start, &flow, options, progress);
    if let Some(most) = limits.squads {
        let changed = touched(&start, &end, model.labels);
        if changed.len() > most {
            let held = held_back(&model, &start, &end, most);
            (end, price) = search(&held, &prepared, travel_share, &start, &flow, options, progress);
        }
    }
    let mut walked = walk(problem, &prepared, &model, last, &start, &end);
    let mut limited = false;
    if let Some(most) = limits.handover {
        let forced = prepared.of_sections(&start) != last;
        limited = shorten(problem, last, &mut walked, most, forced);
    }
    let mut squad: Vec<u32> = prepared.of_sections(&start);
    for step in &walked {
        step.sections.iter().zip(&step.squads).for_each(|(&section, &own)| squad[section as usize] = own);
    }
    let prices = Prices { travel: price * travel_share, handover: price };
    let known: Vec<u32> = squad.iter().zip(last).map(|(now, last)| if *last == NONE { *now } else { *last }).collect();
    let travel_bound = travel.map(|bound| bound.proven.min(bound.value));
    let (figures, mut notes) = judge(problem, &prepared, &squad, Some(&known), prices, travel_bound);
    if limited {
        notes.push(Note::Limited);
    }
    if (progress.stop)() {
        notes.push(Note::Stopped);
    }
    let mut touched: Vec<u32> = squad.iter().zip(&known).filter(|(a, b)| a != b).flat_map(|(a, b)| [*a, *b]).collect();
    touched.sort_unstable();
    touched.dedup();
    touched.retain(|&squad| (squad as usize) < model.labels);
    Ok(Reassigned { plan: Plan { squad, prices, figures, notes }, bound, steps: walked, touched })
}

/// The best labelling found from `start`, and the price of its costs.
fn search(
    model: &Model,
    prepared: &Prepared,
    travel_share: f64,
    start: &[u32],
    flow: &Flow,
    options: &Options,
    progress: &mut Progress<'_>,
) -> (Vec<u32>, f64) {
    let travel: Vec<f64> = if travel_share > 0.0 {
        prepared.model.cost.iter().map(|cost| travel_share * cost).collect()
    } else {
        Vec::new()
    };
    let effort = options.effort.unwrap_or_else(|| usual(model.units()));
    let whole = Rebalance {
        model,
        travel: &travel,
        flow,
        seams: model.net_cost(start),
        travelled: sum_of(&travel, model.labels, start),
        effort,
        seed: options.seed,
        threads: options.threads,
        stop: progress.stop,
    };
    let wide = NearBorders::new(model, start, FINE);
    let costs = wide.as_ref().map_or_else(Vec::new, |wide| wide.costs(&travel));
    let (coarse, tried) = match &wide {
        Some(wide) => (wide.coarse(start), Rebalance { model: &wide.model, travel: &costs, ..whole }),
        None => (start.to_vec(), whole),
    };
    let mut best = None;
    let first_part = if wide.is_some() { 0.6 } else { 1.0 };
    for batch in 0..BATCHES {
        let mut told = |share: f64| (progress.told)((batch as f64 + share) / BATCHES as f64);
        let mut found = tried.batch(&coarse, SPREAD, batch, &mut |share| told(first_part * share));
        if let Some(wide) = &wide {
            found.label = wide.fine(&found.label);
            found = section_by_section(&whole, found, &mut |share| told(first_part + (1.0 - first_part) * share));
        }
        if best.as_ref().is_none_or(|best| found.order(best).is_lt()) {
            best = Some(found);
        }
        if (progress.stop)() || best.as_ref().is_some_and(Known::keeps_allowances) {
            break;
        }
    }
    let Some(best) = best else { return (start.to_vec(), 0.0) };
    let price = whole.price(&best);
    (best.label, price)
}

/// `found` once more, fine about its own borders: they may have moved into what was the inside of a label before.
fn section_by_section(whole: &Rebalance<'_>, found: Known, told: &mut dyn FnMut(f64)) -> Known {
    let Some(narrow) = NearBorders::new(whole.model, &found.label, FINE) else { return found };
    let Effort { starts, rounds, cold, .. } = whole.effort;
    let cool = Effort { starts: starts.min(4), rounds: rounds.min(1), hot: 3.0 * cold, ..whole.effort };
    let travel = narrow.costs(whole.travel);
    let tried = Rebalance { model: &narrow.model, travel: &travel, effort: cool, ..*whole };
    let mut found = tried.batch(&narrow.coarse(&found.label), NARROW_SPREAD, 0, told);
    found.label = narrow.fine(&found.label);
    found
}

/// Share of the work that changes hands in `start` already.
fn share_of_forced(problem: &Problem, prepared: &Prepared, last: &[u32], start: &[u32]) -> f64 {
    let moved = (0..last.len()).filter(|&at| last[at] != NONE && last[at] != start[prepared.unit[at] as usize]);
    moved.map(|at| problem.sections[at].workload.total()).sum::<f64>() / problem.total_load()
}

/// The prepared model with hand-overs as shares of all work, and travel as far as it counts beside them.
fn priced(problem: &Problem, prepared: &Prepared, last: &[u32], travel_share: f64) -> Model {
    let mut model = prepared.model.clone();
    let total = problem.total_load();
    model.cost.iter_mut().filter(|cost| cost.is_finite()).for_each(|cost| *cost *= travel_share);
    for (section, &unit) in prepared.unit.iter().enumerate() {
        if last[section] == NONE {
            continue;
        }
        let share = problem.sections[section].workload.total() / total;
        for squad in (0..model.labels).filter(|&squad| squad as u32 != last[section]) {
            // A section without work costs a little as well, so that it stays where nothing speaks against it.
            model.cost[unit as usize * model.labels + squad] += share + 1e-9;
        }
    }
    model
}

/// The last plan as far as it is still allowed; what has no squad grows out of its neighbours; a squad without sections
/// takes those about its base up to its least load.
fn first_label(problem: &Problem, prepared: &Prepared, model: &Model, last: &[u32]) -> Vec<u32> {
    let known: Vec<u32> = last.iter().map(|&own| if own < model.labels as u32 { own } else { NONE }).collect();
    let mut label = prepared.of_units(&known);
    for unit in 0..model.units() as u32 {
        let own = label[unit as usize];
        if own == NONE || !model.allows(unit, own) {
            let only = super::repair::only_label(model, unit);
            label[unit as usize] = only.unwrap_or(NONE);
        }
    }
    let empty: Vec<u32> = (0..model.labels as u32).filter(|own| !label.contains(own)).collect();
    for squad in empty {
        form(problem, prepared, model, &mut label, squad);
    }
    spread(model, &mut label);
    label
}

fn form(problem: &Problem, prepared: &Prepared, model: &Model, label: &mut [u32], squad: u32) {
    let base = problem.squads[squad as usize].base;
    let near_base = |section: &usize| {
        let ends = problem.sections[*section].ends;
        base.is_none_or(|base| ends.contains(&base)) && model.allows(prepared.unit[*section], squad)
    };
    let Some(first) = (0..problem.sections.len()).find(near_base) else { return };
    let mut known = vec![false; model.units()];
    let mut queue = vec![prepared.unit[first]];
    known[prepared.unit[first] as usize] = true;
    let (mut at, mut load) = (0, 0.0);
    while at < queue.len() && load < model.low[squad as usize] {
        let unit = queue[at];
        at += 1;
        label[unit as usize] = squad;
        load += model.weight[unit as usize];
        for &net in model.nets.of(unit) {
            for &pin in model.pins.of(net) {
                if !std::mem::replace(&mut known[pin as usize], true) && model.allows(pin, squad) {
                    queue.push(pin);
                }
            }
        }
    }
}

/// Units without a label take a neighbour's, in waves.
fn spread(model: &Model, label: &mut [u32]) {
    let mut queue: Vec<u32> = (0..model.units() as u32).filter(|&unit| label[unit as usize] != NONE).collect();
    let mut at = 0;
    while at < queue.len() {
        let unit = queue[at];
        let own = label[unit as usize];
        at += 1;
        for &net in model.nets.of(unit) {
            for &pin in model.pins.of(net) {
                if label[pin as usize] == NONE && model.allows(pin, own) {
                    label[pin as usize] = own;
                    queue.push(pin);
                }
            }
        }
    }
    for unit in 0..model.units() as u32 {
        if label[unit as usize] == NONE {
            label[unit as usize] = (0..model.labels as u32).find(|&own| model.allows(unit, own)).unwrap_or(0);
        }
    }
}

fn bound_of(problem: &Problem, model: &Model, last: &[u32]) -> (HandoverBound, Vec<f64>) {
    let gone = last.iter().filter(|&&own| own != NONE).max().map_or(0, |most| *most as usize + 1);
    let holders = model.labels.max(gone);
    let mut load = vec![0.0; holders];
    for (section, &own) in last.iter().enumerate().filter(|(_, own)| **own != NONE) {
        load[own as usize] += problem.sections[section].workload.total();
    }
    let mut at_junction = vec![Vec::new(); problem.junctions];
    for (section, &own) in last.iter().enumerate().filter(|(_, own)| **own != NONE) {
        for &end in &problem.sections[section].ends {
            let there: &mut Vec<u32> = &mut at_junction[end as usize];
            if !there.contains(&own) {
                there.push(own);
            }
        }
    }
    let pairs = at_junction
        .iter()
        .flat_map(|there| there.iter().flat_map(move |&a| there.iter().filter(move |&&b| a < b).map(move |&b| (a, b))));
    let mut near: Vec<(u32, u32)> = pairs.collect();
    near.sort_unstable();
    near.dedup();
    let new = (0..last.len()).filter(|&at| last[at] == NONE).map(|at| problem.sections[at].workload.total()).sum();
    handover_bound(&load, new, &model.low, &model.high, &near)
}

fn touched(start: &[u32], end: &[u32], labels: usize) -> Vec<u32> {
    let mut is = vec![false; labels];
    start.iter().zip(end).filter(|(a, b)| a != b).for_each(|(&a, &b)| {
        is[a as usize] = true;
        is[b as usize] = true;
    });
    (0..labels as u32).filter(|&label| is[label as usize]).collect()
}

/// The model in which only `most` labels may change: those farthest outside their bands, then their partners in `end`.
fn held_back(model: &Model, start: &[u32], end: &[u32], most: usize) -> Model {
    let labels = model.labels;
    let loads = model.loads(start);
    let mut flow = vec![0.0; labels * labels];
    for unit in (0..start.len()).filter(|&unit| start[unit] != end[unit]) {
        flow[start[unit] as usize * labels + end[unit] as usize] += model.weight[unit];
    }
    let mut free = vec![false; labels];
    for _ in 0..most {
        let chosen = free.iter().enumerate().filter(|(_, free)| **free).map(|(at, _)| at).collect::<Vec<_>>();
        let worth = |label: usize| {
            let with: f64 =
                chosen.iter().map(|&other| flow[label * labels + other] + flow[other * labels + label]).sum();
            model.outside(label, loads[label]) + with / model.target[label]
        };
        let next = (0..labels).filter(|&label| !free[label]).max_by(|&a, &b| worth(a).total_cmp(&worth(b)));
        if let Some(next) = next {
            free[next] = true;
        }
    }
    let mut held = model.clone();
    for unit in 0..model.units() {
        for label in 0..labels {
            if label as u32 != start[unit] && !(free[start[unit] as usize] && free[label]) {
                held.cost[unit * labels + label] = f64::INFINITY;
            }
        }
    }
    held
}

/// Steps in sections: what had to change first, then block by block.
fn walk(problem: &Problem, prepared: &Prepared, model: &Model, last: &[u32], start: &[u32], end: &[u32]) -> Vec<Step> {
    let mut of_unit: Vec<Vec<u32>> = vec![Vec::new(); model.units()];
    prepared.unit.iter().enumerate().for_each(|(section, &unit)| of_unit[unit as usize].push(section as u32));
    let load =
        |sections: &[u32]| sections.iter().map(|&at| problem.sections[at as usize].workload.total()).sum::<f64>();
    let mut walked = Vec::new();
    let forced: Vec<u32> = (0..last.len() as u32)
        .filter(|&section| last[section as usize] != start[prepared.unit[section as usize] as usize])
        .collect();
    if !forced.is_empty() {
        let squads = forced.iter().map(|&section| start[prepared.unit[section as usize] as usize]).collect();
        walked.push(Step { way: None, load: load(&forced), squads, sections: forced });
    }
    for step in steps(model, start, end) {
        let sections: Vec<u32> = step.units.iter().flat_map(|&unit| of_unit[unit as usize].iter().copied()).collect();
        let squads = sections.iter().map(|&section| end[prepared.unit[section as usize] as usize]).collect();
        walked.push(Step { way: step.way, load: load(&sections), squads, sections });
    }
    walked
}

/// Leaves out the steps from the first one on that would exceed `most`; the forced one stays. True if any was left out.
fn shorten(problem: &Problem, last: &[u32], walked: &mut Vec<Step>, most: f64, forced: bool) -> bool {
    let total = problem.total_load();
    let mut squad = last.to_vec();
    let mut share = 0.0;
    for at in 0..walked.len() {
        for (&section, &own) in walked[at].sections.iter().zip(&walked[at].squads) {
            let known = &mut squad[section as usize];
            let work = problem.sections[section as usize].workload.total() / total;
            let counts =
                |own: u32| if last[section as usize] == NONE || own == last[section as usize] { 0.0 } else { work };
            share += counts(own) - counts(*known);
            *known = own;
        }
        if share > most + 1e-12 && !(at == 0 && forced) {
            walked.truncate(at);
            return true;
        }
    }
    false
}
