//! First plans of graphs: the least cut in districts within the band.
//!
//! Small graphs have few and heavy nodes: what is hard is the band. There replica exchange visits millions of labellings, and
//! the districts it met are put together anew (`cover`). On larger ones the shape is hard: there many plans are cooled, then
//! crossed (what plans agree on becomes one node) and cut anew in pairs. Same answer on any number of threads: all is done in
//! fixed units of work with streams of their own. Cost: up to 2 s on one thread at 700 nodes, some 1 s at 60.

use super::cover::{Covered, District, Sets, cover};
use super::cut::{BITS, Cut};
use super::enumerate::all_districts;
use super::graph::Graph;
use super::model::Model;
use super::recut::recut;
use super::repair::make_whole;
use super::seed::from_hubs;
use super::tempering::{Found, Heats, Ladder, cool, temper};
use crate::analysis::parallel::in_units;
use crate::analysis::random::Random;

/// Graphs with more nodes are for the general search.
const MOST_NODES: usize = 4000;
/// Up to how many nodes it is tried to list all districts, and how long.
const FEW_NODES: usize = 40;
const LISTING: u64 = 1_500_000;

const TEMPERINGS: usize = 96;
const LADDER: Ladder =
    Ladder { heats: Heats { hot: 1.3, cold: 0.6, loose: 15.0, tight: 300.0 }, rungs: 6, rounds: 500, moves: 100 };
/// Districts kept for putting together, those with the least rims.
const DISTRICTS: usize = 20_000;

const STARTS: usize = 48;
const ROUNDS: usize = 24;
const CHILDREN: usize = 16;
/// Plans kept for crossing.
const POOL: usize = 48;
const FROM_SCRATCH: Heats = Heats { hot: 1.2, cold: 0.25, loose: 20.0, tight: 1500.0 };
const CROSSED: Heats = Heats { hot: 2.0, cold: 0.3, loose: 10.0, tight: 1500.0 };
const REFINED: Heats = Heats { hot: 0.5, cold: 0.25, loose: 200.0, tight: 1500.0 };
const RECUT: Heats = Heats { hot: 0.7, cold: 0.25, loose: 50.0, tight: 1500.0 };
/// What leaving the band by the whole target costs where plans outside it are compared.
const OUTSIDE: f64 = 3000.0;

/// A labelling of `model`, in one piece a label. None where the model is not a graph of moderate size. Err: a unit that
/// cannot be joined to its label.
pub fn least_cut(
    model: &Model,
    seed: u64,
    threads: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Result<Vec<u32>, u32>> {
    if model.labels < 2 || !(model.labels..=MOST_NODES).contains(&model.units()) {
        return None;
    }
    let graph = Graph::of(model)?;
    let work = Work { model, graph: &graph, seed, threads, stop };
    let found = if graph.nodes() <= BITS && graph.even() { work.small() } else { work.large() };
    Some(found.map(|found| found.label.into_iter().map(u32::from).collect()))
}

struct Work<'a> {
    model: &'a Model,
    graph: &'a Graph,
    seed: u64,
    threads: usize,
    stop: &'a (dyn Fn() -> bool + Sync),
}

