//! Counts and significance on cells, streets and districts: Boston, Montreal, Geodanet, Columbus.

use patrolmap::analysis::hotspots::Position;
use patrolmap::analysis::hotspots::backtest::{accuracy, recapture_rate_index};
use patrolmap::analysis::hotspots::gi_star::gi_star;
use patrolmap::analysis::hotspots::kde::{Kernel, kde};
use patrolmap::analysis::hotspots::lattice::{Lattice, Shape};
use patrolmap::analysis::hotspots::moran::local_moran;
use patrolmap::analysis::hotspots::permutation::{Permutations, permuted};
use patrolmap::analysis::hotspots::sections::{Sections, rates_per_100_m};
use patrolmap::analysis::hotspots::snap::snap;
use patrolmap::analysis::hotspots::streets::Streets;
use patrolmap::analysis::hotspots::weights::Weights;

use super::tables::{Table, close, summary};

const BOSTON: &str = "inputs/boston_illegal_parking_33014.csv.gz";

fn classes(given: &[i8], expected: &[f64]) {
    let given: Vec<f64> = given.iter().map(|class| f64::from(*class)).collect();
    assert_eq!(given, expected);
}

#[test]
fn gi_star_on_cells_of_two_cities_is_the_reference() {
    let test = "hotspots::gi_star_on_cells";
    for (cases, expected) in [
        ("inputs/mtl_bike_accidents.csv", "expected/c1_gi_grid_mtl_250m.csv"),
        (BOSTON, "expected/c1_gi_grid_boston_250m.csv.gz"),
    ] {
        let (Some(cases), Some(expected)) = (Table::read(test, cases), Table::read(test, expected)) else { return };
        let lattice = Lattice::new(Shape::Square, 250.0, "EPSG:32619").unwrap();
        let block = lattice.count(&cases.positions()).unwrap();
        assert_eq!(block.values(), expected.numbers("count"));
        let binary = lattice.neighbours(&block).unwrap();
        for weights in [binary.clone(), binary.row_standardised()] {
            let found = gi_star(&block.values(), &weights).unwrap();
            close("z", &found.z, &expected.numbers("z"), 1e-8);
            close("p", &found.p, &expected.numbers("p"), 1e-8);
            close("q", &found.q, &expected.numbers("q"), 1e-8);
            classes(&found.class, &expected.numbers("cls"));
        }
    }
}

#[test]
fn crimes_on_streets_are_snapped_and_judged_as_in_the_reference() {
    let test = "hotspots::crimes_on_streets";
    let read = |file: &str| Table::read(test, file);
    let (Some(streets), Some(crimes)) = (read("inputs/geodanet_streets.csv"), read("inputs/geodanet_crimes.csv"))
    else {
        return;
    };
    let (snapped, judged) =
        (read("expected/c2_snap_geodanet.csv").unwrap(), read("expected/c2_gi_segments_geodanet.csv").unwrap());
    let sections = Sections::new(&streets.lines()).unwrap();
    let found = snap(&crimes.positions(), &sections, 1000.0).unwrap();
    assert_eq!(found.rejected, 0);
    let cases: Vec<_> = found.cases.iter().flatten().collect();
    let numbers: Vec<f64> = cases.iter().map(|case| f64::from(case.place.section)).collect();
    assert_eq!(numbers, snapped.numbers("seg"));
    close(
        "offset",
        &cases.iter().map(|case| case.place.offset_m).collect::<Vec<_>>(),
        &snapped.numbers("offset"),
        1e-6,
    );
    close("distance", &cases.iter().map(|case| case.distance_m).collect::<Vec<_>>(), &snapped.numbers("dist"), 1e-6);

    let network = Streets::from_sections(&sections, 0.001).unwrap();
    assert_eq!(network.junctions(), 220);
    let weights = Weights::sharing_ends(&network);
    let neighbours: Vec<f64> = (0..weights.len()).map(|unit| weights.row(unit).neighbours.len() as f64).collect();
    assert_eq!(neighbours, judged.numbers("n_neighbours"));
    let counts: Vec<f64> = found.counts().into_iter().map(f64::from).collect();
    assert_eq!(counts, judged.numbers("count"));
    let by_count = gi_star(&counts, &weights).unwrap();
    close("z", &by_count.z, &judged.numbers("z"), 1e-8);
    close("q", &by_count.q, &judged.numbers("q"), 1e-8);
    classes(&by_count.class, &judged.numbers("cls"));
    let rates: Vec<f64> =
        counts.iter().zip(sections.lengths()).map(|(count, length)| count / length * 1000.0).collect();
    close("rate", &rates, &judged.numbers("rate_per_1000ft"), 1e-6);
    let per_100: Vec<f64> = rates.iter().map(|rate| rate / 10.0).collect();
    close("rate per 100", &rates_per_100_m(&found.counts(), &sections).unwrap(), &per_100, 1e-9);
    let by_rate = gi_star(&rates, &weights).unwrap();
    close("z of rates", &by_rate.z, &judged.numbers("z_rate"), 1e-8);
    close("q of rates", &by_rate.q, &judged.numbers("q_rate"), 1e-8);
    classes(&by_rate.class, &judged.numbers("cls_rate"));
}

