//! The space-time cube, Mann-Kendall, Sen's slope and emerging hot spots: the reference to its digits, and every case.

use std::collections::{HashMap, HashSet};

use patrolmap::analysis::hotspots::HotspotError;
use patrolmap::analysis::hotspots::cube::{Cube, LatticeCube};
use patrolmap::analysis::hotspots::emerging::{Category, Step, categorise, emerging};
use patrolmap::analysis::hotspots::lattice::{Lattice, Shape};
use patrolmap::analysis::hotspots::trend::{mann_kendall, sen_slope};
use patrolmap::analysis::hotspots::weights::Weights;

use super::{Table, close, clumps, days, shuffled, summary};
use crate::support::{BOSTON, Seeded};

fn months() -> Vec<f64> {
    let month = |at: usize| days(&format!("{}-{:02}-01", 2018 + (at + 10) / 12, (at + 10) % 12 + 1));
    (0..=14).map(month).collect()
}

fn boston(test: &str) -> Option<LatticeCube> {
    let table = Table::read(test, BOSTON.trim_start_matches("hotspot/"))?;
    let times: Vec<f64> = table.text("datetime").into_iter().map(days).collect();
    let lattice = Lattice::new(Shape::Square, 500.0, "EPSG:32619").unwrap();
    Some(LatticeCube::new(&lattice, &table.positions(), &times, &months()).unwrap())
}

#[test]
fn the_cube_of_boston_is_met_and_loses_no_case() {
    let Some(ours) = boston("hotspot_events::cube") else { return };
    let Some(wanted) = Table::read("hotspot_events::cube", "expected/c7_cube_boston_500m.csv") else { return };
    let (columns, rows) = (wanted.numbers("ix"), wanted.numbers("iy"));
    assert_eq!(ours.cells.len(), columns.len());
    let series: Vec<Vec<f64>> =
        (0..14).map(|at| wanted.numbers(&format!("{}-{:02}", 2018 + (at + 10) / 12, (at + 10) % 12 + 1))).collect();
    for (place, cell) in ours.cells.iter().enumerate() {
        assert_eq!((cell.column - 640, cell.row - 9355), (columns[place] as i64, rows[place] as i64));
        let wanted: Vec<u32> = series.iter().map(|month| month[place] as u32).collect();
        assert_eq!(ours.cube.series(place), wanted);
    }
    assert_eq!(ours.cube.counts.iter().sum::<u32>() as usize + ours.cube.outside, 33_014);
}

#[test]
fn the_trends_and_categories_of_boston_are_met() {
    let Some(wanted) = Table::read("hotspot_events::emerging", "expected/c7_mk_emerging_boston_500m.csv") else {
        return;
    };
    let Some(summary) = summary("hotspot_events::emerging") else { return };
    let Some(LatticeCube { cube, cells }) = boston("hotspot_events::emerging") else { return };
    let neighbours = LatticeCube { cube: cube.clone(), cells }.neighbours(Shape::Square).unwrap();
    let ours = emerging(&cube, &neighbours, 0.05, 0.05).unwrap();
    let column = |name: &str| wanted.numbers(name);
    let columns = ["mk_S", "mk_var", "mk_z", "mk_p", "tau", "sen", "z_last", "mk_z_of_gi"].map(column);
    let (hot, cold, categories) = (column("hot_steps"), column("cold_steps"), wanted.text("category"));
    for (place, found) in ours.places.iter().enumerate() {
        let series: Vec<f64> = cube.series(place).iter().map(|count| f64::from(*count)).collect();
        let trend = mann_kendall(&series).unwrap();
        let last = ours.bins.z[place * cube.steps + cube.steps - 1];
        let values = [
            trend.s as f64,
            trend.variance,
            trend.z,
            trend.p,
            trend.tau,
            sen_slope(&series).unwrap(),
            last,
            found.trend.z,
        ];
        for (value, wanted) in values.into_iter().zip(&columns) {
            close(&format!("place {place}"), value, wanted[place], 1e-8);
        }
        assert_eq!((found.hot_steps as f64, found.cold_steps as f64), (hot[place], cold[place]));
        assert_eq!(found.category.name(), categories[place]);
    }
    let mut counts: HashMap<&str, u64> = HashMap::new();
    ours.places.iter().for_each(|place| *counts.entry(place.category.name()).or_default() += 1);
    assert_eq!(serde_json::json!(counts), summary["c7"]["categories"]);
}

