//! One closed walk over streets that are each to be walked a given number of times.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::postman::Street;

/// The junctions at which streets end, each once.
pub(super) fn junctions(streets: &[Street], which: &[u32]) -> Vec<u32> {
    which.iter().flat_map(|street| streets[*street as usize].ends).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Streets by the pieces that hang together; the piece of the first street first.
pub(super) fn pieces(streets: &[Street], which: &[u32]) -> Vec<Vec<u32>> {
    let mut at_junction: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, street) in which.iter().enumerate() {
        streets[*street as usize].ends.iter().for_each(|end| at_junction.entry(*end).or_default().push(place));
    }
    let mut seen = vec![false; which.len()];
    let mut pieces = Vec::new();
    for first in 0..which.len() {
        let mut piece = Vec::new();
        let mut waiting = vec![first];
        while let Some(place) = waiting.pop() {
            if std::mem::replace(&mut seen[place], true) {
                continue;
            }
            piece.push(which[place]);
            for end in streets[which[place] as usize].ends {
                // Whoever comes to a junction first takes all its streets.
                waiting.append(&mut at_junction.remove(&end).unwrap_or_default());
            }
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
    }
    pieces
}

/// Hierholzer's walk (1873): every street as often as told, closed at `start`, which must be on it; street and whether
/// it is walked along its ends as given. Every junction has an even degree and the streets hang together.
pub(super) fn euler(streets: &[Street], times: &[u32], start: u32) -> Vec<(u32, bool)> {
    let mut left: Vec<u32> = times.to_vec();
    let mut at_junction: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, street) in streets.iter().enumerate().rev().filter(|(at, _)| times[*at] > 0) {
        street.ends.iter().for_each(|end| at_junction.entry(*end).or_default().push(at as u32));
    }
    let mut path: Vec<(u32, Option<(u32, bool)>)> = vec![(start, None)];
    let mut walk = Vec::new();
    while let Some(&(here, by)) = path.last() {
        let exits = at_junction.entry(here).or_default();
        while exits.last().is_some_and(|street| left[*street as usize] == 0) {
            exits.pop();
        }
        if let Some(&street) = exits.last() {
            left[street as usize] -= 1;
            let [a, b] = streets[street as usize].ends;
            let forward = here == a;
            path.push((if forward { b } else { a }, Some((street, forward))));
        } else {
            path.pop();
            walk.extend(by);
        }
    }
    walk.reverse();
    walk
}
