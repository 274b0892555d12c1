//! Where to go first: the method that found the most of what came later, and the table that shows it.
//!
//! Plain counts, counts per metre (on streets), recent counts, density, density along the streets and excess are tried on origins that roll through the
//! past. The newest step is held back from the choice: it only tells how good the choice was. Then the chosen method
//! ranks with all cases. Where nothing beats plain counts, plain counts rank, and the answer says so.

use serde_json::{Value as Json, json};

use crate::analysis::hotspots::backtest::{accuracy, ranking, sum_of_steps};
use crate::analysis::hotspots::excess::{Excess, estimate_dispersion, excess};
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::{HotspotError, Position};
use crate::app::hotspots::density::{PLANE_M, STREETS_M, expected_along_streets, expected_in_plane};
use crate::app::hotspots::question::{HotspotsQuestion, Step};
use crate::app::hotspots::significance::AROUND_M;
use crate::app::hotspots::steps::Calendar;
use crate::app::hotspots::units::{Near, Units};
use crate::app::hotspots::{Failed, NOT_OBSERVED, Told};
use crate::app::jobs::Monitor;
use crate::formats::sheet::{Cell, significant};

pub(super) const RANKING: [&str; 5] = ["score", "rank", "p", "p_adjusted", "class"];
/// Shares of the streets' length, or of the cells, at which rankings are compared.
const SHARES: [f64; 3] = [0.01, 0.05, 0.10];
/// Origins that are tried, the latest ones.
const MOST_ORIGINS: usize = 4;
/// Fewer whole steps, and nothing can be tried: two to learn from, one to choose by, one to hold back.
const LEAST_STEPS: usize = 3;
/// A case a quarter of a year ago counts half for recent counts.
const HALF_LIFE_DAYS: f64 = 91.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Candidate {
    Counts,
    CountsPerMetre,
    RecentCounts,
    Density,
    NetworkDensity,
    Excess,
}

/// The plainer first.
const CANDIDATES: [Candidate; 6] = [
    Candidate::Counts,
    Candidate::CountsPerMetre,
    Candidate::RecentCounts,
    Candidate::Density,
    Candidate::NetworkDensity,
    Candidate::Excess,
];

impl Candidate {
    fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::CountsPerMetre => "counts-per-metre",
            Self::RecentCounts => "recent-counts",
            Self::Density => "density",
            Self::NetworkDensity => "network-density",
            Self::Excess => "excess",
        }
    }
}

/// Figures at one share.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    pai: f64,
    pei: f64,
    hit_rate: f64,
}

/// A method has to beat plain counts by this share of their accuracy: less is noise.
const MARGIN: f64 = 0.02;

/// One method in the table.
struct Line {
    candidate: Candidate,
    /// By origin, the accuracy (PAI) over that of plain counts, mean over the shares.
    against_counts: Vec<f64>,
    /// Means over the rolling origins.
    rolling: [Score; 3],
    held_back: [Score; 3],
}

/// What the methods need, layer by layer: all before the first origin, each step after it, and what is unfinished.
struct Layers {
    /// Cases of each unit.
    counts: Vec<Vec<u32>>,
    /// Cases that fade, as of the end of the layer.
    fading: Vec<Vec<f64>>,
    plane: Vec<Vec<f64>>,
    streets: Option<Vec<Vec<f64>>>,
}

/// The best 1, 5 and 10 percent by score, of the length where there are lengths, else of the number; the last unit of each
/// in part, so it belongs to it. Units without any score are left out.
pub(super) fn tiers(scores: &[f64], lengths: Option<&[f64]>) -> Vec<&'static str> {
    let mut tiers = vec!["rest"; scores.len()];
    let size = |unit: usize| lengths.map_or(1.0, |lengths| lengths[unit]);
    let whole: f64 = (0..scores.len()).map(size).sum();
    let mut before = 0.0;
    for unit in ranking(scores).into_iter().map(|unit| unit as usize) {
        if scores[unit] <= 0.0 {
            break;
        }
        // A hair of rounding does not add one.
        let share = before / whole + 1e-12;
        tiers[unit] = match () {
            () if share < SHARES[0] => "top-1",
            () if share < SHARES[1] => "top-5",
            () if share < SHARES[2] => "top-10",
            () => "rest",
        };
        before += size(unit);
    }
    tiers
}

