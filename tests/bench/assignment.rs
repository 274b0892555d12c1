//! Figures of the assignment solver on instance files: streets, cut-edge districting, arc districting.
//!
//! `assignment FILE... [--seed N] [--threads N] [--tiles N] [--out DIR]`. A street file is solved with its bases and without,
//! then its demand drifts and a squad is weakened; `--tiles N` lays N x N copies of it side by side first. Plans go to DIR as
//! `NAME.json` and `NAME-without-bases.json`, for an outside judge. One line a result, fields divided by tabs.

use std::time::Instant;

use patrolmap::analysis::assignment::districts::districts;
use patrolmap::analysis::assignment::model::{Lists, Model};
use patrolmap::analysis::assignment::network::{distances, sections_at};
use patrolmap::analysis::assignment::reassign::Limits;
use patrolmap::analysis::assignment::workload::Workload;
use patrolmap::analysis::assignment::{Options, Plan, Problem, Progress, Section, Squad, reassign, solve};
use patrolmap::analysis::random::Random;
use serde_json::{Value, json};

struct Ask {
    files: Vec<String>,
    seed: u64,
    threads: usize,
    tiles: usize,
    out: Option<String>,
}

fn main() {
    let mut ask = Ask { files: Vec::new(), seed: 1, threads: 2, tiles: 1, out: None };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok()).expect("a number follows");
        match argument.as_str() {
            "--seed" => ask.seed = number(),
            "--threads" => ask.threads = number() as usize,
            "--tiles" => ask.tiles = number() as usize,
            "--out" => ask.out = arguments.next(),
            _ => ask.files.push(argument),
        }
    }
    if ask.files.is_empty() {
        eprintln!("assignment FILE... [--seed N] [--threads N] [--tiles N] [--out DIR]: nothing to solve");
    }
    for file in &ask.files {
        let text = std::fs::read_to_string(file).expect("the instance can be read");
        let instance: Value = serde_json::from_str(&text).expect("the instance is JSON");
        if instance["squads"].is_array() {
            streets(&instance, &ask);
        } else if instance["population"].is_array() {
            cut_edges(&instance, &ask);
        } else {
            arcs(&instance, &ask);
        }
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|item| item.as_f64().expect("a number")).collect()
}

fn street_problem(instance: &Value, tiles: usize, bases: bool) -> Problem {
    let (u, v) = (numbers(&instance["u"]), numbers(&instance["v"]));
    let (length, demand) = (numbers(&instance["length_m"]), numbers(&instance["demand_min"]));
    let degrees: Vec<Vec<f64>> = instance["junctions"].as_array().expect("junctions").iter().map(numbers).collect();
    let narrow = degrees[0][1].to_radians().cos();
    let one: Vec<[f64; 2]> = degrees.iter().map(|at| [at[0] * narrow * 111_320.0, at[1] * 110_540.0]).collect();
    let side = |axis: usize| {
        let along = || one.iter().map(|place| place[axis]);
        along().fold(f64::MIN, f64::max) - along().fold(f64::MAX, f64::min) + 50.0
    };
    let squads = instance["squads"].as_array().expect("squads");
    let mut problem = Problem::default();
    let section = |a: usize, b: usize, metres: f64, minutes: f64| Section {
        ends: [a as u32, b as u32],
        cost_m: metres,
        workload: Workload::given(minutes),
    };
    for row in 0..tiles {
        for column in 0..tiles {
            let first = problem.places.len();
            let shift = [column as f64 * side(0), row as f64 * side(1)];
            problem.places.extend(one.iter().map(|place| [place[0] + shift[0], place[1] + shift[1]]));
            for at in 0..u.len() {
                problem.sections.push(section(first + u[at] as usize, first + v[at] as usize, length[at], demand[at]));
            }
            // Streets lead over from copy to copy where they face each other.
            for (axis, before) in
                [(0, (column > 0).then(|| first - one.len())), (1, (row > 0).then(|| first - tiles * one.len()))]
            {
                let Some(before) = before else { continue };
                for (here, there) in facing(&one, axis) {
                    let (here, there) = (first + here, before + there);
                    let (a, b) = (problem.places[here], problem.places[there]);
                    problem.sections.push(section(here, there, (a[0] - b[0]).hypot(a[1] - b[1]), 1.0));
                }
            }
        }
    }
    problem.junctions = problem.places.len();
    let tile = |at: usize| (at * tiles * tiles / squads.len()) * one.len();
    problem.squads = squads
        .iter()
        .enumerate()
        .map(|(at, squad)| Squad {
            code: squad["id"].as_str().unwrap_or("?").to_owned(),
            strength: squad["strength"].as_f64().expect("a strength"),
            base: bases.then(|| squad["base"].as_u64().expect("a base") as u32 + tile(at) as u32),
            min_load: None,
            max_load: None,
        })
        .collect();
    problem
}

