//! Proposing a plan: from scratch, from the plan in force with few hand-overs, from a list, or by changing places.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::analysis::assignment::model::NONE;
use crate::analysis::assignment::plan::Prices;
use crate::analysis::assignment::reassign::Limits;
use crate::analysis::assignment::{Options, Progress, reassign, solve};
use crate::analysis::random::Random;
use crate::app::AppError;
use crate::app::error::invalid;
use crate::app::jobs::Monitor;
use crate::app::plan::compare::{Origin, change_list};
use crate::app::plan::demand::demand;
use crate::app::plan::desk::{Desk, rounded, threads, unanswerable};
use crate::app::plan::wish::{From, Wish, settle, squads_by_code};
use crate::app::plan::{NewPlan, notes, owners_now};
use crate::domain::feature::FeatureId;
use crate::domain::moment::write_instant;
use crate::world::Snapshot;

/// What came out of a way to a plan.
struct Made {
    squad: Vec<u32>,
    sheet: Map<String, Json>,
}

/// A draft of what `wish` asks for. The same wish on the same data gives the same draft.
///
/// Errors: [`AppError::Invalid`] when there can be no such plan, with the reason. Cost: that of the solver.
pub fn propose(snapshot: &Snapshot, wish: &Wish, monitor: &Monitor) -> Result<NewPlan, AppError> {
    monitor.stage("counting the work");
    let demand = demand(snapshot, wish)?;
    let published = owners_now(snapshot.owners());
    let from = if published.is_empty() && wish.from == From::Published { From::Fresh } else { wish.from };
    let (minutes, given) = match from {
        From::Given => {
            let given = settle(snapshot, "sections", &wish.sections)?;
            let known: HashSet<FeatureId> = given.iter().chain(published).map(|(section, _)| *section).collect();
            let kept = demand.minutes.iter().filter(|(section, _)| known.contains(section)).copied();
            (kept.collect::<Vec<_>>(), given)
        }
        _ => (demand.minutes.clone(), Vec::new()),
    };
    let desk = Desk::new(snapshot, &minutes, wish)?;
    let last = desk.last(published);
    monitor.stage("assigning sections");
    let mut made = match from {
        From::Fresh => first(&desk, wish, monitor)?,
        From::Published => changed(&desk, &last, wish, monitor)?,
        From::Given => listed(&desk, &last, &given)?,
        From::Rotate => rotated(snapshot, &desk, &last, wish)?,
    };
    monitor.checked()?;
    if minutes.len() < demand.minutes.len() {
        note(&mut made.sheet, notes::left_out(demand.minutes.len() - minutes.len()));
    }
    let mut parameters = match serde_json::to_value(wish) {
        Ok(Json::Object(members)) => members,
        _ => Map::new(),
    };
    parameters.insert("from".to_owned(), serde_json::to_value(from).unwrap_or(Json::Null));
    parameters.insert("as_of".to_owned(), demand.as_of.map(write_instant).into());
    parameters.insert("input_digest".to_owned(), digest(&desk, &last, &parameters).into());
    let in_force = snapshot.owners().in_force().map(|term| term.plan.0);
    parameters.insert("against_plan".to_owned(), in_force.into());
    let name = wish.name.clone().unwrap_or_else(|| default_name(from).to_owned());
    let changes =
        if published.is_empty() { Vec::new() } else { change_list(&desk, &last, &made.squad, Origin::of(&parameters)) };
    Ok(NewPlan { name, parameters, duties: desk.duties(&made.squad), figures: made.sheet, changes })
}

/// One more note on a score sheet.
fn note(sheet: &mut Map<String, Json>, note: Json) {
    for (list, entry) in [("notes", note["text"].clone()), ("note_codes", note)] {
        if let Some(list) = sheet.get_mut(list).and_then(Json::as_array_mut) {
            list.push(entry);
        }
    }
}

fn default_name(from: From) -> &'static str {
    match from {
        From::Fresh => "Fresh plan",
        From::Published => "Re-assignment",
        From::Given => "By hand",
        From::Rotate => "Rotation",
    }
}

fn options(wish: &Wish) -> Options {
    let usual = Options::default();
    Options {
        band: wish.band.unwrap_or(usual.band),
        travel_allowance: wish.travel_allowance.unwrap_or(usual.travel_allowance),
        seed: wish.seed,
        threads: threads(),
        effort: None,
    }
}

fn first(desk: &Desk, wish: &Wish, monitor: &Monitor) -> Result<Made, AppError> {
    let stop = || !monitor.goes_on();
    let mut told = |share: f64| {
        monitor.tell(share);
    };
    let mut progress = Progress { stop: &stop, told: &mut told };
    let plan =
        solve(desk.problem(), &options(wish), &mut progress).map_err(|reason| unanswerable(&desk.sections, reason))?;
    let mut sheet = desk.sheet(&plan.squad, None, &plan.figures, plan.prices, &plan.notes);
    bound_travel(&mut sheet, plan.figures.travel_m, plan.figures.travel_bound_m);
    Ok(Made { squad: plan.squad, sheet })
}

