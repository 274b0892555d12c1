//! Sets of hours and weekdays as people write them: `17-21`, `8,9,17-21`, `22-5`.
//!
//! Not opening hours: those have minutes and rules of their own.

use jiff::civil::DateTime;

pub const HOUR: &str = "an hour of the day: 0 to 23; write 8, 17-21 (17:00 to 21:59) or 8,17-21";
pub const WEEKDAY: &str = "a day of the week: 1 (Monday) to 7 (Sunday); write 6, 1-5 or 1,6-7";

/// A set as bits, ends inclusive; a range may go past the last and on from the first. `what` says what is counted, for
/// the error, which is a sentence.
pub fn read_set(text: &str, first: u32, last: u32, what: &str) -> Result<u32, String> {
    let mut found = 0;
    for part in text.split([',', '，']) {
        let number = |text: &str| {
            let shown: String = if text.trim().is_empty() { part } else { text }.trim().chars().take(40).collect();
            let read = text.trim().parse::<u32>().ok().filter(|number| (first..=last).contains(number));
            read.ok_or_else(|| format!("'{shown}' is not {what}"))
        };
        let (start, end) = match part.split_once('-') {
            None => (number(part)?, number(part)?),
            Some((start, end)) => (number(start)?, number(end)?),
        };
        let mut one = start;
        loop {
            found |= 1 << one;
            if one == end {
                break;
            }
            one = if one == last { first } else { one + 1 };
        }
    }
    Ok(found)
}

/// Whether hours and weekdays, where they say something that is understood, hold a local time.
pub fn hold(hours: Option<&str>, weekdays: Option<&str>, at: DateTime) -> bool {
    let has = |set: Result<u32, String>, one: u32| set.is_ok_and(|set| set >> one & 1 == 1);
    hours.is_none_or(|text| has(read_set(text, 0, 23, HOUR), at.hour() as u32))
        && weekdays.is_none_or(|text| has(read_set(text, 1, 7, WEEKDAY), at.weekday().to_monday_one_offset() as u32))
}
