//! Plans as people see them: the document of a plan, its sections and zones on the map, two plans side by side, and what
//! moving sections would do before it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use geo::LineString;
use serde_json::{Value as Json, json};

use crate::analysis::assignment::plan::{Plan as Solved, Prices};
use crate::analysis::assignment::{Infeasible, explain};
use crate::app::error::invalid;
use crate::app::plan::compare::{Origin, change_list, deviations};
use crate::app::plan::desk::{BAND, Desk, minutes, rounded, threads};
use crate::app::plan::wish::{Pair, Wish, settle};
use crate::app::plan::{check_guard, zones};
use crate::app::write::Guard;
use crate::app::{App, AppError};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::domain::plan::{Duty, Owners, Plan, PlanId, Status};
use crate::formats::geojson::write_geometry;
use crate::spatial::crs::WGS84;
use crate::spatial::cut::{cut, spot_at};
use crate::spatial::geodesic::length_m;
use crate::spatial::shape::Shape;
use crate::world::Snapshot;

/// Plans that lie ready, at most.
const MOST_LAID: usize = 6;

/// A plan laid out on its desk.
#[derive(Clone)]
pub struct Laid {
    pub plan: Plan,
    pub duties: Arc<Vec<Duty>>,
    pub desk: Arc<Desk>,
    /// The squad of each section of the desk, by its place; those that have none any more come after the last.
    squad: Arc<Vec<u32>>,
}

#[derive(Clone, PartialEq)]
struct Key {
    plan: PlanId,
    sections: Rev,
    squads: Rev,
}

/// Plans that were looked at last.
#[derive(Default)]
pub(crate) struct Desks(Mutex<Vec<(Key, Laid)>>);

impl App {
    /// A plan, ready to be looked at. Cost: that of [`Desk::new`] at the first look and after streets have changed.
    pub async fn laid_plan(&self, snapshot: &Arc<Snapshot>, id: PlanId) -> Result<Laid, AppError> {
        let plan = self.plan(id).await?;
        let key =
            Key { plan: id, sections: snapshot.version(Layer::RoadSections), squads: snapshot.version(Layer::Squads) };
        let kept = {
            let desks = self.0.desks.0.lock().unwrap_or_else(PoisonError::into_inner);
            desks.iter().find(|(own, _)| *own == key).map(|(_, laid)| laid.clone())
        };
        let laid = match kept {
            Some(laid) if laid.plan.version == plan.version => return Ok(laid),
            Some(laid) => {
                let (plan, duties) = self.plan_with_duties(id).await?;
                Laid::new(plan, duties, laid.desk)
            }
            None => {
                let (plan, duties) = self.plan_with_duties(id).await?;
                let snapshot = snapshot.clone();
                tokio::task::spawn_blocking(move || lay_out(&snapshot, plan, duties))
                    .await
                    .map_err(|_| AppError::Configuration("the plan could not be laid out".to_owned()))??
            }
        };
        let mut desks = self.0.desks.0.lock().unwrap_or_else(PoisonError::into_inner);
        desks.retain(|(own, _)| own.plan != id);
        if desks.len() >= MOST_LAID {
            desks.remove(0);
        }
        desks.push((key, laid.clone()));
        Ok(laid)
    }

    /// The plan with its score sheet, and what it changes: a draft against the plan in force, that one against the one
    /// before it, an old one against the one in force.
    pub async fn plan_document(&self, id: PlanId) -> Result<Json, AppError> {
        let snapshot = self.snapshot();
        let plan = self.plan(id).await?;
        let against = against(snapshot.owners(), &plan);
        // Streets or squads may have changed so that the plan can no more be laid out.
        let changes = match self.laid_plan(&snapshot, id).await {
            Ok(laid) => match against {
                Some(other) => {
                    let before = laid.desk.last(&self.roll(&snapshot, other).await?);
                    Some(change_list(&laid.desk, &before, &laid.squad, origin(&plan, other)))
                }
                None => Some(Vec::new()),
            },
            Err(AppError::Invalid(_)) => None,
            Err(other) => return Err(other),
        };
        Ok(document(snapshot.owners(), &plan, against, changes))
    }

