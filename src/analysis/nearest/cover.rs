//! Which p sets cover the most weight: the maximal covering location problem (Church and ReVelle 1974), solved exactly
//! or with a proven bound.
//!
//! Branch and bound on the Lagrangian relaxation of "covered only by a chosen set" (Galvao and ReVelle 1996): a
//! multiplier for each demand between 0 and its weight; the bound is the weight left over plus the p dearest sets. It
//! knows no streets.

use std::collections::BTreeMap;

/// Weights of the demands, and for each candidate the demands that it covers, rising.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    pub weights: Vec<u64>,
    pub covers: Vec<Vec<u32>>,
    /// How many candidates may be chosen.
    pub p: usize,
}

/// The best choice that was found, and what no choice can exceed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Numbers of the candidates, rising.
    pub chosen: Vec<usize>,
    pub covered: u64,
    /// Equal to `covered` when the choice is proven to be best.
    pub bound: u64,
}

/// Evaluations of the relaxation at the root and at a node below.
const ROOT_ROUNDS: usize = 300;
const NODE_ROUNDS: usize = 40;

/// Whether a candidate is still open at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    In,
    Out,
}

/// A part of the choices: some candidates are in, some out.
struct Node {
    states: Vec<State>,
    multipliers: Vec<f64>,
    bound: f64,
}

/// The best p candidates. The answer depends on nothing but the problem and `budget`, about the number of looks at a
/// demand of a candidate; when it is used up the best so far is answered with its bound.
pub fn cover(problem: &Problem, budget: u64) -> Cover {
    let (smaller, kept) = reduced(problem);
    let mut cover = Solver::new(&smaller, budget).solve();
    cover.chosen = cover.chosen.into_iter().map(|candidate| kept[candidate]).collect();
    cover
}

/// The same problem without candidates that another one covers whole, and with demands that the same candidates cover
/// taken together; and the number of each candidate that is left. No best choice is lost.
fn reduced(problem: &Problem) -> (Problem, Vec<usize>) {
    let mut by_demand: Vec<Vec<u32>> = vec![Vec::new(); problem.weights.len()];
    for (candidate, demands) in problem.covers.iter().enumerate() {
        demands.iter().for_each(|demand| by_demand[*demand as usize].push(candidate as u32));
    }
    // Of two that cover the same the first stays.
    let beaten = |candidate: usize| {
        let own = &problem.covers[candidate];
        let Some(rarest) = own.iter().min_by_key(|demand| by_demand[**demand as usize].len()) else { return true };
        by_demand[*rarest as usize].iter().map(|other| *other as usize).any(|other| {
            let theirs = &problem.covers[other];
            let may = theirs.len() > own.len() || (theirs.len() == own.len() && other < candidate);
            may && other != candidate && own.iter().all(|demand| theirs.binary_search(demand).is_ok())
        })
    };
    let kept: Vec<usize> = (0..problem.covers.len()).filter(|candidate| !beaten(*candidate)).collect();
    let mut covering: Vec<Vec<u32>> = vec![Vec::new(); problem.weights.len()];
    for (place, candidate) in kept.iter().enumerate() {
        problem.covers[*candidate].iter().for_each(|demand| covering[*demand as usize].push(place as u32));
    }
    let mut groups: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
    for (candidates, weight) in covering.into_iter().zip(&problem.weights) {
        if !candidates.is_empty() {
            *groups.entry(candidates).or_insert(0) += weight;
        }
    }
    let mut smaller =
        Problem { weights: Vec::with_capacity(groups.len()), covers: vec![Vec::new(); kept.len()], p: problem.p };
    for (number, (candidates, weight)) in groups.into_iter().enumerate() {
        smaller.weights.push(weight);
        candidates.iter().for_each(|candidate| smaller.covers[*candidate as usize].push(number as u32));
    }
    (smaller, kept)
}

