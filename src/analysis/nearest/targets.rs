//! The points that are looked for, each with the places at which it is left or entered, on the network.

use geo::Coord;

use crate::spatial::network::{Network, Profile, Spot};

/// Farther from any street a point cannot be reached, metres.
pub const FARTHEST_ACCESS_M: f64 = 50_000.0;

/// A point or an area before it is laid on the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub id: i64,
    /// Its kind: what is asked for together lies in one group.
    pub group: u16,
    /// Where it is entered: the point itself, the entrances of an area, places along its boundary.
    pub entrances: Vec<Coord>,
}

/// An entrance on the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foot {
    pub target: u32,
    pub spot: Spot,
    /// The entrance itself.
    pub entrance: Coord,
}

/// All points of a question, on one profile's network.
#[derive(Debug, Default)]
pub struct Targets {
    ids: Vec<i64>,
    groups: Vec<u16>,
    /// By section, then along it.
    feet: Vec<Foot>,
    /// Feet of a section: `feet[first[n]..first[n + 1]]`.
    first: Vec<u32>,
    reachable: Vec<bool>,
    group_count: usize,
}

impl Targets {
    /// Cost: a look into the tree for each entrance.
    pub fn new(network: &Network, profile: Profile, mut places: Vec<Place>) -> Self {
        places.sort_by_key(|place| place.id);
        let both_ways = |spot: &Spot| {
            let ways = network.graph(profile).ways[spot.section as usize];
            ways.forward && ways.backward
        };
        let mut feet: Vec<Foot> = Vec::with_capacity(places.len());
        let mut reachable = vec![false; places.len()];
        for (target, place) in places.iter().enumerate() {
            let from = feet.len();
            for entrance in &place.entrances {
                if let Some(spot) = network.snap(profile, *entrance, FARTHEST_ACCESS_M) {
                    let foot = Foot { target: target as u32, spot, entrance: *entrance };
                    // Along a boundary most entrances are never the best: another on the same street is nearer even
                    // with the way to it.
                    let beaten = |by: &Spot, spot: &Spot| {
                        let apart = by.along_um.abs_diff(spot.along_um);
                        by.section == spot.section
                            && (apart == 0 || both_ways(spot))
                            && by.access_um + apart <= spot.access_um
                    };
                    if feet[from..].iter().any(|known| beaten(&known.spot, &spot)) {
                        continue;
                    }
                    let mut at = from;
                    while at < feet.len() {
                        if beaten(&spot, &feet[at].spot) {
                            feet.swap_remove(at);
                        } else {
                            at += 1;
                        }
                    }
                    feet.push(foot);
                }
            }
            reachable[target] = feet.len() > from;
        }
        feet.sort_by_key(|foot| (foot.spot.section, foot.spot.along_um, foot.spot.access_um, foot.target));
        let mut first = vec![0_u32; network.len() + 1];
        feet.iter().for_each(|foot| first[foot.spot.section as usize + 1] += 1);
        for section in 0..network.len() {
            first[section + 1] += first[section];
        }
        let groups: Vec<u16> = places.iter().map(|place| place.group).collect();
        Self {
            ids: places.iter().map(|place| place.id).collect(),
            group_count: groups.iter().max().map_or(0, |group| usize::from(*group) + 1),
            groups,
            feet,
            first,
            reachable,
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn id(&self, target: u32) -> i64 {
        self.ids[target as usize]
    }

    pub fn group(&self, target: u32) -> u16 {
        self.groups[target as usize]
    }

    pub fn group_count(&self) -> usize {
        self.group_count
    }

    /// Whether a street lies near enough.
    pub fn is_reachable(&self, target: u32) -> bool {
        self.reachable[target as usize]
    }

    /// Number of the point with this id.
    pub fn with_id(&self, id: i64) -> Option<u32> {
        self.ids.binary_search(&id).ok().map(|at| at as u32)
    }

    pub fn foot(&self, number: u32) -> &Foot {
        &self.feet[number as usize]
    }

    pub fn feet(&self) -> &[Foot] {
        &self.feet
    }

    /// Numbers and feet on a section, along it.
    pub fn on(&self, section: usize) -> impl Iterator<Item = (u32, &Foot)> {
        let (from, to) = match self.first.get(section..section + 2) {
            Some(range) => (range[0], range[1]),
            None => (0, 0),
        };
        (from..to).map(|number| (number, &self.feet[number as usize]))
    }
}
