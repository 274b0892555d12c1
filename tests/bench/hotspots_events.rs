//! Speed of the statistics of events on one core: `hotspots_events [DIRECTORY]`.
//!
//! With a directory, writes its input and what it found and took there, for `hotspots_events_peers.py`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use patrolmap::analysis::hotspots::dbscan::{Border, Dbscan, dbscan, st_dbscan};
use patrolmap::analysis::hotspots::hdbscan::{Hdbscan, hdbscan};
use patrolmap::analysis::hotspots::knox::knox;
use patrolmap::analysis::hotspots::near_repeat::near_repeat;
use patrolmap::analysis::hotspots::permutation::Permutations;
use patrolmap::analysis::hotspots::scan::{Balls, Extent, Model, Observed, Zones, scan};
use patrolmap::analysis::hotspots::streets::Streets;
use patrolmap::analysis::random::Random;

const DRAWS: Permutations = Permutations { draws: 999, seed: 1 };

/// Clustered cases in 6.2 x 4.9 km, a third of them scattered, and times to the minute over 455 days.
fn city(count: usize, clumps: usize, spread_m: f64, seed: u64) -> (Vec<[f64; 2]>, Vec<f64>) {
    let mut random = Random::new(seed);
    let centres: Vec<[f64; 2]> = (0..clumps).map(|_| [random.unit() * 6200.0, random.unit() * 4900.0]).collect();
    let cases = (0..count)
        .map(|_| {
            if random.index(3) == 0 {
                return [random.unit() * 6200.0, random.unit() * 4900.0];
            }
            centres[random.index(clumps)].map(|centre| centre + spread_m * random.normal())
        })
        .collect();
    let mut random = Random::stream(seed, 1);
    (cases, (0..count).map(|_| (random.unit() * 455.0 * 1440.0).floor() / 1440.0).collect())
}

/// 30 x 25 crossings, 200 m apart: 1,445 sections, with cases in 52 weeks.
fn streets() -> (Streets, Vec<u32>) {
    let mut ends = Vec::new();
    for at in 0..750u32 {
        if at % 30 < 29 {
            ends.push([at, at + 1]);
        }
        if at < 720 {
            ends.push([at, at + 30]);
        }
    }
    let mut random = Random::new(9);
    let mut cases = vec![0; ends.len() * 52];
    (0..33_014).for_each(|_| cases[random.index(ends.len() * 52)] += 1);
    let lengths = vec![200.0; ends.len()];
    (Streets::new(&ends, &lengths).expect("a grid is a network"), cases)
}

/// The most memory that this process ever held, MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: 0 kB");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Seconds that this process's first thread, which does all the work, was on a core.
fn on_core() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

struct Report(String);

impl Report {
    /// The best of `runs`, by the clock and on a core, with what was found in two numbers.
    fn timed(&mut self, what: &str, runs: usize, work: impl Fn() -> (u64, u64)) {
        let (mut clock, mut core, mut found) = (f64::INFINITY, f64::INFINITY, (0, 0));
        for _ in 0..runs {
            let (start, on_core_before) = (Instant::now(), on_core());
            found = work();
            clock = clock.min(start.elapsed().as_secs_f64());
            core = core.min(on_core() - on_core_before);
        }
        let line = format!("{what}\t{clock:.4}\t{core:.4}\t{}\t{}\t{}", found.0, found.1, peak_mib());
        println!("{line}");
        writeln!(self.0, "{line}").expect("a string takes it");
    }
}

fn write(directory: Option<&PathBuf>, name: &str, cases: &[[f64; 2]], times: &[f64]) {
    let Some(directory) = directory else { return };
    let rows = cases.iter().zip(times).flat_map(|(case, time)| [case[0], case[1], *time]);
    let bytes: Vec<u8> = rows.flat_map(f64::to_le_bytes).collect();
    std::fs::write(directory.join(name), bytes).expect("the directory can be written");
}

fn main() {
    let directory = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let mut report = Report(String::new());
    println!("what\tseconds\ton a core\tfound\tfound\tpeak MiB so far");
    let (cases, times) = city(33_014, 300, 40.0, 1);
    write(directory.as_ref(), "city.f64", &cases, &times);
    let clusters = |cases: &[[f64; 2]], eps: f64| {
        let ours = dbscan(cases, Dbscan { eps, min_points: 20, border: Border::First }).expect("a good question");
        (ours.count as u64, ours.noise() as u64)
    };
    report.timed("dbscan 33014", 5, || clusters(&cases, 40.0));
    report.timed("st-dbscan 33014", 5, || {
        let question = Dbscan { eps: 100.0, min_points: 5, border: Border::Nearest };
        let ours = st_dbscan(&cases, &times, question, 14.0).expect("a good question");
        (ours.count as u64, ours.noise() as u64)
    });
    let density = |cases: &[[f64; 2]]| {
        let question = Hdbscan { min_cluster_size: 25, min_samples: 10 };
        let ours = hdbscan(cases, question).expect("a good question");
        (ours.count as u64, ours.labels.iter().filter(|label| label.is_none()).count() as u64)
    };
    report.timed("hdbscan 33014", 3, || density(&cases));
    report.timed("knox 33014", 3, || {
        let ours = knox(&cases, &times, 150.0, 7.0, DRAWS, 1).expect("a good question");
        (ours.statistic, (ours.p * 1000.0).round() as u64)
    });
    report.timed("near-repeat 33014", 1, || {
        let ours = near_repeat(&cases, &times, &[50.0, 100.0, 150.0], &[1.0, 3.0, 7.0], DRAWS, 1);
        let cells = ours.expect("a good question").cells;
        (cells[0].observed, cells.len() as u64)
    });
    let (streets, by_week) = streets();
    let population = streets.lengths().to_vec();
    let near = Extent { population_share: 0.5, radius: Some(1000.0) };
    let zones = Zones::along_streets(&streets, Balls::Sections, &population, near).expect("a good question");
    report.timed("scan 1445 sections, balls of 1 km, 8 weeks", 1, || {
        let observed = Observed { cases: &by_week, steps: 52, longest_window: 8 };
        let ours = scan(&zones, observed, Model::Permutation, 5, DRAWS, 1).expect("a good question");
        (zones.count() as u64, ours.clusters.len() as u64)
    });
    let half = Extent { population_share: 0.5, radius: None };
    let zones = Zones::along_streets(&streets, Balls::Sections, &population, half).expect("a good question");
    let in_all: Vec<u32> = by_week.chunks(52).map(|weeks| weeks.iter().sum()).collect();
    report.timed("scan 1445 sections, half the city, spatial", 1, || {
        let observed = Observed { cases: &in_all, steps: 1, longest_window: 1 };
        let ours = scan(&zones, observed, Model::Poisson { population: &population }, 5, DRAWS, 1);
        (zones.count() as u64, ours.expect("a good question").clusters.len() as u64)
    });
    let (many, many_times) = city(1_000_000, 3000, 40.0, 2);
    write(directory.as_ref(), "million.f64", &many, &many_times);
    report.timed("hdbscan 100000", 1, || density(&many[..100_000]));
    report.timed("dbscan 1000000", 3, || clusters(&many, 12.0));
    if let Some(directory) = directory {
        std::fs::write(directory.join("ours.tsv"), report.0).expect("the directory can be written");
    }
}
