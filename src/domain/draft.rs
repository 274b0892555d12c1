//! What input says of a feature, read against the layer's declaration: every value typed, every error with its place.
//!
//! Reads no store: references by code or external id are left as [`Lookup`]s for the caller to resolve.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use crate::domain::category::Catalogue;
use crate::domain::feature::{Feature, FeatureId, Flags, Rev};
use crate::domain::hours::{HOUR, WEEKDAY, read_set};
use crate::domain::layer::{Declaration, Layer};
use crate::domain::moment::Fold;
use crate::domain::property::{Kind, Property};
use crate::domain::reading::{self, ReadValue, shortened};
use crate::domain::resection::PREDECESSORS;
use crate::domain::road_section;
use crate::domain::value::Value;
use crate::spatial::crs::Crs;
use crate::spatial::gate;
use crate::spatial::raw::{RawGeometry, RawPosition};
use crate::spatial::shape::Shape;

/// Something that input may leave out, set to null, or say.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Given<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

/// A feature as a reader found it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawFeature {
    /// The member `id` of a GeoJSON Feature.
    pub id: Option<Json>,
    pub geometry: Given<RawGeometry>,
    pub properties: Map<String, Json>,
}

impl RawFeature {
    /// About how many bytes it takes up in memory.
    pub fn weight(&self) -> usize {
        let of_geometry = match &self.geometry {
            Given::Value(geometry) => geometry.positions() * size_of::<RawPosition>(),
            Given::Absent | Given::Null => 0,
        };
        of_geometry + self.properties.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>()
    }
}

fn weight(json: &Json) -> usize {
    size_of::<Json>()
        + match json {
            Json::String(text) => text.len(),
            Json::Array(items) => items.iter().map(weight).sum(),
            Json::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value)).sum(),
            Json::Null | Json::Bool(_) | Json::Number(_) => 0,
        }
}

/// One error of input: a JSON pointer into the feature, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
}

impl FieldError {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// How input is to be understood.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// For local times.
    pub zone: &'a TimeZone,
    pub catalogue: &'a Catalogue,
    /// Scheme of bare category codes.
    pub scheme: &'a str,
    pub crs: &'a Crs,
    /// A Feature's `id` becomes the external id when there is none (files; not over HTTP).
    pub id_is_external: bool,
}

/// How a reference was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LookupKey {
    Id,
    Code,
    ExternalId,
}

/// A reference that input made; the caller finds the feature and sets the value.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Place of the property in the declaration.
    pub property: usize,
    pub target: Layer,
    pub by: LookupKey,
    pub key: String,
    pub pointer: String,
}

/// What happened while reading that a summary should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notes {
    pub dropped_z: bool,
    /// Local times that occur twice, and that are skipped.
    pub times_twice: u32,
    pub times_skipped: u32,
    /// Times that were a spreadsheet's number of days.
    pub serial_dates: u32,
}

/// Input for one feature, typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub external_id: Given<String>,
    pub geometry: Given<Shape>,
    /// By place in the declaration; `None` = not said.
    pub values: Vec<Option<Value>>,
    pub extras: Map<String, Json>,
    pub lookups: Vec<Lookup>,
    pub notes: Notes,
}

/// What a draft does to the feature that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// What the draft does not say is taken away (or takes its default).
    Replace,
    /// What the draft does not say stays; a null takes away.
    Merge,
}

/// Members that the service alone sets; ignored in input.
const READ_ONLY: [&str; 5] = ["id", "rev", "created_at", "updated_at", "flags"];
const LONGEST_EXTERNAL_ID: usize = 500;
const MOST_EXTRAS: usize = 1_000;
const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 1 << 20;

/// Reads a raw feature. All its errors are collected, not only the first.
///
/// Cost: linear in the properties, n log n in the vertices.
pub fn read(layer: Layer, raw: RawFeature, rules: &Rules<'_>) -> Result<Draft, Vec<FieldError>> {
    let declaration = layer.declaration();
    let mut reader = Reader {
        declaration,
        rules,
        errors: Vec::new(),
        draft: Draft {
            external_id: Given::Absent,
            geometry: Given::Absent,
            values: vec![None; declaration.properties.len()],
            extras: Map::new(),
            lookups: Vec::new(),
            notes: Notes::default(),
        },
    };
    reader.geometry(&raw.geometry);
    for (name, json) in raw.properties {
        reader.property(name, json);
    }
    if rules.id_is_external
        && matches!(reader.draft.external_id, Given::Absent)
        && let Some(id) = raw.id
    {
        reader.external_id(&id, "/id");
    }
    if reader.draft.extras.len() > MOST_EXTRAS {
        reader.errors.push(FieldError::new("/properties", format!("has more than {MOST_EXTRAS} properties")));
    }
    if reader.errors.is_empty() { Ok(reader.draft) } else { Err(reader.errors) }
}

struct Reader<'a> {
    declaration: &'static Declaration,
    rules: &'a Rules<'a>,
    errors: Vec<FieldError>,
    draft: Draft,
}

