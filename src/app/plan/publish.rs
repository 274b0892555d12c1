//! Publishing a plan: one transaction that checks it, gives the sections their squads, draws the zones and writes down
//! from when on it is in force. Rolling back is publishing an old plan.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::app::error::invalid;
use crate::app::plan::{check_guard, zones};
use crate::app::turn::Turn;
use crate::app::write::Guard;
use crate::app::writer::{Job, Work};
use crate::app::{App, AppError, entry, facts};
use crate::domain::draft;
use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::plan::{Plan, PlanId, Roll, Status};
use crate::domain::value::Value;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::{Change, Snapshot};

/// Violations of times to come whose facts are derived within the same transaction; more are derived right after it.
const AT_ONCE: usize = 5_000;
/// What sections of a plan may belong to.
const KINDS: [&str; 2] = ["area", "township"];

/// A plan to be put in force, and its zones as they were drawn before the writer's turn.
pub struct Publication {
    id: PlanId,
    guard: Guard,
    drawing: Drawing,
}

/// Zones, and what they were drawn from.
struct Drawing {
    version: i64,
    sections: Rev,
    jurisdictions: Rev,
    zones: Vec<(FeatureId, Shape)>,
}

impl App {
    /// Puts a plan in force, now.
    ///
    /// Errors: [`AppError::StalePlan`] when the guard does not hold, [`AppError::GuardRequired`],
    /// [`AppError::Conflict`] when it is in force already, [`AppError::Invalid`] when it leaves sections out or gives
    /// them to squads that cannot have any. Cost: zones are drawn off the writer's path; the turn itself writes each
    /// section that changes hands.
    pub async fn publish_plan(&self, id: PlanId, guard: Guard) -> Result<Plan, AppError> {
        let (plan, duties) = self.plan_with_duties(id).await?;
        if self.0.settings.require_if_match && guard == Guard::None {
            return Err(AppError::GuardRequired);
        }
        check_guard(&plan, &guard)?;
        let snapshot = self.snapshot();
        let roll: Vec<_> = duties.iter().map(|duty| (duty.section, duty.squad)).collect();
        let drawing = self.drawn(plan.version, &snapshot, roll).await?;
        let (job, answer) = Job::new(Work::Publish(Publication { id, guard, drawing }), None);
        self.0.queue.push(job)?;
        answer.await.map_err(|_| AppError::Overloaded)??;
        self.plan(id).await
    }

    async fn drawn(
        &self,
        version: i64,
        snapshot: &Snapshot,
        roll: Vec<(FeatureId, FeatureId)>,
    ) -> Result<Drawing, AppError> {
        let (sections, jurisdictions) = (snapshot.version(Layer::RoadSections), snapshot.version(Layer::Jurisdictions));
        let snapshot = snapshot.clone();
        let drawn = tokio::task::spawn_blocking(move || zones::draw(&snapshot, &roll)).await;
        let zones = drawn.map_err(|_| AppError::Configuration("the zones could not be drawn".to_owned()))?;
        Ok(Drawing { version, sections, jurisdictions, zones })
    }
}

impl Turn {
    pub(in crate::app) async fn publish_plan(&mut self, publication: Publication) -> Result<(), AppError> {
        let Publication { id, guard, mut drawing } = publication;
        let plan = self.tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
        check_guard(&plan, &guard)?;
        if plan.status == Status::Published {
            let detail = format!("plan {} is in force already", id.0);
            return Err(AppError::Conflict { detail, pointer: None });
        }
        let duties = self.tx.duties(id).await?;
        let roll: Roll = duties.iter().map(|duty| (duty.section, duty.squad)).collect::<Vec<_>>().into();
        self.check(&roll)?;
        let drawn_from = (drawing.version, drawing.sections, drawing.jurisdictions);
        let here = (plan.version, self.state.version(Layer::RoadSections), self.state.version(Layer::Jurisdictions));
        if drawn_from != here {
            drawing = self.app.clone().drawn(plan.version, &self.state, roll.to_vec()).await?;
        }
        let now = self.moment();
        let mut changes = self.hand_over(&roll).await?;
        if !drawing.zones.is_empty() {
            changes.extend(self.redraw(drawing.zones, now).await?);
        }
        let actor = self.app.0.actor.clone();
        let stamp = self.tx.put_in_force(id, now, &actor).await?;
        let owners = self.state.owners().followed_by(stamp, id, now, &actor, roll);
        self.apply(self.tx.newest(), changes);
        self.state = self.state.clone().with_owners(owners.into());
        self.derive_later_than(now).await
    }

