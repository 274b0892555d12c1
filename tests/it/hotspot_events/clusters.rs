//! DBSCAN, ST-DBSCAN and HDBSCAN: the reference partitions, and what looking at every pair says.

use patrolmap::analysis::hotspots::HotspotError;
use patrolmap::analysis::hotspots::dbscan::{Border, Clusters, Dbscan, dbscan, st_dbscan};

use super::{Table, clumps, same_partition, shuffled, summary};
use crate::support::{BOSTON, Seeded};

fn labels(column: &[f64]) -> Vec<Option<u32>> {
    column.iter().map(|label| (*label >= 0.0).then_some(*label as u32)).collect()
}

#[test]
fn the_reference_partition_of_montreal_is_met() {
    let Some(table) = Table::read("hotspot_events::montreal", "inputs/mtl_bike_accidents.csv") else { return };
    let Some(wanted) = Table::read("hotspot_events::montreal", "expected/c6_dbscan_mtl.csv") else { return };
    let cases = table.positions();
    let core: Vec<bool> = wanted.numbers("core").iter().map(|core| *core == 1.0).collect();
    let expected = labels(&wanted.numbers("dbscan_eps200_min5"));
    for border in [Border::First, Border::Nearest] {
        let ours = dbscan(&cases, Dbscan { eps: 200.0, min_points: 5, border }).unwrap();
        assert_eq!((ours.count, ours.noise(), ours.core.iter().filter(|core| **core).count()), (13, 156, 154));
        assert_eq!(ours.core, core);
        assert!(ours.labels.iter().zip(&expected).all(|(a, b)| a.is_some() == b.is_some()));
        let cores = |labels: &[Option<u32>]| -> Vec<Option<u32>> {
            labels.iter().zip(&core).filter(|(_, core)| **core).map(|(label, _)| *label).collect()
        };
        assert!(same_partition(&cores(&ours.labels), &cores(&expected)));
        if border == Border::First {
            assert_eq!(ours.labels, expected);
        }
    }
}

#[test]
fn the_reference_figures_of_boston_are_met() {
    let Some(summary) = summary("hotspot_events::boston") else { return };
    let Some(table) = Table::read("hotspot_events::boston", BOSTON.trim_start_matches("hotspot/")) else { return };
    let wanted = &summary["c6"]["boston_eps75_min25"];
    let question = Dbscan { eps: 75.0, min_points: 25, border: Border::First };
    let ours = dbscan(&table.positions(), question).unwrap();
    assert_eq!(ours.count as u64, wanted["clusters"]);
    assert_eq!(ours.noise() as u64, wanted["noise"]);
    assert_eq!(ours.core.iter().filter(|core| **core).count() as u64, wanted["core"]);
    let mut sizes = ours.sizes();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(serde_json::json!(sizes[..20]), wanted["sizes_desc"]);
}

/// Every pair looked at; the clusters grown one by one from the lowest core.
fn brute(cases: &[[f64; 2]], times: &[f64], question: Dbscan, eps_time: f64) -> Clusters {
    let squared = |a: usize, b: usize| (cases[a][0] - cases[b][0]).powi(2) + (cases[a][1] - cases[b][1]).powi(2);
    let near =
        |a: usize, b: usize| squared(a, b) <= question.eps * question.eps && (times[a] - times[b]).abs() <= eps_time;
    let all = 0..cases.len();
    let core: Vec<bool> =
        all.clone().map(|a| all.clone().filter(|b| near(a, *b)).count() >= question.min_points).collect();
    let mut labels = vec![None; cases.len()];
    let mut count = 0;
    for first in all.clone().filter(|case| core[*case]) {
        if labels[first].is_some() {
            continue;
        }
        let mut open = vec![first];
        labels[first] = Some(count);
        while let Some(case) = open.pop() {
            for other in all.clone().filter(|other| core[*other] && near(case, *other)) {
                if labels[other].is_none() {
                    labels[other] = Some(count);
                    open.push(other);
                }
            }
        }
        count += 1;
    }
    let cores = labels.clone();
    for case in all.clone().filter(|case| !core[*case]) {
        let adjoining = all.clone().filter(|other| core[*other] && near(case, *other));
        labels[case] = match question.border {
            Border::First => adjoining.map(|other| cores[other].unwrap()).min(),
            Border::Nearest => adjoining
                .map(|other| (squared(case, other), cores[other].unwrap()))
                .min_by(|a, b| a.partial_cmp(b).unwrap())
                .map(|(_, label)| label),
        };
    }
    Clusters { labels, core, count: count as usize }
}

