//! When cases happen: hour by weekday, and months with their season. Counts always stand beside the days they had.
//!
//! Local times are the caller's. Whether months rise or fall is asked of Mann and Kendall's test, within each month of
//! the year where there are two years (Hirsch, Slack and Smith 1982), so that a season is not taken for a trend.

use jiff::civil::Date;

use crate::analysis::hotspots::special::normal_two_sided;
use crate::analysis::hotspots::trend::{mann_kendall, sen_slope};

/// When a case happened, on the local clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 for Monday.
    pub weekday: u8,
}

/// The days that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// Both inclusive.
    pub first: Date,
    pub last: Date,
    /// Bit d for weekday d, Monday first.
    pub weekdays: u8,
}

/// Cases by weekday and hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// By weekday, Monday first, then hour.
    pub counts: [[u32; 24]; 7],
    /// How many days of each weekday there were.
    pub days: [u32; 7],
}

/// Cases of a calendar month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Month {
    pub year: i16,
    pub month: i8,
    pub count: u32,
    /// Days of the month that the question is about.
    pub days: u32,
    /// All days of the month lie between the first and the last.
    pub whole: bool,
}

impl Month {
    pub fn per_day(&self) -> Option<f64> {
        (self.days > 0).then(|| f64::from(self.count) / f64::from(self.days))
    }
}

/// How the months of the year differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Season {
    /// January first: the month's cases a day over those of an average month; none where no whole month was seen.
    pub index: [Option<f64>; 12],
    /// 1 less the share of what is left when season and trend are taken out, 0 to 1 (Hyndman and Athanasopoulos 2021,
    /// 4.3); none with less than two whole years.
    pub strength: Option<f64>,
}

/// Whether whole months rise or fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Compared within each month of the year only.
    pub seasonal: bool,
    pub months: usize,
    pub s: i64,
    pub z: f64,
    /// Two-sided, normal.
    pub p: f64,
    /// Sen's slope: cases a day more or less than a year before.
    pub per_day_per_year: f64,
}

