//! Which pairs to join so that everybody is in one pair and the pairs cost least: minimum-weight perfect matching.
//!
//! Edmonds' blossom method with dual prices, on a complete graph given as a matrix (Edmonds 1965; the O(n^3) form with
//! one slack edge a tree is Galil's, ACM Computing Surveys 18, 1986). Whole numbers throughout, so that the answer is
//! exact.

/// No node, no edge.
const NONE: usize = usize::MAX;

/// Where a node or blossom stands while a path is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Not reached.
    Free,
    /// An even number of steps from an unmatched node: grows.
    Outer,
    /// An odd number of steps: its mate is outer.
    Inner,
}

/// Partners of a perfect matching of least total cost; `partner[partner[i]] == i`.
///
/// `costs[i * n + j]` is symmetric, not negative, and at most 2^50; `n` is even. Cost: O(n^3) time, O(n^2) memory.
pub fn least_perfect_matching(n: usize, costs: &[i64]) -> Vec<usize> {
    assert!(n.is_multiple_of(2), "an odd number of nodes has no perfect matching");
    assert_eq!(costs.len(), n * n, "one cost for each pair");
    if n == 0 {
        return Vec::new();
    }
    let mut search = Search::new(n, costs);
    // In a complete graph of positive weights a heaviest matching leaves nobody out.
    while search.phase() {}
    (0..n).map(|node| search.mate[node].1).collect()
}

/// Nodes are `0..n`, blossoms `n..`: at most n / 2 live at a time, so that 2n numbers suffice.
struct Search {
    n: usize,
    /// Weights to be made heavy, doubled so that half a price stays whole.
    weight: Vec<i64>,
    /// Prices; of a blossom they are not negative.
    price: Vec<i64>,
    /// The edge to the partner, as (own node, partner's node).
    mate: Vec<(usize, usize)>,
    /// The outermost blossom (or the node itself) that holds a node or blossom.
    top: Vec<usize>,
    /// The edge by which an outermost one was reached, as (from node, own node).
    reached_by: Vec<(usize, usize)>,
    side: Vec<Side>,
    /// The tightest edge from an outer node, as (outer node, own node).
    slack: Vec<(usize, usize)>,
    /// Members of a blossom round its odd cycle, the base first; and the edges from each to the next.
    members: Vec<Vec<usize>>,
    links: Vec<Vec<(usize, usize)>>,
    queue: Vec<usize>,
    unused: Vec<usize>,
}

const NO_EDGE: (usize, usize) = (NONE, NONE);

impl Search {
    fn new(n: usize, costs: &[i64]) -> Self {
        let most = costs.iter().copied().max().unwrap_or(0);
        let weight: Vec<i64> = costs.iter().map(|cost| 2 * (most + 1 - cost)).collect();
        let heaviest = weight.iter().copied().max().unwrap_or(0);
        let size = 2 * n;
        let mut price = vec![0; size];
        price[..n].fill(heaviest / 2);
        Self {
            n,
            weight,
            price,
            mate: vec![NO_EDGE; size],
            top: (0..size).collect(),
            reached_by: vec![NO_EDGE; size],
            side: vec![Side::Free; size],
            slack: vec![NO_EDGE; size],
            members: vec![Vec::new(); size],
            links: vec![Vec::new(); size],
            queue: Vec::new(),
            unused: (n..size).rev().collect(),
        }
    }

    /// How far an edge between outermost blossoms is from being tight.
    fn gap(&self, (a, b): (usize, usize)) -> i64 {
        self.price[a] + self.price[b] - self.weight[a * self.n + b]
    }

    fn live(&self) -> Vec<usize> {
        (0..2 * self.n).filter(|&it| self.top[it] == it && (it < self.n || !self.members[it].is_empty())).collect()
    }

    /// The nodes inside.
    fn nodes(&self, it: usize, into: &mut Vec<usize>) {
        if it < self.n {
            into.push(it);
        } else {
            self.members[it].iter().for_each(|member| self.nodes(*member, into));
        }
    }

    fn set_top(&mut self, it: usize, top: usize) {
        self.top[it] = top;
        for member in self.members[it].clone() {
            self.set_top(member, top);
        }
    }

    fn make_outer(&mut self, it: usize, by: (usize, usize)) {
        self.side[it] = Side::Outer;
        self.reached_by[it] = by;
        let mut inside = Vec::new();
        self.nodes(it, &mut inside);
        self.queue.append(&mut inside);
    }

