//! Why a section is whose it is: travel, seams and hand-over it costs, the runner-up and what the switch would cost; and a
//! squad's load by part. Sums over sections equal the plan's objective.

use super::plan::{Plan, Prices};
use super::prepare::prepare;
use super::problem::{Infeasible, Problem};
use super::state::{Leaving, State};
use super::workload::Workload;

/// Parts of the objective.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    pub travel: f64,
    pub seams: f64,
    pub handover: f64,
}

impl Cost {
    pub fn total(&self) -> f64 {
        self.travel + self.seams + self.handover
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct SectionReason {
    pub squad: u32,
    /// Its part of the objective. A seam is shared evenly by the sections at its junction.
    pub cost: Cost,
    /// Metres from its squad's base; none without bases.
    pub metres: Option<f64>,
    /// Whether a lock, or all others being forbidden, decides.
    pub bound: bool,
    pub runner_up: Option<RunnerUp>,
}

/// The cheapest other squad that may have the section: a neighbour if there is one. With its group, if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct RunnerUp {
    pub squad: u32,
    /// What the switch would add to each part of the objective.
    pub change: Cost,
    /// Whether it has a section at one of the junctions.
    pub adjacent: bool,
    /// Whether the squads would still be one piece each and within their limits.
    pub contiguous: bool,
    pub within_band: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SquadReason {
    pub sections: usize,
    pub load: Workload,
    pub target: f64,
    /// Targets if it had one person more or less.
    pub target_if_stronger: f64,
    pub target_if_weaker: f64,
    pub cost: Cost,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub sections: Vec<SectionReason>,
    pub squads: Vec<SquadReason>,
}

/// Explains `plan`. `last` is the plan that hand-overs are counted from. Cost: that of distances, then a step a section and squad.
pub fn explain(
    problem: &Problem,
    plan: &Plan,
    last: Option<&[u32]>,
    band: f64,
    seed: u64,
    threads: usize,
) -> Result<Explanation, Infeasible> {
    let prepared = prepare(problem, band, seed, threads)?;
    let squads = problem.squads.len();
    let total = problem.total_load();
    let Prices { travel, handover } = plan.prices;
    let label = prepared.of_units(&plan.squad);
    let mut members = vec![0u32; prepared.model.units()];
    prepared.unit.iter().for_each(|&unit| members[unit as usize] += 1);
    let mut state = State::new(&prepared.model, label);
    let mut shares = vec![0.0; prepared.model.units()];
    for (net, price) in prepared.model.net_weight.iter().enumerate() {
        let pins = prepared.model.pins.of(net as u32);
        let present = (0..squads as u32).filter(|&squad| state.on_net(net as u32, squad) > 0).count();
        let share = price * (present as f64 - 1.0) / pins.len() as f64;
        pins.iter().for_each(|&pin| shares[pin as usize] += share);
    }
    let work = |section: usize| problem.sections[section].workload.total() / total;
    let metres = |section: usize, squad: u32| prepared.metres.get(section * squads + squad as usize).copied();
    let moved = |section: usize, squad: u32| {
        let is = last.is_some_and(|last| last[section] != squad);
        if is { handover * work(section) } else { 0.0 }
    };
    let mut by_unit: Vec<Vec<u32>> = vec![Vec::new(); prepared.model.units()];
    for (section, &unit) in prepared.unit.iter().enumerate() {
        by_unit[unit as usize].push(section as u32);
    }
    let mut runner_up = vec![None; prepared.model.units()];
    let mut bound = vec![false; prepared.model.units()];
    for unit in 0..prepared.model.units() as u32 {
        let own = state.label[unit as usize];
        let others = || (0..squads as u32).filter(|&other| other != own && prepared.model.allows(unit, other));
        bound[unit as usize] = squads > 1 && others().next().is_none();
        let change = |other: u32| {
            let sections = &by_unit[unit as usize];
            let travel: f64 = sections
                .iter()
                .map(|&section| {
                    let way = |squad: u32| metres(section as usize, squad).unwrap_or(0.0);
                    travel * work(section as usize) * (way(other) - way(own))
                })
                .sum();
            let handover =
                sections.iter().map(|&section| moved(section as usize, other) - moved(section as usize, own)).sum();
            Cost { travel, seams: seam_change(&state, unit, other), handover }
        };
        let best = others()
            .map(|other| (!state.touches(unit, other), change(other), other))
            .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total().total_cmp(&b.1.total())).then(a.2.cmp(&b.2)));
        runner_up[unit as usize] = best.map(|(apart, change, squad)| {
            let weight = prepared.model.weight[unit as usize];
            let model = &prepared.model;
            let outside = model.outside(squad as usize, state.load[squad as usize] + weight)
                + model.outside(own as usize, state.load[own as usize] - weight);
            RunnerUp {
                squad,
                change,
                adjacent: !apart,
                contiguous: !apart && matches!(state.leaving(unit, 0), Leaving::Whole),
                within_band: outside == 0.0,
            }
        });
    }
    let sections: Vec<SectionReason> = (0..problem.sections.len())
        .map(|section| {
            let (squad, unit) = (plan.squad[section], prepared.unit[section] as usize);
            let metres = metres(section, squad);
            let cost = Cost {
                travel: travel * work(section) * metres.unwrap_or(0.0),
                seams: shares[unit] / f64::from(members[unit]),
                handover: moved(section, squad),
            };
            SectionReason { squad, cost, metres, bound: bound[unit], runner_up: runner_up[unit].clone() }
        })
        .collect();
    let squads = squad_reasons(problem, &sections, &prepared.model.target);
    Ok(Explanation { sections, squads })
}

fn seam_change(state: &State<'_>, unit: u32, to: u32) -> f64 {
    let own = state.label[unit as usize];
    let nets = state.model.nets.of(unit).iter();
    nets.map(|&net| {
        let step = f64::from(u8::from(state.on_net(net, to) == 0)) - f64::from(u8::from(state.on_net(net, own) == 1));
        step * state.model.net_weight[net as usize]
    })
    .sum()
}

fn squad_reasons(problem: &Problem, sections: &[SectionReason], target: &[f64]) -> Vec<SquadReason> {
    let total = problem.total_load();
    let strength: f64 = problem.squads.iter().map(|squad| squad.strength).sum();
    let with = |at: usize, more: f64| {
        let own = (problem.squads[at].strength + more).max(0.0);
        total * own / (strength + own - problem.squads[at].strength).max(1e-300)
    };
    let mut squads: Vec<SquadReason> = (0..problem.squads.len())
        .map(|at| SquadReason {
            sections: 0,
            load: Workload::default(),
            target: target[at],
            target_if_stronger: with(at, 1.0),
            target_if_weaker: with(at, -1.0),
            cost: Cost::default(),
        })
        .collect();
    for (at, reason) in sections.iter().enumerate() {
        let squad = &mut squads[reason.squad as usize];
        squad.sections += 1;
        squad.load = squad.load.plus(problem.sections[at].workload);
        squad.cost.travel += reason.cost.travel;
        squad.cost.seams += reason.cost.seams;
        squad.cost.handover += reason.cost.handover;
    }
    squads
}
