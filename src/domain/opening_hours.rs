//! Whether a place is open: the everyday part of OpenStreetMap's `opening_hours`.
//!
//! Read are `24/7`, days of the week, times, `off` and `closed`, with later rules before earlier ones. Rules for holidays
//! are passed over, since nobody says here when they are. Months, weeks, sunrise, comments and open ends are not read:
//! then it is not known whether the place is open.

use jiff::civil::DateTime;

const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const DAY_MIN: u32 = 24 * 60;

/// A rule: the days it is about (Monday first), and from when to when, minutes of the day; beyond 24 hours it goes on
/// into the next day.
struct Rule {
    days: [bool; 7],
    spans: Vec<(u32, u32)>,
}

/// Whether it is open at a local time; none when the text does not say so that it is understood.
pub fn is_open(text: &str, at: DateTime) -> Option<bool> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut rules = Vec::new();
    for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
        rules.push(read_rule(rule)?);
    }
    if !rules.iter().any(|rule| rule.days.contains(&true)) {
        return None;
    }
    let today = at.date().weekday().to_monday_zero_offset() as usize;
    let minute = at.hour() as u32 * 60 + at.minute() as u32;
    // The last rule about a day decides; a day that no rule is about is closed.
    let is_in = |day: usize, minute: u32| {
        let rule = rules.iter().rev().find(|rule| rule.days[day]);
        rule.is_some_and(|rule| rule.spans.iter().any(|(from, to)| (*from..*to).contains(&minute)))
    };
    Some(is_in(today, minute) || is_in((today + 6) % 7, minute + DAY_MIN))
}

fn read_rule(rule: &str) -> Option<Rule> {
    if rule == "24/7" {
        return Some(Rule { days: [true; 7], spans: vec![(0, DAY_MIN)] });
    }
    let starts_with_day = rule.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !is_word(rule);
    let (days, rest) = if starts_with_day {
        let end = rule.find(|letter: char| letter.is_ascii_digit()).or_else(|| rule.rfind(' ')).unwrap_or(rule.len());
        (read_days(rule[..end].trim().trim_end_matches(':'))?, rule[end..].trim())
    } else {
        ([true; 7], rule)
    };
    let spans = match rest {
        "off" | "closed" => Vec::new(),
        "" | "open" => vec![(0, DAY_MIN)],
        times => times.split(',').map(|span| read_span(span.trim())).collect::<Option<Vec<_>>>()?,
    };
    Some(Rule { days, spans })
}

fn is_word(rule: &str) -> bool {
    ["off", "closed", "open"].contains(&rule)
}

/// Holidays are no day of the week.
fn read_days(text: &str) -> Option<[bool; 7]> {
    let mut days = [false; 7];
    for part in text.split(',').map(str::trim) {
        if ["PH", "SH"].contains(&part) {
            continue;
        }
        let day = |name: &str| DAYS.iter().position(|known| *known == name.trim());
        let (from, to) = match part.split_once('-') {
            Some((from, to)) => (day(from)?, day(to)?),
            None => (day(part)?, day(part)?),
        };
        let count = (to + 7 - from) % 7;
        (0..=count).for_each(|step| days[(from + step) % 7] = true);
    }
    Some(days)
}

fn read_span(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (read_time(from.trim())?, read_time(to.trim())?);
    Some(if to <= from { (from, to + DAY_MIN) } else { (from, to) })
}

fn read_time(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| -> Option<u32> {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if plain { digits.parse().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 48 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_closed_and_not_known() {
        // 25 November 2026 is a Wednesday.
        for (text, at, expected) in [
            ("24/7", "2026-11-25T03:00", Some(true)),
            ("Mo-Fr 08:00-18:00", "2026-11-25T08:00", Some(true)),
            ("Mo-Fr 08:00-18:00", "2026-11-25T18:00", Some(false)),
            ("Mo-Fr 08:00-18:00", "2026-11-28T10:00", Some(false)),
            ("Mo-Fr 08:00-12:00, 13:00-18:00; Sa 09:00-12:00", "2026-11-25T12:30", Some(false)),
            ("Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-12:00", "2026-11-28T09:30", Some(true)),
            ("Mo-Su 08:00-18:00; We off", "2026-11-25T10:00", Some(false)),
            ("08:00-18:00; PH off", "2026-11-25T10:00", Some(true)),
            ("PH,Su 10:00-12:00", "2026-11-29T10:00", Some(true)),
            ("Fr-Mo 20:00-02:00", "2026-11-28T01:00", Some(true)),
            ("Fr-Mo 20:00-02:00", "2026-11-27T01:00", Some(false)),
            ("Tu 20:00-26:00", "2026-11-25T01:59", Some(true)),
            ("24/7; We closed", "2026-11-25T01:59", Some(false)),
            ("sunrise-sunset", "2026-11-25T10:00", None),
            ("Jan-Mar Mo 08:00-10:00", "2026-11-25T10:00", None),
            ("Mo-Fr 08:00+", "2026-11-25T10:00", None),
            ("by appointment", "2026-11-25T10:00", None),
            ("08:00-25:61", "2026-11-25T10:00", None),
            ("", "2026-11-25T10:00", None),
            ("PH off", "2026-11-25T10:00", None),
        ] {
            assert_eq!(is_open(text, at.parse().unwrap()), expected, "{text} {at}");
        }
    }
}
