//! The question as the bureau has it: sections, squads, locks; and what makes it unanswerable, by name.
//!
//! It does not search: `prepare` turns it into the general model.

use super::model::NONE;
use super::workload::Workload;

#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Junctions at its ends; the same twice for a loop.
    pub ends: [u32; 2],
    /// Metres to travel along it.
    pub cost_m: f64,
    pub workload: Workload,
}

#[derive(Debug, Clone)]
pub struct Squad {
    pub code: String,
    /// People on duty or their equivalent, above 0: loads are shared in proportion.
    pub strength: f64,
    /// The junction it starts from.
    pub base: Option<u32>,
    /// Limits in minutes of work a day, before the band.
    pub min_load: Option<f64>,
    pub max_load: Option<f64>,
}

/// Sections, squads and rules. Sections and squads are named by their places in the lists.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// Number of junctions, or their places in planar metres. Places serve to join the parts of a network and to reach a
    /// part in which a base does not lie.
    pub junctions: usize,
    pub places: Vec<[f64; 2]>,
    pub sections: Vec<Section>,
    pub squads: Vec<Squad>,
    /// (section, squad): must be.
    pub locks: Vec<(u32, u32)>,
    /// (section, squad): must not be.
    pub forbidden: Vec<(u32, u32)>,
    /// A number a section: equal numbers stay together as far as they are connected. `NONE`: free. Empty: all free.
    pub groups: Vec<u32>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Infeasible {
    #[error("no squads: add a squad of kind area, or give a table of squads")]
    NoSquads,
    #[error("no road sections: import some")]
    NoSections,
    #[error("no workload: every section has 0 minutes of work; give another property")]
    NoWorkload,
    #[error("section {section} has a workload of {minutes}: it must be a number of at least 0")]
    BadWorkload { section: u32, minutes: f64 },
    #[error("section {section} has a length to travel of {metres}: it must be a number of at least 0")]
    BadLength { section: u32, metres: f64 },
    #[error("section {section} ends at junction {junction}, but there are {junctions}")]
    NoSuchJunction { section: u32, junction: u32, junctions: usize },
    #[error("squad {squad} has strength {strength}: it must be above 0; leave the squad out if nobody is on duty")]
    NoStrength { squad: String, strength: f64 },
    #[error("{squads} squads for {sections} sections that can be told apart: some squad would have none")]
    MoreSquadsThanSections { squads: usize, sections: usize },
    #[error("the base of squad {squad} is off the network: no section ends at its junction")]
    BaseOffNetwork { squad: String },
    #[error("the base of squad {squad} lies behind the lock of another: none of the sections there may be its own")]
    BaseBehindLock { squad: String },
    #[error("section {section} is locked to squad {first} and to squad {second}, by itself or through its group")]
    LocksContradict { section: u32, first: String, second: String },
    #[error("section {section} is locked to squad {squad}, which is forbidden for it")]
    LockForbidden { section: u32, squad: String },
    #[error("section {section} is forbidden for every squad")]
    AllForbidden { section: u32 },
    #[error("a lock or rule names section {section} and squad number {squad}, of which one does not exist")]
    NoSuchLock { section: u32, squad: u32 },
    #[error(
        "the load locked to squad {squad} is {load:.1}, above its cap of {cap:.1}: free some sections or raise the cap"
    )]
    LockedLoadAboveCap { squad: String, load: f64, cap: f64 },
    #[error("the sections that squad {squad} may have are {load:.1} of load, below its least of {floor:.1}")]
    AllowedLoadBelowFloor { squad: String, load: f64, floor: f64 },
    #[error("all work is {load:.1}, but the squads may have {caps:.1} at most: raise a max_load")]
    CapsBelowLoad { load: f64, caps: f64 },
    #[error("all work is {load:.1}, but the squads must have {floors:.1} at least: lower a min_load")]
    FloorsAboveLoad { load: f64, floors: f64 },
    #[error("squad {squad} has a min_load above its max_load")]
    LimitsCrossed { squad: String },
    #[error("section {section} is locked to squad {squad} but cut off from its other sections by locks of others")]
    LockCutOff { section: u32, squad: String },
}

