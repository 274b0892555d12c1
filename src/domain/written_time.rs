//! The ways in which dates and times are written: ISO 8601, the usual Chinese forms, the numbers of spreadsheets.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, ToSpan};

/// A date, and what is said of the time of day and its offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WrittenTime {
    pub date: Date,
    pub time: Option<Time>,
    pub offset: Option<Offset>,
    /// It was a number of days, as spreadsheets count them.
    pub is_serial: bool,
}

/// Reads one of
/// - `2018-10-01T08:55:30.5+08:00`, `2018/10/1 8:55`, `2018.10.1`, `20181001`, `20181001T085530Z`, `20181001085530`;
/// - `2018年10月1日`, `2018年10月1日 8时55分30秒`, `2018年10月1日 星期一 下午3:05`, `2018-10-1 下午3点半`;
/// - `43374.371528`: days since 1899-12-30 (ECMA-376, from March 1900), to the second.
///
/// Twelve at night (晚上12点) and 24:00 are the beginning of the next day; one to four at night is refused.
///
/// Digits and marks of full width are taken, too. Years 0001 to 9998.
pub(super) fn read(text: &str) -> Option<WrittenTime> {
    let plain: String = text.trim().chars().map(half_width).collect();
    if let Some(serial) = serial(&plain) {
        return Some(serial);
    }
    let mut rest = Scanner(&plain);
    let date = rest.date()?;
    rest.weekday();
    let spaced = rest.spaces();
    let marked = !spaced && (rest.word("T") || rest.word("t"));
    if rest.0.is_empty() {
        return (!marked).then_some(WrittenTime { date, time: None, offset: None, is_serial: false });
    }
    let (time, is_next_day) = rest.time()?;
    let date = if is_next_day { date.tomorrow().ok()? } else { date };
    rest.spaces();
    let offset = if rest.0.is_empty() { None } else { Some(offset(rest.0)?) };
    Some(WrittenTime { date, time: Some(time), offset, is_serial: false })
}

/// Full-width forms of ASCII, and the ideographic space.
fn half_width(letter: char) -> char {
    match letter {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(letter as u32 - 0xFEE0).unwrap_or(letter),
        '\u{3000}' | '\u{A0}' => ' ',
        other => other,
    }
}

