//! Laws that hold for any data: mass, invariance, monotony, uniformity under chance.

use patrolmap::analysis::hotspots::Position;
use patrolmap::analysis::hotspots::centre::{Scaling, ellipse, median_centre};
use patrolmap::analysis::hotspots::fdr::{discoveries, q_values};
use patrolmap::analysis::hotspots::gi_star::gi_star;
use patrolmap::analysis::hotspots::kde::{Kernel, kde};
use patrolmap::analysis::hotspots::lattice::{Lattice, Shape};
use patrolmap::analysis::hotspots::permutation::{Permutations, permuted};
use patrolmap::analysis::hotspots::sections::Sections;
use patrolmap::analysis::hotspots::snap::snap;
use patrolmap::analysis::hotspots::weights::Weights;
use patrolmap::analysis::random::Random;
use proptest::prelude::*;

fn scattered(seed: u64, count: usize, width: f64) -> Vec<Position> {
    let mut random = Random::new(seed);
    (0..count).map(|_| [width * random.unit(), width * random.unit()]).collect()
}

fn moved(positions: &[Position], [x, y]: Position) -> Vec<Position> {
    positions.iter().map(|position| [position[0] + x, position[1] + y]).collect()
}

#[test]
fn a_density_in_the_plane_sums_up_to_the_cases() {
    let cases = scattered(1, 200, 1000.0);
    let step = 20.0;
    for (kernel, bandwidth, border) in [(Kernel::Quartic, 300.0, 300.0), (Kernel::Gaussian, 150.0, 1000.0)] {
        let side = ((1000.0 + 2.0 * border) / step) as i32;
        let places: Vec<Position> =
            (0..side * side).map(|at| [at % side, at / side].map(|at| f64::from(at) * step - border)).collect();
        let sum: f64 = kde(&cases, &places, kernel, bandwidth, 2).unwrap().iter().sum();
        let mass = sum * step * step / 1e6;
        assert!((mass - 200.0).abs() < 0.02, "{kernel:?}: {mass}");
    }
}

#[test]
fn a_density_equals_the_plain_double_loop_wherever_cases_lie() {
    for (seed, width, bandwidth) in [(1, 1000.0, 90.0), (2, 1000.0, 900.0), (3, 100_000.0, 40.0), (4, 50.0, 33.0)] {
        let (cases, places) = (scattered(seed, 500, width), scattered(seed + 100, 300, 1.2 * width));
        for kernel in [Kernel::Quartic, Kernel::Gaussian] {
            let found = kde(&cases, &places, kernel, bandwidth, 1).unwrap();
            for (place, found) in places.iter().zip(found) {
                let one = |case: &Position| {
                    let square = ((case[0] - place[0]).powi(2) + (case[1] - place[1]).powi(2)) / bandwidth.powi(2);
                    match kernel {
                        Kernel::Quartic if square < 1.0 => 3.0 * (1.0 - square).powi(2),
                        Kernel::Quartic => 0.0,
                        Kernel::Gaussian => 0.5 * (-square / 2.0).exp(),
                    }
                };
                let area = std::f64::consts::PI * bandwidth.powi(2) / 1e6;
                let expected: f64 = cases.iter().map(one).sum::<f64>() / area;
                // Where all are so far away that the sum is next to nothing, it may be 0 instead of 1e-304.
                let allowed = 1e-9 * expected + if kernel == Kernel::Quartic { 1e-9 / area } else { 1e-300 };
                assert!((found - expected).abs() <= allowed, "{found} instead of {expected}");
            }
        }
    }
}

#[test]
fn snapping_equals_brute_force() {
    let mut random = Random::new(5);
    for (lines, width, limit) in [(1, 100.0, 1e6), (40, 1000.0, 80.0), (300, 5000.0, 5000.0), (60, 3.0, 0.2)] {
        let shapes: Vec<Vec<Position>> = (0..lines)
            .map(|_| {
                let start = [width * random.unit(), width * random.unit()];
                let reach = width / 4.0 * random.unit();
                let corners = 2 + random.index(4);
                let corner = |_| start.map(|at| at + reach * (random.unit() - 0.5));
                std::iter::once(start).chain((1..corners).map(corner)).collect()
            })
            .collect();
        let sections = Sections::new(&shapes).unwrap();
        let cases = moved(&scattered(lines as u64, 2000, 1.6 * width), [-0.3 * width, -0.3 * width]);
        let found = snap(&cases, &sections, limit).unwrap();
        assert_eq!(found.rejected, found.cases.iter().filter(|case| case.is_none()).count());
        assert_eq!(found.counts().iter().sum::<u32>() as usize + found.rejected, cases.len());
        for (case, found) in cases.iter().zip(&found.cases) {
            let away = |line: &Vec<Position>| {
                line.windows(2).map(|pair| to_piece(*case, pair[0], pair[1])).fold(f64::INFINITY, f64::min)
            };
            let best = shapes.iter().enumerate().map(|(id, line)| ((away(line) * 1e6).round() as u64, id)).min();
            let best = best.filter(|(_, id)| away(&shapes[*id]) <= limit);
            assert_eq!(found.map(|found| found.place.section as usize), best.map(|(_, id)| id));
            if let Some(found) = found {
                let [x, y] = sections.position(found.place);
                let there = (x - case[0]).hypot(y - case[1]);
                assert!((there - found.distance_m).abs() < 1e-9 * width.max(1.0), "{there} {}", found.distance_m);
            }
        }
    }
}