struct Solver<'a> {
    problem: &'a Problem,
    /// Looks at one evaluation.
    size: u64,
    budget: u64,
    best: Vec<usize>,
    best_weight: u64,
}

impl<'a> Solver<'a> {
    fn new(problem: &'a Problem, budget: u64) -> Self {
        let size = problem.covers.iter().map(|covered| covered.len() as u64 + 1).sum::<u64>() + 1;
        Self { problem, size, budget, best: Vec::new(), best_weight: 0 }
    }

    fn solve(mut self) -> Cover {
        let p = self.problem.p.min(self.problem.covers.len());
        let greedy = self.greedy(p);
        self.offer(greedy);
        let states =
            self.problem.covers.iter().map(|covered| if covered.is_empty() { State::Out } else { State::Open });
        let mut multipliers: Vec<f64> = self.problem.weights.iter().map(|weight| *weight as f64).collect();
        for demand in self.problem.covers.iter().flatten() {
            multipliers[*demand as usize] = self.problem.weights[*demand as usize] as f64 / 2.0;
        }
        let root =
            Node { states: states.collect(), multipliers, bound: self.problem.weights.iter().sum::<u64>() as f64 };
        let mut open = vec![root];
        let mut rounds = ROOT_ROUNDS;
        let mut left_over = self.best_weight as f64;
        while let Some(mut node) = open.pop() {
            if whole(node.bound) <= self.best_weight {
                continue;
            }
            if self.budget == 0 {
                left_over = left_over.max(node.bound);
                continue;
            }
            let branch = self.bound(&mut node, p, rounds);
            rounds = NODE_ROUNDS;
            let Some(branch) = branch.filter(|_| whole(node.bound) > self.best_weight) else { continue };
            for state in [State::Out, State::In] {
                let mut states = node.states.clone();
                states[branch] = state;
                open.push(Node { states, multipliers: node.multipliers.clone(), bound: node.bound });
            }
        }
        self.best.sort_unstable();
        Cover { bound: whole(left_over).max(self.best_weight), covered: self.best_weight, chosen: self.best }
    }

    /// Lowers the node's bound by subgradient steps, leaves out what cannot be in, and names the candidate to branch
    /// on; none when the node is done.
    fn bound(&mut self, node: &mut Node, p: usize, rounds: usize) -> Option<usize> {
        let problem = self.problem;
        let mut covered = vec![false; problem.weights.len()];
        let mut base = 0;
        let mut chosen: Vec<usize> = Vec::with_capacity(p);
        for (candidate, _) in node.states.iter().enumerate().filter(|(_, state)| **state == State::In) {
            chosen.push(candidate);
            for demand in &problem.covers[candidate] {
                if !std::mem::replace(&mut covered[*demand as usize], true) {
                    base += problem.weights[*demand as usize];
                }
            }
        }
        self.offer(chosen.clone());
        let fixed = chosen.len();
        let wanted = p.saturating_sub(fixed);
        let (mut step, mut since) = (1.0_f64, 0);
        let mut multipliers = node.multipliers.clone();
        let mut branch = None;
        for _ in 0..rounds {
            self.budget = self.budget.saturating_sub(self.size);
            let mut open: Vec<(f64, usize)> = (0..problem.covers.len())
                .filter(|candidate| node.states[*candidate] == State::Open)
                .map(|candidate| {
                    let demands = problem.covers[candidate].iter().filter(|demand| !covered[**demand as usize]);
                    (demands.map(|demand| multipliers[*demand as usize]).sum::<f64>(), candidate)
                })
                .collect();
            open.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let taken = wanted.min(open.len());
            let free = (0..covered.len()).filter(|demand| !covered[*demand]);
            let rest: f64 = free.map(|demand| problem.weights[demand] as f64 - multipliers[demand]).sum();
            let value = base as f64 + rest + open[..taken].iter().map(|(price, _)| price).sum::<f64>();
            chosen.truncate(fixed);
            chosen.extend(open[..taken].iter().map(|(_, candidate)| *candidate));
            self.offer(chosen.clone());
            if value < node.bound - 1e-9 {
                (node.bound, since) = (value, 0);
                node.multipliers.clone_from(&multipliers);
            } else {
                since += 1;
            }
            // Where all can be taken, all that is possible has been offered.
            if open.len() <= wanted || wanted == 0 || whole(node.bound) <= self.best_weight {
                return None;
            }
            self.fix(node, &open, taken, value);
            branch = open.first().map(|(_, candidate)| *candidate);
            if since >= 20 {
                (step, since) = (step / 2.0, 0);
            }
            let slope = subgradient(problem, &covered, &open[..taken]);
            let norm: f64 = slope.iter().map(|slope| slope * slope).sum();
            if norm == 0.0 {
                break;
            }
            let length = step * (value - self.best_weight as f64).max(0.5) / norm;
            for (demand, slope) in slope.iter().enumerate().filter(|(_, slope)| **slope != 0.0) {
                let weight = problem.weights[demand] as f64;
                multipliers[demand] = (multipliers[demand] - length * slope).clamp(0.0, weight);
            }
        }
        branch
    }

