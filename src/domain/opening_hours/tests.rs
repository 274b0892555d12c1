//! What opening hours say, by examples of the specification and of the map, and against other ways to tell it.

use jiff::ToSpan;
use jiff::civil::{date, datetime};
use proptest::prelude::*;

use super::*;
use Openness::{Closed, Open, Unknown};

fn at(text: &str, at: &str) -> Openness {
    told(text, at.parse().unwrap(), &Calendar::default()).open
}

#[track_caller]
fn all(examples: &[(&str, &str, Openness)]) {
    for (text, when, expected) in examples {
        assert_eq!(at(text, when), *expected, "{text} {when}");
    }
}

#[test]
fn days_and_times() {
    // 25 November 2026 is a Wednesday.
    all(&[
        ("24/7", "2026-11-25T03:00", Open),
        ("Mo-Fr 08:00-18:00", "2026-11-25T08:00", Open),
        ("Mo-Fr 08:00-18:00", "2026-11-25T18:00", Closed),
        ("Mo-Fr 08:00-18:00", "2026-11-28T10:00", Closed),
        ("Mo-Fr 08:00-12:00, 13:00-18:00; Sa 09:00-12:00", "2026-11-25T12:30", Closed),
        ("Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-12:00", "2026-11-28T09:30", Open),
        ("Mo-Fr: 08:00–18:00", "2026-11-25T08:00", Open),
        ("Mo－Fr 08：00—18：00；We off", "2026-11-25T10:00", Closed),
        ("Mo-Su 08:00-18:00; We off", "2026-11-25T10:00", Closed),
        ("24/7; We closed", "2026-11-25T01:59", Closed),
        ("We", "2026-11-25T23:59", Open),
        ("We open", "2026-11-25T00:00", Open),
        ("off", "2026-11-25T10:00", Closed),
        ("mo-sa 8:30-20:00", "2026-11-25T08:30", Open),
        ("Mo-Fr 08:00-18:00; We 12:00-13:00 off", "2026-11-25T12:30", Closed),
        ("Mo-Fr 08:00-18:00; We 12:00-13:00 off", "2026-11-25T13:30", Open),
        ("Mo-Fr 08:00-12:00, We 14:00-16:00", "2026-11-25T09:00", Open),
        ("Mo-Fr 08:00-12:00, We 14:00-16:00", "2026-11-25T15:00", Open),
        ("Mo-Fr 08:00-12:00; We 14:00-16:00", "2026-11-25T09:00", Closed),
        ("We[4] 10:00-12:00", "2026-11-25T10:00", Open),
        ("We[-1] 10:00-12:00", "2026-11-25T10:00", Open),
        ("We[1,3] 10:00-12:00", "2026-11-25T10:00", Closed),
        ("We[1-4] 10:00-12:00", "2026-11-25T10:00", Open),
    ]);
}

