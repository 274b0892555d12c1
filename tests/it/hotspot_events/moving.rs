//! Displacement: the quotient by hand, rings along the streets, and what is refused.

use patrolmap::analysis::hotspots::HotspotError;
use patrolmap::analysis::hotspots::displacement::{
    Action, BeforeAfter, Period, Verdict, displacement, displacement_quotient,
};
use patrolmap::analysis::hotspots::streets::Streets;

use super::close;
use crate::support::Seeded;

fn counts(before: u64, after: u64) -> BeforeAfter {
    BeforeAfter { before, after }
}

#[test]
fn the_quotient_is_that_of_its_formula() {
    // (30/100 - 20/100) / (60/100 - 100/100) = -0.25: a quarter of what was prevented moved.
    let ours = displacement_quotient(counts(100, 60), counts(20, 30), counts(100, 100)).unwrap();
    close("wdq", ours.wdq.unwrap(), -0.25, 1e-15);
    close("success", ours.success, -0.4, 1e-15);
    assert_eq!(ours.verdict, Verdict::Displacement);
    let mut seeded = Seeded(14);
    for _ in 0..500 {
        let mut draw = |least: u64| counts(least + seeded.below(80), least + seeded.below(80));
        let (a, b, c) = (draw(1), draw(0), draw(1));
        let share = |part: BeforeAfter| part.after as f64 / c.after as f64 - part.before as f64 / c.before as f64;
        let ours = displacement_quotient(a, b, c).unwrap();
        close("success", ours.success, share(a), 1e-12);
        close("buffer", ours.buffer, share(b), 1e-12);
        if let Some(wdq) = ours.wdq {
            close("wdq", wdq * share(a), share(b), 1e-12);
        }
        // A control twice as large, or a period twice as long, changes nothing.
        let twice = |part: BeforeAfter| counts(part.before, 2 * part.after);
        let longer = displacement_quotient(twice(a), twice(b), twice(c)).unwrap();
        assert_eq!((longer.wdq, longer.verdict), (ours.wdq, ours.verdict));
    }
    let verdict = |a, b| displacement_quotient(a, b, counts(50, 50)).unwrap().verdict;
    assert_eq!(verdict(counts(40, 40), counts(9, 1)), Verdict::NoSuccess);
    assert_eq!(verdict(counts(40, 50), counts(9, 1)), Verdict::NoSuccess);
    assert_eq!(verdict(counts(40, 30), counts(30, 10)), Verdict::BenefitAboveEffect);
    assert_eq!(verdict(counts(40, 30), counts(30, 25)), Verdict::Benefit);
    assert_eq!(verdict(counts(40, 30), counts(7, 7)), Verdict::Neither);
    assert_eq!(verdict(counts(40, 30), counts(7, 17)), Verdict::Displacement);
    assert_eq!(verdict(counts(40, 30), counts(7, 18)), Verdict::DisplacementAboveEffect);
}

/// A street of ten sections of 100 m, and one section that nothing reaches.
fn street() -> Streets {
    let mut ends: Vec<[u32; 2]> = (0..10).map(|at| [at, at + 1]).collect();
    ends.push([11, 12]);
    Streets::new(&ends, &[100.0; 11]).unwrap()
}

const BEFORE: Period = Period { start: 0.0, end: 30.0 };
const AFTER: Period = Period { start: 40.0, end: 70.0 };

#[test]
fn rings_follow_the_streets_and_every_case_has_one_place() {
    let streets = street();
    let action = Action { target: &[4], rings: &[60.0, 250.0], before: BEFORE, after: AFTER };
    let mut seeded = Seeded(15);
    let (sections, times): (Vec<u32>, Vec<f64>) =
        (0..900).map(|_| (seeded.below(11) as u32, seeded.share() * 90.0 - 5.0)).unzip();
    let ours = displacement(&streets, &sections, &times, action).unwrap();
    // Middles of neighbours are 50, 150, 250, 350 m from the target's ends.
    assert_eq!(ours.rings[0].sections, [3, 5]);
    assert_eq!(ours.rings[1].sections, [1, 2, 6, 7]);
    assert_eq!(ours.control_sections, [0, 8, 9, 10]);
    let all = [ours.target, ours.control].into_iter().chain(ours.rings.iter().map(|ring| ring.cases));
    let counted: u64 = all.map(|cases| cases.before + cases.after).sum();
    assert_eq!(counted as usize + ours.outside, 900);
    let count = |wanted: &[u32], period: Period| {
        let inside = |time: f64| time >= period.start && time < period.end;
        sections.iter().zip(&times).filter(|(at, time)| wanted.contains(*at) && inside(**time)).count() as u64
    };
    assert_eq!(ours.target, counts(count(&[4], BEFORE), count(&[4], AFTER)));
    for ring in &ours.rings {
        assert_eq!(ring.cases, counts(count(&ring.sections, BEFORE), count(&ring.sections, AFTER)));
        assert_eq!(displacement_quotient(ours.target, ring.cases, ours.control), Ok(ring.quotient));
    }
}

#[test]
fn displacement_that_makes_no_sense_is_refused_by_name() {
    let streets = street();
    let action = Action { target: &[4], rings: &[100.0], before: BEFORE, after: AFTER };
    let (sections, times) = ([4, 4, 9, 9], [1.0, 41.0, 2.0, 42.0]);
    let ask = |action: Action<'_>| displacement(&streets, &sections, &times, action);
    let refused = |action: Action<'_>| ask(action).unwrap_err().to_string();
    assert!(ask(action).is_ok());
    assert!(refused(Action { target: &[], ..action }).contains("target"));
    assert!(refused(Action { target: &[11], ..action }).contains("section in the target 0 is 11"));
    assert!(refused(Action { rings: &[], ..action }).contains("rings"));
    assert!(refused(Action { rings: &[0.0], ..action }).contains("first ring"));
    assert!(refused(Action { rings: &[50.0, 50.0], ..action }).contains("ascending"));
    assert!(refused(Action { rings: &[50.0, f64::NAN], ..action }).contains("finite"));
    assert!(refused(Action { before: Period { start: 9.0, end: 1.0 }, ..action }).contains("order of time"));
    assert!(refused(Action { before: AFTER, after: BEFORE, ..action }).contains("period after"));
    let short = displacement(&streets, &sections, &times[..3], action);
    assert!(short.unwrap_err().to_string().contains("times has 3 entries"));
    assert_eq!(displacement(&streets, &[], &[], action), Err(HotspotError::NoCases));
    let all: Vec<u32> = (0..11).collect();
    assert!(refused(Action { target: &all, ..action }).contains("beyond the last ring"));
    assert!(
        displacement_quotient(counts(1, 1), counts(1, 1), counts(1, 0)).unwrap_err().to_string().contains("control")
    );
    assert!(
        displacement_quotient(counts(0, 1), counts(1, 1), counts(1, 1)).unwrap_err().to_string().contains("target")
    );
}
