//! Which cases a question is about: categories, a period, hours of the day, days of the week, other properties.
//!
//! One reader for all questions about cases, whichever door they come by; and the cases themselves out of a snapshot,
//! with what was left out and why.

use std::collections::BTreeMap;

use geo::Coord;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};

use crate::app::{App, AppError};
use crate::domain::feature::FeatureId;
use crate::domain::hours::{HOUR, WEEKDAY, read_set};
use crate::domain::layer::Layer;
use crate::domain::moment::{MomentError, later, read_instant, write_instant};
use crate::domain::value::Value;
use crate::spatial::shape::Shape;
use crate::world::{Condition, Field, Snapshot};

/// What was written to select cases; nothing means all.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Slugs, codes or names; a text may list several with commas between.
    pub category: Vec<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub hours: Option<String>,
    pub weekdays: Option<String>,
}

/// Which cases are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Slugs, sorted; none for all.
    pub categories: Vec<String>,
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
    /// Bit h for the hour that begins at h o'clock.
    pub hours: u32,
    /// Bit d for weekday d + 1, Monday first.
    pub weekdays: u8,
    /// Of other properties.
    pub conditions: Vec<Condition>,
}

const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_WEEKDAYS: u8 = (1 << 7) - 1;

impl Default for Selection {
    fn default() -> Self {
        Self {
            categories: Vec::new(),
            from: None,
            to: None,
            hours: ALL_HOURS,
            weekdays: ALL_WEEKDAYS,
            conditions: Vec::new(),
        }
    }
}

/// A case as analysis sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    pub id: FeatureId,
    /// Place of its category in [`Cases::categories`].
    pub category: u16,
    pub at: Timestamp,
    /// Day, hour and weekday (0 for Monday) in the configured zone.
    pub date: Date,
    pub hour: u8,
    pub weekday: u8,
    /// Longitude, latitude of its anchor.
    pub place: Coord,
    pub section: Option<FeatureId>,
}

/// The selected cases, by time, then place, category and id.
#[derive(Debug, Clone, Default)]
pub struct Cases {
    pub all: Vec<Case>,
    /// Slugs that occur.
    pub categories: Vec<String>,
    /// Cases left out, by reason.
    pub dropped: BTreeMap<&'static str, usize>,
    /// First and last instant of anything stored, meant or not: between them "no case" means that there was none.
    pub stored: Option<(Timestamp, Timestamp)>,
}

