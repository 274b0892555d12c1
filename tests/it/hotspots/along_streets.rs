//! Density along streets: mass at dead ends and everywhere, no jumps, any naming, and the plain following of every way.

use patrolmap::analysis::hotspots::network_kde::{DeadEnd, LinearKernel, NetworkKde, Split, lixels, network_kde};
use patrolmap::analysis::hotspots::sections::OnSection;
use patrolmap::analysis::hotspots::streets::Streets;
use patrolmap::analysis::random::Random;

const CONTINUOUS: Split = Split::Continuous(DeadEnd::Reflecting);

fn quartic(split: Split, bandwidth_m: f64) -> NetworkKde {
    NetworkKde { split, kernel: LinearKernel::Quartic, bandwidth_m }
}

/// A few junctions and sections between them at random: loops, parallel sections, dead ends and pieces apart included.
fn tangle(random: &mut Random) -> Streets {
    let junctions = 4 + random.below(5);
    let ends: Vec<[u32; 2]> =
        (0..2 * junctions).map(|section| [(section % junctions) as u32, random.below(junctions) as u32]).collect();
    let lengths: Vec<f64> = ends.iter().map(|_| 20.0 + (100.0 * random.unit()).round()).collect();
    Streets::new(&ends, &lengths).unwrap()
}

fn somewhere(random: &mut Random, streets: &Streets) -> OnSection {
    let section = random.index(streets.sections());
    OnSection { section: section as u32, offset_m: random.unit() * streets.length(section) }
}

fn mass(streets: &Streets, cases: &[OnSection], wanted: NetworkKde) -> f64 {
    let lixels = lixels(streets, 0.25).unwrap();
    let middles: Vec<OnSection> = lixels.iter().map(|lixel| lixel.middle).collect();
    let density = network_kde(streets, cases, &middles, wanted, 2).unwrap();
    density.iter().zip(&lixels).map(|(density, lixel)| density * lixel.length_m).sum()
}

#[test]
fn the_continuous_kernel_keeps_all_mass_and_reflects_at_dead_ends() {
    let mut random = Random::new(3);
    for _ in 0..6 {
        let streets = tangle(&mut random);
        let mut cases: Vec<OnSection> = (0..5).map(|_| somewhere(&mut random, &streets)).collect();
        // One on a junction.
        cases[0].offset_m = 0.0;
        let kept = mass(&streets, &cases, quartic(CONTINUOUS, 90.0));
        assert!((kept - 5.0).abs() < 2e-3, "{kept}");
    }
    // Near a dead end: kept where it reflects, lost where it absorbs.
    let street = Streets::new(&[[0, 1]], &[200.0]).unwrap();
    let case = [OnSection { section: 0, offset_m: 10.0 }];
    let reflected = mass(&street, &case, quartic(CONTINUOUS, 50.0));
    let absorbed = mass(&street, &case, quartic(Split::Continuous(DeadEnd::Absorbing), 50.0));
    let u: f64 = 10.0 / 50.0;
    let beyond = 0.5 - 15.0 / 16.0 * (u - 2.0 * u.powi(3) / 3.0 + u.powi(5) / 5.0);
    assert!((reflected - 1.0).abs() < 1e-4 && (absorbed - (1.0 - beyond)).abs() < 1e-4, "{reflected} {absorbed}");
}

#[test]
fn without_dead_ends_the_discontinuous_kernel_keeps_mass_too_even_from_a_junction() {
    let ring: Vec<[u32; 2]> = (0..4).flat_map(|at| [[at, (at + 1) % 4], [at, (at + 2) % 4]]).collect();
    let streets = Streets::new(&ring, &[40.0, 70.0, 50.0, 80.0, 60.0, 90.0, 45.0, 75.0]).unwrap();
    let cases = [(0, 0.0), (3, 80.0), (5, 31.0)].map(|(section, offset_m)| OnSection { section, offset_m });
    for kernel in [LinearKernel::Quartic, LinearKernel::Epanechnikov, LinearKernel::Triangular] {
        let wanted = NetworkKde { split: Split::Discontinuous, kernel, bandwidth_m: 120.0 };
        let kept = mass(&streets, &cases, wanted);
        assert!((kept - 3.0).abs() < 5e-3, "{kernel:?}: {kept}");
    }
}

#[test]
fn the_continuous_kernel_does_not_jump_at_junctions() {
    let mut random = Random::new(8);
    for _ in 0..10 {
        let streets = tangle(&mut random);
        let cases: Vec<OnSection> = (0..4).map(|_| somewhere(&mut random, &streets)).collect();
        for junction in 0..streets.junctions() as u32 {
            let ends: Vec<OnSection> = (streets.leaving(junction).iter())
                .map(|direction| {
                    let section = direction / 2;
                    let length = streets.length(section as usize);
                    OnSection { section, offset_m: if direction % 2 == 0 { 0.0 } else { length } }
                })
                .collect();
            let density = network_kde(&streets, &cases, &ends, quartic(CONTINUOUS, 100.0), 1).unwrap();
            assert!(density.iter().all(|one| (one - density[0]).abs() < 1e-10), "{density:?}");
        }
    }
}