fn changed(desk: &Desk, last: &[u32], wish: &Wish, monitor: &Monitor) -> Result<Made, AppError> {
    let stop = || !monitor.goes_on();
    let mut told = |share: f64| {
        monitor.tell(share);
    };
    let mut progress = Progress { stop: &stop, told: &mut told };
    let limits = Limits { handover: wish.limits.max_handover_share, squads: wish.limits.max_squads_touched };
    let dense = one_after_the_other(last, desk.squads.len() as u32);
    let found = reassign(desk.problem(), &dense, &limits, &options(wish), &mut progress)
        .map_err(|reason| unanswerable(&desk.sections, reason))?;
    let plan = found.plan;
    let mut sheet = desk.sheet(&plan.squad, Some(last), &plan.figures, plan.prices, &plan.notes);
    bound_travel(&mut sheet, plan.figures.travel_m, plan.figures.travel_bound_m);
    let (strict, flow) = (found.bound.strict, found.bound.flow);
    sheet.insert("handover_bound".to_owned(), json!({ "strict": rounded(strict, 5), "flow": rounded(flow, 5) }));
    sheet.insert("squads_touched".to_owned(), found.touched.len().into());
    let squad = |at: u32| desk.squads.get(at as usize).map(|post| post.id.0);
    let steps: Vec<Json> = found
        .steps
        .iter()
        .map(|step| {
            let way = step.way.map(|(from, to)| json!({ "from_squad_id": squad(from), "to_squad_id": squad(to) }));
            let moves = step.sections.iter().zip(&step.squads).map(
                |(section, to)| json!({ "section_id": desk.sections[*section as usize].id.0, "squad_id": squad(*to) }),
            );
            json!({ "way": way, "load_min": rounded(step.load, 2), "sections": moves.collect::<Vec<_>>() })
        })
        .collect();
    sheet.insert("steps".to_owned(), steps.into());
    Ok(Made { squad: plan.squad, sheet })
}

/// Squads that have no streets any more numbered one after the other from `count` on, as the solver wants them.
fn one_after_the_other(last: &[u32], count: u32) -> Vec<u32> {
    let is_gone = |own: &u32| *own >= count && *own != NONE;
    let gone: BTreeSet<u32> = last.iter().copied().filter(is_gone).collect();
    let number = |own: &u32| if is_gone(own) { count + gone.range(..own).count() as u32 } else { *own };
    last.iter().map(number).collect()
}

fn bound_travel(sheet: &mut Map<String, Json>, travel: Option<f64>, bound: Option<f64>) {
    if let (Some(travel), Some(bound)) = (travel, bound) {
        sheet.insert("travel_bound_m".to_owned(), rounded(bound, 1).into());
        sheet.insert("travel_gap".to_owned(), rounded(travel / bound.max(1e-9) - 1.0, 5).into());
    }
}

fn listed(desk: &Desk, last: &[u32], given: &[(FeatureId, FeatureId)]) -> Result<Made, AppError> {
    let mut squad = last.to_vec();
    for (at, (section, owner)) in given.iter().enumerate() {
        let Some(place) = desk.section(*section) else { continue };
        let detail = || format!("squad {} is no active squad of kind area or township", owner.0);
        squad[place] = desk.squad(*owner).ok_or_else(|| invalid(format!("/sections/{at}"), detail()))?;
    }
    if let Some(place) = squad.iter().position(|own| *own as usize >= desk.squads.len()) {
        let detail =
            format!("section {} has no squad: its last one has no streets any more", desk.sections[place].id.0);
        return Err(invalid("/sections", detail));
    }
    Ok(assessed(desk, squad, last))
}

/// Squads change places: by the permutation, or by lot so that none keeps its own.
fn rotated(snapshot: &Snapshot, desk: &Desk, last: &[u32], wish: &Wish) -> Result<Made, AppError> {
    let count = desk.squads.len() as u32;
    if let Some(place) = last.iter().position(|own| *own >= count) {
        let detail =
            format!("section {} has no squad by the plan in force: re-assign first", desk.sections[place].id.0);
        return Err(invalid("/from", detail));
    }
    let mut next: Vec<u32> = (0..count).collect();
    if wish.permutation.is_empty() {
        // Sattolo's cycle: one round through all.
        let mut random = Random::new(wish.seed);
        for at in (1..count as usize).rev() {
            next.swap(at, random.below(at as u64) as usize);
        }
    } else {
        let codes = squads_by_code(snapshot);
        let number = |code: &String| {
            let known = codes.get(code).and_then(|id| desk.squad(*id));
            known.ok_or_else(|| invalid("/permutation", format!("{code} is no active squad of kind area or township")))
        };
        for (squad, takes) in &wish.permutation {
            next[number(takes)? as usize] = number(squad)?;
        }
        let distinct: HashSet<u32> = next.iter().copied().collect();
        if distinct.len() < next.len() {
            return Err(invalid("/permutation", "two squads would take the same sections: name who takes theirs"));
        }
    }
    let squad = last.iter().map(|own| next[*own as usize]).collect();
    Ok(assessed(desk, squad, last))
}

fn assessed(desk: &Desk, squad: Vec<u32>, last: &[u32]) -> Made {
    let prices = Prices::default();
    let (figures, notes) = desk.assessor.assess(&squad, Some(last), prices);
    let sheet = desk.sheet(&squad, Some(last), &figures, prices, &notes);
    Made { squad, sheet }
}

/// Tells two inputs apart: sections, their work, squads, the last plan, the wish.
fn digest(desk: &Desk, last: &[u32], parameters: &Map<String, Json>) -> String {
    let mut hash = Sha256::new();
    for (entry, last) in desk.sections.iter().zip(last) {
        hash.update(entry.id.0.to_le_bytes());
        for part in [entry.minutes.patrol, entry.minutes.shops, entry.minutes.violations, entry.minutes.other] {
            hash.update(part.to_le_bytes());
        }
        hash.update(if *last == NONE { u32::MAX } else { *last }.to_le_bytes());
    }
    for post in &desk.squads {
        hash.update(post.id.0.to_le_bytes());
        hash.update(post.strength.to_le_bytes());
    }
    hash.update(Json::Object(parameters.clone()).to_string());
    let half = hash.finalize().iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    format!("{half:032x}")
}