    /// When the plan comes into force: now, but after everything that is in force began.
    fn moment(&self) -> Timestamp {
        let least = SignedDuration::from_micros(1);
        let mut now = self.tx.at();
        if let Some(term) = self.state.owners().in_force() {
            now = now.max(term.from + least);
        }
        now
    }

    /// Every section stands in the plan, with a squad that can have sections.
    fn check(&self, roll: &[(FeatureId, FeatureId)]) -> Result<(), AppError> {
        let squads: HashMap<FeatureId, Option<String>> = self.squads_and_faults();
        let mut left_out = Vec::new();
        let mut faulty = None;
        let mut count = 0;
        self.state.layer(Layer::RoadSections).for_each(&mut |row| {
            count += 1;
            match roll.binary_search_by_key(&row.id(), |(section, _)| *section) {
                Err(_) => left_out.push(row.id()),
                Ok(at) => {
                    let fault = squads.get(&roll[at].1).cloned().unwrap_or(Some("does not exist".to_owned()));
                    if let (Some(fault), None) = (fault, &faulty) {
                        faulty = Some((row.id(), roll[at].1, fault));
                    }
                }
            }
        });
        if count == 0 {
            return Err(invalid("", "there are no road sections to answer for: import some"));
        }
        if let Some(first) = left_out.iter().min() {
            let detail = format!(
                "{} of {count} road sections are not in the plan, the first is {}: propose a plan from what is there now",
                left_out.len(),
                first.0
            );
            return Err(invalid("/sections", detail));
        }
        match faulty {
            Some((section, squad, fault)) => {
                Err(invalid("/sections", format!("section {} belongs to squad {}, which {fault}", section.0, squad.0)))
            }
            None => Ok(()),
        }
    }

    /// Squads by id, each with why it cannot have sections, if it cannot.
    fn squads_and_faults(&self) -> HashMap<FeatureId, Option<String>> {
        let mut squads = HashMap::new();
        self.state.layer(Layer::Squads).for_each(&mut |row| {
            let squad = row.feature();
            let word = |name| squad.value(Layer::Squads, name).text().unwrap_or_default().to_owned();
            let (kind, status) = (word("kind"), word("status"));
            let fault = if !KINDS.contains(&kind.as_str()) {
                Some(format!("is of kind {kind}: only area and township squads have sections"))
            } else if status != "active" {
                Some(format!("is {status}: only active squads have sections"))
            } else {
                None
            };
            squads.insert(squad.id, fault);
        });
        squads
    }

    /// Writes the sections whose squad changes.
    async fn hand_over(&mut self, roll: &[(FeatureId, FeatureId)]) -> Result<Vec<(Layer, Change)>, AppError> {
        let layer = Layer::RoadSections;
        let place = layer.declaration().position("squad_id").expect("sections have a squad");
        let mut changing: Vec<(Feature, String)> = Vec::new();
        self.state.layer(layer).for_each(&mut |row| {
            let at = roll.binary_search_by_key(&row.id(), |(section, _)| *section);
            if let Ok(at) = at
                && row.declared(place).integer() != Some(roll[at].1.0)
            {
                let mut section = row.feature();
                section.values[place] = Value::Integer(roll[at].1.0);
                changing.push((section, String::from_utf8_lossy(&row.payload()).into_owned()));
            }
        });
        changing.sort_by_key(|(section, _)| section.id);
        self.tx.update_whole_numbers(layer, "squad_id", &mut changing).await?;
        Ok(changing.into_iter().map(|(section, _)| (layer, Change::Upsert(entry(layer, section)))).collect())
    }

