//! How much work the hotspot statistics are on one core: `hotspots [DIRECTORY]` prints a line a measure, CPU time and
//! time by the clock, the best of some rounds, and leaves cases and CPU times in the directory, where
//! `hotspots_peers.py` measures other programs on the same cases.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use patrolmap::analysis::hotspots::Position;
use patrolmap::analysis::hotspots::centre::{Scaling, ellipse, median_centre};
use patrolmap::analysis::hotspots::excess::excess;
use patrolmap::analysis::hotspots::gi_star::gi_star;
use patrolmap::analysis::hotspots::kde::{Kernel, kde};
use patrolmap::analysis::hotspots::lattice::{Lattice, Shape};
use patrolmap::analysis::hotspots::network_kde::{DeadEnd, LinearKernel, NetworkKde, Split, lixels, network_kde};
use patrolmap::analysis::hotspots::permutation::{Permutations, permuted};
use patrolmap::analysis::hotspots::sections::{OnSection, Sections};
use patrolmap::analysis::hotspots::snap::snap;
use patrolmap::analysis::hotspots::streets::Streets;
use patrolmap::analysis::hotspots::weights::Weights;
use patrolmap::analysis::random::Random;

/// Metres of town, east and north.
const TOWN: [f64; 2] = [6200.0, 4900.0];
/// Junctions each way: 1,775 sections.
const JUNCTIONS: [usize; 2] = [34, 27];

fn main() {
    let directory = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let directory = directory.unwrap_or_else(|| "target/bench".to_owned());
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory).unwrap();
    let mut figures = Figures { file: std::fs::File::create(directory.join("patrolmap.tsv")).unwrap(), cases: 0 };
    for (cases, rounds) in [(33_014, 7), (1_000_000, 3)] {
        let positions = clustered(cases);
        let bytes: Vec<u8> = positions.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        std::fs::write(directory.join(format!("cases_{cases}.f64")), bytes).unwrap();
        figures.cases = cases;
        measure(&positions, rounds, &mut figures);
        println!("{cases:>9} cases: {} MiB at most", peak_mib());
    }
}

struct Figures {
    file: std::fs::File,
    cases: usize,
}

impl Figures {
    /// The best of some rounds.
    fn take<T>(&mut self, what: &str, rounds: usize, mut work: impl FnMut() -> T) -> T {
        let (mut best, mut by_clock) = (f64::INFINITY, f64::INFINITY);
        let mut answer = None;
        for _ in 0..rounds {
            let (started, used) = (Instant::now(), cpu_seconds());
            let round = work();
            best = best.min(cpu_seconds() - used);
            by_clock = by_clock.min(started.elapsed().as_secs_f64());
            answer = Some(round);
        }
        println!("{:>9} cases: {:>9.2} ms CPU {:>9.2} ms  {what}", self.cases, best * 1e3, by_clock * 1e3);
        writeln!(self.file, "{what}\t{}\t{best}", self.cases).unwrap();
        answer.unwrap()
    }
}

fn measure(cases: &[Position], rounds: usize, figures: &mut Figures) {
    let sections = Sections::new(&street_lines()).unwrap();
    let streets = Streets::from_sections(&sections, 0.01).unwrap();
    let snapped = figures.take("snap, Gi* and BH on sections", rounds, || {
        let snapped = snap(cases, &sections, 200.0).unwrap();
        let counts: Vec<f64> = snapped.counts().into_iter().map(f64::from).collect();
        gi_star(&counts, &Weights::sharing_ends(&streets)).unwrap();
        snapped
    });
    let lattice = Lattice::new(Shape::Square, 50.0, "the plane of the benchmark").unwrap();
    let (block, weights) = figures.take("count, Gi* and BH on cells of 50 m", rounds, || {
        let block = lattice.count(cases).unwrap();
        let weights = lattice.neighbours(&block).unwrap();
        gi_star(&block.values(), &weights).unwrap();
        (block, weights)
    });
    let values = block.values();
    for draws in [999, 99_999] {
        figures.take(&format!("{draws} conditional permutations, same cells"), rounds, || {
            permuted(&values, &weights, Permutations { draws, seed: 1 }, 1).unwrap()
        });
    }
    figures.take("excess of sections within 600 m", rounds, || {
        let around = Weights::network_band(&streets, 600.0).unwrap();
        excess(&snapped.counts(), streets.lengths(), &around, None, 0.05).unwrap()
    });
    let places: Vec<Position> =
        (0..98 * 124).map(|at| [f64::from(at % 124) * 50.0 + 25.0, f64::from(at / 124) * 50.0 + 25.0]).collect();
    figures.take("quartic density, 400 m, 12,152 places", rounds, || {
        kde(cases, &places, Kernel::Quartic, 400.0, 1).unwrap()
    });
    if cases.len() < 100_000 {
        figures.take("gaussian density, 150 m, 12,152 places", rounds.min(3), || {
            kde(cases, &places, Kernel::Gaussian, 150.0, 1).unwrap()
        });
    }
    let on_streets = snapped.places();
    let middles: Vec<OnSection> = lixels(&streets, 40.0).unwrap().iter().map(|lixel| lixel.middle).collect();
    for (name, split) in [
        ("simple", Split::Simple),
        ("discontinuous", Split::Discontinuous),
        ("continuous", Split::Continuous(DeadEnd::Reflecting)),
    ] {
        let wanted = NetworkKde { split, kernel: LinearKernel::Quartic, bandwidth_m: 300.0 };
        figures.take(&format!("density along streets, {name}, 300 m, {} lixels", middles.len()), rounds, || {
            network_kde(&streets, &on_streets, &middles, wanted, 1).unwrap()
        });
    }
    figures.take("median centre and ellipse", rounds, || {
        (median_centre(cases).unwrap(), ellipse(cases, Scaling::CrimeStat).unwrap())
    });
}

/// Half in 400 clusters of 60 m, half in the larger surroundings of the clusters, all within the town.
fn clustered(cases: usize) -> Vec<Position> {
    let mut random = Random::new(cases as u64);
    let clusters: Vec<Position> = (0..400).map(|_| [random.unit() * TOWN[0], random.unit() * TOWN[1]]).collect();
    let mut all = Vec::with_capacity(cases);
    while all.len() < cases {
        let cluster = clusters[random.index(clusters.len())];
        let width = if random.unit() < 0.5 { 60.0 } else { 250.0 };
        let case = [cluster[0] + width * random.normal(), cluster[1] + width * random.normal()];
        if (0..2).all(|axis| (0.0..TOWN[axis]).contains(&case[axis])) {
            all.push(case);
        }
    }
    all
}

fn street_lines() -> Vec<[Position; 2]> {
    let at = |column: usize, row: usize| {
        [(column, JUNCTIONS[0], TOWN[0]), (row, JUNCTIONS[1], TOWN[1])]
            .map(|(step, steps, length)| step as f64 * length / (steps - 1) as f64)
    };
    let mut lines = Vec::new();
    for row in 0..JUNCTIONS[1] {
        for column in 0..JUNCTIONS[0] {
            if column + 1 < JUNCTIONS[0] {
                lines.push([at(column, row), at(column + 1, row)]);
            }
            if row + 1 < JUNCTIONS[1] {
                lines.push([at(column, row), at(column, row + 1)]);
            }
        }
    }
    lines
}

/// Of this thread; what others do on the machine does not count. The kernel brings its count up to date when a thread
/// yields.
fn cpu_seconds() -> f64 {
    std::thread::yield_now();
    let used = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    used.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1e-9
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