    /// Squads by section of any plan.
    async fn roll(&self, snapshot: &Snapshot, id: PlanId) -> Result<Vec<(FeatureId, FeatureId)>, AppError> {
        if let Some(term) = snapshot.owners().terms.iter().find(|term| term.plan == id) {
            return Ok(term.roll.to_vec());
        }
        let (_, duties) = self.plan_with_duties(id).await?;
        Ok(duties.iter().map(|duty| (duty.section, duty.squad)).collect())
    }

    /// A plan beside another: `with` is the one before, the loads of both are counted with the minutes of `id`.
    pub async fn compare_plans(&self, id: PlanId, with: PlanId) -> Result<Json, AppError> {
        let snapshot = self.snapshot();
        let laid = self.laid_plan(&snapshot, id).await?;
        let other = self.plan(with).await?;
        let desk = &laid.desk;
        let before = desk.last(&self.roll(&snapshot, with).await?);
        let (then, now) = (deviations(desk, &before), deviations(desk, &laid.squad));
        let total: f64 = desk.sections.iter().map(|entry| entry.minutes.total()).sum();
        let moved: Vec<usize> = (0..before.len()).filter(|at| before[*at] != laid.squad[*at]).collect();
        let work: f64 = moved.iter().map(|at| desk.sections[*at].minutes.total()).sum();
        // Squads with streets, and those that had some in one of the two.
        let numbers: BTreeSet<u32> =
            (0..desk.squads.len() as u32).chain(before.iter().chain(&*laid.squad).copied()).collect();
        let squads: Vec<Json> = numbers
            .into_iter()
            .filter_map(|number| {
                let post = desk.post(number)?;
                let count = |squad: &[u32]| squad.iter().filter(|own| **own == number).count();
                let deviation = |all: &[f64]| all.get(number as usize).map(|share| rounded(*share, 5));
                Some(json!({
                    "squad_id": post.id.0, "code": post.code, "name": post.name,
                    "deviation_before": deviation(&then), "deviation_after": deviation(&now),
                    "sections_before": count(&before), "sections_after": count(&laid.squad),
                }))
            })
            .collect();
        Ok(json!({
            "plan": summary(snapshot.owners(), &laid.plan),
            "with": summary(snapshot.owners(), &other),
            "handover_share": rounded(work / total.max(1e-300), 5),
            "sections_moved": moved.len(),
            "squads": squads,
            "changes": change_list(desk, &before, &laid.squad, origin(&laid.plan, with)),
        }))
    }

    /// Gives sections of a draft to other squads. With `dry_run` nothing is stored: what would be.
    ///
    /// Answers the plan's version and the new figures. Cost once the plan is laid out: some steps a section.
    pub async fn move_sections(
        &self,
        id: PlanId,
        guard: &Guard,
        moves: &[Pair],
        dry_run: bool,
    ) -> Result<(i64, Json), AppError> {
        let snapshot = self.snapshot();
        let laid = self.laid_plan(&snapshot, id).await?;
        check_guard(&laid.plan, guard)?;
        if laid.plan.status != Status::Draft && !dry_run {
            let detail =
                format!("plan {} is {}: only drafts change; propose one from it first", id.0, laid.plan.status.name());
            return Err(AppError::Conflict { detail, pointer: None });
        }
        let desk = &laid.desk;
        let mut squad = Vec::clone(&laid.squad);
        for (at, (section, owner)) in settle(&snapshot, "sections", moves)?.into_iter().enumerate() {
            let wrong = |detail: String| invalid(format!("/sections/{at}"), detail);
            let place =
                desk.section(section).ok_or_else(|| wrong(format!("section {} is not in the plan", section.0)))?;
            let detail = || wrong(format!("squad {} is no active squad of kind area or township", owner.0));
            squad[place] = desk.squad(owner).ok_or_else(detail)?;
        }
        let before = desk.last(against(snapshot.owners(), &laid.plan).map_or(&[][..], |other| {
            snapshot.owners().terms.iter().find(|term| term.plan == other).map_or(&[][..], |term| term.roll.as_slice())
        }));
        if squad.iter().any(|own| *own as usize >= desk.squads.len()) {
            return Err(invalid(
                "/sections",
                "some sections belong to squads that have no streets any more: re-assign first",
            ));
        }
        let prices = prices(&laid.plan);
        let (figures, notes) = desk.assessor.assess(&squad, Some(&before), prices);
        let mut sheet = desk.sheet(&squad, Some(&before), &figures, prices, &notes);
        for kept in ["travel_bound_m", "handover_bound"] {
            if let Some(bound) = laid.plan.figures.get(kept) {
                sheet.insert(kept.to_owned(), bound.clone());
            }
        }
        let then = deviations(desk, &laid.squad);
        let now = deviations(desk, &squad);
        let touched: Vec<Json> = desk
            .squads
            .iter()
            .enumerate()
            .filter(|(at, _)| (then[*at] - now[*at]).abs() > 1e-12)
            .map(|(at, post)| {
                json!({ "squad_id": post.id.0, "name": post.name,
                    "deviation_before": rounded(then[at], 5), "deviation_after": rounded(now[at], 5) })
            })
            .collect();
        let moved: Vec<usize> = (0..squad.len()).filter(|at| squad[*at] != laid.squad[*at]).collect();
        let mut version = laid.plan.version;
        if !dry_run && !moved.is_empty() {
            let all = desk.duties(&squad);
            let duties: Vec<Duty> = moved.iter().map(|at| all[*at]).collect();
            version = self.revise_plan(id, version, &duties, &sheet).await?.version;
        }
        let answer = json!({
            "id": id.0,
            "version": version,
            "dry_run": dry_run,
            "sections_moved": moved.len(),
            "squads_touched": touched,
            "figures": sheet,
        });
        Ok((version, answer))
    }

