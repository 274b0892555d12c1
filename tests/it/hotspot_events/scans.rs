//! Scan statistics: published ratios, two reference data sets, brute force, chance that is chance.

use patrolmap::analysis::hotspots::HotspotError;
use patrolmap::analysis::hotspots::permutation::Permutations;
use patrolmap::analysis::hotspots::scan::{
    Balls, Extent, Model, Observed, Scan, Zones, bernoulli_llr, poisson_llr, scan,
};
use patrolmap::analysis::hotspots::streets::Streets;

use super::{close, shuffled, summary};
use crate::support::{Seeded, shared};

const CHANCE: Permutations = Permutations { draws: 99, seed: 5 };
const HALF: Extent = Extent { population_share: 0.5, radius: None };

#[test]
fn the_likelihood_ratios_are_the_published_ones() {
    close("10 cases", poisson_llr(10, 1.0, 1175), 14.060_436, 1e-6);
    close("2 cases", poisson_llr(2, 1.0, 1175), 0.386_720, 2e-6);
    assert_eq!(poisson_llr(1, 1.0, 1175), 0.0);
    assert!(poisson_llr(7, 2.0, 7).is_finite());
    // Ten times as many controls as cases are nearly a population.
    close("bernoulli", bernoulli_llr(10, 1_001_000, 1175, 1_175_000_000), poisson_llr(10, 1.001, 1175), 1e-4);
    assert_eq!(bernoulli_llr(5, 10, 10, 20), 0.0);
}

/// Words of each line that has any.
fn lines(test: &str, file: &str) -> Option<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(shared(test, &format!("hotspot/inputs/{file}"))?).unwrap();
    let words = text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    Some(words.filter(|words| !words.is_empty()).collect())
}

fn names(geo: &[Vec<String>]) -> Vec<&str> {
    geo.iter().map(|words| words[0].as_str()).collect()
}

