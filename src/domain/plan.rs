//! A plan of who answers for which road section, and who did at any moment.
//!
//! It does not make plans, and knows nothing of zones: they are drawn from the sections.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::domain::feature::FeatureId;

/// Given by the service, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// May change, and be dropped.
    Draft,
    /// In force.
    Published,
    /// Was in force.
    Superseded,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Superseded => "superseded",
        }
    }

    /// The inverse of [`Status::name`].
    pub fn of(name: &str) -> Self {
        match name {
            "published" => Self::Published,
            "superseded" => Self::Superseded,
            _ => Self::Draft,
        }
    }
}

/// A plan without its sections.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub id: PlanId,
    /// Moves with every change: the tag by which changes are guarded.
    pub version: i64,
    pub status: Status,
    pub name: String,
    pub created_at: Timestamp,
    pub created_by: String,
    /// When it was published last, and by whom.
    pub published_at: Option<Timestamp>,
    pub published_by: Option<String>,
    pub superseded_at: Option<Timestamp>,
    /// What it was asked for with: seed, weights, locks, limits, digest of the input.
    pub parameters: Map<String, Json>,
    /// What it amounted to when it was made: score sheet, bounds, notes.
    pub figures: Map<String, Json>,
}

/// Minutes of work a day, parts kept apart so that they can be explained.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Minutes {
    pub patrol: f64,
    pub shops: f64,
    pub violations: f64,
    pub other: f64,
}

impl Minutes {
    /// All of it as one given number.
    pub fn given(minutes: f64) -> Self {
        Self { other: minutes, ..Self::default() }
    }

    pub fn total(self) -> f64 {
        self.patrol + self.shops + self.violations + self.other
    }

    pub fn plus(self, more: Self) -> Self {
        Self {
            patrol: self.patrol + more.patrol,
            shops: self.shops + more.shops,
            violations: self.violations + more.violations,
            other: self.other + more.other,
        }
    }

    pub fn times(self, share: f64) -> Self {
        Self {
            patrol: self.patrol * share,
            shops: self.shops * share,
            violations: self.violations * share,
            other: self.other * share,
        }
    }
}

/// Who answers for a section in a plan, and how much work that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duty {
    pub section: FeatureId,
    pub squad: FeatureId,
    pub minutes: Minutes,
}

/// A stretch of a section that an assistant answers for, in shares of the section's line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    pub section: FeatureId,
    pub from_share: f64,
    pub to_share: f64,
    pub assistant: FeatureId,
}

/// Where a section lies in one that came of it: its start and its end as shares of the new one's line. Outside 0 to 1 where the
/// new one is a piece of it; the end before the start where it was drawn the other way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    pub start: f64,
    pub end: f64,
}

impl Span {
    /// The stretch from one share of the section to another as a stretch of the new one; none where it lies outside.
    pub fn carry(self, from: f64, to: f64) -> Option<(f64, f64)> {
        // Shorter than a millimetre of a thousand kilometres: rounding.
        const NOTHING: f64 = 1e-9;
        let place = |share: f64| (self.start + share * (self.end - self.start)).clamp(0.0, 1.0);
        let (a, b) = (place(from), place(to));
        let (low, high) = (a.min(b), a.max(b));
        let snapped = |share: f64| {
            if share < NOTHING {
                0.0
            } else if share > 1.0 - NOTHING {
                1.0
            } else {
                share
            }
        };
        (high - low > NOTHING).then(|| (snapped(low), snapped(high)))
    }
}

/// Squads by section, ordered by section.
pub type Roll = Arc<Vec<(FeatureId, FeatureId)>>;

/// A time during which a plan was in force: from `from` on, before `to`; open at the end while it still is.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub plan: PlanId,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    pub actor: String,
    pub roll: Roll,
}

/// Who owned which section when, by the plans that were in force. Before the first term nobody did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Owners {
    /// Equal stamps mean equal content, in one store at one time.
    pub stamp: i64,
    /// In order, without gaps: each ends where the next begins.
    pub terms: Vec<Term>,
}

impl Owners {
    /// The term that holds at a moment.
    pub fn term_at(&self, at: Timestamp) -> Option<&Term> {
        let after = self.terms.partition_point(|term| term.from <= at);
        let term = self.terms.get(after.checked_sub(1)?)?;
        term.to.is_none_or(|to| at < to).then_some(term)
    }

    /// The term that holds now.
    pub fn in_force(&self) -> Option<&Term> {
        self.terms.last().filter(|term| term.to.is_none())
    }