    /// A candidate that would bring the bound down to the best known choice if it were taken is left out.
    fn fix(&self, node: &mut Node, open: &[(f64, usize)], taken: usize, value: f64) {
        let Some(last) = taken.checked_sub(1).map(|at| open[at].0) else { return };
        for (price, candidate) in &open[taken..] {
            if whole(value - last + price) <= self.best_weight {
                node.states[*candidate] = State::Out;
            }
        }
    }

    fn offer(&mut self, chosen: Vec<usize>) {
        let weight = self.weight(&chosen);
        if weight > self.best_weight || self.best.is_empty() {
            (self.best, self.best_weight) = (chosen, weight);
        }
    }

    fn weight(&self, chosen: &[usize]) -> u64 {
        let mut covered = vec![false; self.problem.weights.len()];
        let demands = chosen.iter().flat_map(|candidate| &self.problem.covers[*candidate]);
        demands
            .filter(|demand| !std::mem::replace(&mut covered[**demand as usize], true))
            .map(|demand| self.problem.weights[*demand as usize])
            .sum()
    }

    /// The candidate that adds most, p times; within 1 - 1/e of the best (Nemhauser, Wolsey and Fisher 1978).
    fn greedy(&self, p: usize) -> Vec<usize> {
        let problem = self.problem;
        let mut covered = vec![false; problem.weights.len()];
        let mut chosen = Vec::with_capacity(p);
        for _ in 0..p {
            let gain = |candidate: usize| -> u64 {
                let new = problem.covers[candidate].iter().filter(|demand| !covered[**demand as usize]);
                new.map(|demand| problem.weights[*demand as usize]).sum()
            };
            let best = (0..problem.covers.len()).map(|at| (gain(at), std::cmp::Reverse(at))).max();
            match best {
                Some((gain, std::cmp::Reverse(candidate))) if gain > 0 => {
                    problem.covers[candidate].iter().for_each(|demand| covered[*demand as usize] = true);
                    chosen.push(candidate);
                }
                _ => break,
            }
        }
        chosen
    }
}

/// How often each open demand is covered by the taken candidates, less one.
fn subgradient(problem: &Problem, covered: &[bool], taken: &[(f64, usize)]) -> Vec<f64> {
    let mut slope: Vec<f64> = covered.iter().map(|covered| if *covered { 0.0 } else { -1.0 }).collect();
    for (_, candidate) in taken {
        for demand in &problem.covers[*candidate] {
            if !covered[*demand as usize] {
                slope[*demand as usize] += 1.0;
            }
        }
    }
    slope
}

/// Weights are whole: no choice is between two of them.
fn whole(bound: f64) -> u64 {
    (bound + 1e-6).floor().max(0.0) as u64
}
