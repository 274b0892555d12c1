//! What holds for every plan, on networks drawn at random.

use proptest::prelude::*;

use super::handover::handover_bound;
use super::model::{Lists, Model, NONE};
use super::peel::peel;
use super::reassign::{Limits, Reassigned};
use super::search::Effort;
use super::transport::{proven_by, transport};
use super::workload::{Facts, Weights, Workload, workload};
use super::*;
use crate::analysis::random::Random;

const QUICK: Effort = Effort { starts: 3, rounds: 2, children: 3, moves: 2000, hot: 1.0, cold: 0.2 };

/// A street grid with holes, loops, doubled streets and dead ends; connected, unless `cut` takes the middle out.
fn town(seed: u64, side: usize, squads: usize, bases: bool, cut: bool) -> Problem {
    let mut random = Random::new(seed);
    let mut problem = Problem { junctions: side * side, ..Problem::default() };
    for row in 0..side {
        for column in 0..side {
            problem
                .places
                .push([column as f64 * 100.0 + random.unit() * 20.0, row as f64 * 100.0 + random.unit() * 20.0]);
        }
    }
    let mut street = |a: usize, b: usize, random: &mut Random| {
        let workload =
            Workload { patrol: random.unit() * 3.0, shops: random.unit(), ..Workload::given(random.unit() * 2.0) };
        problem.sections.push(Section { ends: [a as u32, b as u32], cost_m: 50.0 + random.unit() * 100.0, workload });
    };
    for row in 0..side {
        for column in 0..side {
            let here = row * side + column;
            if column + 1 < side {
                street(here, here + 1, &mut random);
            }
            let across = cut && row == side / 2;
            if row + 1 < side && !across && (column == 0 || random.unit() < 0.7) {
                street(here, here + side, &mut random);
            }
            if random.unit() < 0.05 {
                street(here, here, &mut random);
            }
        }
    }
    for at in 0..squads {
        let strength = 8.0 + random.index(10) as f64;
        let base = bases.then(|| random.index(side * side) as u32);
        problem.squads.push(Squad { code: format!("S{at}"), strength, base, min_load: None, max_load: None });
    }
    problem
}

fn options(seed: u64, threads: usize) -> Options {
    Options { seed, threads, band: 0.06, effort: Some(QUICK), ..Options::default() }
}

fn planned(problem: &Problem, options: &Options) -> Plan {
    solve(problem, options, &mut Progress { stop: &|| false, told: &mut |_| {} }).unwrap()
}

