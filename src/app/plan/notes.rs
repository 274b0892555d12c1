//! What is to be known of a plan beside its figures: each thing with a code and values, so that it can be said in any
//! language, and with a sentence. It does not judge plans.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use crate::analysis::assignment::Note;
use crate::app::plan::desk::{Desk, Entry, rounded};

/// A note of the solver, with ids and names in the place of its numbers.
pub fn of_solver(desk: &Desk, note: &Note) -> Json {
    let mut told = match note {
        Note::NetworkInParts { parts, sections_outside_largest } => {
            json!({ "code": "network-in-parts", "parts": parts, "sections_outside_largest": sections_outside_largest })
        }
        Note::SectionHeavierThanTarget { section, load, target } => {
            let id = section_id(&desk.sections, *section);
            let own = Note::SectionHeavierThanTarget { section: id, load: *load, target: *target };
            let (load, target) = (rounded(*load, 2), rounded(*target, 2));
            json!({ "code": "section-too-heavy", "section_id": id, "load_min": load, "target_min": target, "text": own.to_string() })
        }
        Note::BandNotKept { squad, deviation } => {
            let post = desk.squads.iter().find(|post| post.code == *squad);
            let (id, name) = (post.map(|post| post.id.0), post.map_or(squad.as_str(), |post| post.name.as_str()));
            let side = if *deviation > 0.0 { "over" } else { "under" };
            let text = format!("{name} is {:.1} % {side} its target, outside the band", 100.0 * deviation.abs());
            let deviation = rounded(*deviation, 5);
            json!({ "code": "band-not-kept", "squad_id": id, "squad": name, "deviation": deviation, "text": text })
        }
        Note::GroupInPieces { group, pieces } => {
            let place = desk.problem().groups.iter().position(|own| own == group);
            let street = place.and_then(|at| desk.sections[at].name.as_deref());
            let text = street.map(|street| format!("{street} is in {pieces} pieces: each is kept whole"));
            json!({ "code": "street-in-pieces", "street": street, "pieces": pieces, "text": text })
        }
        Note::Stopped => json!({ "code": "stopped" }),
        Note::Limited => json!({ "code": "limited" }),
    };
    if told["text"].is_null() {
        told["text"] = note.to_string().into();
    }
    told
}

/// Squads that fall into more pieces than they did before; of squads that were in one piece that is any cut.
/// Cost: a few steps a section.
pub fn squads_in_pieces(desk: &Desk, before: Option<&[u32]>, squad: &[u32]) -> Vec<Json> {
    let now = pieces(desk, squad);
    let then = before.map_or_else(|| vec![1; now.len()], |before| pieces(desk, before));
    desk.squads
        .iter()
        .zip(now.iter().zip(&then))
        .filter(|(_, (now, then))| **now > (**then).max(1))
        .map(|(post, (now, then))| {
            json!({
                "code": "squad-in-pieces", "squad_id": post.id.0, "squad": post.name, "pieces": now, "before": then,
                "text": format!("the sections of {} fall into {now} pieces ({then} before)", post.name),
            })
        })
        .collect()
}

/// Sections that a plan leaves out: it cannot be published before they have squads.
pub fn left_out(sections: usize) -> Json {
    json!({
        "code": "left-out", "sections": sections,
        "text": format!("{sections} sections are in no plan yet and are left out: give them squads before it is published"),
    })
}

/// The sentences alone.
pub fn sentences(notes: &[Json]) -> Json {
    notes.iter().map(|note| note["text"].clone()).collect()
}

/// The id that people know a section by.
pub fn section_id(sections: &[Entry], at: u32) -> u32 {
    sections.get(at as usize).map_or(at, |entry| u32::try_from(entry.id.0).unwrap_or(u32::MAX))
}

/// In how many pieces each squad's sections hang together at junctions.
fn pieces(desk: &Desk, squad: &[u32]) -> Vec<usize> {
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    let mut parent: Vec<usize> = (0..squad.len()).collect();
    let mut last_at: HashMap<(u32, u32), usize> = HashMap::new();
    for (at, own) in squad.iter().enumerate() {
        for end in desk.problem().sections[at].ends {
            if let Some(other) = last_at.insert((end, *own), at) {
                let (a, b) = (root(&mut parent, at), root(&mut parent, other));
                parent[a] = b;
            }
        }
    }
    let mut counts = vec![0; desk.squads.len()];
    for (at, own) in squad.iter().enumerate() {
        if let (true, Some(count)) = (parent[at] == at, counts.get_mut(*own as usize)) {
            *count += 1;
        }
    }
    counts
}
