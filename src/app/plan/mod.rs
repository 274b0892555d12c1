//! Plans: drafts that come and go, the one in force, and what was in force when.
//!
//! A draft is not part of the map and asks the store; what is in force is in every snapshot.

pub mod wish;
mod demand;
mod desk;
mod propose;
mod compare;
mod view;
mod beats;
pub mod rotation;
mod route;
mod publish;
mod zones;
mod notes;
mod redraw;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::app::write::Guard;
use crate::app::{App, AppError};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::moment::to_microseconds;
use crate::domain::plan::{Duty, Owners, Plan, PlanId, Status};
use crate::store::WriteTx;

pub use propose::propose;
pub(super) use publish::Publication;
pub use redraw::DraftOfZones;
pub(super) use redraw::{Redrawn, ZoneEdit, check_zone, is_drawn_by_plan};
pub(crate) use view::Desks;
pub use view::{Laid, summary};

/// A plan that is to become a draft.
pub struct NewPlan {
    pub name: String,
    pub parameters: Map<String, Json>,
    pub figures: Map<String, Json>,
    pub duties: Vec<Duty>,
    /// What it changes against the plan in force, as people read it.
    pub changes: Vec<Json>,
}

impl App {
    pub async fn plan(&self, id: PlanId) -> Result<Plan, AppError> {
        self.store().read().await?.plan(id).await?.ok_or(AppError::NoPlan { id })
    }

    /// All plans, newest first.
    pub async fn plans(&self) -> Result<Vec<Plan>, AppError> {
        Ok(self.store().read().await?.plans().await?)
    }

    /// The plan that was in force at a moment; none before the first.
    pub async fn plan_at(&self, at: Timestamp) -> Result<Option<Plan>, AppError> {
        let id = self.snapshot().owners().term_at(at).map(|term| term.plan);
        match id {
            Some(id) => self.plan(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// A plan with what squads have to do in it, by section, for the sections that there are.
    pub async fn plan_with_duties(&self, id: PlanId) -> Result<(Plan, Vec<Duty>), AppError> {
        let mut tx = self.store().read().await?;
        let plan = tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
        Ok((plan, tx.duties(id).await?))
    }

    /// Stores a draft.
    pub async fn create_plan(&self, new: NewPlan) -> Result<Plan, AppError> {
        let mut tx = self.plan_writer().await?;
        let plan = insert_draft(&mut tx, &self.0.actor, new).await?;
        tx.commit().await?;
        Ok(plan)
    }

    /// Gives sections of a draft to other squads, with the figures that the draft then has.
    pub async fn revise_plan(
        &self,
        id: PlanId,
        version: i64,
        duties: &[Duty],
        figures: &Map<String, Json>,
    ) -> Result<Plan, AppError> {
        let mut tx = self.plan_writer().await?;
        let plan = draft(&mut tx, id, &Guard::OneOf(vec![Rev(version)])).await?;
        tx.put_duties(plan.id, duties).await?;
        tx.drop_beats(plan.id, duties).await?;
        tx.revise_plan(plan.id, figures).await?;
        let revised = tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
        tx.commit().await?;
        Ok(revised)
    }

    /// Forgets a draft.
    pub async fn drop_plan(&self, id: PlanId, guard: &Guard) -> Result<(), AppError> {
        let mut tx = self.plan_writer().await?;
        draft(&mut tx, id, guard).await?;
        tx.delete_plan(id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn plan_writer(&self) -> Result<WriteTx, AppError> {
        Ok(self.store().write(&self.0.actor, to_microseconds(Timestamp::now())).await?)
    }
}

async fn insert_draft(tx: &mut WriteTx, actor: &str, new: NewPlan) -> Result<Plan, AppError> {
    let mut plan = Plan {
        id: PlanId(0),
        version: 1,
        status: Status::Draft,
        name: new.name,
        created_at: tx.at(),
        created_by: actor.to_owned(),
        published_at: None,
        published_by: None,
        superseded_at: None,
        parameters: new.parameters,
        figures: new.figures,
    };
    tx.insert_plan(&mut plan, &new.duties).await?;
    Ok(plan)
}

/// The plan, if it is a draft and the guard lets it be changed.
async fn draft(tx: &mut WriteTx, id: PlanId, guard: &Guard) -> Result<Plan, AppError> {
    let plan = tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
    check_guard(&plan, guard)?;
    if plan.status != Status::Draft {
        let detail = format!("plan {} is {}: only drafts change; propose another from it", id.0, plan.status.name());
        return Err(AppError::Conflict { detail, pointer: None });
    }
    Ok(plan)
}

pub(crate) fn check_guard(plan: &Plan, guard: &Guard) -> Result<(), AppError> {
    match guard {
        Guard::OneOf(versions) if !versions.contains(&Rev(plan.version)) => {
            Err(AppError::StalePlan { id: plan.id, version: plan.version })
        }
        _ => Ok(()),
    }
}

/// Owners by section of the plan in force.
pub fn owners_now(owners: &Owners) -> &[(FeatureId, FeatureId)] {
    owners.in_force().map_or(&[], |term| term.roll.as_slice())
}
