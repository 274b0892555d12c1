//! Whether a place is open: OpenStreetMap's `opening_hours`, as far as it can be told from a date, a time and a calendar.
//!
//! Rules are read as the specification (wiki.openstreetmap.org/wiki/Key:opening_hours/specification) says: later ones before
//! earlier ones, `,` adds, `||` steps in. What is not understood, and what depends on the sun, on somebody's word or on a
//! reading over which readers of the format differ, is not known: it is never taken for open or closed.

mod read;
mod rule;
mod tokens;

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};

use read::read_rules;
use rule::{Joined, Rule, State};

const DAY_MIN: u32 = 24 * 60;

/// What is known of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    Open,
    Closed,
    Unknown,
}

impl Openness {
    /// None where it is not known.
    pub fn known(self) -> Option<bool> {
        match self {
            Self::Open => Some(true),
            Self::Closed => Some(false),
            Self::Unknown => None,
        }
    }
}

/// The days that are public and school holidays. A year of which no day is named is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    pub public: BTreeSet<Date>,
    pub school: BTreeSet<Date>,
}

/// What the text says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// A day of which it is not known whether it is a holiday is taken for none.
    pub open: Openness,
    /// What it would be, were the day a public holiday: only where that is not known, and makes a difference.
    pub on_public_holiday: Option<Openness>,
    /// The same for a school holiday.
    pub on_school_holiday: Option<Openness>,
}

/// What the text says of a local time.
pub fn told(text: &str, at: DateTime, calendar: &Calendar) -> Told {
    let Some(rules) = read_rules(text) else {
        return Told { open: Openness::Unknown, on_public_holiday: None, on_school_holiday: None };
    };
    let asked = |public: bool, school: bool| {
        let public = |date| is_holiday(&calendar.public, date, public);
        let school = |date| is_holiday(&calendar.school, date, school);
        openness(&rules, at, &Holidays { public: &public, school: &school })
    };
    let open = asked(false, false);
    let other = |public: bool, school: bool| {
        let named = rules.iter().any(|rule| public && rule.public || school && rule.school);
        let told = if named { asked(public, school) } else { open };
        (told != open).then_some(told)
    };
    Told { open, on_public_holiday: other(true, false), on_school_holiday: other(false, true) }
}

fn is_holiday(days: &BTreeSet<Date>, date: Date, unknown: bool) -> bool {
    let from_new_year = Date::new(date.year(), 1, 1).ok().and_then(|first| days.range(first..).next());
    let known = from_new_year.is_some_and(|named| named.year() == date.year());
    if known { days.contains(&date) } else { unknown }
}

/// Which days are holidays.
struct Holidays<'a> {
    public: &'a dyn Fn(Date) -> bool,
    school: &'a dyn Fn(Date) -> bool,
}

/// How the text is read where its readers differ.
#[derive(Clone, Copy)]
struct Reading {
    /// A rule that names no day adds to those before it, and does not put them out of force.
    bare_adds: bool,
    /// Hours past midnight are of the day on which they began, and not cut by the rules of the next.
    nights_whole: bool,
}

/// What all readings say; unknown where they differ.
fn openness(rules: &[Rule], at: DateTime, holidays: &Holidays<'_>) -> Openness {
    let read = |bare_adds, nights_whole| match said(rules, at, holidays, Reading { bare_adds, nights_whole }) {
        Some(State::Open) => Openness::Open,
        Some(State::Unknown) => Openness::Unknown,
        Some(State::Closed) => Openness::Closed,
        // Nothing is said of this moment. That means closed, where something is said of when it is open at all.
        None if rules.iter().any(Rule::opens_on_common_days) => Openness::Closed,
        None => Openness::Unknown,
    };
    let first = read(false, true);
    let agreed = [(false, false), (true, true), (true, false)].iter().all(|(bare, whole)| read(*bare, *whole) == first);
    if agreed { first } else { Openness::Unknown }
}

/// What the rules say of a local time; none where no rule speaks of it.
fn said(rules: &[Rule], at: DateTime, holidays: &Holidays<'_>, reading: Reading) -> Option<State> {
    let minute = at.hour() as u32 * 60 + at.minute() as u32;
    let day = (at.date(), minute);
    let Ok(yesterday) = at.date().yesterday() else {
        return said_of(rules, &[day], holidays, reading);
    };
    let night = (yesterday, minute + DAY_MIN);
    if !reading.nights_whole {
        return said_of(rules, &[day, night], holidays, reading);
    }
    match (said_of(rules, &[day], holidays, reading), said_of(rules, &[night], holidays, reading)) {
        (Some(State::Open), _) | (_, Some(State::Open)) => Some(State::Open),
        (Some(State::Unknown), _) | (_, Some(State::Unknown)) => Some(State::Unknown),
        (today, _) => today,
    }
}

/// What the rules say of a moment, told as minutes from the midnight of one day or of two; the first is the day itself.
fn said_of(rules: &[Rule], moments: &[(Date, u32)], holidays: &Holidays<'_>, reading: Reading) -> Option<State> {
    let mut said = None;
    let mut named_before = false;
    for rule in rules {
        let added = reading.bare_adds && !rule.names_days() && (named_before || rule.state == State::Unknown);
        named_before = rule.names_days();
        let about: Vec<bool> = moments.iter().map(|(date, _)| rule.is_about(*date, holidays)).collect();
        // A day off has no night either, where nights are of their day.
        let off = (reading.nights_whole && rule.is_day_off()).then_some(State::Closed);
        let at = |minute| rule.at(minute).or(off);
        let states = moments.iter().zip(&about).filter(|(_, about)| **about).filter_map(|((_, minute), _)| at(*minute));
        let state = states.reduce(|one, other| if one == State::Unknown { other } else { one });
        match rule.joined {
            Joined::Instead if matches!(said, Some(State::Open | State::Unknown)) => continue,
            // A rule about a day puts those before it out of force; one that closes does so for its hours only.
            Joined::After if rule.state != State::Closed && !added && about[0] => said = None,
            _ => {}
        }
        said = match (state, rule.state, said) {
            // Perhaps open, perhaps closed: what was so already stays so.
            (Some(State::Unknown), State::Open, Some(State::Open)) => said,
            (Some(State::Unknown), State::Closed, None | Some(State::Closed)) => said,
            (Some(state), ..) => Some(state),
            (None, ..) => said,
        };
    }
    said
}

#[cfg(test)]
mod tests;
