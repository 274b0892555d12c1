//! Did they just move round the corner: the weighted displacement quotient on rings along the streets.
//!
//! WDQ = (B1/C1 - B0/C0) / (A1/C1 - A0/C0) with cases in the target A, the buffer B and the control C, before (0) and
//! after (1) an action (Bowers and Johnson 2003). Where the target got better against the control, a quotient below 0
//! says that cases moved into the buffer, above 0 that the buffer gained, too. Shares of the control take out what
//! changed everywhere, and periods of different length.
//!
//! The quotient is a description, not a test: it carries no p-value.

use crate::analysis::hotspots::HotspotError;
use crate::analysis::hotspots::cube::check_period;
use crate::analysis::hotspots::error::{check_finite, check_lengths, check_positive};
use crate::analysis::hotspots::streets::{Streets, Walk};

/// From `start`, included, to `end`, not included, in the unit of the cases' times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    pub start: f64,
    pub end: f64,
}

/// Cases before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BeforeAfter {
    pub before: u64,
    pub after: u64,
}

/// What a quotient says, in the bands of Bowers and Johnson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The target did not get better against the control, so there is nothing that could have moved.
    NoSuccess,
    /// WDQ above 1: the buffer gained more than the target.
    BenefitAboveEffect,
    /// WDQ from above 0 to 1: the buffer gained, too.
    Benefit,
    /// WDQ 0: the buffer did as the control.
    Neither,
    /// WDQ from -1 to below 0: cases moved, fewer than were prevented, or as many.
    Displacement,
    /// WDQ below -1: more moved than was prevented.
    DisplacementAboveEffect,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quotient {
    /// A1/C1 - A0/C0, below 0 where the target got better.
    pub success: f64,
    /// B1/C1 - B0/C0.
    pub buffer: f64,
    /// None where the target's share did not change at all.
    pub wdq: Option<f64>,
    pub verdict: Verdict,
}

/// The quotient of cases in target, buffer and control.
///
/// Errors: no cases in the control before or after, or none in the target before.
pub fn displacement_quotient(
    target: BeforeAfter,
    buffer: BeforeAfter,
    control: BeforeAfter,
) -> Result<Quotient, HotspotError> {
    let least = [
        ("cases in the control before", control.before),
        ("cases in the control after", control.after),
        ("cases in the target before", target.before),
    ];
    if let Some((what, _)) = least.into_iter().find(|(_, count)| *count == 0) {
        return Err(HotspotError::TooFew { what, given: 0, needed: 1 });
    }
    // Over the common denominator the differences are whole, so no change is no change to the bit.
    let change = |part: BeforeAfter| {
        i128::from(part.after) * i128::from(control.before) - i128::from(part.before) * i128::from(control.after)
    };
    let shared = control.before as f64 * control.after as f64;
    let (success, gained) = (change(target), change(buffer));
    let wdq = (success != 0).then(|| gained as f64 / success as f64);
    let verdict = match wdq {
        _ if success >= 0 => Verdict::NoSuccess,
        Some(wdq) if wdq > 1.0 => Verdict::BenefitAboveEffect,
        Some(wdq) if wdq > 0.0 => Verdict::Benefit,
        Some(wdq) if wdq < -1.0 => Verdict::DisplacementAboveEffect,
        Some(wdq) if wdq < 0.0 => Verdict::Displacement,
        _ => Verdict::Neither,
    };
    Ok(Quotient { success: success as f64 / shared, buffer: gained as f64 / shared, wdq, verdict })
}

/// What is compared: which sections, how far round them, and when.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    /// Sections on which something was done.
    pub target: &'a [u32],
    /// Outer edges of the rings, ascending metres along the streets from the nearest end of a target section to the
    /// middle of another; sections beyond the last are the control.
    pub rings: &'a [f64],
    pub before: Period,
    pub after: Period,
}

/// A ring as buffer.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    /// Metres.
    pub up_to: f64,
    /// Ascending.
    pub sections: Vec<u32>,
    pub cases: BeforeAfter,
    pub quotient: Quotient,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Displacement {
    pub target: BeforeAfter,
    /// Sections beyond the last ring, those that the streets do not reach included.
    pub control_sections: Vec<u32>,
    pub control: BeforeAfter,
    pub rings: Vec<Ring>,
    /// Cases in neither period.
    pub outside: usize,
}