/// Pieces of each squad in each part of the network, counted from junctions alone.
fn assert_whole(problem: &Problem, squad: &[u32]) {
    let find = |parent: &mut Vec<usize>, mut at: usize| {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    };
    let mut ground: Vec<usize> = (0..problem.junctions).collect();
    for section in &problem.sections {
        let (a, b) = (find(&mut ground, section.ends[0] as usize), find(&mut ground, section.ends[1] as usize));
        ground[a] = b;
    }
    for own in 0..problem.squads.len() as u32 {
        let mut parent: Vec<usize> = (0..problem.junctions).collect();
        let sections: Vec<usize> = (0..squad.len()).filter(|&at| squad[at] == own).collect();
        assert!(!sections.is_empty(), "squad {own} has no section");
        for &at in &sections {
            let ends = problem.sections[at].ends;
            let (a, b) = (find(&mut parent, ends[0] as usize), find(&mut parent, ends[1] as usize));
            parent[a] = b;
        }
        let mut seen = std::collections::BTreeMap::new();
        for &at in &sections {
            let end = problem.sections[at].ends[0] as usize;
            let (part, piece) = (find(&mut ground, end), find(&mut parent, end));
            assert_eq!(*seen.entry(part).or_insert(piece), piece, "squad {own} is in pieces");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn plans_are_whole_kept_by_rules_bounded_and_the_same_on_any_threads(
        seed in 0u64..1_000_000, side in 6usize..14, squads in 1usize..6, bases: bool, cut: bool,
    ) {
        let mut problem = town(seed, side, squads, bases, cut);
        let free = planned(&problem, &options(seed, 1));
        let mut random = Random::new(seed + 1);
        // Locks that the free plan keeps, and bans and groups at random.
        for _ in 0..3 {
            let section = random.index(problem.sections.len());
            problem.locks.push((section as u32, free.squad[section]));
        }
        problem.groups = vec![NONE; problem.sections.len()];
        (0..3).for_each(|at| problem.groups[at] = 7);
        let plan = planned(&problem, &options(seed, 1));
        for threads in [2, 8] {
            prop_assert_eq!(&planned(&problem, &options(seed, threads)), &plan);
        }
        assert_whole(&problem, &plan.squad);
        for &(section, squad) in &problem.locks {
            prop_assert_eq!(plan.squad[section as usize], squad);
        }
        let figures = &plan.figures;
        prop_assert!((figures.load.iter().sum::<f64>() - problem.total_load()).abs() < 1e-6);
        prop_assert!(figures.max_deviation + 1e-9 >= figures.deviation_bound);
        let in_band = plan.notes.iter().all(|note| !matches!(note, Note::BandNotKept { .. }));
        if let Some((travel, bound)) = figures.travel_m.zip(figures.travel_bound_m).filter(|_| in_band) {
            prop_assert!(bound <= travel + 1e-6, "bound {} above {}", bound, travel);
        }
        let reasons = explain(&problem, &plan, None, 0.06, seed, 2).unwrap();
        let sum: f64 = reasons.sections.iter().map(|reason| reason.cost.total()).sum();
        let by_squad: f64 = reasons.squads.iter().map(|squad| squad.cost.total()).sum();
        prop_assert!((sum - figures.objective).abs() < 1e-6 && (by_squad - figures.objective).abs() < 1e-6);
        for (squad, load) in reasons.squads.iter().zip(&figures.load) {
            prop_assert!((squad.load.total() - load).abs() < 1e-6);
        }
    }

    #[test]
    fn a_runner_up_costs_what_the_reason_says(seed in 0u64..1_000_000, bases: bool) {
        let problem = town(seed, 8, 3, bases, false);
        let plan = planned(&problem, &options(seed, 1));
        let reasons = explain(&problem, &plan, None, 0.06, seed, 1).unwrap();
        for at in (0..problem.sections.len()).step_by(7) {
            let Some(other) = &reasons.sections[at].runner_up else { continue };
            let mut switched = plan.clone();
            switched.squad[at] = other.squad;
            let again = explain(&problem, &switched, None, 0.06, seed, 1).unwrap();
            let sum: f64 = again.sections.iter().map(|reason| reason.cost.total()).sum();
            prop_assert!((sum - plan.figures.objective - other.change.total()).abs() < 1e-6);
            if other.contiguous {
                assert_whole(&problem, &switched.squad);
            }
        }
    }

    #[test]
    fn steps_stay_whole_and_end_at_the_plan(
        seed in 0u64..1_000_000, side in 7usize..13, bases: bool, change in 0usize..5, limit: bool,
    ) {
        let mut problem = town(seed, side, 4, bases, false);
        let plan = planned(&problem, &options(seed, 1));
        let mut last = plan.squad.clone();
        let mut random = Random::new(seed + 2);
        match change {
            0 => problem.sections.iter_mut().for_each(|own| own.workload.shops += 2.0 * random.unit()),
            1 => problem.squads[0].strength *= 0.6,
            2 => {
                // A squad is formed: its number is new.
                problem.squads.push(Squad { code: "new".into(), strength: 9.0, base: Some(5), min_load: None, max_load: None });
            }
            3 => {
                // The last squad is dissolved: its number is none of theirs.
                problem.squads.pop();
            }
            _ => {
                problem.sections.push(Section { ends: [0, 1], cost_m: 80.0, workload: Workload::given(1.0) });
                last.push(NONE);
            }
        }
        let limits = Limits { handover: limit.then_some(0.05), squads: None };
        let go = |threads| {
            let mut progress = Progress { stop: &|| false, told: &mut |_| {} };
            reassign(&problem, &last, &limits, &Options { effort: None, ..options(seed, threads) }, &mut progress).unwrap()
        };
        let answer = go(1);
        prop_assert_eq!(&go(2), &answer);
        assert_whole(&problem, &answer.plan.squad);
        let forced = change > 1;
        if limit && !forced {
            prop_assert!(answer.plan.figures.handover <= 0.05 + 1e-9);
        }
        if !limit && answer.plan.notes.is_empty() {
            prop_assert!(answer.plan.figures.handover + 1e-9 >= answer.bound.strict, "{:?}", answer.bound);
        }
        let mut now = last.clone();
        for (at, step) in answer.steps.iter().enumerate() {
            step.sections.iter().zip(&step.squads).for_each(|(&section, &squad)| now[section as usize] = squad);
            assert_whole(&problem, &now);
            prop_assert!(step.load >= 0.0 && (step.way.is_some() || at == 0 || !step.sections.is_empty()));
        }
        prop_assert_eq!(now, answer.plan.squad);
    }

    #[test]
    fn the_transport_bound_is_exact(seed in 0u64..1_000_000, units in 1usize..40, labels in 1usize..6) {
        let mut random = Random::new(seed);
        let weight: Vec<f64> = (0..units).map(|_| random.unit() * 5.0).collect();
        let mut model = Model::new(labels, weight, Lists::of_pairs(units, &[]), Vec::new());
        model.cost.iter_mut().for_each(|cost| *cost = 10.0 * random.unit());
        model.set_band(0.1 * random.unit());
        let found = transport(&model);
        prop_assert!(!found.infeasible);
        // Weak duality holds for any prices; equality proves both.
        prop_assert!((found.proven - found.value).abs() < 1e-6 * found.value.max(1.0), "{:?}", found);
        let other: Vec<f64> = (0..labels).map(|_| random.normal()).collect();
        prop_assert!(proven_by(&model, &other) <= found.value + 1e-6);
    }
}

#[test]
fn what_cannot_be_is_named() {
    let good = town(3, 6, 3, true, false);
    let cause = |change: &dyn Fn(&mut Problem)| {
        let mut problem = good.clone();
        change(&mut problem);
        solve(&problem, &options(1, 1), &mut Progress { stop: &|| false, told: &mut |_| {} }).unwrap_err()
    };
    assert_eq!(cause(&|problem| problem.squads.clear()), Infeasible::NoSquads);
    assert_eq!(cause(&|problem| problem.sections.clear()), Infeasible::NoSections);
    assert!(matches!(cause(&|problem| problem.squads[1].strength = 0.0), Infeasible::NoStrength { .. }));
    assert!(matches!(cause(&|problem| problem.squads[1].strength = f64::NAN), Infeasible::NoStrength { .. }));
    assert!(matches!(
        cause(&|problem| problem.locks = vec![(4, 0), (4, 1)]),
        Infeasible::LocksContradict { section: 4, .. }
    ));
    assert!(matches!(
        cause(&|problem| (problem.locks, problem.forbidden) = (vec![(4, 0)], vec![(4, 0)])),
        Infeasible::LockForbidden { section: 4, .. }
    ));
    assert!(matches!(
        cause(&|problem| problem.forbidden = (0..3).map(|squad| (4, squad)).collect()),
        Infeasible::AllForbidden { section: 4 }
    ));
    let off = |problem: &mut Problem| {
        problem.junctions += 1;
        problem.places.push([0.0, 0.0]);
        problem.squads[2].base = Some(36);
    };
    assert!(matches!(cause(&off), Infeasible::BaseOffNetwork { .. }));
    let all = |problem: &mut Problem| problem.locks = (0..problem.sections.len() as u32).map(|at| (at, 0)).collect();
    assert!(matches!(cause(&all), Infeasible::LockedLoadAboveCap { .. } | Infeasible::AllowedLoadBelowFloor { .. }));
    let caps = |problem: &mut Problem| problem.squads.iter_mut().for_each(|squad| squad.max_load = Some(1.0));
    assert!(matches!(cause(&caps), Infeasible::CapsBelowLoad { .. }));
    let nothing = |problem: &mut Problem| {
        problem.sections.iter_mut().for_each(|section| section.workload = Workload::default());
    };
    assert_eq!(cause(&nothing), Infeasible::NoWorkload);
    let behind = |problem: &mut Problem| {
        let base = problem.squads[0].base.unwrap();
        let there = (0..problem.sections.len()).filter(|&at| problem.sections[at].ends.contains(&base));
        problem.locks = there.map(|at| (at as u32, 1)).collect();
    };
    assert!(matches!(cause(&behind), Infeasible::BaseBehindLock { .. }));
}

#[test]
fn a_network_in_forty_pieces_and_a_heavy_section_are_handled_and_named() {
    let mut problem = town(5, 10, 3, false, false);
    for island in 0..39 {
        let first = problem.junctions as u32;
        problem.junctions += 2;
        let x = 2000.0 + 50.0 * f64::from(island);
        problem.places.extend([[x, 0.0], [x, 30.0]]);
        problem.sections.push(Section { ends: [first, first + 1], cost_m: 30.0, workload: Workload::given(0.5) });
    }
    problem.sections[0].workload = Workload::given(2.0 * problem.total_load());
    let plan = planned(&problem, &options(1, 2));
    assert_whole(&problem, &plan.squad);
    assert!(plan.notes.contains(&Note::NetworkInParts { parts: 40, sections_outside_largest: 39 }));
    assert!(plan.notes.iter().any(|note| matches!(note, Note::SectionHeavierThanTarget { section: 0, .. })));
    assert!(plan.notes.iter().any(|note| matches!(note, Note::BandNotKept { .. })));
    assert!(plan.figures.deviation_bound > 0.0);
}

#[test]
fn a_stopped_search_gives_a_valid_plan() {
    let problem = town(9, 12, 4, true, false);
    let plan = solve(&problem, &options(1, 2), &mut Progress { stop: &|| true, told: &mut |_| {} }).unwrap();
    assert_whole(&problem, &plan.squad);
    assert!(plan.notes.contains(&Note::Stopped));
}

fn assert_steps_lead_to_the_plan(problem: &Problem, last: &[u32], answer: &Reassigned) {
    let mut now = last.to_vec();
    for step in &answer.steps {
        step.sections.iter().zip(&step.squads).for_each(|(&section, &squad)| now[section as usize] = squad);
        assert_whole(problem, &now);
    }
    assert_eq!(now, answer.plan.squad);
}

#[test]
fn nothing_changes_hands_for_nothing() {
    let problem = town(11, 12, 4, true, false);
    let plan = planned(&problem, &options(1, 2));
    assert!(plan.notes.is_empty(), "{:?}", plan.notes);
    let mut progress = Progress { stop: &|| false, told: &mut |_| {} };
    let again = reassign(&problem, &plan.squad, &Limits::default(), &options(1, 2), &mut progress).unwrap();
    assert_eq!((again.bound.strict, again.bound.flow), (0.0, 0.0));
    assert!(again.plan.figures.handover < 0.005, "{}", again.plan.figures.handover);
}

/// `town` as a model, `squad` forbidden on every seventh section that it does not hold.
fn streets_model(problem: &Problem, last: &[u32], forbidden: u32) -> Model {
    let junctions = |at: usize, ends: [u32; 2]| ends.into_iter().map(move |end| (at as u32, end));
    let mut pairs: Vec<(u32, u32)> =
        problem.sections.iter().enumerate().flat_map(|(at, section)| junctions(at, section.ends)).collect();
    pairs.dedup();
    let weight: Vec<f64> = problem.sections.iter().map(|section| section.workload.total()).collect();
    let nets = Lists::of_pairs(weight.len(), &pairs);
    let labels = problem.squads.len();
    let mut model = Model::new(labels, weight, nets, vec![1.0; problem.junctions]);
    for at in (0..last.len()).step_by(7).filter(|&at| last[at] != forbidden) {
        model.cost[at * labels + forbidden as usize] = f64::INFINITY;
    }
    model.set_band(0.02);
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn parcels_leave_every_squad_in_one_piece_and_forbidden_sections_alone(
        seed in 0u64..1_000_000, side in 5usize..12, squads in 1usize..6, drift in 0.0..1.5f64,
    ) {
        let mut problem = town(seed, side, squads, false, false);
        let last = planned(&problem, &options(seed, 1)).squad;
        let mut random = Random::new(seed);
        for section in &mut problem.sections {
            section.workload = Workload::given(section.workload.total() * (drift * random.normal()).exp());
        }
        let forbidden = random.index(squads) as u32;
        let model = streets_model(&problem, &last, forbidden);
        let peeled = peel(&model, &last, 1000.0, &mut random);
        assert_whole(&problem, &peeled);
        for (unit, (now, before)) in peeled.iter().zip(&last).enumerate() {
            prop_assert!(now == before || model.allows(unit as u32, *now));
        }
    }
}

#[test]
fn parcels_bring_loads_near_their_bands() {
    let mut problem = town(5, 40, 6, false, false);
    let last = planned(&problem, &options(5, 2)).squad;
    for (section, own) in problem.sections.iter_mut().zip(&last) {
        section.workload = Workload::given(section.workload.total() * [1.3, 0.8, 1.0, 1.2, 0.7, 1.0][*own as usize]);
    }
    let model = streets_model(&problem, &last, 0);
    let before = model.excess(&last);
    for seed in 0..8 {
        let peeled = peel(&model, &last, 1000.0, &mut Random::new(seed));
        let after = model.excess(&peeled);
        assert!(after < 0.35 * before, "{after} of {before} is left outside the bands");
    }
}

#[test]
fn a_large_town_is_changed_about_its_borders_and_steps_stay_whole() {
    let mut problem = town(21, 66, 4, true, false);
    assert!(problem.sections.len() > 7000, "large enough for blocks");
    let plan = planned(&problem, &options(21, 2));
    problem.squads[0].strength *= 0.8;
    let go = |threads| {
        let mut progress = Progress { stop: &|| false, told: &mut |share| assert!((0.0..=1.0).contains(&share)) };
        reassign(&problem, &plan.squad, &Limits::default(), &options(21, threads), &mut progress).unwrap()
    };
    let answer = go(2);
    assert_eq!(go(1), answer);
    assert!(answer.plan.notes.is_empty(), "{:?}", answer.plan.notes);
    let handover = answer.plan.figures.handover;
    assert!(handover + 1e-9 >= answer.bound.strict && handover <= 1.5 * answer.bound.flow, "{:?}", answer.bound);
    assert_steps_lead_to_the_plan(&problem, &plan.squad, &answer);
}

#[test]
fn a_squad_that_is_formed_never_loses_its_last_section_on_the_way() {
    let mut problem = town(254_896, 10, 4, true, false);
    let plan = planned(&problem, &options(254_896, 1));
    problem.squads.push(Squad { code: "new".into(), strength: 9.0, base: Some(5), min_load: None, max_load: None });
    let mut progress = Progress { stop: &|| false, told: &mut |_| {} };
    let options = Options { effort: None, ..options(254_896, 1) };
    let answer = reassign(&problem, &plan.squad, &Limits::default(), &options, &mut progress).unwrap();
    assert_steps_lead_to_the_plan(&problem, &plan.squad, &answer);
}

#[test]
fn a_limit_on_squads_is_kept() {
    let mut problem = town(13, 12, 5, true, false);
    let plan = planned(&problem, &options(1, 2));
    problem.squads[0].strength *= 0.8;
    let limits = Limits { handover: None, squads: Some(2) };
    let mut progress = Progress { stop: &|| false, told: &mut |_| {} };
    let answer = reassign(&problem, &plan.squad, &limits, &options(1, 2), &mut progress).unwrap();
    assert!(answer.touched.len() <= 2, "{:?}", answer.touched);
    assert_whole(&problem, &answer.plan.squad);
}

/// Three squads in a row, 10 units too many in the first, room for them in the last: they cross one border or two.
#[test]
fn hand_over_bounds_of_a_row_of_squads() {
    let (low, high) = (vec![100.0; 3], vec![100.0; 3]);
    let (bound, _) = handover_bound(&[110.0, 100.0, 90.0], 0.0, &low, &high, &[(0, 1), (1, 2)]);
    assert!((bound.strict - 10.0 / 300.0).abs() < 1e-9 && (bound.flow - 20.0 / 300.0).abs() < 1e-9, "{bound:?}");
    // A new section fills what the last one lacks: nothing has to change hands.
    let (bound, _) = handover_bound(&[100.0, 100.0, 90.0], 10.0, &low, &high, &[(0, 1), (1, 2)]);
    assert!(bound.strict.abs() < 1e-12 && bound.flow.abs() < 1e-12, "{bound:?}");
    // A fourth holder is gone and must hand over all it has.
    let (bound, _) = handover_bound(&[80.0, 100.0, 90.0, 30.0], 0.0, &low, &high, &[(0, 3), (2, 3)]);
    assert!((bound.strict - 0.1).abs() < 1e-9 && (bound.flow - 0.1).abs() < 1e-9, "{bound:?}");
}

#[test]
fn workload_is_the_sum_of_its_parts() {
    let cases = [("mobile-vendor", 0.0), ("mobile-vendor", 30.0)];
    let facts = Facts { length_m: 120.0, class: "residential", grade: Some("strict"), shops: 4, violations: &cases };
    let found = workload(&facts, &Weights::default());
    // 2 minutes x 6 visits; 4 shops; one case now and one a half-life old, over 30 days.
    assert_eq!(found, Workload { patrol: 12.0, shops: 2.0, violations: 20.0 * 1.5 / 30.0, other: 0.0 });
    assert_eq!(found.total(), 15.0);
}
