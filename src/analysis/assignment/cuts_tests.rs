//! Whether least cuts are least where that can be proven, whole, within the band, and the same on any threads.

use proptest::prelude::*;

use super::cover::{Sets, cover};
use super::cut::Cut;
use super::cuts::least_cut;
use super::enumerate::all_districts;
use super::graph::Graph;
use super::model::{Lists, Model};
use super::recut::recut;
use super::tempering::{Heats, cool};
use crate::analysis::random::Random;

fn grid(width: usize, height: usize, labels: usize, weight: Vec<f64>, band: f64) -> Model {
    let mut pairs = Vec::new();
    let mut edges = 0;
    for node in 0..width * height {
        let (right, below) = ((node + 1) % width != 0, node + width < width * height);
        for other in [right.then_some(node + 1), below.then_some(node + width)].into_iter().flatten() {
            pairs.extend([(node as u32, edges), (other as u32, edges)]);
            edges += 1;
        }
    }
    let mut model = Model::new(labels, weight, Lists::of_pairs(width * height, &pairs), vec![1.0; edges as usize]);
    model.set_band(band);
    model
}

/// The least cut of all labellings in one piece a label and within the band.
fn tried_all(model: &Model) -> Option<f64> {
    let units = model.units() as u32;
    let labellings = (model.labels as u32).pow(units - 1);
    let label = |mut number: u32| {
        (0..units).map(|_| (number % model.labels as u32, number /= model.labels as u32).0).collect::<Vec<u32>>()
    };
    let valid = |label: &Vec<u32>| {
        let used = (0..model.labels as u32).all(|own| label.contains(&own));
        used && model.excess(label) == 0.0 && model.pieces(label).1 == model.labels
    };
    (0..labellings).map(label).filter(valid).map(|label| model.net_cost(&label)).min_by(f64::total_cmp)
}

/// Stripes of whole columns: one piece each.
fn stripes(width: usize, height: usize, labels: usize) -> Vec<u8> {
    (0..width * height).map(|node| (node % width * labels / width) as u8).collect()
}

fn whole(model: &Model, label: &[u8]) -> bool {
    model.pieces(label).1 == model.labels && (0..model.labels).all(|own| label.contains(&(own as u8)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_least_cut_of_a_small_graph_is_found(
        weight in prop::collection::vec(1u32..9, 12),
        labels in 2usize..4,
        band in 0.0f64..0.3,
    ) {
        let model = grid(4, 3, labels, weight.into_iter().map(f64::from).collect(), band);
        let graph = Graph::of(&model).expect("a grid is a graph");
        let sets = Sets::new(&graph);
        let all = all_districts(&graph, &sets, 1 << 20).expect("few sets");
        let found = cover(&graph, &sets, &all, None).map(|found| {
            assert!(found.proven && whole(&model, &found.label));
            let label: Vec<u32> = found.label.into_iter().map(u32::from).collect();
            assert_eq!(model.excess(&label), 0.0);
            model.net_cost(&label)
        });
        prop_assert_eq!(found, tried_all(&model));
    }

    #[test]
    fn moves_keep_labels_whole_and_the_books_straight(
        seed in any::<u64>(),
        weight in prop::collection::vec(0.1f64..9.0, 60),
        labels in 2usize..5,
    ) {
        let model = grid(10, 6, labels, weight, 0.05);
        let graph = Graph::of(&model).expect("a grid is a graph");
        let mut random = Random::new(seed);
        let mut label = stripes(10, 6, labels);
        recut(&graph, &mut label, &mut random);
        prop_assert!(whole(&model, &label));
        let heats = Heats { hot: 2.0, cold: 0.5, loose: 5.0, tight: 500.0 };
        let found = cool(&graph, label, 4000, &heats, &mut random, &|| false);
        prop_assert!(whole(&model, &found.label));
        let plain: Vec<u32> = found.label.iter().map(|label| u32::from(*label)).collect();
        prop_assert!((found.cut - model.net_cost(&plain)).abs() < 1e-9);
        prop_assert!((found.outside - model.excess(&plain)).abs() < 1e-9);
        let anew = Cut::new(&graph, found.label);
        prop_assert!((0..labels).all(|own| (anew.rim[own] - Sets::new(&graph).rim(anew.mask[own])).abs() < 1e-9));
    }
}

/// Quarters of a square of side n cost 2 n: a district of m squares has a rim of at least 4 sqrt(m).
#[test]
fn a_square_falls_into_quarters_on_any_number_of_threads() {
    for side in [8, 12] {
        let model = grid(side, side, 4, vec![1.0; side * side], 0.01);
        let found = [1, 2].map(|threads| least_cut(&model, 1, threads, &|| false).expect("a graph").expect("no rules"));
        assert_eq!(found[0], found[1]);
        assert_eq!((model.net_cost(&found[0]), model.excess(&found[0])), (2.0 * side as f64, 0.0));
        assert_eq!(model.pieces(&found[0]).1, 4);
    }
}

#[test]
fn a_search_that_is_stopped_at_once_still_gives_whole_labels() {
    for side in [6, 12] {
        let model = grid(side, side, 3, (0..side * side).map(|at| 1.0 + (at % 7) as f64).collect(), 0.01);
        let found = least_cut(&model, 1, 2, &|| true).expect("a graph").expect("no rules");
        assert_eq!(model.pieces(&found).1, 3);
    }
}

#[test]
fn what_is_more_than_a_graph_is_left_to_the_general_search() {
    let mut model = grid(4, 4, 2, vec![1.0; 16], 0.1);
    model.cost[3] = 1.0;
    assert!(least_cut(&model, 1, 1, &|| false).is_none());
}
