//! Who is in charge of a place at a moment: the squad that owns it, and the squads that are on duty over it.

use geo::Coord;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::app::facts::{in_force, section_at_place, zone_at};
use crate::app::{App, AppError};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::hours::hold;
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::domain::violation::SNAP_LIMIT_M;
use crate::spatial::foot::contains;
use crate::world::Snapshot;

impl App {
    /// The owner by the plan then in force for the nearest section within 50 m, else by the zone then in force; and
    /// every duty that holds then and there, for `category` if one is asked for. Each with its reason.
    pub fn in_charge(&self, place: Coord, at: Timestamp, category: Option<&str>) -> Result<Json, AppError> {
        let snapshot = self.snapshot();
        let section = section_at_place(&snapshot, place, SNAP_LIMIT_M);
        let by_plan = section.as_ref().and_then(|(id, _)| {
            let term = snapshot.owners().term_at(at)?;
            Some((snapshot.owners().at(*id, at)?, term.plan, *id))
        });
        let owner = match by_plan {
            Some((squad, plan, section)) => Some((
                squad,
                json!({ "kind": "plan", "plan_id": plan.0, "section_id": section.0,
                    "text": format!("owns section {} by plan {}", section.0, plan.0) }),
            )),
            None => zone_at(&snapshot, place, at).map(|(zone, squad)| {
                (
                    squad,
                    json!({ "kind": "zone", "zone_id": zone.0, "text": format!("zone {} holds the place", zone.0) }),
                )
            }),
        };
        let local = self.zone().to_datetime(at);
        let mut duties: Vec<Feature> = Vec::new();
        snapshot.layer(Layer::SquadDuties).for_each(&mut |row| {
            let duty = row.feature();
            let text = |name| duty.value(Layer::SquadDuties, name).text();
            let for_category = text("category").is_none_or(|own| category.is_none_or(|asked| asked == own));
            let is_there = duty.geometry.as_ref().is_none_or(|shape| contains(shape, place));
            let holds = in_force(Layer::SquadDuties, &duty, at) && hold(text("hours"), text("weekdays"), local);
            if for_category && is_there && holds {
                duties.push(duty);
            }
        });
        duties.sort_by_key(|duty| duty.id);
        let on_duty = duties.iter().filter_map(|duty| {
            let squad = FeatureId(duty.value(Layer::SquadDuties, "squad_id").integer()?);
            Some(squad_document(&snapshot, squad, &reason(duty)))
        });
        let told = |(id, foot): &(FeatureId, crate::spatial::foot::Foot)| {
            let name = snapshot.layer(Layer::RoadSections).get(*id);
            json!({
                "id": id.0,
                "name": name.and_then(|own| own.value(Layer::RoadSections, "name").text().map(str::to_owned)),
                "distance_m": (foot.metres * 1e3).round() / 1e3,
            })
        };
        Ok(json!({
            "place": [place.x, place.y],
            "at": write_instant(at),
            "owner": owner.map(|(squad, reason)| squad_document(&snapshot, squad, &reason)),
            "on_duty": on_duty.collect::<Vec<_>>(),
            "section": section.as_ref().map(told),
        }))
    }
}

fn squad_document(snapshot: &Snapshot, id: FeatureId, reason: &Json) -> Json {
    let squad = snapshot.layer(Layer::Squads).get(id);
    let text = |name| squad.as_ref().and_then(|squad| squad.value(Layer::Squads, name).text());
    json!({ "squad_id": id.0, "code": text("code"), "name": text("name"), "kind": text("kind"), "reason": reason })
}

fn reason(duty: &Feature) -> Json {
    let text = |name| duty.value(Layer::SquadDuties, name).text();
    let mut words = vec![if duty.geometry.is_some() { "on duty here" } else { "on duty everywhere" }.to_owned()];
    for (name, before) in [("hours", "hours"), ("weekdays", "weekdays"), ("category", "for")] {
        words.extend(text(name).map(|value| format!("{before} {value}")));
    }
    json!({ "kind": "duty", "duty_id": duty.id.0, "name": text("name"), "text": words.join(", ") })
}
