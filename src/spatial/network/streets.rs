//! The street network: sections with their lines, lengths and junctions in flat arrays, and a graph for each profile.
//!
//! Lengths are whole micrometres, so that sums do not depend on the order in which they are added and equal ways
//! are exactly equal. Immutable; made anew when streets change.

use std::sync::OnceLock;

use geo::{Coord, LineString};

use crate::spatial::geodesic::{distance_m, short_distance_m};
use crate::spatial::network::graph::Graph;
use crate::spatial::network::segments::{Hit, Segment, Segments};
use crate::spatial::network::{Profile, Street, Ways, join_near, junctions};

/// Micrometres in a metre.
pub const UM: f64 = 1e6;

/// A street that is drawn and costs nothing still has two ends: it is travelled as if it were a millimetre long.
const LEAST_M: f64 = 1e-3;

/// What the network is made of: a section with all that travelling needs.
#[derive(Debug, Clone)]
pub struct Section {
    pub id: i64,
    pub line: LineString,
    /// Names of the junctions, where two at the same place are known to be apart.
    pub nodes: [Option<i64>; 2],
    /// Metres to travel, where they are not the length of the line.
    pub metres: Option<f64>,
    /// By [`Profile`], in the order of [`Profile::ALL`].
    pub ways: [Ways; 3],
    /// Metres a second in a vehicle.
    pub drive_m_s: f64,
}

/// A place on the network, and how far off it the asker stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Number of the section in the network.
    pub section: u32,
    /// Travel from the section's start to the foot, micrometres.
    pub along_um: u64,
    /// Straight line from the place to the foot, micrometres.
    pub access_um: u64,
    /// The foot.
    pub at: Coord,
    /// Whether a street of the profile that hangs together with none of these lies nearer.
    pub on_island: bool,
}

#[derive(Debug)]
pub struct Network {
    ids: Vec<i64>,
    /// Places of a section: `places[first[n]..first[n + 1]]`.
    first: Vec<u32>,
    places: Vec<Coord>,
    /// Travel from the section's start to each place, micrometres.
    along: Vec<u64>,
    streets: Vec<Street>,
    pub(super) ends: Vec<[u32; 2]>,
    pub(super) junctions: usize,
    drive_m_s: Vec<f64>,
    graphs: [OnceLock<Graph>; 3],
}

impl Network {
    /// Ends closer than `join_m` are joined; 0 joins only ends at the same place (1e-7 degrees).
    ///
    /// Cost: linear in the places, but for sorting sections by id. Graphs are made when they are asked for.
    pub fn new(mut sections: Vec<Section>, join_m: f64) -> Self {
        sections.retain(|section| section.line.0.len() > 1);
        sections.sort_by_key(|section| section.id);
        let count: usize = sections.iter().map(|section| section.line.0.len()).sum();
        let mut network = Self {
            ids: Vec::with_capacity(sections.len()),
            first: Vec::with_capacity(sections.len() + 1),
            places: Vec::with_capacity(count),
            along: Vec::with_capacity(count),
            streets: Vec::with_capacity(sections.len()),
            ends: Vec::new(),
            junctions: 0,
            drive_m_s: Vec::with_capacity(sections.len()),
            graphs: [const { OnceLock::new() }; 3],
        };
        network.first.push(0);
        for section in &sections {
            network.push(section);
        }
        let (ends, count) = junctions(&network.streets);
        (network.ends, network.junctions) = join_near(&network.streets, ends, count, join_m);
        network
    }

    fn push(&mut self, section: &Section) {
        let line = &section.line.0;
        let pieces: Vec<f64> = line.windows(2).map(|pair| short_distance_m(pair[0], pair[1])).collect();
        let length: f64 = pieces.iter().sum();
        let stated = section.metres.filter(|metres| metres.is_finite() && *metres >= 0.0);
        let stretch = stated.filter(|_| length > 0.0).map_or(1.0, |metres| metres.max(LEAST_M) / length);
        let mut along = 0.0;
        self.places.extend_from_slice(line);
        self.along.push(0);
        for piece in pieces {
            along += piece * stretch;
            self.along.push((along * UM).round() as u64);
        }
        self.first.push(self.places.len() as u32);
        self.ids.push(section.id);
        self.streets.push(Street {
            start: line[0],
            end: line[line.len() - 1],
            nodes: section.nodes,
            metres: along,
            ways: section.ways,
        });
        self.drive_m_s.push(section.drive_m_s);
    }

