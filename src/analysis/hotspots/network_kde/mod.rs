//! Density of cases along the streets: kernels that follow the network instead of jumping over blocks and rivers.
//!
//! Three ways to pass a junction are in use, and they answer different questions; name the one shown. Exact for cases and
//! places anywhere on the network: the kernels are polynomials, so the cases of a section enter as sums of powers of
//! their offsets, and a million cases cost little more than a thousand.

mod equal_split;
mod moments;
mod simple;

use std::sync::atomic::AtomicU64;

use crate::analysis::hotspots::error::{HotspotError, check_positive};
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::streets::Streets;
use crate::analysis::parallel::{in_units, look_up};
use moments::Moments;

/// What happens to a case's density at a junction of n section ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Nothing: full density on every way out, by the shortest way. Overstates where streets are dense.
    Simple,
    /// Each of the n - 1 ways onward gets an equal share, none turns back. Jumps at junctions; loses mass at dead ends.
    Discontinuous,
    /// Each way onward gets 2/n, and 2/n - 1 (mostly below 0) turns back, so that no jump is left.
    Continuous(DeadEnd),
}

/// What the continuous split does where a street ends (n = 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeadEnd {
    /// The rule itself, `2/1 - 1 = 1`: all turns back, and the mass of a case stays 1 (as in spatstat).
    #[default]
    Reflecting,
    /// What reaches the end is lost (as in spNetwork).
    Absorbing,
}

/// The kernel along a street; `u` is the distance in bandwidths, below 1. Each has mass 1 over both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LinearKernel {
    /// `15/16 (1 - u^2)^2`.
    #[default]
    Quartic,
    /// `3/4 (1 - u^2)`.
    Epanechnikov,
    /// `1 - u`.
    Triangular,
    /// `1/2`.
    Uniform,
}

impl LinearKernel {
    /// Factors of 1, u, u^2, u^3, u^4.
    fn powers(self) -> [f64; 5] {
        match self {
            Self::Quartic => [15.0 / 16.0, 0.0, -15.0 / 8.0, 0.0, 15.0 / 16.0],
            Self::Epanechnikov => [0.75, 0.0, -0.75, 0.0, 0.0],
            Self::Triangular => [1.0, -1.0, 0.0, 0.0, 0.0],
            Self::Uniform => [0.5, 0.0, 0.0, 0.0, 0.0],
        }
    }
}

/// What density is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkKde {
    pub split: Split,
    pub kernel: LinearKernel,
    pub bandwidth_m: f64,
}

/// A piece of a section of about equal length, and its middle, at which density is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lixel {
    pub middle: OnSection,
    pub length_m: f64,
}

/// Each section cut into equal pieces of at most `length_m`, in the order of the sections.
pub fn lixels(streets: &Streets, length_m: f64) -> Result<Vec<Lixel>, HotspotError> {
    const MOST: usize = 50_000_000;
    check_positive("length of lixels", length_m)?;
    let whole: f64 = streets.lengths().iter().map(|length| (length / length_m).ceil()).sum();
    if whole > MOST as f64 {
        return Err(HotspotError::TooMany {
            what: "lixels",
            given: whole as usize,
            most: MOST,
            why: "make them longer",
        });
    }
    let mut all = Vec::with_capacity(whole as usize);
    for (section, length) in streets.lengths().iter().enumerate() {
        // A hair of rounding does not cut one more.
        let pieces = (length / length_m - 1e-9).ceil().max(1.0);
        for piece in 0..pieces as usize {
            let offset_m = (piece as f64 + 0.5) * length / pieces;
            let middle = OnSection { section: section as u32, offset_m };
            all.push(Lixel { middle, length_m: length / pieces });
        }
    }
    Ok(all)
}

/// Sections that one thread does in one go.
const BATCH: usize = 32;

/// Cases per metre of street at each place (Okabe, Satoh and Sugihara 2009).
///
/// A place on a junction has the density of its own section there. A case on a junction belongs to all of its sections
/// alike. A single case is allowed: its density is the kernel on the network.
///
/// Errors: no case; a place or case off its section; a bandwidth that is not above 0 or longer than all streets
/// together; more ways through the network than can be followed.
/// Cost: for each section with places, the ways out to the bandwidth (ways of equal length are followed together),
/// times its places, times a search among the offsets of the cases met.
pub fn network_kde(
    streets: &Streets,
    cases: &[OnSection],
    places: &[OnSection],
    wanted: NetworkKde,
    threads: usize,
) -> Result<Vec<f64>, HotspotError> {
    check_positive("bandwidth", wanted.bandwidth_m)?;
    if cases.is_empty() {
        return Err(HotspotError::NoCases);
    }
    streets.check_places("case", cases)?;
    streets.check_places("place", places)?;
    let extent: f64 = streets.lengths().iter().sum();
    if wanted.bandwidth_m > extent {
        return Err(HotspotError::LargerThanCity { what: "bandwidth", value: wanted.bandwidth_m, extent });
    }
    let apart = wanted.split == Split::Discontinuous;
    let moments = Moments::new(streets, cases, wanted.kernel, wanted.bandwidth_m, apart);
    let asked = Asked::new(streets, places);
    let followed = AtomicU64::new(0);
    let batches = in_units(asked.sections.len().div_ceil(BATCH), threads, |batch| {
        let sections = &asked.sections[batch * BATCH..((batch + 1) * BATCH).min(asked.sections.len())];
        let mut densities = Vec::new();
        if wanted.split == Split::Simple {
            let mut search = simple::Search::new(streets, &moments);
            for section in sections {
                look_up();
                search.densities(*section, asked.of(*section), &mut densities);
            }
        } else {
            let mut ways = equal_split::Ways::new(streets, &moments, wanted.split, &followed);
            for section in sections {
                ways.densities(*section, asked.of(*section), &mut densities)?;
            }
        }
        Ok(densities)
    });
    let mut answer = vec![0.0; places.len()];
    for batch in batches {
        for (place, density) in batch? {
            answer[place as usize] = density;
        }
    }
    Ok(answer)
}

/// A place on a section that is known: offset and index among all places.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset_m: f64,
    index: u32,
}

/// Places by section.
struct Asked {
    /// Sections that have places, ascending.
    sections: Vec<u32>,
    starts: Vec<u32>,
    places: Vec<Place>,
}

impl Asked {
    fn new(streets: &Streets, places: &[OnSection]) -> Self {
        let mut starts = vec![0_u32; streets.sections() + 1];
        for place in places {
            starts[place.section as usize + 1] += 1;
        }
        let filled = (0..streets.sections()).filter(|section| starts[section + 1] > 0);
        let sections = filled.map(|section| section as u32).collect();
        for section in 0..streets.sections() {
            starts[section + 1] += starts[section];
        }
        let mut next = starts.clone();
        let mut sorted = vec![Place { offset_m: 0.0, index: 0 }; places.len()];
        for (index, place) in places.iter().enumerate() {
            let section = place.section as usize;
            let offset_m = place.offset_m.clamp(0.0, streets.length(section));
            sorted[next[section] as usize] = Place { offset_m, index: index as u32 };
            next[section] += 1;
        }
        Self { sections, starts, places: sorted }
    }

    fn of(&self, section: u32) -> &[Place] {
        &self.places[self.starts[section as usize] as usize..self.starts[section as usize + 1] as usize]
    }
}
