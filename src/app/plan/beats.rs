//! Beats: the sections of a squad shared out among its assistants, long ones cut at stated places.
//!
//! The way along a beat is `route`'s.

use std::collections::BTreeMap;

use geo::Coord;
use serde_json::{Value as Json, json};

use crate::analysis::assignment::{Infeasible, Options, Plan as Solved, Problem, Progress, Section, Squad, solve};
use crate::app::error::invalid;
use crate::app::jobs::Monitor;
use crate::app::plan::desk::{Desk, rounded, threads};
use crate::app::plan::view::Laid;
use crate::app::{App, AppError};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::plan::{Beat, PlanId};
use crate::spatial::foot::{distance_to_shape_m, plane_at};
use crate::spatial::shape::Shape;
use crate::world::{LayerSnapshot, Snapshot};

/// A piece of a section may be this share of an assistant's target at most.
const LARGEST_PIECE: f64 = 0.25;
/// Shares of the target by which loads may differ, and how much posts bind: the first that can be kept is taken. Posts come
/// before even loads, even loads before beats that merely begin near posts.
const TRIED: [(Posts, f64); 9] = [
    (Posts::Kept, 0.05),
    (Posts::Kept, 0.15),
    (Posts::Kept, 0.4),
    (Posts::Near, 0.05),
    (Posts::Near, 0.15),
    (Posts::Apart, 0.05),
    (Posts::Apart, 0.15),
    (Posts::Near, 0.4),
    (Posts::Apart, 0.4),
];

/// The street of a post that is answered for over its owners, metres to each side.
const ABOUT_POST_M: f64 = 300.0;

/// Beats of a plan, as they were found.
pub struct Beats {
    pub beats: Vec<Beat>,
    /// What to read them with: by squad the loads, the cuts, the notes.
    pub report: Json,
}

/// How much posts bind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Posts {
    /// Each assistant has the piece on which the own post stands.
    Kept,
    /// The way from the post counts.
    Near,
    Apart,
}

impl Posts {
    fn note(self) -> Option<Note> {
        match self {
            Self::Kept => None,
            Self::Near => {
                Some(Note { code: "posts-not-all-kept", text: "posts could not all be kept: beats begin near them" })
            }
            Self::Apart => {
                Some(Note { code: "posts-not-kept", text: "posts could not be kept: beats lie without regard to them" })
            }
        }
    }
}

/// What is to be known of a squad's beats: a code, and the sentence.
#[derive(Clone, Copy)]
struct Note {
    code: &'static str,
    text: &'static str,
}

impl Note {
    fn told(&self) -> Json {
        json!({ "code": self.code, "text": self.text })
    }
}

/// A piece of a section: where it is on the desk, and which part of its line.
#[derive(Clone, Copy)]
struct Piece {
    section: usize,
    from: f64,
    to: f64,
}

impl App {
    /// Shares out the sections of every squad that has assistants, and stores that with the plan.
    pub async fn share_out(&self, id: PlanId, monitor: &Monitor) -> Result<Json, AppError> {
        let snapshot = self.snapshot();
        let laid = self.laid_plan(&snapshot, id).await?;
        let watched = monitor.clone();
        let shared = laid.clone();
        let found = tokio::task::spawn_blocking(move || share_out(&snapshot, &shared, &watched))
            .await
            .map_err(|_| AppError::Configuration("the beats could not be shared out".to_owned()))??;
        let mut tx = self.plan_writer().await?;
        let plan = tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
        if plan.version != laid.plan.version {
            return Err(AppError::StalePlan { id, version: plan.version });
        }
        tx.put_beats(id, &found.beats).await?;
        tx.commit().await?;
        Ok(found.report)
    }

    /// The beats of a plan for sections that are there, with the plan.
    pub async fn beats(&self, id: PlanId) -> Result<(Laid, Vec<Beat>), AppError> {
        let snapshot = self.snapshot();
        let laid = self.laid_plan(&snapshot, id).await?;
        let beats = self.store().read().await?.beats(id).await?;
        let is_there = |beat: &Beat| laid.desk.section(beat.section).is_some();
        let beats = beats.into_iter().filter(is_there).collect();
        Ok((laid, beats))
    }
}

