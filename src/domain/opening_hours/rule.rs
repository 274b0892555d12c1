//! A rule of opening hours: which days and minutes it is about, and what it says of them.

use jiff::civil::{Date, Weekday};

use super::{DAY_MIN, Holidays};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    Unknown,
}

/// How a rule stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// `;`
    After,
    /// `,`
    And,
    /// `||`
    Instead,
}

/// A day of a month, of one year or of any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthDay {
    pub year: Option<i16>,
    pub month: i8,
    pub day: i8,
}

impl MonthDay {
    fn key(self) -> (i8, i8) {
        (self.month, self.day)
    }
}

/// From a day to a day, both included; over the turn of the year where the second comes before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: MonthDay,
    pub to: MonthDay,
}

impl Days {
    fn holds(self, date: Date) -> bool {
        let key = (date.month(), date.day());
        let (from, to) = (self.from.key(), self.to.key());
        match (self.from.year, self.to.year) {
            (None, _) if from <= to => (from..=to).contains(&key),
            (None, _) => key >= from || key <= to,
            (Some(year), last) => {
                let last = last.unwrap_or(if from <= to { year } else { year + 1 });
                let key = (date.year(), key.0, key.1);
                ((year, from.0, from.1)..=(last, to.0, to.1)).contains(&key)
            }
        }
    }
}

/// Every so many from a number to a number, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    pub from: i16,
    pub to: i16,
    pub every: i16,
}

impl Steps {
    fn holds(self, number: i16) -> bool {
        if self.from <= self.to {
            (self.from..=self.to).contains(&number) && (number - self.from) % self.every == 0
        } else {
            number >= self.from || number <= self.to
        }
    }
}

/// Days of the week in a row, or one of them by its place in the month: 1 the first, -1 the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weekdays {
    pub from: Weekday,
    pub to: Weekday,
    pub places: Vec<i8>,
}

impl Weekdays {
    fn holds(&self, date: Date) -> bool {
        let from = self.from.to_monday_zero_offset();
        let steps = |day: Weekday| (day.to_monday_zero_offset() + 7 - from) % 7;
        if steps(date.weekday()) > steps(self.to) {
            return false;
        }
        let (first, last) = ((date.day() - 1) / 7 + 1, -((date.days_in_month() - date.day()) / 7 + 1));
        self.places.is_empty() || self.places.contains(&first) || self.places.contains(&last)
    }
}

/// From a minute of the day to another, the second not included; beyond 24 hours it goes on into the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: u32,
    pub to: u32,
    /// Whether both ends are known.
    pub sure: bool,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub joined: Joined,
    pub state: State,
    pub years: Vec<Steps>,
    pub dates: Vec<Days>,
    pub weeks: Vec<Steps>,
    pub weekdays: Vec<Weekdays>,
    pub public: bool,
    pub school: bool,
    /// Holidays that are these days of the week, not holidays and these days of the week.
    pub both: bool,
    /// The whole day when there are none.
    pub spans: Vec<Span>,
}

impl Rule {
    pub fn new(joined: Joined) -> Self {
        Self {
            joined,
            state: State::Open,
            years: Vec::new(),
            dates: Vec::new(),
            weeks: Vec::new(),
            weekdays: Vec::new(),
            public: false,
            school: false,
            both: false,
            spans: Vec::new(),
        }
    }

    /// Whether it says which days it is about.
    pub fn names_days(&self) -> bool {
        let dated = !self.years.is_empty() || !self.dates.is_empty() || !self.weeks.is_empty();
        dated || !self.weekdays.is_empty() || self.names_holidays()
    }

    pub fn names_holidays(&self) -> bool {
        self.public || self.school
    }

    /// Whether it closes days whole.
    pub fn is_day_off(&self) -> bool {
        self.state == State::Closed && self.spans.is_empty()
    }

    /// Whether it says of some days that are no holidays when it is open, or may be.
    pub fn opens_on_common_days(&self) -> bool {
        let holidays_only = self.names_holidays() && (self.both || self.weekdays.is_empty());
        self.state != State::Closed && !holidays_only
    }

    pub fn is_about(&self, date: Date, holidays: &Holidays<'_>) -> bool {
        let week = date.iso_week_date();
        (self.years.is_empty() || self.years.iter().any(|years| years.holds(date.year())))
            && (self.dates.is_empty() || self.dates.iter().any(|days| days.holds(date)))
            && (self.weeks.is_empty() || self.weeks.iter().any(|weeks| weeks.holds(week.week().into())))
            && self.is_about_day(date, holidays)
    }

    fn is_about_day(&self, date: Date, holidays: &Holidays<'_>) -> bool {
        let weekday = self.weekdays.iter().any(|days| days.holds(date));
        if !self.names_holidays() {
            return self.weekdays.is_empty() || weekday;
        }
        let holiday = self.public && (holidays.public)(date) || self.school && (holidays.school)(date);
        if self.both { holiday && weekday } else { holiday || weekday }
    }

    /// What it says of a minute from the midnight of a day that it is about.
    pub fn at(&self, minute: u32) -> Option<State> {
        if self.spans.is_empty() {
            return (minute < DAY_MIN).then_some(self.state);
        }
        let at = || self.spans.iter().filter(|span| (span.from..span.to).contains(&minute));
        let sure = at().any(|span| span.sure);
        at().next().map(|_| if sure { self.state } else { State::Unknown })
    }
}
