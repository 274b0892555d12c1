//! Calendar steps of time in the configured zone: weeks from Monday, months, quarters.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::app::hotspots::question::Step;

/// A last step counts as whole when this share of its days has passed.
const WHOLE: f64 = 0.8;

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// The number of the step that holds a day; steps that follow each other have numbers that do.
    pub fn number(self, date: Date) -> i32 {
        let months = i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
        match self {
            Self::Month => months,
            Self::Quarter => months.div_euclid(3),
            // 1 January 1 is a Monday.
            Self::Week => (date - Date::constant(1, 1, 1)).get_days().div_euclid(7),
        }
    }

    pub fn first_day(self, number: i32) -> Date {
        let of_month = |months: i32| {
            Date::new(months.div_euclid(12) as i16, (months.rem_euclid(12) + 1) as i8, 1).unwrap_or(Date::MAX)
        };
        match self {
            Self::Month => of_month(number),
            Self::Quarter => of_month(number * 3),
            Self::Week => Date::constant(1, 1, 1).checked_add((number * 7).days()).unwrap_or(Date::MAX),
        }
    }

    pub fn last_day(self, number: i32) -> Date {
        self.first_day(number + 1).yesterday().unwrap_or(Date::MIN)
    }
}

/// The steps of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calendar {
    pub step: Step,
    /// Number of the first step.
    pub first: i32,
    /// How many steps are whole.
    pub whole: usize,
}

impl Calendar {
    /// Steps from the first to the last day of what is asked about. The last one is whole when four fifths of its
    /// days have passed, and so is the first when it has at most a fifth left out.
    pub fn new(step: Step, first_day: Date, last_day: Date) -> Self {
        let days = |from: Date, to: Date| f64::from((to - from).get_days() + 1);
        let mut first = step.number(first_day);
        let length = |number: i32| days(step.first_day(number), step.last_day(number));
        if days(first_day, step.last_day(first)) < WHOLE * length(first) {
            first += 1;
        }
        let last = step.number(last_day);
        let complete = days(step.first_day(last), last_day) >= WHOLE * length(last);
        let end = if complete { last + 1 } else { last };
        Self { step, first, whole: (end - first).max(0) as usize }
    }

    /// The place of a day's step among the whole ones.
    pub fn place(&self, date: Date) -> Option<usize> {
        usize::try_from(self.step.number(date) - self.first).ok().filter(|place| *place < self.whole)
    }

    pub fn first_day(&self, place: usize) -> Date {
        self.step.first_day(self.first + place as i32)
    }

    pub fn last_day(&self, place: usize) -> Date {
        self.step.last_day(self.first + place as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn steps_follow_each_other_without_gaps() {
        for step in [Step::Week, Step::Month, Step::Quarter] {
            let mut day = date(2019, 12, 20);
            for _ in 0..800 {
                let number = step.number(day);
                assert!(step.first_day(number) <= day && day <= step.last_day(number), "{day} {step:?}");
                let next = day.tomorrow().unwrap();
                assert_eq!(step.number(next) - number, i32::from(day == step.last_day(number)));
                day = next;
            }
        }
    }

    #[test]
    fn steps_that_have_hardly_begun_are_left_out() {
        let quarters = Calendar::new(Step::Quarter, date(2018, 10, 1), date(2019, 12, 29));
        assert_eq!((quarters.whole, quarters.first_day(4)), (5, date(2019, 10, 1)));
        let months = Calendar::new(Step::Month, date(2019, 1, 20), date(2019, 4, 10));
        assert_eq!((months.first_day(0), months.whole), (date(2019, 2, 1), 2));
        assert_eq!((months.place(date(2019, 1, 31)), months.place(date(2019, 3, 31))), (None, Some(1)));
    }
}
