//! What cannot be answered is refused, and the refusal says which input it was and why.

use patrolmap::analysis::hotspots::backtest::{Rolling, accuracy, back_test, recapture_rate_index, sum_of_steps};
use patrolmap::analysis::hotspots::centre::{Scaling, ellipse, mean_centre, median_centre};
use patrolmap::analysis::hotspots::excess::{Excess, excess};
use patrolmap::analysis::hotspots::fdr::{discoveries, q_values};
use patrolmap::analysis::hotspots::gi_star::gi_star;
use patrolmap::analysis::hotspots::kde::{Kernel, kde};
use patrolmap::analysis::hotspots::lattice::{Lattice, Shape};
use patrolmap::analysis::hotspots::moran::local_moran;
use patrolmap::analysis::hotspots::network_kde::{DeadEnd, LinearKernel, NetworkKde, Split, network_kde};
use patrolmap::analysis::hotspots::permutation::{Permutations, permuted};
use patrolmap::analysis::hotspots::sections::{OnSection, Sections};
use patrolmap::analysis::hotspots::snap::snap;
use patrolmap::analysis::hotspots::streets::Streets;
use patrolmap::analysis::hotspots::weights::Weights;
use patrolmap::analysis::hotspots::{HotspotError, Position};

const NAN: f64 = f64::NAN;

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, HotspotError>, words: &[&str]) {
    let message = answer.expect_err("it is refused").to_string();
    for word in words {
        assert!(message.contains(word), "{message}: does not say {word}");
    }
}

#[test]
fn cases_that_make_no_pattern() {
    let places = [[0.0, 0.0], [500.0, 500.0]];
    let one_place = [[3.0, 4.0]; 9];
    for (cases, word) in [(&[][..], "no cases"), (&one_place[..1], "only one case"), (&one_place[..], "at one place")] {
        refused(kde(cases, &places, Kernel::Quartic, 100.0, 1), &[word]);
        refused(mean_centre(cases), &[word]);
        refused(median_centre(cases), &[word]);
        refused(ellipse(cases, Scaling::Esri), &[word]);
    }
    refused(ellipse(&places, Scaling::CrimeStat), &["2 cases", "at least 3"]);
    refused(mean_centre(&[[0.0, 0.0], [NAN, 1.0]]), &["case 1", "finite"]);

    let weights = Weights::queen(2, 2).unwrap();
    for (values, word) in [
        ([0.0; 4], "no cases"),
        ([0.0, 1.0, 0.0, 0.0], "only one case"),
        ([0.0, 7.0, 0.0, 0.0], "at one place"),
        ([2.0; 4], "the same"),
        ([1.0, NAN, 0.0, 2.0], "value 1"),
    ] {
        refused(gi_star(&values, &weights), &[word]);
        refused(local_moran(&values, &weights), &[word]);
        refused(permuted(&values, &weights, Permutations { draws: 9, seed: 1 }, 1), &[word]);
    }
    refused(gi_star(&[1.0, 2.0], &weights), &["values", "2", "4"]);
    refused(permuted(&[1.0, 2.0, 3.0, 4.0], &weights, Permutations { draws: 0, seed: 1 }, 1), &["permutations"]);
    let lengths = [100.0; 4];
    for (counts, word) in [([0; 4], "no cases"), ([0, 1, 0, 0], "only one"), ([0, 5, 0, 0], "at one place")] {
        refused(excess(&counts, &lengths, &weights, None, 0.05), &[word]);
    }
    let lattice = Lattice::new(Shape::Hexagon, 100.0, "EPSG:32648").unwrap();
    refused(lattice.count(&[]), &["no cases"]);
    refused(lattice.count(&[[0.0, 0.0], [1e12, 1e12]]), &["cells", "larger"]);
    refused(lattice.count(&[[0.0, 0.0], [f64::INFINITY, 0.0]]), &["case 1"]);
}

#[test]
fn parameters_out_of_range() {
    let cases: [Position; 3] = [[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]];
    for bandwidth in [0.0, -1.0, NAN, f64::INFINITY] {
        refused(kde(&cases, &cases, Kernel::Gaussian, bandwidth, 1), &["bandwidth", "above 0"]);
        refused(Lattice::new(Shape::Square, bandwidth, "EPSG:32648"), &["cell size"]);
    }
    refused(kde(&cases, &cases, Kernel::Gaussian, 150.0, 1), &["bandwidth", "150", "city", "141"]);
    assert!(kde(&cases, &cases, Kernel::Gaussian, 140.0, 1).is_ok());
    refused(kde(&cases, &[[NAN, 0.0]], Kernel::Gaussian, 50.0, 1), &["place 0"]);

    let streets = Streets::new(&[[0, 1], [1, 2]], &[100.0, 50.0]).unwrap();
    let on = |section, offset_m| OnSection { section, offset_m };
    let density = |cases: &[OnSection], bandwidth_m| {
        let split = Split::Continuous(DeadEnd::Reflecting);
        let wanted = NetworkKde { split, kernel: LinearKernel::Quartic, bandwidth_m };
        network_kde(&streets, cases, &[on(0, 5.0)], wanted, 1)
    };
    refused(density(&[], 20.0), &["no cases"]);
    refused(density(&[on(0, 5.0)], 0.0), &["bandwidth"]);
    refused(density(&[on(0, 5.0)], 151.0), &["bandwidth", "150"]);
    refused(density(&[on(0, 5.0), on(1, 50.1)], 20.0), &["case 1", "50.1"]);
    refused(density(&[on(2, 5.0)], 20.0), &["case 0", "2", "0 to 1"]);
    refused(density(&[on(0, NAN)], 20.0), &["case 0"]);

    for alpha in [0.0, 1.0, -0.1, 1.5, NAN] {
        refused(discoveries(&[0.5], alpha), &["alpha", "between 0 and 1"]);
        let weights = Weights::sharing_ends(&streets);
        refused(excess(&[3, 4], &[100.0, 50.0], &weights, None, alpha), &["alpha"]);
    }
    refused(q_values(&[0.5, 1.1]), &["p-value 1", "1.1"]);
    refused(q_values(&[NAN]), &["p-value 0"]);
}