impl Reader<'_> {
    fn geometry(&mut self, raw: &Given<RawGeometry>) {
        self.draft.geometry = match raw {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(raw) => match gate::admit(raw, self.rules.crs, self.declaration.geometry) {
                Ok(admitted) => {
                    self.draft.notes.dropped_z |= admitted.dropped_z;
                    Given::Value(admitted.shape)
                }
                Err(error) => {
                    self.errors.push(FieldError::new(format!("/geometry{}", error.pointer), error.reason));
                    Given::Absent
                }
            },
        };
    }

    fn property(&mut self, name: String, json: Json) {
        let kept = self.declaration.layer == Layer::RoadSections && name == PREDECESSORS;
        if READ_ONLY.contains(&name.as_str()) || kept {
            return;
        }
        let pointer = format!("/properties/{}", escape(&name));
        if name == "external_id" {
            self.external_id(&json, &pointer);
        } else if let Some(at) = self.declaration.position(&name) {
            let property = &self.declaration.properties[at];
            if !property.computed {
                self.declared(at, property, &json, pointer);
            }
        } else if let Some((at, by)) = reference_named(self.declaration, &name) {
            if !self.declaration.properties[at].computed {
                self.reference(at, by, &json, pointer);
            }
        } else {
            self.extra(name, json, pointer);
        }
    }

    fn external_id(&mut self, json: &Json, pointer: &str) {
        let text = match json {
            Json::Null => String::new(),
            Json::String(text) => text.trim().to_owned(),
            Json::Number(number) => number.to_string(),
            _ => return self.errors.push(FieldError::new(pointer, "an external id is a text or a number")),
        };
        if text.len() > LONGEST_EXTERNAL_ID || text.contains('\0') {
            let detail = format!("an external id has at most {LONGEST_EXTERNAL_ID} bytes and no NUL");
            return self.errors.push(FieldError::new(pointer, detail));
        }
        self.draft.external_id = if text.is_empty() { Given::Null } else { Given::Value(text) };
    }

    fn declared(&mut self, at: usize, property: &Property, json: &Json, pointer: String) {
        if let (Kind::Reference(_), false) = (property.kind, reading::is_blank(json)) {
            return self.reference(at, LookupKey::Id, json, pointer);
        }
        match reading::read_value(property, json, self.rules) {
            Ok(ReadValue { value, fold, is_serial }) => {
                self.draft.notes.serial_dates += u32::from(is_serial);
                self.draft.notes.times_twice += u32::from(fold == Fold::Twice);
                self.draft.notes.times_skipped += u32::from(fold == Fold::Skipped);
                self.draft.values[at] = Some(value);
            }
            Err(detail) => self.errors.push(FieldError::new(pointer, detail)),
        }
    }

    fn reference(&mut self, property: usize, by: LookupKey, json: &Json, pointer: String) {
        let Kind::Reference(target) = self.declaration.properties[property].kind else { return };
        let key = match json {
            Json::Null => return self.draft.values[property] = Some(Value::Null),
            Json::String(text) => text.trim().to_owned(),
            Json::Number(number) => number.to_string(),
            _ => return self.errors.push(FieldError::new(pointer, "a reference is a text or a number")),
        };
        if key.is_empty() {
            self.draft.values[property] = Some(Value::Null);
            return;
        }
        if by == LookupKey::Id && key.parse::<i64>().is_err() {
            let detail = format!("'{}' is not an id: it must be a whole number", shortened(&key));
            return self.errors.push(FieldError::new(pointer, detail));
        }
        self.draft.lookups.push(Lookup { property, target, by, key, pointer });
    }

    fn extra(&mut self, name: String, json: Json, pointer: String) {
        if name.is_empty() || name.len() > LONGEST_NAME {
            let detail = format!("a property's name has 1 to {LONGEST_NAME} bytes");
            return self.errors.push(FieldError::new("/properties", detail));
        }
        if name.contains('\0') || !text_is_fit(&json) {
            let detail = format!("texts must have no NUL and at most {LONGEST_TEXT} bytes");
            return self.errors.push(FieldError::new(pointer, detail));
        }
        self.draft.extras.insert(name, json);
    }
}

/// The reference property that `squad_code` or `section_external_id` speaks of.
fn reference_named(declaration: &Declaration, name: &str) -> Option<(usize, LookupKey)> {
    let (stem, by) = match (name.strip_suffix("_external_id"), name.strip_suffix("_code")) {
        (Some(stem), _) => (stem, LookupKey::ExternalId),
        (None, Some(stem)) => (stem, LookupKey::Code),
        (None, None) => return None,
    };
    let at = declaration.properties.iter().position(|property| {
        matches!(property.kind, Kind::Reference(_)) && property.name.strip_suffix("_id") == Some(stem)
    })?;
    let Kind::Reference(target) = declaration.properties[at].kind else { return None };
    (by == LookupKey::ExternalId || target.declaration().code.is_some()).then_some((at, by))
}