fn vertices(value: &serde_json::Value, found: &mut Vec<(u64, u64)>) {
    let parts = value.as_array().unwrap();
    match parts[0].as_f64() {
        Some(x) => found.push((x.to_bits(), parts[1].as_f64().unwrap().to_bits())),
        None => parts.iter().for_each(|part| vertices(part, found)),
    }
}

/// Districts are neighbours where their borders share a vertex.
fn columbus() -> Option<Weights> {
    let path = crate::support::shared("hotspots::columbus", "hotspot/inputs/columbus.geojson")?;
    let map: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let districts: Vec<std::collections::HashSet<(u64, u64)>> = map["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| {
            let mut found = Vec::new();
            vertices(&feature["geometry"]["coordinates"], &mut found);
            found.into_iter().collect()
        })
        .collect();
    let rows: Vec<Vec<(u32, f64)>> = (0..districts.len())
        .map(|one| {
            let touches = |other: &usize| *other != one && !districts[one].is_disjoint(&districts[*other]);
            (0..districts.len()).filter(touches).map(|other| (other as u32, 1.0)).collect()
        })
        .collect();
    Some(Weights::from_rows(&rows).unwrap())
}

#[test]
fn local_moran_and_permutations_of_columbus_are_the_reference() {
    let test = "hotspots::columbus";
    let (Some(binary), Some(expected)) = (columbus(), Table::read(test, "expected/c3_columbus_lisa.csv")) else {
        return;
    };
    let crime = expected.numbers("crime");
    let weights = binary.row_standardised();
    let found = local_moran(&crime, &weights).unwrap();
    close("index", &found.index, &expected.numbers("I"), 1e-8);
    close("expectation", &found.expectation, &expected.numbers("EI_cond"), 1e-8);
    close("variance", &found.variance, &expected.numbers("VI_cond"), 1e-8);
    close("z", &found.z, &expected.numbers("z_cond"), 1e-8);
    close("p", &found.p, &expected.numbers("p_cond"), 1e-8);
    close("q", &found.q, &expected.numbers("q_cond"), 1e-8);
    let quadrants: Vec<f64> = found.quadrant.iter().map(|quadrant| f64::from(quadrant.number())).collect();
    assert_eq!(quadrants, expected.numbers("quadrant"));
    for weights in [&binary, &weights] {
        close("Gi*", &gi_star(&crime, weights).unwrap().z, &expected.numbers("gi_star_z"), 1e-8);
    }
    // Ten times the draws of the reference: what is left is the reference's own Monte-Carlo error, binomial in the draws
    // beyond the index on one side, and twice that where both sides are told.
    let (draws, draws_of_reference) = (999_999, 99_999.0);
    for seed in [1, 2] {
        let by_draws = permuted(&crime, &weights, Permutations { draws, seed }, 2).unwrap();
        assert_eq!(by_draws, permuted(&crime, &binary, Permutations { draws, seed }, 1).unwrap());
        for (p, reference) in by_draws.p.iter().zip(expected.numbers("p_sim_folded")) {
            let side = reference / 2.0;
            let deviation = 2.0 * (side * (1.0 - side) / draws_of_reference).sqrt();
            assert!((p - reference).abs() <= 4.0 * deviation + 1e-5, "{p} instead of {reference}");
        }
    }
}

