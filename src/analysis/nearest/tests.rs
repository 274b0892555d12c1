//! Nearest, ways, reach, gaps and siting against plain exhaustive definitions, on random networks.

use geo::{Coord, LineString};
use proptest::prelude::*;

use super::*;
use crate::spatial::network::{Network, Profile, Section, Spot, Ways};

/// A street of a drawn town: two junctions of a grid, a corner between, directions, and a stated length.
type Drawn = (u8, u8, (i8, i8), bool, bool, Option<u16>);

fn junction(name: u8) -> Coord {
    Coord { x: 105.7 + f64::from(name % 4) * 1e-3, y: 34.5 + f64::from(name / 4) * 1e-3 }
}

fn town(drawn: &[Drawn]) -> Network {
    let section = |(at, (a, b, (dx, dy), forward, backward, metres)): (usize, &Drawn)| {
        let (from, to) = (junction(*a), junction(*b));
        let middle = Coord {
            x: f64::midpoint(from.x, to.x) + f64::from(*dx) * 1e-5,
            y: f64::midpoint(from.y, to.y) + f64::from(*dy) * 1e-5,
        };
        let ways = Ways { forward: *forward, backward: *backward };
        let foot = if ways.any() { Ways::BOTH } else { Ways::NONE };
        Section {
            id: at as i64 * 3 + 1,
            line: LineString(vec![from, middle, to]),
            nodes: [None; 2],
            metres: metres.map(|metres| f64::from(metres % 300)),
            ways: [foot, ways, ways],
            drive_m_s: 5.0 + at as f64,
        }
    };
    Network::new(drawn.iter().enumerate().map(section).collect(), 0.0)
}

fn streets() -> impl Strategy<Value = Vec<Drawn>> {
    let street = (
        0u8..12,
        0u8..12,
        (-30i8..30, -30i8..30),
        any::<bool>(),
        any::<bool>(),
        prop::option::weighted(0.2, any::<u16>()),
    );
    prop::collection::vec(street, 1..24)
}

fn places() -> impl Strategy<Value = Vec<(u16, Vec<(u16, u16)>)>> {
    prop::collection::vec((0u16..3, prop::collection::vec((0u16..400, 0u16..300), 1..3)), 0..9)
}

fn at((x, y): (u16, u16)) -> Coord {
    Coord { x: 105.6995 + f64::from(x) * 1e-5, y: 34.4995 + f64::from(y) * 1e-5 }
}

fn targets(network: &Network, profile: Profile, drawn: &[(u16, Vec<(u16, u16)>)]) -> Targets {
    let place = |(number, (group, entrances)): (usize, &(u16, Vec<(u16, u16)>))| Place {
        id: number as i64 * 7 + 2,
        group: *group,
        entrances: entrances.iter().copied().map(at).collect(),
    };
    Targets::new(network, profile, drawn.iter().enumerate().map(place).collect())
}

/// All pairs of junctions by Floyd and Warshall; `u64::MAX / 4` where no way leads.
fn all_pairs(network: &Network, profile: Profile) -> Vec<Vec<u64>> {
    let count = network.junctions();
    let mut um = vec![vec![u64::MAX / 4; count]; count];
    (0..count).for_each(|at| um[at][at] = 0);
    let graph = network.graph(profile);
    for section in 0..network.len() {
        let ([a, b], ways) = (network.ends(section), graph.ways[section]);
        let (a, b, length) = (a as usize, b as usize, network.length_um(section));
        if ways.forward {
            um[a][b] = um[a][b].min(length);
        }
        if ways.backward {
            um[b][a] = um[b][a].min(length);
        }
    }
    for via in 0..count {
        for from in 0..count {
            for to in 0..count {
                um[from][to] = um[from][to].min(um[from][via] + um[via][to]);
            }
        }
    }
    um
}