impl Selection {
    /// Errors: [`AppError::Question`] with the parameter that is wrong, and what would be right.
    pub fn read(written: &Written, app: &App) -> Result<Self, AppError> {
        let mut categories = Vec::new();
        for word in written.category.iter().flat_map(|list| list.split([',', '，'])).map(str::trim) {
            if word.is_empty() {
                continue;
            }
            let scheme = &app.settings().category_scheme;
            let slug = app.catalogue().resolve(word, scheme).map_err(|error| wrong("category", error.to_string()))?;
            categories.push(slug.to_owned());
        }
        categories.sort_unstable();
        categories.dedup();
        let from = instant("from", written.from.as_deref(), app.zone())?;
        let to = instant("to", written.to.as_deref(), app.zone())?;
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            let typed = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
            let detail = format!(
                "the period ends ({}) before it begins ({}): from is inclusive, to is exclusive and must be later",
                typed(&written.to),
                typed(&written.from)
            );
            return Err(wrong("to", detail));
        }
        Ok(Self {
            categories,
            from,
            to,
            hours: set("hours", written.hours.as_deref(), 0, 23, HOUR)?,
            weekdays: (set("weekdays", written.weekdays.as_deref(), 1, 7, WEEKDAY)? >> 1) as u8,
            conditions: Vec::new(),
        })
    }

    /// What was understood, for answers.
    pub fn told(&self) -> Map<String, Json> {
        let bits = |set: u32, first: u32| -> Json {
            (0..32).filter(|bit| set >> bit & 1 == 1).map(|bit| bit + first).collect()
        };
        let mut told = Map::new();
        told.insert(
            "category".to_owned(),
            if self.categories.is_empty() { Json::Null } else { json!(self.categories) },
        );
        told.insert("from".to_owned(), json!(self.from.map(write_instant)));
        told.insert("to".to_owned(), json!(self.to.map(write_instant)));
        told.insert("hours".to_owned(), if self.hours == ALL_HOURS { Json::Null } else { bits(self.hours, 0) });
        let weekdays = bits(u32::from(self.weekdays), 1);
        told.insert("weekdays".to_owned(), if self.weekdays == ALL_WEEKDAYS { Json::Null } else { weekdays });
        let name = |field: &Field| field.name(Layer::Violations).to_owned();
        let values = |condition: &Condition| condition.any_of.iter().map(told_value).collect::<Vec<Json>>();
        let where_: Map<String, Json> =
            self.conditions.iter().map(|condition| (name(&condition.field), values(condition).into())).collect();
        told.insert("where".to_owned(), if where_.is_empty() { Json::Null } else { where_.into() });
        told
    }

    /// First and last day of the question: its period, as far as anything is stored; none without cases.
    pub fn days(&self, zone: &TimeZone, cases: &Cases) -> Option<(Date, Date)> {
        let (oldest, newest) = cases.stored.filter(|_| !cases.all.is_empty())?;
        let day = |at: Timestamp| zone.to_datetime(at).date();
        let first = self.from.map_or(oldest, |from| from.max(oldest));
        // The last moment before `to`.
        let last = self.to.map_or(newest, |to| later(to, -SignedDuration::from_micros(1)).min(newest));
        Some((day(first), day(last)))
    }

    /// A sentence for an answer without cases.
    pub fn without_cases(&self, snapshot: &Snapshot, zone: &TimeZone) -> String {
        let layer = snapshot.layer(Layer::Violations);
        if layer.is_empty() {
            return "there are no violations stored: import some first".to_owned();
        }
        let at = Layer::Violations.declaration().position("occurred_at").unwrap_or(0);
        let extent = layer.time_extent(at).map_or_else(String::new, |(first, last)| {
            let day = |at: Timestamp| zone.to_datetime(at).date();
            format!("; the stored ones are from {} to {}", day(first), day(last))
        });
        format!("no case answers the question{extent}: take a longer period, or fewer conditions")
    }

    /// The cases in a snapshot that are meant, by time, with local times in `zone`.
    ///
    /// Cost: a look at each violation, about 0.2 us, and 0.3 us for one that is meant.
    pub fn cases(&self, snapshot: &Snapshot, zone: &TimeZone) -> Cases {
        let declaration = Layer::Violations.declaration();
        let position = |name: &str| declaration.position(name).expect("the declaration of violations has it");
        let (category_at, time_at, section_at) =
            (position("category"), position("occurred_at"), position("section_id"));
        let bounds = (
            self.from.map_or(i64::MIN, Timestamp::as_microsecond),
            self.to.map_or(i64::MAX, Timestamp::as_microsecond),
        );
        let mut cases = Cases::default();
        let mut known: BTreeMap<String, u16> = BTreeMap::new();
        let mut no_geometry = 0;
        let (mut oldest, mut newest) = (i64::MAX, i64::MIN);
        snapshot.layer(Layer::Violations).for_each(&mut |row| {
            let Some(time) = row.microseconds(time_at) else { return };
            (oldest, newest) = (oldest.min(time), newest.max(time));
            if time < bounds.0 || time >= bounds.1 {
                return;
            }
            let Some(slug) = row.declared_text(category_at) else { return };
            if !self.categories.is_empty() && self.categories.binary_search_by(|own| own.as_str().cmp(slug)).is_err() {
                return;
            }
            let Ok(at) = Timestamp::from_microsecond(time) else { return };
            let local = zone.to_datetime(at);
            let (hour, weekday) = (local.hour() as u8, local.weekday().to_monday_zero_offset() as u8);
            if self.hours >> hour & 1 == 0 || self.weekdays >> weekday & 1 == 0 {
                return;
            }
            if !self.conditions.iter().all(|condition| condition.holds(&row)) {
                return;
            }
            let Some(place) = row.with_shape(Shape::anchor) else {
                no_geometry += 1;
                return;
            };
            let category = known.get(slug).copied().unwrap_or_else(|| {
                let next = known.len() as u16;
                known.insert(slug.to_owned(), next);
                next
            });
            let section = row.declared(section_at).integer().map(FeatureId);
            cases.all.push(Case {
                id: row.id(),
                category,
                at,
                date: local.date(),
                hour,
                weekday,
                place: place.0,
                section,
            });
        });
        cases.stored = Timestamp::from_microsecond(oldest).ok().zip(Timestamp::from_microsecond(newest).ok());
        if no_geometry > 0 {
            cases.dropped.insert("no-geometry", no_geometry);
        }
        // Names in order, so that the answer does not depend on which case came first.
        let places: Vec<(String, u16)> = known.into_iter().collect();
        let mut renumbered = vec![0; places.len()];
        for (new, (_, old)) in places.iter().enumerate() {
            renumbered[usize::from(*old)] = new as u16;
        }
        cases.all.iter_mut().for_each(|case| case.category = renumbered[usize::from(case.category)]);
        cases.categories = places.into_iter().map(|(name, _)| name).collect();
        // By what they are and not by when they were stored: the same cases give the same answers, however they came.
        cases.all.sort_unstable_by(|a, b| {
            let place = || a.place.x.total_cmp(&b.place.x).then(a.place.y.total_cmp(&b.place.y));
            a.at.cmp(&b.at).then_with(place).then(a.category.cmp(&b.category)).then(a.id.cmp(&b.id))
        });
        cases
    }
}

