//! Splitting, merging and reversing road sections: what becomes of the line and of every property.

use geo::{Coord, LineString};
use serde_json::{Value as Json, json};

use crate::domain::draft::{Draft, FieldError, Onto};
use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::plan::Span;
use crate::domain::road_section::{DECLARATION, FROM_NODE, TO_NODE};
use crate::domain::value::Value;
use crate::spatial::cut::{Spot, chain, cut, shares, spot_at, spot_near};
use crate::spatial::geodesic::length_m;
use crate::spatial::shape::Shape;

/// Undeclared property that the service keeps: the ids of the sections that this one was made of.
pub const PREDECESSORS: &str = "predecessors";
/// A place to cut at may lie this far off the line, metres.
const OFF_M: f64 = 50.0;
/// Shorter pieces are refused, metres.
const SHORTEST_M: f64 = 1.0;
/// What merged sections must have in common.
const COMMON: [&str; 8] = ["class", "name", "grade", "oneway", "oneway_bicycle", "foot", "bicycle", "motor"];

/// Where to cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    Place(Coord),
    /// Metres along the line from its start.
    Metres(f64),
    /// Share of the length.
    Share(f64),
}

fn refused(pointer: impl Into<String>, detail: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError::new(pointer, detail)]
}

fn line_of(section: &Feature) -> Result<&LineString, Vec<FieldError>> {
    match &section.geometry {
        Some(Shape::LineString(line)) => Ok(line),
        _ => Err(refused("/geometry", "the section has no line")),
    }
}

/// Cuts a section into new ones, in the order of its line, each with where the section lies in it.
///
/// Counts and measures are shared out by length, so that sums stay; the rest is inherited, but for the external id,
/// which stays the parent's. Pieces are at least a metre long.
pub fn split(section: &Feature, cuts: &[Cut]) -> Result<Vec<(Feature, Span)>, Vec<FieldError>> {
    let line = line_of(section)?;
    let total = length_m(line);
    let mut spots: Vec<Spot> = Vec::with_capacity(cuts.len());
    for (at, cut) in cuts.iter().enumerate() {
        let pointer = format!("/at/{at}");
        let spot = match *cut {
            Cut::Place(place) => {
                let (spot, metres) = spot_near(line, place);
                if metres > OFF_M {
                    return Err(refused(pointer, format!("lies {metres:.0} m off the section: {OFF_M:.0} m at most")));
                }
                spot
            }
            Cut::Metres(metres) => spot_at(line, metres),
            Cut::Share(share) => spot_at(line, share * total),
        };
        if spots.contains(&spot) {
            return Err(refused(pointer, "cuts at the same place as another"));
        }
        spots.push(spot);
    }
    let lines = cut(line, &spots);
    if lines.len() != cuts.len() + 1 || lines.iter().any(|line| length_m(line) < SHORTEST_M) {
        return Err(refused(
            "/at",
            format!("would leave a piece shorter than {SHORTEST_M} m: cut farther from the ends"),
        ));
    }
    let shares = shares(&lines);
    let shops = section.value(Layer::RoadSections, "shops").integer().map(|shops| shared_out(shops, &shares));
    let last = lines.len() - 1;
    let made = lines.into_iter().zip(stretches(&shares)).enumerate().map(|(at, (line, (from, to)))| {
        let mut piece = section.clone();
        piece.external_id = None;
        piece.geometry = Some(Shape::LineString(line));
        if let Some(shops) = &shops {
            piece.set(Layer::RoadSections, "shops", Value::Integer(shops[at]));
        }
        let workload = section.value(Layer::RoadSections, "workload_min").number();
        piece.set(Layer::RoadSections, "workload_min", number(workload.map(|minutes| minutes * shares[at])));
        set_cost(&mut piece, own_cost(section).map(|metres| metres * shares[at]));
        if at > 0 {
            piece.extras.shift_remove(FROM_NODE);
        }
        if at < last {
            piece.extras.shift_remove(TO_NODE);
        }
        piece.extras.insert(PREDECESSORS.to_owned(), json!([section.id.0]));
        (piece, Span { start: -from / (to - from), end: (1.0 - from) / (to - from) })
    });
    Ok(made.collect())
}

/// Parts one after the other: where each begins and ends.
fn stretches(shares: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    shares.iter().scan(0.0, |at, share| {
        let from = *at;
        *at += share;
        Some((from, *at))
    })
}

/// Largest remainders: whole numbers that add up to the whole.
fn shared_out(whole: i64, shares: &[f64]) -> Vec<i64> {
    let exact: Vec<f64> = shares.iter().map(|share| share * whole as f64).collect();
    let mut parts: Vec<i64> = exact.iter().map(|part| part.floor() as i64).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| (exact[*b] - exact[*b].floor()).total_cmp(&(exact[*a] - exact[*a].floor())).then(a.cmp(b)));
    let left = whole - parts.iter().sum::<i64>();
    order.into_iter().cycle().take(usize::try_from(left).unwrap_or(0)).for_each(|at| parts[at] += 1);
    parts
}

fn number(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::Number)
}

/// The length to travel, when it was given and is not just the length.
fn own_cost(section: &Feature) -> Option<f64> {
    let cost = section.value(Layer::RoadSections, "cost_m");
    (cost != section.value(Layer::RoadSections, "length_m")).then(|| cost.number()).flatten()
}

/// With no cost of its own it will get its length.
fn set_cost(section: &mut Feature, cost: Option<f64>) {
    section.set(Layer::RoadSections, "cost_m", number(cost));
    section.set(Layer::RoadSections, "length_m", Value::Null);
}

