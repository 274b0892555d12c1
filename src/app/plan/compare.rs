//! What changes between two assignments: connected blocks that go from one squad to another, each with its reason.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::analysis::assignment::model::NONE;
use crate::app::plan::desk::{BAND, Desk, rounded};

/// Streets that are named in a block, at most.
const NAMED: usize = 3;

/// Sections that hang together and go the same way.
pub struct Block {
    /// None for sections that are new.
    pub from: Option<u32>,
    pub to: u32,
    /// Places on the desk.
    pub sections: Vec<usize>,
    pub minutes: f64,
}

/// How a plan came about: what its changes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Searched for: loads tell why.
    Search,
    /// Somebody said which section goes where.
    Hand,
    Rotation,
}

impl Origin {
    /// By what a plan was asked for with.
    pub fn of(parameters: &Map<String, Json>) -> Self {
        match parameters.get("from").and_then(Json::as_str) {
            Some("given") => Self::Hand,
            Some("rotate") => Self::Rotation,
            _ => Self::Search,
        }
    }
}

/// Blocks, the largest first. `before` may name squads that are gone (numbers after the last) and nobody (`NONE`).
pub fn blocks(desk: &Desk, before: &[u32], after: &[u32]) -> Vec<Block> {
    let problem = desk.problem();
    let mut at_junction: Vec<Vec<usize>> = vec![Vec::new(); problem.junctions];
    let changed: Vec<usize> = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
    for &section in &changed {
        problem.sections[section].ends.iter().for_each(|end| at_junction[*end as usize].push(section));
    }
    let mut seen = vec![false; after.len()];
    let mut blocks = Vec::new();
    for &first in &changed {
        if std::mem::replace(&mut seen[first], true) {
            continue;
        }
        let mut sections = vec![first];
        let mut next = 0;
        while let Some(&section) = sections.get(next) {
            next += 1;
            for end in problem.sections[section].ends {
                for &other in &at_junction[end as usize] {
                    if before[other] == before[first] && after[other] == after[first] && !seen[other] {
                        seen[other] = true;
                        sections.push(other);
                    }
                }
            }
        }
        sections.sort_unstable();
        let minutes = sections.iter().map(|at| desk.sections[*at].minutes.total()).sum();
        let from = Some(before[first]).filter(|from| *from != NONE);
        blocks.push(Block { from, to: after[first], sections, minutes });
    }
    blocks.sort_by(|a, b| b.minutes.total_cmp(&a.minutes).then(a.sections.cmp(&b.sections)));
    blocks
}

/// The share of its target by which each squad's load differs.
pub fn deviations(desk: &Desk, squad: &[u32]) -> Vec<f64> {
    let strength: f64 = desk.squads.iter().map(|post| post.strength).sum();
    let total: f64 = desk.sections.iter().map(|entry| entry.minutes.total()).sum();
    let mut loads = vec![0.0; desk.squads.len()];
    for (entry, own) in desk.sections.iter().zip(squad) {
        if let Some(load) = loads.get_mut(*own as usize) {
            *load += entry.minutes.total();
        }
    }
    loads.iter().zip(&desk.squads).map(|(load, post)| load / (total * post.strength / strength) - 1.0).collect()
}

/// The blocks as a list to read: who hands over what to whom, and why.
pub fn change_list(desk: &Desk, before: &[u32], after: &[u32], origin: Origin) -> Vec<Json> {
    let (then, now) = (deviations(desk, before), deviations(desk, after));
    blocks(desk, before, after)
        .iter()
        .map(|block| {
            let km: f64 = block.sections.iter().map(|at| desk.sections[*at].metres).sum::<f64>() / 1e3;
            let ids: Vec<i64> = block.sections.iter().map(|at| desk.sections[*at].id.0).collect();
            json!({
                "from_squad_id": block.from.and_then(|from| desk.post(from)).map(|post| post.id.0),
                "from": block.from.and_then(|from| desk.post(from)).map(|post| post.name.as_str()),
                "to_squad_id": desk.post(block.to).map(|post| post.id.0),
                "to": desk.post(block.to).map(|post| post.name.as_str()),
                "sections": ids.len(),
                "section_ids": ids,
                "streets": streets(desk, &block.sections),
                "km": rounded(km, 3),
                "load_min": rounded(block.minutes, 2),
                "reason": reason(desk, block, origin, (&then, &now)),
            })
        })
        .collect()
}

/// The streets with most metres in the block.
fn streets(desk: &Desk, sections: &[usize]) -> Vec<String> {
    let mut metres: BTreeMap<&str, f64> = BTreeMap::new();
    for entry in sections.iter().map(|at| &desk.sections[*at]) {
        if let Some(name) = &entry.name {
            *metres.entry(name).or_default() += entry.metres;
        }
    }
    let mut order: Vec<(&str, f64)> = metres.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.into_iter().take(NAMED).map(|(name, _)| name.to_owned()).collect()
}

/// A code (`kind`) with its values, and the sentence.
fn reason(desk: &Desk, block: &Block, origin: Origin, (then, now): (&[f64], &[f64])) -> Json {
    let told = |kind: &str, at: u32, verb: &str| {
        let post = &desk.squads[at as usize];
        let (before, after) = (then[at as usize], now[at as usize]);
        let percent = |share: f64| format!("{:+.1} %", 100.0 * share);
        json!({
            "kind": kind,
            "squad_id": post.id.0,
            "squad": post.name,
            "deviation_before": rounded(before, 5),
            "deviation_after": rounded(after, 5),
            "text": format!("{verb} {}: {} against its target before, {} after", post.name, percent(before), percent(after)),
        })
    };
    let plain = |kind: &str, text: &str| json!({ "kind": kind, "text": text });
    match block.from {
        None => plain("new", "was in no plan yet"),
        Some(_) if origin == Origin::Hand => plain("by-hand", "given to it by hand"),
        Some(_) if origin == Origin::Rotation => plain("rotation", "squads change places"),
        Some(from) if from as usize >= desk.squads.len() => plain("squad-gone", "its squad has no streets any more"),
        Some(_) if block.to as usize >= desk.squads.len() => {
            plain("squad-gone", "went to a squad that has no streets any more")
        }
        Some(from) if then[from as usize] > BAND => told("relieves", from, "relieves"),
        Some(_) if then[block.to as usize] < -BAND => told("fills", block.to, "gives work to"),
        // Work is handed on through squads that lie between.
        Some(from) if now[from as usize].abs() < then[from as usize].abs() + BAND => {
            told("passes-on", from, "passes work on through")
        }
        Some(_) => plain("shape", "keeps squads whole and borders short"),
    }
}