impl Cases {
    /// How many were used and dropped, for answers.
    pub fn told(&self, used: usize) -> Json {
        let dropped: Vec<Json> =
            self.dropped.iter().map(|(reason, count)| json!({ "reason": reason, "count": count })).collect();
        json!({ "selected": used + self.dropped.values().sum::<usize>(), "used": used, "dropped": dropped })
    }
}

fn told_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::Instant(at) => write_instant(*at).into(),
        Value::Date(date) => date.to_string().into(),
        Value::Positions(positions) => json!(positions),
    }
}

fn wrong(name: &'static str, detail: impl Into<String>) -> AppError {
    AppError::Question { name, detail: detail.into() }
}

fn instant(name: &'static str, text: Option<&str>, zone: &TimeZone) -> Result<Option<Timestamp>, AppError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    read_time(text, zone).map(Some).map_err(|error| wrong(name, error.to_string()))
}

/// A time as it stands in an address, where a plus that is not written as `%2B` arrives as a blank.
pub(crate) fn read_time(text: &str, zone: &TimeZone) -> Result<Timestamp, MomentError> {
    let with_plus = || match text.trim().rsplit_once(' ') {
        Some((time, offset)) if time.contains(':') && offset.len() >= 4 => {
            read_instant(&format!("{time}+{offset}"), zone).ok()
        }
        _ => None,
    };
    read_instant(text, zone).or_else(|error| with_plus().ok_or(error)).map(|moment| moment.at)
}

/// Reads `17-21`, `8,9,17-21` or `22-5` (past the end and on from the start), ends inclusive, as a set of bits.
fn set(name: &'static str, text: Option<&str>, first: u32, last: u32, what: &str) -> Result<u32, AppError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok((first..=last).fold(0, |set, one| set | 1 << one));
    };
    read_set(text, first, last, what).map_err(|detail| wrong(name, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_that_was_lost_in_the_address_is_understood() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let read = |text: &str| read_time(text, &zone).map(write_instant);
        assert_eq!(read("2026-01-01T00:00:00 08:00").unwrap(), "2025-12-31T16:00:00Z");
        assert_eq!(read("2026-01-01T00:00:00+09:00").unwrap(), "2025-12-31T15:00:00Z");
        assert_eq!(read("2026-01-01 08:00").unwrap(), "2026-01-01T00:00:00Z");
        assert!(read("yesterday 08:00").is_err());
    }

    #[test]
    fn lists_and_ranges_of_hours() {
        let read = |text: &str| set("hours", Some(text), 0, 23, "an hour");
        assert_eq!(read("17-21").unwrap(), 0b11_1110_0000_0000_0000_0000);
        assert_eq!(read("22-1").unwrap(), 1 << 22 | 1 << 23 | 0b11);
        assert_eq!(read("8, 10").unwrap(), 1 << 8 | 1 << 10);
        assert_eq!(set("hours", None, 0, 23, "an hour").unwrap(), ALL_HOURS);
        for text in ["25", "8-24", "x", "-3", "8-", "1--2"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("hours: '"), "{error}");
        }
    }
}