    /// Ends the zones that hold, and begins the new ones; a zone that stays as it is is left alone.
    async fn redraw(
        &mut self,
        drawn: Vec<(FeatureId, Shape)>,
        now: Timestamp,
    ) -> Result<Vec<(Layer, Change)>, AppError> {
        let layer = Layer::SquadZones;
        let mut drawn: BTreeMap<FeatureId, Shape> = drawn.into_iter().collect();
        let mut holding: Vec<(Feature, bytes::Bytes)> = Vec::new();
        self.state.layer(layer).for_each(&mut |row| {
            let zone = row.feature();
            // Zones of times to come end before they begin: they go.
            let ends_later = zone.value(layer, "valid_to").instant().is_none_or(|to| to > now);
            if ends_later {
                holding.push((zone, row.payload()));
            }
        });
        holding.sort_by_key(|(zone, _)| zone.id);
        let mut changes = Vec::new();
        for (mut zone, payload) in holding {
            let squad = zone.value(layer, "squad_id").integer().map(FeatureId);
            let is_open = facts::in_force(layer, &zone, now) && zone.value(layer, "valid_to").is_null();
            let stays = is_open && squad.is_some_and(|squad| drawn.get(&squad) == zone.geometry.as_ref());
            if let (true, Some(squad)) = (stays, squad) {
                drawn.remove(&squad);
                continue;
            }
            let body = String::from_utf8_lossy(&payload);
            if zone.value(layer, "valid_from").instant().is_some_and(|from| from >= now) {
                self.tx.delete(layer, zone.id, &body).await?;
                changes.push((layer, Change::Delete(zone.id)));
            } else {
                zone.set(layer, "valid_to", Value::Instant(now));
                self.tx.update(layer, &mut zone, &body).await?;
                changes.push((layer, Change::Upsert(entry(layer, zone))));
            }
        }
        for (squad, shape) in drawn {
            let mut zone = draft::blank(layer);
            zone.geometry = Some(shape);
            zone.set(layer, "squad_id", Value::Integer(squad.0));
            let name =
                self.state.layer(Layer::Squads).get(squad).map(|squad| squad.value(Layer::Squads, "name").clone());
            zone.set(layer, "name", name.unwrap_or(Value::Null));
            zone.set(layer, "valid_from", Value::Instant(now));
            self.derive(layer, &mut zone, true)?;
            self.tx.insert(layer, &mut zone).await?;
            changes.push((layer, Change::Upsert(entry(layer, zone))));
        }
        Ok(changes)
    }

    /// What is said to happen after a plan came into force belongs to it; the past stays.
    async fn derive_later_than(&mut self, now: Timestamp) -> Result<(), AppError> {
        let layer = Layer::Violations;
        if !self.app.0.layers.contains(&layer) {
            self.touched.insert(Layer::SquadZones, Envelope::WORLD);
            return Ok(());
        }
        let place = layer.declaration().position("occurred_at").expect("violations have a time");
        let mut later = Vec::new();
        self.state.layer(layer).for_each(&mut |row| {
            if row.microseconds(place).is_some_and(|at| at >= now.as_microsecond()) {
                later.push(row.id());
            }
        });
        if later.len() > AT_ONCE {
            self.touched.insert(Layer::SquadZones, Envelope::WORLD);
            return Ok(());
        }
        later.sort_unstable();
        let mut changes = Vec::new();
        for id in later {
            let found = self.state.layer(layer).with_row(id, |row| (row.feature(), row.payload()));
            let Some((before, payload)) = found else { continue };
            let mut violation = before.clone();
            self.derive(layer, &mut violation, true)?;
            if !violation.says_the_same(&before) {
                self.tx.update(layer, &mut violation, &String::from_utf8_lossy(&payload)).await?;
                changes.push((layer, Change::Upsert(entry(layer, violation))));
            }
        }
        if !changes.is_empty() {
            self.apply(self.tx.newest(), changes);
        }
        Ok(())
    }
}
