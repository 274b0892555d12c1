//! Speed of the statistics of events: `hotspots_events [DIRECTORY]` writes its input there for the peers' script.

use std::time::Instant;

use patrolmap::analysis::hotspots::dbscan::{Border, Dbscan, dbscan};
use patrolmap::analysis::hotspots::knox::knox;
use patrolmap::analysis::hotspots::permutation::Permutations;
use patrolmap::analysis::random::Random;

/// Clustered cases in 6.2 x 4.9 km: a third scattered, the rest in 300 clumps of 60 m.
fn city(count: usize, seed: u64) -> (Vec<[f64; 2]>, Vec<f64>) {
    let mut random = Random::new(seed);
    let clumps: Vec<[f64; 2]> = (0..300).map(|_| [random.unit() * 6200.0, random.unit() * 4900.0]).collect();
    let mut place = || match random.index(3) {
        0 => [random.unit() * 6200.0, random.unit() * 4900.0],
        _ => {
            let clump = clumps[random.index(300)];
            [clump[0] + 60.0 * random.normal(), clump[1] + 60.0 * random.normal()]
        }
    };
    let cases = (0..count).map(|_| place()).collect();
    let mut random = Random::stream(seed, 1);
    (cases, (0..count).map(|_| (random.unit() * 455.0 * 1440.0).floor() / 1440.0).collect())
}

fn timed<T>(what: &str, work: impl Fn() -> T) -> T {
    let mut best = f64::INFINITY;
    let mut answer = work();
    for _ in 0..3 {
        let start = Instant::now();
        answer = work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what}: {best:.3} s");
    answer
}

fn main() {
    let (cases, times) = city(33_014, 1);
    let question = Dbscan { eps: 40.0, min_points: 20, border: Border::First };
    let ours = timed("DBSCAN 33,014 (40 m, 20)", || dbscan(&cases, question).unwrap());
    println!("  {} clusters, {} noise", ours.count, ours.noise());
    let permutations = Permutations { draws: 999, seed: 1 };
    let ours = timed("Knox 33,014 (150 m, 7 d, 999)", || knox(&cases, &times, 150.0, 7.0, permutations, 1).unwrap());
    println!("  {ours:?}");
    let (many, _) = city(1_000_000, 2);
    let question = Dbscan { eps: 12.0, min_points: 20, border: Border::First };
    let ours = timed("DBSCAN 1,000,000 (12 m, 20)", || dbscan(&many, question).unwrap());
    println!("  {} clusters, {} noise", ours.count, ours.noise());
}
