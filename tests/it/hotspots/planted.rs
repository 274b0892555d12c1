//! Towns with planted hotspots: does the test of single sections find them, and does it cry wolf?

use patrolmap::analysis::hotspots::excess::excess;
use patrolmap::analysis::hotspots::gi_star::gi_star;
use patrolmap::analysis::hotspots::streets::Streets;
use patrolmap::analysis::hotspots::weights::Weights;
use patrolmap::analysis::random::Random;

const CASES: u32 = 33_014;
const PLANTED: usize = 15;

/// Lines of streets each way: 1,512 sections.
const LINES: usize = 28;

#[derive(Debug, Clone, Copy)]
enum Noise {
    Gamma { shape: f64 },
    LogNormal { sigma: f64 },
}

#[derive(Debug, Clone, Copy)]
enum Background {
    Even,
    /// Falls off from the middle of the town to about an eighth.
    Centre,
}

struct Town {
    streets: Streets,
    counts: Vec<u32>,
    planted: Vec<usize>,
}

/// Streets of 110 to 260 m; background cases along them, times noise; 15 streets at least 650 m apart with 110 to 420
/// cases more.
fn town(seed: u64, noise: Noise, background: Background) -> Town {
    let mut random = Random::new(seed);
    let mut line = || {
        let mut at = 0.0;
        let mut next = || {
            at += 110.0 + 150.0 * random.unit();
            at
        };
        (0..LINES).map(|_| next()).collect::<Vec<f64>>()
    };
    let (xs, ys) = (line(), line());
    let (mut ends, mut middles, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..LINES {
        for column in 0..LINES {
            for (right, up) in [(1, 0), (0, 1)] {
                if column + right < LINES && row + up < LINES {
                    ends.push([(row * LINES + column) as u32, ((row + up) * LINES + column + right) as u32]);
                    let (x, y) = (xs[column + right], ys[row + up]);
                    lengths.push(x - xs[column] + y - ys[row]);
                    middles.push([f64::midpoint(xs[column], x), f64::midpoint(ys[row], y)]);
                }
            }
        }
    }
    let centre = [f64::midpoint(xs[0], xs[LINES - 1]), f64::midpoint(ys[0], ys[LINES - 1])];
    let away = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let mut reached = 0.0;
    let reached: Vec<f64> = (middles.iter().zip(&lengths))
        .map(|(middle, length)| {
            let base = match background {
                Background::Even => 1.0,
                Background::Centre => 0.3 + 2.0 * (-0.5 * (away(*middle, centre) / 1200.0).powi(2)).exp(),
            };
            let noise = match noise {
                Noise::Gamma { shape } => gamma(&mut random, shape) / shape,
                Noise::LogNormal { sigma } => (sigma * random.normal() - sigma * sigma / 2.0).exp(),
            };
            reached += base * length * noise;
            reached
        })
        .collect();
    let mut planted: Vec<usize> = Vec::new();
    while planted.len() < PLANTED {
        let section = random.index(lengths.len());
        if planted.iter().all(|other| away(middles[*other], middles[section]) >= 650.0) {
            planted.push(section);
        }
    }
    let mut counts = vec![0; lengths.len()];
    for section in &planted {
        counts[*section] += 110 + random.below(311) as u32;
    }
    for _ in counts.iter().sum::<u32>()..CASES {
        let drawn = random.unit() * reached[reached.len() - 1];
        counts[reached.partition_point(|reached| *reached <= drawn)] += 1;
    }
    Town { streets: Streets::new(&ends, &lengths).unwrap(), counts, planted }
}

/// Gamma with scale 1 (Marsaglia and Tsang), shape 1 or more.
fn gamma(random: &mut Random, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    loop {
        let x = random.normal();
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && random.unit().ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            return d * v;
        }
    }
}

/// Found of the planted, and the share of the flagged that are.
fn score(flagged: &[usize], planted: &[usize]) -> (f64, f64) {
    let found = flagged.iter().filter(|section| planted.contains(section)).count() as f64;
    (found, if flagged.is_empty() { 1.0 } else { found / flagged.len() as f64 })
}

#[test]
fn planted_streets_are_found_and_few_others() {
    let noises = [
        (Noise::Gamma { shape: 1.2 }, Background::Even),
        (Noise::Gamma { shape: 1.2 }, Background::Centre),
        (Noise::LogNormal { sigma: 0.6 }, Background::Even),
        // As uneven as the gamma noise.
        (Noise::LogNormal { sigma: 0.78 }, Background::Even),
        (Noise::LogNormal { sigma: 0.78 }, Background::Centre),
    ];
    let seeds = 16;
    for (noise, background) in noises {
        let (mut by_excess, mut by_gi_star) = ((0.0, 0.0), (0.0, 0.0));
        for seed in 0..seeds {
            let town = town(seed, noise, background);
            let lengths = town.streets.lengths();
            let around = Weights::network_band(&town.streets, 600.0).unwrap();
            let found = excess(&town.counts, lengths, &around, None, 0.05).unwrap();
            let (hits, precision) = score(&found.hot(), &town.planted);
            by_excess = (by_excess.0 + hits, by_excess.1 + precision);

            let rates: Vec<f64> = town.counts.iter().zip(lengths).map(|(c, l)| f64::from(*c) / l).collect();
            let stars = gi_star(&rates, &Weights::sharing_ends(&town.streets)).unwrap();
            let hot: Vec<usize> = (0..rates.len()).filter(|section| stars.class[*section] >= 2).collect();
            let (hits, precision) = score(&hot, &town.planted);
            by_gi_star = (by_gi_star.0 + hits, by_gi_star.1 + precision);
        }
        let n = seeds as f64;
        let (found, precision) = (by_excess.0 / n, by_excess.1 / n);
        println!(
            "{noise:?}, {background:?}: excess finds {found:.1} of {PLANTED}, precision {precision:.2}; \
             Gi* {:.1}, {:.2}",
            by_gi_star.0 / n,
            by_gi_star.1 / n
        );
        assert!(found >= 13.0, "{noise:?}, {background:?}: {found} of {PLANTED}");
        assert!(precision >= 0.8, "{noise:?}, {background:?}: precision {precision}");
        assert!(by_gi_star.0 / n < found && by_gi_star.1 / n < precision);
    }
}
