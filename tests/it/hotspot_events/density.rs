//! HDBSCAN: the reference partition wherever that is determined, and a plain reading of the definition.

use std::collections::{BTreeSet, HashMap};

use patrolmap::analysis::hotspots::HotspotError;
use patrolmap::analysis::hotspots::dbscan::{Border, Dbscan, dbscan};
use patrolmap::analysis::hotspots::hdbscan::{DensityClusters, Hdbscan, hdbscan, hdbscan_in_order};
use proptest::prelude::*;

use super::{Table, clumps, same_partition, shuffled};
use crate::support::Seeded;

const QUESTION: Hdbscan = Hdbscan { min_cluster_size: 8, min_samples: 5 };

/// Cases of c6 with the partition that scikit-learn gave.
fn reference(test: &str) -> Option<(Vec<[f64; 2]>, Vec<Option<u32>>)> {
    let cases = Table::read(test, "inputs/mtl_bike_accidents.csv")?.positions();
    let labels = Table::read(test, "expected/c6_dbscan_mtl.csv")?.numbers("hdbscan_mcs8_ms5");
    Some((cases, labels.into_iter().map(|label| (label >= 0.0).then_some(label as u32)).collect()))
}

/// The reference program breaks ties by the order of its input: of its partition here all is determined but the cases
/// that left at the distance at which their cluster fell apart. Those it may count to a cluster; nothing else differs.
#[test]
fn the_reference_partition_is_met_wherever_it_is_determined() {
    let Some((cases, reference)) = reference("hotspot_events::density") else { return };
    let ours = hdbscan(&cases, QUESTION).unwrap();
    assert_eq!(ours.count, 12);
    let determined = |labels: &[Option<u32>]| -> Vec<Option<u32>> {
        labels.iter().zip(&ours.tied).filter(|(_, tied)| !**tied).map(|(label, _)| *label).collect()
    };
    assert!(same_partition(&determined(&ours.labels), &determined(&reference)));
    let differ: Vec<usize> =
        (0..cases.len()).filter(|at| ours.labels[*at].is_some() != reference[*at].is_some()).collect();
    assert_eq!(differ, [1, 29, 68, 98, 296]);
    assert!(differ.iter().all(|at| ours.tied[*at] && ours.labels[*at].is_none()));
    // Two of the reference's cases at one place: one in a cluster, one noise.
    assert_eq!(cases[296], cases[299]);
    assert!(reference[296].is_some() && reference[299].is_none());
    let noise = |labels: &[Option<u32>]| labels.iter().filter(|label| label.is_none()).count();
    assert_eq!((noise(&reference), noise(&ours.labels)), (133, 138));
}

#[test]
fn in_order_the_reference_partition_is_met_in_every_case() {
    let Some((cases, reference)) = reference("hotspot_events::density") else { return };
    let ours = hdbscan_in_order(&cases, QUESTION).unwrap();
    assert_eq!((cases.len(), ours.count), (347, 12));
    assert!(same_partition(&ours.labels, &reference));
    assert!(ours.tied.iter().all(|tied| !tied));
}