/// The trend of the cases a day of whole months; none with less than four of them.
pub fn trend(months: &[Month]) -> Option<Trend> {
    let whole: Vec<(&Month, f64)> =
        months.iter().filter(|month| month.whole).filter_map(|month| Some((month, month.per_day()?))).collect();
    if whole.len() < 4 {
        return None;
    }
    let rates: Vec<f64> = whole.iter().map(|(_, rate)| *rate).collect();
    if rates.len() < 24 {
        let found = mann_kendall(&rates).ok()?;
        let slope = sen_slope(&rates).ok()? * 12.0;
        return Some(Trend {
            seasonal: false,
            months: rates.len(),
            s: found.s,
            z: found.z,
            p: found.p,
            per_day_per_year: slope,
        });
    }
    let (mut s, mut variance, mut slopes) = (0, 0.0, Vec::new());
    for month in 1..=12 {
        let of_month: Vec<(f64, f64)> = whole
            .iter()
            .filter(|(whole, _)| whole.month == month)
            .map(|(whole, rate)| (f64::from(whole.year), *rate))
            .collect();
        let rates: Vec<f64> = of_month.iter().map(|(_, rate)| *rate).collect();
        let Ok(found) = mann_kendall(&rates) else { continue };
        s += found.s;
        variance += found.variance;
        for (at, later) in of_month.iter().enumerate() {
            slopes.extend(of_month[..at].iter().map(|earlier| (later.1 - earlier.1) / (later.0 - earlier.0)));
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let slope = match slopes.len() {
        0 => return None,
        odd if odd % 2 == 1 => slopes[middle],
        _ => f64::midpoint(slopes[middle - 1], slopes[middle]),
    };
    let z = if variance > 0.0 { (s - s.signum()) as f64 / variance.sqrt() } else { 0.0 };
    Some(Trend { seasonal: true, months: rates.len(), s, z, p: normal_two_sided(z), per_day_per_year: slope })
}

pub fn week(cases: &[LocalTime], days: Days) -> Week {
    let mut week = Week { counts: [[0; 24]; 7], days: [0; 7] };
    for case in cases {
        week.counts[usize::from(case.weekday)][usize::from(case.hour)] += 1;
    }
    let span = (days.last - days.first).get_days() + 1;
    let start = days.first.weekday().to_monday_zero_offset();
    for weekday in 0..7 {
        if days.weekdays >> weekday & 1 == 1 {
            let before = (weekday as i32 - i32::from(start)).rem_euclid(7);
            week.days[weekday] = ((span - before + 6) / 7).max(0) as u32;
        }
    }
    week
}

/// Every calendar month from the first to the last day, those without cases too.
pub fn months(cases: &[LocalTime], days: Days) -> Vec<Month> {
    let number = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
    let start = number(days.first);
    let mut months: Vec<Month> = (start..=number(days.last))
        .map(|number| {
            let (year, month) = (number.div_euclid(12) as i16, (number.rem_euclid(12) + 1) as i8);
            let begin = Date::new(year, month, 1).unwrap_or(days.first);
            let (first, last) = (begin.max(days.first), begin.last_of_month().min(days.last));
            let whole = first == begin && last == begin.last_of_month();
            let counted = week(&[], Days { first, last, weekdays: days.weekdays }).days;
            Month { year, month, count: 0, days: counted.iter().sum(), whole }
        })
        .collect();
    for case in cases {
        let at = number(case.date) - start;
        if let Some(month) = usize::try_from(at).ok().and_then(|at| months.get_mut(at)) {
            month.count += 1;
        }
    }
    months
}

/// The season of whole months; none with less than twelve of them.
pub fn season(months: &[Month]) -> Option<Season> {
    let whole: Vec<(usize, f64)> = months
        .iter()
        .filter(|month| month.whole)
        .filter_map(|month| Some((month.month as usize - 1, month.per_day()?)))
        .collect();
    if whole.len() < 12 {
        return None;
    }
    let rates: Vec<f64> = whole.iter().map(|(_, rate)| *rate).collect();
    let mut sums = [(0.0, 0.0); 12];
    for (month, rate) in &whole {
        sums[*month].0 += rate;
        sums[*month].1 += 1.0;
    }
    let means = sums.map(|(sum, count)| (count > 0.0).then(|| sum / count));
    let seen: Vec<f64> = means.iter().flatten().copied().collect();
    let level = seen.iter().sum::<f64>() / seen.len() as f64;
    if level <= 0.0 {
        return None;
    }
    Some(Season { index: means.map(|mean| mean.map(|mean| mean / level)), strength: strength(&whole, &rates) })
}

/// Of a series of at least 24 months: a straight trend is taken out, then the means of the months.
fn strength(whole: &[(usize, f64)], rates: &[f64]) -> Option<f64> {
    if rates.len() < 24 {
        return None;
    }
    let n = rates.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = rates.iter().sum::<f64>() / n;
    let across = (0..rates.len()).map(|at| (at as f64 - middle).powi(2)).sum::<f64>();
    let slope = rates.iter().enumerate().map(|(at, rate)| (at as f64 - middle) * (rate - mean)).sum::<f64>() / across;
    let level: Vec<f64> =
        rates.iter().enumerate().map(|(at, rate)| rate - mean - slope * (at as f64 - middle)).collect();
    let mut sums = [(0.0, 0.0); 12];
    for ((month, _), rest) in whole.iter().zip(&level) {
        sums[*month].0 += rest;
        sums[*month].1 += 1.0;
    }
    let left = whole.iter().zip(&level).map(|((month, _), rest)| (rest - sums[*month].0 / sums[*month].1).powi(2));
    let all: f64 = level.iter().map(|rest| rest * rest).sum();
    (all > 0.0).then(|| (1.0 - left.sum::<f64>() / all).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn day(date: Date, hour: u8) -> LocalTime {
        LocalTime { date, hour, weekday: date.weekday().to_monday_zero_offset() as u8 }
    }

    #[test]
    fn weekdays_are_counted_as_by_walking_through_the_days() {
        for length in 1..40 {
            let first = date(2024, 2, 20);
            let last = first.checked_add(jiff::Span::new().days(length - 1)).unwrap();
            let mut walked = [0; 7];
            let mut at = first;
            while at <= last {
                walked[at.weekday().to_monday_zero_offset() as usize] += 1;
                at = at.tomorrow().unwrap();
            }
            assert_eq!(week(&[], Days { first, last, weekdays: 127 }).days, walked, "{length} days");
        }
    }

    #[test]
    fn months_know_their_days_and_whether_they_are_whole() {
        let days = Days { first: date(2023, 12, 15), last: date(2024, 2, 29), weekdays: 127 };
        let months = months(&[day(date(2024, 1, 31), 23), day(date(2024, 2, 1), 0)], days);
        let told: Vec<_> = months.iter().map(|month| (month.month, month.count, month.days, month.whole)).collect();
        assert_eq!(told, [(12, 0, 17, false), (1, 1, 31, true), (2, 1, 29, true)]);
        let mondays = Days { weekdays: 1, ..days };
        assert_eq!(super::months(&[], mondays).iter().map(|month| month.days).collect::<Vec<_>>(), [2, 5, 4]);
    }

    #[test]
    fn a_planted_season_is_found_and_a_flat_year_has_none() {
        let days = Days { first: date(2021, 1, 1), last: date(2023, 12, 31), weekdays: 127 };
        let drawn = |summer: usize| {
            let mut cases = Vec::new();
            let mut at = days.first;
            while at <= days.last {
                let times = if (6..=8).contains(&at.month()) { summer } else { 2 };
                cases.extend(std::iter::repeat_n(day(at, 12), times));
                at = at.tomorrow().unwrap();
            }
            season(&months(&cases, days)).unwrap()
        };
        let planted = drawn(6);
        assert!(planted.strength.unwrap() > 0.99);
        for (month, index) in planted.index.iter().enumerate() {
            let wanted = if (5..=7).contains(&month) { 2.0 } else { 2.0 / 3.0 };
            assert!((index.unwrap() - wanted).abs() < 1e-9, "{planted:?}");
        }
        assert_eq!(drawn(2).index, [Some(1.0); 12]);
        let rising = drawn_rising();
        assert!(rising.seasonal && rising.p < 1e-6 && (rising.per_day_per_year - 1.0).abs() < 1e-9, "{rising:?}");
        let short = Days { first: date(2021, 1, 2), ..days };
        assert!(season(&months(&[], Days { last: date(2021, 12, 31), ..short })).is_none());
    }

    /// A case a day more each year, on a summer that is three times the winter.
    fn drawn_rising() -> Trend {
        let days = Days { first: date(2019, 1, 1), last: date(2023, 12, 31), weekdays: 127 };
        let mut cases = Vec::new();
        let mut at = days.first;
        while at <= days.last {
            let season = if (6..=8).contains(&at.month()) { 9 } else { 3 };
            cases.extend(std::iter::repeat_n(day(at, 12), season + usize::from(at.year().unsigned_abs()) - 2019));
            at = at.tomorrow().unwrap();
        }
        trend(&months(&cases, days)).unwrap()
    }
}