/// The quotient of every ring round the target sections, from the section and the time of each case.
///
/// Errors: no cases, slices of different length, a section that does not exist, no target, rings that do not ascend
/// from above 0, a period that ends before it starts or starts before the one before it has ended, no control left, and
/// those of [`displacement_quotient`]. Cost: one walk.
pub fn displacement(
    streets: &Streets,
    section_of: &[u32],
    times: &[f64],
    action: Action<'_>,
) -> Result<Displacement, HotspotError> {
    check_cases(streets, section_of, times)?;
    check_action(streets, action)?;
    let belongs = parts(streets, action);
    let mut counts = vec![BeforeAfter::default(); action.rings.len() + 2];
    let mut outside = 0;
    let within = |period: Period, time: f64| (period.start..period.end).contains(&time);
    for (section, time) in section_of.iter().zip(times) {
        let count = &mut counts[belongs[*section as usize]];
        if within(action.before, *time) {
            count.before += 1;
        } else if within(action.after, *time) {
            count.after += 1;
        } else {
            outside += 1;
        }
    }
    let sections = |part: usize| -> Vec<u32> {
        (0..belongs.len() as u32).filter(|section| belongs[*section as usize] == part).collect()
    };
    let last = action.rings.len() + 1;
    let control_sections = sections(last);
    if control_sections.is_empty() {
        return Err(HotspotError::TooFew { what: "sections beyond the last ring", given: 0, needed: 1 });
    }
    let rings = (1..last)
        .map(|part| {
            let quotient = displacement_quotient(counts[0], counts[part], counts[last])?;
            Ok(Ring { up_to: action.rings[part - 1], sections: sections(part), cases: counts[part], quotient })
        })
        .collect::<Result<_, HotspotError>>()?;
    Ok(Displacement { target: counts[0], control_sections, control: counts[last], rings, outside })
}

/// For each section 0 for the target, then the ring from 1, then the control.
fn parts(streets: &Streets, action: Action<'_>) -> Vec<usize> {
    let mut walk = Walk::new(streets);
    let ends = action.target.iter().flat_map(|section| streets.ends(*section as usize));
    let sources: Vec<(u32, f64)> = ends.map(|end| (end, 0.0)).collect();
    walk.run(streets, &sources, action.rings[action.rings.len() - 1]);
    let mut parts: Vec<usize> = (0..streets.sections())
        .map(|section| {
            let [a, b] = streets.ends(section).map(|end| walk.to(end));
            let middle = a.min(b) + streets.length(section) / 2.0;
            1 + action.rings.partition_point(|edge| *edge < middle)
        })
        .collect();
    action.target.iter().for_each(|section| parts[*section as usize] = 0);
    parts
}

fn check_cases(streets: &Streets, section_of: &[u32], times: &[f64]) -> Result<(), HotspotError> {
    if section_of.is_empty() {
        return Err(HotspotError::NoCases);
    }
    check_lengths("times", times.len(), "cases", section_of.len())?;
    check_finite("time", times)?;
    check_sections("section of case", streets, section_of)
}

fn check_sections(what: &'static str, streets: &Streets, sections: &[u32]) -> Result<(), HotspotError> {
    let unknown = sections.iter().position(|section| *section as usize >= streets.sections());
    let Some(index) = unknown else { return Ok(()) };
    let range = format!("0 to {}: the indices of the sections", streets.sections() - 1);
    Err(HotspotError::OutOfRange { what, index, value: f64::from(sections[index]), range })
}

fn check_action(streets: &Streets, action: Action<'_>) -> Result<(), HotspotError> {
    if action.target.is_empty() {
        return Err(HotspotError::TooFew { what: "sections in the target", given: 0, needed: 1 });
    }
    check_sections("section in the target", streets, action.target)?;
    let Some(first) = action.rings.first() else {
        return Err(HotspotError::TooFew { what: "rings", given: 0, needed: 1 });
    };
    check_finite("ring", action.rings)?;
    check_positive("the first ring", *first)?;
    if let Some(at) = action.rings.windows(2).position(|pair| pair[0] >= pair[1]) {
        let range = "ascending order, above the ring before it".to_owned();
        return Err(HotspotError::OutOfRange { what: "ring", index: at + 1, value: action.rings[at + 1], range });
    }
    check_period(&[action.before.start, action.before.end])?;
    check_period(&[action.after.start, action.after.end])?;
    if action.after.start < action.before.end {
        let must = "at or after the end of the period before";
        return Err(HotspotError::Parameter { what: "the start of the period after", value: action.after.start, must });
    }
    Ok(())
}
