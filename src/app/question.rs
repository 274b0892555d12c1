//! What a reader asks of a layer, read against its declaration: filters, times, orders, names.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::app::App;
use crate::domain::draft::Rules;
use crate::domain::layer::Layer;
use crate::domain::moment::{later, read_instant};
use crate::domain::property::Kind;
use crate::domain::reading::{read_value, shortened};
use crate::domain::value::Value;
use crate::spatial::crs::WGS84;
use crate::world::{Condition, Field, Query, Row, Snapshot, TimeWindow};

/// Ways to name a referenced feature, as endings of the property's name.
const BY_CODE: &str = "_code";
const BY_EXTERNAL_ID: &str = "_external_id";

impl App {
    /// The condition that a property has one of these texts; none for a name that neither the layer declares nor its
    /// data carry. A reference may be named by code or external id: `squad_code`. The error is a sentence.
    pub fn condition(
        &self,
        snapshot: &Snapshot,
        layer: Layer,
        name: &str,
        texts: &[String],
    ) -> Result<Option<Condition>, String> {
        if let Some(condition) = reference_condition(snapshot, layer, name, texts) {
            return Ok(Some(condition));
        }
        let Some(field) = field(snapshot, layer, name) else { return Ok(None) };
        let mut any_of = Vec::with_capacity(texts.len());
        for text in texts {
            any_of.extend(self.values_of(layer, &field, text).map_err(|error| format!("{name} {error}"))?);
        }
        Ok(Some(Condition { field, any_of }))
    }

    fn values_of(&self, layer: Layer, field: &Field, text: &str) -> Result<Vec<Value>, String> {
        let integer = |text: &str| {
            text.parse()
                .map(|number| vec![Value::Integer(number)])
                .map_err(|_| format!("'{}' is not a whole number", shortened(text)))
        };
        match field {
            Field::Id | Field::Rev => integer(text),
            Field::CreatedAt | Field::UpdatedAt => {
                let at = read_instant(text, self.zone()).map_err(|error| error.to_string())?.at;
                Ok(vec![Value::Instant(at)])
            }
            Field::ExternalId | Field::Flags | Field::Extra(_) => Ok(vec![Value::Text(text.to_owned())]),
            // An empty text asks for the features that do not say.
            Field::Declared(_) if text.is_empty() => Ok(vec![Value::Null, Value::Text(String::new())]),
            Field::Declared(at) => {
                let rules = Rules {
                    zone: self.zone(),
                    catalogue: self.catalogue(),
                    scheme: &self.settings().category_scheme,
                    crs: &WGS84,
                    id_is_external: false,
                };
                let property = &layer.declaration().properties[*at];
                let json = match property.kind {
                    // Texts are compared as they stand.
                    Kind::Text => return Ok(vec![Value::Text(text.to_owned())]),
                    Kind::Number { .. } => text.trim().parse::<f64>().map_or_else(|_| Json::from(text), Json::from),
                    _ => Json::from(text),
                };
                Ok(vec![read_value(property, &json, &rules)?.value])
            }
        }
    }
}

/// A field by its name, when the layer declares it or its data carry it.
pub fn field(snapshot: &Snapshot, layer: Layer, name: &str) -> Option<Field> {
    Field::named(layer, name, |name| snapshot.layer(layer).extra_names().contains(name))
}

/// All names by which the layer's features can be asked for.
pub fn field_names(snapshot: &Snapshot, layer: Layer) -> Vec<String> {
    let mut names: Vec<String> =
        ["id", "external_id", "rev", "created_at", "updated_at", "flags"].into_iter().map(str::to_owned).collect();
    names.extend(layer.declaration().properties.iter().map(|property| property.name.to_owned()));
    names.extend(snapshot.layer(layer).extra_names());
    names
}