/// By squad its assistants, by id.
pub(super) fn assistants(snapshot: &Snapshot) -> BTreeMap<FeatureId, Vec<Feature>> {
    let mut found: BTreeMap<FeatureId, Vec<Feature>> = BTreeMap::new();
    snapshot.layer(Layer::Assistants).for_each(&mut |row| {
        let assistant = row.feature();
        if let Some(squad) = assistant.value(Layer::Assistants, "squad_id").integer() {
            found.entry(FeatureId(squad)).or_default().push(assistant);
        }
    });
    found.values_mut().for_each(|all| all.sort_by_key(|assistant| assistant.id));
    found
}

fn share_out(snapshot: &Snapshot, laid: &Laid, monitor: &Monitor) -> Result<Beats, AppError> {
    monitor.stage("sharing out among assistants");
    let all = assistants(snapshot);
    let mut beats = Vec::new();
    let mut squads = Vec::new();
    let count = all.len().max(1) as f64;
    for (at, (squad, people)) in all.iter().enumerate() {
        monitor.checked()?;
        monitor.tell(at as f64 / count);
        let Some(number) = laid.desk.squad(*squad) else {
            let (found, report) = about_posts(snapshot, &laid.desk, *squad, people);
            beats.extend(found);
            squads.push(report);
            continue;
        };
        let own: Vec<usize> = (0..laid.squad().len()).filter(|section| laid.squad()[*section] == number).collect();
        if own.is_empty() {
            continue;
        }
        let (found, report) = share_out_squad(snapshot, &laid.desk, *squad, &own, people, monitor)?;
        beats.extend(found);
        squads.push(report);
    }
    if all.is_empty() {
        return Err(invalid("", "there are no assistants: import some"));
    }
    let count = beats.iter().map(|beat| beat.assistant).collect::<std::collections::BTreeSet<_>>().len();
    Ok(Beats { beats, report: json!({ "plan_id": laid.plan.id.0, "assistants": count, "squads": squads }) })
}