fn to_piece(case: Position, from: Position, to: Position) -> f64 {
    let step = [to[0] - from[0], to[1] - from[1]];
    let square = step[0] * step[0] + step[1] * step[1];
    let along = (case[0] - from[0]) * step[0] + (case[1] - from[1]) * step[1];
    let share = if square > 0.0 { (along / square).clamp(0.0, 1.0) } else { 0.0 };
    (case[0] - from[0] - share * step[0]).hypot(case[1] - from[1] - share * step[1])
}

#[test]
fn of_two_sections_equally_far_the_lower_id_gets_the_case() {
    let lines = [vec![[0.0, 10.0], [100.0, 10.0]], vec![[0.0, 0.0], [100.0, 0.0]], vec![[100.0, 0.0], [0.0, 0.0]]];
    for (turned, expected) in [(false, [0, 1]), (true, [1, 0])] {
        let mut lines = lines.clone();
        if turned {
            lines.reverse();
        }
        let found = snap(&[[50.0, 5.0 + 1e-8], [50.0, -1.0]], &Sections::new(&lines).unwrap(), 50.0).unwrap();
        let first = found.cases[0].unwrap().place.section;
        let second = found.cases[1].unwrap().place.section;
        assert_eq!([first, second], if turned { [0, 0] } else { expected });
    }
}

#[test]
fn cells_stay_where_they_are_when_data_grow_and_hold_what_is_nearest() {
    for shape in [Shape::Square, Shape::Hexagon] {
        let lattice = Lattice::new(shape, 250.0, "EPSG:32648").unwrap();
        let few = scattered(1, 300, 2000.0);
        let more: Vec<Position> =
            moved(&scattered(2, 500, 9000.0), [-4000.0, -3000.0]).into_iter().chain(few.clone()).collect();
        let (small, large) = (lattice.count(&few).unwrap(), lattice.count(&more).unwrap());
        assert_eq!(large.counts.iter().sum::<u32>(), 800);
        let find = |block: &patrolmap::analysis::hotspots::lattice::Block, cell| {
            (0..block.counts.len()).find(|at| block.cell(*at) == cell)
        };
        for at in (0..small.counts.len()).filter(|at| small.counts[*at] > 0) {
            assert!(large.counts[find(&large, small.cell(at)).unwrap()] >= small.counts[at]);
        }
        for case in &few {
            let cell = lattice.cell(*case);
            let away = |cell| {
                let [x, y] = lattice.centre(cell);
                // In the norm whose ball is the cell.
                if shape == Shape::Square {
                    (x - case[0]).abs().max((y - case[1]).abs())
                } else {
                    (x - case[0]).hypot(y - case[1])
                }
            };
            let nearest = (0..small.counts.len()).map(|at| away(small.cell(at))).fold(f64::INFINITY, f64::min);
            assert!(away(cell) <= nearest + 1e-9);
        }
        let corners = lattice.corners(small.cell(0));
        let doubled: f64 = (0..corners.len())
            .map(|at| (corners[at], corners[(at + 1) % corners.len()]))
            .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
            .sum();
        assert!((doubled / 2.0 - lattice.area_m2()).abs() < 1e-3);
        let weights = lattice.neighbours(&small).unwrap();
        let sides = if shape == Shape::Square { 8 } else { 6 };
        for unit in 0..weights.len() {
            let row = weights.row(unit).neighbours;
            assert!(row.len() <= sides);
            for other in row {
                assert!(weights.row(*other as usize).neighbours.contains(&(unit as u32)));
                let ([ax, ay], [bx, by]) =
                    (lattice.centre(small.cell(unit)), lattice.centre(small.cell(*other as usize)));
                assert!((ax - bx).hypot(ay - by) < 250.0 * 1.5);
            }
        }
    }
}