#[test]
fn months_dates_years_and_weeks() {
    let museum = "Jan-Mar: Mo-Su 10:00-18:00; Apr-Jun: Mo-Su 10:00-19:00; Jul-Aug: Mo-Su 09:30-20:00; \
                  Sep: Mo-Su 10:00-19:00; Oct-Dec: Mo-Su 10:00-18:00; Dec 25 off; May 25 off";
    all(&[
        ("Apr-Oct 08:00-20:00", "2026-04-01T08:00", Open),
        ("Apr-Oct 08:00-20:00", "2026-10-31T19:59", Open),
        ("Apr-Oct 08:00-20:00", "2026-11-01T10:00", Closed),
        ("Apr-Oct 24/7", "2026-07-01T03:00", Open),
        ("Apr-Oct: 08:00-20:00; Nov-Mar: Mo-Fr 09:00-17:00", "2026-11-25T09:30", Open),
        (museum, "2026-08-02T09:45", Open),
        (museum, "2026-11-25T18:30", Closed),
        (museum, "2026-12-25T11:00", Closed),
        ("24/7; Dec 24-26,31 off", "2026-12-31T10:00", Closed),
        ("24/7; Dec 24-26,31 off", "2026-12-27T10:00", Open),
        ("24/7; Dec 24-Jan 02 off", "2027-01-02T10:00", Closed),
        ("24/7; Dec 24-Jan 02 off", "2027-01-03T10:00", Open),
        ("24/7; 2026 Dec 24-2027 Jan 02 off", "2027-01-02T10:00", Closed),
        ("24/7; 2026 Dec 24-Jan 02 off", "2028-01-02T10:00", Open),
        ("24/7; 2025 Nov 25 off", "2026-11-25T10:00", Open),
        ("2026 Nov-Feb 10:00-12:00", "2027-02-28T10:00", Open),
        ("2026 Nov-Feb 10:00-12:00", "2026-02-28T10:00", Closed),
        ("2025-2027 We 10:00-12:00", "2026-11-25T10:00", Open),
        ("2024-2030/2 10:00-12:00", "2027-11-25T10:00", Closed),
        ("2027+ 10:00-12:00", "2026-11-25T10:00", Closed),
        ("Feb 29 10:00-12:00", "2028-02-29T10:00", Open),
        // The 25th of November lies in week 48.
        ("week 48 We 10:00-12:00", "2026-11-25T10:00", Open),
        ("week 40-10 10:00-12:00", "2026-11-25T10:00", Open),
        ("week 2-52/2: 10:00-12:00", "2026-11-25T10:00", Open),
        ("week 1-53/2 10:00-12:00", "2026-11-25T10:00", Closed),
        ("Nov week 48 We 10:00-12:00", "2026-11-25T10:00", Open),
    ]);
}

#[test]
fn nights() {
    all(&[
        ("Fr-Mo 20:00-02:00", "2026-11-28T01:00", Open),
        ("Fr-Mo 20:00-02:00", "2026-11-27T01:00", Closed),
        ("Tu 20:00-26:00", "2026-11-25T01:59", Open),
        ("Mo-Fr 08:30-20:30; Sa 09:00-19:00; Su 9:00-1:00", "2026-11-30T00:30", Open),
        ("Dec 31 20:00-04:00", "2027-01-01T03:59", Open),
        ("16:00-04:45", "2026-11-25T04:44", Open),
        // Whether the night of Friday ends at Saturday's rule is read in both ways.
        ("Fr 20:00-04:00; Sa off", "2026-11-28T01:00", Unknown),
        ("Mo-Th 18:00-02:00; Fr-Sa 18:00-04:00", "2026-11-27T01:00", Unknown),
        ("Mo-Th 18:00-02:00; Fr-Sa 18:00-04:00", "2026-11-27T19:00", Open),
    ]);
}

#[test]
fn what_nobody_knows_is_neither_open_nor_closed() {
    all(&[
        ("", "2026-11-25T10:00", Unknown),
        ("by appointment", "2026-11-25T10:00", Unknown),
        ("\"by appointment\"", "2026-11-25T10:00", Unknown),
        ("Mo-Fr 08:00-18:00 \"by appointment\"", "2026-11-25T10:00", Unknown),
        ("Mo-Fr 08:00-18:00 \"by appointment\"", "2026-11-28T10:00", Closed),
        ("Mo-Fr 08:00-18:00 open \"ring\"", "2026-11-25T10:00", Open),
        ("Mo-Fr 08:00-18:00; We off \"works\"", "2026-11-25T10:00", Closed),
        ("Mo-Fr 08:00-12:00 || \"by appointment\"", "2026-11-25T10:00", Open),
        ("Mo-Fr 08:00-12:00 || \"by appointment\"", "2026-11-25T13:00", Unknown),
        ("Mo-Fr 08:00-12:00 unknown", "2026-11-25T10:00", Unknown),
        ("sunrise-sunset", "2026-11-25T12:00", Unknown),
        ("We dawn-dusk", "2026-11-26T12:00", Closed),
        ("08:00-sunset", "2026-11-25T07:59", Closed),
        ("08:00-sunset", "2026-11-25T08:00", Unknown),
        ("We 20:00-sunrise", "2026-11-26T03:00", Unknown),
        ("We (sunrise+01:00)-18:00", "2026-11-25T17:00", Unknown),
        ("08:00-18:00; sunset-sunrise off", "2026-11-25T17:00", Unknown),
        ("08:00-18:00, sunrise-10:00", "2026-11-25T09:00", Open),
        ("Mo-Fr 08:00+", "2026-11-25T10:00", Unknown),
        ("Mo-Fr 08:00+", "2026-11-25T07:00", Unknown),
        ("Mo-Fr 08:00+", "2026-11-29T10:00", Closed),
        ("08:00-25:61", "2026-11-25T10:00", Unknown),
        ("08:00-18:00; easter off", "2026-11-25T10:00", Unknown),
        ("08:00-18:00; Su[1] +1 day off", "2026-11-25T10:00", Unknown),
        ("Tu 09:00-12:00; 13:00-18:30", "2026-11-24T10:00", Unknown),
        ("Tu 09:00-12:00; 13:00-18:30", "2026-11-25T14:00", Open),
        ("Dec 25, PH off; 08:00-18:00", "2026-12-25T10:00", Unknown),
        ("Apr 31 10:00-12:00", "2026-11-25T10:00", Unknown),
        ("+423 232 48 18", "2026-11-25T10:00", Unknown),
        // When it is open is not said.
        ("Dec 25 off", "2026-11-25T10:00", Unknown),
        ("Dec 25 off", "2026-12-25T10:00", Closed),
        ("PH off", "2026-11-25T10:00", Unknown),
    ]);
}

