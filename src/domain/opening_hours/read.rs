//! Reading the text of opening hours into rules. What is not understood whole is not read at all.

use jiff::civil::{Date, Weekday};

use super::DAY_MIN;
use super::rule::{Days, Joined, MonthDay, Rule, Span, State, Steps, Weekdays};
use super::tokens::{Token, tokens};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];
/// What nobody knows the end of is not known for so long, minutes.
const OPEN_END_MIN: u32 = DAY_MIN;

/// The rules in their order; none where the text is not understood.
pub fn read_rules(text: &str) -> Option<Vec<Rule>> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let mut rules = Vec::new();
    let mut joined = Joined::After;
    loop {
        while reader.takes(&Token::Sign(';')) {
            joined = Joined::After;
        }
        if reader.peek().is_none() {
            break;
        }
        rules.push(reader.rule(joined)?);
        joined = match reader.next() {
            None => break,
            Some(Token::Sign(';')) => Joined::After,
            // To what a rule after `||` would be added is read in more than one way.
            Some(Token::Sign(',')) if joined != Joined::Instead => Joined::And,
            Some(Token::Instead) => Joined::Instead,
            Some(_) => return None,
        };
        if joined != Joined::After && reader.peek().is_none() {
            return None;
        }
    }
    (!rules.is_empty()).then_some(rules)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.after(0)
    }

    fn after(&self, steps: usize) -> Option<&Token> {
        self.tokens.get(self.at + steps)
    }

    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn takes(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn takes_sign(&mut self, sign: char) -> bool {
        self.takes(&Token::Sign(sign))
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    fn word_after(&self, steps: usize, among: &[&str]) -> Option<usize> {
        match self.after(steps)? {
            Token::Word(word) => among.iter().position(|known| known == word),
            _ => None,
        }
    }

    fn is_year(&self, steps: usize) -> bool {
        matches!(self.after(steps), Some(Token::Number(1900.., 4)))
    }

    fn rule(&mut self, joined: Joined) -> Option<Rule> {
        let mut rule = Rule::new(joined);
        let begin = self.at;
        self.years(&mut rule)?;
        if self.word_after(0, &MONTHS).is_some() || self.is_year(0) {
            rule.dates = self.dates()?;
        }
        if self.takes_word("week") {
            rule.weeks = self.weeks()?;
        }
        if self.at > begin {
            self.takes_sign(':');
        }
        self.days(&mut rule)?;
        if self.takes(&Token::Number(24, 2)) {
            (self.takes_sign('/') && self.takes(&Token::Number(7, 1))).then_some(())?;
        } else {
            rule.spans = self.spans()?;
            // `Dec 25, PH off`: whether the first is closed or open is read in both ways.
            (!rule.spans.is_empty() || self.peek() != Some(&Token::Sign(','))).then_some(())?;
        }
        rule.state = match self.peek() {
            Some(Token::Word(word)) => match word.as_str() {
                "open" => State::Open,
                "off" | "closed" => State::Closed,
                "unknown" => State::Unknown,
                _ => return None,
            },
            // Somebody's word alone: it is not known what it means.
            Some(Token::Comment) => State::Unknown,
            _ => State::Open,
        };
        if matches!(self.peek(), Some(Token::Word(_))) {
            self.at += 1;
        }
        self.takes(&Token::Comment);
        (self.at > begin).then_some(rule)
    }

    /// Years that stand alone: those before a month belong to its date.
    fn years(&mut self, rule: &mut Rule) -> Option<()> {
        if !self.is_year(0) || self.word_after(1, &MONTHS).is_some() {
            return Some(());
        }
        loop {
            let from = self.number_in(1900, 9999)?;
            let (to, every) = if self.takes_sign('+') { (9999, 1) } else { self.range_to(from, 1900, 9999)? };
            (from <= to).then_some(())?;
            rule.years.push(Steps { from, to, every });
            if self.peek() != Some(&Token::Sign(',')) || !self.is_year(1) {
                return Some(());
            }
            self.at += 1;
        }
    }

    fn weeks(&mut self) -> Option<Vec<Steps>> {
        let mut weeks = Vec::new();
        loop {
            let from = self.number_in(1, 53)?;
            let (to, every) = self.range_to(from, 1, 53)?;
            // Over the turn of the year the steps have no sure count.
            (from <= to || every == 1).then_some(())?;
            weeks.push(Steps { from, to, every });
            if self.peek() != Some(&Token::Sign(',')) || !matches!(self.after(1), Some(Token::Number(..))) {
                return Some(weeks);
            }
            self.at += 1;
        }
    }

    fn number_in(&mut self, least: u32, most: u32) -> Option<i16> {
        match self.next()? {
            Token::Number(number, _) if (least..=most).contains(&number) => i16::try_from(number).ok(),
            _ => None,
        }
    }

    /// `-20`, `-20/2`, or nothing.
    fn range_to(&mut self, from: i16, least: u32, most: u32) -> Option<(i16, i16)> {
        if !self.takes_sign('-') {
            return Some((from, 1));
        }
        let to = self.number_in(least, most)?;
        let every = if self.takes_sign('/') { self.number_in(1, most)? } else { 1 };
        Some((to, every))
    }

    /// `Apr-Oct`, `Dec 24-Jan 2`, `Dec 24-26,31`, `2026 Dec 25`.
    fn dates(&mut self) -> Option<Vec<Days>> {
        let mut dates = Vec::new();
        loop {
            let (from, is_day) = self.date()?;
            let mut to = if is_day { from } else { end_of_month(from) };
            let mut ranged = is_day && self.takes_sign('-');
            if ranged {
                to = self.date_after(from)?;
            } else if !is_day && self.takes_sign('-') {
                let (last, last_is_day) = self.date()?;
                (!last_is_day).then_some(())?;
                to = end_of_month(last);
                ranged = true;
            }
            (from.year.is_some() || to.year.is_none()).then_some(())?;
            dates.push(Days { from, to });
            // More days of the same month.
            while is_day && self.peek() == Some(&Token::Sign(',')) && self.is_day_number(1) {
                (!ranged || to.month == from.month).then_some(())?;
                self.at += 1;
                let more = self.day_of(from)?;
                let to = if self.takes_sign('-') { self.day_of(from)? } else { more };
                (more.day <= to.day).then_some(())?;
                dates.push(Days { from: more, to });
            }
            let more =
                self.word_after(1, &MONTHS).is_some() || self.is_year(1) && self.word_after(2, &MONTHS).is_some();
            if self.peek() != Some(&Token::Sign(',')) || !more {
                return Some(dates);
            }
            self.at += 1;
        }
    }

    fn is_day_number(&self, steps: usize) -> bool {
        // `Oct 24/7` is a month.
        let slash = self.after(steps + 1) == Some(&Token::Sign('/'));
        !slash && matches!(self.after(steps), Some(Token::Number(1..=31, 1..=2)))
    }

    /// A month or a day of one, and whether it was a day.
    fn date(&mut self) -> Option<(MonthDay, bool)> {
        let year = if self.is_year(0) { Some(self.number_in(1900, 9999)?) } else { None };
        let month = self.word_after(0, &MONTHS)? as i8 + 1;
        self.at += 1;
        let first = MonthDay { year, month, day: 1 };
        if self.is_day_number(0) { Some((self.day_of(first)?, true)) } else { Some((first, false)) }
    }

    /// The end of a range that began with a day: a day of the same month, or a whole date.
    fn date_after(&mut self, from: MonthDay) -> Option<MonthDay> {
        if self.is_day_number(0) {
            let to = self.day_of(from)?;
            return (from.day <= to.day).then_some(to);
        }
        let (to, is_day) = self.date()?;
        is_day.then_some(to)
    }

    fn day_of(&mut self, month: MonthDay) -> Option<MonthDay> {
        let day = i8::try_from(self.number_in(1, 31)?).ok()?;
        // A leap year has every day that there is.
        Date::new(month.year.unwrap_or(2024), month.month, day).ok().map(|_| MonthDay { day, ..month })
    }

    /// Days of the week and holidays.
    fn days(&mut self, rule: &mut Rule) -> Option<()> {
        let begin = self.at;
        loop {
            if self.takes_word("ph") {
                rule.public = true;
            } else if self.takes_word("sh") {
                rule.school = true;
            } else if let Some(from) = self.weekday() {
                let mut to = from;
                let mut places = Vec::new();
                if self.takes_sign('-') {
                    to = self.weekday()?;
                } else if self.takes_sign('[') {
                    places = self.places()?;
                }
                rule.weekdays.push(Weekdays { from, to, places });
            } else {
                // None at all, or a comma that nothing of the kind follows.
                return (self.at == begin).then_some(());
            }
            // `PH Mo-Fr`: holidays that are weekdays.
            if rule.weekdays.is_empty() && self.word_after(0, &WEEKDAYS).is_some() {
                rule.both = true;
            } else if self.peek() == Some(&Token::Sign(',')) && self.names_day(1) {
                // `PH Mo, Tu` may be read in more than one way.
                (!rule.both).then_some(())?;
                self.at += 1;
            } else {
                self.takes_sign(':');
                return Some(());
            }
        }
    }

    fn names_day(&self, steps: usize) -> bool {
        self.word_after(steps, &WEEKDAYS).or(self.word_after(steps, &["ph", "sh"])).is_some()
    }

    fn weekday(&mut self) -> Option<Weekday> {
        let day = self.word_after(0, &WEEKDAYS)?;
        self.at += 1;
        Weekday::from_monday_zero_offset(day as i8).ok()
    }

    /// `1,3]`, `1-2]`, `-1]`.
    fn places(&mut self) -> Option<Vec<i8>> {
        let mut places = Vec::new();
        loop {
            let last = self.takes_sign('-');
            let from = i8::try_from(self.number_in(1, 5)?).ok()?;
            if !last && self.takes_sign('-') {
                let to = i8::try_from(self.number_in(1, 5)?).ok()?;
                places.extend(from..=to);
            } else {
                places.push(if last { -from } else { from });
            }
            if self.takes_sign(']') {
                // A day so many days later is not read.
                return (!places.is_empty() && !matches!(self.peek(), Some(Token::Sign('+' | '-')))).then_some(places);
            }
            self.takes_sign(',').then_some(())?;
        }
    }

    fn spans(&mut self) -> Option<Vec<Span>> {
        let mut spans = Vec::new();
        if !self.is_end(0) {
            return Some(spans);
        }
        loop {
            spans.push(self.span()?);
            if self.peek() != Some(&Token::Sign(',')) || !self.is_end(1) {
                return Some(spans);
            }
            self.at += 1;
        }
    }

    fn is_end(&self, steps: usize) -> bool {
        let sun = self.word_after(steps, &SUN).is_some();
        sun || matches!(self.after(steps), Some(Token::Time(_) | Token::Sign('(')))
    }

    fn span(&mut self) -> Option<Span> {
        let from = self.end()?;
        if self.takes_sign('+') {
            let from = from.least();
            return Some(Span { from, to: from + OPEN_END_MIN, sure: false });
        }
        self.takes_sign('-').then_some(())?;
        let to = self.end()?;
        let End::Time(from) = from else {
            let End::Time(to) = to else { return Some(Span { from: 0, to: from.until(to), sure: false }) };
            // Until a time that may be of the next day.
            return Some(Span { from: 0, to: to + DAY_MIN, sure: false });
        };
        (from < DAY_MIN).then_some(())?;
        let End::Time(to) = to else { return Some(Span { from, to: End::Time(from).until(to), sure: false }) };
        let to = if to <= from { to + DAY_MIN } else { to };
        // Open to a time, and nobody knows how much longer.
        if self.takes_sign('+') { None } else { Some(Span { from, to, sure: true }) }
    }

    fn end(&mut self) -> Option<End> {
        if let Some(event) = self.word_after(0, &SUN) {
            self.at += 1;
            return Some(if event < 2 { End::Morning } else { End::Evening });
        }
        match self.next()? {
            Token::Time(minute) => Some(End::Time(minute)),
            // `(sunset+01:00)`: somewhere.
            Token::Sign('(') => {
                self.word_after(0, &SUN)?;
                self.at += 1;
                (self.takes_sign('+') || self.takes_sign('-')).then_some(())?;
                matches!(self.next()?, Token::Time(_)).then_some(())?;
                self.takes_sign(')').then_some(End::Somewhere)
            }
            _ => None,
        }
    }
}

const SUN: [&str; 4] = ["dawn", "sunrise", "sunset", "dusk"];

/// An end of a span of time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Time(u32),
    Morning,
    Evening,
    Somewhere,
}

impl End {
    /// The earliest minute that it may be.
    fn least(self) -> u32 {
        if let Self::Time(minute) = self { minute } else { 0 }
    }

    /// The latest minute that something from here to an end that the sun tells may last.
    fn until(self, to: Self) -> u32 {
        let from_morning = self == Self::Morning || self.least() < DAY_MIN / 2 && matches!(self, Self::Time(_));
        if from_morning && to == Self::Evening { DAY_MIN } else { 2 * DAY_MIN }
    }
}

fn end_of_month(first: MonthDay) -> MonthDay {
    // Where no year is said the last day of February is the 29th: there is nothing behind it.
    let day = Date::new(first.year.unwrap_or(2024), first.month, 1).map_or(31, Date::days_in_month);
    MonthDay { day, ..first }
}
