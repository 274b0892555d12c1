//! Walks against all possible ones, on small networks.

use super::*;
use crate::analysis::random::Random;

/// Least millimetres of any closed walk over `own`: no street is ever needed more than twice.
fn least(streets: &[Street], own: &[u32]) -> Option<u64> {
    let count = streets.len() as u32;
    (0..3_u32.pow(count))
        .filter_map(|code| {
            let times: Vec<u32> = (0..count).map(|at| code / 3_u32.pow(at) % 3).collect();
            let mut degree = [0; 16];
            for (street, times) in streets.iter().zip(&times) {
                street.ends.iter().for_each(|end| degree[*end as usize] += times);
            }
            let walked: Vec<u32> = (0..count).filter(|at| times[*at as usize] > 0).collect();
            let fits = own.iter().all(|at| times[*at as usize] > 0)
                && degree.iter().all(|degree| degree % 2 == 0)
                && tour::pieces(streets, &walked).len() == 1;
            let metres =
                streets.iter().zip(&times).map(|(street, times)| paths::millimetres(street.metres) * u64::from(*times));
            fits.then(|| metres.sum())
        })
        .min()
}

fn check_walk(streets: &[Street], own: &[u32], walk: &Walk) {
    let mut at = walk.start;
    let mut seen = vec![0; streets.len()];
    for step in &walk.steps {
        let [a, b] = streets[step.street as usize].ends;
        let (from, to) = if step.forward { (a, b) } else { (b, a) };
        assert_eq!(from, at, "steps follow each other");
        at = to;
        let again = seen[step.street as usize] > 0 || !own.contains(&step.street);
        assert_eq!(step.only_passed, again);
        seen[step.street as usize] += 1;
    }
    assert_eq!(at, walk.start, "the walk is closed");
    assert!(own.iter().all(|street| seen[*street as usize] > 0), "every own street is walked");
    let metres: f64 = walk.steps.iter().map(|step| streets[step.street as usize].metres).sum();
    assert!((metres - walk.metres).abs() < 1e-6);
    let once: f64 = own.iter().map(|street| streets[*street as usize].metres).sum();
    assert!((walk.metres - walk.passed_m - once).abs() < 1e-6);
}

/// Loops, parallels and streets without length among them.
fn drawn(random: &mut Random, junctions: usize, count: usize) -> Vec<Street> {
    let mut end = || random.index(junctions) as u32;
    let ends: Vec<[u32; 2]> = (0..count).map(|_| [end(), end()]).collect();
    ends.into_iter().map(|ends| Street { ends, metres: random.index(60) as f64 * 2.5 }).collect()
}

#[test]
fn no_closed_walk_is_shorter() {
    let mut random = Random::new(11);
    let (mut connected, mut apart) = (0, 0);
    for _ in 0..400 {
        let count = 2 + random.index(7);
        let streets = drawn(&mut random, 5, count);
        let mut own: Vec<u32> = (0..count as u32).filter(|_| random.unit() < 0.6).collect();
        random.shuffle(&mut own);
        match (closed_walk(&streets, &own, None), least(&streets, &own)) {
            (Err(PostmanError::Nothing), _) => assert!(own.is_empty()),
            (Err(error), least) => assert_eq!(least, None, "{error} {streets:?} {own:?}"),
            (Ok(walk), least) => {
                check_walk(&streets, &own, &walk);
                let (found, least) = ((walk.metres * 1e3).round() as u64, least.unwrap());
                assert_eq!(walk.is_shortest, tour::pieces(&streets, &own).len() == 1);
                if walk.is_shortest {
                    assert_eq!(found, least, "{streets:?} {own:?}");
                    connected += 1;
                } else {
                    assert!(least <= found && 2 * found <= 3 * least, "{found} {least} {streets:?} {own:?}");
                    apart += 1;
                }
            }
        }
    }
    assert!(connected > 100 && apart > 50, "{connected} {apart}");
}

#[test]
fn a_walk_starts_where_it_is_told() {
    let mut random = Random::new(2);
    for _ in 0..200 {
        let streets = drawn(&mut random, 6, 9);
        let start = random.index(6) as u32;
        if let (Ok(anywhere), Ok(walk)) =
            (closed_walk(&streets, &[0, 3], None), closed_walk(&streets, &[0, 3], Some(start)))
        {
            assert_eq!(walk.start, start);
            check_walk(&streets, &[0, 3], &walk);
            assert!(walk.metres >= anywhere.metres - 1e-9);
        }
    }
}

/// Three hundred streets of a grid: quick, and no worse than twice round.
#[test]
fn a_large_round_is_found_at_once() {
    let side = 13_u32;
    let mut streets = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let here = y * side + x;
            let metres = 80.0 + f64::from((here * 7) % 50);
            if x + 1 < side {
                streets.push(Street { ends: [here, here + 1], metres });
            }
            if y + 1 < side {
                streets.push(Street { ends: [here, here + side], metres: metres + 10.0 });
            }
        }
    }
    let own: Vec<u32> = (0..streets.len() as u32).collect();
    let walk = closed_walk(&streets, &own, Some(0)).unwrap();
    check_walk(&streets, &own, &walk);
    assert!(walk.is_shortest && walk.passed_m < 0.2 * walk.metres, "{} {}", walk.passed_m, walk.metres);
}

#[test]
fn what_cannot_be_walked_is_named() {
    let street = |a, b, metres| Street { ends: [a, b], metres };
    let apart = [street(0, 1, 5.0), street(2, 3, 5.0)];
    assert_eq!(closed_walk(&apart, &[0, 1], None), Err(PostmanError::Apart { street: 1, from: 0 }));
    assert_eq!(closed_walk(&apart, &[], None), Err(PostmanError::Nothing));
    assert_eq!(closed_walk(&apart, &[7], None), Err(PostmanError::NoSuchStreet { street: 7, streets: 2 }));
    assert_eq!(closed_walk(&apart, &[0], Some(3)), Err(PostmanError::Start { start: 3 }));
    assert_eq!(closed_walk(&apart, &[0], Some(99)), Err(PostmanError::Start { start: 99 }));
    let endless = [street(0, 1, f64::NAN)];
    assert!(matches!(closed_walk(&endless, &[0], None), Err(PostmanError::Length { street: 0, .. })));
}