#[test]
fn a_hold_out_of_boston_is_measured_as_in_the_reference() {
    let test = "hotspots::hold_out";
    let (Some(table), Some(summary)) = (Table::read(test, BOSTON), summary(test)) else { return };
    let cases = table.positions();
    let lattice = Lattice::new(Shape::Square, 250.0, "EPSG:32619").unwrap();
    let block = lattice.count(&cases).unwrap();
    let times = table.texts("datetime");
    let index = |case: &Position| {
        let cell = lattice.cell(*case);
        (cell.row - block.first.row) as usize * block.columns + (cell.column - block.first.column) as usize
    };
    let (mut before, mut later) = (vec![0_u32; block.counts.len()], vec![0_u32; block.counts.len()]);
    let mut training = Vec::new();
    for (case, time) in cases.iter().zip(times) {
        if time < "2019-10-01" {
            before[index(case)] += 1;
            training.push(*case);
        } else {
            later[index(case)] += 1;
        }
    }
    let counts: Vec<f64> = before.iter().map(|count| f64::from(*count)).collect();
    let centres: Vec<Position> = (0..counts.len()).map(|at| lattice.centre(block.cell(at))).collect();
    let surface = kde(&training, &centres, Kernel::Quartic, 500.0, 1).unwrap();
    let z = gi_star(&counts, &lattice.neighbours(&block).unwrap()).unwrap().z;
    for (name, scores) in [("count", &counts), ("kde_quartic500", &surface), ("gi_star", &z)] {
        for percent in [1, 5, 10] {
            let expected = &summary["c9"][format!("{name}_{percent}pct")];
            let found = accuracy(scores, &later, None, f64::from(percent) / 100.0).unwrap();
            assert_eq!(found.flagged as u64, expected["flagged"].as_u64().unwrap());
            assert_eq!(found.cases, expected["N"].as_u64().unwrap());
            assert_eq!(found.hits, expected["n"].as_f64().unwrap(), "{name} {percent}");
            assert_eq!(found.best_hits, expected["n_best"].as_f64().unwrap());
            let given = [found.hit_rate, found.size_share, found.pai, found.pei];
            let names = ["hit_rate", "area_share", "PAI", "PEI"];
            close(name, &given, &names.map(|name| expected[name].as_f64().unwrap()), 1e-12);
        }
    }
}

#[test]
fn accuracy_on_ten_cells_by_hand() {
    let scores = [9.0, 7.0, 7.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let later = [4, 1, 5, 2, 0, 3, 0, 0, 0, 0];
    for (share, hits, pai, pei) in
        [(0.1, 4.0, 8.0 / 3.0, 0.8), (0.2, 5.0, 5.0 / 3.0, 5.0 / 9.0), (0.3, 10.0, 20.0 / 9.0, 10.0 / 12.0)]
    {
        let found = accuracy(&scores, &later, Some(&[0.0625; 10]), share).unwrap();
        close("hits", &[found.hits], &[hits], 1e-12);
        close("indices", &[found.pai, found.pei], &[pai, pei], 1e-12);
        close("hits per km2", &[found.ser], &[hits / (0.625 * share)], 1e-9);
        assert_eq!(accuracy(&scores, &later, None, share).unwrap().hits, hits);
    }
    // Of unequal streets as much length is flagged whatever the ranking: a quarter is half of the long one, or the short
    // one and a bit of the next.
    let (lengths, later) = ([400.0, 100.0, 300.0], [6, 3, 3]);
    for (scores, hits, flagged) in [([3.0, 2.0, 1.0], 3.0, 1), ([1.0, 3.0, 2.0], 4.0, 2), ([1.0, 2.0, 3.0], 2.0, 1)] {
        let found = accuracy(&scores, &later, Some(&lengths), 0.25).unwrap();
        assert_eq!((found.flagged, found.size_share), (flagged, 0.25));
        close("of length", &[found.hits, found.pai], &[hits, hits / 12.0 / 0.25], 1e-12);
        // The best choice of equal length: the short one, and a quarter of the long one.
        close("efficiency", &[found.best_hits, found.pei], &[4.5, hits / 4.5], 1e-12);
    }
    // 2 of 4 before, 3 of 5 later.
    let held = recapture_rate_index(&[true, false], &[2, 2], &[3, 2]).unwrap();
    close("recapture", &[held], &[1.2], 1e-12);
}