/// What a plan must be read with.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The network is in pieces; each squad is one piece in each.
    NetworkInParts { parts: usize, sections_outside_largest: usize },
    /// One section alone is heavier than the least of the squads' upper limits.
    SectionHeavierThanTarget { section: u32, load: f64, target: f64 },
    /// The band is not kept by this squad: the deviation of its load from the target, as a share.
    BandNotKept { squad: String, deviation: f64 },
    /// A group is not connected: each of its pieces is kept whole.
    GroupInPieces { group: u32, pieces: usize },
    /// Stopped before all was tried.
    Stopped,
    /// Limits on hand-overs left work undone.
    Limited,
}

impl std::fmt::Display for Note {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NetworkInParts { parts, sections_outside_largest } => write!(
                out,
                "the network is in {parts} parts ({sections_outside_largest} sections lie outside the largest): each squad is one piece in each part"
            ),
            Self::SectionHeavierThanTarget { section, load, target } => write!(
                out,
                "section {section} alone is {load:.1} of load, more than a squad may have (target {target:.1}): split it"
            ),
            Self::BandNotKept { squad, deviation } => {
                write!(out, "squad {squad} is {:.2} % off its target: no plan found within the band", 100.0 * deviation)
            }
            Self::GroupInPieces { group, pieces } => {
                write!(out, "group {group} is in {pieces} pieces: each is kept whole")
            }
            Self::Stopped => write!(out, "stopped early: the best plan so far"),
            Self::Limited => write!(out, "the limits on hand-overs were reached before the band was kept"),
        }
    }
}

impl Problem {
    pub fn total_load(&self) -> f64 {
        self.sections.iter().map(|section| section.workload.total()).sum()
    }

    pub fn has_bases(&self) -> bool {
        self.squads.iter().any(|squad| squad.base.is_some())
    }

    /// Target, least and most load of each squad at `band`.
    pub fn limits(&self, band: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let strength: f64 = self.squads.iter().map(|squad| squad.strength).sum();
        let total = self.total_load();
        let target: Vec<f64> = self.squads.iter().map(|squad| total * squad.strength / strength).collect();
        let limit = |at: usize, own: Option<f64>, factor: f64| own.unwrap_or(target[at] * factor);
        let low = (0..target.len()).map(|at| {
            let floor = limit(at, self.squads[at].min_load, 1.0 - band);
            self.squads[at].max_load.map_or(floor, |cap| floor.min(cap.max(self.squads[at].min_load.unwrap_or(0.0))))
        });
        let high = (0..target.len()).map(|at| {
            let cap = limit(at, self.squads[at].max_load, 1.0 + band);
            self.squads[at].min_load.map_or(cap, |floor| cap.max(floor))
        });
        (target.clone(), low.collect(), high.collect())
    }

    /// Checks all that can be known without a search.
    pub(super) fn check(&self, band: f64) -> Result<(), Infeasible> {
        if self.squads.is_empty() {
            return Err(Infeasible::NoSquads);
        }
        if self.sections.is_empty() {
            return Err(Infeasible::NoSections);
        }
        for (at, section) in self.sections.iter().enumerate() {
            let minutes = section.workload.total();
            if !(minutes >= 0.0 && minutes.is_finite()) {
                return Err(Infeasible::BadWorkload { section: at as u32, minutes });
            }
            if !(section.cost_m >= 0.0 && section.cost_m.is_finite()) {
                return Err(Infeasible::BadLength { section: at as u32, metres: section.cost_m });
            }
            if let Some(&junction) = section.ends.iter().find(|&&end| end as usize >= self.junctions) {
                return Err(Infeasible::NoSuchJunction { section: at as u32, junction, junctions: self.junctions });
            }
        }
        for squad in &self.squads {
            if !(squad.strength > 0.0 && squad.strength.is_finite()) {
                return Err(Infeasible::NoStrength { squad: squad.code.clone(), strength: squad.strength });
            }
            if squad.min_load.zip(squad.max_load).is_some_and(|(floor, cap)| floor > cap) {
                return Err(Infeasible::LimitsCrossed { squad: squad.code.clone() });
            }
        }
        if self.total_load() <= 0.0 {
            return Err(Infeasible::NoWorkload);
        }
        self.check_limits(band)?;
        self.check_rules(band)
    }