/// Straight through the earth, on a sphere of radius 1.
fn chord(geo: &[Vec<String>]) -> impl Fn(usize, usize) -> f64 {
    let unit: Vec<[f64; 3]> = geo
        .iter()
        .map(|words| {
            let [lat, lon] = [1, 2].map(|at| words[at].parse::<f64>().unwrap().to_radians());
            [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
        })
        .collect();
    move |a, b| unit[a].iter().zip(unit[b]).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

fn members(names: &[&str], found: &[u32]) -> Vec<String> {
    let mut members: Vec<String> = found.iter().map(|member| names[*member as usize].to_owned()).collect();
    members.sort();
    members
}

#[test]
fn the_cluster_of_new_mexico_is_met() {
    let Some(wanted) = summary("hotspot_events::new_mexico") else { return };
    let Some(geo) = lines("hotspot_events::new_mexico", "satscan_nm.geo") else { return };
    let (names, wanted) = (names(&geo), &wanted["c8_nm_spatial_poisson_unadjusted"]);
    let population: Vec<f64> = names.iter().map(|name| wanted["person_years"][name].as_f64().unwrap()).collect();
    let cases: Vec<u32> = names.iter().map(|name| wanted["county_cases"][name].as_u64().unwrap() as u32).collect();
    let distance = chord(&geo);
    let count = names.len();
    let zones = Zones::around(count, count, &population, HALF, |centre| {
        (0..count).map(|other| (distance(centre, other), other as u32)).collect()
    })
    .unwrap();
    let observed = Observed { cases: &cases, steps: 1, longest_window: 1 };
    let ours = scan(&zones, observed, Model::Poisson { population: &population }, 3, CHANCE, 1).unwrap();
    let first = &ours.clusters[0];
    close("ratio", first.llr, wanted["llr"].as_f64().unwrap(), 1e-6);
    close("expected", first.expected, wanted["expected"].as_f64().unwrap(), 1e-6);
    assert_eq!(first.observed, wanted["observed"]);
    assert_eq!(serde_json::json!(members(&names, &first.members)), wanted["members"]);
}

#[test]
fn the_prospective_cluster_of_new_york_is_met() {
    let Some(wanted) = summary("hotspot_events::new_york") else { return };
    let Some(geo) = lines("hotspot_events::new_york", "satscan_NYCfever.geo") else { return };
    let Some(rows) = lines("hotspot_events::new_york", "satscan_NYCfever.cas") else { return };
    let (names, wanted) = (names(&geo), &wanted["c8_nycfever_prospective_st_permutation"]);
    let count = names.len();
    let mut cases = vec![0; count * 24];
    for row in &rows {
        let location = names.iter().position(|name| *name == row[0]).unwrap();
        let day: usize = row[2].rsplit('/').next().unwrap().parse().unwrap();
        cases[location * 24 + day - 1] += row[1].parse::<u32>().unwrap();
    }
    let population: Vec<f64> = cases.chunks(24).map(|days| f64::from(days.iter().sum::<u32>())).collect();
    let (distance, earth_km) = (chord(&geo), 6367.0);
    let arc = |a: usize, b: usize| 2.0 * earth_km * (distance(a, b) / 2.0).min(1.0).asin();
    let extent = Extent { radius: Some(3.0), ..HALF };
    let zones = Zones::around(count, count, &population, extent, |centre| {
        (0..count).map(|other| (arc(centre, other), other as u32)).collect()
    })
    .unwrap();
    let observed = Observed { cases: &cases, steps: 24, longest_window: 7 };
    let ours = scan(&zones, observed, Model::Permutation, 4, CHANCE, 1).unwrap();
    let first = &ours.clusters[0];
    close("ratio", first.llr, wanted["llr"].as_f64().unwrap(), 1e-6);
    close("expected", first.expected, wanted["expected"].as_f64().unwrap(), 1e-6);
    assert_eq!((first.observed, first.steps), (4, 3));
    assert_eq!(serde_json::json!(members(&names, &first.members)), wanted["members"]);
    assert!(first.radius <= 3.0);
    // Secondary clusters share no place, and come by falling ratio.
    let all: Vec<u32> = ours.clusters.iter().flat_map(|cluster| cluster.members.clone()).collect();
    let distinct: std::collections::HashSet<u32> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len());
    assert!(ours.clusters.len() > 1 && ours.clusters.windows(2).all(|pair| pair[0].llr >= pair[1].llr));
    assert!(ours.clusters.windows(2).all(|pair| pair[0].p <= pair[1].p));
}

fn places(seeded: &mut Seeded, count: usize) -> Vec<[f64; 2]> {
    (0..count).map(|_| [seeded.share() * 5000.0, seeded.share() * 4000.0]).collect()
}

/// The largest ratio over all circles and windows, each summed anew.
fn brute(
    places: &[[f64; 2]],
    population: &[f64],
    cases: &[u32],
    steps: usize,
    windows: usize,
    llr: impl Fn(&[usize], usize) -> f64,
) -> f64 {
    let all: f64 = population.iter().sum();
    let mut best: f64 = 0.0;
    assert_eq!(cases.len(), places.len() * steps);
    for centre in places {
        let mut order: Vec<usize> = (0..places.len()).collect();
        let away = |at: usize| (places[at][0] - centre[0]).hypot(places[at][1] - centre[1]);
        order.sort_by(|a, b| away(*a).total_cmp(&away(*b)));
        for count in 1..=places.len() {
            if order[..count].iter().map(|at| population[*at]).sum::<f64>() <= all / 2.0 {
                (1..=windows).for_each(|window| best = best.max(llr(&order[..count], window)));
            }
        }
    }
    best
}

#[test]
fn every_model_equals_summing_every_zone_anew() {
    let mut seeded = Seeded(8);
    for _ in 0..20 {
        let (count, steps, windows) = (12 + seeded.below(10) as usize, 6, 3);
        let places = places(&mut seeded, count);
        let cases: Vec<u32> = (0..count * steps).map(|_| seeded.below(4) as u32).collect();
        let controls: Vec<u32> = (0..count * steps).map(|_| seeded.below(6) as u32).collect();
        let people: Vec<f64> = (0..count * steps).map(|_| 1.0 + seeded.share() * 9.0).collect();
        let weight: Vec<f64> = (0..count).map(|_| 1.0 + seeded.share()).collect();
        let total = |values: &[u32]| values.iter().map(|value| u64::from(*value)).sum::<u64>();
        let inside = |values: &[u32], zone: &[usize], window: usize| -> u64 {
            zone.iter().map(|at| total(&values[at * steps + steps - window..(at + 1) * steps])).sum()
        };
        let scale = total(&cases) as f64 / people.iter().sum::<f64>();
        let poisson = brute(&places, &weight, &cases, steps, windows, |zone, window| {
            let expected: f64 =
                zone.iter().map(|at| people[at * steps + steps - window..(at + 1) * steps].iter().sum::<f64>()).sum();
            poisson_llr(inside(&cases, zone, window), expected * scale, total(&cases))
        });
        let all: Vec<u32> = cases.iter().zip(&controls).map(|(a, b)| a + b).collect();
        let bernoulli = brute(&places, &weight, &cases, steps, windows, |zone, window| {
            bernoulli_llr(inside(&cases, zone, window), inside(&all, zone, window), total(&cases), total(&all))
        });
        let everywhere: Vec<usize> = (0..count).collect();
        let permutation = brute(&places, &weight, &cases, steps, windows, |zone, window| {
            let product = inside(&cases, zone, steps) * inside(&cases, &everywhere, window);
            poisson_llr(inside(&cases, zone, window), product as f64 / total(&cases) as f64, total(&cases))
        });
        let zones = Zones::circles(&places, &weight, HALF).unwrap();
        let observed = Observed { cases: &cases, steps, longest_window: windows };
        let models = [
            (Model::Poisson { population: &people }, poisson),
            (Model::Bernoulli { controls: &controls }, bernoulli),
            (Model::Permutation, permutation),
        ];
        for (model, wanted) in models {
            let ours = scan(&zones, observed, model, 1, Permutations { draws: 3, seed: 1 }, 1).unwrap();
            close("ratio", ours.clusters.first().map_or(0.0, |cluster| cluster.llr), wanted, 1e-12);
        }
    }
}

#[test]
fn the_p_value_is_uniform_where_there_is_no_cluster() {
    let mut seeded = Seeded(88);
    let places = places(&mut seeded, 25);
    let population: Vec<f64> = (0..25).map(|at| 1.0 + f64::from(at % 5)).collect();
    let zones = Zones::circles(&places, &population, HALF).unwrap();
    let all: f64 = population.iter().sum();
    let mut ps: [Vec<f64>; 3] = Default::default();
    for round in 0..150 {
        let mut cases = vec![0; 25 * 4];
        let mut controls = vec![0; 25 * 4];
        for at in 0..360 {
            let mut left = seeded.share() * all;
            let location = population.iter().position(|people| {
                left -= people;
                left < 0.0
            });
            let counts = if at < 180 { &mut cases } else { &mut controls };
            counts[location.unwrap_or(24) * 4 + seeded.below(4) as usize] += 1;
        }
        let people: Vec<f64> = population.iter().flat_map(|people| [*people; 4]).collect();
        let observed = Observed { cases: &cases, steps: 4, longest_window: 2 };
        let models =
            [Model::Poisson { population: &people }, Model::Bernoulli { controls: &controls }, Model::Permutation];
        for (ps, model) in ps.iter_mut().zip(models) {
            let ours = scan(&zones, observed, model, 1, Permutations { draws: 39, seed: round }, 1).unwrap();
            ps.push(ours.clusters.first().map_or(1.0, |cluster| cluster.p));
        }
    }
    for ps in ps {
        // 15 expected of 150, standard deviation 3.7; the mean's is 0.024.
        let low = ps.iter().filter(|p| **p <= 0.1).count();
        let mean = ps.iter().sum::<f64>() / 150.0;
        assert!((3..=30).contains(&low), "{low}");
        assert!((0.43..0.60).contains(&mean), "{mean}");
    }
}

/// A town of 8 x 8 crossings, 100 m apart.
fn town() -> Streets {
    let mut ends = Vec::new();
    for row in 0..8u32 {
        for column in 0..8u32 {
            let own = row * 8 + column;
            if column < 7 {
                ends.push([own, own + 1]);
            }
            if row < 7 {
                ends.push([own, own + 8]);
            }
        }
    }
    let lengths = vec![100.0; ends.len()];
    Streets::new(&ends, &lengths).unwrap()
}

#[test]
fn a_planted_stretch_of_street_is_found_along_the_streets_the_same_on_any_number_of_threads() {
    let streets = town();
    let count = streets.sections();
    let mut seeded = Seeded(81);
    let population = streets.lengths().to_vec();
    let planted = [streets.leaving(27)[0] / 2, streets.leaving(27)[1] / 2, streets.leaving(27)[2] / 2];
    let mut cases: Vec<u32> = (0..count * 10).map(|_| u32::from(seeded.below(5) == 0)).collect();
    planted.iter().for_each(|section| cases[*section as usize * 10 + 8..][..2].fill(6));
    let extent = Extent { radius: Some(400.0), ..HALF };
    let observed = Observed { cases: &cases, steps: 10, longest_window: 4 };
    let people: Vec<f64> = population.iter().flat_map(|length| [*length; 10]).collect();
    for centres in [Balls::Sections, Balls::Junctions] {
        let zones = Zones::along_streets(&streets, centres, &population, extent).unwrap();
        assert_eq!(zones.centres(), if centres == Balls::Sections { count } else { 64 });
        for model in [Model::Permutation, Model::Poisson { population: &people }] {
            let run = |threads: usize| -> Scan { scan(&zones, observed, model, 3, CHANCE, threads).unwrap() };
            let ours = run(1);
            let first = &ours.clusters[0];
            assert!(planted.iter().all(|section| first.members.contains(section)), "{first:?} {planted:?}");
            assert_eq!((first.steps, first.p), (2, 0.01));
            // A ball of 100 m round a section holds 7.
            assert!(first.members.len() <= 7 && first.relative_risk.unwrap() > 2.5, "{first:?}");
            assert!([2, 3, 7].into_iter().all(|threads| run(threads) == ours));
        }
    }
}

#[test]
fn balls_along_the_streets_hold_what_lies_within_their_distance() {
    let streets = town();
    let population = vec![1.0; streets.sections()];
    let extent = Extent { population_share: 0.99, radius: Some(250.0) };
    let zones = Zones::along_streets(&streets, Balls::Junctions, &population, extent).unwrap();
    // From a corner: 2 sections at 50 m, 4 at 150 m, 6 at 250 m; those at one distance enter together.
    let mut first: Vec<u32> = zones.members(0, 2).to_vec();
    first.sort_unstable();
    assert_eq!(first, [0, 1]);
    let beyond = zones.members(0, 12);
    assert!(beyond[2..].iter().all(|section| *section > 1));
    // A crossing of four: 4 sections at 50 m, 12 at 150 m, 20 at 250 m, so three zones.
    let middle = Zones::along_streets(&streets, Balls::Sections, &population, extent).unwrap();
    assert_eq!(middle.members(0, 1), [0]);
    assert!(zones.count() <= 3 * 64 && middle.count() <= 3 * streets.sections());
}

#[test]
fn moving_and_renumbering_the_places_changes_no_cluster() {
    let mut seeded = Seeded(82);
    let places = places(&mut seeded, 60);
    let population: Vec<f64> = (0..60).map(|_| (1 + seeded.below(50)) as f64).collect();
    let cases: Vec<u32> = population.iter().map(|people| seeded.below(*people as u64 / 2 + 2) as u32).collect();
    let run = |places: &[[f64; 2]], population: &[f64], cases: &[u32]| {
        let zones = Zones::circles(places, population, HALF).unwrap();
        let observed = Observed { cases, steps: 1, longest_window: 1 };
        scan(&zones, observed, Model::Poisson { population }, 2, CHANCE, 1).unwrap()
    };
    let ours = run(&places, &population, &cases);
    let order = shuffled(&mut seeded, 60);
    let moved: Vec<[f64; 2]> = order.iter().map(|at| [places[*at][0] + 4096.0, places[*at][1] - 512.0]).collect();
    let people: Vec<f64> = order.iter().map(|at| population[*at]).collect();
    let counts: Vec<u32> = order.iter().map(|at| cases[*at]).collect();
    let theirs = run(&moved, &people, &counts);
    for (a, b) in ours.clusters.iter().zip(&theirs.clusters) {
        let mut back: Vec<u32> = b.members.iter().map(|member| order[*member as usize] as u32).collect();
        back.sort_unstable();
        assert_eq!(a.members, back);
        close("ratio", a.llr, b.llr, 1e-12);
    }
}

#[test]
fn scans_that_make_no_sense_are_refused_by_name() {
    let places = [[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]];
    let even = [1.0; 3];
    let refused = |extent: Extent| Zones::circles(&places, &even, extent).unwrap_err().to_string();
    for share in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(refused(Extent { population_share: share, radius: None }).contains("share of the population"));
    }
    assert!(refused(Extent { radius: Some(0.0), ..HALF }).contains("radius"));
    assert!(Zones::circles(&places[..1], &even[..1], HALF).unwrap_err().to_string().contains("locations"));
    assert!(Zones::circles(&places, &even[..2], HALF).unwrap_err().to_string().contains("population has 2 entries"));
    assert!(Zones::circles(&places, &[0.0; 3], HALF).is_err());
    assert!(Zones::circles(&places, &[1.0, -1.0, 1.0], HALF).is_err());
    assert!(Zones::circles(&[[0.0, f64::NAN], [1.0, 1.0]], &[1.0; 2], HALF).is_err());
    let zones = Zones::circles(&places, &even, Extent { population_share: 0.9, radius: None }).unwrap();
    let run = |cases: &[u32], steps: usize, longest_window: usize, model: Model<'_>| {
        scan(&zones, Observed { cases, steps, longest_window }, model, 1, CHANCE, 1)
    };
    let poisson = Model::Poisson { population: &even };
    assert_eq!(run(&[0, 0, 0], 1, 1, poisson), Err(HotspotError::NoCases));
    assert_eq!(run(&[0, 1, 0], 1, 1, poisson), Err(HotspotError::OneCase));
    assert!(run(&[1, 1], 1, 1, poisson).is_err() && run(&[1, 1, 1], 1, 2, poisson).is_err());
    assert!(run(&[1, 1, 1], 1, 1, Model::Poisson { population: &[1.0, 0.0, 1.0] }).is_err());
    assert!(run(&[1, 1, 1], 1, 1, Model::Bernoulli { controls: &[0; 3] }).is_err());
    assert_eq!(run(&[2, 3, 0, 0, 0, 0], 2, 1, Model::Permutation), Err(HotspotError::OnePlace));
    assert_eq!(run(&[0, 2, 0, 1, 0, 0], 2, 1, Model::Permutation), Err(HotspotError::NoVariation));
    let none = Permutations { draws: 0, seed: 1 };
    let observed = Observed { cases: &[1, 2, 3], steps: 1, longest_window: 1 };
    assert!(scan(&zones, observed, poisson, 1, none, 1).is_err());
}