fn text_is_fit(json: &Json) -> bool {
    match json {
        Json::String(text) => text.len() <= LONGEST_TEXT && !text.contains('\0'),
        Json::Array(items) => items.iter().all(text_is_fit),
        Json::Object(members) => members.iter().all(|(name, value)| !name.contains('\0') && text_is_fit(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => true,
    }
}

/// A name as a token of a JSON pointer (RFC 6901).
pub fn escape(name: &str) -> String {
    let short: String = name.chars().take(LONGEST_NAME).collect();
    short.replace('~', "~0").replace('/', "~1")
}

impl Draft {
    /// The new feature that this input asks for. Lookups must have been resolved into values before.
    ///
    /// Identity, revision and times are for the caller to set. Computed properties are null.
    pub fn create(self, layer: Layer) -> Result<Feature, Vec<FieldError>> {
        let blank = blank(layer);
        self.onto(layer, &blank, Onto::Replace)
    }

    /// The feature after this input: identity, times, flags and computed properties of `base` stay.
    pub fn onto(self, layer: Layer, base: &Feature, how: Onto) -> Result<Feature, Vec<FieldError>> {
        let declaration = layer.declaration();
        let mut next = base.clone();
        let merge = how == Onto::Merge;
        match self.external_id {
            Given::Value(id) => next.external_id = Some(id),
            Given::Null => next.external_id = None,
            // A replacement that says nothing of the source's id keeps it: it is identity, not content.
            Given::Absent => {}
        }
        match self.geometry {
            Given::Value(shape) => next.geometry = Some(shape),
            Given::Null => next.geometry = None,
            Given::Absent if merge => {}
            Given::Absent => next.geometry = None,
        }
        for ((place, said), property) in next.values.iter_mut().zip(self.values).zip(declaration.properties) {
            if property.computed || (merge && said.is_none()) {
                continue;
            }
            *place = match said {
                Some(value) if !value.is_null() => value,
                _ => property.default.map_or(Value::Null, |word| Value::Text(word.to_owned())),
            };
        }
        if !merge {
            next.extras.retain(|name, _| layer == Layer::RoadSections && name == PREDECESSORS);
        }
        for (name, value) in self.extras {
            if merge && value.is_null() {
                next.extras.shift_remove(&name);
            } else {
                let old = next.extras.entry(name).or_insert(Json::Null);
                if merge { merge_patch(old, value) } else { *old = value }
            }
        }
        if layer == Layer::RoadSections {
            road_section::complete(&mut next.values);
        }
        let errors = rule_errors(layer, &next);
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }
}

/// RFC 7396.
fn merge_patch(target: &mut Json, patch: Json) {
    let Json::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    if let Json::Object(into) = target {
        for (name, value) in members {
            if value.is_null() {
                into.shift_remove(&name);
            } else {
                merge_patch(into.entry(name).or_insert(Json::Null), value);
            }
        }
    }
}

/// A feature that says nothing yet, with the id that stands for none.
pub fn blank(layer: Layer) -> Feature {
    Feature {
        id: FeatureId(0),
        rev: Rev(0),
        external_id: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        geometry: None,
        values: vec![Value::Null; layer.declaration().properties.len()],
        extras: Map::new(),
        flags: Flags::default(),
    }
}

/// Hours and weekdays that are not understood.
fn faults_of_hours(layer: Layer, feature: &Feature) -> Vec<FieldError> {
    [("hours", 0, 23, HOUR), ("weekdays", 1, 7, WEEKDAY)]
        .into_iter()
        .filter_map(|(name, first, last, what)| {
            let text = feature.value(layer, name).text()?;
            Some(FieldError::new(format!("/properties/{name}"), read_set(text, first, last, what).err()?))
        })
        .collect()
}

/// What must hold of a feature as a whole.
fn rule_errors(layer: Layer, feature: &Feature) -> Vec<FieldError> {
    let declaration = layer.declaration();
    let mut errors = Vec::new();
    if declaration.geometry_required && feature.geometry.is_none() {
        let kinds: Vec<&str> = declaration.geometry.iter().map(|kind| kind.name()).collect();
        errors.push(FieldError::new(
            "/geometry",
            format!("is missing: {} need a {}", declaration.name, kinds.join(" or ")),
        ));
    }
    for (property, value) in declaration.properties.iter().zip(&feature.values) {
        if property.required && value.is_null() {
            errors.push(FieldError::new(format!("/properties/{}", property.name), "is required"));
        }
    }
    match layer {
        Layer::SquadZones | Layer::SquadDuties => {
            errors.extend(faults_of_hours(layer, feature));
            let bound = |name| feature.value(layer, name).instant();
            if let (Some(from), Some(to)) = (bound("valid_from"), bound("valid_to"))
                && from >= to
            {
                errors.push(FieldError::new("/properties/valid_to", "must be later than valid_from"));
            }
        }
        Layer::ConstructionSites => {
            if let (Value::Date(from), Value::Date(to)) =
                (feature.value(layer, "started_on"), feature.value(layer, "ended_on"))
                && from > to
            {
                errors.push(FieldError::new("/properties/ended_on", "must not be earlier than started_on"));
            }
        }
        _ => {}
    }
    errors
}
