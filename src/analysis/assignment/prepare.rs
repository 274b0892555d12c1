//! From the bureau's problem to the general model: units, nets, costs in metres, limits.

use super::model::{Lists, Model, NONE};
use super::network::{distances, links, parts, sections_at, units};
use super::problem::{Infeasible, Note, Problem};
use crate::analysis::parallel::in_units;
use crate::analysis::random::Random;

/// The model and the way back to sections.
pub struct Prepared {
    /// Costs are metres of travel, averaged over all work; seams cost 1.
    pub model: Model,
    pub unit: Vec<u32>,
    /// Metres from each squad's base to each section's nearer end: `metres[section * squads + squad]`; empty without bases.
    pub metres: Vec<f64>,
    pub notes: Vec<Note>,
}

impl Prepared {
    pub fn of_sections(&self, label: &[u32]) -> Vec<u32> {
        self.unit.iter().map(|&unit| label[unit as usize]).collect()
    }

    /// The labels of the units, where all sections of a unit have the same; else that of the first.
    pub fn of_units(&self, squad: &[u32]) -> Vec<u32> {
        let mut label = vec![NONE; self.model.units()];
        for (section, &unit) in self.unit.iter().enumerate() {
            if label[unit as usize] == NONE {
                label[unit as usize] = squad[section];
            }
        }
        label
    }
}

pub fn prepare(problem: &Problem, band: f64, seed: u64, threads: usize) -> Result<Prepared, Infeasible> {
    problem.check(band)?;
    let squads = problem.squads.len();
    let at = sections_at(problem);
    let (part, sizes) = parts(problem, &at);
    let (unit, count, broken) = units(problem, &at);
    if count < squads {
        return Err(Infeasible::MoreSquadsThanSections { squads, sections: count });
    }
    let mut notes = Vec::new();
    if sizes.len() > 1 {
        let largest = sizes.iter().max().copied().unwrap_or(0);
        notes.push(Note::NetworkInParts {
            parts: sizes.len(),
            sections_outside_largest: problem.sections.len() - largest,
        });
    }
    notes.extend(broken.into_iter().map(|(group, pieces)| Note::GroupInPieces { group, pieces }));
    let mut model = nets(problem, &at, &unit, count, &links(problem, &part, &sizes));
    (model.target, model.low, model.high) = problem.limits(band);
    let most = model.high.iter().copied().fold(0.0, f64::max);
    for (section, own) in problem.sections.iter().enumerate() {
        let load = own.workload.total();
        if load > most {
            let target = model.target.iter().copied().fold(0.0, f64::max);
            notes.push(Note::SectionHeavierThanTarget { section: section as u32, load, target });
        }
    }
    let metres = if problem.has_bases() { travel(problem, &at, seed, threads) } else { Vec::new() };
    let total = problem.total_load();
    for (at, &metres) in metres.iter().enumerate() {
        let (section, squad) = (at / squads, at % squads);
        let share = problem.sections[section].workload.total() / total;
        model.cost[unit[section] as usize * squads + squad] += share * metres;
    }
    rules(problem, &unit, &mut model)?;
    Ok(Prepared { model, unit, metres, notes })
}

/// Nets are the junctions with two units or more; links join parts and cost nothing.
fn nets(problem: &Problem, at: &Lists, unit: &[u32], count: usize, links: &[(u32, u32)]) -> Model {
    let mut pairs = Vec::new();
    let mut price = Vec::new();
    let mut own = Vec::new();
    let mut take = |sections: &mut dyn Iterator<Item = u32>, weight: f64| {
        own.clear();
        own.extend(sections.map(|section| unit[section as usize]));
        own.sort_unstable();
        own.dedup();
        if own.len() > 1 {
            pairs.extend(own.iter().map(|&unit| (unit, price.len() as u32)));
            price.push(weight);
        }
    };
    for junction in 0..problem.junctions as u32 {
        take(&mut at.of(junction).iter().copied(), 1.0);
    }
    for &(here, there) in links {
        take(&mut at.of(here).iter().chain(at.of(there)).copied(), 0.0);
    }
    let mut weight = vec![0.0; count];
    for (section, &unit) in unit.iter().enumerate() {
        weight[unit as usize] += problem.sections[section].workload.total();
    }
    Model::new(problem.squads.len(), weight, Lists::of_pairs(count, &pairs), price)
}

/// Metres from each base to the nearer end of each section. Where no way leads: along a straight line, if places are known,
/// else as far as the farthest. A squad without a base, beside others that have one, is measured from a hub far from them.
fn travel(problem: &Problem, at: &Lists, seed: u64, threads: usize) -> Vec<f64> {
    let squads = problem.squads.len();
    let mut random = Random::stream(seed, u64::MAX);
    let mut from: Vec<Option<u32>> = problem.squads.iter().map(|squad| squad.base).collect();
    let one = |base: u32| {
        let metres = distances(problem, at, base);
        let farthest = metres.iter().copied().filter(|metres| metres.is_finite()).fold(0.0, f64::max);
        let end = |junction: u32| {
            let known = metres[junction as usize];
            if known.is_finite() {
                return known;
            }
            match (problem.places.get(base as usize), problem.places.get(junction as usize)) {
                (Some(a), Some(b)) => (a[0] - b[0]).hypot(a[1] - b[1]),
                _ => farthest,
            }
        };
        problem.sections.iter().map(|section| end(section.ends[0]).min(end(section.ends[1]))).collect::<Vec<f64>>()
    };
    let mut rows: Vec<Option<Vec<f64>>> = in_units(squads, threads, |squad| from[squad].map(one));
    for squad in 0..squads {
        if rows[squad].is_some() {
            continue;
        }
        let pull = |section: usize| {
            let near = rows.iter().flatten().map(|row| row[section]).fold(f64::INFINITY, f64::min);
            near * near * problem.sections[section].workload.total()
        };
        let pulls: Vec<f64> = (0..problem.sections.len()).map(pull).collect();
        let mut left = random.unit() * pulls.iter().sum::<f64>();
        let chosen = pulls.iter().position(|pull| {
            left -= pull;
            left <= 0.0 && *pull > 0.0
        });
        let hub = problem.sections[chosen.unwrap_or(0)].ends[0];
        from[squad] = Some(hub);
        rows[squad] = Some(one(hub));
    }
    let mut metres = vec![0.0; problem.sections.len() * squads];
    for (squad, row) in rows.into_iter().flatten().enumerate() {
        row.into_iter().enumerate().for_each(|(section, value)| metres[section * squads + squad] = value);
    }
    metres
}

/// Forbidden pairs cost infinitely much; a lock forbids all others.
fn rules(problem: &Problem, unit: &[u32], model: &mut Model) -> Result<(), Infeasible> {
    let squads = model.labels;
    let mut lock = vec![NONE; model.units()];
    for &(section, squad) in &problem.locks {
        let own = unit[section as usize];
        let known = lock[own as usize];
        if known != NONE && known != squad {
            let code = |squad: u32| problem.squads[squad as usize].code.clone();
            return Err(Infeasible::LocksContradict { section, first: code(known), second: code(squad) });
        }
        lock[own as usize] = squad;
        for other in (0..squads).filter(|&other| other != squad as usize) {
            model.cost[own as usize * squads + other] = f64::INFINITY;
        }
    }
    for &(section, squad) in &problem.forbidden {
        let own = unit[section as usize];
        model.cost[own as usize * squads + squad as usize] = f64::INFINITY;
        if (0..squads as u32).all(|squad| !model.allows(own, squad)) {
            return Err(Infeasible::AllForbidden { section });
        }
    }
    Ok(())
}
