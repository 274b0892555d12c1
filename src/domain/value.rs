//! The value of one property of one feature.

use jiff::{Timestamp, civil::Date};

/// A typed value. Which variant stands for a property follows from its [`Kind`](crate::domain::property::Kind).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    /// Also choices, category slugs and `MM-DD` days.
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    /// UTC, microseconds.
    Instant(Timestamp),
    Date(Date),
    /// Longitude, latitude pairs, WGS 84 degrees.
    Positions(Vec<[f64; 2]>),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The value as a number, for properties of whole and of broken numbers.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(*at),
            _ => None,
        }
    }
}