impl Work<'_> {
    fn start(&self, random: &mut Random) -> Result<Vec<u8>, u32> {
        let mut label = from_hubs(self.model, random);
        make_whole(self.model, &mut label)?;
        Ok(label.into_iter().map(|label| label as u8).collect())
    }

    fn within(&self, label: Vec<u8>) -> Found {
        Found { cut: Cut::new(self.graph, label.clone()).cost, outside: 0.0, label }
    }

    fn small(&self) -> Result<Found, u32> {
        let graph = self.graph;
        let sets = Sets::new(graph);
        if graph.nodes() <= FEW_NODES
            && let Some(mut all) = all_districts(graph, &sets, LISTING)
        {
            in_order(&mut all);
            if let Some(Covered { label, proven: true }) = cover(graph, &sets, &all, None) {
                return Ok(self.within(label));
            }
        }
        let ladder = Ladder { moves: LADDER.moves.max(graph.nodes()), ..LADDER };
        let tempered = in_units(TEMPERINGS, self.threads, |unit| {
            let mut random = Random::stream(self.seed, unit as u64);
            let starts = (0..ladder.rungs).map(|_| self.start(&mut random)).collect::<Result<Vec<_>, _>>()?;
            let (found, mut districts) = temper(graph, starts, &ladder, &mut random, self.stop);
            few(&mut districts);
            Ok::<_, u32>((found, districts))
        });
        let mut pool = Vec::new();
        let mut districts = Vec::new();
        for tempered in tempered {
            let (found, met) = tempered?;
            pool.push(found);
            districts.extend(met);
        }
        order(&mut pool);
        let mut best = pool.swap_remove(0);
        few(&mut districts);
        let known = (best.outside == 0.0).then_some(best.cut);
        if !(self.stop)()
            && let Some(better) = cover(graph, &sets, &districts, known)
        {
            best = self.within(better.label);
        }
        Ok(best)
    }

    fn large(&self) -> Result<Found, u32> {
        let graph = self.graph;
        let started = in_units(STARTS, self.threads, |start| {
            let mut random = Random::stream(self.seed, start as u64);
            let label = self.start(&mut random)?;
            Ok::<_, u32>(cool(graph, label, 170 * graph.nodes(), &FROM_SCRATCH, &mut random, self.stop))
        });
        let mut pool = started.into_iter().collect::<Result<Vec<_>, _>>()?;
        order(&mut pool);
        for round in 0..ROUNDS * 1000 / graph.nodes().max(1000) {
            if (self.stop)() {
                break;
            }
            let children = in_units(CHILDREN, self.threads, |child| {
                let number = STARTS + round * CHILDREN + child;
                let mut random = Random::stream(self.seed, number as u64);
                if child % 4 == 0 { self.crossing(&pool, &mut random) } else { self.anew(&pool, &mut random) }
            });
            pool.extend(children);
            order(&mut pool);
            pool.truncate(POOL);
        }
        Ok(pool.swap_remove(0))
    }

    /// One to all but one pairs of neighbouring labels of a plan cut anew.
    fn anew(&self, pool: &[Found], random: &mut Random) -> Found {
        let mut label = pool[random.index(pool.len())].label.clone();
        for _ in 0..=random.index(self.graph.labels - 1) {
            recut(self.graph, &mut label, random);
        }
        cool(self.graph, label, 100 * self.graph.nodes(), &RECUT, random, self.stop)
    }

    /// The best borders of two or three plans in all combinations.
    fn crossing(&self, pool: &[Found], random: &mut Random) -> Found {
        let graph = self.graph;
        let first = random.index(pool.len());
        let mut parents = vec![first, random.index(pool.len())];
        if random.index(2) == 0 {
            parents.push(random.index(pool.len()));
        }
        let mut key = vec![0u64; graph.nodes()];
        for &parent in &parents {
            for (key, &label) in key.iter_mut().zip(&pool[parent].label) {
                *key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(label) + 1);
            }
        }
        let (crossed, piece) = graph.crossed(&key);
        let mut label = vec![0; crossed.nodes()];
        piece.iter().zip(&pool[first].label).for_each(|(&piece, &own)| label[piece as usize] = own);
        let found = cool(&crossed, label, 60 * graph.nodes(), &CROSSED, random, self.stop);
        let label = piece.iter().map(|&piece| found.label[piece as usize]).collect();
        cool(graph, label, 100 * graph.nodes(), &REFINED, random, self.stop)
    }
}

/// Best first, those within the band before all others; equal ones once.
fn order(pool: &mut Vec<Found>) {
    let worth = |found: &Found| found.cut + OUTSIDE * found.outside;
    pool.sort_by(|a, b| {
        let band = (a.outside > 0.0).cmp(&(b.outside > 0.0));
        band.then_with(|| worth(a).total_cmp(&worth(b))).then_with(|| a.label.cmp(&b.label))
    });
    pool.dedup_by(|a, b| a.label == b.label);
}

/// Least rims first, each district once: an order that does not depend on how they were found.
fn in_order(districts: &mut Vec<District>) {
    districts.sort_unstable_by(|a, b| a.rim.total_cmp(&b.rim).then(a.nodes.cmp(&b.nodes)));
    districts.dedup_by(|a, b| a.nodes == b.nodes);
}

fn few(districts: &mut Vec<District>) {
    in_order(districts);
    districts.truncate(DISTRICTS);
}