pub(super) fn by_ranking(
    units: &Units,
    asked: &HotspotsQuestion,
    told: &mut Told,
    monitor: &Monitor,
) -> Result<(), Failed> {
    told.columns(units, &RANKING);
    let (first, last) = told.days();
    let calendar = choose_calendar(asked, first, last);
    told.parameter("period", calendar.step.name());
    let tried = if calendar.whole >= LEAST_STEPS { try_all(units, &calendar, told, monitor)? } else { None };
    let Some((scores, table)) = tried else {
        told.member("winner", "counts".into());
        told.member("beats_counts", false.into());
        let verdict = format!(
            "there are {} whole {}s of cases, and {LEAST_STEPS} are needed to try rankings: plain counts rank, untried",
            calendar.whole,
            calendar.step.name()
        );
        told.member("verdict", verdict.into());
        told.member("backtest", Json::Null);
        let counts: Vec<f64> = units.counts.iter().map(|count| f64::from(*count)).collect();
        rows(units, &counts, told);
        return Ok(());
    };
    for (name, value) in table {
        told.member(name, value);
    }
    rows(units, &scores, told);
    Ok(())
}

fn rows(units: &Units, scores: &[f64], told: &mut Told) {
    let classes = tiers(scores, units.unlike_sizes());
    for (place, unit) in ranking(scores).into_iter().map(|unit| unit as usize).enumerate() {
        let class = if units.observed(unit) { classes[unit] } else { NOT_OBSERVED };
        let cells =
            vec![significant(scores[unit], 10).into(), (place + 1).into(), Cell::Null, Cell::Null, class.into()];
        told.row(units, unit, cells);
    }
}

/// Quarters, or the longest steps of which there are enough.
fn choose_calendar(asked: &HotspotsQuestion, first: jiff::civil::Date, last: jiff::civil::Date) -> Calendar {
    if let Some(step) = asked.period {
        return Calendar::new(step, first, last);
    }
    let calendars = [Step::Quarter, Step::Month, Step::Week].map(|step| Calendar::new(step, first, last));
    calendars.into_iter().find(|calendar| calendar.whole > LEAST_STEPS).unwrap_or(calendars[2])
}

