//! Where a page ended, as text that fits in an address.

use std::fmt;
use std::fmt::Write;

use serde_json::Value as Json;

use crate::domain::feature::FeatureId;

/// The last feature of a page: the next page starts after it, whatever was written meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// In the default order.
    Place { curve: u64, id: FeatureId },
    /// In the order of the values that were sorted by, then of ids.
    Sorted { values: Vec<Json>, id: FeatureId },
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { curve, id } => write!(f, "{curve:x}.{}", id.0),
            Self::Sorted { values, id } => {
                let text = Json::from(values.clone()).to_string();
                let hex = text.bytes().fold(String::new(), |mut hex, byte| {
                    write!(hex, "{byte:02x}").expect("writing to memory cannot fail");
                    hex
                });
                write!(f, "s{hex}.{}", id.0)
            }
        }
    }
}

impl Token {
    /// None for a text that no page ended with.
    pub fn parse(text: &str) -> Option<Self> {
        let (place, id) = text.split_once('.')?;
        let id = FeatureId(id.parse().ok()?);
        let Some(hex) = place.strip_prefix('s') else {
            return Some(Self::Place { curve: u64::from_str_radix(place, 16).ok()?, id });
        };
        let bytes: Option<Vec<u8>> =
            hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        Some(Self::Sorted { values: serde_json::from_slice(&bytes?).ok()?, id })
    }
}