/// The same section drawn the other way: directions are turned with it, so that nothing changes on the street.
pub fn reverse(section: &Feature) -> Result<Feature, Vec<FieldError>> {
    let mut line = line_of(section)?.clone();
    line.0.reverse();
    let mut turned = section.clone();
    turned.geometry = Some(Shape::LineString(line));
    for name in ["oneway", "oneway_bicycle"] {
        let other = match section.value(Layer::RoadSections, name).text() {
            Some("forward") => "backward",
            Some("backward") => "forward",
            _ => continue,
        };
        turned.set(Layer::RoadSections, name, Value::Text(other.to_owned()));
    }
    let ends = [section.extras.get(FROM_NODE).cloned(), section.extras.get(TO_NODE).cloned()];
    for (name, node) in [TO_NODE, FROM_NODE].into_iter().zip(ends) {
        match node {
            Some(node) => drop(turned.extras.insert(name.to_owned(), node)),
            None => drop(turned.extras.shift_remove(name)),
        }
    }
    Ok(turned)
}

/// What merging makes, the places inside where the parts met, and where each given section lies in it.
pub struct Merged {
    pub feature: Feature,
    pub joints: Vec<Coord>,
    pub spans: Vec<Span>,
}

/// Makes one section of several that follow each other, in any order; the first gives the direction.
///
/// Counts and measures are added up. What must agree and does not is an error, unless `patch` says what holds.
pub fn merge(sections: &[Feature], patch: Draft) -> Result<Merged, Vec<FieldError>> {
    if sections.len() < 2 {
        return Err(refused("/ids", "name two sections at least"));
    }
    let lines: Vec<&LineString> = sections.iter().map(line_of).collect::<Result<_, _>>()?;
    let (line, order) = chain(&lines).map_err(|at| {
        refused(format!("/ids/{at}"), format!("section {} meets no end of the others", sections[at].id.0))
    })?;
    let mut parts = Vec::with_capacity(sections.len());
    for &(at, turned) in &order {
        parts.push((at, if turned { reverse(&sections[at])? } else { sections[at].clone() }));
    }
    let first = &sections[0];
    disagreement(first, &parts, &patch)?;
    let mut joined = first.clone();
    joined.external_id = None;
    let sum = |name: &str| {
        let numbers: Vec<&Value> = parts.iter().map(|(_, part)| part.value(Layer::RoadSections, name)).collect();
        (!numbers.iter().all(|number| number.is_null())).then_some(numbers)
    };
    let shops = sum("shops").map(|all| all.iter().filter_map(|shops| shops.integer()).sum());
    joined.set(Layer::RoadSections, "shops", shops.map_or(Value::Null, Value::Integer));
    let workload = sum("workload_min").map(|all| all.iter().filter_map(|minutes| minutes.number()).sum());
    joined.set(Layer::RoadSections, "workload_min", number(workload));
    let has_own_cost = parts.iter().any(|(_, part)| own_cost(part).is_some());
    let costs = parts.iter().filter_map(|(_, part)| part.value(Layer::RoadSections, "cost_m").number());
    set_cost(&mut joined, has_own_cost.then(|| costs.sum()));
    let squad = first.value(Layer::RoadSections, "squad_id");
    if parts.iter().any(|(_, part)| part.value(Layer::RoadSections, "squad_id") != squad) {
        joined.set(Layer::RoadSections, "squad_id", Value::Null);
    }
    let shared = |name: &String, value: &Json| parts.iter().all(|(_, part)| part.extras.get(name) == Some(value));
    joined.extras.retain(|name, value| shared(name, value));
    for (name, part) in [(FROM_NODE, parts.first()), (TO_NODE, parts.last())] {
        joined.extras.shift_remove(name);
        if let Some(node) = part.and_then(|(_, part)| part.extras.get(name)) {
            joined.extras.insert(name.to_owned(), node.clone());
        }
    }
    let ids: Vec<i64> = parts.iter().map(|(_, part)| part.id.0).collect();
    let joints = parts.iter().skip(1).filter_map(|(_, part)| line_of(part).ok()?.0.first().copied()).collect();
    let in_order: Vec<LineString> = order.iter().map(|(at, _)| lines[*at].clone()).collect();
    let mut spans = vec![Span { start: 0.0, end: 1.0 }; sections.len()];
    for (&(at, turned), (start, end)) in order.iter().zip(stretches(&shares(&in_order))) {
        spans[at] = if turned { Span { start: end, end: start } } else { Span { start, end } };
    }
    joined.geometry = Some(Shape::LineString(line));
    let mut feature = patch.onto(Layer::RoadSections, &joined, Onto::Merge)?;
    feature.extras.insert(PREDECESSORS.to_owned(), json!(ids));
    Ok(Merged { feature, joints, spans })
}

fn disagreement(first: &Feature, parts: &[(usize, Feature)], patch: &Draft) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    for name in COMMON {
        let at = DECLARATION.position(name);
        if at.is_some_and(|at| patch.values[at].is_some()) {
            continue;
        }
        let told = |value: &Value| match value {
            Value::Text(text) => format!("'{text}'"),
            Value::Boolean(truth) => truth.to_string(),
            _ => "not given".to_owned(),
        };
        let ours = first.value(Layer::RoadSections, name);
        for (at, part) in parts {
            let theirs = part.value(Layer::RoadSections, name);
            if theirs != ours {
                errors.push(FieldError::new(
                    format!("/ids/{at}"),
                    format!(
                        "its {name} is {}, the first one's {}: say in properties which holds",
                        told(theirs),
                        told(ours)
                    ),
                ));
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
