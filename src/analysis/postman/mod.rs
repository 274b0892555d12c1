//! The shortest closed walk that passes every street that has to be walked: the Chinese postman.
//!
//! Which streets somebody has is not asked here, nor where the streets lie: junctions are numbers, lengths metres.

mod matching;
mod paths;
mod tour;
#[cfg(test)]
mod tests;

use thiserror::Error;

use crate::analysis::postman::paths::{Links, Paths};

pub use matching::least_perfect_matching;

/// A street between two junctions, which may be the same; walked either way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Street {
    pub ends: [u32; 2],
    /// Metres; finite and not negative.
    pub metres: f64,
}

/// One street of a walk, by its index, along its ends as given or against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub street: u32,
    pub forward: bool,
    /// Passed on the way only: walked already, or not one of those that have to be walked.
    pub only_passed: bool,
}

/// A closed walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    pub steps: Vec<Step>,
    /// The junction where it starts and ends.
    pub start: u32,
    /// Metres of all steps.
    pub metres: f64,
    /// Metres of the steps that are only passed.
    pub passed_m: f64,
    /// Whether no shorter walk exists: so where the streets to be walked hang together.
    pub is_shortest: bool,
}

#[derive(Debug, Clone, PartialEq, Error)]
pub enum PostmanError {
    #[error("no street has to be walked")]
    Nothing,
    #[error("street {street} is not one of the {streets} streets")]
    NoSuchStreet { street: u32, streets: usize },
    #[error("street {street} has a length of {metres} m: lengths are finite and not negative")]
    Length { street: u32, metres: f64 },
    #[error("street {street} cannot be reached on foot from street {from}: walk them on two walks")]
    Apart { street: u32, from: u32 },
    #[error("junction {start} cannot be reached on foot from the streets to be walked: start elsewhere")]
    Start { start: u32 },
}

/// Millimetres: the matching wants whole numbers.
const PER_METRE: f64 = 1e3;

/// A closed walk over `own` (indices into `streets`, each at least once) that may pass every other street, too.
///
/// Where the own streets hang together it is the shortest: junctions of odd degree are paired so that the ways between
/// them are shortest (Edmonds and Johnson 1973). Otherwise the pieces are first joined by a least spanning tree
/// (Frederickson 1979: at most half as long again as the shortest), and what is passed twice without need is dropped.
/// It starts at `start`, which is reached and left by the shortest way where it is not on the walk, else at an end of
/// the first own street. Lengths are compared to the millimetre.
///
/// Errors: [`PostmanError`]. Cost: a search over all streets for each odd junction and piece, and O(n^3) in the odd ones.
pub fn closed_walk(streets: &[Street], own: &[u32], start: Option<u32>) -> Result<Walk, PostmanError> {
    validate(streets, own)?;
    let links = Links::new(streets);
    let mut times = vec![0_u32; streets.len()];
    own.iter().for_each(|street| times[*street as usize] = 1);
    let required = times.clone();
    let is_connected = join_pieces(streets, own, &links, &mut times)?;
    pair_odd_junctions(streets, &links, &mut times);
    if !is_connected {
        drop_needless(streets, &required, &mut times);
    }
    let start = reach_start(streets, own, &links, start, &mut times)?;
    let walked = tour::euler(streets, &times, start);
    let mut seen = vec![false; streets.len()];
    let steps: Vec<Step> = walked
        .into_iter()
        .map(|(street, forward)| {
            let at = street as usize;
            let only_passed = required[at] == 0 || seen[at];
            seen[at] = true;
            Step { street, forward, only_passed }
        })
        .collect();
    let metres = |passed: bool| -> f64 {
        let kept = steps.iter().filter(|step| !passed || step.only_passed);
        kept.map(|step| streets[step.street as usize].metres).sum()
    };
    Ok(Walk { start, metres: metres(false), passed_m: metres(true), is_shortest: is_connected, steps })
}

fn validate(streets: &[Street], own: &[u32]) -> Result<(), PostmanError> {
    let wrong = streets.iter().position(|street| !street.metres.is_finite() || street.metres < 0.0);
    if let Some(at) = wrong {
        return Err(PostmanError::Length { street: at as u32, metres: streets[at].metres });
    }
    if let Some(street) = own.iter().find(|street| **street as usize >= streets.len()) {
        return Err(PostmanError::NoSuchStreet { street: *street, streets: streets.len() });
    }
    if own.is_empty() { Err(PostmanError::Nothing) } else { Ok(()) }
}

