//! What is asked for when a plan is proposed: read from JSON, with references settled against a snapshot.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::analysis::assignment::workload::Weights;
use crate::app::AppError;
use crate::app::error::invalid;
use crate::domain::category::Catalogue;
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::domain::reading::shortened;
use crate::domain::road_section::GRADES;
use crate::world::Snapshot;

/// Bytes of a plan's name.
const LONGEST_NAME: usize = 200;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// The plan in force, changed as little as the numbers ask for; a fresh one where none is in force.
    #[default]
    Published,
    /// Nothing: a plan from scratch.
    Fresh,
    /// `sections` say who answers for what; for the others the plan in force does.
    Given,
    /// The plan in force, squads changing places by `permutation`, or by lot.
    Rotate,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub from: From,
    pub seed: u64,
    /// A property of road sections that holds minutes a day; otherwise minutes follow from facts by `weights`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    pub weights: WeightsWish,
    /// People on duty by code of the squad, where it is not the squad's strength.
    pub strengths: BTreeMap<String, f64>,
    pub locks: Vec<Pair>,
    pub forbidden: Vec<Pair>,
    /// `name`: streets of a name stay whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    pub limits: LimitsWish,
    /// Share of the target by which a load may differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub travel_allowance: Option<f64>,
    /// Squads that change places: the code of each, and of the squad whose sections it gets.
    pub permutation: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Pair>,
    /// Squads in the place of the stored ones; not part of what is written.
    #[serde(skip)]
    pub table: Vec<SquadRow>,
    /// Of a plan that is there and only looked at: squads without people stand aside, where a wish for a plan is refused.
    #[serde(skip)]
    pub is_read_back: bool,
}

/// A squad as a table has it. One whose code is not stored has an id below 0 in what comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct SquadRow {
    pub code: String,
    pub strength: f64,
    /// Longitude, latitude.
    pub base: Option<[f64; 2]>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsWish {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_handover_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_squads_touched: Option<usize>,
}

/// Members as in [`Weights`]; what is not said stays usual.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightsWish {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patrol_m_per_min: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub visits_by_grade: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub visits_by_class: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes_per_shop: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub minutes_by_category: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes_per_case: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_life_days: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<f64>,
}

/// A section and a squad, each by id or by the name that people give.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pair {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub squad_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub squad_code: Option<String>,
}

impl Wish {
    /// Errors name the member.
    pub fn read(json: Json) -> Result<Self, AppError> {
        let wish: Self = serde_json::from_value(json).map_err(|error| invalid("", error.to_string()))?;
        let weights = &wish.weights;
        let positive = [
            ("/weights/patrol_m_per_min", weights.patrol_m_per_min),
            ("/weights/half_life_days", weights.half_life_days),
            ("/weights/days", weights.days),
            ("/band", wish.band),
        ];
        for (pointer, value) in positive {
            if value.is_some_and(|value| !(value > 0.0 && value.is_finite())) {
                return Err(invalid(pointer, "must be a number above 0"));
            }
        }
        if wish.travel_allowance.is_some_and(|share| !(share >= 0.0 && share.is_finite())) {
            return Err(invalid(
                "/travel_allowance",
                "must be a share of the least travel, at least 0, such as 0.0125",
            ));
        }
        if wish.name.as_deref().is_some_and(|name| {
            name.trim().is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control)
        }) {
            return Err(invalid("/name", format!("must have 1 to {LONGEST_NAME} bytes and no control characters")));
        }
        if let Some(grade) = weights.visits_by_grade.keys().find(|grade| !GRADES.contains(&grade.as_str())) {
            let detail = format!("'{}' is no grade: there are {}", shortened(grade), GRADES.join(", "));
            return Err(invalid("/weights/visits_by_grade", detail));
        }
        let tables = [&weights.visits_by_grade, &weights.visits_by_class, &weights.minutes_by_category];
        let rates = [weights.visits, weights.minutes_per_shop, weights.minutes_per_case];
        let all = tables.into_iter().flat_map(BTreeMap::values).copied().chain(rates.into_iter().flatten());
        if all.into_iter().any(|rate| !(rate >= 0.0 && rate.is_finite())) {
            return Err(invalid("/weights", "must be numbers of at least 0"));
        }
        if wish.limits.max_handover_share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(invalid("/limits/max_handover_share", "must be a share from 0 to 1"));
        }
        if wish.groups.as_deref().is_some_and(|groups| groups != "name") {
            return Err(invalid("/groups", "must be \"name\": streets of a name stay whole"));
        }
        if !wish.sections.is_empty() && wish.from != From::Given {
            return Err(invalid("/sections", "stand only where \"from\" is \"given\""));
        }
        if !wish.permutation.is_empty() && wish.from != From::Rotate {
            return Err(invalid("/permutation", "stands only where \"from\" is \"rotate\""));
        }
        Ok(wish)
    }
}