#[test]
fn the_small_reference_series_is_met() {
    let Some(summary) = summary("hotspot_events::series") else { return };
    let wanted = &summary["c7_small"];
    let series: Vec<f64> = serde_json::from_value(wanted["series"].clone()).unwrap();
    let ours = mann_kendall(&series).unwrap();
    assert_eq!((ours.s, ours.variance), (40, 124.0));
    for (name, value) in [("z", ours.z), ("p", ours.p), ("tau", ours.tau), ("sen", sen_slope(&series).unwrap())] {
        close(name, value, wanted[name].as_f64().unwrap(), 1e-12);
    }
}

#[test]
fn turning_a_series_turns_its_trend_and_no_change_is_no_trend() {
    let mut seeded = Seeded(7);
    for _ in 0..200 {
        let series: Vec<f64> = (0..2 + seeded.below(20)).map(|_| seeded.below(9) as f64).collect();
        let back: Vec<f64> = series.iter().rev().copied().collect();
        let (ours, theirs) = (mann_kendall(&series).unwrap(), mann_kendall(&back).unwrap());
        assert_eq!((ours.s, ours.variance, ours.p), (-theirs.s, theirs.variance, theirs.p));
        assert_eq!(sen_slope(&series).unwrap(), -sen_slope(&back).unwrap());
        assert!((0.0..=1.0).contains(&ours.p) && ours.tau.abs() <= 1.0);
        let higher: Vec<f64> = series.iter().map(|value| value * 4.0 + 3.0).collect();
        assert_eq!(mann_kendall(&higher).unwrap(), ours);
    }
    let flat = mann_kendall(&[3.0; 9]).unwrap();
    assert_eq!((flat.s, flat.z, flat.p), (0, 0.0, 1.0));
}

/// What each category says, in the words of its description, independent of the order in which they are tried.
fn fits(category: Category, steps: &[Step], direction: i64) -> bool {
    let (own, other, direction) = match category {
        Category::None => return true,
        Category::Hot(_) => (Step::Hot, Step::Cold, direction),
        Category::Cold(_) => (Step::Cold, Step::Hot, -direction),
    };
    let count = |kind: Step| steps.iter().filter(|step| **step == kind).count();
    let (last, most) = (*steps.last().unwrap() == own, 10 * count(own) >= 9 * steps.len());
    let run = steps.iter().rev().take_while(|step| **step == own).count();
    match category.name().split(' ').next().unwrap() {
        "intensifying" => last && most && direction > 0,
        "persistent" => last && most && direction == 0,
        "diminishing" => last && most && direction < 0,
        "oscillating" => last && !most && count(other) > 0,
        "new" => last && !most && count(own) == 1 && count(other) == 0,
        "consecutive" => last && !most && run >= 2 && run == count(own) && count(other) == 0,
        "sporadic" => last && !most && run < count(own) && count(other) == 0,
        "historical" => !last && most,
        name => panic!("{name}"),
    }
}

#[test]
fn the_seventeen_categories_are_all_there_and_each_place_has_the_one_that_fits() {
    let mut seen = HashSet::new();
    for length in [1, 2, 3, 5, 10] {
        for code in 0..3usize.pow(length) {
            let steps: Vec<Step> =
                (0..length).map(|at| [Step::Neither, Step::Hot, Step::Cold][code / 3usize.pow(at) % 3]).collect();
            let turned: Vec<Step> = steps
                .iter()
                .map(|step| match step {
                    Step::Hot => Step::Cold,
                    Step::Cold => Step::Hot,
                    Step::Neither => Step::Neither,
                })
                .collect();
            for direction in [-1, 0, 1] {
                let category = categorise(&steps, direction);
                assert!(fits(category, &steps, direction), "{steps:?} {category:?}");
                if category == Category::None {
                    let (last, share) = (steps.last().unwrap(), 0.9 * f64::from(length));
                    assert_eq!(*last, Step::Neither);
                    assert!(
                        [Step::Hot, Step::Cold]
                            .iter()
                            .all(|kind| (steps.iter().filter(|step| *step == kind).count() as f64) < share)
                    );
                }
                // Hot and cold are mirror images, save where a history of one meets a last step of the other.
                if let (Category::Hot(a), Category::Cold(b)) = (category, categorise(&turned, -direction)) {
                    assert_eq!(a, b);
                }
                seen.insert(category);
            }
        }
    }
    assert_eq!(seen.len(), 17);
    assert_eq!(seen.iter().map(|category| category.name()).collect::<HashSet<_>>().len(), 17);
}

