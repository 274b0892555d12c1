//! DBSCAN and ST-DBSCAN: which cases stand so close together that they make a cluster, and which stand alone.
//!
//! Density clustering of Ester, Kriegel, Sander and Xu (1996), with the minimum counted as scikit-learn counts it: a
//! case is a core if at least `min_points` cases, **itself included**, are within `eps`, the distance itself included.
//! Cores within reach of each other are of one cluster; a case that is no core but in reach of one is a border; the
//! rest is noise. ST-DBSCAN (Birant and Kut 2007, without a third attribute) asks for nearness in space and in time.
//!
//! Exact. A cell whose diagonal is `eps` and which holds `min_points` cases needs no distance at all (Gunawan 2013).
//! Does not choose `eps`; `hdbscan` needs none.

use crate::analysis::hotspots::cells::{Cells, Frame, Reach};
use crate::analysis::hotspots::error::{check_finite, check_lengths, check_positions, check_positive};
use crate::analysis::hotspots::sets::Sets;
use crate::analysis::hotspots::{HotspotError, Position};

/// Each cell may have 74 neighbours.
const MOST: usize = 50_000_000;

/// Which cluster takes a border case in reach of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Border {
    /// That of the nearest core, which does not depend on the order of the cases; ties go to the lower number.
    #[default]
    Nearest,
    /// That of the lowest number, as in scikit-learn.
    First,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dbscan {
    /// Metres.
    pub eps: f64,
    /// Cases within `eps` that make a core, itself included.
    pub min_points: usize,
    pub border: Border,
}

/// A partition of the cases. Clusters are numbered from 0 by the first core in the order of the cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    /// The cluster of each case; none is noise.
    pub labels: Vec<Option<u32>>,
    pub core: Vec<bool>,
    pub count: usize,
}

impl Clusters {
    pub fn noise(&self) -> usize {
        self.labels.iter().filter(|label| label.is_none()).count()
    }

    /// Cases of each cluster.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        self.labels.iter().flatten().for_each(|label| sizes[*label as usize] += 1);
        sizes
    }
}

/// DBSCAN of cases in planar metres.
///
/// Errors: no cases, a coordinate that is not finite, `eps` that is not above 0, `min_points` 0. One case, or all at
/// one place, are answered: they are noise or one cluster. Cost: O(n log n), plus the distances between neighbouring
/// cells that are not settled by counting; about 100 bytes a case.
pub fn dbscan(cases: &[Position], question: Dbscan) -> Result<Clusters, HotspotError> {
    check(cases, question.eps, question.min_points)?;
    let reach = Reach { space: question.eps, time: 0.0 };
    Ok(cluster(Cells::<false>::new(cases, &[], reach)?, question.min_points, question.border))
}

/// ST-DBSCAN: near is at most `question.eps` metres **and** at most `eps_time` apart, in the unit of `times`.
///
/// Errors and cost as for [`dbscan`]; also `times` of another length or not finite, `eps_time` not above 0.
pub fn st_dbscan(cases: &[Position], times: &[f64], question: Dbscan, eps_time: f64) -> Result<Clusters, HotspotError> {
    check(cases, question.eps, question.min_points)?;
    check_lengths("times", times.len(), "cases", cases.len())?;
    check_finite("time", times)?;
    check_positive("eps in time", eps_time)?;
    let reach = Reach { space: question.eps, time: eps_time };
    Ok(cluster(Cells::<true>::new(cases, times, reach)?, question.min_points, question.border))
}

fn check(cases: &[Position], eps: f64, min_points: usize) -> Result<(), HotspotError> {
    check_positions("case", cases)?;
    check_positive("eps", eps)?;
    if min_points == 0 {
        return Err(HotspotError::Parameter { what: "min_points", value: 0.0, must: "at least 1" });
    }
    if cases.is_empty() {
        return Err(HotspotError::NoCases);
    }
    if cases.len() > MOST {
        let (what, why) = ("cases", "their cells are numbered with 32 bits");
        return Err(HotspotError::TooMany { what, given: cases.len(), most: MOST, why });
    }
    Ok(())
}