    /// The sections of a plan on the map, each with its squad, its work, and why.
    pub async fn plan_sections(&self, id: PlanId) -> Result<(i64, Bytes), AppError> {
        let snapshot = self.snapshot();
        let laid = self.laid_plan(&snapshot, id).await?;
        let before = match against(snapshot.owners(), &laid.plan) {
            Some(other) => Some(laid.desk.last(&self.roll(&snapshot, other).await?)),
            None => None,
        };
        let version = laid.plan.version;
        tokio::task::spawn_blocking(move || Ok((version, sections(&snapshot, &laid, before.as_deref())?)))
            .await
            .map_err(|_| AppError::Configuration("the plan could not be drawn".to_owned()))?
    }

    /// The stretches of assistants on the map.
    pub async fn plan_beats(&self, id: PlanId) -> Result<(i64, Bytes), AppError> {
        let snapshot = self.snapshot();
        let (laid, beats) = self.beats(id).await?;
        let mut codes = std::collections::HashMap::new();
        snapshot.layer(Layer::Assistants).for_each(&mut |row| {
            codes.insert(row.id(), row.feature().value(Layer::Assistants, "code").text().map(str::to_owned));
        });
        let mut text = br#"{"type":"FeatureCollection","features":["#.to_vec();
        for (at, beat) in beats.iter().enumerate() {
            let Some(Shape::LineString(line)) = snapshot.layer(Layer::RoadSections).shape(beat.section) else {
                continue;
            };
            let place = laid.desk.section(beat.section);
            let share = beat.to_share - beat.from_share;
            let properties = json!({
                "section_id": beat.section.0,
                "from_share": rounded(beat.from_share, 4),
                "to_share": rounded(beat.to_share, 4),
                "assistant_id": beat.assistant.0,
                "assistant_code": codes.get(&beat.assistant),
                "squad_id": place.and_then(|at| laid.desk.post(laid.squad[at])).map(|post| post.id.0),
                "load_min": place.map(|at| rounded(laid.desk.sections[at].minutes.total() * share, 2)),
            });
            let part = Shape::LineString(stretch(&line, beat.from_share, beat.to_share));
            feature(&mut text, at, at as i64 + 1, &part, &properties)?;
        }
        text.extend_from_slice(format!(r#"],"numberReturned":{}}}"#, beats.len()).as_bytes());
        Ok((laid.plan.version, text.into()))
    }

    /// The zones that the plan has or would get.
    pub async fn plan_zones(&self, id: PlanId) -> Result<(i64, Bytes), AppError> {
        let snapshot = self.snapshot();
        let (plan, duties) = self.plan_with_duties(id).await?;
        let roll: Vec<_> = duties.iter().map(|duty| (duty.section, duty.squad)).collect();
        tokio::task::spawn_blocking(move || {
            let squads = snapshot.layer(Layer::Squads);
            let mut text = br#"{"type":"FeatureCollection","features":["#.to_vec();
            for (at, (squad, shape)) in zones::draw(&snapshot, &roll).into_iter().enumerate() {
                let word = |name| {
                    squads.get(squad).and_then(|squad| squad.value(Layer::Squads, name).text().map(str::to_owned))
                };
                let properties = json!({ "squad_id": squad.0, "squad_code": word("code"), "name": word("name") });
                feature(&mut text, at, squad.0, &shape, &properties)?;
            }
            text.extend_from_slice(b"]}");
            Ok((plan.version, text.into()))
        })
        .await
        .map_err(|_| AppError::Configuration("the zones could not be drawn".to_owned()))?
    }
}

impl Laid {
    fn new(plan: Plan, duties: Vec<Duty>, desk: Arc<Desk>) -> Self {
        let roll: Vec<_> = duties.iter().map(|duty| (duty.section, duty.squad)).collect();
        let squad = Arc::new(desk.last(&roll));
        Self { plan, duties: Arc::new(duties), desk, squad }
    }

    /// The squad of each section of the desk.
    pub fn squad(&self) -> &[u32] {
        &self.squad
    }
}

/// The part of a line between two shares of its length.
fn stretch(line: &LineString, from: f64, to: f64) -> LineString {
    let length = length_m(line);
    let inner = |share: &f64| *share > 1e-9 && *share < 1.0 - 1e-9;
    let spots: Vec<_> =
        [from, to].iter().filter(|share| inner(share)).map(|share| spot_at(line, share * length)).collect();
    let mut parts = cut(line, &spots);
    let at = usize::from(inner(&from)).min(parts.len() - 1);
    parts.swap_remove(at)
}

fn lay_out(snapshot: &Snapshot, plan: Plan, duties: Vec<Duty>) -> Result<Laid, AppError> {
    let minutes: Vec<_> = duties.iter().map(|duty| (duty.section, duty.minutes)).collect();
    let mut wish = wish_of(&plan);
    wish.is_read_back = true;
    wish.strengths = strengths_of(snapshot, &plan);
    let desk = Desk::new(snapshot, &minutes, &wish)?;
    Ok(Laid::new(plan, duties, Arc::new(desk)))
}

/// The people that a plan counted on, by code of the squad; people who came or went since are for the next plan.
fn strengths_of(snapshot: &Snapshot, plan: &Plan) -> BTreeMap<String, f64> {
    let squads = plan.figures.get("squads").and_then(Json::as_array).into_iter().flatten();
    let strength = |squad: &Json| {
        let stored = snapshot.layer(Layer::Squads).get(FeatureId(squad["squad_id"].as_i64()?))?;
        Some((stored.value(Layer::Squads, "code").text()?.to_owned(), squad["strength"].as_f64()?))
    };
    squads.filter_map(strength).collect()
}

/// The wish that a plan was made of; its locks do not bind what is looked at later.
pub(super) fn wish_of(plan: &Plan) -> Wish {
    let mut members = plan.parameters.clone();
    ["as_of", "input_digest", "against_plan", "locks", "forbidden", "sections"].iter().for_each(|name| {
        members.shift_remove(*name);
    });
    serde_json::from_value(Json::Object(members)).unwrap_or_default()
}

fn prices(plan: &Plan) -> Prices {
    let price = |name: &str| plan.figures.get("prices").and_then(|prices| prices[name].as_f64()).unwrap_or(0.0);
    Prices { travel: price("travel"), handover: price("handover") }
}

/// The plan that a plan's changes are counted from.
fn against(owners: &Owners, plan: &Plan) -> Option<PlanId> {
    let in_force = owners.in_force().map(|term| term.plan)?;
    if in_force != plan.id {
        return Some(in_force);
    }
    owners.terms.iter().rev().nth(1).map(|term| term.plan)
}

/// How a plan came about, where it is set against the plan that it was made from.
fn origin(plan: &Plan, other: PlanId) -> Origin {
    let made_from = plan.parameters.get("against_plan").and_then(Json::as_i64);
    if made_from == Some(other.0) { Origin::of(&plan.parameters) } else { Origin::Search }
}

/// A plan to read; `changes` against another, none where it cannot be laid out any more.
pub(super) fn document(owners: &Owners, plan: &Plan, against: Option<PlanId>, changes: Option<Vec<Json>>) -> Json {
    let mut document = summary(owners, plan);
    document["parameters"] = Json::Object(plan.parameters.clone());
    document["figures"] = Json::Object(plan.figures.clone());
    document["changes_against"] = against.map(|other| other.0).into();
    document["changes"] = changes.into();
    document
}

/// A plan in a list.
pub fn summary(owners: &Owners, plan: &Plan) -> Json {
    let figure = |name: &str| plan.figures.get(name).cloned().unwrap_or(Json::Null);
    let terms: Vec<Json> = owners
        .terms
        .iter()
        .filter(|term| term.plan == plan.id)
        .map(|term| json!({ "from": write_instant(term.from), "to": term.to.map(write_instant), "actor": term.actor }))
        .collect();
    json!({
        "id": plan.id.0,
        "version": plan.version,
        "status": plan.status.name(),
        "name": plan.name,
        "created_at": write_instant(plan.created_at),
        "created_by": plan.created_by,
        "published_at": plan.published_at.map(write_instant),
        "published_by": plan.published_by,
        "superseded_at": plan.superseded_at.map(write_instant),
        "in_force": terms,
        "max_deviation": figure("max_deviation"),
        "handover_share": figure("handover_share"),
        "seams": figure("seams"),
        "travel_m": figure("travel_m"),
    })
}

fn feature(text: &mut Vec<u8>, at: usize, id: i64, shape: &Shape, properties: &Json) -> Result<(), AppError> {
    text.extend_from_slice(if at > 0 { b"," } else { b"" });
    text.extend_from_slice(format!(r#"{{"type":"Feature","id":{id},"geometry":"#).as_bytes());
    write_geometry(shape, &WGS84, text).map_err(|error| AppError::Configuration(error.to_string()))?;
    text.extend_from_slice(format!(r#","properties":{properties}}}"#).as_bytes());
    Ok(())
}

fn sections(snapshot: &Snapshot, laid: &Laid, before: Option<&[u32]>) -> Result<Bytes, AppError> {
    let desk = &laid.desk;
    let is_whole = laid.squad.iter().all(|own| (*own as usize) < desk.squads.len());
    let reasons = if is_whole { explained(laid, before).ok() } else { None };
    let layer = snapshot.layer(Layer::RoadSections);
    let mut text = br#"{"type":"FeatureCollection","features":["#.to_vec();
    let mut count = 0;
    for (at, entry) in desk.sections.iter().enumerate() {
        let Some(shape) = layer.shape(entry.id) else { continue };
        let post = |own: u32| desk.post(own);
        let own = post(laid.squad[at]);
        let was = before.and_then(|before| post(before[at]));
        let mut properties = json!({
            "name": entry.name,
            "squad_id": own.map(|post| post.id.0),
            "squad_code": own.map(|post| post.code.as_str()),
            "load_min": minutes(entry.minutes),
            "length_m": entry.metres,
            "shops": entry.shops,
            "cases": entry.cases,
            "was_squad_id": was.map(|post| post.id.0),
            "changes": before.is_some_and(|before| before[at] != laid.squad[at]),
        });
        if let Some(reason) = reasons.as_ref().map(|reasons| &reasons.sections[at]) {
            let cost = |cost: &explain::Cost| json!({ "travel": cost.travel, "seams": cost.seams, "handover": cost.handover, "total": cost.total() });
            properties["base_m"] = reason.metres.map(|metres| rounded(metres, 1)).into();
            properties["cost"] = cost(&reason.cost);
            properties["is_bound"] = reason.bound.into();
            properties["runner_up"] = reason.runner_up.as_ref().map_or(Json::Null, |other| {
                json!({
                    "squad_id": post(other.squad).map(|post| post.id.0),
                    "squad_code": post(other.squad).map(|post| post.code.as_str()),
                    "change": cost(&other.change),
                    "is_adjacent": other.adjacent,
                    "keeps_pieces_whole": other.contiguous,
                    "keeps_band": other.within_band,
                })
            });
        }
        feature(&mut text, count, entry.id.0, &shape, &properties)?;
        count += 1;
    }
    text.extend_from_slice(format!(r#"],"numberReturned":{count}}}"#).as_bytes());
    Ok(text.into())
}

fn explained(laid: &Laid, before: Option<&[u32]>) -> Result<explain::Explanation, Infeasible> {
    let prices = prices(&laid.plan);
    let (figures, notes) = laid.desk.assessor.assess(&laid.squad, before, prices);
    let solved = Solved { squad: laid.squad.to_vec(), prices, figures, notes };
    let wish = wish_of(&laid.plan);
    let band = wish.band.unwrap_or(BAND);
    explain(laid.desk.problem(), &solved, before, band, wish.seed, threads())
}
