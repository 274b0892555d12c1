//! Which cases are the same trouble again: groups linked by small steps in space and time.
//!
//! Two cases are linked when they lie within a distance of each other and within a time of each other, both included;
//! groups are what hangs together by links (single linkage), exactly. Knows no categories: ask for each on its own.

use std::collections::HashMap;

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::streets::{Streets, Walk};
use crate::analysis::parallel::look_up;

/// Groups of cases, each case in exactly one; a case that nothing is linked to is a group of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// Cases of each group in the order of time; groups by their first case.
    pub members: Vec<Vec<u32>>,
}

impl Groups {
    /// Cases in groups of at least `least`.
    pub fn cases_in(&self, least: usize) -> usize {
        self.members.iter().map(Vec::len).filter(|size| *size >= least).sum()
    }

    /// Times between each case and the next of its group, in no order.
    pub fn gaps(&self, times: &[i64]) -> Vec<i64> {
        let gaps = |group: &Vec<u32>| {
            group.windows(2).map(|pair| times[pair[1] as usize] - times[pair[0] as usize]).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(gaps).collect()
    }
}

/// Groups by any measure of nearness.
///
/// `times` ascend. `later(i, last, visit)` visits every case j after i with `times[j] <= last` that is near to i (and
/// may visit others than asked for in time, but none that is not near). Cost: one step a visited pair.
pub fn groups(times: &[i64], window: i64, mut later: impl FnMut(usize, i64, &mut dyn FnMut(usize))) -> Groups {
    debug_assert!(times.is_sorted(), "cases come in the order of time");
    let mut parent: Vec<u32> = (0..times.len() as u32).collect();
    for first in 0..times.len() {
        if first % 16 == 0 {
            look_up();
        }
        let last = times[first].saturating_add(window);
        later(first, last, &mut |second| {
            if times[second] <= last && second != first {
                let (a, b) = (root(&mut parent, first as u32), root(&mut parent, second as u32));
                // The lower number leads, so that a group bears the number of its first case.
                parent[a.max(b) as usize] = a.min(b);
            }
        });
    }
    let mut members: Vec<Vec<u32>> = Vec::new();
    let mut group_of: HashMap<u32, usize> = HashMap::new();
    for case in 0..times.len() as u32 {
        let leader = root(&mut parent, case);
        let next = members.len();
        let group = *group_of.entry(leader).or_insert(next);
        if group == next {
            members.push(Vec::new());
        }
        members[group].push(case);
    }
    Groups { members }
}

fn root(parent: &mut [u32], of: u32) -> u32 {
    let mut at = of;
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// A pair of section ends that a walk of at most the distance joins.
struct Reach {
    section: u32,
    /// From this end (0 or 1) of the one section to that end of the other.
    from: usize,
    to: usize,
    metres: f64,
}

/// Groups of cases within `distance_m` of each other along the streets, walked either way.
///
/// Cost: one bounded walk from each end of each section with cases, then the pairs near in time on sections in reach.
pub fn groups_along(streets: &Streets, places: &[OnSection], times: &[i64], distance_m: f64, window: i64) -> Groups {
    let mut on: HashMap<u32, Vec<u32>> = HashMap::new();
    for (case, place) in places.iter().enumerate() {
        on.entry(place.section).or_default().push(case as u32);
    }
    let mut walk = Walk::new(streets);
    let mut reaches: HashMap<u32, Vec<Reach>> = HashMap::with_capacity(on.len());
    for section in on.keys() {
        look_up();
        let mut found = Vec::new();
        for (from, junction) in streets.ends(*section as usize).into_iter().enumerate() {
            walk.run(streets, &[(junction, 0.0)], distance_m);
            for reached in walk.reached() {
                for direction in streets.leaving(*reached) {
                    // A direction leaves the section's first end when it is even.
                    let (other, to) = (direction / 2, *direction as usize % 2);
                    if on.contains_key(&other) {
                        found.push(Reach { section: other, from, to, metres: walk.to(*reached) });
                    }
                }
            }
        }
        reaches.insert(*section, found);
    }
    let to_end = |case: usize, end: usize| {
        let place = places[case];
        let offset = place.offset_m.clamp(0.0, streets.length(place.section as usize));
        if end == 0 { offset } else { streets.length(place.section as usize) - offset }
    };
    groups(times, window, |first, last, visit| {
        let section = places[first].section;
        for second in later_ones(&on[&section], first, last, times) {
            if (places[second].offset_m - places[first].offset_m).abs() <= distance_m {
                visit(second);
            }
        }
        for reach in &reaches[&section] {
            let walked = to_end(first, reach.from) + reach.metres;
            if walked > distance_m {
                continue;
            }
            for second in later_ones(&on[&reach.section], first, last, times) {
                if walked + to_end(second, reach.to) <= distance_m {
                    visit(second);
                }
            }
        }
    })
}

/// Groups of cases within a straight distance. `near` decides exactly; planar positions may err by `margin_m`.
pub fn groups_in_plane(
    positions: &[Position],
    times: &[i64],
    distance_m: f64,
    margin_m: f64,
    window: i64,
    near: impl Fn(usize, usize) -> bool,
) -> Groups {
    let reach = distance_m + margin_m;
    let cell = |at: Position| [(at[0] / reach).floor() as i64, (at[1] / reach).floor() as i64];
    let mut within: HashMap<[i64; 2], Vec<u32>> = HashMap::new();
    for (case, at) in positions.iter().enumerate() {
        within.entry(cell(*at)).or_default().push(case as u32);
    }
    groups(times, window, |first, last, visit| {
        let here = positions[first];
        let [column, row] = cell(here);
        for beside in (-1..=1).flat_map(|x| (-1..=1).map(move |y| [column + x, row + y])) {
            let Some(cases) = within.get(&beside) else { continue };
            for second in later_ones(cases, first, last, times) {
                let apart = (positions[second][0] - here[0]).hypot(positions[second][1] - here[1]);
                if apart <= distance_m - margin_m || (apart <= reach && near(first, second)) {
                    visit(second);
                }
            }
        }
    })
}

/// Cases of a list (in the order of time) that come after one, up to a time.
fn later_ones<'a>(cases: &'a [u32], first: usize, last: i64, times: &'a [i64]) -> impl Iterator<Item = usize> + 'a {
    let start = cases.partition_point(|case| *case as usize <= first);
    cases[start..].iter().map(|case| *case as usize).take_while(move |case| times[*case] <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::random::Random;

    /// Groups by looking at every pair, joined until nothing changes.
    fn by_brute_force(times: &[i64], window: i64, near: impl Fn(usize, usize) -> bool) -> Vec<Vec<u32>> {
        let n = times.len();
        let mut label: Vec<usize> = (0..n).collect();
        loop {
            let mut changed = false;
            for a in 0..n {
                for b in 0..n {
                    if (times[a] - times[b]).abs() <= window && near(a, b) && label[a] != label[b] {
                        let least = label[a].min(label[b]);
                        (label[a], label[b]) = (least, least);
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); n];
        (0..n).for_each(|case| members[label[case]].push(case as u32));
        members.retain(|group| !group.is_empty());
        members
    }

    /// Walks between all junctions by relaxing every section until nothing changes.
    fn all_walks(ends: &[[u32; 2]], lengths: &[f64], junctions: usize) -> Vec<Vec<f64>> {
        let mut walks = vec![vec![f64::INFINITY; junctions]; junctions];
        (0..junctions).for_each(|at| walks[at][at] = 0.0);
        for _ in 0..junctions {
            for (section, [a, b]) in ends.iter().enumerate() {
                for from in &mut walks {
                    let (to_a, to_b) = (from[*a as usize], from[*b as usize]);
                    from[*b as usize] = to_b.min(to_a + lengths[section]);
                    from[*a as usize] = to_a.min(from[*b as usize] + lengths[section]);
                }
            }
        }
        walks
    }

    fn times(random: &mut Random, count: usize, span: u64) -> Vec<i64> {
        let mut times: Vec<i64> = (0..count).map(|_| random.below(span) as i64).collect();
        times.sort_unstable();
        times
    }

    #[test]
    fn groups_along_streets_equal_looking_at_every_pair() {
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let sections = 1 + random.index(12);
            let drawn: Vec<[u32; 2]> =
                (0..sections).map(|_| std::array::from_fn(|_| random.below(sections as u64 + 1) as u32)).collect();
            // Numbered without gaps.
            let mut names: Vec<u32> = drawn.iter().flatten().copied().collect();
            names.sort_unstable();
            names.dedup();
            let ends: Vec<[u32; 2]> =
                drawn.iter().map(|pair| pair.map(|end| names.binary_search(&end).unwrap() as u32)).collect();
            let lengths: Vec<f64> = (0..sections).map(|_| 5.0 + random.below(60) as f64).collect();
            let streets = Streets::new(&ends, &lengths).unwrap();
            let times = times(&mut random, 60, 400);
            let places: Vec<OnSection> = (0..times.len())
                .map(|_| {
                    let section = random.index(sections);
                    OnSection { section: section as u32, offset_m: (random.unit() * lengths[section]).round() }
                })
                .collect();
            let walks = all_walks(&ends, &lengths, names.len());
            let between = |a: usize, b: usize| {
                let (a, b) = (places[a], places[b]);
                let mut least = if a.section == b.section { (a.offset_m - b.offset_m).abs() } else { f64::INFINITY };
                for (end_a, junction_a) in ends[a.section as usize].iter().enumerate() {
                    for (end_b, junction_b) in ends[b.section as usize].iter().enumerate() {
                        let to = |place: OnSection, end: usize| {
                            if end == 0 { place.offset_m } else { lengths[place.section as usize] - place.offset_m }
                        };
                        let walk = walks[*junction_a as usize][*junction_b as usize];
                        least = least.min(to(a, end_a) + walk + to(b, end_b));
                    }
                }
                least
            };
            for (distance, window) in [(10.0, 30), (35.0, 12), (80.0, 3), (0.0, 400)] {
                let found = groups_along(&streets, &places, &times, distance, window);
                let wanted = by_brute_force(&times, window, |a, b| between(a, b) <= distance);
                assert_eq!(found.members, wanted, "seed {seed}, {distance} m, {window}");
            }
        }
    }

    #[test]
    fn groups_in_the_plane_equal_looking_at_every_pair() {
        for seed in 0..40 {
            let mut random = Random::new(seed);
            let times = times(&mut random, 100, 300);
            let at: Vec<Position> =
                times.iter().map(|_| [random.unit() * 120.0 - 60.0, random.unit() * 120.0 - 60.0]).collect();
            let near = |a: usize, b: usize| (at[a][0] - at[b][0]).hypot(at[a][1] - at[b][1]) <= 15.0;
            let found = groups_in_plane(&at, &times, 15.0, 0.1, 40, near);
            assert_eq!(found.members, by_brute_force(&times, 40, near), "seed {seed}");
            assert!(found.members.iter().any(|group| group.len() > 2), "the towns are dense enough to try it");
        }
    }

    #[test]
    fn gaps_and_shares_are_of_groups() {
        let groups = Groups { members: vec![vec![0, 2, 3], vec![1], vec![4, 5]] };
        let mut gaps = groups.gaps(&[0, 1, 10, 12, 50, 53]);
        gaps.sort_unstable();
        assert_eq!((gaps, groups.cases_in(3), groups.cases_in(2)), (vec![2, 3, 10], 3, 5));
    }
}