fn reference_condition(snapshot: &Snapshot, layer: Layer, name: &str, texts: &[String]) -> Option<Condition> {
    let declaration = layer.declaration();
    if declaration.property(name).is_some() {
        return None;
    }
    let (stem, by_code) = match (name.strip_suffix(BY_EXTERNAL_ID), name.strip_suffix(BY_CODE)) {
        (Some(stem), _) => (stem, false),
        (None, Some(stem)) => (stem, true),
        (None, None) => return None,
    };
    let at = declaration.position(&format!("{stem}_id"))?;
    let Kind::Reference(target) = declaration.properties[at].kind else { return None };
    let wanted = Condition {
        field: if by_code {
            Field::Declared(target.declaration().position(target.declaration().code?)?)
        } else {
            Field::ExternalId
        },
        any_of: texts.iter().cloned().map(Value::Text).collect(),
    };
    let query = Query { conditions: vec![wanted], ..Query::default() };
    let mut any_of = Vec::new();
    snapshot.layer(target).for_each(&mut |row: Row<'_>| {
        if query.accepts(&row) {
            any_of.push(Value::Integer(row.id().0));
        }
    });
    Some(Condition { field: Field::Declared(at), any_of })
}

/// Reads `sortby`: names with commas between, `-` before one for the greatest first. The error is a sentence.
pub fn sort_order(snapshot: &Snapshot, layer: Layer, text: &str) -> Result<Vec<(Field, bool)>, String> {
    text.split(',')
        .map(|part| {
            let part = part.trim();
            let (name, descending) = match (part.strip_prefix('-'), part.strip_prefix('+')) {
                (Some(name), _) => (name, true),
                (None, Some(name)) => (name, false),
                (None, None) => (part, false),
            };
            field(snapshot, layer, name)
                .map(|field| (field, descending))
                .ok_or_else(|| unknown_name(snapshot, layer, name))
        })
        .collect()
}

/// Says that a name is none, and which was meant.
pub fn unknown_name(snapshot: &Snapshot, layer: Layer, name: &str) -> String {
    let known = field_names(snapshot, layer);
    let hint = nearest_word(name, known.iter().map(String::as_str))
        .map_or_else(|| format!("the names are {}", shortened_list(&known)), |word| format!("is {word} meant?"));
    format!("{} have no property '{}': {hint}", layer.name(), shortened(name))
}

/// The word that is spelled most alike, if any is at all.
pub fn nearest_word<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(alike, _)| *alike > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn shortened_list(names: &[String]) -> String {
    let mut list = names.iter().take(40).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 40 {
        list.push_str(", ...");
    }
    list
}

/// Reads `datetime`: an instant, or `from/to` with `..` or nothing for an open end; `from` is inclusive, `to` is not.
/// Bare dates and local times are read in `zone`; a bare date as `to` means its whole day. The error is a sentence.
pub fn time_window(text: &str, zone: &TimeZone) -> Result<TimeWindow, String> {
    let (from, to) = match text.split_once('/') {
        None => {
            let (from, to) = (start_of(text, zone)?, end_of(text, zone)?);
            (Some(from), Some(if to > from { to } else { later(from, MICROSECOND) }))
        }
        Some((from, to)) => {
            let open = |text: &str| text.is_empty() || text == "..";
            let first = if open(from) { None } else { Some(start_of(from, zone)?) };
            let last = if open(to) { None } else { Some(end_of(to, zone)?) };
            match (first, last) {
                (Some(first), Some(last)) if last < first => {
                    return Err(format!("'{}' ends before it begins", shortened(text)));
                }
                // From an instant to itself is that instant.
                (Some(first), Some(last)) if last == first => (Some(first), Some(later(first, MICROSECOND))),
                both => both,
            }
        }
    };
    let day = |at: jiff::Timestamp| zone.to_datetime(at).date();
    Ok(TimeWindow { from, to, first_day: from.map(day), last_day: to.map(|to| day(later(to, -MICROSECOND))) })
}

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

fn start_of(text: &str, zone: &TimeZone) -> Result<jiff::Timestamp, String> {
    read_instant(text, zone).map(|moment| moment.at).map_err(|error| error.to_string())
}

/// The instant itself, or the start of the day after a bare date.
fn end_of(text: &str, zone: &TimeZone) -> Result<jiff::Timestamp, String> {
    let at = start_of(text, zone)?;
    if text.contains(['T', 't', ' ', ':']) {
        return Ok(at);
    }
    let next = zone.to_datetime(at).date().tomorrow().map_err(|_| format!("'{}' is out of range", shortened(text)))?;
    start_of(&next.to_string(), zone)
}