/// Joins the pieces of the own streets by the shortest ways between them (Prim). Whether there was one piece only.
fn join_pieces(streets: &[Street], own: &[u32], links: &Links, times: &mut [u32]) -> Result<bool, PostmanError> {
    let pieces = tour::pieces(streets, own);
    let Some((first, rest)) = pieces.split_first() else { return Err(PostmanError::Nothing) };
    let mut joined: Vec<u32> = tour::junctions(streets, first);
    let mut left: Vec<&Vec<u32>> = rest.iter().collect();
    while !left.is_empty() {
        let paths = Paths::from(links, &joined);
        let near = |piece: &Vec<u32>| {
            let reached = tour::junctions(streets, piece).into_iter();
            reached.map(|at| (paths.millimetres(at), at)).min().unwrap_or((u64::MAX, 0))
        };
        let (place, (distance, entry)) =
            left.iter().map(|piece| near(piece)).enumerate().min_by_key(|(_, near)| *near).unwrap_or((0, (0, 0)));
        if distance == u64::MAX {
            return Err(PostmanError::Apart { street: left[place][0], from: own[0] });
        }
        for street in paths.way_to(entry) {
            times[street as usize] += 1;
            joined.extend(streets[street as usize].ends);
        }
        joined.extend(tour::junctions(streets, left.swap_remove(place)));
    }
    Ok(rest.is_empty())
}

fn pair_odd_junctions(streets: &[Street], links: &Links, times: &mut [u32]) {
    let mut degree = vec![0_u32; links.junctions()];
    for (street, times) in streets.iter().zip(&*times) {
        street.ends.iter().for_each(|end| degree[*end as usize] += times);
    }
    let odd: Vec<u32> = (0..degree.len() as u32).filter(|at| !degree[*at as usize].is_multiple_of(2)).collect();
    let paths: Vec<Paths> = odd.iter().map(|from| Paths::from(links, &[*from])).collect();
    let mut costs = vec![0; odd.len() * odd.len()];
    // Odd junctions of different networks are never paired: each network has an even number of them.
    let far: u64 = 1 + streets.iter().map(|street| paths::millimetres(street.metres)).sum::<u64>();
    for (row, paths) in paths.iter().enumerate() {
        for (column, to) in odd.iter().enumerate() {
            costs[row * odd.len() + column] = paths.millimetres(*to).min(far) as i64;
        }
    }
    for (row, partner) in least_perfect_matching(odd.len(), &costs).into_iter().enumerate() {
        if row < partner {
            paths[row].way_to(odd[partner]).into_iter().for_each(|street| times[street as usize] += 1);
        }
    }
}

/// What is passed twice and is needed for nothing but itself: the walk stays closed and whole without it.
fn drop_needless(streets: &[Street], required: &[u32], times: &mut [u32]) {
    let mut twice: Vec<usize> = (0..streets.len()).filter(|at| times[*at] >= required[*at] + 2).collect();
    twice.sort_by(|a, b| streets[*b].metres.total_cmp(&streets[*a].metres).then(a.cmp(b)));
    for at in twice {
        while times[at] >= required[at] + 2 {
            times[at] -= 2;
            let walked: Vec<u32> = (0..streets.len() as u32).filter(|at| times[*at as usize] > 0).collect();
            if tour::pieces(streets, &walked).len() > 1 {
                times[at] += 2;
                break;
            }
        }
    }
}

fn reach_start(
    streets: &[Street],
    own: &[u32],
    links: &Links,
    start: Option<u32>,
    times: &mut [u32],
) -> Result<u32, PostmanError> {
    let Some(start) = start else { return Ok(streets[own[0] as usize].ends[0]) };
    if start as usize >= links.junctions() {
        return Err(PostmanError::Start { start });
    }
    let walked: Vec<u32> = (0..streets.len() as u32).filter(|at| times[*at as usize] > 0).collect();
    let paths = Paths::from(links, &tour::junctions(streets, &walked));
    if paths.millimetres(start) == u64::MAX {
        return Err(PostmanError::Start { start });
    }
    paths.way_to(start).into_iter().for_each(|street| times[street as usize] += 2);
    Ok(start)
}