    /// Adds one pair; false when all are paired.
    fn phase(&mut self) -> bool {
        self.side.fill(Side::Free);
        self.slack.fill(NO_EDGE);
        self.queue.clear();
        let live = self.live();
        let single: Vec<usize> = live.into_iter().filter(|&it| self.mate[it] == NO_EDGE).collect();
        if single.is_empty() {
            return false;
        }
        single.into_iter().for_each(|it| self.make_outer(it, NO_EDGE));
        loop {
            if self.grow() {
                return true;
            }
            self.change_prices();
            // Edges that have become tight, and inner blossoms that are worth nothing any more.
            for it in self.live() {
                let edge = self.slack[it];
                if edge != NO_EDGE
                    && self.top[edge.1] == it
                    && self.top[edge.0] != it
                    && self.side[it] != Side::Inner
                    && self.gap(edge) == 0
                    && self.meet(edge)
                {
                    return true;
                }
            }
            for it in self.live() {
                if it >= self.n && self.side[it] == Side::Inner && self.price[it] == 0 {
                    self.open(it);
                }
            }
        }
    }

    /// Follows tight edges from outer nodes; true when a pair has been added.
    fn grow(&mut self) -> bool {
        while let Some(node) = self.queue.pop() {
            for other in 0..self.n {
                let (here, there) = (self.top[node], self.top[other]);
                if here == there || self.side[there] == Side::Inner {
                    continue;
                }
                let edge = (node, other);
                let gap = self.gap(edge);
                if gap == 0 {
                    if self.meet(edge) {
                        return true;
                    }
                } else if self.slack[there] == NO_EDGE || self.stale(there) || gap < self.gap(self.slack[there]) {
                    self.slack[there] = edge;
                }
            }
        }
        false
    }

    /// Whether the remembered edge has come to lie inside a blossom.
    fn stale(&self, it: usize) -> bool {
        let (from, to) = self.slack[it];
        self.top[from] == self.top[to]
    }

    /// An outer node meets something by a tight edge; true when a pair has been added.
    fn meet(&mut self, edge: (usize, usize)) -> bool {
        let (here, there) = (self.top[edge.0], self.top[edge.1]);
        match self.side[there] {
            Side::Free => {
                self.side[there] = Side::Inner;
                self.reached_by[there] = edge;
                let (own, partner) = self.mate[there];
                let next = self.top[partner];
                self.slack[there] = NO_EDGE;
                self.slack[next] = NO_EDGE;
                self.make_outer(next, (own, partner));
                false
            }
            Side::Outer => {
                let meeting_point = self.meeting_point(here, there);
                if let Some(base) = meeting_point {
                    self.close(edge, base);
                } else {
                    self.augment(edge);
                    self.augment((edge.1, edge.0));
                }
                meeting_point.is_none()
            }
            Side::Inner => false,
        }
    }

    /// The outer ones on the way from here to the root of its tree.
    fn way_to_root(&self, from: usize) -> Vec<usize> {
        let mut way = vec![from];
        let mut at = from;
        while self.reached_by[at] != NO_EDGE {
            let inner = self.top[self.reached_by[at].0];
            at = self.top[self.reached_by[inner].0];
            way.push(at);
        }
        way
    }

    fn meeting_point(&self, a: usize, b: usize) -> Option<usize> {
        let of_a = self.way_to_root(a);
        self.way_to_root(b).into_iter().find(|it| of_a.contains(it))
    }

    /// The way from an outer one down to `base`: members and the edges that led to each of them.
    fn branch(&self, from: usize, base: usize) -> Vec<(usize, (usize, usize))> {
        let mut branch = Vec::new();
        let mut at = from;
        while at != base {
            let by = self.reached_by[at];
            branch.push((at, by));
            at = self.top[by.0];
        }
        branch
    }

