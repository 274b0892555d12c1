//! How much work each road section is now: minutes a day, by part, from facts or from a property.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::analysis::assignment::workload::{Facts, workload};
use crate::app::AppError;
use crate::app::error::invalid;
use crate::app::plan::wish::Wish;
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::plan::Minutes;
use crate::domain::property::Kind;
use crate::domain::value::Value;
use crate::world::Snapshot;

/// What is known of the sections' work beside the minutes.
pub struct Demand {
    /// By section.
    pub minutes: Vec<(FeatureId, Minutes)>,
    /// The moment from which cases are aged: that of the latest, so that the same data give the same minutes.
    pub as_of: Option<Timestamp>,
}

/// Cost: one look at sections, shops and violations.
pub fn demand(snapshot: &Snapshot, wish: &Wish) -> Result<Demand, AppError> {
    let mut sections: Vec<Feature> = Vec::new();
    snapshot.layer(Layer::RoadSections).for_each(&mut |row| sections.push(row.feature()));
    sections.sort_by_key(|section| section.id);
    if let Some(property) = &wish.workload {
        let minutes = sections.iter().map(|section| Ok((section.id, given(section, property)?)));
        return Ok(Demand { minutes: minutes.collect::<Result<_, AppError>>()?, as_of: None });
    }
    let shops = count_by_section(snapshot, Layer::Shops);
    let (cases, as_of) = cases(snapshot);
    let weights = wish.weights.weights();
    let layer = Layer::RoadSections;
    let minutes = sections.iter().map(|section| {
        let counted = shops.get(&section.id.0).copied().unwrap_or(0);
        let stated = section.value(layer, "shops").integer().map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let facts = Facts {
            length_m: section.value(layer, "length_m").number().unwrap_or(0.0),
            class: section.value(layer, "class").text().unwrap_or(""),
            grade: section.value(layer, "grade").text(),
            shops: stated.unwrap_or(counted),
            violations: &cases
                .get(&section.id.0)
                .map_or_else(Vec::new, |cases| cases.iter().map(|(kind, age)| (kind.as_str(), *age)).collect()),
        };
        (section.id, workload(&facts, &weights))
    });
    Ok(Demand { minutes: minutes.collect(), as_of })
}

fn given(section: &Feature, property: &str) -> Result<Minutes, AppError> {
    let declared = Layer::RoadSections.declaration().property(property);
    if declared.is_some_and(|known| !matches!(known.kind, Kind::Number { .. } | Kind::Integer { .. })) {
        return Err(invalid("/workload", format!("{property} is not a number")));
    }
    let stored = section.value(Layer::RoadSections, property).number();
    let extra = || section.extras.get(property).and_then(serde_json::Value::as_f64);
    match stored.or_else(extra) {
        Some(minutes) if minutes >= 0.0 => Ok(Minutes::given(minutes)),
        Some(_) => Err(invalid("/workload", format!("section {} has less than 0 of {property}", section.id.0))),
        None => Err(invalid(
            "/workload",
            format!(
                "section {} has no {property}: fill it in, or leave workload out to have it worked out",
                section.id.0
            ),
        )),
    }
}

/// Number of features of a layer by their section.
pub fn count_by_section(snapshot: &Snapshot, layer: Layer) -> HashMap<i64, u32> {
    let mut counts = HashMap::new();
    let Some(place) = layer.declaration().position("section_id") else { return counts };
    snapshot.layer(layer).for_each(&mut |row| {
        if let Value::Integer(section) = row.declared(place) {
            *counts.entry(section).or_default() += 1;
        }
    });
    counts
}

type Cases = HashMap<i64, Vec<(String, f64)>>;

/// Category and age in days of the violations on each section.
fn cases(snapshot: &Snapshot) -> (Cases, Option<Timestamp>) {
    let layer = Layer::Violations;
    let place = |name| layer.declaration().position(name).expect("violations have it");
    let (section, category, occurred, status) =
        (place("section_id"), place("category"), place("occurred_at"), place("status"));
    let mut found: Vec<(i64, String, i64)> = Vec::new();
    snapshot.layer(layer).for_each(&mut |row| {
        if row.declared_text(status) == Some("rejected") {
            return;
        }
        if let (Value::Integer(section), Some(at)) = (row.declared(section), row.microseconds(occurred)) {
            found.push((section, row.declared_text(category).unwrap_or("").to_owned(), at));
        }
    });
    let latest = found.iter().map(|(_, _, at)| *at).max();
    // In one order, so that sums are the same however the rows lie.
    found.sort();
    let mut cases = Cases::new();
    for (section, category, at) in found {
        let days = (latest.unwrap_or(at) - at) as f64 / 86_400e6;
        cases.entry(section).or_default().push((category, days));
    }
    (cases, latest.and_then(|at| Timestamp::from_microsecond(at).ok()))
}
