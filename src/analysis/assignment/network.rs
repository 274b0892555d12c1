//! The streets under a problem: distances from bases, parts of the network, groups, and the links that join parts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::model::{Lists, NONE};
use super::problem::Problem;

/// Sections at each junction; a loop stands there once.
pub fn sections_at(problem: &Problem) -> Lists {
    let mut pairs = Vec::with_capacity(2 * problem.sections.len());
    for (at, section) in problem.sections.iter().enumerate() {
        pairs.push((section.ends[0], at as u32));
        if section.ends[0] != section.ends[1] {
            pairs.push((section.ends[1], at as u32));
        }
    }
    Lists::of_pairs(problem.junctions, &pairs)
}

/// Metres from `from` to every junction; infinite where no way leads. Lengths below 0.1 m count as that.
pub fn distances(problem: &Problem, sections_at: &Lists, from: u32) -> Vec<f64> {
    let mut metres = vec![f64::INFINITY; problem.junctions];
    metres[from as usize] = 0.0;
    let mut queue = BinaryHeap::from([(Reverse(0u64), from)]);
    while let Some((Reverse(bits), junction)) = queue.pop() {
        // Bits of numbers of at least 0 are in the numbers' order.
        let known = f64::from_bits(bits);
        if known > metres[junction as usize] {
            continue;
        }
        for &section in sections_at.of(junction) {
            let section = &problem.sections[section as usize];
            let other = if section.ends[0] == junction { section.ends[1] } else { section.ends[0] };
            let way = known + section.cost_m.max(0.1);
            if way < metres[other as usize] {
                metres[other as usize] = way;
                queue.push((Reverse(way.to_bits()), other));
            }
        }
    }
    metres
}

/// A part number a junction (`NONE` where no section ends) and the number of sections of each part.
pub fn parts(problem: &Problem, sections_at: &Lists) -> (Vec<u32>, Vec<usize>) {
    let mut part = vec![NONE; problem.junctions];
    let mut sizes = Vec::new();
    let mut stack = Vec::new();
    for section in &problem.sections {
        let first = section.ends[0];
        if part[first as usize] != NONE {
            continue;
        }
        let own = sizes.len() as u32;
        sizes.push(0);
        part[first as usize] = own;
        stack.push(first);
        while let Some(junction) = stack.pop() {
            for &section in sections_at.of(junction) {
                for &end in &problem.sections[section as usize].ends {
                    if part[end as usize] == NONE {
                        part[end as usize] = own;
                        stack.push(end);
                    }
                }
            }
        }
    }
    problem.sections.iter().for_each(|section| sizes[part[section.ends[0] as usize] as usize] += 1);
    (part, sizes)
}

/// Pairs of junctions that join all parts in a tree: each part, from the largest down, at its nearest place to the parts
/// before it. A squad that is one piece with these links is one piece in every part, since a link leads there and back.
pub fn links(problem: &Problem, part: &[u32], sizes: &[usize]) -> Vec<(u32, u32)> {
    if sizes.len() < 2 {
        return Vec::new();
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); sizes.len()];
    for (junction, &own) in part.iter().enumerate().filter(|(_, own)| **own != NONE) {
        members[own as usize].push(junction as u32);
    }
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&own| (Reverse(sizes[own]), own));
    if problem.places.len() < problem.junctions {
        let root = members[order[0]][0];
        return order[1..].iter().map(|&own| (members[own][0], root)).collect();
    }
    let place = |junction: u32| GeomWithData::new(problem.places[junction as usize], junction);
    let mut tree = RTree::bulk_load(members[order[0]].iter().map(|&junction| place(junction)).collect());
    let mut links = Vec::new();
    for &own in &order[1..] {
        let nearest = members[own].iter().filter_map(|&junction| {
            let here = problem.places[junction as usize];
            let near = tree.nearest_neighbor(here)?;
            let (dx, dy) = (near.geom()[0] - here[0], near.geom()[1] - here[1]);
            Some((dx * dx + dy * dy, junction, near.data))
        });
        if let Some((_, here, there)) = nearest.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))) {
            links.push((here, there));
        }
        members[own].iter().for_each(|&junction| tree.insert(place(junction)));
    }
    links
}

/// A unit number a section: sections of a group that are connected through each other are one. And groups in pieces.
pub fn units(problem: &Problem, sections_at: &Lists) -> (Vec<u32>, usize, Vec<(u32, usize)>) {
    let sections = problem.sections.len();
    let group = |section: usize| problem.groups.get(section).copied().unwrap_or(NONE);
    let mut unit = vec![NONE; sections];
    let mut units = 0u32;
    let mut pieces = std::collections::BTreeMap::<u32, usize>::new();
    let mut stack = Vec::new();
    for first in 0..sections {
        if unit[first] != NONE {
            continue;
        }
        unit[first] = units;
        if group(first) != NONE {
            *pieces.entry(group(first)).or_default() += 1;
            stack.push(first as u32);
            while let Some(section) = stack.pop() {
                for &end in &problem.sections[section as usize].ends {
                    for &other in sections_at.of(end) {
                        if unit[other as usize] == NONE && group(other as usize) == group(first) {
                            unit[other as usize] = units;
                            stack.push(other);
                        }
                    }
                }
            }
        }
        units += 1;
    }
    (unit, units as usize, pieces.into_iter().filter(|(_, pieces)| *pieces > 1).collect())
}
