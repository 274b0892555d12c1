//! Knox, modified Knox and the near-repeat table: published values, brute force, seeds and threads.

use patrolmap::analysis::hotspots::HotspotError;
use patrolmap::analysis::hotspots::knox::{Knox, knox};
use patrolmap::analysis::hotspots::near_repeat::near_repeat;
use patrolmap::analysis::hotspots::permutation::Permutations;

use super::{Table, close, clumps, days, shuffled, summary};
use crate::support::{BOSTON, Seeded};

const CHANCE: Permutations = Permutations { draws: 99, seed: 11 };

#[test]
fn the_published_values_of_burkitt_are_met() {
    let Some(wanted) = summary("hotspot_events::burkitt") else { return };
    let Some(table) = Table::read("hotspot_events::burkitt", "inputs/burkitt.csv") else { return };
    let wanted = &wanted["c11_burkitt"];
    let ours = knox(&table.positions(), &table.numbers("t"), 20.0, 5.0, CHANCE, 1).unwrap();
    assert_eq!((ours.statistic, ours.space_pairs, ours.time_pairs, ours.pairs), (13, 3429, 52, 17578));
    close("expected", ours.expected, wanted["expected"].as_f64().unwrap(), 1e-13);
    close("modified", ours.modified, wanted["modified_knox"].as_f64().unwrap(), 1e-13);
    close("modified, as published", ours.modified, 2.810_160_43, 1e-8);
    // The reference names P(X > 13); ours is P(X >= 13).
    let mean = ours.expected;
    let at_13 = (13.0 * mean.ln() - mean - (1..=13).map(|k| f64::from(k).ln()).sum::<f64>()).exp();
    close("poisson", ours.poisson_p - at_13, wanted["poisson_p_pointpats"].as_f64().unwrap(), 1e-9);
    assert!((0.05..0.4).contains(&ours.p), "{}", ours.p);
}

#[test]
fn the_reference_counts_of_boston_are_met() {
    let Some(wanted) = summary("hotspot_events::boston_knox") else { return };
    let Some(table) = Table::read("hotspot_events::boston_knox", BOSTON.trim_start_matches("hotspot/")) else { return };
    let times: Vec<f64> = table.text("datetime").into_iter().take(4000).map(days).collect();
    let wanted = &wanted["c11_boston_first4000"];
    let ours = knox(&table.positions()[..4000], &times, 200.0, 7.0, CHANCE, 1).unwrap();
    assert_eq!(ours.statistic, wanted["stat"]);
    assert_eq!(ours.space_pairs, wanted["n_space"]);
    assert_eq!(ours.time_pairs, wanted["n_time"]);
    assert_eq!(ours.pairs, wanted["pairs"]);
    close("expected", ours.expected, wanted["expected"].as_f64().unwrap(), 1e-13);
    assert_eq!(ours.p, 0.01);
}

fn brute(cases: &[[f64; 2]], times: &[f64], distance: f64, time: f64) -> (u64, u64, u64, f64) {
    let n = cases.len();
    let (mut both, mut near, mut soon) = (0, 0, 0);
    let (mut space, mut when) = (vec![0.0; n], vec![0.0; n]);
    for a in 0..n {
        for b in 0..a {
            let close =
                (cases[a][0] - cases[b][0]).powi(2) + (cases[a][1] - cases[b][1]).powi(2) <= distance * distance;
            let fast = (times[a] - times[b]).abs() <= time;
            both += u64::from(close && fast);
            near += u64::from(close);
            soon += u64::from(fast);
            for end in [a, b] {
                space[end] += f64::from(u8::from(close));
                when[end] += f64::from(u8::from(fast));
            }
        }
    }
    let product: f64 = space.iter().zip(&when).map(|(a, b)| a * b).sum();
    (both, near, soon, both as f64 - product / (n as f64 - 1.0) / 2.0)
}

#[test]
fn knox_equals_looking_at_every_pair() {
    let mut seeded = Seeded(13);
    for _ in 0..60 {
        let count = 3 + seeded.below(200) as usize;
        let cases = clumps(&mut seeded, count, 200.0);
        let times: Vec<f64> = (0..count).map(|_| seeded.below(80) as f64 / 4.0).collect();
        let (distance, time) =
            ([0.5, 10.0, 45.0, 900.0][seeded.below(4) as usize], [0.25, 3.0, 50.0][seeded.below(3) as usize]);
        let ours = knox(&cases, &times, distance, time, Permutations { draws: 5, ..CHANCE }, 1).unwrap();
        let (both, near, soon, modified) = brute(&cases, &times, distance, time);
        assert_eq!((ours.statistic, ours.space_pairs, ours.time_pairs), (both, near, soon));
        close("modified", ours.modified, modified, 1e-9);
    }
}

