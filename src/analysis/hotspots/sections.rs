//! Sections of road as polylines in planar metres, packed, with the distance along each; and places on them.

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::error::{HotspotError, check_positions};

/// A place on a section: its index, and metres along it from its first vertex.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnSection {
    pub section: u32,
    pub offset_m: f64,
}

/// Polylines, all vertices in one list.
#[derive(Debug, Clone)]
pub struct Sections {
    vertices: Vec<Position>,
    /// Metres from the section's first vertex, one a vertex.
    along: Vec<f64>,
    /// Where each section's vertices start; one more at the end.
    starts: Vec<u32>,
}

impl Sections {
    /// Sections in the order given; their indices are their ids here.
    ///
    /// Errors: a coordinate that is not finite; a section of fewer than two vertices or without length.
    pub fn new<L: AsRef<[Position]>>(lines: &[L]) -> Result<Self, HotspotError> {
        let mut all = Self { vertices: Vec::new(), along: Vec::new(), starts: vec![0] };
        for (section, line) in lines.iter().enumerate() {
            let line = line.as_ref();
            check_positions("vertex of a section", line)?;
            if line.len() < 2 {
                return Err(HotspotError::Section { section, why: "has fewer than two vertices" });
            }
            let mut along = 0.0;
            all.along.push(along);
            for pair in line.windows(2) {
                along += distance(pair[0], pair[1]);
                all.along.push(along);
            }
            if along == 0.0 {
                return Err(HotspotError::Section { section, why: "has no length" });
            }
            all.vertices.extend_from_slice(line);
            all.starts.push(all.vertices.len() as u32);
        }
        if all.is_empty() {
            return Err(HotspotError::TooFew { what: "sections", given: 0, needed: 1 });
        }
        Ok(all)
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn vertices(&self, section: usize) -> &[Position] {
        &self.vertices[self.range(section)]
    }

    /// Metres from the first vertex to each vertex.
    pub fn along(&self, section: usize) -> &[f64] {
        &self.along[self.range(section)]
    }

    /// Metres, planar.
    pub fn length(&self, section: usize) -> f64 {
        self.along[self.starts[section + 1] as usize - 1]
    }

    pub fn lengths(&self) -> Vec<f64> {
        (0..self.len()).map(|section| self.length(section)).collect()
    }

    /// Where a place on a section lies; offsets beyond the ends are the ends.
    pub fn position(&self, place: OnSection) -> Position {
        let (vertices, along) = (self.vertices(place.section as usize), self.along(place.section as usize));
        let after = along.partition_point(|along| *along < place.offset_m).clamp(1, along.len() - 1);
        let (from, to) = (vertices[after - 1], vertices[after]);
        let step = along[after] - along[after - 1];
        let share = if step > 0.0 { ((place.offset_m - along[after - 1]) / step).clamp(0.0, 1.0) } else { 0.0 };
        [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
    }

    fn range(&self, section: usize) -> std::ops::Range<usize> {
        self.starts[section] as usize..self.starts[section + 1] as usize
    }
}

/// Cases per 100 m of section.
pub fn rates_per_100_m(counts: &[u32], sections: &Sections) -> Result<Vec<f64>, HotspotError> {
    crate::analysis::hotspots::error::check_lengths("counts", counts.len(), "the sections", sections.len())?;
    Ok(counts.iter().enumerate().map(|(section, count)| f64::from(*count) * 100.0 / sections.length(section)).collect())
}

/// Planar metres.
pub(crate) fn distance(a: Position, b: Position) -> f64 {
    let (x, y) = (a[0] - b[0], a[1] - b[1]);
    (x * x + y * y).sqrt()
}
