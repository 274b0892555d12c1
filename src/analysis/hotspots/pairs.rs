//! How many pairs of cases are near in space and in time, and how many would be if times were dealt out by chance.
//!
//! The engine under `knox` and `near_repeat`. Pairs near in space are found once, by bands of distance; then times
//! are shuffled many permutations at once, so that one look at a pair serves a whole lane of them. Times enter as
//! ranks with the last rank within reach, so nothing is rounded.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::permutation::Permutations;
use crate::analysis::parallel::{in_units, look_up};
use crate::analysis::random::Random;

/// Permutations that one look at a pair serves: a row of 16-bit ranks in one cache line.
const LANES: usize = 32;
/// Cases after which is asked whether to go on.
const PLACES_BETWEEN_LOOKS: usize = 256;
/// Beyond this column, numbers no longer tell columns apart.
const FURTHEST: f64 = 9e15;
/// Pairs held at a time: 32 MiB.
const PAIRS_AT_ONCE: usize = 8 << 20;

/// What is counted: pairs by band of distance and limit of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bands<'a> {
    /// Ascending metres: band `k` is above `edges[k - 1]` and up to `edges[k]`, the first from 0, 0 included.
    pub edges: &'a [f64],
    /// Ascending; a pair counts under each limit that its times keep.
    pub limits: &'a [f64],
}

impl Bands<'_> {
    pub fn cells(&self) -> usize {
        self.edges.len() * self.limits.len()
    }
}

/// Pairs near in space and time, observed and under each permutation.
pub(super) struct Counted {
    /// Pairs of each band, whatever their times.
    pub space: Vec<u64>,
    /// Pairs under each limit of time, wherever they are.
    pub time: Vec<u64>,
    /// `band * limits + limit`.
    pub observed: Vec<u64>,
    /// One row of cells after another, one row a permutation.
    pub simulated: Vec<u64>,
    /// The sum over cases of (cases in the widest band around it) x (cases within the first limit of its time), itself
    /// not counted: as observed, then under each permutation.
    pub products: Vec<u64>,
}

/// Times as ranks, and under each limit the first and the last rank within it of each rank.
struct Ranks {
    rank: Vec<u32>,
    /// Cases of each rank.
    cases: Vec<u64>,
    /// By limit, by rank.
    first: Vec<Vec<u32>>,
    last: Vec<Vec<u32>>,
}

impl Ranks {
    fn new(times: &[f64], limits: &[f64]) -> Self {
        let mut distinct = times.to_vec();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let rank: Vec<u32> = times.iter().map(|time| distinct.partition_point(|other| other < time) as u32).collect();
        let mut cases = vec![0; distinct.len()];
        rank.iter().for_each(|rank| cases[*rank as usize] += 1);
        let last: Vec<Vec<u32>> = limits
            .iter()
            .map(|limit| {
                let mut far = 0;
                (0..distinct.len())
                    .map(|near| {
                        far = far.max(near);
                        while far + 1 < distinct.len() && distinct[far + 1] - distinct[near] <= *limit {
                            far += 1;
                        }
                        far as u32
                    })
                    .collect()
            })
            .collect();
        let first = last
            .iter()
            .map(|last| {
                (0..last.len()).map(|rank| last.partition_point(|last| (*last as usize) < rank) as u32).collect()
            })
            .collect();
        Self { rank, cases, first, last }
    }

    /// Pairs of cases under a limit.
    fn pairs(&self, limit: usize) -> u64 {
        let mut before = vec![0u64];
        self.cases.iter().for_each(|count| before.push(before.last().expect("it starts with 0") + count));
        (0..self.cases.len())
            .map(|rank| {
                let own = self.cases[rank];
                own * own.saturating_sub(1) / 2 + own * (before[self.last[limit][rank] as usize + 1] - before[rank + 1])
            })
            .sum()
    }

    /// Cases within the first limit of a case of each rank, itself not counted.
    fn degrees(&self) -> Vec<u32> {
        let mut before = vec![0u64];
        self.cases.iter().for_each(|count| before.push(before.last().expect("it starts with 0") + count));
        (0..self.cases.len())
            .map(|rank| (before[self.last[0][rank] as usize + 1] - before[self.first[0][rank] as usize] - 1) as u32)
            .collect()
    }
}

/// Pairs near in space, those of one case after another.
struct Near<'a> {
    cases: &'a [Position],
    edges: &'a [f64],
    /// Cases by column of a lattice as wide as the widest band, then by north.
    order: Vec<u32>,
    columns: Vec<(i64, u32)>,
}