#[test]
fn holidays_count_where_they_are_known_and_are_told_where_they_would_matter() {
    let when = datetime(2026, 10, 1, 10, 0, 0, 0);
    let none = Calendar::default();
    let known = |days: &[Date]| Calendar { public: days.iter().copied().collect(), school: BTreeSet::new() };
    let off = "Mo-Su 08:00-18:00; PH off";
    let asked = told(off, when, &none);
    assert_eq!((asked.open, asked.on_public_holiday, asked.on_school_holiday), (Open, Some(Closed), None));
    assert_eq!(told(off, datetime(2026, 10, 1, 20, 0, 0, 0), &none).on_public_holiday, None);
    for (days, open) in [(vec![date(2026, 10, 1)], Closed), (vec![date(2026, 5, 1)], Open)] {
        let asked = told(off, when, &known(&days));
        assert_eq!((asked.open, asked.on_public_holiday), (open, None));
    }
    // A year of which no holiday is named is not known.
    assert_eq!(told(off, when, &known(&[date(2025, 10, 1), date(2027, 10, 1)])).on_public_holiday, Some(Closed));
    let school = told("Mo-Fr 14:00-16:00; SH 10:00-12:00 || PH Sa 10:00-12:00", when, &none);
    assert_eq!((school.open, school.on_public_holiday, school.on_school_holiday), (Closed, None, Some(Open)));
    // 3 October 2026 is a Saturday, 4 October a Sunday.
    let both = known(&[date(2026, 10, 3), date(2026, 10, 4)]);
    assert_eq!(told("PH Sa 10:00-12:00; Mo 10:00-12:00", datetime(2026, 10, 3, 10, 0, 0, 0), &both).open, Open);
    assert_eq!(told("PH Sa 10:00-12:00; Mo 10:00-12:00", datetime(2026, 10, 4, 10, 0, 0, 0), &both).open, Closed);
    assert_eq!(told("PH,Su 20:00-02:00", datetime(2026, 10, 4, 1, 0, 0, 0), &both).open, Open);
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// Whether a number lies from one to another going upwards and round.
fn round(from: usize, to: usize, number: usize, of: usize) -> bool {
    (0..of).map(|step| (from + step) % of).take_while(|at| *at != to).chain([to]).any(|at| at == number)
}

fn any_time() -> impl Strategy<Value = DateTime> {
    (0..1_461 * 48_i64).prop_map(|half| datetime(2025, 1, 1, 0, 0, 0, 0) + (half * 30).minutes())
}

/// A rule of some days and hours within the day, as text and as days and hours.
fn any_rule() -> impl Strategy<Value = (String, usize, usize, u32, u32, bool)> {
    (0..7_usize, 0..7_usize, 0..23_u32, 1..24_u32, prop::bool::weighted(0.2)).prop_map(
        |(from, to, begin, lasts, off)| {
            let end = (begin + lasts).min(24);
            let hours = if off { "off".to_owned() } else { format!("{begin:02}:00-{end:02}:00") };
            (format!("{}-{} {hours}", DAYS[from], DAYS[to]), from, to, begin * 60, end * 60, off)
        },
    )
}

proptest! {
    #[test]
    fn the_last_rule_about_a_day_decides(rules in prop::collection::vec(any_rule(), 1..5), when in any_time()) {
        let text: Vec<&str> = rules.iter().map(|rule| rule.0.as_str()).collect();
        let (day, minute) = (when.date().weekday().to_monday_zero_offset() as usize, when.hour() as u32 * 60 + when.minute() as u32);
        let mut expected = if rules.iter().any(|rule| !rule.5) { Closed } else { Unknown };
        for (_, from, to, begin, end, off) in &rules {
            if round(*from, *to, day, 7) {
                expected = if !off && (*begin..*end).contains(&minute) { Open } else { Closed };
            }
        }
        prop_assert_eq!(told(&text.join("; "), when, &Calendar::default()).open, expected);
    }

    #[test]
    fn months_dates_and_weeks_go_round_the_year(from in 0..12_usize, to in 0..12_usize, days in (1..=28_i8, 1..=28_i8), weeks in (1..=52_usize, 1..=52_usize), when in any_time()) {
        let ask = |text: String| told(&text, when, &Calendar::default()).open == Open;
        let (month, day) = (when.month() as usize - 1, when.day() as usize);
        prop_assert_eq!(ask(format!("{}-{}", MONTHS[from], MONTHS[to])), round(from, to, month, 12));
        let text = format!("{} {}-{} {:02}", MONTHS[from], days.0, MONTHS[to], days.1);
        let number = |month: usize, day: usize| month * 31 + day - 1;
        prop_assert_eq!(ask(text), round(number(from, days.0 as usize), number(to, days.1 as usize), number(month, day), 12 * 31));
        let week = when.date().iso_week_date().week() as usize;
        let text = format!("week {}-{}", weeks.0, weeks.1);
        prop_assert_eq!(ask(text), round(weeks.0 - 1, weeks.1 - 1, week - 1, 53));
    }

    #[test]
    fn any_text_is_answered_and_what_is_not_understood_makes_all_unknown(text in "\\PC{0,60}", rule in any_rule(), when in any_time()) {
        told(&text, when, &Calendar::default());
        for broken in [format!("{}; Xy 10:00", rule.0), format!("{} ; 10:00-", rule.0), format!("{}, || off", rule.0), format!("{} \"off", rule.0)] {
            prop_assert_eq!(told(&broken, when, &Calendar::default()).open, Unknown);
        }
    }

    #[test]
    fn any_soup_of_words_is_answered(words in prop::collection::vec(prop::sample::select(vec![
        "Mo", "Su", "PH", "SH", "Jan", "Dec", "25", "31", "2026", "week", "08:00", "26:00", "-", ",", ";", "||", "+", "[", "]", "/", ":", "(", ")",
        "off", "open", "unknown", "sunrise", "dusk", "24/7", "\"x\"", "1", "5", "53", " ",
    ]), 0..14), when in any_time()) {
        told(&words.join(" "), when, &Calendar::default());
    }

    #[test]
    fn what_the_sun_tells_is_never_sure(event in prop::sample::select(vec!["dawn", "sunrise", "sunset", "dusk", "(sunset-01:30)"]), hour in 0..24_u32, turned in any::<bool>(), when in any_time()) {
        let text = if turned { format!("{hour:02}:00-{event}") } else { format!("{event}-{hour:02}:00") };
        prop_assert_ne!(told(&text, when, &Calendar::default()).open, Open);
        // Off by the sun is perhaps off.
        prop_assert_ne!(told(&format!("24/7; {text} off"), when, &Calendar::default()).open, Closed);
        // A time that is sure stays sure: what begins at it is closed before, on a day that the night before does not reach.
        let before = datetime(2026, 11, 25, 0, 0, 0, 0) + (i64::from(hour) * 60 - 1).max(0).minutes();
        if turned && hour > 0 {
            prop_assert_eq!(told(&format!("We {text}"), before, &Calendar::default()).open, Closed);
        }
    }
}