    /// Shrinks the odd cycle that `edge` closes over `base` into one outer blossom.
    fn close(&mut self, edge: (usize, usize), base: usize) {
        let left = self.branch(self.top[edge.0], base);
        let right = self.branch(self.top[edge.1], base);
        let mut members = vec![base];
        let mut links = Vec::new();
        // Down the left branch from the base, over the edge, and back up the right branch.
        for (member, by) in left.iter().rev() {
            members.push(*member);
            links.push(*by);
        }
        links.push(edge);
        for (member, by) in &right {
            members.push(*member);
            links.push((by.1, by.0));
        }
        let blossom = self.unused.pop().expect("at most n / 2 blossoms live at a time");
        self.price[blossom] = 0;
        self.mate[blossom] = self.mate[base];
        self.side[blossom] = Side::Outer;
        self.reached_by[blossom] = self.reached_by[base];
        let mut fresh = Vec::new();
        for member in &members {
            if self.side[*member] == Side::Inner {
                self.nodes(*member, &mut fresh);
            }
        }
        self.queue.append(&mut fresh);
        self.members[blossom].clone_from(&members);
        self.links[blossom] = links;
        self.set_top(blossom, blossom);
        // Its tightest edge to another outer one: the best its members knew, and what its nodes see.
        self.slack[blossom] = NO_EDGE;
        let mut inside = Vec::new();
        self.nodes(blossom, &mut inside);
        for other in 0..self.n {
            if self.top[other] != blossom && self.side[self.top[other]] == Side::Outer {
                for node in &inside {
                    let candidate = (other, *node);
                    if self.slack[blossom] == NO_EDGE || self.gap(candidate) < self.gap(self.slack[blossom]) {
                        self.slack[blossom] = candidate;
                    }
                }
            }
        }
    }

    /// Takes an inner blossom of price 0 apart: the even way round stays in the tree, the rest is free.
    fn open(&mut self, blossom: usize) {
        let members = std::mem::take(&mut self.members[blossom]);
        let links = std::mem::take(&mut self.links[blossom]);
        for member in &members {
            self.set_top(*member, *member);
        }
        let length = members.len();
        let by = self.reached_by[blossom];
        let entry = members.iter().position(|member| self.top[by.1] == *member).expect("the edge leads inside");
        let (own, partner) = self.mate[blossom];
        self.mate[members[0]] = (own, partner);
        for member in &members {
            self.side[*member] = Side::Free;
            self.slack[*member] = NO_EDGE;
        }
        // From the entry to the base by an even number of links: inner, outer, ..., inner.
        let forward = entry % 2 == 1;
        let mut at = entry;
        let mut reached = by;
        self.top[blossom] = NONE;
        self.mate[blossom] = NO_EDGE;
        self.unused.push(blossom);
        loop {
            let inner = members[at];
            self.side[inner] = Side::Inner;
            self.reached_by[inner] = reached;
            if at == 0 {
                break;
            }
            let step = |at: usize| -> (usize, (usize, usize)) {
                if forward {
                    ((at + 1) % length, links[at])
                } else {
                    let before = (at + length - 1) % length;
                    (before, (links[before].1, links[before].0))
                }
            };
            let (outer, link) = step(at);
            self.make_outer(members[outer], link);
            let (next, link) = step(outer);
            at = next;
            reached = link;
        }
        // The mate of the base had been reached from it: the edge still says so.
        self.find_slack(&members);
    }

    /// Free members have no tightest edge yet.
    fn find_slack(&mut self, members: &[usize]) {
        for &member in members {
            if self.side[member] == Side::Inner {
                continue;
            }
            let mut inside = Vec::new();
            self.nodes(member, &mut inside);
            for other in 0..self.n {
                let there = self.top[other];
                if there == member || self.side[there] != Side::Outer {
                    continue;
                }
                for node in &inside {
                    let candidate = (other, *node);
                    if self.slack[member] == NO_EDGE || self.gap(candidate) < self.gap(self.slack[member]) {
                        self.slack[member] = candidate;
                    }
                }
            }
        }
    }

    /// The largest step of all prices that keeps every edge at least tight.
    fn change_prices(&mut self) {
        let live = self.live();
        let mut step = i64::MAX;
        for &it in &live {
            let edge = self.slack[it];
            match self.side[it] {
                Side::Inner if it >= self.n => step = step.min(self.price[it] / 2),
                Side::Free if edge != NO_EDGE => step = step.min(self.gap(edge)),
                Side::Outer if edge != NO_EDGE && self.top[edge.0] != it => step = step.min(self.gap(edge) / 2),
                _ => {}
            }
        }
        assert!(step < i64::MAX, "in a complete graph there is an edge to follow");
        for node in 0..self.n {
            match self.side[self.top[node]] {
                Side::Outer => self.price[node] -= step,
                Side::Inner => self.price[node] += step,
                Side::Free => {}
            }
        }
        for &it in live.iter().filter(|it| **it >= self.n) {
            match self.side[it] {
                Side::Outer => self.price[it] += 2 * step,
                Side::Inner => self.price[it] -= 2 * step,
                Side::Free => {}
            }
        }
    }

