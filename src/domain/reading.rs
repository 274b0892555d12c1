//! Reading one property's value from JSON or from the text of a table's cell.

use serde_json::Value as Json;

use crate::domain::draft::Rules;
use crate::domain::moment::{Fold, read_date, read_instant, read_month_day};
use crate::domain::property::{Kind, Property};
use crate::domain::value::Value;
use crate::spatial::gate;
use crate::spatial::raw::{RawGeometry, RawPosition};
use crate::spatial::shape::{GeometryKind, Shape};

/// Whole numbers beyond this lose digits in JSON readers that keep doubles.
const LARGEST_INTEGER: i64 = 1 << 53;
const LONGEST_TEXT: usize = 1 << 20;
const MOST_POSITIONS: usize = 1_000;

pub struct ReadValue {
    pub value: Value,
    pub fold: Fold,
    /// It was a time written as a spreadsheet's number of days.
    pub is_serial: bool,
}

/// Null, or a text without letters: nothing is said.
pub fn is_blank(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Reads a value of the property's kind. The error is a sentence without the place.
pub fn read_value(property: &Property, json: &Json, rules: &Rules<'_>) -> Result<ReadValue, String> {
    if is_blank(json) {
        return Ok(ReadValue { value: Value::Null, fold: Fold::None, is_serial: false });
    }
    let (mut fold, mut is_serial) = (Fold::None, false);
    let value = match property.kind {
        Kind::Text => Value::Text(text(json)?),
        Kind::Integer { min } => Value::Integer(integer(json, min)?),
        Kind::Number { min } => Value::Number(number(json, min)?),
        Kind::Boolean => Value::Boolean(boolean(json)?),
        Kind::Instant => {
            let moment = read_instant(&text(json)?, rules.zone).map_err(|error| error.to_string())?;
            (fold, is_serial) = (moment.fold, moment.is_serial);
            Value::Instant(moment.at)
        }
        Kind::Date => Value::Date(read_date(&text(json)?).map_err(|error| error.to_string())?),
        Kind::MonthDay => Value::Text(read_month_day(&text(json)?).map_err(|error| error.to_string())?),
        Kind::Choice(words) => Value::Text(choice(property, words, &text(json)?)?),
        Kind::Category => {
            let slug = rules.catalogue.resolve(&text(json)?, rules.scheme).map_err(|error| error.to_string())?;
            Value::Text(slug.to_owned())
        }
        Kind::Reference(_) => Value::Integer(integer(json, 1)?),
        Kind::Positions => Value::Positions(positions(json, rules)?),
    };
    Ok(ReadValue { value, fold, is_serial })
}

fn text(json: &Json) -> Result<String, String> {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Bool(truth) => truth.to_string(),
        _ => return Err("must be a text".to_owned()),
    };
    if text.len() > LONGEST_TEXT || text.contains('\0') {
        return Err(format!("must have no NUL and at most {LONGEST_TEXT} bytes"));
    }
    Ok(text)
}

fn integer(json: &Json, min: i64) -> Result<i64, String> {
    let wrong = || format!("{} is not a whole number", shown(json));
    let number = match json {
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)).ok_or_else(wrong)?,
        Json::String(text) => text.trim().parse::<i64>().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    if number < min || number > LARGEST_INTEGER {
        return Err(format!("{number} is out of range: {min} to {LARGEST_INTEGER}"));
    }
    Ok(number)
}

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= LARGEST_INTEGER as f64).then_some(number as i64)
}

fn number(json: &Json, min: f64) -> Result<f64, String> {
    let wrong = || format!("{} is not a number{}", shown(json), json.as_str().map_or("", comma_hint));
    let number = match json {
        Json::Number(number) => number.as_f64().ok_or_else(wrong)?,
        Json::String(text) => decimal(text.trim()).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    if !number.is_finite() || number < min {
        return Err(format!("{number} is out of range: at least {min}"));
    }
    // Minus zero is zero, so that equal numbers are written alike.
    Ok(number + 0.0)
}

/// What a number with a comma for the point was probably meant to be.
pub fn comma_hint(text: &str) -> &'static str {
    let point = text.trim().replacen([',', '，'], ".", 1);
    if point != text.trim() && decimal(&point).is_some() { ": write a point where the comma is" } else { "" }
}

/// Digits with a sign, a point and an exponent; not the words that Rust takes for numbers.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if plain { text.parse().ok() } else { None }
}

fn boolean(json: &Json) -> Result<bool, String> {
    match json {
        Json::Bool(truth) => Ok(*truth),
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true),
            "false" | "no" | "0" => Ok(false),
            _ => Err(format!("{} is neither true nor false", shown(json))),
        },
        _ => Err(format!("{} is neither true nor false", shown(json))),
    }
}

fn choice(property: &Property, words: &[&str], text: &str) -> Result<String, String> {
    let meant = property.aliases.iter().find(|(alias, _)| *alias == text).map_or(text, |(_, word)| word);
    if words.contains(&meant) {
        return Ok(meant.to_owned());
    }
    let short: String = text.chars().take(40).collect();
    Err(format!("'{short}' is not one of {}", words.join(", ")))
}

/// A list of positions; a table's cell holds it as JSON.
fn positions(json: &Json, rules: &Rules<'_>) -> Result<Vec<[f64; 2]>, String> {
    let wrong = || "must be a list of positions, such as [[105.72, 34.58]]".to_owned();
    let parsed;
    let items = match json {
        Json::Array(items) => items,
        Json::String(text) => {
            parsed = serde_json::from_str::<Vec<Json>>(text).map_err(|_| wrong())?;
            &parsed
        }
        _ => return Err(wrong()),
    };
    if items.len() > MOST_POSITIONS {
        return Err(format!("has more than {MOST_POSITIONS} positions"));
    }
    items.iter().map(|item| position(item, rules).ok_or_else(wrong)?).collect()
}

fn position(item: &Json, rules: &Rules<'_>) -> Option<Result<[f64; 2], String>> {
    let numbers: Vec<f64> = item.as_array()?.iter().map(Json::as_f64).collect::<Option<_>>()?;
    let mut raw = RawPosition { ordinates: [0.0; 3], count: numbers.len() };
    for (place, number) in raw.ordinates.iter_mut().zip(&numbers) {
        *place = *number;
    }
    let admitted = gate::admit(&RawGeometry::Point(raw), rules.crs, &[GeometryKind::Point]);
    Some(match admitted {
        Ok(admitted) => match admitted.shape {
            Shape::Point(point) => Ok([point.x(), point.y()]),
            _ => return None,
        },
        Err(error) => Err(error.reason),
    })
}

fn shown(json: &Json) -> String {
    shortened(&json.to_string()).replace('"', "'")
}

/// What somebody wrote, as far as a message repeats it.
pub fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
