//! Zones edited while a plan is in force: they are drawn from its sections, so that an edit becomes one draft plan, in
//! which the sections that lie in the edited zones belong to those zones' squads. The zones themselves stay as they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::app::jobs::Monitor;
use crate::app::plan::propose::propose;
use crate::app::plan::view::{document, wish_of};
use crate::app::plan::wish::{From, LimitsWish, Pair};
use crate::app::plan::{NewPlan, insert_draft};
use crate::app::write::{Created, Idempotency, Written};
use crate::app::{App, AppError};
use crate::domain::draft::FieldError;
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::plan::{Owners, Plan, PlanId};
use crate::spatial::area::PreparedArea;
use crate::spatial::geodesic::short_distance_m;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Snapshot;

/// An edit has this long to become a draft.
const PATIENCE: Duration = Duration::from_mins(10);
const LAYER: Layer = Layer::SquadZones;

/// A zone before and after an edit; none where there was none, or is none any more.
pub struct ZoneEdit {
    pub before: Option<Feature>,
    pub after: Option<Feature>,
}

/// The draft that edits of zones became.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftOfZones {
    pub plan: PlanId,
    /// The plan as it is read, with `detail` (a sentence) and `zones` (what was asked for).
    pub document: Json,
}

/// What edits of zones ask for, worked out and not stored yet.
pub struct Redrawn {
    pub in_force: PlanId,
    pub zones: usize,
    /// Sections that would change hands.
    pub moved: usize,
    /// Sections that an edited zone left, and that no other edited zone holds: they stay.
    pub left: usize,
    /// None when no section would change hands.
    pub new: Option<NewPlan>,
}

/// Whether a zone is drawn by the plan in force: there is one, and the zone holds now or will.
pub fn is_drawn_by_plan(snapshot: &Snapshot, zone: &Feature, now: Timestamp) -> bool {
    let holds = |from: Timestamp| zone.value(LAYER, "valid_to").instant().is_none_or(|to| to > now.min(from));
    snapshot.owners().in_force().is_some_and(|term| holds(term.from))
}

/// Whether a plan can draw an edited zone: its squad can have sections, and it holds now, with no end set.
pub fn check_zone(snapshot: &Snapshot, zone: &Feature, now: Timestamp) -> Result<(), FieldError> {
    for name in ["valid_from", "valid_to"] {
        if zone.value(LAYER, name).instant().is_some_and(|at| at > now) {
            let detail = "a plan is in force: zones hold from when a plan is published until the next one is. Leave the time out, and \
                          publish the draft when it is to hold";
            return Err(FieldError::new(format!("/properties/{name}"), detail));
        }
    }
    check_squad(snapshot, zone)
}

fn check_squad(snapshot: &Snapshot, zone: &Feature) -> Result<(), FieldError> {
    let id = zone.value(LAYER, "squad_id").integer().unwrap_or_default();
    let squad = snapshot.layer(Layer::Squads).get(FeatureId(id));
    let word = |name| squad.as_ref().and_then(|squad| squad.value(Layer::Squads, name).text().map(str::to_owned));
    let (kind, status) = (word("kind").unwrap_or_default(), word("status").unwrap_or_default());
    if matches!(kind.as_str(), "area" | "township") && status == "active" {
        return Ok(());
    }
    let detail =
        format!("squad {id} is {status}, of kind {kind}: only active squads of kind area or township have sections");
    Err(FieldError::new("/properties/squad_id", detail))
}

impl App {
    /// Works out what edits of zones ask for. Cost: that of laying a plan out; off the threads that serve.
    pub(in crate::app) async fn redrawn(&self, edits: Vec<ZoneEdit>) -> Result<Redrawn, AppError> {
        let snapshot = self.snapshot();
        let gone =
            || AppError::Conflict { detail: "no plan is in force any more: try again".to_owned(), pointer: None };
        let base = self.plan(snapshot.owners().in_force().ok_or_else(gone)?.plan).await?;
        tokio::task::spawn_blocking(move || redraw(&snapshot, &edits, &base, Timestamp::now()))
            .await
            .map_err(|_| AppError::Configuration("the draft of the zones could not be made".to_owned()))?
    }

    /// Stores the draft that edits of zones ask for, and what is answered to the same request again.
    ///
    /// Errors: [`AppError::Conflict`] when no section would change hands.
    pub(in crate::app) async fn draft_of_zones(
        &self,
        edits: Vec<ZoneEdit>,
        again: Option<Idempotency>,
    ) -> Result<Created, AppError> {
        let mut redrawn = self.redrawn(edits).await?;
        let Some(new) = redrawn.new.take() else {
            return Err(AppError::Conflict { detail: redrawn.detail(None), pointer: None });
        };
        let owners = self.snapshot().owners().clone();
        let mut tx = self.plan_writer().await?;
        if let Some(again) = &again
            && let Some(before) = tx.remembered(&again.key).await?
        {
            return if before.digest == again.digest { Ok(Created::Before(before)) } else { Err(AppError::KeyReused) };
        }
        let changes = new.changes.clone();
        let plan = insert_draft(&mut tx, &self.0.actor, new).await?;
        let written = Written::Drafted(redrawn.told(&owners, &plan, changes));
        if let Some(Idempotency { key, answer, .. }) = again {
            tx.remember(&key, &answer(&written)).await?;
        }
        tx.commit().await?;
        Ok(Created::Now(written))
    }
}