/// Follows every way from the case on its own, as the definitions read.
fn plainly(streets: &Streets, case: OnSection, place: OnSection, wanted: NetworkKde) -> f64 {
    let kernel = |metres: f64| {
        let u = metres / wanted.bandwidth_m;
        if u >= 1.0 {
            return 0.0;
        }
        let value = match wanted.kernel {
            LinearKernel::Quartic => 15.0 / 16.0 * (1.0 - u * u).powi(2),
            LinearKernel::Epanechnikov => 0.75 * (1.0 - u * u),
            LinearKernel::Triangular => 1.0 - u,
            LinearKernel::Uniform => 0.5,
        };
        value / wanted.bandwidth_m
    };
    let own = case.section == place.section;
    let mut sum = if own { kernel((case.offset_m - place.offset_m).abs()) } else { 0.0 };
    let length = streets.length(case.section as usize);
    let mut ways = vec![(2 * case.section, length - case.offset_m, 1.0), (2 * case.section + 1, case.offset_m, 1.0)];
    while let Some((direction, walked, share)) = ways.pop() {
        if walked >= wanted.bandwidth_m {
            continue;
        }
        let degree = streets.degree(streets.head(direction)) as f64;
        for next in streets.leaving(streets.head(direction)) {
            let back = *next == direction ^ 1;
            let factor = match wanted.split {
                Split::Discontinuous => {
                    if back {
                        0.0
                    } else {
                        1.0 / (degree - 1.0)
                    }
                }
                Split::Continuous(DeadEnd::Absorbing) if degree == 1.0 => 0.0,
                _ => {
                    if back {
                        2.0 / degree - 1.0
                    } else {
                        2.0 / degree
                    }
                }
            };
            if factor == 0.0 {
                continue;
            }
            let length = streets.length(*next as usize / 2);
            if next / 2 == place.section {
                let from_tail = if next % 2 == 0 { place.offset_m } else { length - place.offset_m };
                sum += share * factor * kernel(walked + from_tail);
            }
            ways.push((*next, walked + length, share * factor));
        }
    }
    sum
}

#[test]
fn every_way_followed_on_its_own_gives_the_same() {
    let mut random = Random::new(21);
    for round in 0..12 {
        let streets = tangle(&mut random);
        // Many cases on few sections, so that sums of powers are at work.
        let cases: Vec<OnSection> = (0..60)
            .map(|_| OnSection { section: 0, ..somewhere(&mut random, &streets) })
            .map(|case| OnSection { offset_m: case.offset_m.min(0.99 * streets.length(0)), ..case })
            .chain((0..20).map(|_| somewhere(&mut Random::new(round), &streets)))
            .collect();
        let places: Vec<OnSection> = (0..15).map(|_| somewhere(&mut random, &streets)).collect();
        for split in [Split::Discontinuous, CONTINUOUS, Split::Continuous(DeadEnd::Absorbing)] {
            for kernel in [LinearKernel::Quartic, LinearKernel::Triangular, LinearKernel::Uniform] {
                for bandwidth_m in [8.0, 110.0, 180.0] {
                    let wanted = NetworkKde { split, kernel, bandwidth_m };
                    let found = network_kde(&streets, &cases, &places, wanted, 1).unwrap();
                    for (place, found) in places.iter().zip(found) {
                        let expected: f64 = cases.iter().map(|case| plainly(&streets, *case, *place, wanted)).sum();
                        assert!((found - expected).abs() < 1e-10, "{wanted:?}: {found} instead of {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn turning_and_renaming_sections_changes_nothing() {
    let mut random = Random::new(34);
    for _ in 0..8 {
        let streets = tangle(&mut random);
        let cases: Vec<OnSection> = (0..30).map(|_| somewhere(&mut random, &streets)).collect();
        let places: Vec<OnSection> = (0..30).map(|_| somewhere(&mut random, &streets)).collect();
        let last = streets.sections() - 1;
        let turned = |section: usize| section.is_multiple_of(2);
        let ends: Vec<[u32; 2]> = (0..=last)
            .map(|section| {
                let [first, second] = streets.ends(last - section);
                if turned(last - section) { [second, first] } else { [first, second] }
            })
            .collect();
        let lengths: Vec<f64> = streets.lengths().iter().rev().copied().collect();
        let other = Streets::new(&ends, &lengths).unwrap();
        let renamed = |place: &OnSection| {
            let section = place.section as usize;
            let offset_m = if turned(section) { streets.length(section) - place.offset_m } else { place.offset_m };
            OnSection { section: (last - section) as u32, offset_m }
        };
        let other_cases: Vec<OnSection> = cases.iter().map(renamed).collect();
        let other_places: Vec<OnSection> = places.iter().map(renamed).collect();
        for split in [Split::Simple, Split::Discontinuous, CONTINUOUS] {
            let one = network_kde(&streets, &cases, &places, quartic(split, 150.0), 1).unwrap();
            let two = network_kde(&other, &other_cases, &other_places, quartic(split, 150.0), 1).unwrap();
            assert!(one.iter().zip(&two).all(|(one, two)| (one - two).abs() < 1e-10), "{split:?}");
        }
    }
}