impl<'a> Near<'a> {
    fn new(cases: &'a [Position], edges: &'a [f64]) -> Self {
        let widest = edges[edges.len() - 1];
        let west = cases.iter().map(|case| case[0]).fold(f64::INFINITY, f64::min);
        // A column a hair too wide: a case in reach is never two columns away, however the division rounds.
        let column =
            |case: u32| ((cases[case as usize][0] - west) / (widest * (1.0 + 1e-6))).floor().min(FURTHEST) as i64;
        let mut keyed: Vec<(i64, u32)> = (0..cases.len() as u32).map(|case| (column(case), case)).collect();
        keyed.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then(cases[a.1 as usize][1].total_cmp(&cases[b.1 as usize][1])).then(a.1.cmp(&b.1))
        });
        let mut columns: Vec<(i64, u32)> = Vec::new();
        for (at, (column, _)) in keyed.iter().enumerate() {
            if columns.last().is_none_or(|last| last.0 != *column) {
                columns.push((*column, at as u32));
            }
        }
        columns.push((i64::MAX, cases.len() as u32));
        Self { cases, edges, order: keyed.into_iter().map(|(_, case)| case).collect(), columns }
    }

    /// Calls `found(place, other places by band)` for each place in order; each pair comes once.
    fn visit(&self, mut found: impl FnMut(u32, &[Vec<u32>])) {
        let widest = self.edges[self.edges.len() - 1];
        let mut others = vec![Vec::new(); self.edges.len()];
        let at = |place: u32| self.cases[self.order[place as usize] as usize];
        for (index, pair) in self.columns.windows(2).enumerate() {
            let own = pair[0].1..pair[1].1;
            let beside = match self.columns[index + 1..] {
                [next, after, ..] if next.0 == pair[0].0 + 1 => next.1..after.1,
                _ => 0..0,
            };
            let mut low = beside.start;
            for place in own.clone() {
                let here = at(place);
                while low < beside.end && here[1] - at(low)[1] > widest {
                    low += 1;
                }
                for other in (place + 1..own.end)
                    .take_while(|other| at(*other)[1] - here[1] <= widest)
                    .chain((low..beside.end).take_while(|other| at(*other)[1] - here[1] <= widest))
                {
                    let there = at(other);
                    let (dx, dy) = (here[0] - there[0], here[1] - there[1]);
                    let squared = dx * dx + dy * dy;
                    if let Some(band) = self.edges.iter().position(|edge| squared <= edge * edge) {
                        others[band].push(other);
                    }
                }
                found(place, &others);
                others.iter_mut().for_each(Vec::clear);
            }
        }
    }
}

/// A part of the pairs: those of `places[k]` in `band` are `others[starts[k * bands + band]..]`.
#[derive(Default)]
struct Part {
    places: Vec<u32>,
    starts: Vec<u32>,
    others: Vec<u32>,
}

/// Counts pairs, observed and under `permutations` shuffles of the times.
///
/// Permutation `k` takes stream `k` of the seed, so threads do not matter. Cost: O(n + pairs) words once, then about
/// one instruction a pair, permutation and limit; at most 32 MiB of pairs are held at a time.
pub(super) fn count(
    cases: &[Position],
    times: &[f64],
    bands: Bands<'_>,
    permutations: Permutations,
    threads: usize,
) -> Counted {
    let (permutations, seed) = (permutations.draws as usize, permutations.seed);
    let near = Near::new(cases, bands.edges);
    let ranks = Ranks::new(times, bands.limits);
    let mut space = vec![0; bands.edges.len()];
    let mut space_degree_at = vec![0u32; cases.len()];
    near.visit(|place, others| {
        for (band, others) in others.iter().enumerate() {
            space[band] += others.len() as u64;
            space_degree_at[place as usize] += others.len() as u32;
            others.iter().for_each(|other| space_degree_at[*other as usize] += 1);
        }
    });
    // Times in the order of the lattice, so that the ranks of near cases are near in memory.
    let rank_at: Vec<u32> = near.order.iter().map(|case| ranks.rank[*case as usize]).collect();
    let degrees = ranks.degrees();
    let mut totals = vec![0u64; bands.cells() * (permutations + 1)];
    let mut count_part = |part: &Part| {
        let shuffle = Shuffle { rank_at: &rank_at, ranks: &ranks, seed, permutations };
        let units = (permutations + 1).div_ceil(LANES);
        let narrow = u16::try_from(ranks.cases.len()).is_ok();
        let rows = in_units(units, threads, |unit| {
            if narrow { shuffle.rows::<u16>(part, bands, unit) } else { shuffle.rows::<u32>(part, bands, unit) }
        });
        rows.into_iter().flatten().zip(&mut totals).for_each(|(count, total)| *total += count);
    };
    let mut part = Part::default();
    near.visit(|place, others| {
        part.places.push(place);
        for band in others {
            part.starts.push(part.others.len() as u32);
            part.others.extend(band);
        }
        if part.others.len() >= PAIRS_AT_ONCE {
            count_part(&part);
            part = Part::default();
        }
    });
    count_part(&part);

    let products = in_units(permutations + 1, threads, |permutation| {
        let shuffle = Shuffle { rank_at: &rank_at, ranks: &ranks, seed, permutations };
        let dealt = shuffle.dealt(permutation);
        dealt
            .iter()
            .zip(&space_degree_at)
            .map(|(rank, degree)| u64::from(degrees[*rank as usize]) * u64::from(*degree))
            .sum()
    });
    let simulated = totals.split_off(bands.cells());
    Counted {
        space,
        time: (0..bands.limits.len()).map(|limit| ranks.pairs(limit)).collect(),
        observed: totals,
        simulated,
        products,
    }
}