/// Assistants of squads that own no sections are on duty over those that do: each on the street of the own post.
fn about_posts(snapshot: &Snapshot, desk: &Desk, squad: FeatureId, people: &[Feature]) -> (Vec<Beat>, Json) {
    let layer = snapshot.layer(Layer::RoadSections);
    let mut beats = Vec::new();
    for person in people {
        let Some(post) = person.geometry.as_ref().map(|shape| shape.anchor().0) else { continue };
        let metres = |at: &usize| {
            layer.shape(desk.sections[*at].id).map_or(f64::INFINITY, |shape| distance_to_shape_m(post, &shape))
        };
        let mut near: Vec<(f64, usize)> = (0..desk.sections.len()).map(|at| (metres(&at), at)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(&(_, first)) = near.first() else { continue };
        let name = desk.sections[first].name.as_ref();
        let is_street = |(metres, at): &&(f64, usize)| {
            *at == first || (*metres <= ABOUT_POST_M && name.is_some() && desk.sections[*at].name.as_ref() == name)
        };
        beats.extend(near.iter().filter(is_street).map(|(_, at)| Beat {
            section: desk.sections[*at].id,
            from_share: 0.0,
            to_share: 1.0,
            assistant: person.id,
        }));
    }
    let note = Note {
        code: "over-owners",
        text: "the squad owns no sections: its assistants walk the streets of their posts, over those who own them",
    };
    let report = json!({
        "squad_id": squad.0,
        "assistants": people.len(),
        "is_overlay": true,
        "notes": [note.text],
        "note_codes": [note.told()],
    });
    (beats, report)
}

fn share_out_squad(
    snapshot: &Snapshot,
    desk: &Desk,
    squad: FeatureId,
    own: &[usize],
    people: &[Feature],
    monitor: &Monitor,
) -> Result<(Vec<Beat>, Json), AppError> {
    let total: f64 = own.iter().map(|at| desk.sections[*at].minutes.total()).sum();
    let target = total / people.len() as f64;
    let pieces = pieces(desk, own, target);
    let problem = problem(snapshot, desk, &pieces, people);
    let (solved, note) = solved(&problem, desk, squad, monitor)?;
    // Neighbouring pieces of one assistant are one stretch.
    let mut beats: Vec<Beat> = Vec::new();
    for (piece, person) in pieces.iter().zip(&solved.squad) {
        let (section, assistant) = (desk.sections[piece.section].id, people[*person as usize].id);
        match beats.last_mut() {
            Some(last) if last.section == section && last.assistant == assistant => last.to_share = piece.to,
            _ => beats.push(Beat { section, from_share: piece.from, to_share: piece.to, assistant }),
        }
    }
    let cut: Vec<Json> = beats
        .iter()
        .filter(|beat| beat.from_share > 0.0)
        .filter_map(|beat| {
            let Some(Shape::LineString(line)) = snapshot.layer(Layer::RoadSections).shape(beat.section) else {
                return None;
            };
            let metres = desk.sections[desk.section(beat.section)?].metres * beat.from_share;
            let at = crate::spatial::cut::spot_at(&line, metres).at;
            Some(json!({ "section_id": beat.section.0, "share": rounded(beat.from_share, 4), "at": [at.x, at.y] }))
        })
        .collect();
    let figures = &solved.figures;
    let people: Vec<Json> = people
        .iter()
        .enumerate()
        .map(|(at, person)| {
            let stretches = beats.iter().filter(|beat| beat.assistant == person.id);
            json!({
                "assistant_id": person.id.0,
                "code": person.value(Layer::Assistants, "code").text(),
                "load_min": rounded(figures.load[at], 2),
                "deviation": rounded(figures.load[at] / figures.target[at] - 1.0, 4),
                "stretches": stretches.count(),
            })
        })
        .collect();
    let report = json!({
        "squad_id": squad.0,
        "target_min": rounded(target, 2),
        "max_deviation": rounded(figures.max_deviation, 4),
        "extra_pieces": figures.extra_pieces,
        "cuts": cut,
        "assistants": people,
        "notes": note.iter().map(|note| note.text).collect::<Vec<_>>(),
        "note_codes": note.iter().map(Note::told).collect::<Vec<_>>(),
    });
    Ok((beats, report))
}

/// Sections, heavy ones in equal parts.
fn pieces(desk: &Desk, own: &[usize], target: f64) -> Vec<Piece> {
    let parts = |at: usize| {
        let parts = (desk.sections[at].minutes.total() / (LARGEST_PIECE * target).max(1e-9)).ceil();
        (parts as usize).clamp(1, 200)
    };
    own.iter()
        .flat_map(|&section| {
            let count = parts(section);
            let share = move |part: usize| part as f64 / count as f64;
            (0..count).map(move |part| Piece { section, from: share(part), to: share(part + 1) })
        })
        .collect()
}

/// Assistants as squads of one, with their posts as bases, over the pieces.
fn problem(snapshot: &Snapshot, desk: &Desk, pieces: &[Piece], people: &[Feature]) -> Problem {
    let streets = desk.problem();
    // Junctions of the squad's own streets, renumbered; places where sections are cut come after them.
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    let mut places: Vec<[f64; 2]> = Vec::new();
    let mut number = |junction: u32, places: &mut Vec<[f64; 2]>| {
        *numbers.entry(junction).or_insert_with(|| {
            places.push(streets.places[junction as usize]);
            places.len() as u32 - 1
        })
    };
    let mut sections: Vec<Section> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let whole = &streets.sections[piece.section];
        let share = piece.to - piece.from;
        let [from, to] = whole.ends.map(|end| streets.places[end as usize]);
        let start = match sections.last() {
            Some(before) if piece.from > 0.0 => before.ends[1],
            _ => number(whole.ends[0], &mut places),
        };
        let end = if piece.to < 1.0 {
            places.push([from[0] + piece.to * (to[0] - from[0]), from[1] + piece.to * (to[1] - from[1])]);
            places.len() as u32 - 1
        } else {
            number(whole.ends[1], &mut places)
        };
        sections.push(Section {
            ends: [start, end],
            cost_m: whole.cost_m * share,
            workload: whole.workload.times(share),
        });
    }
    let mut problem = Problem { junctions: places.len(), places, sections, ..Problem::default() };
    let layer = snapshot.layer(Layer::RoadSections);
    let mut taken: Vec<usize> = Vec::new();
    for person in people {
        let post = person.geometry.as_ref().map(|shape| shape.anchor().0);
        let nearest = post.and_then(|post| nearest_piece(desk, layer, pieces, post, &taken));
        if let Some(piece) = nearest {
            taken.push(piece);
            problem.locks.push((piece as u32, problem.squads.len() as u32));
        }
        problem.squads.push(Squad {
            code: person.value(Layer::Assistants, "code").text().unwrap_or_default().to_owned(),
            strength: 1.0,
            base: nearest.map(|piece| problem.sections[piece].ends[0]),
            min_load: None,
            max_load: None,
        });
    }
    problem
}

