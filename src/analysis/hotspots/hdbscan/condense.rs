//! From the shortest tree to clusters: the tree of clusters, small branches dropped, and the branches that last.

use crate::analysis::hotspots::sets::Sets;

use super::spanning::Edge;
use super::{DensityClusters, Ties};

/// Joins of the shortest tree by rising length: node `n + k` is the `k`-th.
struct Joins {
    count: usize,
    children: Vec<[u32; 2]>,
    squared: Vec<f64>,
    size: Vec<u32>,
    ties: Ties,
}

impl Joins {
    fn new(count: usize, edges: Vec<Edge>, ties: Ties) -> Self {
        let mut sets = Sets::new(count);
        let mut node: Vec<u32> = (0..count as u32).collect();
        let mut joins = Self { count, children: Vec::new(), squared: Vec::new(), size: Vec::new(), ties };
        for edge in edges {
            let roots = [edge.a, edge.b].map(|case| sets.root(case as usize));
            let children = roots.map(|root| node[root]);
            joins.size.push(joins.size_of(children[0]) + joins.size_of(children[1]));
            let root = sets.unite(roots[0], roots[1]);
            node[root] = (count + joins.children.len()) as u32;
            joins.children.push(children);
            joins.squared.push(edge.squared);
        }
        joins
    }

    fn join(&self, node: u32) -> Option<usize> {
        (node as usize).checked_sub(self.count)
    }

    fn size_of(&self, node: u32) -> u32 {
        self.join(node).map_or(1, |join| self.size[join])
    }

    /// What a join brings together; if ties are together, all that comes together at its very distance.
    fn parts(&self, join: usize, parts: &mut Vec<u32>) {
        parts.clear();
        let mut open = self.children[join].to_vec();
        while let Some(node) = open.pop() {
            match self.join(node) {
                Some(below) if self.ties == Ties::Together && self.squared[below] == self.squared[join] => {
                    open.extend(self.children[below]);
                }
                _ => parts.push(node),
            }
        }
    }

    fn cases(&self, node: u32, mut found: impl FnMut(usize)) {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match self.join(node) {
                Some(join) => open.extend(self.children[join]),
                None => found(node as usize),
            }
        }
    }
}

/// A cluster while the distance falls from `1 / birth`.
struct Branch {
    parent: Option<usize>,
    birth: f64,
    stability: f64,
}

/// Branches, the first of everything, each after its parent; and for each case the last branch it was in.
struct Branches {
    all: Vec<Branch>,
    of_case: Vec<u32>,
    tied: Vec<bool>,
}

fn branches(joins: &Joins, least: usize) -> Branches {
    let mut found = Branches {
        all: vec![Branch { parent: None, birth: 0.0, stability: 0.0 }],
        of_case: vec![0; joins.count],
        tied: vec![false; joins.count],
    };
    let mut open = vec![(joins.children.len() - 1, 0)];
    let (mut parts, mut small): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    while let Some((join, own)) = open.pop() {
        joins.parts(join, &mut parts);
        // No distance between them at all is a density without bound.
        let density = 1.0 / joins.squared[join].sqrt();
        small.clear();
        parts.retain(|part| {
            let large = joins.size_of(*part) as usize >= least;
            if !large {
                small.push(*part);
            }
            large
        });
        let lasted = density - found.all[own].birth;
        for part in &small {
            found.all[own].stability += lasted * f64::from(joins.size_of(*part));
            joins.cases(*part, |case| {
                found.of_case[case] = own as u32;
                found.tied[case] = parts.len() > 1;
            });
        }
        for part in &parts {
            let join = joins.join(*part).expect("a part of two cases or more is a join");
            if parts.len() == 1 {
                open.push((join, own));
                continue;
            }
            found.all[own].stability += lasted * f64::from(joins.size_of(*part));
            found.all.push(Branch { parent: Some(own), birth: density, stability: 0.0 });
            open.push((join, found.all.len() - 1));
        }
    }
    found
}

/// `edges` by rising length.
pub(super) fn condense(count: usize, edges: Vec<Edge>, least: usize, ties: Ties) -> DensityClusters {
    let joins = Joins::new(count, edges, ties);
    let Branches { all: branches, of_case, tied } = branches(&joins, least);
    // Excess of mass: a branch is kept unless those below it together last longer.
    let mut below = vec![0.0; branches.len()];
    let mut kept = vec![false; branches.len()];
    for at in (1..branches.len()).rev() {
        // Taken one by one, cases at one place may make a branch of endless birth, whose stability is no number.
        let outlasted = below[at] > branches[at].stability;
        kept[at] = !outlasted;
        let parent = branches[at].parent.expect("all but the first have a parent");
        below[parent] += if outlasted { below[at] } else { branches[at].stability };
    }
    // The highest branch that is kept takes all below it; the first, of everything, is never kept.
    let mut taker: Vec<Option<u32>> = vec![None; branches.len()];
    for at in 1..branches.len() {
        let above = branches[at].parent.and_then(|parent| taker[parent]);
        taker[at] = above.or(kept[at].then_some(at as u32));
    }
    let mut number = vec![None; branches.len()];
    let mut clusters = 0;
    let labels = of_case
        .iter()
        .map(|branch| {
            let taker = taker[*branch as usize]?;
            Some(*number[taker as usize].get_or_insert_with(|| {
                clusters += 1;
                clusters - 1
            }))
        })
        .collect();
    DensityClusters { labels, tied, count: clusters as usize }
}