/// Micrometres between two feet, by the definition.
fn between(network: &Network, profile: Profile, pairs: &[Vec<u64>], from: &Spot, to: &Spot) -> u64 {
    let exits = |spot: &Spot, leaving: bool| {
        let section = spot.section as usize;
        let (ways, [start, end]) = (network.graph(profile).ways[section], network.ends(section));
        let rest = network.length_um(section) - spot.along_um;
        let (to_end, to_start) = if leaving { (ways.forward, ways.backward) } else { (ways.backward, ways.forward) };
        [(to_end, end, rest), (to_start, start, spot.along_um)]
    };
    let mut least = u64::MAX / 4;
    for (may_leave, leave, first) in exits(from, true) {
        for (may_enter, enter, last) in exits(to, false) {
            if may_leave && may_enter {
                least = least.min(first + pairs[leave as usize][enter as usize] + last);
            }
        }
    }
    let ways = network.graph(profile).ways[from.section as usize];
    let (a, b) = (from.along_um, to.along_um);
    if from.section == to.section && ((b >= a && ways.forward) || (b <= a && ways.backward)) {
        least = least.min(a.abs_diff(b));
    }
    least
}

fn um(metres: f64) -> u64 {
    (metres * 1e6) as u64
}

/// A stated cost of 0 m must not take the ends of a drawn street for one place: the way would jump from one to the other.
#[test]
fn a_way_over_streets_that_cost_nothing_has_no_gap() {
    let network = town(&[
        (0, 1, (5, 9), true, true, Some(0)),
        (1, 2, (0, 4), true, true, Some(0)),
        (2, 3, (0, 0), true, true, None),
    ]);
    let (start, goal) = (
        network.snap(Profile::Walk, junction(0), 50.0).unwrap(),
        network.snap(Profile::Walk, junction(3), 50.0).unwrap(),
    );
    let mut search = Search::new(&network, Profile::Walk);
    let way = search.ways(&start, &[goal], Weight::Metres, u64::MAX).remove(0).unwrap();
    let place = |part: &Part, um: u64| network.place(part.section as usize, um);
    assert_eq!(place(&way.parts[0], way.parts[0].from_um), junction(0));
    for pair in way.parts.windows(2) {
        assert_eq!(place(&pair[0], pair[0].to_um), place(&pair[1], pair[1].from_um));
    }
    assert_eq!(way.um, 2_000 + network.length_um(2), "a millimetre each");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn tables_and_search_equal_the_exhaustive_definition(
        drawn in streets(), points in places(), from in (0u16..400, 0u16..300), k in 1usize..6, limit_m in 0.0..900.0_f64,
        wanted in prop::collection::btree_set(0u16..3, 1..4),
    ) {
        let network = town(&drawn);
        for profile in [Profile::Walk, Profile::Drive] {
            let Some(spot) = network.snap(profile, at(from), 1e4) else {
                prop_assert!(network.graph(profile).is_empty());
                continue;
            };
            let targets = targets(&network, profile, &points);
            let pairs = all_pairs(&network, profile);
            let groups: Vec<u16> = wanted.iter().copied().collect();
            let mut all: Vec<(u64, u32)> = (0..targets.len() as u32)
                .filter(|target| groups.contains(&targets.group(*target)))
                .map(|target| {
                    let feet = targets.feet().iter().filter(|foot| foot.target == target);
                    let total = |foot: &Foot| {
                        spot.access_um + between(&network, profile, &pairs, &spot, &foot.spot) + foot.spot.access_um
                    };
                    (feet.map(total).min().unwrap(), target)
                })
                .collect();
            all.sort_unstable();
            for limit in [u64::MAX / 8, um(limit_m)] {
                let expected: Vec<(u64, u32)> = all.iter().copied().filter(|(um, _)| *um <= limit).take(k).collect();
                let told = |found: Vec<Near>| found.iter().map(|near| (near.total_um, near.target)).collect::<Vec<_>>();
                let tables = Tables::new(&network, profile, &targets, k);
                let by_table = tables.nearest(&network, &targets, &spot, &groups, k, limit);
                prop_assert_eq!(&told(by_table.clone()), &expected);
                let mut search = Search::new(&network, profile);
                let accepts = |target: u32| groups.contains(&targets.group(target));
                let by_search = search.nearest(&targets, &spot, &accepts, k, limit);
                prop_assert_eq!(&told(by_search.clone()), &expected);
                // Ways are as long as they are said to be, and join up.
                let goals: Vec<Spot> = by_table.iter().map(|near| targets.foot(near.foot).spot).collect();
                for (near, (goal, way)) in by_table.iter().zip(goals.iter().zip(search.ways(&spot, &goals, Weight::Metres, u64::MAX))) {
                    let way = way.unwrap();
                    prop_assert_eq!(spot.access_um + way.um + goal.access_um, near.total_um);
                    let length: u64 = way.parts.iter().map(|part| part.from_um.abs_diff(part.to_um)).sum();
                    prop_assert_eq!(length, way.um);
                    let place = |part: &Part, um: u64| network.place(part.section as usize, um);
                    for pair in way.parts.windows(2) {
                        prop_assert_eq!(place(&pair[0], pair[0].to_um), place(&pair[1], pair[1].from_um));
                    }
                    prop_assert_eq!(place(&way.parts[0], way.parts[0].from_um), network.place(spot.section as usize, spot.along_um));
                    for part in &way.parts {
                        let ways = network.graph(profile).ways[part.section as usize];
                        prop_assert!(part.to_um == part.from_um || (part.to_um > part.from_um && ways.forward) || (part.to_um < part.from_um && ways.backward));
                    }
                }
            }
        }
    }

    #[test]
    fn reach_and_nearest_agree(drawn in streets(), points in places(), from in (0u16..400, 0u16..300), limit_m in 1.0..900.0_f64) {
        let network = town(&drawn);
        for profile in [Profile::Walk, Profile::Drive] {
            let Some(spot) = network.snap(profile, at(from), 1e4) else { continue };
            let targets = targets(&network, profile, &points);
            let mut search = Search::new(&network, profile);
            let limits = [um(limit_m), um(limit_m / 2.0)];
            for (reached, limit) in reach(&mut search, &spot, Weight::Metres, &limits).iter().zip(limits) {
                let goals: Vec<Spot> = targets.feet().iter().map(|foot| foot.spot).collect();
                for (goal, cost) in goals.iter().zip(search.costs(&spot, &goals, Weight::Metres, u64::MAX)) {
                    let inside = reached.stretches.iter().any(|stretch| {
                        stretch.section == goal.section && stretch.from_um <= goal.along_um && goal.along_um <= stretch.to_um
                    });
                    let (cost, _) = cost.unwrap();
                    // A stretch without length is not listed.
                    let none = network.length_um(goal.section as usize) == 0 || cost == 0 || cost == limit;
                    prop_assert!(inside == (cost <= limit) || (!inside && none), "{} {} {}", inside, cost, limit);
                }
                let lines: Vec<Vec<Coord>> = reached.stretches.iter()
                    .map(|stretch| network.part(stretch.section as usize, stretch.from_um, stretch.to_um)).collect();
                holds_all(&outline(&lines), &lines)?;
            }
        }
    }

    #[test]
    fn gaps_equal_asking_at_every_place(drawn in streets(), points in places(), limit_m in 0.0..400.0_f64) {
        let network = town(&drawn);
        for profile in [Profile::Walk, Profile::Drive] {
            let targets = targets(&network, profile, &points);
            let limit = um(limit_m);
            let mut search = Search::new(&network, profile);
            for gap in gaps(&network, profile, &targets, &|target| target % 3 != 1, limit) {
                let length = network.length_um(gap.section as usize);
                // A street without length has no part that could be a gap.
                for step in (0..=10).filter(|_| length > 0) {
                    let along_um = length * step / 10;
                    let spot = Spot { section: gap.section, along_um, access_um: 0, at: Coord::default(), on_island: false };
                    let near = search.nearest(&targets, &spot, &|target| target % 3 != 1, 1, u64::MAX / 8);
                    let least = near.first().map_or(u64::MAX, |near| near.total_um);
                    let inside = gap.parts.iter().any(|(a, b)| *a <= along_um && along_um <= *b);
                    let edge = gap.parts.iter().any(|(a, b)| a.abs_diff(along_um) <= 1 || b.abs_diff(along_um) <= 1);
                    prop_assert!(inside == (least > limit) || edge, "{} {:?} {} {}", along_um, gap, least, limit);
                }
            }
        }
    }

    #[test]
    fn coverage_is_what_can_be_walked(drawn in streets(), sites in prop::collection::vec((0u16..400, 0u16..300), 1..5), limit_m in 0.0..600.0_f64) {
        let network = town(&drawn);
        let spots: Vec<Spot> = sites.iter().filter_map(|site| network.snap(Profile::Walk, at(*site), 1e4)).collect();
        let demands: Vec<Demand> = spots.iter().map(|spot| Demand { section: spot.section, along_um: spot.along_um, weight: 1 }).collect();
        let candidates: Vec<Candidate> = spots.iter().map(|spot| Candidate { spot: *spot }).collect();
        let mut search = Search::new(&network, Profile::Walk);
        let found = coverage(&mut search, &candidates, &demands, um(limit_m));
        for (spot, served) in spots.iter().zip(found) {
            let costs = search.costs(spot, &spots, Weight::Metres, u64::MAX);
            let expected: Vec<u32> = (0..spots.len() as u32)
                .filter(|number| spot.access_um + costs[*number as usize].unwrap().0 <= um(limit_m)).collect();
            prop_assert_eq!(served, expected);
        }
    }

    #[test]
    fn the_best_cover_equals_brute_force(
        weights in prop::collection::vec(0u64..20, 1..14),
        sets in prop::collection::vec(prop::collection::btree_set(0u32..14, 0..7), 1..11),
        p in 0usize..6,
    ) {
        let count = weights.len() as u32;
        let covers: Vec<Vec<u32>> = sets.iter().map(|set| set.iter().copied().filter(|demand| *demand < count).collect()).collect();
        let weigh = |chosen: u32| -> u64 {
            (0..count).filter(|demand| covers.iter().enumerate().any(|(at, set)| chosen >> at & 1 == 1 && set.contains(demand)))
                .map(|demand| weights[demand as usize]).sum()
        };
        let best = (0..1u32 << covers.len()).filter(|chosen| chosen.count_ones() as usize <= p).map(weigh).max().unwrap();
        let problem = CoverProblem { weights: weights.clone(), covers: covers.clone(), p };
        let found = cover(&problem, u64::MAX);
        prop_assert_eq!((found.covered, found.bound), (best, best));
        prop_assert!(found.chosen.len() <= p && weigh(found.chosen.iter().map(|at| 1 << at).sum()) == best);
        // Without time to search the bound still holds.
        let hasty = cover(&problem, 1);
        prop_assert!(hasty.covered <= best && best <= hasty.bound);
    }
}