/// The piece on which a post stands, that no other post has taken.
fn nearest_piece(desk: &Desk, layer: &LayerSnapshot, pieces: &[Piece], post: Coord, taken: &[usize]) -> Option<usize> {
    let metres = |piece: &Piece| -> f64 {
        let Some(shape) = layer.shape(desk.sections[piece.section].id) else { return f64::INFINITY };
        let Shape::LineString(line) = &shape else { return f64::INFINITY };
        let whole = distance_to_shape_m(post, &shape);
        if piece.to - piece.from >= 1.0 {
            return whole;
        }
        // Pieces of one section are told apart by their middles, which lie farther than the section does.
        let middle = desk.sections[piece.section].metres * f64::midpoint(piece.from, piece.to);
        let at = crate::spatial::cut::spot_at(line, middle).at;
        let (east, north) = plane_at(post.y);
        let half = desk.sections[piece.section].metres * (piece.to - piece.from) / 2.0;
        (((at.x - post.x) * east).hypot((at.y - post.y) * north) - half).max(whole)
    };
    let free = (0..pieces.len()).filter(|piece| !taken.contains(piece));
    free.map(|piece| (metres(&pieces[piece]), piece)).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, piece)| piece)
}

/// The tightest band that can be kept, with the posts; where posts stand in each other's way, or make beats that are far too
/// uneven, they bind less and less.
fn solved(
    problem: &Problem,
    desk: &Desk,
    squad: FeatureId,
    monitor: &Monitor,
) -> Result<(Solved, Option<Note>), AppError> {
    let stop = || !monitor.goes_on();
    let mut reason: Option<Infeasible> = None;
    let mut widest: Option<(Solved, Option<Note>)> = None;
    for (posts, band) in TRIED {
        let mut own = problem.clone();
        if posts != Posts::Kept {
            own.locks.clear();
        }
        if posts == Posts::Apart {
            own.squads.iter_mut().for_each(|squad| squad.base = None);
        }
        let options = Options { band, seed: 1, threads: threads(), ..Options::default() };
        match solve(&own, &options, &mut Progress { stop: &stop, told: &mut |_| {} }) {
            Ok(plan) => {
                if plan.figures.max_deviation <= band {
                    return Ok((plan, posts.note()));
                }
                let better = |known: &Solved| plan.figures.max_deviation < known.figures.max_deviation;
                if widest.as_ref().is_none_or(|(known, _)| better(known)) {
                    widest = Some((plan, posts.note()));
                }
            }
            Err(other) => reason = Some(other),
        }
        monitor.checked()?;
    }
    let name = desk.squads.iter().find(|post| post.id == squad).map_or("", |post| post.name.as_str());
    let told = || reason.map_or_else(String::new, |reason| reason.to_string());
    widest.ok_or_else(|| invalid("", format!("the sections of {name} cannot be shared out: {}", told())))
}