impl WeightsWish {
    /// Categories by slug, whatever of their names they were asked for by; `scheme` is that of bare codes.
    ///
    /// Errors: a category that is not known, or named twice.
    pub fn settle_categories(&mut self, catalogue: &Catalogue, scheme: &str) -> Result<(), AppError> {
        let mut by_slug = BTreeMap::new();
        for (word, minutes) in &self.minutes_by_category {
            let wrong = |detail: String| invalid("/weights/minutes_by_category", detail);
            let slug = catalogue.resolve(word, scheme).map_err(|error| wrong(error.to_string()))?;
            if by_slug.insert(slug.to_owned(), *minutes).is_some() {
                return Err(wrong(format!("{slug} is named twice")));
            }
        }
        self.minutes_by_category = by_slug;
        Ok(())
    }

    pub fn weights(&self) -> Weights {
        let mut weights = Weights::default();
        let set = |number: &mut f64, said: Option<f64>| *number = said.unwrap_or(*number);
        set(&mut weights.patrol_m_per_min, self.patrol_m_per_min);
        set(&mut weights.visits, self.visits);
        set(&mut weights.minutes_per_shop, self.minutes_per_shop);
        set(&mut weights.minutes_per_case, self.minutes_per_case);
        set(&mut weights.half_life_days, self.half_life_days);
        set(&mut weights.days, self.days);
        weights.visits_by_grade.extend(self.visits_by_grade.clone());
        weights.visits_by_class.extend(self.visits_by_class.clone());
        weights.minutes_by_category.extend(self.minutes_by_category.clone());
        weights
    }
}

/// Settles pairs against what is stored; `member` names them in errors. Cost: one look at all sections if one of them
/// is named by external id.
pub fn settle(snapshot: &Snapshot, member: &str, pairs: &[Pair]) -> Result<Vec<(FeatureId, FeatureId)>, AppError> {
    let sections = snapshot.layer(Layer::RoadSections);
    let mut by_name: HashMap<String, FeatureId> = HashMap::new();
    if pairs.iter().any(|pair| pair.section_external_id.is_some()) {
        sections.for_each(&mut |row| {
            if let Some(name) = row.feature().external_id {
                by_name.insert(name, row.id());
            }
        });
    }
    let squads = squads_by_code(snapshot);
    let mut owners: HashMap<FeatureId, FeatureId> = HashMap::new();
    pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| {
            let wrong = |detail: String| invalid(format!("/{member}/{at}"), detail);
            let section = match (pair.section_id, &pair.section_external_id) {
                (Some(id), None) => Some(FeatureId(id)).filter(|id| sections.with_row(*id, |_| ()).is_some()),
                (None, Some(name)) => by_name.get(name).copied(),
                _ => return Err(wrong("name the section by section_id or by section_external_id".to_owned())),
            };
            let squad = match (pair.squad_id, &pair.squad_code) {
                (Some(id), None) => Some(FeatureId(id)).filter(|id| squads.values().any(|known| known == id)),
                (None, Some(code)) => squads.get(code).copied(),
                _ => return Err(wrong("name the squad by squad_id or by squad_code".to_owned())),
            };
            let section = section.ok_or_else(|| wrong("there is no such road section".to_owned()))?;
            let squad = squad.ok_or_else(|| wrong("there is no such squad".to_owned()))?;
            // What contradicts itself in locks the solver names, with the rest of them.
            if member == "sections" && owners.insert(section, squad).is_some_and(|other| other != squad) {
                return Err(wrong(format!("section {} is given to two squads: name it once", section.0)));
            }
            Ok((section, squad))
        })
        .collect()
}

pub fn squads_by_code(snapshot: &Snapshot) -> HashMap<String, FeatureId> {
    let mut squads = HashMap::new();
    snapshot.layer(Layer::Squads).for_each(&mut |row| {
        if let Some(code) = row.feature().value(Layer::Squads, "code").text() {
            squads.insert(code.to_owned(), row.id());
        }
    });
    squads
}