#[test]
fn permutations_are_uniform_under_chance_and_the_same_on_any_number_of_threads() {
    let (binary, draws) = (Weights::queen(12, 12).unwrap(), 199);
    // Weights that differ take the other way through the code.
    let rows: Vec<Vec<(u32, f64)>> = (0..144)
        .map(|unit| binary.row(unit).neighbours.iter().map(|other| (*other, 1.0 + f64::from(other % 3))).collect())
        .collect();
    for weights in [binary, Weights::from_rows(&rows).unwrap()] {
        let mut all = Vec::new();
        for seed in 0..60 {
            let mut random = Random::new(1000 + seed);
            let values: Vec<f64> = (0..144).map(|_| random.normal()).collect();
            let found = permuted(&values, &weights, Permutations { draws, seed }, 1).unwrap();
            assert_eq!(found, permuted(&values, &weights, Permutations { draws, seed }, 3).unwrap());
            all.extend(found.p);
        }
        for tenth in 1..10 {
            let share = f64::from(tenth) / 10.0;
            let below = all.iter().filter(|p| **p <= share).count() as f64 / all.len() as f64;
            assert!((below - share).abs() < 0.03, "{below} of p are at most {share}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn q_rises_with_p_and_is_never_below_it(p in prop::collection::vec(0.0..=1.0_f64, 1..60)) {
        let q = q_values(&p).unwrap();
        for (a, b) in (0..p.len()).flat_map(|a| (0..p.len()).map(move |b| (a, b))) {
            prop_assert!(p[a] > p[b] || q[a] <= q[b]);
        }
        prop_assert!(p.iter().zip(&q).all(|(p, q)| p <= q && *q <= 1.0));
        // Fewer discoveries at a stricter level.
        let count = |alpha| discoveries(&p, alpha).unwrap().iter().filter(|found| **found).count();
        prop_assert!(count(0.01) <= count(0.05) && count(0.05) <= count(0.1));
        // A smaller p never makes another q larger.
        let mut less = p.clone();
        less[0] /= 2.0;
        prop_assert!(q_values(&less).unwrap().iter().zip(&q).all(|(less, q)| less <= q));
    }

    #[test]
    fn gi_star_does_not_depend_on_names_or_on_the_size_of_weights(
        values in prop::collection::vec(0_u32..20, 30),
        factor in 0.1..10.0_f64,
        seed in 0_u64..1000,
    ) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        prop_assume!(values.iter().filter(|value| **value > 0.0).count() > 1);
        prop_assume!(values.iter().any(|value| *value != values[0]));
        let weights = Weights::queen(6, 5).unwrap();
        let plain = gi_star(&values, &weights).unwrap();
        let scaled: Vec<f64> = values.iter().map(|value| 3.0 + factor * value).collect();
        let mut names: Vec<usize> = (0..30).collect();
        Random::new(seed).shuffle(&mut names);
        let mut rows = vec![Vec::new(); 30];
        let mut renamed = vec![0.0; 30];
        for unit in 0..30 {
            renamed[names[unit]] = values[unit];
            rows[names[unit]] = weights.row(unit).neighbours.iter().map(|other| (names[*other as usize] as u32, factor)).collect();
        }
        let renamed = gi_star(&renamed, &Weights::from_rows(&rows).unwrap()).unwrap();
        let scaled = gi_star(&scaled, &weights.row_standardised()).unwrap();
        for (unit, name) in names.iter().enumerate() {
            prop_assert!((plain.z[unit] - renamed.z[*name]).abs() < 1e-9);
            prop_assert!((plain.z[unit] - scaled.z[unit]).abs() < 1e-9);
        }
    }

    #[test]
    fn moving_and_reordering_cases_moves_the_answer_and_nothing_else(
        seed in 0_u64..1000,
        by in prop::array::uniform2(-4e6..4e6_f64),
    ) {
        let cases = scattered(seed, 60, 2000.0);
        let mut others = moved(&cases, by);
        Random::new(seed).shuffle(&mut others);
        let (one, other) = (ellipse(&cases, Scaling::Esri).unwrap(), ellipse(&others, Scaling::Esri).unwrap());
        prop_assert!((one.semi_major_m - other.semi_major_m).abs() < 1e-5);
        prop_assert!((one.semi_minor_m - other.semi_minor_m).abs() < 1e-5);
        let (one, other) = (median_centre(&cases).unwrap(), median_centre(&others).unwrap());
        prop_assert!((0..2).all(|axis| (one[axis] + by[axis] - other[axis]).abs() < 1e-4));
        let places = scattered(seed + 1, 40, 2000.0);
        for (kernel, bandwidth) in [(Kernel::Quartic, 400.0), (Kernel::Gaussian, 200.0)] {
            let one = kde(&cases, &places, kernel, bandwidth, 1).unwrap();
            let other = kde(&others, &moved(&places, by), kernel, bandwidth, 2).unwrap();
            prop_assert!(one.iter().zip(&other).all(|(one, other)| (one - other).abs() < 1e-5));
        }
        // A grid of another place or order must not be felt, either.
        let lines: Vec<Vec<Position>> = cases.chunks(3).map(<[Position]>::to_vec).collect();
        let moved_lines: Vec<Vec<Position>> = lines.iter().map(|line| moved(line, by)).collect();
        let one = snap(&places, &Sections::new(&lines).unwrap(), 300.0).unwrap();
        let other = snap(&moved(&places, by), &Sections::new(&moved_lines).unwrap(), 300.0).unwrap();
        prop_assert_eq!(one.counts(), other.counts());
    }
}
