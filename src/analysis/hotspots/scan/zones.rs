//! The nested zones that a scan looks at: circles round places, or balls along the streets.

use crate::analysis::hotspots::error::{
    check_alpha, check_lengths, check_not_negative, check_positions, check_positive,
};
use crate::analysis::hotspots::streets::{Streets, Walk};
use crate::analysis::hotspots::{HotspotError, Position};
use crate::analysis::parallel::look_up;

/// Members held at most: 13 bytes each.
const MOST: usize = 30_000_000;
/// Distances that differ by less are equal, and their locations enter a zone together.
const SAME: f64 = 1e-9;

/// How large a zone may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Of the population of all locations, above 0 and below 1; half is usual.
    pub population_share: f64,
    /// From the centre, in metres.
    pub radius: Option<f64>,
}

/// Where balls along the streets have their centres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balls {
    /// The middle of each section.
    Sections,
    Junctions,
}

/// For each centre the locations by distance; a zone is the first so many of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Zones {
    locations: usize,
    starts: Vec<usize>,
    members: Vec<u32>,
    /// Distance from the centre to each member.
    distances: Vec<f64>,
    /// Whether a zone may end with this member: not between members at the same distance.
    ends: Vec<bool>,
}

impl Zones {
    /// Circles round every place, in planar metres. Cost: O(n^2 log n).
    pub fn circles(places: &[Position], population: &[f64], extent: Extent) -> Result<Self, HotspotError> {
        check_positions("place", places)?;
        Self::around(places.len(), places.len(), population, extent, |centre| {
            let own = places[centre];
            places.iter().enumerate().map(|(at, [x, y])| ((x - own[0]).hypot(y - own[1]), at as u32)).collect()
        })
    }

    /// Balls along the streets: locations are sections, each at its middle. Cost: a walk for each centre.
    pub fn along_streets(
        streets: &Streets,
        centres: Balls,
        population: &[f64],
        extent: Extent,
    ) -> Result<Self, HotspotError> {
        let count = if centres == Balls::Sections { streets.sections() } else { streets.junctions() };
        let mut walk = Walk::new(streets);
        let limit = extent.radius.unwrap_or(f64::INFINITY);
        Self::around(streets.sections(), count, population, extent, |centre| {
            let mut near = Vec::new();
            if centres == Balls::Sections {
                let half = streets.length(centre) / 2.0;
                walk.run(streets, &streets.ends(centre).map(|end| (end, half)), limit);
                near.push((0.0, centre as u32));
            } else {
                walk.run(streets, &[(centre as u32, 0.0)], limit);
            }
            for junction in walk.reached() {
                for section in streets.leaving(*junction).iter().map(|direction| *direction / 2) {
                    let half = streets.length(section as usize) / 2.0;
                    let from = |end: u32| (walk.to(end), end);
                    // Each section once, from the end that is nearer.
                    let [a, b] = streets.ends(section as usize).map(from);
                    let nearer = if a <= b { a } else { b };
                    if nearer.1 == *junction && (centres == Balls::Junctions || section as usize != centre) {
                        near.push((nearer.0 + half, section));
                    }
                }
            }
            near.sort_unstable_by(|a, b| a.1.cmp(&b.1).then(a.0.total_cmp(&b.0)));
            near.dedup_by_key(|(_, section)| *section);
            near
        })
    }

    /// Zones by any distance: `near(centre)` names each location in reach once, with its distance.
    ///
    /// Errors: fewer than two locations; a population that is negative, not finite or 0 everywhere; a share outside
    /// (0, 1); a radius not above 0; zones of more than 30,000,000 members in all.
    pub fn around(
        locations: usize,
        centres: usize,
        population: &[f64],
        extent: Extent,
        mut near: impl FnMut(usize) -> Vec<(f64, u32)>,
    ) -> Result<Self, HotspotError> {
        if locations < 2 {
            return Err(HotspotError::TooFew { what: "locations", given: locations, needed: 2 });
        }
        check_lengths("population", population.len(), "locations", locations)?;
        check_not_negative("population", population)?;
        check_alpha(extent.population_share).map_err(|_| HotspotError::Parameter {
            what: "the share of the population",
            value: extent.population_share,
            must: "above 0 and below 1",
        })?;
        if let Some(radius) = extent.radius {
            check_positive("the largest radius", radius)?;
        }
        let all: f64 = population.iter().sum();
        check_positive("the population of all locations", all)?;
        let most = all * extent.population_share;
        let mut zones =
            Self { locations, starts: vec![0], members: Vec::new(), distances: Vec::new(), ends: Vec::new() };
        for centre in 0..centres {
            look_up();
            let mut near = near(centre);
            near.retain(|(distance, _)| *distance <= extent.radius.unwrap_or(f64::MAX));
            near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            zones.grow(&near, population, most);
            if zones.members.len() > MOST {
                let (given, why) = (zones.members.len(), "take a smaller radius or share of the population");
                return Err(HotspotError::TooMany { what: "members of zones", given, most: MOST, why });
            }
        }
        Ok(zones)
    }

    /// Adds a centre with its members as far as the population allows; those at one distance enter together.
    fn grow(&mut self, near: &[(f64, u32)], population: &[f64], most: f64) {
        let mut inside = 0.0;
        for ring in near.chunk_by(|a, b| b.0 - a.0 < SAME) {
            inside += ring.iter().map(|(_, location)| population[*location as usize]).sum::<f64>();
            if inside > most {
                break;
            }
            for (distance, location) in ring {
                self.members.push(*location);
                self.distances.push(*distance);
                self.ends.push(false);
            }
            *self.ends.last_mut().expect("a ring has a member") = true;
        }
        self.starts.push(self.members.len());
    }

    pub fn locations(&self) -> usize {
        self.locations
    }

    pub fn centres(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many zones there are.
    pub fn count(&self) -> usize {
        self.ends.iter().filter(|ends| **ends).count()
    }

    /// The first so many members of a centre, nearest first.
    pub fn members(&self, centre: usize, count: usize) -> &[u32] {
        &self.all_members(centre)[..count]
    }

    pub(super) fn all_members(&self, centre: usize) -> &[u32] {
        &self.members[self.starts[centre]..self.starts[centre + 1]]
    }

    pub(super) fn radius(&self, centre: usize, members: usize) -> f64 {
        self.distances[self.starts[centre] + members - 1]
    }

    /// Members, nearest first, and whether a zone may end with each.
    pub(super) fn walk(&self, centre: usize) -> impl Iterator<Item = (usize, bool)> + '_ {
        let range = self.starts[centre]..self.starts[centre + 1];
        self.members[range.clone()].iter().map(|member| *member as usize).zip(self.ends[range].iter().copied())
    }
}
