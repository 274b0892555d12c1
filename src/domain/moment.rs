//! Reading and writing of instants, dates and days of the year.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::domain::reading::shortened;
use crate::domain::written_time::{self, WrittenTime};

/// An instant as read, and whether its local time was ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    pub fold: Fold,
    /// It was a spreadsheet's number of days.
    pub is_serial: bool,
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
    #[error(
        "'{0}' is not a time: write it as 2024-03-01T08:30:00+08:00, 2024-03-01 08:30, 2024年3月1日 8时30分 or 2024-03-01"
    )]
    Instant(String),
    #[error("'{0}' is not a date: write it as 2024-03-01")]
    Date(String),
    #[error("'{0}' is not a day of the year: write it as 03-01")]
    MonthDay(String),
}

/// Reads RFC 3339, or a local time in `zone`: `2018-10-01T08:55`, `2018/10/1 8:55:30`, `2018-10-01`, `20181001085530`,
/// `2018年10月1日 下午3时05分`, or a spreadsheet's number of days (`43374.3715`).
///
/// A date alone is the start of its day. Kept to microseconds; further digits are cut off. Years 0001 to 9998.
pub fn read_instant(text: &str, zone: &TimeZone) -> Result<Moment, MomentError> {
    instant(text.trim(), zone).ok_or_else(|| MomentError::Instant(shortened(text)))
}

fn instant(text: &str, zone: &TimeZone) -> Option<Moment> {
    let WrittenTime { date, time, offset, is_serial } = written_time::read(text)?;
    let local = DateTime::from_parts(date, time.unwrap_or_else(Time::midnight));
    if let Some(offset) = offset {
        return Some(Moment { at: offset.to_timestamp(local).ok()?, fold: Fold::None, is_serial });
    }
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let fold = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => Fold::None,
        AmbiguousOffset::Gap { .. } => Fold::Skipped,
        AmbiguousOffset::Fold { .. } => Fold::Twice,
    };
    Some(Moment { at: ambiguous.compatible().ok()?, fold, is_serial })
}

/// Reads a date; of a date with a time the date stays.
pub fn read_date(text: &str) -> Result<Date, MomentError> {
    written_time::read(text).map(|written| written.date).ok_or_else(|| MomentError::Date(shortened(text)))
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

fn number(digits: &str, most: usize) -> Option<u32> {
    let right = !digits.is_empty() && digits.len() <= most && digits.bytes().all(|byte| byte.is_ascii_digit());
    if right { digits.parse().ok() } else { None }
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
        for text in [
            "2018年10月1日 8时55分7秒",
            "2018年10月1日8:55:07",
            "２０１８年１０月１日　８：５５：０７",
            "2018年10月01日 星期一 上午8:55:07",
            "2018.10.1 08:55:07",
            "20181001085507",
            "20181001T085507+0800",
            "2018-10-01 8:55:07 AM",
            "2018-10-01 08:55:07 +08:00",
            "43374.371608796",
        ] {
            check(text, "Asia/Shanghai", "2018-10-01T00:55:07Z", Fold::None);
        }
        for (text, expected) in [
            ("2018年10月1日", "2018-09-30T16:00:00Z"),
            ("20181001", "2018-09-30T16:00:00Z"),
            ("43374", "2018-09-30T16:00:00Z"),
            ("2018/10/1 下午3点半", "2018-10-01T07:30:00Z"),
            ("2018年10月1日（周一）晚上8点", "2018-10-01T12:00:00Z"),
            ("2018-10-1 中午12:05", "2018-10-01T04:05:00Z"),
            ("2018-10-1 凌晨12:05", "2018-09-30T16:05:00Z"),
            ("2018-10-01 12:05 pm", "2018-10-01T04:05:00Z"),
            // Night ends the day that is named.
            ("2018年10月1日 晚上12点", "2018-10-01T16:00:00Z"),
            ("2018-10-1 晚上12:30", "2018-10-01T16:30:00Z"),
            ("2018-10-1 晚上11点半", "2018-10-01T15:30:00Z"),
            ("2018-10-1 凌晨1点", "2018-09-30T17:00:00Z"),
            ("2018-10-01T24:00", "2018-10-01T16:00:00Z"),
            ("2018年12月31日 24时", "2018-12-31T16:00:00Z"),
        ] {
            check(text, "Asia/Shanghai", expected, Fold::None);
        }
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
            "2018年13月1日",
            "2018年10月",
            "10/1/2018",
            "2018-10/01",
            "20181301",
            "2018-10-01 25点",
            "2018-10-01 上午13:00",
            "2018-10-01 晚上1点",
            "2018-10-01 晚上4:30",
            "2018-10-01 24:01",
            "2018-10-01 8:55 o'clock",
            "1538355307",
            "9999.5",
            "99999",
            "2018-10-01T08:55+é0",
        ] {
            assert!(read_instant(text, &TimeZone::UTC).is_err(), "{text}");
        }
        assert_eq!(read_month_day("2-29").unwrap(), "02-29");
        assert!(read_month_day("02-30").is_err());
        assert!(read_date("2024-02-29").is_ok() && read_date("2023-02-29").is_err());
    }
}
