//! Smooth surfaces: density in the plane at the middle of each unit, density along the streets by section.
//!
//! No significance: the classes are shares of the ranking.

use crate::analysis::hotspots::kde::{Kernel, kde};
use crate::analysis::hotspots::network_kde::{DeadEnd, LinearKernel, Lixel, NetworkKde, Split, lixels, network_kde};
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::{HotspotError, Position};
use crate::app::hotspots::question::{HotspotsQuestion, SplitName};
use crate::app::hotspots::rank::tiers;
use crate::app::hotspots::town::Town;
use crate::app::hotspots::units::Units;
use crate::app::hotspots::{Failed, NOT_OBSERVED, THREADS, Told};
use crate::app::texts::question;
use crate::formats::sheet::{Cell, significant};

pub(super) const DENSITY: [&str; 4] = ["density", "p", "p_adjusted", "class"];
pub(super) const NETWORK_DENSITY: [&str; 5] = ["density", "density_max", "p", "p_adjusted", "class"];
/// Whole reach of the kernels, metres.
pub(super) const PLANE_M: f64 = 500.0;
pub(super) const STREETS_M: f64 = 300.0;
/// Streets are cut into pieces of about this length, metres.
const LIXEL_M: f64 = 50.0;

pub(super) fn in_plane(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    told.columns(units, &DENSITY);
    let bandwidth = asked.bandwidth_m.unwrap_or_else(|| units.reach_in_plane(PLANE_M));
    told.parameter("bandwidth_m", bandwidth);
    told.parameter("kernel", "quartic");
    told.parameter("density_unit", "cases per km2");
    let density = kde(&units.positions, &units.middles, Kernel::Quartic, bandwidth, THREADS)?;
    rows(units, &density, &[], told);
    Ok(())
}

pub(super) fn along_streets(units: &Units, asked: &HotspotsQuestion, told: &mut Told) -> Result<(), Failed> {
    let (Some(town), Some(places)) = (units.town(), units.places()) else {
        return Err(Failed::Asked(question("method", "network-density is of sections: ask with unit=sections")));
    };
    told.columns(units, &NETWORK_DENSITY);
    let bandwidth = asked.bandwidth_m.unwrap_or_else(|| units.reach_along_streets(STREETS_M));
    told.parameter("bandwidth_m", bandwidth);
    told.parameter("kernel", "quartic");
    let (split, name) = match asked.split {
        SplitName::Simple => (Split::Simple, "simple"),
        SplitName::Discontinuous => (Split::Discontinuous, "discontinuous"),
        SplitName::Continuous => (Split::Continuous(DeadEnd::Reflecting), "continuous"),
    };
    told.parameter("split", name);
    told.parameter("density_unit", "cases per km of street");
    let wanted = NetworkKde { split, kernel: LinearKernel::Quartic, bandwidth_m: bandwidth };
    let pieces = lixels(&town.streets, LIXEL_M)?;
    let middles: Vec<OnSection> = pieces.iter().map(|piece| piece.middle).collect();
    let density = network_kde(&town.streets, &places, &middles, wanted, THREADS)?;
    let (mean, most) = by_section(town, &pieces, &density);
    let per_km: Vec<f64> = mean.iter().map(|density| density * 1e3).collect();
    let most: Vec<f64> = most.iter().map(|density| density * 1e3).collect();
    rows(units, &per_km, &most, told);
    Ok(())
}

/// Mean and largest density of each section.
fn by_section(town: &Town, pieces: &[Lixel], density: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut mean, mut most) = (vec![0.0; town.len()], vec![f64::NEG_INFINITY; town.len()]);
    for (piece, density) in pieces.iter().zip(density) {
        let section = piece.middle.section as usize;
        mean[section] += density * piece.length_m / town.streets.length(section);
        most[section] = most[section].max(*density);
    }
    (mean, most)
}

/// Rows with the density, the largest within the unit where there is one, and the share of the ranking.
fn rows(units: &Units, density: &[f64], most: &[f64], told: &mut Told) {
    let classes = tiers(density, units.unlike_sizes());
    for unit in 0..units.len() {
        let mut cells: Vec<Cell> = vec![significant(density[unit], 10).into()];
        cells.extend(most.get(unit).map(|most| Cell::from(significant(*most, 10))));
        let class = if units.observed(unit) { classes[unit] } else { NOT_OBSERVED };
        cells.extend([Cell::Null, Cell::Null, class.into()]);
        told.row(units, unit, cells);
    }
}

/// Cases that a planar density gives to each unit; too few cases for a density give what single kernels give.
pub(super) fn expected_in_plane(units: &Units, cases: &[Position], bandwidth: f64) -> Result<Vec<f64>, HotspotError> {
    let density = match kde(cases, &units.middles, Kernel::Quartic, bandwidth, THREADS) {
        Err(HotspotError::NoCases | HotspotError::OneCase | HotspotError::OnePlace) => {
            kernels(cases, &units.middles, bandwidth)
        }
        other => other?,
    };
    Ok(density.iter().zip(&units.sizes).map(|(density, size)| density * size).collect())
}

fn kernels(cases: &[Position], places: &[Position], bandwidth: f64) -> Vec<f64> {
    let Some([x, y]) = cases.first() else { return vec![0.0; places.len()] };
    let factor = cases.len() as f64 * 3e6 / (std::f64::consts::PI * bandwidth * bandwidth);
    let kernel = |place: &Position| {
        let share = ((place[0] - x).powi(2) + (place[1] - y).powi(2)) / (bandwidth * bandwidth);
        if share < 1.0 { factor * (1.0 - share).powi(2) } else { 0.0 }
    };
    places.iter().map(kernel).collect()
}

/// Cases that the density at the middle of each section gives to it.
pub(super) fn expected_along_streets(
    town: &Town,
    cases: &[OnSection],
    bandwidth: f64,
) -> Result<Vec<f64>, HotspotError> {
    let lengths = town.streets.lengths();
    if cases.is_empty() {
        return Ok(vec![0.0; town.len()]);
    }
    let middles: Vec<OnSection> = lengths
        .iter()
        .enumerate()
        .map(|(section, length)| OnSection { section: section as u32, offset_m: length / 2.0 })
        .collect();
    let wanted = NetworkKde { split: Split::Discontinuous, kernel: LinearKernel::Quartic, bandwidth_m: bandwidth };
    let density = network_kde(&town.streets, cases, &middles, wanted, THREADS)?;
    Ok(density.iter().zip(lengths).map(|(density, length)| density * length).collect())
}