/// Junctions that face each other across the border of two copies: in each of 12 strips along `axis` the first one of the
/// copy behind the border and the last one of the copy before it.
fn facing(one: &[[f64; 2]], axis: usize) -> Vec<(usize, usize)> {
    const STRIPS: f64 = 12.0;
    let across = 1 - axis;
    let low = one.iter().map(|place| place[across]).fold(f64::MAX, f64::min);
    let high = one.iter().map(|place| place[across]).fold(f64::MIN, f64::max);
    let strip = |at: &usize| (((one[*at][across] - low) / (high - low) * STRIPS) as usize).min(STRIPS as usize - 1);
    let along = |a: &usize, b: &usize| one[*a][axis].total_cmp(&one[*b][axis]);
    (0..STRIPS as usize)
        .filter_map(|own| {
            let there = || (0..one.len()).filter(|at| strip(at) == own);
            Some((there().min_by(along)?, there().max_by(along)?))
        })
        .collect()
}

fn streets(instance: &Value, ask: &Ask) {
    let name = instance["name"].as_str().unwrap_or("streets");
    let options = Options { seed: ask.seed, threads: ask.threads, ..Options::default() };
    for bases in [true, false] {
        let problem = street_problem(instance, ask.tiles, bases);
        let kind = if bases { "with bases" } else { "without bases" };
        let began = Instant::now();
        match solve(&problem, &options, &mut Progress { stop: &|| false, told: &mut |_| {} }) {
            Ok(plan) => {
                print(name, kind, problem.sections.len(), &plan, began, "");
                if let Some(directory) = &ask.out {
                    let ending = if bases { "" } else { "-without-bases" };
                    let text = json!({"assignment": plan.squad}).to_string();
                    std::fs::write(format!("{directory}/{name}{ending}.json"), text).expect("the plan can be written");
                }
                changes(name, kind, &problem, &plan, &options);
            }
            Err(cause) => println!("{name}\t{kind}\t{cause}"),
        }
    }
}

fn changes(name: &str, kind: &str, problem: &Problem, plan: &Plan, options: &Options) {
    let mut drifted = problem.clone();
    drift(&mut drifted, options.seed);
    let mut weaker = problem.clone();
    if let Some(squad) = weaker.squads.iter_mut().find(|squad| squad.strength == 15.0) {
        squad.strength -= 4.0;
    }
    for (what, changed) in [("demand drifts", drifted), ("15 people become 11", weaker)] {
        let began = Instant::now();
        let mut progress = Progress { stop: &|| false, told: &mut |_| {} };
        let answer = reassign(&changed, &plan.squad, &Limits::default(), options, &mut progress).expect("a plan");
        let handover = answer.plan.figures.handover;
        let more = format!(
            "hand-over {:.2} %\tx flow bound {:.3}\tx old seams {:.3}\tsteps {}",
            100.0 * handover,
            handover / answer.bound.flow,
            answer.plan.figures.seams / plan.figures.seams,
            answer.steps.len()
        );
        print(name, &format!("{kind}, {what}"), changed.sections.len(), &answer.plan, began, &more);
    }
}

/// Each demand times a lognormal (0, 0.5) and a smooth wave of a quarter over the town.
fn drift(problem: &mut Problem, seed: u64) {
    let mut random = Random::stream(seed, 77);
    let axis = |axis: usize| {
        let along = || problem.places.iter().map(move |place| place[axis]);
        (along().fold(f64::MAX, f64::min), along().fold(f64::MIN, f64::max))
    };
    let (x, y) = (axis(0), axis(1));
    for section in &mut problem.sections {
        let place = problem.places[section.ends[0] as usize];
        let turn = (place[0] - x.0) / (x.1 - x.0) + 0.5 * (place[1] - y.0) / (y.1 - y.0);
        let wave = 1.0 + 0.25 * (turn * std::f64::consts::TAU).sin();
        section.workload = Workload::given(section.workload.total() * wave * (0.5 * random.normal()).exp());
    }
}

