//! The street network of an analysis: sections between junctions, and walks along them. Lengths only, no shapes.
//!
//! Every section can be walked both ways. Direction `2 s` walks section `s` from its first end to its second,
//! `2 s + 1` back; so a section that starts and ends at one junction is nothing special.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use crate::analysis::hotspots::error::{HotspotError, check_lengths, check_positive};
use crate::analysis::hotspots::sections::{OnSection, Sections};

/// Junctions and sections, packed.
#[derive(Debug, Clone)]
pub struct Streets {
    ends: Vec<[u32; 2]>,
    lengths: Vec<f64>,
    /// Where the directions that leave each junction start in `leaving`; one more at the end.
    starts: Vec<u32>,
    leaving: Vec<u32>,
}

impl Streets {
    /// From the junctions at both ends of each section and its length in metres. Junctions are numbered from 0.
    pub fn new(ends: &[[u32; 2]], lengths_m: &[f64]) -> Result<Self, HotspotError> {
        check_lengths("lengths", lengths_m.len(), "the sections", ends.len())?;
        if ends.is_empty() {
            return Err(HotspotError::TooFew { what: "sections", given: 0, needed: 1 });
        }
        if let Some(section) = lengths_m.iter().position(|length| !(length.is_finite() && *length > 0.0)) {
            return Err(HotspotError::Section { section, why: "has a length that is not a finite number above 0" });
        }
        let junctions = ends.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        if junctions > 2 * ends.len() {
            let (given, most) = (junctions, 2 * ends.len());
            return Err(HotspotError::TooMany { what: "junctions", given, most, why: "number them without gaps" });
        }
        let mut starts = vec![0_u32; junctions + 1];
        for junction in ends.iter().flatten() {
            starts[*junction as usize + 1] += 1;
        }
        for junction in 0..junctions {
            starts[junction + 1] += starts[junction];
        }
        let mut next = starts.clone();
        let mut leaving = vec![0; 2 * ends.len()];
        for (direction, junction) in ends.iter().flatten().enumerate() {
            leaving[next[*junction as usize] as usize] = direction as u32;
            next[*junction as usize] += 1;
        }
        Ok(Self { ends: ends.to_vec(), lengths: lengths_m.to_vec(), starts, leaving })
    }

    /// From shapes: ends whose coordinates round to the same multiple of `grain_m` (0.01, say) are one junction,
    /// numbered as they are first met.
    pub fn from_sections(sections: &Sections, grain_m: f64) -> Result<Self, HotspotError> {
        check_positive("grain", grain_m)?;
        let mut junctions: HashMap<[i64; 2], u32> = HashMap::new();
        let mut junction = |[x, y]: [f64; 2]| {
            let next = junctions.len() as u32;
            *junctions.entry([(x / grain_m).round() as i64, (y / grain_m).round() as i64]).or_insert(next)
        };
        let ends: Vec<[u32; 2]> = (0..sections.len())
            .map(|section| {
                let line = sections.vertices(section);
                [junction(line[0]), junction(line[line.len() - 1])]
            })
            .collect();
        Self::new(&ends, &sections.lengths())
    }

    pub fn sections(&self) -> usize {
        self.lengths.len()
    }

    pub fn junctions(&self) -> usize {
        self.starts.len() - 1
    }

    /// Metres.
    pub fn length(&self, section: usize) -> f64 {
        self.lengths[section]
    }

    pub fn lengths(&self) -> &[f64] {
        &self.lengths
    }

    /// The junctions at a section's first and second end.
    pub fn ends(&self, section: usize) -> [u32; 2] {
        self.ends[section]
    }

    /// Directions that leave a junction, ascending; a loop leaves twice.
    pub fn leaving(&self, junction: u32) -> &[u32] {
        &self.leaving[self.starts[junction as usize] as usize..self.starts[junction as usize + 1] as usize]
    }

    /// Section ends that meet at a junction.
    pub fn degree(&self, junction: u32) -> usize {
        self.leaving(junction).len()
    }

    /// The junction at which a direction arrives.
    pub fn head(&self, direction: u32) -> u32 {
        self.ends[direction as usize / 2][1 - direction as usize % 2]
    }

    /// Each place on a section that exists, at an offset within it (to a millimetre).
    pub fn check_places(&self, what: &'static str, places: &[OnSection]) -> Result<(), HotspotError> {
        for (index, place) in places.iter().enumerate() {
            let section = place.section as usize;
            if section >= self.sections() {
                let range = format!("0 to {}: the indices of the sections", self.sections() - 1);
                return Err(HotspotError::OutOfRange { what, index, value: f64::from(place.section), range });
            }
            if !(place.offset_m >= -1e-3 && place.offset_m <= self.length(section) + 1e-3) {
                let range = format!("0 to {}: the length of its section {section}", self.length(section));
                return Err(HotspotError::OutOfRange { what, index, value: place.offset_m, range });
            }
        }
        Ok(())
    }
}

/// Shortest walks from a few junctions, up to a limit. Kept between runs, it allocates nothing.
#[derive(Debug, Clone)]
pub struct Walk {
    distance: Vec<f64>,
    reached: Vec<u32>,
    queue: BinaryHeap<Waiting>,
}

impl Walk {
    pub fn new(streets: &Streets) -> Self {
        Self { distance: vec![f64::INFINITY; streets.junctions()], reached: Vec::new(), queue: BinaryHeap::new() }
    }

    /// Walks from the `sources` (junction, metres already walked) as far as `limit_m`, both included.
    pub fn run(&mut self, streets: &Streets, sources: &[(u32, f64)], limit_m: f64) {
        for junction in self.reached.drain(..) {
            self.distance[junction as usize] = f64::INFINITY;
        }
        self.queue.clear();
        for (junction, walked) in sources {
            self.offer(*junction, *walked, limit_m);
        }
        while let Some(Waiting { walked, junction }) = self.queue.pop() {
            if walked > self.distance[junction as usize] {
                continue;
            }
            for direction in streets.leaving(junction) {
                let there = walked + streets.length(*direction as usize / 2);
                self.offer(streets.head(*direction), there, limit_m);
            }
        }
    }

    /// Metres to a junction in the last run; infinite where it did not come.
    pub fn to(&self, junction: u32) -> f64 {
        self.distance[junction as usize]
    }

    /// Junctions of the last run, in the order in which they were first seen.
    pub fn reached(&self) -> &[u32] {
        &self.reached
    }

    fn offer(&mut self, junction: u32, walked: f64, limit_m: f64) {
        let known = &mut self.distance[junction as usize];
        if walked > limit_m || walked >= *known {
            return;
        }
        if known.is_infinite() {
            self.reached.push(junction);
        }
        *known = walked;
        self.queue.push(Waiting { walked, junction });
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Waiting {
    walked: f64,
    junction: u32,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    /// The nearest is the greatest, as the heap wants it.
    fn cmp(&self, other: &Self) -> Ordering {
        other.walked.total_cmp(&self.walked).then(other.junction.cmp(&self.junction))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
