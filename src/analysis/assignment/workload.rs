//! How much work a section is, by part: patrol, shops, violations, other. A pure function of facts and weights.

use std::collections::BTreeMap;

/// What a section asks for, as plans keep it.
pub use crate::domain::plan::Minutes as Workload;

/// What is known about a section.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub length_m: f64,
    /// OSM highway value.
    pub class: &'a str,
    /// `strict`, `controlled`, `general`.
    pub grade: Option<&'a str>,
    pub shops: u32,
    /// Category and age in days, at least 0, of each violation on it.
    pub violations: &'a [(&'a str, f64)],
}

/// How facts become minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Metres a minute on patrol.
    pub patrol_m_per_min: f64,
    /// Visits a day by grade, for sections that have one; before `visits_by_class`.
    pub visits_by_grade: BTreeMap<String, f64>,
    pub visits_by_class: BTreeMap<String, f64>,
    /// Visits a day where neither says.
    pub visits: f64,
    pub minutes_per_shop: f64,
    /// Minutes a case by category, and where a category is not named.
    pub minutes_by_category: BTreeMap<String, f64>,
    pub minutes_per_case: f64,
    /// Days after which a case counts half.
    pub half_life_days: f64,
    /// Days that the cases are spread over.
    pub days: f64,
}

impl Default for Weights {
    fn default() -> Self {
        let table = |rows: &[(&str, f64)]| rows.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        Self {
            patrol_m_per_min: 60.0,
            visits_by_grade: table(&[("strict", 6.0), ("controlled", 3.0), ("general", 1.0)]),
            visits_by_class: table(&[
                ("trunk", 2.0),
                ("primary", 3.0),
                ("secondary", 3.0),
                ("tertiary", 2.0),
                ("pedestrian", 3.0),
                ("service", 0.5),
                ("footway", 0.5),
            ]),
            visits: 1.0,
            minutes_per_shop: 0.5,
            minutes_by_category: BTreeMap::new(),
            minutes_per_case: 20.0,
            half_life_days: 30.0,
            days: 30.0,
        }
    }
}

/// Minutes a day: `length / speed x visits`, `shops x minutes`, and `minutes of the case x 2^(-age / half-life) / days`.
pub fn workload(facts: &Facts<'_>, weights: &Weights) -> Workload {
    let by_grade = facts.grade.and_then(|grade| weights.visits_by_grade.get(grade));
    let visits = by_grade.or_else(|| weights.visits_by_class.get(facts.class)).copied().unwrap_or(weights.visits);
    let case = |&(category, age): &(&str, f64)| {
        let minutes = weights.minutes_by_category.get(category).copied().unwrap_or(weights.minutes_per_case);
        minutes * (-age.max(0.0) / weights.half_life_days).exp2()
    };
    Workload {
        patrol: facts.length_m / weights.patrol_m_per_min * visits,
        shops: f64::from(facts.shops) * weights.minutes_per_shop,
        violations: facts.violations.iter().map(case).sum::<f64>() / weights.days,
        other: 0.0,
    }
}
