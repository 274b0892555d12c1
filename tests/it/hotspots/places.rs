//! Densities in the plane and along streets, centres and ellipses: Montreal, and junctions by hand.

use patrolmap::analysis::hotspots::Position;
use patrolmap::analysis::hotspots::centre::{Scaling, ellipse, mean_centre, median_centre, standard_distance_m};
use patrolmap::analysis::hotspots::kde::{Kernel, kde};
use patrolmap::analysis::hotspots::network_kde::{DeadEnd, LinearKernel, NetworkKde, Split, network_kde};
use patrolmap::analysis::hotspots::sections::{OnSection, Sections};
use patrolmap::analysis::hotspots::snap::snap;
use patrolmap::analysis::hotspots::streets::Streets;

use super::tables::{Table, close, floats, summary};

fn accidents(test: &str) -> Option<Vec<Position>> {
    Some(Table::read(test, "inputs/mtl_bike_accidents.csv")?.positions())
}

#[test]
fn density_in_the_plane_is_the_reference() {
    let test = "hotspots::density_in_the_plane";
    let (Some(cases), Some(expected)) = (accidents(test), Table::read(test, "expected/c4_kde_mtl.csv")) else {
        return;
    };
    for (kernel, bandwidth, column) in
        [(Kernel::Gaussian, 300.0, "gauss_h300_per_km2"), (Kernel::Quartic, 500.0, "quartic_h500_per_km2")]
    {
        let found = kde(&cases, &expected.positions(), kernel, bandwidth, 2).unwrap();
        for (given, expected) in found.iter().zip(expected.numbers(column)) {
            assert!((given - expected).abs() <= 1e-6 * expected.abs(), "{column}: {given} instead of {expected}");
        }
    }
}

#[test]
fn density_along_streets_is_the_reference() {
    let test = "hotspots::density_along_streets";
    let read = |file: &str| Table::read(test, file);
    let (Some(cases), Some(network)) = (accidents(test), read("inputs/mtl_network.csv")) else { return };
    let (snapped, expected) =
        (read("expected/c5_snap_mtl.csv").unwrap(), read("expected/c5_nkde_mtl_bw300_midpoints.csv").unwrap());
    let sections = Sections::new(&network.lines()).unwrap();
    let found = snap(&cases, &sections, 1.0).unwrap();
    let numbers: Vec<f64> = found.places().iter().map(|place| f64::from(place.section)).collect();
    assert_eq!(numbers, snapped.numbers("seg"));
    let offsets: Vec<f64> = found.places().iter().map(|place| place.offset_m).collect();
    close("offset", &offsets, &snapped.numbers("offset"), 1e-6);

    let streets = Streets::from_sections(&sections, 0.01).unwrap();
    assert_eq!(streets.junctions(), 1846);
    let middles: Vec<OnSection> = (0..streets.sections())
        .map(|section| OnSection { section: section as u32, offset_m: streets.length(section) / 2.0 })
        .collect();
    for (split, column) in [
        (Split::Simple, "simple"),
        (Split::Discontinuous, "discontinuous"),
        (Split::Continuous(DeadEnd::Absorbing), "continuous_absorb"),
        (Split::Continuous(DeadEnd::Reflecting), "continuous_reflect"),
    ] {
        let wanted = NetworkKde { split, kernel: LinearKernel::Quartic, bandwidth_m: 300.0 };
        let density = network_kde(&streets, &found.places(), &middles, wanted, 1).unwrap();
        close(column, &density, &expected.numbers(column), 1e-9);
        assert_eq!(density, network_kde(&streets, &found.places(), &middles, wanted, 3).unwrap());
    }
}

/// A junction of four arms; all arms start at it.
fn crossing(arms: [f64; 4]) -> Streets {
    Streets::new(&[[0, 1], [0, 2], [0, 3], [0, 4]], &arms).unwrap()
}

fn single(streets: &Streets, split: Split, bandwidth_m: f64, case: (u32, f64), place: (u32, f64)) -> f64 {
    let on = |(section, offset_m): (u32, f64)| OnSection { section, offset_m };
    let wanted = NetworkKde { split, kernel: LinearKernel::Quartic, bandwidth_m };
    network_kde(streets, &[on(case)], &[on(place)], wanted, 1).unwrap()[0]
}

#[test]
fn kernels_at_a_crossing_have_the_published_values() {
    let streets = crossing([5.0, 5.2, 5.2, 5.0]);
    let opposite = |split| single(&streets, split, 10.0, (0, 3.0), (3, 3.0));
    close("simple", &[opposite(Split::Simple)], &[0.0384], 1e-12);
    close("discontinuous", &[opposite(Split::Discontinuous)], &[0.0128], 1e-12);
    let streets = crossing([10.0, 10.2, 10.2, 10.0]);
    for dead_end in [DeadEnd::Reflecting, DeadEnd::Absorbing] {
        close(
            "continuous",
            &[single(&streets, Split::Continuous(dead_end), 5.0, (0, 3.0), (0, 1.0))],
            &[0.12015],
            1e-12,
        );
    }
}

#[test]
fn centres_and_ellipses_are_the_reference() {
    let test = "hotspots::centres";
    let (Some(cases), Some(summary)) = (accidents(test), summary(test)) else { return };
    let expected = &summary["c10_mtl"];
    close("mean centre", &mean_centre(&cases).unwrap(), &floats(&expected["center"]), 1e-6);
    // The reference's median was found by a search that stopped 2 cm (less than 1e-7 of the coordinates) away; ours has
    // the lesser sum of distances.
    let median = median_centre(&cases).unwrap();
    let reference = floats(&expected["median_center"]);
    let total = |x: f64, y: f64| cases.iter().map(|case| (case[0] - x).hypot(case[1] - y)).sum::<f64>();
    close("median centre", &median, &reference, 0.03);
    assert!(total(median[0], median[1]) < total(reference[0], reference[1]));
    let pulls = [0, 1].map(|axis| {
        cases.iter().map(|case| (case[axis] - median[axis]) / (case[0] - median[0]).hypot(case[1] - median[1])).sum()
    });
    close("pull on the median centre", &pulls, &[0.0, 0.0], 1e-9);
    let number = |name: &str| expected[name].as_f64().unwrap();
    close("standard distance", &[standard_distance_m(&cases).unwrap()], &[number("std_distance_pointpats")], 1e-6);
    for (scaling, major, minor) in [
        (Scaling::StandardDeviation, "plain_sd_major", "plain_sd_minor"),
        (Scaling::Esri, "esri_semi_major_1sd", "esri_semi_minor_1sd"),
        (Scaling::CrimeStat, "semi_major", "semi_minor"),
    ] {
        let found = ellipse(&cases, scaling).unwrap();
        close(major, &[found.semi_major_m, found.semi_minor_m], &[number(major), number(minor)], 1e-6);
        close("angle", &[found.angle_degrees], &[number("major_angle_deg_ccw_from_east")], 1e-6);
    }
}