#[test]
fn the_table_sums_to_knox_and_both_keep_to_the_seed_on_any_number_of_threads() {
    let mut seeded = Seeded(17);
    let cases = clumps(&mut seeded, 400, 500.0);
    let times: Vec<f64> = (0..400).map(|_| seeded.share() * 100.0).collect();
    let distances = [0.0, 25.0, 50.0, 100.0];
    let limits = [1.0, 7.0, 14.0];
    let table = near_repeat(&cases, &times, &distances, &limits, CHANCE, 1).unwrap();
    assert_eq!(table.cells.len(), 12);
    let sum: u64 = table.cells.iter().map(|cell| cell.observed).sum();
    let whole = knox(&cases, &times, 100.0, 14.0, CHANCE, 1).unwrap();
    assert_eq!(sum, whole.statistic);
    let first_two =
        |distance: f64| table.cells.iter().filter(move |cell| cell.distance == distance && cell.time <= 7.0);
    let same_place: u64 = first_two(0.0).map(|cell| cell.observed).sum();
    let within_25: u64 = first_two(25.0).map(|cell| cell.observed).sum();
    assert_eq!(same_place + within_25, knox(&cases, &times, 25.0, 7.0, CHANCE, 1).unwrap().statistic);
    for threads in [2, 3, 8] {
        assert_eq!(near_repeat(&cases, &times, &distances, &limits, CHANCE, threads).unwrap(), table);
        assert_eq!(knox(&cases, &times, 100.0, 14.0, CHANCE, threads).unwrap(), whole);
    }
    let other = near_repeat(&cases, &times, &distances, &limits, Permutations { seed: 12, ..CHANCE }, 1).unwrap();
    assert_ne!(other.cells, table.cells);
}

#[test]
fn repeats_that_were_planted_are_found_and_renumbering_changes_no_count() {
    let mut seeded = Seeded(19);
    let mut cases = Vec::new();
    let mut times = Vec::new();
    for _ in 0..150 {
        let (place, time) = ([seeded.share() * 3000.0, seeded.share() * 3000.0], seeded.share() * 300.0);
        cases.extend([place, [place[0] + seeded.share() * 40.0, place[1]]]);
        times.extend([time, time + seeded.share() * 3.0]);
    }
    let table = near_repeat(&cases, &times, &[50.0, 100.0, 200.0], &[4.0, 8.0, 16.0], CHANCE, 1).unwrap();
    assert!(table.cells[0].ratio.unwrap() > 5.0 && table.cells[0].p == 0.01);
    assert!(table.cells[1..].iter().filter(|cell| cell.p <= 0.05).count() <= 3);
    let order = shuffled(&mut seeded, cases.len());
    let moved: Vec<[f64; 2]> = order.iter().map(|at| [cases[*at][0] + 1024.0, cases[*at][1] - 512.0]).collect();
    let later: Vec<f64> = order.iter().map(|at| times[*at]).collect();
    let counts = |k: Knox| (k.statistic, k.space_pairs, k.time_pairs, k.modified.to_bits());
    assert_eq!(
        counts(knox(&cases, &times, 50.0, 4.0, CHANCE, 1).unwrap()),
        counts(knox(&moved, &later, 50.0, 4.0, CHANCE, 1).unwrap())
    );
}

#[test]
fn the_p_value_is_uniform_where_there_is_no_interaction() {
    let mut seeded = Seeded(23);
    let mut low = 0;
    let mut sum = 0.0;
    for round in 0..300 {
        let cases = clumps(&mut seeded, 60, 100.0);
        let times: Vec<f64> = (0..60).map(|_| seeded.share() * 30.0).collect();
        let p = knox(&cases, &times, 15.0, 3.0, Permutations { draws: 99, seed: round }, 1).unwrap().p;
        low += u32::from(p <= 0.1);
        sum += p;
    }
    // Ties lift p a little. 30 expected of 300, standard deviation 5.2.
    assert!((10..=47).contains(&low), "{low}");
    assert!((0.45..0.60).contains(&(sum / 300.0)), "{}", sum / 300.0);
}

#[test]
fn questions_about_interaction_that_make_no_sense_are_refused_by_name() {
    let cases = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
    let times = [0.0, 1.0, 2.0];
    assert_eq!(knox(&[], &[], 1.0, 1.0, CHANCE, 1), Err(HotspotError::NoCases));
    assert_eq!(knox(&cases[..1], &times[..1], 1.0, 1.0, CHANCE, 1), Err(HotspotError::OneCase));
    assert_eq!(knox(&[[1.0, 1.0]; 3], &times, 1.0, 1.0, CHANCE, 1), Err(HotspotError::OnePlace));
    assert_eq!(knox(&cases, &[4.0; 3], 1.0, 1.0, CHANCE, 1), Err(HotspotError::NoVariation));
    assert!(knox(&cases, &times[..2], 1.0, 1.0, CHANCE, 1).unwrap_err().to_string().contains("times has 2 entries"));
    assert!(knox(&cases, &[0.0, f64::NAN, 1.0], 1.0, 1.0, CHANCE, 1).is_err());
    for bad in [0.0, -1.0, f64::NAN] {
        assert!(knox(&cases, &times, bad, 1.0, CHANCE, 1).unwrap_err().to_string().starts_with("distance is"));
        assert!(knox(&cases, &times, 1.0, bad, CHANCE, 1).unwrap_err().to_string().starts_with("time is"));
    }
    for edges in [&[][..], &[-1.0, 2.0], &[2.0, 2.0], &[3.0, 1.0], &[0.0], &[1.0, f64::NAN]] {
        assert!(near_repeat(&cases, &times, edges, &[1.0], CHANCE, 1).unwrap_err().to_string().contains("edge"));
        assert!(near_repeat(&cases, &times, &[1.0], edges, CHANCE, 1).unwrap_err().to_string().contains("edge"));
    }
    let none = Permutations { draws: 0, ..CHANCE };
    assert!(near_repeat(&cases, &times, &[1.0], &[1.0], none, 1).is_err());
}