    /// The squad that answered for a section at a moment. Cost: two binary searches.
    pub fn at(&self, section: FeatureId, at: Timestamp) -> Option<FeatureId> {
        self.term_at(at).and_then(|term| find(&term.roll, section))
    }

    /// The squad that answers for a section now.
    pub fn now(&self, section: FeatureId) -> Option<FeatureId> {
        self.in_force().and_then(|term| find(&term.roll, section))
    }

    /// A plan is in force from `from` on.
    #[must_use]
    pub fn followed_by(&self, stamp: i64, plan: PlanId, from: Timestamp, actor: &str, roll: Roll) -> Self {
        let mut terms = self.terms.clone();
        if let Some(last) = terms.last_mut() {
            last.to = Some(from);
        }
        terms.push(Term { plan, from, to: None, actor: actor.to_owned(), roll });
        Self { stamp, terms }
    }

    /// Sections that came of others have their owner in every plan, where all of those had one and the same.
    #[must_use]
    pub fn descended(&self, stamp: i64, parents: &[FeatureId], children: &[FeatureId]) -> Self {
        let mut known: Vec<(PlanId, Roll)> = Vec::new();
        let mut terms = self.terms.clone();
        for term in &mut terms {
            if let Some((_, roll)) = known.iter().find(|(plan, _)| *plan == term.plan) {
                term.roll = roll.clone();
                continue;
            }
            if let Some(owner) = common_owner(&term.roll, parents) {
                let mut roll = Vec::clone(&term.roll);
                roll.extend(children.iter().map(|child| (*child, owner)));
                roll.sort_unstable();
                term.roll = Arc::new(roll);
            }
            known.push((term.plan, term.roll.clone()));
        }
        Self { stamp, terms }
    }
}

fn find(roll: &Roll, section: FeatureId) -> Option<FeatureId> {
    let at = roll.binary_search_by_key(&section, |(section, _)| *section).ok()?;
    Some(roll[at].1)
}

fn common_owner(roll: &Roll, sections: &[FeatureId]) -> Option<FeatureId> {
    let (first, rest) = sections.split_first()?;
    let owner = find(roll, *first)?;
    rest.iter().all(|section| find(roll, *section) == Some(owner)).then_some(owner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(microseconds: i64) -> Timestamp {
        Timestamp::from_microsecond(microseconds).unwrap()
    }

    proptest! {
        /// The owner at a moment is what a replay of the publications up to it says.
        #[test]
        fn as_of_equals_replay(
            publications in proptest::collection::vec((1_i64..50, proptest::collection::vec(0_i64..4, 6)), 0..12),
            questions in proptest::collection::vec((-5_i64..700, 0_i64..7), 1..30),
        ) {
            let mut owners = Owners::default();
            let mut log: Vec<(i64, Vec<i64>)> = Vec::new();
            let mut clock = 0;
            for (number, (gap, squads)) in publications.into_iter().enumerate() {
                clock += gap;
                let roll = squads.iter().enumerate().map(|(at, squad)| (FeatureId(at as i64), FeatureId(*squad)));
                owners = owners.followed_by(0, PlanId(number as i64), at(clock), "", Arc::new(roll.collect()));
                log.push((clock, squads));
            }
            for (when, section) in questions {
                let replayed = log.iter().take_while(|(from, _)| *from <= when).last();
                let expected = replayed.and_then(|(_, squads)| squads.get(section as usize)).map(|squad| FeatureId(*squad));
                prop_assert_eq!(owners.at(FeatureId(section), at(when)), expected);
            }
        }
    }

    #[test]
    fn children_inherit_what_all_parents_agree_on() {
        let roll: Roll = Arc::new([(1, 7), (2, 7), (3, 8)].map(|(a, b)| (FeatureId(a), FeatureId(b))).to_vec());
        let owners = Owners::default().followed_by(1, PlanId(1), at(10), "", roll);
        let [one, two, three, four] = [1, 2, 3, 4].map(FeatureId);
        let split = owners.descended(2, &[one], &[four]);
        assert_eq!(
            (split.now(four), split.at(four, at(10)), split.at(four, at(9))),
            (Some(FeatureId(7)), Some(FeatureId(7)), None)
        );
        assert_eq!(owners.descended(2, &[one, two], &[four]).now(four), Some(FeatureId(7)));
        assert_eq!(owners.descended(2, &[one, three], &[four]).now(four), None);
        assert_eq!(owners.descended(2, &[one, FeatureId(9)], &[four]).now(four), None);
    }
}