/// Clusters, noise and labels of scikit-learn 1.9.1 with numpy 2.4.6 and AVX-512. With AVX2 it has 213 cases of noise
/// in the second, and 54 clusters in the third.
#[test]
fn in_order_ties_fall_as_scikit_learn_has_them() {
    // Few enough for the network alone; sorted by vectors; and half at the least distance, where those get nowhere.
    for (count, extent, wanted) in [
        (250, 100.0, (4, 46, 2_975_013_809)),
        (1500, 300.0, (15, 230, 3_722_031_742)),
        (3000, 60.0, (61, 1132, 1_978_729_846)),
    ] {
        let ours = hdbscan_in_order(&clumps(&mut Seeded(68), count, extent), QUESTION).unwrap();
        let noise = ours.labels.iter().filter(|label| label.is_none()).count();
        let folded = ours
            .labels
            .iter()
            .fold(0_u32, |folded, label| folded.wrapping_mul(31).wrapping_add(label.map_or(0, |label| label + 1)));
        assert_eq!((ours.count, noise, folded), wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// From three samples on, neighbours share core distances, and there mostly are ties.
    #[test]
    fn without_ties_their_order_changes_nothing(
        cases in prop::collection::vec(prop::array::uniform2(0.0..500.0_f64), 12..80),
        min_cluster_size in 2_usize..8,
        min_samples in 1_usize..3,
    ) {
        let pairs = (0..cases.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let distance = |(a, b): (usize, usize)| (cases[a][0] - cases[b][0]).hypot(cases[a][1] - cases[b][1]);
        let mut distances: Vec<f64> = pairs.map(distance).collect();
        distances.sort_by(f64::total_cmp);
        prop_assume!(distances.windows(2).all(|two| two[1] - two[0] > 1e-9));
        let question = Hdbscan { min_cluster_size, min_samples };
        prop_assert_eq!(hdbscan(&cases, question).unwrap(), hdbscan_in_order(&cases, question).unwrap());
    }
}

/// Components of the cases whose mutual reachability is below (or at) a distance, by asking every pair.
fn components(cases: &[usize], joined: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut left: BTreeSet<usize> = cases.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(first) = left.pop_first() {
        let (mut component, mut open) = (vec![first], vec![first]);
        while let Some(case) = open.pop() {
            let next: Vec<usize> = left.iter().copied().filter(|other| joined(case, *other)).collect();
            left.retain(|other| !next.contains(other));
            component.extend(&next);
            open.extend(next);
        }
        found.push(component);
    }
    found
}

/// A branch with its stability, the cases that left it, and the branches into which it fell.
struct Branch {
    stability: f64,
    left: Vec<usize>,
    below: Vec<Branch>,
}

fn grow(mut cases: Vec<usize>, birth: f64, least: usize, reach: &dyn Fn(usize, usize) -> f64) -> Branch {
    let mut branch = Branch { stability: 0.0, left: Vec::new(), below: Vec::new() };
    loop {
        // The distance at which these cases just hold together: the longest step of their shortest tree.
        let mut lengths: Vec<f64> = cases
            .iter()
            .flat_map(|a| cases.iter().map(move |b| (a, b)))
            .filter(|(a, b)| a < b)
            .map(|(a, b)| reach(*a, *b))
            .collect();
        lengths.sort_by(f64::total_cmp);
        let holds = lengths.partition_point(|length| components(&cases, |a, b| reach(a, b) <= *length).len() > 1);
        let length = lengths[holds];
        let density = 1.0 / length;
        let parts = components(&cases, |a, b| reach(a, b) < length);
        let (large, small): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.len() >= least);
        for case in small.into_iter().flatten() {
            branch.stability += density - birth;
            branch.left.push(case);
        }
        match large.len() {
            0 => return branch,
            1 => cases = large.into_iter().next().unwrap(),
            _ => {
                for part in large {
                    branch.stability += (density - birth) * part.len() as f64;
                    branch.below.push(grow(part, density, least, reach));
                }
                return branch;
            }
        }
    }
}

/// Marks the clusters of the branches below; answers the stability of the choice.
fn choose(branch: &Branch, root: bool, labels: &mut Vec<Option<u32>>) -> f64 {
    let before = labels.clone();
    let below: f64 = branch.below.iter().map(|below| choose(below, false, labels)).sum();
    if root || below > branch.stability {
        return below;
    }
    *labels = before;
    let mut open = vec![branch];
    while let Some(own) = open.pop() {
        // A name of its own: its own address.
        own.left.iter().for_each(|case| labels[*case] = Some(std::ptr::from_ref(branch) as usize as u32));
        open.extend(&own.below);
    }
    branch.stability
}

fn brute(cases: &[[f64; 2]], question: Hdbscan) -> Vec<Option<u32>> {
    let distance = |a: usize, b: usize| {
        ((cases[a][0] - cases[b][0]) * (cases[a][0] - cases[b][0])
            + (cases[a][1] - cases[b][1]) * (cases[a][1] - cases[b][1]))
            .sqrt()
    };
    let core: Vec<f64> = (0..cases.len())
        .map(|a| {
            let mut all: Vec<f64> = (0..cases.len()).map(|b| distance(a, b)).collect();
            all.sort_by(f64::total_cmp);
            all[question.min_samples - 1]
        })
        .collect();
    let reach = |a: usize, b: usize| distance(a, b).max(core[a]).max(core[b]);
    let tree = grow((0..cases.len()).collect(), 0.0, question.min_cluster_size, &reach);
    let mut labels = vec![None; cases.len()];
    choose(&tree, true, &mut labels);
    labels
}

#[test]
fn clusters_equal_a_plain_reading_of_the_definition() {
    let mut seeded = Seeded(66);
    let mut clustered = 0;
    for round in 0..40 {
        let count = 12 + seeded.below(60) as usize;
        // On a coarse lattice ties abound; on a fine one there are few.
        let step = if round % 2 == 0 { 4.0 } else { 0.001 };
        let cases: Vec<[f64; 2]> = clumps(&mut seeded, count, 100.0)
            .into_iter()
            .map(|place| place.map(|metres| ((metres + seeded.share()) / step).round() * step))
            .collect();
        let question =
            Hdbscan { min_cluster_size: 2 + seeded.below(7) as usize, min_samples: 1 + seeded.below(6) as usize };
        let ours = hdbscan(&cases, question).unwrap();
        assert!(same_partition(&ours.labels, &brute(&cases, question)), "{question:?} {cases:?}");
        clustered += usize::from(ours.count > 1);
    }
    assert!(clustered > 20, "{clustered}");
}

#[test]
fn the_order_and_the_place_of_the_cases_change_nothing() {
    let mut seeded = Seeded(67);
    for _ in 0..10 {
        let cases = clumps(&mut seeded, 400, 600.0);
        let ours = hdbscan(&cases, QUESTION).unwrap();
        let order = shuffled(&mut seeded, cases.len());
        let moved: Vec<[f64; 2]> = order.iter().map(|at| [cases[*at][0] + 8192.0, cases[*at][1] - 2048.0]).collect();
        let theirs = hdbscan(&moved, QUESTION).unwrap();
        let back: Vec<Option<u32>> = order.iter().map(|at| ours.labels[*at]).collect();
        let tied: Vec<bool> = order.iter().map(|at| ours.tied[*at]).collect();
        assert!(ours.count > 1 && same_partition(&back, &theirs.labels));
        assert_eq!(tied, theirs.tied);
        // Cases at one place have one answer.
        let mut at_place = HashMap::new();
        for (case, label) in cases.iter().zip(&ours.labels) {
            assert_eq!(at_place.entry(case.map(f64::to_bits)).or_insert(*label), label);
        }
    }
}

#[test]
fn questions_about_density_that_make_no_sense_are_refused_by_name() {
    let cases = [[0.0, 0.0], [1.0, 0.0], [2.0, 5.0]];
    let ask =
        |cases: &[[f64; 2]], min_cluster_size: usize, min_samples: usize| -> Result<DensityClusters, HotspotError> {
            hdbscan(cases, Hdbscan { min_cluster_size, min_samples })
        };
    assert_eq!(ask(&[], 2, 1), Err(HotspotError::NoCases));
    assert_eq!(ask(&cases[..1], 2, 1), Err(HotspotError::OneCase));
    assert_eq!(ask(&[[3.0, 3.0]; 50], 5, 5), Err(HotspotError::OnePlace));
    assert!(ask(&cases, 1, 1).unwrap_err().to_string().contains("least size of a cluster is 1"));
    assert!(ask(&cases, 2, 0).unwrap_err().to_string().contains("min_samples is 0"));
    assert!(ask(&cases, 2, 4).unwrap_err().to_string().contains("at least 4"));
    assert!(ask(&[[0.0, f64::NAN], [1.0, 1.0]], 2, 1).is_err());
    assert!(ask(&[[0.0, 1e200], [1.0, 1.0]], 2, 1).unwrap_err().to_string().contains("case 0"));
    let two_heaps: Vec<[f64; 2]> = (0..40).map(|at| [f64::from(at % 2) * 100.0, 0.0]).collect();
    let heaps = ask(&two_heaps, 5, 5).unwrap();
    assert_eq!((heaps.count, heaps.labels[0], heaps.labels[1]), (2, Some(0), Some(1)));
}

#[test]
fn thousands_of_cases_at_two_addresses_take_no_time() {
    // Every pair looked at would be ten thousand million.
    let cases: Vec<[f64; 2]> = (0..100_000).map(|at| [f64::from(at % 2) * 50.0, 7.0]).collect();
    let ours = hdbscan(&cases, QUESTION).unwrap();
    assert_eq!((ours.count, ours.labels[0], ours.labels[1]), (2, Some(0), Some(1)));
    let question = Dbscan { eps: 40.0, min_points: 20, border: Border::Nearest };
    let ours = dbscan(&cases, question).unwrap();
    assert_eq!((ours.count, ours.noise()), (2, 0));
}