#[test]
fn density_clusters_equal_looking_at_every_pair() {
    let mut seeded = Seeded(6);
    for round in 0..120 {
        let count = 1 + seeded.below(250) as usize;
        let cases = clumps(&mut seeded, count, 300.0);
        let times: Vec<f64> = (0..count).map(|_| seeded.below(60) as f64 / 2.0).collect();
        let border = if round % 2 == 0 { Border::First } else { Border::Nearest };
        let eps = [0.5, 2.5, 10.0, 35.0, 1000.0][seeded.below(5) as usize];
        let question = Dbscan { eps, min_points: 1 + seeded.below(8) as usize, border };
        assert_eq!(dbscan(&cases, question).unwrap(), brute(&cases, &times, question, f64::INFINITY), "{question:?}");
        let eps_time = [0.5, 3.0, 100.0][seeded.below(3) as usize];
        let ours = st_dbscan(&cases, &times, question, eps_time).unwrap();
        assert_eq!(ours, brute(&cases, &times, question, eps_time), "{question:?} {eps_time}");
    }
}

#[test]
fn moving_and_renumbering_the_cases_changes_no_partition() {
    let mut seeded = Seeded(61);
    // Distances to two borders are equal on a lattice now and then; not so here.
    let cases: Vec<[f64; 2]> = clumps(&mut seeded, 300, 400.0)
        .into_iter()
        .map(|[x, y]| [x + (seeded.share() * 1024.0).floor() / 4096.0, y + (seeded.share() * 1024.0).floor() / 4096.0])
        .collect();
    let question = Dbscan { eps: 12.0, min_points: 4, border: Border::Nearest };
    let ours = dbscan(&cases, question).unwrap();
    let order = shuffled(&mut seeded, cases.len());
    let moved: Vec<[f64; 2]> =
        order.iter().map(|case| [cases[*case][0] + 65_536.0, cases[*case][1] - 1024.0]).collect();
    let theirs = dbscan(&moved, question).unwrap();
    let back: Vec<Option<u32>> = order.iter().map(|case| ours.labels[*case]).collect();
    assert!(ours.count > 3 && ours.noise() > 10);
    assert!(same_partition(&back, &theirs.labels));
}

#[test]
fn questions_about_clusters_that_make_no_sense_are_refused_by_name() {
    let question = Dbscan { eps: 10.0, min_points: 3, border: Border::Nearest };
    let cases = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
    assert_eq!(dbscan(&[], question), Err(HotspotError::NoCases));
    for eps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(dbscan(&cases, Dbscan { eps, ..question }).unwrap_err().to_string().contains("eps"));
    }
    let refused = dbscan(&cases, Dbscan { min_points: 0, ..question }).unwrap_err();
    assert_eq!(refused.to_string(), "min_points is 0, and must be at least 1");
    assert_eq!(
        dbscan(&[[0.0, 0.0], [f64::NAN, 0.0]], question),
        Err(HotspotError::NotFinite { what: "case", index: 1 })
    );
    assert!(dbscan(&[[0.0, 0.0], [1e9, 1e9]], Dbscan { eps: 1e-9, ..question }).is_err());
    assert!(st_dbscan(&cases, &[0.0, 1.0], question, 1.0).unwrap_err().to_string().contains("times has 2 entries"));
    assert!(st_dbscan(&cases, &[0.0, 1.0, f64::NAN], question, 1.0).is_err());
    assert!(st_dbscan(&cases, &[0.0, 1.0, 2.0], question, 0.0).is_err());
    let one = dbscan(&cases[..1], question).unwrap();
    assert_eq!((one.count, one.noise()), (0, 1));
    let together = dbscan(&[[5.0, 5.0]; 40], question).unwrap();
    assert_eq!((together.count, together.noise()), (1, 0));
}