type Members = Vec<(&'static str, Json)>;

fn try_all(
    units: &Units,
    calendar: &Calendar,
    told: &mut Told,
    monitor: &Monitor,
) -> Result<Option<(Vec<f64>, Members)>, Failed> {
    let newest = calendar.whole - 1;
    let first_origin = newest.saturating_sub(MOST_ORIGINS).max(1);
    // Layer 0 is all before the first origin; then the steps up to the newest; the last is what is unfinished.
    let layer_of = |case: &crate::app::selection::Case| match calendar.step.number(case.date) - calendar.first {
        step if step < first_origin as i32 => 0,
        step => ((step as usize) - first_origin + 1).min(calendar.whole - first_origin + 1),
    };
    let layers_wanted = calendar.whole - first_origin + 2;
    let layer_of_case: Vec<usize> = units.cases.iter().map(layer_of).collect();
    let layers = layers(units, calendar, &layer_of_case, layers_wanted, first_origin, monitor)?;
    monitor.checked().map_err(Failed::Asked)?;
    // Origins: layers below `origin` are known, layer `origin` is what came.
    let newest_layer = newest - first_origin + 1;
    let band = units.neighbourhood(AROUND_M)?;
    let earliest = sum_of_steps(&layers.counts[..1]);
    let dispersion = estimate_dispersion(&earliest, units.exposures(), &band).unwrap_or(f64::INFINITY);
    let mut table: Vec<Line> = Vec::new();
    let mut plain: Vec<[Score; 3]> = Vec::new();
    for candidate in CANDIDATES {
        let Some(first) = layers.scores(candidate, 1, units, &band, dispersion)? else { continue };
        let mut tried: Vec<[Score; 3]> = Vec::new();
        let mut held_back = [Score::default(); 3];
        for origin in 1..=newest_layer {
            let scores = if origin == 1 {
                first.clone()
            } else {
                layers.scores(candidate, origin, units, &band, dispersion)?.unwrap_or_default()
            };
            let later = &layers.counts[origin];
            if later.iter().all(|count| *count == 0) {
                continue;
            }
            let found = SHARES.map(|share| accuracy(&scores, later, units.unlike_sizes(), share));
            let mut score = [Score::default(); 3];
            for (into, found) in score.iter_mut().zip(found) {
                let found = found?;
                *into = Score { pai: found.pai, pei: found.pei, hit_rate: found.hit_rate };
            }
            if origin == newest_layer { held_back = score } else { tried.push(score) }
        }
        if tried.is_empty() {
            return Ok(None);
        }
        let mean = |of: fn(&Score) -> f64, share: usize| {
            tried.iter().map(|scores| of(&scores[share])).sum::<f64>() / tried.len() as f64
        };
        let rolling = std::array::from_fn(|share| Score {
            pai: mean(|score| score.pai, share),
            pei: mean(|score| score.pei, share),
            hit_rate: mean(|score| score.hit_rate, share),
        });
        if candidate == Candidate::Counts {
            plain.clone_from(&tried);
        }
        let against = |own: &[Score; 3], plain: &[Score; 3]| {
            let ratio = |(own, plain): (&Score, &Score)| if plain.pai > 0.0 { own.pai / plain.pai } else { 1.0 };
            own.iter().zip(plain).map(ratio).sum::<f64>() / SHARES.len() as f64
        };
        let against_counts = tried.iter().zip(&plain).map(|(own, plain)| against(own, plain)).collect();
        table.push(Line { candidate, against_counts, rolling, held_back });
        monitor.tell(0.6 + 0.08 * table.len() as f64);
        monitor.checked().map_err(Failed::Asked)?;
    }
    let winner = winner(&table);
    let scores = layers
        .scores(winner.candidate, layers_wanted, units, &band, dispersion)?
        .ok_or(Failed::Note("the chosen method has no scores".to_owned()))?;
    let ground = if units.town().is_some() { "length of the streets" } else { "cells" };
    told.parameter(
        "bandwidth_m",
        json!({ "density": units.reach_in_plane(PLANE_M),
        "network-density": units.town().map(|_| units.reach_along_streets(STREETS_M)), "excess": AROUND_M }),
    );
    Ok(Some((scores, members(ground, calendar, &table, winner, (first_origin, newest)))))
}

/// The method that beats plain counts by most: clearly on average, and on more origins than not. Else plain counts.
fn winner(table: &[Line]) -> &Line {
    let quality = |line: &Line| line.against_counts.iter().sum::<f64>() / line.against_counts.len() as f64;
    let clearly = |line: &&Line| {
        let better = line.against_counts.iter().filter(|ratio| **ratio > 1.0).count();
        quality(line) >= 1.0 + MARGIN && 2 * better > line.against_counts.len()
    };
    // Of equals the plainer method, which stands first.
    table.iter().filter(clearly).rev().max_by(|a, b| quality(a).total_cmp(&quality(b))).unwrap_or(&table[0])
}

fn members(
    ground: &str,
    calendar: &Calendar,
    table: &[Line],
    winner: &Line,
    (first_origin, newest): (usize, usize),
) -> Members {
    let figures = |scores: &[Score; 3]| -> Json {
        SHARES
            .iter()
            .zip(scores)
            .map(|(share, score)| {
                json!({ "share": share, "pai": significant(score.pai, 6), "pei": significant(score.pei, 6),
                    "hit_rate": significant(score.hit_rate, 6) })
            })
            .collect()
    };
    let days = |place: usize| json!([calendar.first_day(place).to_string(), calendar.last_day(place).to_string()]);
    let lines: Vec<Json> = table
        .iter()
        .map(|line| {
            let against = line.against_counts.iter().sum::<f64>() / line.against_counts.len() as f64;
            json!({ "method": line.candidate.name(), "against_counts": significant(against, 6),
                "rolling": figures(&line.rolling), "held_back": figures(&line.held_back) })
        })
        .collect();
    let beats = winner.candidate != Candidate::Counts;
    let backtest = json!({
        "step": calendar.step.name(),
        "origins": (first_origin..newest).map(&days).collect::<Vec<_>>(),
        "held_back": days(newest),
        "chosen_by": format!("accuracy (PAI) over that of plain counts, mean over 1, 5 and 10 % of the {ground} and the origins: the best \
                      that is at least 2 % above, and above on more origins than not"),
        "methods": lines,
    });
    vec![
        ("winner", winner.candidate.name().into()),
        ("beats_counts", beats.into()),
        ("verdict", verdict(ground, calendar, &table[0], winner, newest).into()),
        ("backtest", backtest),
    ]
}

/// What a person should know before he trusts the ranking.
fn verdict(ground: &str, calendar: &Calendar, counts: &Line, winner: &Line, newest: usize) -> String {
    let told =
        |scores: &[Score; 3]| scores.iter().map(|score| format!("{:.2}", score.pai)).collect::<Vec<_>>().join(" / ");
    let period = format!("{} to {}", calendar.first_day(newest), calendar.last_day(newest));
    if winner.candidate == Candidate::Counts {
        return format!(
            "nothing beats plain counts on the origins before; held back, {period}: PAI {} at 1 / 5 / 10 % of the {ground}",
            told(&counts.held_back)
        );
    }
    let name = winner.candidate.name();
    let reached = winner.held_back.iter().zip(&counts.held_back).all(|(own, plain)| own.pai >= plain.pai);
    let judged = if reached { "reaches plain counts" } else { "does not reach plain counts at every share" };
    format!(
        "{name} beats plain counts on the origins before; held back, {period}, it {judged}: PAI {} at 1 / 5 / 10 % of \
         the {ground}, plain counts {}",
        told(&winner.held_back),
        told(&counts.held_back)
    )
}

fn layers(
    units: &Units,
    calendar: &Calendar,
    layer_of_case: &[usize],
    wanted: usize,
    first_origin: usize,
    monitor: &Monitor,
) -> Result<Layers, Failed> {
    let mut counts = vec![vec![0_u32; units.len()]; wanted];
    let mut positions: Vec<Vec<Position>> = vec![Vec::new(); wanted];
    for (case, layer) in layer_of_case.iter().enumerate() {
        counts[*layer][units.unit_of[case] as usize] += 1;
        positions[*layer].push(units.positions[case]);
    }
    // The last day of each layer; what is unfinished ends when the last case happens.
    let last_case = units.cases.iter().map(|case| case.date).max().unwrap_or(calendar.last_day(calendar.whole - 1));
    let ends: Vec<jiff::civil::Date> = (0..wanted)
        .map(|layer| {
            if layer + 1 == wanted {
                last_case.max(calendar.last_day(calendar.whole - 1))
            } else {
                calendar.last_day(first_origin + layer - 1)
            }
        })
        .collect();
    let mut fading = vec![vec![0.0; units.len()]; wanted];
    for (case, layer) in layer_of_case.iter().enumerate() {
        let age = f64::from((ends[*layer] - units.cases[case].date).get_days());
        fading[*layer][units.unit_of[case] as usize] += 0.5_f64.powf(age / HALF_LIFE_DAYS);
    }
    // Each layer fades on until the next one ends.
    for layer in 1..wanted {
        let days = f64::from((ends[layer] - ends[layer - 1]).get_days());
        let factor = 0.5_f64.powf(days / HALF_LIFE_DAYS);
        let (before, after) = fading.split_at_mut(layer);
        after[0].iter_mut().zip(&before[layer - 1]).for_each(|(now, then)| *now += factor * then);
    }
    monitor.stage("density");
    let plane: Vec<Vec<f64>> = positions
        .iter()
        .map(|cases| expected_in_plane(units, cases, units.reach_in_plane(PLANE_M)))
        .collect::<Result<_, _>>()?;
    monitor.tell(0.3);
    let streets = match (units.town(), units.places()) {
        (Some(town), Some(places)) => {
            let mut by_layer: Vec<Vec<OnSection>> = vec![Vec::new(); wanted];
            for (place, layer) in places.into_iter().zip(layer_of_case) {
                by_layer[*layer].push(place);
            }
            let found: Result<Vec<Vec<f64>>, HotspotError> = by_layer
                .iter()
                .map(|cases| expected_along_streets(town, cases, units.reach_along_streets(STREETS_M)))
                .collect();
            // More ways through the network than can be followed: the method does not run here.
            found.ok()
        }
        _ => None,
    };
    monitor.tell(0.6);
    monitor.stage("back-test");
    Ok(Layers { counts, fading, plane, streets })
}

impl Layers {
    /// Scores of the units from the layers before `origin`; none where the method does not run.
    fn scores(
        &self,
        candidate: Candidate,
        origin: usize,
        units: &Units,
        band: &Near,
        dispersion: f64,
    ) -> Result<Option<Vec<f64>>, HotspotError> {
        Ok(match candidate {
            Candidate::Counts => Some(sum_of_steps(&self.counts[..origin]).into_iter().map(f64::from).collect()),
            // Cells are all alike: there it is the plain count.
            Candidate::CountsPerMetre => units.unlike_sizes().map(|lengths| {
                let counts = sum_of_steps(&self.counts[..origin]);
                counts.iter().zip(lengths).map(|(count, length)| f64::from(*count) / length).collect()
            }),
            Candidate::RecentCounts => Some(self.fading[origin - 1].clone()),
            Candidate::Density => Some(sums(&self.plane[..origin])),
            Candidate::NetworkDensity => self.streets.as_ref().map(|streets| sums(&streets[..origin])),
            Candidate::Excess => {
                let counts = sum_of_steps(&self.counts[..origin]);
                let Ok(found) = excess(&counts, units.exposures(), band, Some(dispersion), 0.05) else {
                    return Ok(None);
                };
                let score = |(unit, excess): (usize, &Excess)| match excess {
                    Excess::Tested(tested) if tested.p > 0.0 => -tested.p.ln(),
                    // Beyond what a float can tell: by the count itself.
                    Excess::Tested(_) => 800.0 + f64::from(counts[unit]),
                    Excess::NotObserved | Excess::Alone => 0.0,
                };
                Some(found.sections.iter().enumerate().map(score).collect())
            }
        })
    }
}

fn sums(layers: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; layers.first().map_or(0, Vec::len)];
    for layer in layers {
        sum.iter_mut().zip(layer).for_each(|(sum, value)| *sum += value);
    }
    sum
}
