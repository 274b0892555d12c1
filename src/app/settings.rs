//! What the use cases let be configured.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::domain::category::DEFAULT_SCHEME;

#[derive(Debug, Clone)]
pub struct Settings {
    /// IANA name for local times; the machine's zone when none.
    pub timezone: Option<String>,
    /// Scheme of bare category codes.
    pub category_scheme: String,
    /// Whether changes must say which revision they mean.
    pub require_if_match: bool,
    /// Kilometres an hour in a vehicle by class of street, where they are not the usual ones.
    pub drive_kmh: BTreeMap<String, f64>,
    /// Ends of streets closer than this are joined, metres; 0 joins only ends at the same place.
    pub join_ends_m: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timezone: None,
            category_scheme: DEFAULT_SCHEME.to_owned(),
            require_if_match: true,
            drive_kmh: BTreeMap::new(),
            join_ends_m: 0.0,
        }
    }
}

impl Settings {
    /// The error is a sentence.
    pub fn zone(&self) -> Result<TimeZone, String> {
        match &self.timezone {
            None => Ok(TimeZone::system()),
            Some(name) => read_zone(name),
        }
    }
}

/// A time zone by its IANA name.
pub fn read_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("'{name}' is not a time zone: use an IANA name such as Asia/Shanghai"))
}