#[test]
fn streets_weights_and_sections_that_are_none() {
    let none: [Vec<Position>; 0] = [];
    refused(Sections::new(&none), &["0 sections"]);
    refused(Sections::new(&[vec![[0.0, 0.0], [1.0, 0.0]], vec![[1.0, 1.0]]]), &["section 1", "two vertices"]);
    refused(Sections::new(&[[[1.0, 1.0], [1.0, 1.0]]]), &["section 0", "no length"]);
    refused(Sections::new(&[[[1.0, 1.0], [1.0, NAN]]]), &["vertex", "finite"]);
    let sections = Sections::new(&[[[0.0, 0.0], [1.0, 0.0]]]).unwrap();
    refused(snap(&[[0.0, NAN]], &sections, 50.0), &["case 0"]);
    refused(snap(&[[0.0, 0.0]], &sections, 0.0), &["limit"]);
    refused(Streets::new(&[[0, 1]], &[0.0]), &["section 0", "length"]);
    refused(Streets::new(&[[0, 1]], &[1.0, 2.0]), &["lengths", "2", "1"]);
    refused(Streets::new(&[[0, 4_000_000_000]], &[1.0]), &["junctions"]);
    refused(Weights::from_rows(&[vec![(1, 1.0)]]), &["unit 0", "0 to 0"]);
    refused(Weights::from_rows(&[vec![(0, NAN)]]), &["unit 0"]);
    refused(Weights::from_rows(&[vec![(0, -1.0)]]), &["unit 0", "negative"]);
    refused(Weights::queen(0, 4), &["cells"]);
    refused(Weights::queen(100_000, 100_000), &["cells", "larger"]);
}

#[test]
fn hold_outs_that_cannot_be_measured() {
    refused(accuracy(&[1.0, 2.0], &[0, 0], None, 0.5), &["no cases"]);
    refused(accuracy(&[1.0, NAN], &[1, 0], None, 0.5), &["score 1"]);
    refused(accuracy(&[1.0, 2.0], &[1], None, 0.5), &["later counts", "1", "2"]);
    refused(accuracy(&[1.0, 2.0], &[1, 1], Some(&[1.0, -1.0]), 0.5), &["size 1", "negative"]);
    for share in [0.0, 1.01, NAN] {
        refused(accuracy(&[1.0, 2.0], &[1, 1], None, share), &["share"]);
    }
    refused(recapture_rate_index(&[true, false], &[0, 3], &[1, 1]), &["before", "flagged"]);
    let rolling = Rolling { first_origin: 2, window: None, horizon: 1 };
    let scores = |past: &[Vec<u32>]| Ok(sum_of_steps(past).into_iter().map(f64::from).collect());
    refused(back_test(&[vec![1, 2], vec![1, 2]], None, 0.5, rolling, scores), &["2 steps", "at least 3"]);
    refused(back_test(&[vec![1, 2], vec![1], vec![1, 2]], None, 0.5, rolling, scores), &["counts of a step"]);
    let never = Rolling { horizon: 0, ..rolling };
    refused(back_test(&[vec![1, 2]], None, 0.5, never, scores), &["steps"]);
}

#[test]
fn a_back_test_rolls_through_time_and_never_sees_what_comes() {
    let counts: Vec<Vec<u32>> = (0..6).map(|step| (0..10).map(|unit| u32::from(unit == step)).collect()).collect();
    let rolling = Rolling { first_origin: 2, window: Some(2), horizon: 1 };
    let mut seen = Vec::new();
    let origins = back_test(&counts, None, 0.2, rolling, |past| {
        seen.push(past.len());
        // The case moves on by one unit a step; whoever extrapolates hits every time.
        let last = past[past.len() - 1].iter().position(|count| *count == 1).unwrap();
        Ok((0..10).map(|unit| if unit == last + 1 { 2.0 } else { f64::from(sum_of_steps(past)[unit]) }).collect())
    })
    .unwrap();
    assert_eq!(seen, [2; 4]);
    assert_eq!(origins.iter().map(|origin| origin.step).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert!(origins.iter().all(|origin| origin.accuracy.hits == 1.0 && origin.accuracy.pai == 5.0));
    let by_count = |past: &[Vec<u32>]| Ok(sum_of_steps(past).into_iter().map(f64::from).collect());
    let origins = back_test(&counts, None, 0.2, rolling, by_count).unwrap();
    assert!(origins.iter().all(|origin| origin.accuracy.hits == 0.0));
}

#[test]
fn where_nobody_looked_is_not_quiet() {
    let streets = Streets::new(&[[0, 1], [1, 2], [2, 3], [4, 5]], &[100.0; 4]).unwrap();
    let around = Weights::network_band(&streets, 250.0).unwrap();
    let found = excess(&[0, 40, 3, 2], &[0.0, 100.0, 100.0, 100.0], &around, Some(10.0), 0.05).unwrap();
    assert_eq!(found.sections[0], Excess::NotObserved);
    assert_eq!(found.sections[3], Excess::Alone);
    assert_eq!(found.hot(), [1]);
    // A quiet neighbourhood does not make one case a hotspot.
    let found = excess(&[1, 0, 0, 5], &[100.0; 4], &around, Some(f64::INFINITY), 0.05).unwrap();
    assert!(found.hot().is_empty(), "{found:?}");
}
