//! What the use cases let be configured.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::category::DEFAULT_SCHEME;
use crate::domain::opening_hours::Calendar;

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
    /// Days, or first and last with `/` between, `2026-10-01/2026-10-08`.
    pub public_holidays: Vec<String>,
    pub school_holidays: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timezone: None,
            category_scheme: DEFAULT_SCHEME.to_owned(),
            require_if_match: true,
            drive_kmh: BTreeMap::new(),
            join_ends_m: 0.0,
            public_holidays: Vec::new(),
            school_holidays: Vec::new(),
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

    /// The holidays day by day. The error is a sentence.
    pub fn calendar(&self) -> Result<Calendar, String> {
        Ok(Calendar {
            public: read_days("public_holidays", &self.public_holidays)?,
            school: read_days("school_holidays", &self.school_holidays)?,
        })
    }
}

fn read_days(name: &str, texts: &[String]) -> Result<BTreeSet<Date>, String> {
    let mut days = BTreeSet::new();
    for text in texts {
        let wrong = || format!("{name}: '{text}' is neither a day, 2026-10-01, nor days, 2026-10-01/2026-10-08");
        let (first, last) = text.split_once('/').unwrap_or((text, text));
        let read = |day: &str| day.trim().parse::<Date>().map_err(|_| wrong());
        let (first, last) = (read(first)?, read(last)?);
        if last < first || last.year() > first.year().saturating_add(1) {
            return Err(wrong());
        }
        days.extend(first.series(1.day()).take_while(|day| *day <= last));
    }
    Ok(days)
}

/// A time zone by its IANA name.
pub fn read_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("'{name}' is not a time zone: use an IANA name such as Asia/Shanghai"))
}