fn cluster<const TIMED: bool>(mut cells: Cells<TIMED>, min_points: usize, border: Border) -> Clusters {
    let cores = cores_first(&mut cells, min_points);
    let mut sets = join(&cells, &cores);
    let mut core = vec![false; cells.order.len()];
    for (cell, front) in cores.iter().enumerate() {
        let start = cells.range(cell).start;
        cells.order[start..start + *front as usize].iter().for_each(|case| core[*case as usize] = true);
    }
    // Numbers in the order of the cases, not of the cells.
    let mut cell_of = vec![0u32; core.len()];
    for cell in 0..cells.len() {
        cells.order[cells.range(cell)].iter().for_each(|case| cell_of[*case as usize] = cell as u32);
    }
    let mut number = vec![u32::MAX; cells.len()];
    let mut count = 0;
    for case in (0..core.len()).filter(|case| core[*case]) {
        let root = sets.root(cell_of[case] as usize);
        if number[root] == u32::MAX {
            number[root] = count;
            count += 1;
        }
    }
    let label_of_cell: Vec<u32> =
        (0..cells.len()).map(|cell| if cores[cell] > 0 { number[sets.root(cell)] } else { u32::MAX }).collect();
    let mut labels = vec![None; core.len()];
    for cell in 0..cells.len() {
        for (at, place) in cells.range(cell).enumerate() {
            let case = cells.order[place] as usize;
            labels[case] = if at < cores[cell] as usize {
                Some(label_of_cell[cell])
            } else {
                adjoining(&cells, &cores, &label_of_cell, cell, place, border)
            };
        }
    }
    Clusters { labels, core, count: count as usize }
}

/// Moves the cores of each cell to its front; answers how many they are.
fn cores_first<const TIMED: bool>(cells: &mut Cells<TIMED>, min_points: usize) -> Vec<u32> {
    let mut core = vec![false; cells.order.len()];
    for cell in 0..cells.len() {
        let range = cells.range(cell);
        if range.len() >= min_points {
            core[range].fill(true);
            continue;
        }
        let most: usize = cells.neighbours(cell).map(|other| cells.range(other).len()).sum();
        if range.len() + most < min_points {
            continue;
        }
        for place in range.clone() {
            let mut within = range.len();
            for other in cells.neighbours(cell) {
                within += cells.range(other).filter(|there| cells.near(place, *there)).count();
                if within >= min_points {
                    core[place] = true;
                    break;
                }
            }
        }
    }
    (0..cells.len())
        .map(|cell| {
            let mut front = cells.range(cell).start;
            for place in cells.range(cell) {
                if core[place] {
                    cells.swap(front, place);
                    front += 1;
                }
            }
            (front - cells.range(cell).start) as u32
        })
        .collect()
}

/// Cells whose cores are of one cluster.
fn join<const TIMED: bool>(cells: &Cells<TIMED>, cores: &[u32]) -> Sets {
    let mut sets = Sets::new(cells.len());
    let front = |cell: usize| {
        let start = cells.range(cell).start;
        start..start + cores[cell] as usize
    };
    // Two addresses with thousands of cases each must not cost a distance for each pair of cases.
    let frames: Vec<Frame> = (0..cells.len()).map(|cell| Frame::around(&cells.places[front(cell)])).collect();
    for cell in (0..cells.len()).filter(|cell| cores[*cell] > 0) {
        for other in cells.neighbours(cell).filter(|other| *other > cell && cores[*other] > 0) {
            if sets.root(cell) != sets.root(other)
                && front(cell)
                    .filter(|here| cells.may_reach(*here, &frames[other]))
                    .any(|here| front(other).any(|there| cells.near(here, there)))
            {
                sets.unite(cell, other);
            }
        }
    }
    sets
}

/// The cluster that takes a case which is no core.
fn adjoining<const TIMED: bool>(
    cells: &Cells<TIMED>,
    cores: &[u32],
    label_of_cell: &[u32],
    cell: usize,
    place: usize,
    border: Border,
) -> Option<u32> {
    let mut best: Option<(f64, u32)> = None;
    for other in std::iter::once(cell).chain(cells.neighbours(cell)) {
        let start = cells.range(other).start;
        for there in (start..start + cores[other] as usize).filter(|there| cells.near(place, *there)) {
            let distance = if border == Border::First { 0.0 } else { cells.squared_distance(place, there) };
            let rival = (distance, label_of_cell[other]);
            if best.is_none_or(|best| rival < best) {
                best = Some(rival);
            }
            if border == Border::First {
                break;
            }
        }
    }
    best.map(|(_, label)| label)
}
