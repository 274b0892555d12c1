//! The desk on which plans are laid out: sections, squads and rules as the solver wants them, and the way back.

use std::collections::HashMap;

use geo::Coord;
use serde_json::{Map, Value as Json, json};

use crate::analysis::assignment::model::NONE;
use crate::analysis::assignment::plan::{Figures, Prices};
use crate::analysis::assignment::{Assessor, Infeasible, Note, Problem, Section, Squad};
use crate::app::AppError;
use crate::app::error::invalid;
use crate::app::plan::demand::count_by_section;
use crate::app::plan::notes;
use crate::app::plan::wish::{SquadRow, Wish, settle, squads_by_code};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::plan::{Duty, Minutes};
use crate::domain::road_section;
use crate::spatial::foot::plane_at;
use crate::spatial::shape::Shape;
use crate::world::Snapshot;

/// Share of its target by which a squad's load may differ, unless the wish says otherwise.
pub const BAND: f64 = 0.02;

/// A squad that can have sections.
#[derive(Debug, Clone)]
pub struct Post {
    pub id: FeatureId,
    pub code: String,
    pub name: String,
    pub strength: f64,
}

/// A section as the score sheet counts it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: FeatureId,
    pub name: Option<String>,
    pub minutes: Minutes,
    pub metres: f64,
    pub shops: u32,
    pub cases: u32,
}

pub struct Desk {
    pub sections: Vec<Entry>,
    pub squads: Vec<Post>,
    /// The other squads that are stored, by id: a plan may name some that have no streets any more.
    gone: Vec<Post>,
    pub assessor: Assessor,
}

impl Desk {
    /// `minutes` by section; sections that are gone are left out.
    ///
    /// Errors: [`AppError::Invalid`] with the reason why there can be no plan.
    /// Cost: a look at sections, shops and violations, and a search for the ways from each base.
    pub fn new(snapshot: &Snapshot, minutes: &[(FeatureId, Minutes)], wish: &Wish) -> Result<Self, AppError> {
        let layer = Layer::RoadSections;
        let features: Vec<(Feature, Minutes)> =
            minutes.iter().filter_map(|(id, minutes)| Some((snapshot.layer(layer).get(*id)?, *minutes))).collect();
        let (squads, bases) = posts(snapshot, wish)?;
        let shops = count_by_section(snapshot, Layer::Shops);
        let cases = count_by_section(snapshot, Layer::Violations);
        let sections: Vec<Entry> = features
            .iter()
            .map(|(section, minutes)| {
                let stated = section.value(layer, "shops").integer().and_then(|count| u32::try_from(count).ok());
                let counted = shops.get(&section.id.0).copied().unwrap_or(0);
                Entry {
                    id: section.id,
                    name: section.value(layer, "name").text().map(str::to_owned),
                    minutes: *minutes,
                    metres: section.value(layer, "length_m").number().unwrap_or(0.0),
                    shops: stated.unwrap_or(counted),
                    cases: cases.get(&section.id.0).copied().unwrap_or(0),
                }
            })
            .collect();
        let mut problem = network(&features);
        let ids: HashMap<FeatureId, u32> = sections.iter().enumerate().map(|(at, own)| (own.id, at as u32)).collect();
        let numbers: HashMap<FeatureId, u32> = squads.iter().enumerate().map(|(at, own)| (own.id, at as u32)).collect();
        problem.squads = squads
            .iter()
            .zip(bases)
            .map(|(post, base)| Squad {
                code: post.code.clone(),
                strength: post.strength,
                base: base.and_then(|base| nearest_junction(&problem, &features, base)),
                min_load: None,
                max_load: None,
            })
            .collect();
        let rules = |member: &str, pairs| -> Result<Vec<(u32, u32)>, AppError> {
            let known = settle(snapshot, member, pairs)?.into_iter();
            let named =
                known.filter_map(|(section, squad)| Some((*ids.get(&section)?, numbers.get(&squad).copied(), squad)));
            named
                .map(|(section, number, squad)| {
                    let detail = || format!("squad {} is no active squad of kind area or township", squad.0);
                    Ok((section, number.ok_or_else(|| invalid(format!("/{member}"), detail()))?))
                })
                .collect()
        };
        problem.locks = rules("locks", &wish.locks)?;
        problem.forbidden = rules("forbidden", &wish.forbidden)?;
        if wish.groups.is_some() {
            let mut groups: HashMap<&str, u32> = HashMap::new();
            problem.groups = sections
                .iter()
                .map(|own| {
                    let next = groups.len() as u32;
                    own.name.as_deref().map_or(NONE, |name| *groups.entry(name).or_insert(next))
                })
                .collect();
        }
        let band = wish.band.unwrap_or(BAND);
        let assessor =
            Assessor::new(problem, band, wish.seed, threads()).map_err(|reason| unanswerable(&sections, reason))?;
        let gone = others(snapshot, &numbers);
        Ok(Self { sections, squads, gone, assessor })
    }

    pub fn problem(&self) -> &Problem {
        self.assessor.problem()
    }

    pub fn section(&self, id: FeatureId) -> Option<usize> {
        self.sections.binary_search_by_key(&id, |entry| entry.id).ok()
    }