    /// Number of sections.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn junctions(&self) -> usize {
        self.junctions
    }

    /// Id of a section by its number. Numbers rise with the ids.
    pub fn id(&self, section: usize) -> i64 {
        self.ids[section]
    }

    pub fn section_of(&self, id: i64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// Junctions at the start and the end.
    pub fn ends(&self, section: usize) -> [u32; 2] {
        self.ends[section]
    }

    pub fn line(&self, section: usize) -> &[Coord] {
        &self.places[self.first[section] as usize..self.first[section + 1] as usize]
    }

    fn along(&self, section: usize) -> &[u64] {
        &self.along[self.first[section] as usize..self.first[section + 1] as usize]
    }

    pub fn length_um(&self, section: usize) -> u64 {
        self.along[self.first[section + 1] as usize - 1]
    }

    pub fn ways(&self, section: usize, profile: Profile) -> Ways {
        self.streets[section].ways(profile)
    }

    pub(super) fn streets(&self) -> &[Street] {
        &self.streets
    }

    /// Milliseconds to travel all of a section.
    pub fn time_ms(&self, section: usize, profile: Profile) -> u64 {
        let speed = profile.metres_per_second().unwrap_or(self.drive_m_s[section]).max(0.1);
        (self.length_um(section) as f64 / UM / speed * 1e3).round() as u64
    }

    /// Made at the first call.
    pub fn graph(&self, profile: Profile) -> &Graph {
        self.graphs[profile as usize].get_or_init(|| Graph::new(self, profile))
    }

    /// Where a place meets the profile's largest piece: the foot on the nearest street, ties to the lowest id. None
    /// when no street lies within `within_m`. Cost: a look into the tree, about a microsecond.
    pub fn snap(&self, profile: Profile, from: Coord, within_m: f64) -> Option<Spot> {
        let graph = self.graph(profile);
        // The plane is bent over long ways: measure first, judge then.
        let hit = nearest(&graph.streets, from, within_m)?;
        let access_m = off_m(from, &hit);
        if access_m > within_m {
            return None;
        }
        let on_island =
            graph.elsewhere.nearest(from, hit.plane_m).is_some_and(|near| near.plane_m < hit.plane_m - 1e-3);
        let along_um = self.along_of(hit.line as usize, &hit);
        Some(Spot { section: hit.line, along_um, access_um: (access_m * UM).round() as u64, at: hit.at, on_island })
    }

    /// How far along one section, in micrometres from its start, the foot of a place lies.
    pub fn along_at(&self, section: usize, from: Coord) -> u64 {
        let pieces = self.line(section).windows(2).enumerate();
        let piece =
            |(piece, pair): (usize, &[Coord])| Segment { start: pair[0], end: pair[1], line: 0, piece: piece as u32 };
        let hit = Segments::new(pieces.map(piece).collect()).nearest(from, f64::INFINITY);
        hit.map_or(0, |hit| self.along_of(section, &hit))
    }

    fn along_of(&self, section: usize, hit: &Hit) -> u64 {
        let along = self.along(section);
        let (before, after) = (along[hit.piece as usize], along[hit.piece as usize + 1]);
        before + ((after - before) as f64 * hit.share).round() as u64
    }

    /// The part of a section between two places given by their travel from its start, in that order: backwards when
    /// the first is the greater. At least two places, also for a part without length.
    pub fn part(&self, section: usize, from_um: u64, to_um: u64) -> Vec<Coord> {
        let (low, high) = (from_um.min(to_um), from_um.max(to_um));
        let (line, along) = (self.line(section), self.along(section));
        let mut part = vec![self.place(section, low)];
        part.extend((0..line.len()).filter(|at| low < along[*at] && along[*at] < high).map(|at| line[at]));
        part.push(self.place(section, high));
        if from_um > to_um {
            part.reverse();
        }
        part
    }

    /// The place so many micrometres from the section's start.
    pub fn place(&self, section: usize, along_um: u64) -> Coord {
        let (line, along) = (self.line(section), self.along(section));
        let after = along.partition_point(|here| *here < along_um);
        if after == 0 {
            return line[0];
        }
        if after == along.len() {
            return line[line.len() - 1];
        }
        let (a, b) = (line[after - 1], line[after]);
        let share = (along_um - along[after - 1]) as f64 / (along[after] - along[after - 1]) as f64;
        if share >= 1.0 { b } else { Coord { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) } }
    }
}

fn nearest(streets: &Segments, from: Coord, within_m: f64) -> Option<Hit> {
    // The plane's metres may be too long by so much, far away.
    streets.nearest(from, within_m * 1.05 + 1.0)
}

fn off_m(from: Coord, hit: &Hit) -> f64 {
    if hit.plane_m < 1_000.0 { short_distance_m(from, hit.at) } else { distance_m(from, hit.at) }
}
