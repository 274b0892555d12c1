//! What can be wrong with a question about hotspots: which input it was, and why it cannot be answered.
//!
//! One type for the whole library, so that a caller tells a person the same thing for the same mistake everywhere.

use crate::analysis::hotspots::Position;

/// Why a question about hotspots has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HotspotError {
    #[error("there are no cases: widen the area, the period or the filter")]
    NoCases,
    #[error("there is only one case, and one case makes no pattern: widen the area, the period or the filter")]
    OneCase,
    #[error("all cases lie at one place, so there is nothing to compare it with: widen the area or look at the place")]
    OnePlace,
    #[error("all values are the same, so none stands out")]
    NoVariation,
    #[error(
        "there are {given} {what}, and at least {needed} are needed: widen the area or the period, or take smaller units"
    )]
    TooFew { what: &'static str, given: usize, needed: usize },
    #[error("there are {given} {what}, and at most {most} can be taken: {why}")]
    TooMany { what: &'static str, given: usize, most: usize, why: &'static str },
    #[error("{what} has {given} entries, and {expected} are expected, one for each of {per}")]
    Lengths { what: &'static str, given: usize, expected: usize, per: &'static str },
    #[error("{what} {index} is not a finite number")]
    NotFinite { what: &'static str, index: usize },
    #[error("{what} {index} is {value}, and must not be negative")]
    Negative { what: &'static str, index: usize, value: f64 },
    #[error("{what} {index} is {value}, and must be in {range}")]
    OutOfRange { what: &'static str, index: usize, value: f64, range: String },
    #[error("{what} is {value}, and must be {must}")]
    Parameter { what: &'static str, value: f64, must: &'static str },
    #[error("{what} is {value} m, larger than the whole city ({extent} m across): everything would be one hotspot")]
    LargerThanCity { what: &'static str, value: f64, extent: f64 },
    #[error("section {section} {why}")]
    Section { section: usize, why: &'static str },
    #[error("alpha is {0}, and must lie between 0 and 1, both excluded")]
    Alpha(f64),
}

/// A parameter that is a length or another amount: finite and above 0.
pub fn check_positive(what: &'static str, value: f64) -> Result<(), HotspotError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(HotspotError::Parameter { what, value, must: "a finite number above 0" })
}

/// A level of significance.
pub fn check_alpha(alpha: f64) -> Result<(), HotspotError> {
    if alpha > 0.0 && alpha < 1.0 { Ok(()) } else { Err(HotspotError::Alpha(alpha)) }
}

/// Two slices about the same things.
pub fn check_lengths(what: &'static str, given: usize, per: &'static str, expected: usize) -> Result<(), HotspotError> {
    if given == expected { Ok(()) } else { Err(HotspotError::Lengths { what, given, expected, per }) }
}

/// No NaN and no infinity.
pub fn check_finite(what: &'static str, values: &[f64]) -> Result<(), HotspotError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(HotspotError::NotFinite { what, index }),
        None => Ok(()),
    }
}

/// Finite and not below 0.
pub fn check_not_negative(what: &'static str, values: &[f64]) -> Result<(), HotspotError> {
    check_finite(what, values)?;
    match values.iter().position(|value| *value < 0.0) {
        Some(index) => Err(HotspotError::Negative { what, index, value: values[index] }),
        None => Ok(()),
    }
}

/// No NaN and no infinity in either coordinate.
pub fn check_positions(what: &'static str, positions: &[Position]) -> Result<(), HotspotError> {
    match positions.iter().position(|[x, y]| !(x.is_finite() && y.is_finite())) {
        Some(index) => Err(HotspotError::NotFinite { what, index }),
        None => Ok(()),
    }
}

/// Cases that can make a pattern: at least two, finite, not all at one place.
pub fn check_cases(cases: &[Position]) -> Result<(), HotspotError> {
    check_positions("case", cases)?;
    match cases {
        [] => Err(HotspotError::NoCases),
        [_] => Err(HotspotError::OneCase),
        [first, rest @ ..] if rest.iter().all(|case| case == first) => Err(HotspotError::OnePlace),
        _ => Ok(()),
    }
}

/// Values of units (counts or rates) among which one can stand out: finite, at least two, more than one not 0, not
/// all the same.
pub fn check_values(values: &[f64]) -> Result<(), HotspotError> {
    check_finite("value", values)?;
    if values.len() < 2 {
        return Err(HotspotError::TooFew { what: "values", given: values.len(), needed: 2 });
    }
    let mut filled = values.iter().filter(|value| **value != 0.0);
    match (filled.next(), filled.next()) {
        (None, _) => Err(HotspotError::NoCases),
        (Some(1.0), None) => Err(HotspotError::OneCase),
        (Some(_), None) => Err(HotspotError::OnePlace),
        _ if values.iter().all(|value| *value == values[0]) => Err(HotspotError::NoVariation),
        _ => Ok(()),
    }
}
