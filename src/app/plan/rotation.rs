//! Assistants change places over beats that stay as they are: by a given permutation, or by lot.
//!
//! Which squad has which zone changes by a plan (`propose`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::analysis::random::Random;
use crate::app::error::invalid;
use crate::app::plan::beats::assistants;
use crate::app::{App, AppError};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::plan::{Beat, PlanId};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BeatsMode {
    /// The sections of each squad are shared out anew.
    #[default]
    ShareOut,
    /// The beats stay; assistants change places over those of their squad.
    Rotate,
}

/// How beats are to be shared out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BeatsWish {
    pub mode: BeatsMode,
    /// Codes: who takes whose beat. By lot when empty.
    pub permutation: BTreeMap<String, String>,
    pub seed: u64,
    /// Whoever has a post keeps the own beat.
    pub keep_posts: bool,
}

impl Default for BeatsWish {
    fn default() -> Self {
        Self { mode: BeatsMode::ShareOut, permutation: BTreeMap::new(), seed: 0, keep_posts: true }
    }
}

impl BeatsWish {
    /// Errors name the member.
    pub fn read(json: Json) -> Result<Self, AppError> {
        let wish: Self = serde_json::from_value(json).map_err(|error| invalid("", error.to_string()))?;
        if wish.mode != BeatsMode::Rotate && !wish.permutation.is_empty() {
            return Err(invalid("/permutation", "stands only where \"mode\" is \"rotate\""));
        }
        Ok(wish)
    }
}

impl App {
    /// Lets assistants change places over the beats of a plan, and stores that with the plan.
    ///
    /// Errors: [`AppError::Invalid`] where there are no beats yet, where nobody can change places, and where the
    /// permutation is none within squads.
    pub async fn rotate_beats(&self, id: PlanId, wish: &BeatsWish) -> Result<Json, AppError> {
        let people = assistants(&self.snapshot());
        let mut tx = self.plan_writer().await?;
        tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
        let mut beats = tx.beats(id).await?;
        if beats.is_empty() {
            let detail = "the plan has no beats yet: share its sections out first (\"mode\": \"share-out\")";
            return Err(invalid("/mode", detail));
        }
        let places = places(&people, &beats, wish)?;
        for beat in &mut beats {
            beat.assistant = places.get(&beat.assistant).copied().unwrap_or(beat.assistant);
        }
        tx.put_beats(id, &beats).await?;
        tx.commit().await?;
        Ok(report(id, &people, &places, wish))
    }
}

type People = BTreeMap<FeatureId, Vec<Feature>>;

fn code(person: &Feature) -> &str {
    person.value(Layer::Assistants, "code").text().unwrap_or_default()
}

fn is_fixed(person: &Feature, wish: &BeatsWish) -> bool {
    wish.keep_posts && person.geometry.is_some()
}

/// By assistant who has the beat then; only those whose beat goes to another.
fn places(people: &People, beats: &[Beat], wish: &BeatsWish) -> Result<BTreeMap<FeatureId, FeatureId>, AppError> {
    let places = if wish.permutation.is_empty() { by_lot(people, beats, wish) } else { permuted(people, wish)? };
    if places.is_empty() {
        let fixed = people.values().flatten().filter(|person| is_fixed(person, wish)).count();
        let detail = format!(
            "nobody changes places: no squad has two assistants with beats who are free to ({fixed} have posts, which they keep; \
             \"keep_posts\": false lets them go, too)"
        );
        return Err(invalid("/mode", detail));
    }
    Ok(places)
}

/// One round through all that are free, in each squad: nobody keeps the own beat.
fn by_lot(people: &People, beats: &[Beat], wish: &BeatsWish) -> BTreeMap<FeatureId, FeatureId> {
    let with_beats: BTreeSet<FeatureId> = beats.iter().map(|beat| beat.assistant).collect();
    let mut random = Random::new(wish.seed);
    let mut places = BTreeMap::new();
    for squad in people.values() {
        let free = squad.iter().filter(|person| with_beats.contains(&person.id) && !is_fixed(person, wish));
        let free: Vec<FeatureId> = free.map(|person| person.id).collect();
        let mut next = free.clone();
        // Sattolo's cycle.
        for at in (1..free.len()).rev() {
            next.swap(at, random.below(at as u64) as usize);
        }
        places.extend(free.into_iter().zip(next).filter(|(own, next)| own != next));
    }
    places
}

fn permuted(people: &People, wish: &BeatsWish) -> Result<BTreeMap<FeatureId, FeatureId>, AppError> {
    let mut by_code: HashMap<&str, (FeatureId, &Feature)> = HashMap::new();
    for (squad, all) in people {
        by_code.extend(all.iter().map(|person| (code(person), (*squad, person))));
    }
    let wrong = |detail: String| invalid("/permutation", detail);
    let known = |code: &String| {
        let (squad, person) =
            by_code.get(code.as_str()).ok_or_else(|| wrong(format!("there is no assistant {code}")))?;
        if is_fixed(person, wish) {
            let detail = format!("{code} has a post, which assistants keep: \"keep_posts\": false lets them go, too");
            return Err(wrong(detail));
        }
        Ok((*squad, person.id))
    };
    let mut places = BTreeMap::new();
    for (taker, owner) in &wish.permutation {
        let ((squad, taken_by), (other, taken_from)) = (known(taker)?, known(owner)?);
        if squad != other {
            return Err(wrong(format!("{taker} and {owner} are of two squads: beats stay within a squad")));
        }
        if places.insert(taken_from, taken_by).is_some() {
            return Err(wrong(format!("two assistants would take the beat of {owner}")));
        }
    }
    let (from, to): (BTreeSet<FeatureId>, BTreeSet<FeatureId>) =
        (places.keys().copied().collect(), places.values().copied().collect());
    if from != to {
        return Err(wrong("some would have two beats, others none: name who takes theirs".to_owned()));
    }
    places.retain(|own, next| own != next);
    Ok(places)
}

fn report(id: PlanId, people: &People, places: &BTreeMap<FeatureId, FeatureId>, wish: &BeatsWish) -> Json {
    let squads = people.iter().filter_map(|(squad, all)| {
        let person = |id: &FeatureId| all.iter().find(|person| person.id == *id);
        let moves: Vec<Json> = places
            .iter()
            .filter_map(|(from, to)| {
                let (from, to) = (person(from)?, person(to)?);
                Some(json!({
                    "assistant_id": to.id.0, "code": code(to),
                    "takes_beat_of_id": from.id.0, "takes_beat_of": code(from),
                }))
            })
            .collect();
        let fixed = all.iter().filter(|person| is_fixed(person, wish)).count();
        (!moves.is_empty()).then(|| json!({ "squad_id": squad.0, "moves": moves, "keep_their_posts": fixed }))
    });
    json!({
        "plan_id": id.0,
        "mode": "rotate",
        "assistants": places.len(),
        "squads": squads.collect::<Vec<_>>(),
    })
}