    /// Turns pairs round along the way from `edge.0` to the root of its tree, with `edge` as the first new pair.
    fn augment(&mut self, edge: (usize, usize)) {
        let mut pair = edge;
        loop {
            let outer = self.top[pair.0];
            let by = self.reached_by[outer];
            self.pair_up(outer, pair);
            if by == NO_EDGE {
                return;
            }
            let inner = self.top[by.0];
            let into_inner = self.reached_by[inner];
            self.pair_up(inner, (into_inner.1, into_inner.0));
            pair = into_inner;
        }
    }

    /// `edge.0`, inside `it`, gets `edge.1` as its partner; inside a blossom the other members pair among themselves.
    fn pair_up(&mut self, it: usize, edge: (usize, usize)) {
        self.mate[it] = edge;
        if it < self.n {
            return;
        }
        let length = self.members[it].len();
        let entry = (0..length).find(|at| self.holds(self.members[it][*at], edge.0)).expect("the node is inside");
        // The entry becomes the base.
        self.members[it].rotate_left(entry);
        self.links[it].rotate_left(entry);
        let (members, links) = (self.members[it].clone(), self.links[it].clone());
        self.pair_up(members[0], edge);
        for at in (1..length).step_by(2) {
            let link = links[at];
            self.pair_up(members[at], link);
            self.pair_up(members[at + 1], (link.1, link.0));
        }
    }

    fn holds(&self, it: usize, node: usize) -> bool {
        it == node || self.members[it].iter().any(|member| self.holds(*member, node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::random::Random;

    /// Every pairing, by trying all.
    fn least(left: &[usize], n: usize, costs: &[i64]) -> i64 {
        let Some((first, rest)) = left.split_first() else { return 0 };
        (0..rest.len())
            .map(|at| {
                let mut others = rest.to_vec();
                let other = others.remove(at);
                costs[first * n + other] + least(&others, n, costs)
            })
            .min()
            .unwrap_or(0)
    }

    fn matrix(n: usize, mut cost: impl FnMut() -> i64) -> Vec<i64> {
        let mut costs = vec![0; n * n];
        for i in 0..n {
            for j in 0..i {
                costs[i * n + j] = cost();
                costs[j * n + i] = costs[i * n + j];
            }
        }
        costs
    }

    fn total(n: usize, costs: &[i64], partner: &[usize]) -> i64 {
        assert!((0..n).all(|i| partner[i] != i && partner[partner[i]] == i), "{partner:?}");
        (0..n).map(|i| costs[i * n + partner[i]]).sum::<i64>() / 2
    }

    #[test]
    fn the_pairs_cost_least() {
        let mut random = Random::new(3);
        for round in 0..3_000 {
            let n = 2 * (1 + random.index(5));
            let most = [2, 5, 20, 1_000_000][round % 4];
            let costs = matrix(n, || random.below(most) as i64);
            let found = total(n, &costs, &least_perfect_matching(n, &costs));
            assert_eq!(found, least(&(0..n).collect::<Vec<_>>(), n, &costs), "{n} {costs:?}");
        }
    }

    /// On a line neighbours are paired, however they are shuffled; with many ties there are many blossoms.
    #[test]
    fn larger_ones_with_a_known_answer() {
        let mut random = Random::new(5);
        for n in [50, 120, 200] {
            let mut places: Vec<i64> = (0..n as i64).map(|at| 10 * at + (at % 2)).collect();
            random.shuffle(&mut places);
            let mut costs = vec![0; n * n];
            for i in 0..n {
                for j in 0..n {
                    costs[i * n + j] = (places[i] - places[j]).abs();
                }
            }
            assert_eq!(total(n, &costs, &least_perfect_matching(n, &costs)), 11 * n as i64 / 2);
        }
    }

    #[test]
    fn nobody_is_left_when_nobody_is_there() {
        assert!(least_perfect_matching(0, &[]).is_empty());
    }
}