fn holds_all(outline: &Outline, lines: &[Vec<Coord>]) -> Result<(), TestCaseError> {
    use geo::{Contains, Polygon};
    let ring = |ring: &Vec<Coord>| LineString(ring.clone());
    let polygons: Vec<Polygon> = outline
        .polygons
        .iter()
        .map(|rings| Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect()))
        .collect();
    for line in lines {
        for at in line {
            prop_assert!(polygons.iter().any(|polygon| polygon.contains(&geo::Point(*at))), "{:?} {:?}", at, outline);
        }
    }
    Ok(())
}

#[test]
fn ends_a_hand_apart_are_joined_when_that_is_asked_for() {
    let section = |id: i64, from: (f64, f64), to: (f64, f64), nodes| Section {
        id,
        line: LineString::from(vec![from, to]),
        nodes,
        metres: None,
        ways: [Ways::BOTH; 3],
        drive_m_s: 10.0,
    };
    // Three centimetres to the east; a bridge over the same place.
    let sections = |nodes: [Option<i64>; 2]| {
        vec![
            section(1, (105.7, 34.5), (105.701, 34.5), [None, nodes[0]]),
            section(2, (105.701_000_3, 34.5), (105.702, 34.5), [nodes[1], None]),
        ]
    };
    let largest = |sections, join_m| Network::new(sections, join_m).graph(Profile::Walk).largest_m.round();
    assert_eq!(largest(sections([None; 2]), 0.0), 92.0);
    assert_eq!(largest(sections([None; 2]), 0.05), 184.0);
    assert_eq!(largest(sections([None; 2]), 0.02), 92.0);
    assert_eq!(largest(sections([Some(5), Some(6)]), 0.05), 92.0);
}