    fn check_limits(&self, band: f64) -> Result<(), Infeasible> {
        let load = self.total_load();
        let (_, low, high) = self.limits(band);
        let (floors, caps) = (low.iter().sum::<f64>(), high.iter().sum::<f64>());
        if self.squads.iter().any(|squad| squad.max_load.is_some()) && caps < load * (1.0 - 1e-9) {
            return Err(Infeasible::CapsBelowLoad { load, caps });
        }
        if self.squads.iter().any(|squad| squad.min_load.is_some()) && floors > load * (1.0 + 1e-9) {
            return Err(Infeasible::FloorsAboveLoad { load, floors });
        }
        Ok(())
    }

    fn check_rules(&self, band: f64) -> Result<(), Infeasible> {
        let code = |squad: u32| self.squads[squad as usize].code.clone();
        for &(section, squad) in self.locks.iter().chain(&self.forbidden) {
            if section as usize >= self.sections.len() || squad as usize >= self.squads.len() {
                return Err(Infeasible::NoSuchLock { section, squad });
            }
        }
        let mut locked = vec![NONE; self.sections.len()];
        for &(section, squad) in &self.locks {
            let known = &mut locked[section as usize];
            if *known != NONE && *known != squad {
                return Err(Infeasible::LocksContradict { section, first: code(*known), second: code(squad) });
            }
            *known = squad;
        }
        let mut banned = vec![0u32; self.sections.len()];
        let mut forbidden = self.forbidden.clone();
        forbidden.sort_unstable();
        forbidden.dedup();
        for &(section, squad) in &forbidden {
            if locked[section as usize] == squad {
                return Err(Infeasible::LockForbidden { section, squad: code(squad) });
            }
            banned[section as usize] += 1;
            if banned[section as usize] as usize == self.squads.len() {
                return Err(Infeasible::AllForbidden { section });
            }
        }
        let (_, low, high) = self.limits(band);
        let mut may = vec![self.total_load(); self.squads.len()];
        let mut must = vec![0.0; self.squads.len()];
        for (section, &squad) in locked.iter().enumerate() {
            if squad != NONE {
                let load = self.sections[section].workload.total();
                must[squad as usize] += load;
                (0..may.len()).filter(|&other| other != squad as usize).for_each(|other| may[other] -= load);
            }
        }
        for &(section, squad) in forbidden.iter().filter(|(section, _)| locked[*section as usize] == NONE) {
            may[squad as usize] -= self.sections[section as usize].workload.total();
        }
        for at in 0..self.squads.len() {
            if must[at] > high[at] * (1.0 + 1e-9) {
                return Err(Infeasible::LockedLoadAboveCap { squad: code(at as u32), load: must[at], cap: high[at] });
            }
            if may[at] < low[at] * (1.0 - 1e-9) {
                return Err(Infeasible::AllowedLoadBelowFloor {
                    squad: code(at as u32),
                    load: may[at],
                    floor: low[at],
                });
            }
        }
        self.check_bases(&locked, &forbidden)
    }

    fn check_bases(&self, locked: &[u32], forbidden: &[(u32, u32)]) -> Result<(), Infeasible> {
        let mut at_junction: Vec<Vec<u32>> = vec![Vec::new(); self.junctions];
        for (section, own) in self.sections.iter().enumerate() {
            own.ends.iter().for_each(|&end| at_junction[end as usize].push(section as u32));
        }
        for (at, squad) in self.squads.iter().enumerate() {
            let Some(base) = squad.base else { continue };
            let there = at_junction.get(base as usize).map_or(&[][..], Vec::as_slice);
            if there.is_empty() {
                return Err(Infeasible::BaseOffNetwork { squad: squad.code.clone() });
            }
            let may = |section: u32| {
                let lock = locked[section as usize];
                (lock == NONE || lock as usize == at) && forbidden.binary_search(&(section, at as u32)).is_err()
            };
            if !there.iter().any(|&section| may(section)) {
                return Err(Infeasible::BaseBehindLock { squad: squad.code.clone() });
            }
        }
        Ok(())
    }
}