fn print(name: &str, kind: &str, sections: usize, plan: &Plan, began: Instant, more: &str) {
    let figures = &plan.figures;
    let gap = figures.travel_m.zip(figures.travel_bound_m).map(|(travel, bound)| 100.0 * (travel / bound - 1.0));
    println!(
        "{name}\t{kind}\t{sections} sections\t{:.3} s\tdeviation {:.2} %\textra pieces {}\tseams {}\ttravel {}\t{more}",
        began.elapsed().as_secs_f64(),
        100.0 * figures.max_deviation,
        figures.extra_pieces,
        figures.seams,
        gap.map_or("-".to_owned(), |gap| format!("{:.1} m, {gap:+.2} %", figures.travel_m.unwrap_or(0.0))),
    );
    plan.notes.iter().for_each(|note| println!("\t{note}"));
}

fn cut_edges(instance: &Value, ask: &Ask) {
    let labels = instance["k"].as_u64().expect("k") as usize;
    let weight = numbers(&instance["population"]);
    let edges: Vec<Vec<f64>> = instance["edges"].as_array().expect("edges").iter().map(numbers).collect();
    let ends = |(at, edge): (usize, &Vec<f64>)| [(edge[0] as u32, at as u32), (edge[1] as u32, at as u32)];
    let pairs: Vec<(u32, u32)> = edges.iter().enumerate().flat_map(ends).collect();
    let mut model = Model::new(
        labels,
        weight,
        Lists::of_pairs(numbers(&instance["population"]).len(), &pairs),
        vec![1.0; edges.len()],
    );
    model.low = vec![instance["L"].as_f64().expect("L"); labels];
    model.high = vec![instance["U"].as_f64().expect("U"); labels];
    let began = Instant::now();
    let label = districts(&model, None, ask.seed, ask.threads, &|| false).expect("no labels are fixed");
    let (cut, known) = (model.net_cost(&label), instance["known_upper"].as_f64().expect("a value"));
    let proven = instance["known_lower"].as_f64() == Some(known);
    println!(
        "{}\t{} nodes\tk {labels}\t{:.3} s\tcut {cut}\tknown {known}{}\toutside {:.5}\textra pieces {}\t{}",
        instance["name"].as_str().unwrap_or("?"),
        model.units(),
        began.elapsed().as_secs_f64(),
        if proven { " (optimum)" } else { "" },
        model.excess(&label),
        model.pieces(&label).1 - labels,
        if cut > known || model.excess(&label) > 0.0 { "MISSED" } else { "reached" },
    );
}

fn arcs(instance: &Value, ask: &Ask) {
    let edges: Vec<Vec<f64>> = instance["edges"].as_array().expect("edges").iter().map(numbers).collect();
    let section = |edge: &Vec<f64>| Section {
        ends: [edge[0] as u32, edge[1] as u32],
        cost_m: edge[2],
        workload: Workload::given(edge[2]),
    };
    let mut problem = Problem { sections: edges.iter().map(section).collect(), ..Problem::default() };
    problem.junctions =
        problem.sections.iter().flat_map(|section| section.ends).max().map_or(0, |most| most as usize + 1);
    let depots = numbers(&instance["depots"]);
    let at = sections_at(&problem);
    let ends = |(number, section): (usize, &Section)| {
        let [a, b] = section.ends;
        [Some((number as u32, a)), (a != b).then_some((number as u32, b))].into_iter().flatten()
    };
    let pairs: Vec<(u32, u32)> = problem.sections.iter().enumerate().flat_map(ends).collect();
    let weight: Vec<f64> = edges.iter().map(|edge| edge[2]).collect();
    let mut model =
        Model::new(depots.len(), weight, Lists::of_pairs(edges.len(), &pairs), vec![0.0; problem.junctions]);
    for (label, &depot) in depots.iter().enumerate() {
        let metres = distances(&problem, &at, depot as u32);
        for (unit, section) in problem.sections.iter().enumerate() {
            model.cost[unit * depots.len() + label] =
                metres[section.ends[0] as usize].min(metres[section.ends[1] as usize]);
        }
    }
    for (window, result) in instance["results"].as_object().expect("results") {
        model.set_band(window.parse().expect("a window"));
        let began = Instant::now();
        let label = districts(&model, None, ask.seed, ask.threads, &|| false).expect("no labels are fixed");
        let (value, known) = (model.unit_cost(&label), result["value"].as_f64());
        println!(
            "{}\t{} edges\tk {}\twindow {window}\t{:.3} s\tvalue {value}\tknown {}\tgap {}\toutside {:.5}\textra pieces {}",
            instance["name"].as_str().unwrap_or("?"),
            edges.len(),
            depots.len(),
            began.elapsed().as_secs_f64(),
            known.map_or("-".to_owned(), |known| known.to_string()),
            known.map_or("-".to_owned(), |known| format!("{:.3} %", 100.0 * (value / known - 1.0))),
            model.excess(&label),
            model.pieces(&label).1 - depots.len(),
        );
    }
}
