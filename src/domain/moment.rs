//! Reading and writing of instants, dates and days of the year.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// An instant as read, and whether its local time was ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    pub fold: Fold,
}

/// What the time zone made of a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    None,
    /// The clock shows it twice (end of summer time): the earlier instant is taken.
    Twice,
    /// The clock skips it (start of summer time): the later instant is taken.
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    #[error("'{0}' is not a time: write it as 2024-03-01T08:30:00+08:00, 2024-03-01 08:30 or 2024-03-01")]
    Instant(String),
    #[error("'{0}' is not a date: write it as 2024-03-01")]
    Date(String),
    #[error("'{0}' is not a day of the year: write it as 03-01")]
    MonthDay(String),
}

/// Reads RFC 3339, or a local time (`2018-10-01T08:55`, `2018/10/1 8:55:30`, `2018-10-01`) in `zone`.
///
/// A date alone is the start of its day. Kept to microseconds; further digits are cut off. Years 0001 to 9998.
pub fn read_instant(text: &str, zone: &TimeZone) -> Result<Moment, MomentError> {
    instant(text.trim(), zone).ok_or_else(|| MomentError::Instant(shortened(text)))
}

fn instant(text: &str, zone: &TimeZone) -> Option<Moment> {
    let (date, rest) = split_date(text)?;
    let (time, offset) = if rest.is_empty() { (Time::midnight(), "") } else { split_time(rest)? };
    let local = DateTime::from_parts(date, time);
    if offset.is_empty() {
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let fold = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Fold::None,
            AmbiguousOffset::Gap { .. } => Fold::Skipped,
            AmbiguousOffset::Fold { .. } => Fold::Twice,
        };
        return Some(Moment { at: ambiguous.compatible().ok()?, fold });
    }
    Some(Moment { at: read_offset(offset)?.to_timestamp(local).ok()?, fold: Fold::None })
}

/// Reads a date; of a date with a time the date stays.
pub fn read_date(text: &str) -> Result<Date, MomentError> {
    split_date(text.trim())
        .filter(|(_, rest)| rest.is_empty() || split_time(rest).is_some())
        .map(|(date, _)| date)
        .ok_or_else(|| MomentError::Date(shortened(text)))
}

/// Reads `MM-DD` (also `M-D`), 29 February included; answers it as `MM-DD`.
pub fn read_month_day(text: &str) -> Result<String, MomentError> {
    let wrong = || MomentError::MonthDay(shortened(text));
    let (month, day) = text.trim().split_once('-').ok_or_else(wrong)?;
    let (month, day) = (number(month, 2).ok_or_else(wrong)?, number(day, 2).ok_or_else(wrong)?);
    // A leap year, so that 29 February is a day.
    Date::new(2000, month as i8, day as i8).map_err(|_| wrong())?;
    Ok(format!("{month:02}-{day:02}"))
}

/// RFC 3339 in UTC with `Z`; a fraction only when there is one.
pub fn write_instant(at: Timestamp) -> String {
    at.to_string()
}

/// The instant in whole microseconds since 1970.
pub fn microseconds(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Cut to the microseconds that are stored.
pub fn to_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn number(digits: &str, most: usize) -> Option<u32> {
    let right = !digits.is_empty() && digits.len() <= most && digits.bytes().all(|byte| byte.is_ascii_digit());
    if right { digits.parse().ok() } else { None }
}

/// The date at the start, and what follows after one `T` or space.
fn split_date(text: &str) -> Option<(Date, &str)> {
    let end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, rest) = text.split_at(end);
    let rest = rest.get(1..).unwrap_or("").trim_start();
    if rest.is_empty() && end != text.len() {
        return None;
    }
    let mut parts = date.split(if date.contains('/') { '/' } else { '-' });
    let year = parts.next().filter(|year| year.len() == 4).and_then(|year| number(year, 4))?;
    let month = number(parts.next()?, 2)?;
    let day = number(parts.next()?, 2)?;
    if parts.next().is_some() || !(1..=9998).contains(&year) {
        return None;
    }
    Some((Date::new(year as i16, month as i8, day as i8).ok()?, rest))
}

/// The time of day at the start, and the offset that follows.
fn split_time(text: &str) -> Option<(Time, &str)> {
    let end = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (time, offset) = text.split_at(end);
    let mut parts = time.trim_end().split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let (second, nanosecond) = parts.next().map_or(Some((0, 0)), seconds)?;
    if parts.next().is_some() {
        return None;
    }
    // A leap second is taken as the last second of its minute.
    let second = if second == 60 { 59 } else { second };
    Some((Time::new(hour as i8, minute as i8, second as i8, nanosecond as i32).ok()?, offset))
}

fn seconds(text: &str) -> Option<(u32, u32)> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    number(fraction.get(..fraction.len().min(9))?, 9)?;
    Some((number(whole, 2)?, number(&digits, 6)? * 1_000))
}

fn read_offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.get(1..)?.chars().filter(|letter| *letter != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 2)?, 0),
        4 => (number(&digits[..2], 2)?, number(&digits[2..], 2)?),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours as i32 * 3600 + minutes as i32 * 60)).ok()
}

/// The instant this much later; stays at the end of time.
pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, zone: &str, expected: &str, fold: Fold) {
        let zone = TimeZone::get(zone).unwrap();
        let moment = read_instant(text, &zone).unwrap();
        assert_eq!((write_instant(moment.at).as_str(), moment.fold), (expected, fold), "{text}");
    }

    #[test]
    fn instants() {
        check("2018-10-01T08:55", "America/New_York", "2018-10-01T12:55:00Z", Fold::None);
        check("2018/10/1 8:55:07", "Asia/Shanghai", "2018-10-01T00:55:07Z", Fold::None);
        check("2018-10-01", "Asia/Shanghai", "2018-09-30T16:00:00Z", Fold::None);
        check("2018-10-01T08:55:00.1234567+0800", "UTC", "2018-10-01T00:55:00.123456Z", Fold::None);
        check("2018-10-01 08:55:00Z", "Asia/Shanghai", "2018-10-01T08:55:00Z", Fold::None);
        check("2019-11-03T01:30", "America/New_York", "2019-11-03T05:30:00Z", Fold::Twice);
        check("2019-03-10T02:30", "America/New_York", "2019-03-10T07:30:00Z", Fold::Skipped);
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2018-13-01",
            "2018-02-30",
            "2018-10-01T25:00",
            "18-10-01",
            "2018-10-01T",
            "2018-10-01T08:55+99:00",
            "0000-01-01",
            "9999-12-31T23:59:59Z",
        ] {
            assert!(read_instant(text, &TimeZone::UTC).is_err(), "{text}");
        }
        assert_eq!(read_month_day("2-29").unwrap(), "02-29");
        assert!(read_month_day("02-30").is_err());
        assert!(read_date("2024-02-29").is_ok() && read_date("2023-02-29").is_err());
    }
}