    pub fn squad(&self, id: FeatureId) -> Option<u32> {
        self.squads.iter().position(|post| post.id == id).map(|at| at as u32)
    }

    /// The squad of a number that [`Self::last`] gives; none for nobody, and for a squad that is stored no more.
    pub fn post(&self, number: u32) -> Option<&Post> {
        let at = number as usize;
        self.squads.get(at).or_else(|| self.gone.get(at.checked_sub(self.squads.len())?))
    }

    /// The squads of an earlier plan by their places here: those that have no streets any more have numbers of their own after
    /// the last, those that are stored no more share one, sections that are new have none.
    pub fn last(&self, duties: &[(FeatureId, FeatureId)]) -> Vec<u32> {
        let number = |squad: FeatureId| {
            let gone = || self.gone.binary_search_by_key(&squad, |post| post.id).unwrap_or(self.gone.len());
            self.squad(squad).unwrap_or_else(|| (self.squads.len() + gone()) as u32)
        };
        self.sections
            .iter()
            .map(|entry| {
                let at = duties.binary_search_by_key(&entry.id, |(section, _)| *section);
                at.map_or(NONE, |at| number(duties[at].1))
            })
            .collect()
    }

    pub fn duties(&self, squad: &[u32]) -> Vec<Duty> {
        let duty = |(entry, own): (&Entry, &u32)| Duty {
            section: entry.id,
            squad: self.squads[*own as usize].id,
            minutes: entry.minutes,
        };
        self.sections.iter().zip(squad).map(duty).collect()
    }

    /// The score sheet: loads by part, targets, kilometres, shops and cases by squad; measures and bounds of the whole.
    /// `before`: the plan that it is set against.
    pub fn sheet(
        &self,
        squad: &[u32],
        before: Option<&[u32]>,
        figures: &Figures,
        prices: Prices,
        notes: &[Note],
    ) -> Map<String, Json> {
        let squads = self.squads.iter().enumerate().map(|(at, post)| {
            let own =
                || self.sections.iter().zip(squad).filter(move |(_, squad)| **squad as usize == at).map(|(own, _)| own);
            let load = own().fold(Minutes::default(), |sum, entry| sum.plus(entry.minutes));
            json!({
                "squad_id": post.id.0,
                "code": post.code,
                "name": post.name,
                "strength": post.strength,
                "sections": own().count(),
                "km": rounded(own().map(|entry| entry.metres).sum::<f64>() / 1e3, 3),
                "shops": own().map(|entry| u64::from(entry.shops)).sum::<u64>(),
                "cases": own().map(|entry| u64::from(entry.cases)).sum::<u64>(),
                "load_min": minutes(load),
                "target_min": rounded(figures.target[at], 2),
                "deviation": rounded(figures.load[at] / figures.target[at] - 1.0, 5),
            })
        });
        let mut told: Vec<Json> = notes.iter().map(|note| notes::of_solver(self, note)).collect();
        if figures.extra_pieces > 0 {
            told.extend(notes::squads_in_pieces(self, before, squad));
        }
        let sheet = json!({
            "squads": squads.collect::<Vec<_>>(),
            "total_min": rounded(figures.load.iter().sum(), 2),
            "max_deviation": rounded(figures.max_deviation, 5),
            "max_over": rounded(figures.max_over, 5),
            "max_deviation_bound": rounded(figures.deviation_bound, 5),
            "extra_pieces": figures.extra_pieces,
            "seams": rounded(figures.seams, 2),
            "travel_m": figures.travel_m.map(|metres| rounded(metres, 1)),
            "handover_share": rounded(figures.handover, 5),
            "objective": figures.objective,
            "prices": { "travel": prices.travel, "handover": prices.handover },
            "notes": notes::sentences(&told),
            "note_codes": told,
        });
        if let Json::Object(members) = sheet { members } else { Map::new() }
    }
}

pub fn minutes(load: Minutes) -> Json {
    json!({
        "patrol": rounded(load.patrol, 2),
        "shops": rounded(load.shops, 2),
        "violations": rounded(load.violations, 2),
        "other": rounded(load.other, 2),
        "total": rounded(load.total(), 2),
    })
}

pub fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (number * scale).round() / scale
}

/// Threads of a search; they change nothing but the time.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(8)
}

/// The reason why there is no plan, with ids in the place of the solver's numbers.
pub fn unanswerable(sections: &[Entry], reason: Infeasible) -> AppError {
    let named = |at: u32| notes::section_id(sections, at);
    let reason = match reason {
        Infeasible::BadWorkload { section, minutes } => Infeasible::BadWorkload { section: named(section), minutes },
        Infeasible::BadLength { section, metres } => Infeasible::BadLength { section: named(section), metres },
        Infeasible::LocksContradict { section, first, second } => {
            Infeasible::LocksContradict { section: named(section), first, second }
        }
        Infeasible::LockForbidden { section, squad } => Infeasible::LockForbidden { section: named(section), squad },
        Infeasible::AllForbidden { section } => Infeasible::AllForbidden { section: named(section) },
        Infeasible::LockCutOff { section, squad } => Infeasible::LockCutOff { section: named(section), squad },
        other => other,
    };
    invalid("", reason.to_string())
}

