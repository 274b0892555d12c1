//! What is asked of a layer, and whether a row answers it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

use crate::domain::layer::{Layer, Time};
use crate::domain::value::Value;
use crate::spatial::shape::Envelope;
use crate::world::layer::Row;
use crate::world::token::Token;

/// What can be filtered and sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    Id,
    ExternalId,
    Rev,
    CreatedAt,
    UpdatedAt,
    Flags,
    /// By place in the declaration.
    Declared(usize),
    Extra(String),
}

impl Field {
    /// The field of this name; `extra` says whether the layer's data carry an undeclared one.
    pub fn named(layer: Layer, name: &str, extra: impl FnOnce(&str) -> bool) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "external_id" => Self::ExternalId,
            "rev" => Self::Rev,
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "flags" => Self::Flags,
            _ => match layer.declaration().position(name) {
                Some(at) => Self::Declared(at),
                None if extra(name) => Self::Extra(name.to_owned()),
                None => return None,
            },
        })
    }

    /// What the layer calls it.
    pub fn name(&self, layer: Layer) -> &str {
        match self {
            Self::Id => "id",
            Self::ExternalId => "external_id",
            Self::Rev => "rev",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Flags => "flags",
            Self::Declared(at) => layer.declaration().properties[*at].name,
            Self::Extra(name) => name,
        }
    }
}

/// The field has one of these values. Undeclared properties and flags are compared as texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub field: Field,
    pub any_of: Vec<Value>,
}

/// From an instant, inclusive, to another, exclusive; for properties that are dates the days, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TimeWindow {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub first_day: Option<Date>,
    pub last_day: Option<Date>,
}

#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Features that share a point with any of them; none = everywhere (and nowhere). Two across the antimeridian.
    pub windows: Vec<Envelope>,
    pub time: Option<TimeWindow>,
    pub conditions: Vec<Condition>,
    /// Field and whether from the greatest; none = along the Hilbert curve.
    pub sort: Vec<(Field, bool)>,
    pub after: Option<Token>,
    pub limit: usize,
}

impl Query {
    /// Whether rows have to be looked at one by one.
    pub fn looks_at_rows(&self) -> bool {
        self.time.is_some() || !self.conditions.is_empty()
    }

    /// Whether a row answers the conditions; windows are not looked at.
    pub fn accepts(&self, row: &Row<'_>) -> bool {
        self.time.is_none_or(|time| time.holds(row)) && self.conditions.iter().all(|condition| condition.holds(row))
    }
}

impl TimeWindow {
    fn holds(&self, row: &Row<'_>) -> bool {
        let layer = row.layer();
        let position = |name: &str| layer.declaration().position(name);
        match layer.declaration().time {
            Time::None => true,
            Time::At(name) => position(name).is_none_or(|at| {
                row.microseconds(at).is_some_and(|instant| {
                    self.from.is_none_or(|from| instant >= from.as_microsecond())
                        && self.to.is_none_or(|to| instant < to.as_microsecond())
                })
            }),
            Time::Between(first, last) => {
                let (first, last) = (position(first), position(last));
                let value = |at: Option<usize>| at.map_or(Value::Null, |at| row.declared(at));
                self.starts_in_time(&value(first)) && self.ends_in_time(&value(last))
            }
        }
    }

    fn starts_in_time(&self, start: &Value) -> bool {
        match start {
            Value::Instant(start) => self.to.is_none_or(|to| *start < to),
            Value::Date(start) => self.last_day.is_none_or(|last| *start <= last),
            _ => true,
        }
    }

    fn ends_in_time(&self, end: &Value) -> bool {
        match end {
            Value::Instant(end) => self.from.is_none_or(|from| *end > from),
            Value::Date(end) => self.first_day.is_none_or(|first| *end >= first),
            _ => true,
        }
    }
}

impl Condition {
    pub fn holds(&self, row: &Row<'_>) -> bool {
        match &self.field {
            Field::Declared(at) => match row.declared_text(*at) {
                Some(text) => self.any_of.iter().any(|value| value.text() == Some(text)),
                None => self.any_of.contains(&row.declared(*at)),
            },
            Field::Flags => row.flags().names().any(|name| self.says(name)),
            Field::Extra(name) => match row.extras().get(name) {
                None | Some(Json::Null) => self.any_of.contains(&Value::Null),
                Some(Json::String(text)) => self.says(text),
                Some(other) => self.says(&other.to_string()),
            },
            other => self.any_of.contains(&row.value(other)),
        }
    }

    fn says(&self, text: &str) -> bool {
        self.any_of.iter().any(|value| value.text() == Some(text))
    }
}