#[test]
fn cubes_count_every_case_once_whatever_the_order_and_place() {
    let mut seeded = Seeded(71);
    let cases = clumps(&mut seeded, 600, 4000.0);
    let times: Vec<f64> = (0..600).map(|_| seeded.share() * 120.0 - 10.0).collect();
    let edges = [0.0, 10.0, 40.0, 41.5, 90.0];
    for shape in [Shape::Square, Shape::Hexagon] {
        let lattice = Lattice::new(shape, 256.0, "EPSG:32648").unwrap();
        let ours = LatticeCube::new(&lattice, &cases, &times, &edges).unwrap();
        let outside = times.iter().filter(|time| !(0.0..90.0).contains(*time)).count();
        assert_eq!((ours.cube.counts.iter().sum::<u32>() as usize, ours.cube.outside), (600 - outside, outside));
        assert!(ours.cube.totals().iter().all(|total| *total > 0));
        let order = shuffled(&mut seeded, 600);
        let mixed: Vec<[f64; 2]> = order.iter().map(|at| cases[*at]).collect();
        let mixed_times: Vec<f64> = order.iter().map(|at| times[*at]).collect();
        assert_eq!(LatticeCube::new(&lattice, &mixed, &mixed_times, &edges).unwrap(), ours);
        // Neighbours are mutual, and at one cell's distance or a corner's.
        let neighbours = ours.neighbours(shape).unwrap();
        let reach = if shape == Shape::Square { 256.0 * 2f64.sqrt() } else { 256.0 };
        for place in 0..ours.cells.len() {
            let from = lattice.centre(ours.cells[place]);
            let wanted: Vec<u32> = (0..ours.cells.len() as u32)
                .filter(|other| {
                    let to = lattice.centre(ours.cells[*other as usize]);
                    *other as usize != place && (from[0] - to[0]).hypot(from[1] - to[1]) <= reach * 1.000_1
                })
                .collect();
            assert_eq!(neighbours.row(place).neighbours, wanted);
        }
        let all = emerging(&ours.cube, &neighbours, 0.05, 0.05).unwrap();
        assert_eq!(all.places.len(), ours.cells.len());
    }
}

#[test]
fn periods_and_levels_that_make_no_sense_are_refused_by_name() {
    let (places, times) = ([0, 1, 1], [0.5, 1.5, 1.6]);
    let refused = |edges: &[f64]| Cube::of_places(2, &places, &times, edges).unwrap_err().to_string();
    assert!(refused(&[2.0, 1.0, 0.0]).contains("order of time"));
    assert!(refused(&[0.0, 1.0, 1.0]).contains("edge of the period 2"));
    assert!(refused(&[0.0]).contains("edges of the period"));
    assert!(refused(&[0.0, f64::NAN]).contains("finite"));
    let edges = [0.0, 1.0, 2.0];
    assert_eq!(Cube::of_places(2, &[], &[], &edges), Err(HotspotError::NoCases));
    assert!(Cube::of_places(1, &places, &times, &edges).unwrap_err().to_string().contains("place of case 1"));
    assert!(Cube::of_places(2, &places, &times[..2], &edges).is_err());
    assert!(Cube::of_places(2, &places, &[0.0, f64::NAN, 1.0], &edges).is_err());
    let lattice = Lattice::new(Shape::Square, 10.0, "EPSG:32648").unwrap();
    assert_eq!(LatticeCube::new(&lattice, &[[1.0, 1.0]], &[5.0], &edges), Err(HotspotError::NoCases));
    let cube = Cube::of_places(2, &places, &times, &edges).unwrap();
    let alone = Weights::from_rows(&[vec![], vec![]]).unwrap();
    for alpha in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(matches!(emerging(&cube, &alone, alpha, 0.05), Err(HotspotError::Alpha(_))));
        assert!(matches!(emerging(&cube, &alone, 0.05, alpha), Err(HotspotError::Alpha(_))));
    }
    let three = Weights::from_rows(&[vec![], vec![], vec![]]).unwrap();
    assert!(emerging(&cube, &three, 0.05, 0.05).is_err());
    let one_step = Cube::of_places(2, &places, &times, &[0.0, 9.0]).unwrap();
    assert!(emerging(&one_step, &alone, 0.05, 0.05).unwrap_err().to_string().contains("steps"));
    let even = Cube { steps: 2, counts: vec![3; 4], outside: 0 };
    assert_eq!(emerging(&even, &alone, 0.05, 0.05), Err(HotspotError::NoVariation));
    let empty = Cube { steps: 2, counts: vec![0; 4], outside: 0 };
    assert_eq!(emerging(&empty, &alone, 0.05, 0.05), Err(HotspotError::NoCases));
    assert!(mann_kendall(&[1.0]).is_err() && mann_kendall(&[1.0, f64::NAN]).is_err() && sen_slope(&[]).is_err());
}