/// Active squads of kind area or township, by id, with the places of their bases.
fn posts(snapshot: &Snapshot, wish: &Wish) -> Result<(Vec<Post>, Vec<Option<Coord>>), AppError> {
    if !wish.table.is_empty() {
        return Ok(listed(snapshot, &wish.table));
    }
    let layer = Layer::Squads;
    let mut squads: Vec<Feature> = Vec::new();
    snapshot.layer(layer).for_each(&mut |row| squads.push(row.feature()));
    squads.sort_by_key(|squad| squad.id);
    let text = |squad: &Feature, name| squad.value(layer, name).text().unwrap_or_default().to_owned();
    if let Some(code) = wish.strengths.keys().find(|code| squads.iter().all(|squad| text(squad, "code") != **code)) {
        return Err(invalid("/strengths", format!("there is no squad with the code {code}")));
    }
    squads.retain(|squad| {
        matches!(text(squad, "kind").as_str(), "area" | "township") && text(squad, "status") == "active"
    });
    let strength = |squad: &Feature| squad.value(layer, "strength").number().unwrap_or(1.0);
    if wish.is_read_back {
        squads.retain(|squad| wish.strengths.contains_key(&text(squad, "code")) || strength(squad) > 0.0);
    }
    let mut posts = Vec::new();
    let mut bases = Vec::new();
    for squad in &squads {
        let code = text(squad, "code");
        let strength = wish.strengths.get(&code).copied().unwrap_or_else(|| strength(squad));
        posts.push(Post { id: squad.id, code, name: text(squad, "name"), strength });
        bases.push(squad.geometry.as_ref().map(|shape| shape.anchor().0));
    }
    Ok((posts, bases))
}

/// The stored squads that are not among `numbers`, by id.
fn others(snapshot: &Snapshot, numbers: &HashMap<FeatureId, u32>) -> Vec<Post> {
    let mut others = Vec::new();
    snapshot.layer(Layer::Squads).for_each(&mut |row| {
        if !numbers.contains_key(&row.id()) {
            let squad = row.feature();
            let text = |name| squad.value(Layer::Squads, name).text().unwrap_or_default().to_owned();
            others.push(Post { id: squad.id, code: text("code"), name: text("name"), strength: 0.0 });
        }
    });
    others.sort_by_key(|post| post.id);
    others
}

/// Squads by a table: those that are stored with their ids, others with ids below 0.
fn listed(snapshot: &Snapshot, table: &[SquadRow]) -> (Vec<Post>, Vec<Option<Coord>>) {
    let known = squads_by_code(snapshot);
    let posts = table.iter().enumerate().map(|(at, row)| Post {
        id: known.get(&row.code).copied().unwrap_or(FeatureId(-1 - at as i64)),
        code: row.code.clone(),
        name: row.code.clone(),
        strength: row.strength,
    });
    (posts.collect(), table.iter().map(|row| row.base.map(|[x, y]| Coord { x, y })).collect())
}

/// Junctions, their places and the sections between them.
fn network(features: &[(Feature, Minutes)]) -> Problem {
    let streets: Vec<_> = features
        .iter()
        .filter_map(|(section, _)| road_section::street(section.geometry.as_ref(), &section.values, &section.extras))
        .collect();
    let (ends, junctions) = crate::spatial::network::junctions(&streets);
    let origin = streets.first().map_or(Coord::default(), |street| street.start);
    let (east, north) = plane_at(origin.y);
    let mut places = vec![[0.0, 0.0]; junctions];
    for (street, ends) in streets.iter().zip(&ends) {
        for (at, junction) in [street.start, street.end].into_iter().zip(ends) {
            places[*junction as usize] = [(at.x - origin.x) * east, (at.y - origin.y) * north];
        }
    }
    let sections = features
        .iter()
        .zip(ends)
        .map(|((section, minutes), ends)| {
            let length = section.value(Layer::RoadSections, "length_m").number().unwrap_or(0.0);
            Section {
                ends,
                cost_m: section.value(Layer::RoadSections, "cost_m").number().unwrap_or(length),
                workload: *minutes,
            }
        })
        .collect();
    Problem { junctions, places, sections, ..Problem::default() }
}

/// The junction nearest to a base, in the plane that the problem's places lie in.
fn nearest_junction(problem: &Problem, features: &[(Feature, Minutes)], base: Coord) -> Option<u32> {
    let origin = features.iter().find_map(|(section, _)| match &section.geometry {
        Some(Shape::LineString(line)) => line.0.first().copied(),
        _ => None,
    })?;
    let (east, north) = plane_at(origin.y);
    let here = [(base.x - origin.x) * east, (base.y - origin.y) * north];
    let squared = |place: &[f64; 2]| (place[0] - here[0]).powi(2) + (place[1] - here[1]).powi(2);
    let nearest = problem.places.iter().enumerate().min_by(|(_, a), (_, b)| squared(a).total_cmp(&squared(b)));
    nearest.map(|(at, _)| at as u32)
}