/// Five digits, with or without a fraction: 1927 to 2100.
fn serial(text: &str) -> Option<WrittenTime> {
    let (days, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if days.len() != 5 || !digits(days) || !digits(fraction) || fraction.len() > 17 {
        return None;
    }
    let whole: i32 = days.parse().ok().filter(|days| (10_000..=73_050).contains(days))?;
    let share: f64 = format!("0.{fraction}").parse().ok()?;
    let start = DateTime::constant(1899, 12, 30, 0, 0, 0, 0);
    let at = start.checked_add(whole.days()).ok()?;
    let at = at.checked_add(SignedDuration::from_secs((share * 86_400.0).round() as i64)).ok()?;
    let dated_only = share == 0.0;
    Some(WrittenTime { date: at.date(), time: (!dated_only).then(|| at.time()), offset: None, is_serial: true })
}

struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    fn word(&mut self, word: &str) -> bool {
        let rest = self.0.strip_prefix(word);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.word(word))
    }

    fn spaces(&mut self) -> bool {
        let rest = self.0.trim_start();
        let some = rest.len() < self.0.len();
        self.0 = rest;
        some
    }

    /// How many digits come next.
    fn run(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// A number of `least` to `most` digits, which must not go on.
    fn number(&mut self, least: usize, most: usize) -> Option<i32> {
        let run = self.run();
        if !(least..=most).contains(&run) {
            return None;
        }
        self.digits(run)
    }

    fn digits(&mut self, count: usize) -> Option<i32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.parse().ok()
    }

    fn date(&mut self) -> Option<Date> {
        let (year, month, day);
        if matches!(self.run(), 8 | 12 | 14) {
            (year, month, day) = (self.digits(4)?, self.digits(2)?, self.digits(2)?);
        } else {
            year = self.number(4, 4)?;
            let mark = ["-", "/", ".", "年"].into_iter().find(|mark| self.word(mark))?;
            month = self.number(1, 2)?;
            if !self.word(if mark == "年" { "月" } else { mark }) {
                return None;
            }
            day = self.number(1, 2)?;
            let closed = self.any(&["日", "号"]);
            if mark == "年" && !closed {
                return None;
            }
        }
        if !(1..=9998).contains(&year) {
            return None;
        }
        Date::new(year as i16, month as i8, day as i8).ok()
    }

    /// `星期一`, `周日`, in brackets or not: the date says it already.
    fn weekday(&mut self) {
        let before = self.0;
        self.spaces();
        let bracket = self.word("(");
        let named = self.any(&["星期", "礼拜", "周"]) && self.any(&["一", "二", "三", "四", "五", "六", "日", "天"]);
        if !named || (bracket && !self.word(")")) {
            self.0 = before;
        }
    }

    /// The time, and whether it is of the day after: at 24:00, and at night at twelve.
    fn time(&mut self) -> Option<(Time, bool)> {
        let before = self.half_of_day();
        self.spaces();
        let (hour, minute, second, nanosecond) = match self.run() {
            6 => (self.digits(2)?, self.digits(2)?, self.digits(2)?, self.fraction()?),
            4 => (self.digits(2)?, self.digits(2)?, 0, 0),
            _ => self.marked_time()?,
        };
        let end = self.0;
        self.spaces();
        let after = self.half_of_day();
        if after.is_none() {
            self.0 = end;
        }
        let half = before.or(after);
        let is_end_of_day = half.is_none() && (hour, minute, second, nanosecond) == (24, 0, 0, 0);
        let is_next_day = is_end_of_day || (half, hour) == (Some(Half::Evening), 12);
        let hour = match (half, hour) {
            _ if is_next_day => 0,
            (None | Some(Half::Morning), hour) if hour < 12 || half.is_none() => hour,
            (Some(Half::Morning), 12) => 0,
            (Some(Half::Afternoon), hour @ 1..=11) => hour + 12,
            (Some(Half::Afternoon), hour @ 12..=23) => hour,
            // One to four at night is said of the small hours, of this day or the next: nobody knows.
            (Some(Half::Evening), hour @ 5..=11) => hour + 12,
            (Some(Half::Evening), hour @ 17..=23) => hour,
            (Some(Half::Noon), hour @ 11..=12) => hour,
            (Some(Half::Noon), hour @ 1..=2) => hour + 12,
            _ => return None,
        };
        // A leap second is taken as the last second of its minute.
        let second = if second == 60 { 59 } else { second };
        Some((Time::new(hour as i8, minute as i8, second as i8, nanosecond).ok()?, is_next_day))
    }

    fn half_of_day(&mut self) -> Option<Half> {
        const WORDS: [(&str, Half); 14] = [
            ("上午", Half::Morning),
            ("早上", Half::Morning),
            ("凌晨", Half::Morning),
            ("清晨", Half::Morning),
            ("下午", Half::Afternoon),
            ("傍晚", Half::Afternoon),
            ("晚上", Half::Evening),
            ("晚", Half::Evening),
            ("中午", Half::Noon),
            ("AM", Half::Morning),
            ("am", Half::Morning),
            ("PM", Half::Afternoon),
            ("pm", Half::Afternoon),
            ("早", Half::Morning),
        ];
        WORDS.into_iter().find(|(word, _)| self.word(word)).map(|(_, half)| half)
    }

    /// `8:55:30.5`, `8时55分30秒`, `8点`, `8点半`.
    fn marked_time(&mut self) -> Option<(i32, i32, i32, i32)> {
        let hour = self.number(1, 2)?;
        if self.any(&["时", "点"]) {
            self.word("整");
            if self.word("半") {
                return Some((hour, 30, 0, 0));
            }
            if self.run() == 0 {
                return Some((hour, 0, 0, 0));
            }
        } else if !self.word(":") {
            return None;
        }
        let minute = self.number(1, 2)?;
        let more = self.any(&["分", ":"]);
        if !more || (self.run() == 0) {
            return Some((hour, minute, 0, 0));
        }
        let second = self.number(1, 2)?;
        let nanosecond = self.fraction()?;
        self.word("秒");
        Some((hour, minute, second, nanosecond))
    }

    /// Nanoseconds of a fraction, cut to microseconds; 0 when there is none.
    fn fraction(&mut self) -> Option<i32> {
        if !self.any(&[".", ","]) {
            return Some(0);
        }
        let run = self.run();
        if run == 0 || run > 9 {
            return None;
        }
        let digits: String = self.0[..run].chars().chain("000000".chars()).take(6).collect();
        self.0 = &self.0[run..];
        Some(digits.parse::<i32>().ok()? * 1_000)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Afternoon,
    Evening,
    Noon,
}

fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = match text.as_bytes().first()? {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let (hours, minutes) = match text[1..].split_once(':') {
        Some(parts) => parts,
        None if text.len() == 5 => (&text[1..3], &text[3..]),
        None => (&text[1..], "00"),
    };
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}