/// A rank in as few bits as do.
trait Narrow: Copy + Default + PartialOrd {
    fn of(rank: u32) -> Self;
    fn index(self) -> usize;
    /// How far above another; far beyond every rank when it is below.
    fn above(self, other: Self) -> Self;
}

impl Narrow for u16 {
    fn of(rank: u32) -> Self {
        rank as Self
    }

    fn index(self) -> usize {
        usize::from(self)
    }

    fn above(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

impl Narrow for u32 {
    fn of(rank: u32) -> Self {
        rank
    }

    fn index(self) -> usize {
        self as usize
    }

    fn above(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

struct Shuffle<'a> {
    rank_at: &'a [u32],
    ranks: &'a Ranks,
    seed: u64,
    permutations: usize,
}

impl Shuffle<'_> {
    /// The ranks of time as permutation `permutation` deals them out; 0 is as observed.
    fn dealt(&self, permutation: usize) -> Vec<u32> {
        let mut dealt = self.rank_at.to_vec();
        if permutation > 0 {
            Random::stream(self.seed, permutation as u64 - 1).shuffle(&mut dealt);
        }
        dealt
    }

    /// Cells of the permutations of one unit, one row after another.
    fn rows<T: Narrow>(&self, part: &Part, bands: Bands<'_>, unit: usize) -> Vec<u64> {
        let first = unit * LANES;
        let count = LANES.min(self.permutations + 1 - first);
        let mut ranks = vec![[T::default(); LANES]; self.rank_at.len()];
        for lane in 0..count {
            self.dealt(first + lane).iter().zip(&mut ranks).for_each(|(rank, row)| row[lane] = T::of(*rank));
        }
        let mut cells = vec![0u64; bands.cells() * count];
        for limit in 0..bands.limits.len() {
            for band in 0..bands.edges.len() {
                let near = near_in_time(part, (band, bands.edges.len()), &ranks, self.ranks, limit);
                (0..count)
                    .for_each(|lane| cells[lane * bands.cells() + band * bands.limits.len() + limit] += near[lane]);
            }
        }
        cells
    }
}

/// Pairs of one of so many bands that are near in time under a limit, by lane.
///
/// A rank is within the limit of another when it is at most `width` above the first one that is: one subtraction and one
/// comparison, without a look at what belongs to the other case.
fn near_in_time<T: Narrow>(
    part: &Part,
    (band, bands): (usize, usize),
    dealt: &[[T; LANES]],
    ranks: &Ranks,
    limit: usize,
) -> [u64; LANES] {
    let (all_first, all_last) = (&ranks.first[limit], &ranks.last[limit]);
    let mut near = [0u64; LANES];
    for (at, place) in part.places.iter().enumerate() {
        if at % PLACES_BETWEEN_LOOKS == 0 {
            look_up();
        }
        let start = part.starts[at * bands + band] as usize;
        let end = part.starts.get(at * bands + band + 1).map_or(part.others.len(), |end| *end as usize);
        if start == end {
            continue;
        }
        let (mut first, mut width) = ([T::default(); LANES], [T::default(); LANES]);
        for (lane, own) in dealt[*place as usize].iter().enumerate() {
            let (low, high) = (all_first[own.index()], all_last[own.index()]);
            first[lane] = T::of(low);
            width[lane] = T::of(high - low);
        }
        // Chunks, because a lane counts in 16 bits.
        for others in part.others[start..end].chunks(60_000) {
            let mut lanes = [0u16; LANES];
            for other in others {
                let rank = &dealt[*other as usize];
                for lane in 0..LANES {
                    lanes[lane] += u16::from(rank[lane].above(first[lane]) <= width[lane]);
                }
            }
            near.iter_mut().zip(lanes).for_each(|(near, lane)| *near += u64::from(lane));
        }
    }
    near
}