impl Redrawn {
    /// What came of the edit. `id`: of the draft, when it is stored.
    pub fn detail(&self, id: Option<PlanId>) -> String {
        let Self { in_force, moved, left, .. } = self;
        let drawn = format!(
            "zones are drawn from the sections of plan {}, which is in force, and stay as they are",
            in_force.0
        );
        let stay = match left {
            0 => String::new(),
            left => format!(
                "; {left} sections that the zones leave stay where they are: draw the zones that are to have them"
            ),
        };
        match (id, moved) {
            (_, 0) => format!(
                "{drawn}; the edit gives no section to another squad, so that no draft was made{stay}. Draw zones over the sections that \
                 are to change hands, or move sections in a draft (POST /api/plans)"
            ),
            (Some(id), moved) => format!(
                "{drawn}: plan {} is a draft in which {moved} sections change hands, as the edited zones say; publish it to have the zones \
                 drawn anew{stay}",
                id.0
            ),
            (None, moved) => format!("{drawn}: a draft would be made in which {moved} sections change hands{stay}"),
        }
    }

    fn told(&self, owners: &Arc<Owners>, plan: &Plan, changes: Vec<Json>) -> DraftOfZones {
        let mut document = document(owners, plan, Some(self.in_force), Some(changes));
        document["detail"] = self.detail(Some(plan.id)).into();
        document["zones"] = json!({ "edited": self.zones, "sections_moved": self.moved, "sections_left": self.left });
        DraftOfZones { plan: plan.id, document }
    }
}

fn redraw(snapshot: &Snapshot, edits: &[ZoneEdit], base: &Plan, now: Timestamp) -> Result<Redrawn, AppError> {
    let holds = |zone: &&Feature| zone.value(LAYER, "valid_to").instant().is_none_or(|to| to > now);
    let areas = |side: fn(&ZoneEdit) -> Option<&Feature>| -> Vec<Claim> {
        edits.iter().filter_map(side).filter(holds).filter_map(Claim::of).collect()
    };
    let (before, after) = (areas(|edit| edit.before.as_ref()), areas(|edit| edit.after.as_ref()));
    let owners = snapshot.owners();
    let mut moves: Vec<(FeatureId, FeatureId)> = Vec::new();
    let mut left = 0;
    snapshot.layer(Layer::RoadSections).for_each(&mut |row| {
        let Some(Shape::LineString(line)) = row.feature().geometry else { return };
        let owner = owners.now(row.id());
        match claimed(&after, &line, owner) {
            Some(squad) if Some(squad) != owner => moves.push((row.id(), squad)),
            Some(_) => {}
            None if claimed(&before, &line, owner).is_some_and(|squad| Some(squad) == owner) => left += 1,
            None => {}
        }
    });
    moves.sort_unstable();
    let mut redrawn = Redrawn { in_force: base.id, zones: edits.len(), moved: moves.len(), left, new: None };
    if !moves.is_empty() {
        let pair = |(section, squad): &(FeatureId, FeatureId)| Pair {
            section_id: Some(section.0),
            squad_id: Some(squad.0),
            ..Pair::default()
        };
        let mut wish = wish_of(base);
        wish.from = From::Given;
        wish.name = Some("Zones by hand".to_owned());
        wish.limits = LimitsWish::default();
        wish.groups = None;
        wish.permutation.clear();
        wish.sections = moves.iter().map(pair).collect();
        redrawn.new = Some(propose(snapshot, &wish, &Monitor::new(PATIENCE))?);
    }
    Ok(redrawn)
}

/// An area that a squad is to answer for.
struct Claim {
    squad: FeatureId,
    envelope: Envelope,
    area: PreparedArea,
}

impl Claim {
    fn of(zone: &Feature) -> Option<Self> {
        let squad = FeatureId(zone.value(LAYER, "squad_id").integer()?);
        let shape = zone.geometry.as_ref()?;
        Some(Self { squad, envelope: shape.envelope(), area: PreparedArea::new(shape) })
    }
}

/// The squad whose zones hold most of a line, where zones hold more than half of it; of equals the owner.
fn claimed(claims: &[Claim], line: &geo::LineString, owner: Option<FeatureId>) -> Option<FeatureId> {
    let here = line.0.iter().fold(Envelope::EMPTY, |mut all, at| {
        all.include(*at);
        all
    });
    let mut metres: BTreeMap<FeatureId, f64> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.envelope.intersects(here)) {
        *metres.entry(claim.squad).or_default() += claim.area.metres_within(line);
    }
    if metres.is_empty() {
        return None;
    }
    let whole: f64 = line.lines().map(|edge| short_distance_m(edge.start, edge.end)).sum();
    if 2.0 * metres.values().sum::<f64>() <= whole {
        return None;
    }
    let order = |a: &(&FeatureId, &f64), b: &(&FeatureId, &f64)| {
        a.1.total_cmp(b.1).then((Some(*a.0) == owner).cmp(&(Some(*b.0) == owner))).then(b.0.cmp(a.0))
    };
    metres.iter().max_by(order).map(|(squad, _)| *squad)
}
